//! A service that is silent, slow down, broken or talks nonsense: nothing is lost, it is left alone as long as it asks, and
//! once it is well all is there in a few syncs (I1, I5).

use std::time::{Duration, Instant};

use flashpoint_operator::http::fault::FaultKind;
use simulators::faults::{Calls, Fault, Reply};

use super::stage::Stage;
use super::syncs::FULL;

over_each_destination!(
    a_silent_service_costs_one_time_limit,
    a_429_is_heeded,
    a_5xx_passes,
    answers_that_are_lost_after_the_effect_repeat_nothing,
    one_answer_in_three_is_lost,
    nonsense_is_no_success,
);

async fn a_silent_service_costs_one_time_limit(stage: &mut Stage) {
    stage.put_many(8);
    stage.timeout = Duration::from_secs(1);
    let number = stage.place.strike(Fault::default(), Reply::Hang);
    let begun = Instant::now();
    let fault = stage.faulted().await;
    assert_eq!(fault.kind, FaultKind::Unavailable, "{fault:?}");
    assert!(
        begun.elapsed() < Duration::from_secs(10),
        "{:?}",
        begun.elapsed()
    );
    stage.place.controls().faults.clear(number);
    stage.timeout = Duration::from_secs(20);
    stage.settle().await;
}

async fn a_429_is_heeded(stage: &mut Stage) {
    stage.put_many(8);
    let once = stage.place.writes().calls(Calls::First(1));
    stage.place.strike(once, Reply::retry_after(429, "2"));
    let fault = stage.faulted().await;
    assert_eq!(fault.kind, FaultKind::RateLimited, "{fault:?}");
    assert!(
        fault
            .retry_after
            .is_some_and(|wait| wait <= Duration::from_secs(2)),
        "{fault:?}"
    );
    let calls = stage.place.controls().record.len();
    let fault = stage.faulted().await;
    assert_eq!(fault.kind, FaultKind::RateLimited, "{fault:?}");
    assert_eq!(
        stage.place.controls().record.len(),
        calls,
        "called before its time"
    );
    tokio::time::sleep(Duration::from_millis(2_100)).await;
    stage.settle().await;
}

async fn a_5xx_passes(stage: &mut Stage) {
    stage.put_many(8);
    let number = stage.place.strike(Fault::default(), Reply::status(503));
    let fault = stage.faulted().await;
    assert_eq!(fault.kind, FaultKind::Unavailable, "{fault:?}");
    stage.place.controls().faults.clear(number);
    let number = stage.place.strike(stage.place.writes(), Reply::status(502));
    let fault = stage.faulted().await;
    assert_eq!(fault.kind, FaultKind::Unavailable, "{fault:?}");
    assert_eq!(
        stage.window.covered_to, None,
        "the window does not pass what is unsent"
    );
    stage.place.controls().faults.clear(number);
    stage.settle().await;
}

async fn answers_that_are_lost_after_the_effect_repeat_nothing(stage: &mut Stage) {
    stage.put_many(8);
    let lost = stage.place.writes().calls(Calls::First(8)).after_effect();
    stage.place.strike(lost, Reply::Reset);
    stage.sync(FULL).await.unwrap();
    stage.place.holdings();
    stage.settle().await;
}

async fn one_answer_in_three_is_lost(stage: &mut Stage) {
    stage.put_many(8);
    let lost = stage.place.writes().calls(Calls::Every(3)).after_effect();
    let number = stage.place.strike(lost, Reply::status(500));
    for letters in ["bc", "c", "ab"] {
        stage.sync(FULL).await.unwrap();
        stage.put("r1", letters);
        stage.put("r2", letters);
    }
    stage.place.controls().faults.clear(number);
    stage.settle().await;
}

async fn nonsense_is_no_success(stage: &mut Stage) {
    stage.put_many(8);
    for nonsense in [Reply::web_page(), Reply::not_utf8(), Reply::json(200, "[]")] {
        let number = stage.place.strike(Fault::default(), nonsense);
        stage.faulted().await;
        assert_eq!(stage.place.holdings().len(), 0);
        stage.place.controls().faults.clear(number);
    }
    stage.settle().await;
}
