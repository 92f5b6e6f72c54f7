//! Vendors that are down, slow, or talk nonsense: told for what it is, retried in measure, recovered from.

use flashpoint_operator::api::{FlashpointFeed, Reason};
use jiff::SignedDuration;
use simulators::faults::{Calls, Fault, Reply};

use crate::harness::{SOON, Stage, conditions, counts, message, reason, status};

/// Flashpoint answers so; the feed says so, tries again when it said it would, and recovers.
async fn flashpoint_answers(prefix: &str, reply: Reply, told: Reason, part: &str) {
    let stage = Stage::new(prefix).await;
    stage.telling_reports(3);
    stage
        .flashpoint
        .controls()
        .faults
        .set(Fault::on("GET", "/api/v4/").reply(reply));
    let _operator = stage.operator().await;
    stage.feed("feed").await;
    let feed = stage.until_reason("feed", told).await;
    assert_eq!(conditions(&feed), ["Ready=False", "Reconciling=True"]);
    assert!(message(&feed).contains(part), "{}", message(&feed));
    let first = status(&feed);
    assert_eq!(first.consecutive_failures, 1);
    assert_eq!(first.totals.syncs, 0);
    let next = first.next_sync_time.unwrap().0;
    let pause = next.duration_since(first.last_attempt_time.unwrap().0);
    assert!((4..=60).contains(&pause.as_secs()), "{pause}");
    stage.flashpoint.controls().faults.clear_all();
    let feed = stage.until_synced("feed").await;
    assert_eq!(status(&feed).consecutive_failures, 0);
    stage.assert_clean();
    let calls = stage.listings();
    assert_eq!(calls.len(), 2);
    assert!(
        calls[1].at >= next,
        "called at {}, due at {next}",
        calls[1].at
    );
    assert!(
        !stage
            .trustar
            .controls()
            .record
            .all()
            .iter()
            .any(|call| call.at < calls[1].at && call.effect)
    );
}

#[tokio::test]
async fn flashpoint_failing_is_unavailable() {
    flashpoint_answers(
        "fp-500",
        Reply::status(500),
        Reason::FlashpointUnavailable,
        "500",
    )
    .await;
}

#[tokio::test]
async fn flashpoint_breaking_connections_is_unavailable() {
    flashpoint_answers(
        "fp-reset",
        Reply::Reset,
        Reason::FlashpointUnavailable,
        "Flashpoint",
    )
    .await;
}

#[tokio::test]
async fn a_redirect_is_not_followed_but_told_with_the_next_step() {
    let reply = Reply::redirect("https://api.flashpoint.example/api/v4/reports/");
    flashpoint_answers(
        "fp-301",
        reply,
        Reason::UnexpectedResponse,
        "flashpoint.url",
    )
    .await;
}

#[tokio::test]
async fn a_web_page_in_place_of_reports_is_never_no_reports() {
    flashpoint_answers(
        "fp-page",
        Reply::web_page(),
        Reason::UnexpectedResponse,
        "Flashpoint",
    )
    .await;
}

#[tokio::test]
async fn flashpoint_is_not_called_before_it_wants_to_be() {
    let stage = Stage::new("fp-429").await;
    stage.telling_reports(3);
    let faults = &stage.flashpoint.controls().faults;
    faults.set(
        Fault::on("GET", "/api/v4/")
            .nth(1)
            .reply(Reply::retry_after(429, "8")),
    );
    let _operator = stage.operator().await;
    stage.feed("feed").await;
    let feed = stage.until_reason("feed", Reason::RateLimited).await;
    assert_eq!(conditions(&feed), ["Ready=False", "Reconciling=True"]);
    // Neither by force nor by an edit.
    stage.request("feed", "now").await;
    let feed = stage.until_handled("feed", "now").await;
    assert_eq!(reason(&feed), Some(Reason::RateLimited));
    assert_eq!(stage.listings().len(), 1);
    stage.until_synced("feed").await;
    let calls = stage.listings();
    assert_eq!(calls.len(), 2);
    let pause = calls[1].at.duration_since(calls[0].at);
    assert!(pause >= SignedDuration::from_secs(8), "{pause}");
    stage.assert_clean();
}

#[tokio::test]
async fn trustar_failing_in_mid_sync_loses_nothing() {
    let stage = Stage::new("ts-503").await;
    stage.telling_reports(20);
    let fault = Fault::on("POST", "/api/1.3/reports/upsert")
        .calls(Calls::From(6))
        .reply(Reply::status(503));
    stage.trustar.controls().faults.set(fault);
    let _operator = stage.operator().await;
    stage.feed("feed").await;
    let feed = stage.until_reason("feed", Reason::TrustarUnavailable).await;
    assert_eq!(conditions(&feed), ["Ready=False", "Reconciling=True"]);
    let told = counts(&feed);
    assert_eq!((told.created, told.considered), (5, 20));
    // Those refused while others were taken may be at fault themselves.
    assert!(told.pending >= 5, "{told:?}");
    assert_eq!(told.pending + told.failed, 15);
    assert_eq!(status(&feed).totals.submitted, 5);
    assert_eq!(status(&feed).totals.syncs, 0);
    stage.trustar.controls().faults.clear_all();
    stage
        .until("feed", SOON, |feed| status(feed).totals.syncs > 0)
        .await;
    // Whatever the next attempt of those says.
    stage.request("feed", "now").await;
    stage.until_handled("feed", "now").await;
    let feed = stage.until_synced("feed").await;
    assert_eq!(status(&feed).totals.submitted, 20);
    stage.assert_clean();
}

/// A full sync that considers as many reports as the unfinished one before it is no continuation of it.
#[tokio::test]
async fn what_a_full_sync_writes_after_an_unfinished_one_is_counted_in_full() {
    let stage = Stage::new("recounted").await;
    stage.telling_reports(20);
    let fault = Fault::on("POST", "/api/1.3/reports/upsert")
        .calls(Calls::From(11))
        .reply(Reply::status(503));
    stage.trustar.controls().faults.set(fault);
    let operator = stage.operator().await;
    stage.feed("feed").await;
    let part = stage.until_reason("feed", Reason::TrustarUnavailable).await;
    assert_eq!((counts(&part).created, counts(&part).considered), (10, 20));
    stage.trustar.controls().faults.clear_all();
    stage.request("feed", "now").await;
    stage.until_handled("feed", "now").await;
    stage.until_synced("feed").await;
    let metrics = operator.metrics().await;
    let written = ["created", "updated"].map(|outcome| {
        let series = format!("flashpoint_operator_reports_total{{outcome=\"{outcome}\"}} ");
        let value = metrics.lines().find_map(|line| line.strip_prefix(&series));
        value.unwrap().parse::<u64>().unwrap()
    });
    // Those refused while others were taken are known to the ledger when they are written.
    assert_eq!(written.iter().sum::<u64>(), 20, "{written:?}");
    stage.assert_clean();
}

#[tokio::test]
async fn trustar_is_not_called_before_it_wants_to_be() {
    let stage = Stage::new("ts-429").await;
    stage.telling_reports(8);
    let fault = Fault::on("POST", "/api/1.3/reports/upsert")
        .nth(3)
        .reply(Reply::wait_time(7_000));
    stage.trustar.controls().faults.set(fault);
    let _operator = stage.operator().await;
    stage.feed("feed").await;
    let feed = stage
        .until("feed", SOON, |feed| status_is(feed, Reason::RateLimited))
        .await;
    assert!(counts(&feed).pending > 0);
    stage.until_synced("feed").await;
    stage.assert_clean();
    let calls = stage
        .trustar
        .controls()
        .record
        .matching("POST", "/api/1.3/reports/upsert", "");
    let refused = calls.iter().find(|call| call.status == Some(429)).unwrap();
    // Calls that were under way when it answered could not know.
    let slack = SignedDuration::from_secs(1);
    let early = calls.iter().filter(|call| call.at > refused.at + slack);
    let early: Vec<_> = early
        .map(|call| call.at.duration_since(refused.at))
        .collect();
    assert!(
        early
            .iter()
            .all(|after| *after >= SignedDuration::from_secs(7)),
        "{early:?}"
    );
}

fn status_is(feed: &FlashpointFeed, wanted: Reason) -> bool {
    feed.status.is_some() && reason(feed) == Some(wanted)
}

#[tokio::test]
async fn a_vendor_that_never_answers_fails_within_the_feeds_timeout() {
    let stage = Stage::new("hang").await;
    stage.telling_reports(2);
    let hang = Fault::on("POST", "/oauth/token").reply(Reply::Hang);
    stage.trustar.controls().faults.set(hang);
    let _operator = stage.operator().await;
    stage
        .feed_with("feed", serde_json::json!({"timeout": "2s"}))
        .await;
    let feed = stage.until_reason("feed", Reason::TrustarUnavailable).await;
    assert!(message(&feed).contains("2 s"), "{}", message(&feed));
    stage.trustar.controls().faults.clear_all();
    stage.until_synced("feed").await;
    stage.assert_clean();
}

/// Writes that the call budget holds back are finished by a continuation of the same sync.
#[tokio::test]
async fn what_the_call_budget_holds_back_is_finished_by_a_continuation() {
    let stage = Stage::new("budget").await;
    stage.telling_reports(60);
    let limited = stage
        .starting()
        .env("TRUSTAR_CALLS_PER_MINUTE", "20")
        .here()
        .await;
    stage.feed("feed").await;
    let feed = stage.until_reason("feed", Reason::WritesPending).await;
    assert_eq!(conditions(&feed), ["Ready=False", "Reconciling=True"]);
    assert!(message(&feed).contains("call budget"), "{}", message(&feed));
    let part = counts(&feed);
    assert_eq!(part.created + part.pending, 60);
    assert_eq!(status(&feed).consecutive_failures, 0);
    assert!(status(&feed).last_sync_time.is_none());
    let upserts = stage.upserts().len();
    // Nobody waits a minute here: a process with calls left goes on.
    limited.kill();
    let _unlimited = stage.operator().await;
    stage.flashpoint.post();
    stage.fall_due("feed").await;
    let feed = stage.until_synced("feed").await;
    // What is new waits for the next full sync.
    assert_eq!((counts(&feed).created, counts(&feed).considered), (60, 60));
    assert_eq!(
        (status(&feed).totals.submitted, status(&feed).totals.syncs),
        (60, 1)
    );
    assert_eq!(stage.upserts().len(), 60);
    assert!(upserts < 60);
    stage.fall_due("feed").await;
    stage
        .until("feed", SOON, |feed| status(feed).totals.submitted == 61)
        .await;
    stage.assert_clean();
}
