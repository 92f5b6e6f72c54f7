//! Sequences over several syncs, found by reading, that would break a promise.

use std::time::Duration;

use jiff::SignedDuration;

use super::feed::{Feed, HOUR, MINUTE};
use super::services::{Item, Time, fault, owner};
use crate::destinations::trustar::TRUSTAR;
use crate::http::fault::FaultKind;
use crate::sync::Conclusion;
use crate::sync::ledger::{Entry, Ledger, MAX_REPORTS, Overflow, State, Tries};
use crate::sync::ports::Journal as _;
use crate::sync::report::{Digest, ReportId};

#[tokio::test(start_paused = true)]
async fn csv_given_up_by_the_version_before_is_no_longer_pending_for_ever() {
    let time = Time::new();
    let mut feed = Feed::with_reports(&time, 3);
    feed.edit("r1", |item| (item.csv, item.counts) = (true, false));
    feed.sync().await;
    let (mut ledger, id) = (feed.store.ledger(), ReportId::new("r1").unwrap());
    // What d6a2515 stored: `WithoutIndicators`, 5 CSV attempts.
    let entry = ledger.get(&id).unwrap().clone();
    ledger.set(
        id,
        Entry {
            csv: Some(Tries::HOPELESS),
            ..entry
        },
    );
    feed.store.save(&ledger).await.unwrap();
    for _ in 0..(4 * 24 * 3) {
        feed.next_sync().await;
    }
    let outcome = feed.next_sync().await;
    assert!(
        !matches!(outcome.conclusion, Conclusion::WritesPending(_)),
        "{outcome:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn what_is_pending_beyond_the_latest_keeps_the_window() {
    let time = Time::new();
    let mut feed = Feed::new(&time);
    (feed.limit, feed.interval) = (1, MINUTE);
    feed.list(Item::new("new", feed.now() - HOUR));
    feed.list(Item::new("old", feed.now() - 23 * HOUR));
    feed.sync().await;
    feed.enclave.gates.lock().unwrap().down = Some(fault(&TRUSTAR, FaultKind::Unavailable));
    for _ in 0..180 {
        feed.next_sync().await;
    }
    feed.enclave.gates.lock().unwrap().down = None;
    for _ in 0..180 {
        feed.next_sync().await;
    }
    assert_eq!(feed.stored(), ["new", "old"]);
}

async fn catch_up(time: &Time) -> Feed<'_> {
    let mut feed = Feed::with_reports(time, 1);
    feed.sync().await;
    tokio::time::advance(72 * HOUR).await;
    for hours in 0..60 {
        feed.list(Item::new(
            &format!("r{hours:02}"),
            feed.now() - hours * HOUR - MINUTE,
        ));
    }
    feed
}

#[tokio::test(start_paused = true)]
async fn one_answer_that_lists_less_than_is_known_ends_no_catch_up() {
    for kept in [0, 10] {
        let time = Time::new();
        let mut feed = catch_up(&time).await;
        feed.limit = 20;
        feed.sync().await; // 20 of 61, a backlog of 41
        let all = feed.reports.script.lock().unwrap().items.clone();
        feed.reports.script.lock().unwrap().items.truncate(kept); // `total` agrees
        feed.next_sync().await;
        feed.reports.script.lock().unwrap().items = all;
        for _ in 0..100 {
            feed.next_sync().await;
        }
        assert_eq!(feed.stored().len(), 61, "{kept}");
    }
}

#[tokio::test(start_paused = true)]
async fn deep_pages_that_are_empty_for_two_minutes_lose_nothing() {
    let time = Time::new();
    let mut feed = catch_up(&time).await;
    feed.interval = MINUTE;
    for _ in 0..2 {
        {
            let mut script = feed.reports.script.lock().unwrap();
            script.cap = Some((20, true));
            let next = script.requests.len();
            script.short_at = (next + 1..next + 20).map(|number| (number, 0)).collect();
        }
        feed.next_sync().await;
    }
    feed.reports.script.lock().unwrap().short_at.clear();
    for _ in 0..300 {
        feed.next_sync().await;
    }
    assert_eq!(feed.stored().len(), 61);
}

#[tokio::test(start_paused = true)]
async fn the_shortest_lookback_gets_out_of_a_full_ledger() {
    let time = Time::new();
    let mut feed = Feed::with_reports(&time, 30);
    (feed.lookback, feed.interval) = (HOUR, HOUR);
    for n in 0..5 {
        feed.list(Item::new(&format!("old{n}"), feed.now() - 40 * HOUR));
    }
    feed.window.covered_to = Some(feed.now() - SignedDuration::from_hours(48));
    let mut ledger = Ledger::new(owner());
    for n in 0..MAX_REPORTS - 20 {
        let entry = Entry {
            digest: Digest(0),
            filed_at: feed.now() - SignedDuration::from_hours(30),
            state: State::Sent,
            delivered: true,
            labels: Vec::new(),
            csv: None,
            tries: None,
            handle: None,
        };
        ledger.set(ReportId::new(&format!("x{n}")).unwrap(), entry);
    }
    feed.store.save(&ledger).await.unwrap();
    assert_eq!(feed.next_sync().await.conclusion, Conclusion::LedgerFull);
    feed.lookback = 2 * HOUR; // longer, and then the shortest again
    feed.next_sync().await;
    feed.lookback = HOUR;
    for _ in 0..24 {
        feed.next_sync().await;
    }
    let outcome = feed.next_sync().await;
    assert_ne!(outcome.conclusion, Conclusion::LedgerFull);
}

#[tokio::test(start_paused = true)]
async fn a_lookback_made_shorter_gives_up_once() {
    let time = Time::new();
    let mut feed = Feed::with_reports(&time, 3);
    feed.sync().await;
    let mut ledger = feed.store.ledger();
    ledger.note_overflow(86_400);
    feed.store.save(&ledger).await.unwrap();
    feed.lookback = 12 * HOUR;
    feed.reports.script.lock().unwrap().down = Some(FaultKind::Unavailable);
    let mut told = 0;
    for n in 0..(4 * 72) {
        if n % 4 == 0 {
            feed.list(Item::new(&format!("out{n:03}"), feed.now()));
        }
        told += u32::from(feed.next_sync().await.given_up.is_some());
    }
    feed.reports.script.lock().unwrap().down = None;
    for _ in 0..20 {
        feed.next_sync().await;
    }
    assert_eq!((told <= 1, feed.stored().len()), (true, 75), "{told}");
}

#[tokio::test(start_paused = true)]
async fn tags_that_stay_404_end_although_the_report_changes_in_each_answer() {
    let time = Time::new();
    let mut feed = Feed::with_reports(&time, 3);
    feed.edit("r1", |item| item.tags = vec!["a".into()]);
    feed.enclave.gates.lock().unwrap().not_yet = u32::MAX;
    let (mut waited, mut outcome) = (Duration::ZERO, feed.sync().await);
    while waited < 24 * HOUR {
        let pause = outcome
            .continue_in
            .or(outcome.retry_in)
            .unwrap_or(feed.interval)
            .min(feed.interval);
        tokio::time::advance(pause).await;
        waited += pause;
        feed.edit("r1", |_| {});
        outcome = feed.sync_in(feed.mode()).await.unwrap();
    }
    assert!(
        feed.enclave.gates.lock().unwrap().calls < 600,
        "{}",
        feed.enclave.gates.lock().unwrap().calls
    );
}

#[tokio::test(start_paused = true)]
async fn a_service_that_is_down_is_told_as_down() {
    let time = Time::new();
    let mut feed = Feed::with_reports(&time, 2);
    feed.interval = MINUTE;
    feed.enclave.gates.lock().unwrap().down = Some(fault(&TRUSTAR, FaultKind::Unavailable));
    for sync in 0..60 {
        let outcome = feed.next_sync().await;
        assert!(
            matches!(outcome.conclusion, Conclusion::Fault(_)),
            "{sync}: {:?}",
            outcome.conclusion
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_backlog_pinned_before_the_clock_was_put_right_reaches_back_the_whole_lookback() {
    let time = Time::new();
    *time.skew.lock().unwrap() = SignedDuration::from_mins(50);
    let mut feed = Feed::new(&time);
    for index in 0..30 {
        let ago = 23 * HOUR + (15 + index) * MINUTE;
        feed.list(Item::new(&format!("r{index}"), feed.now() - ago));
    }
    feed.limit = 10;
    for _ in 0..4 {
        feed.next_sync().await;
    }
    assert_eq!(feed.stored().len(), 30);
}

#[tokio::test(start_paused = true)]
async fn an_outage_after_a_shorter_lookback_is_told_once_and_loses_nothing() {
    let time = Time::new();
    let mut feed = Feed::with_reports(&time, 3);
    feed.sync().await;
    let mut ledger = feed.store.ledger();
    let forgotten_to = feed.now() - SignedDuration::from_hours(20);
    let overflow = Overflow {
        lookback: 86_400,
        forgotten_to,
    };
    ledger.change(|course| course.overflow = Some(overflow));
    feed.store.save(&ledger).await.unwrap();
    feed.lookback = 12 * HOUR;
    feed.reports.script.lock().unwrap().down = Some(FaultKind::Unavailable);
    let mut told = 0;
    for hour in 0..48 {
        feed.list(Item::new(&format!("during{hour}"), feed.now()));
        for _ in 0..4 {
            told += u32::from(feed.next_sync().await.given_up.is_some());
        }
    }
    feed.reports.script.lock().unwrap().down = None;
    feed.next_sync().await;
    assert_eq!((told, feed.stored().len()), (1, 51));
}

#[tokio::test(start_paused = true)]
async fn refusals_in_between_do_not_make_a_failing_services_first_faults_the_reports_own() {
    let time = Time::new();
    let mut feed = Feed::with_reports(&time, 11);
    {
        let mut gates = feed.enclave.gates.lock().unwrap();
        gates
            .refuses
            .extend([1, 3, 5, 7, 9].map(|index| format!("r{index}")));
        gates
            .breaks
            .extend([2, 4, 6, 8, 10].map(|index| format!("r{index}")));
    }
    let counts = feed.counts().await;
    assert_eq!((counts.failed, counts.pending), (5, 5));
}

#[tokio::test(start_paused = true)]
async fn only_refusals_are_called_refusals() {
    let time = Time::new();
    let mut feed = Feed::with_reports(&time, 5);
    {
        let mut gates = feed.enclave.gates.lock().unwrap();
        gates.refuses.insert("r4".into());
        gates
            .breaks
            .extend([0, 1, 2, 3].map(|index| format!("r{index}")));
    }
    let Conclusion::Fault(fault) = feed.sync().await.conclusion else {
        panic!()
    };
    assert!(!fault.message.contains("each of 5"), "{fault}");
}

/// Reports 40 h old, pending since TruSTAR went down, in a window that reaches back three days.
async fn pending_catch_up(time: &Time) -> Feed<'_> {
    let mut feed = Feed::with_reports(time, 1);
    feed.interval = MINUTE;
    feed.sync().await;
    tokio::time::advance(72 * HOUR).await;
    for n in 0..3 {
        feed.list(Item::new(
            &format!("x{n}"),
            feed.now() - 40 * HOUR - n * MINUTE,
        ));
    }
    feed.enclave.gates.lock().unwrap().down = Some(fault(&TRUSTAR, FaultKind::Unavailable));
    feed.next_sync().await;
    feed
}

/// Lists only the first `kept` for so many full syncs (0: for one retry 5 s later), then all; gives how many arrived.
async fn after_short_answers(mut feed: Feed<'_>, kept: usize, syncs: u32) -> usize {
    let all = feed.reports.script.lock().unwrap().items.clone();
    feed.reports.script.lock().unwrap().items.truncate(kept); // `total` agrees
    for _ in 0..syncs {
        feed.next_sync().await;
    }
    if syncs == 0 {
        tokio::time::advance(Duration::from_secs(5)).await;
        feed.sync_in(feed.mode()).await.unwrap();
    }
    feed.reports.script.lock().unwrap().items = all;
    feed.enclave.gates.lock().unwrap().down = None;
    for _ in 0..300 {
        feed.next_sync().await;
    }
    feed.stored().len()
}

#[tokio::test(start_paused = true)]
async fn one_short_answer_ends_no_backlog() {
    for kept in [21, 40] {
        let time = Time::new();
        let mut feed = catch_up(&time).await;
        feed.limit = 20;
        feed.sync().await; // 20 of 61, a backlog of 41
        assert_eq!(after_short_answers(feed, kept, 1).await, 61, "{kept}");
    }
}

#[tokio::test(start_paused = true)]
async fn one_short_answer_to_a_retry_drops_nothing_pending() {
    let time = Time::new();
    let feed = pending_catch_up(&time).await;
    assert_eq!(after_short_answers(feed, 0, 0).await, 4);
}

#[tokio::test(start_paused = true)]
async fn two_short_answers_a_minute_apart_drop_nothing_pending() {
    let time = Time::new();
    let feed = pending_catch_up(&time).await;
    assert_eq!(after_short_answers(feed, 1, 2).await, 4);
}

#[tokio::test(start_paused = true)]
async fn one_short_answer_ends_no_window_a_little_wider_than_the_lookback() {
    let time = Time::new();
    let mut feed = Feed::new(&time);
    for n in 0..40 {
        feed.list(Item::new(
            &format!("r{n:02}"),
            feed.now() - 22 * HOUR - n * MINUTE,
        ));
    }
    feed.enclave.gates.lock().unwrap().down = Some(fault(&TRUSTAR, FaultKind::Unavailable));
    for _ in 0..11 {
        feed.next_sync().await; // 2 h 45 min
    }
    feed.enclave.gates.lock().unwrap().down = None;
    assert_eq!(after_short_answers(feed, 20, 1).await, 40);
}

#[tokio::test(start_paused = true)]
async fn a_listing_that_comes_oldest_first_is_proven_by_one_reading() {
    let time = Time::new();
    let mut feed = Feed::with_reports(&time, 30);
    feed.limit = 10;
    feed.reports.script.lock().unwrap().order = super::services::Order::OldestFirst;
    for _ in 0..4 {
        feed.next_sync().await;
    }
    assert_eq!(feed.store.ledger().course().reading, None);
}

#[tokio::test(start_paused = true)]
async fn csv_data_of_a_catch_up_is_asked_for_again() {
    let time = Time::new();
    let mut feed = catch_up(&time).await;
    feed.edit("r40", |item| item.csv = true);
    feed.reports.script.lock().unwrap().csv_down = true;
    feed.next_sync().await;
    feed.reports.script.lock().unwrap().csv_down = false;
    for _ in 0..20 {
        feed.next_sync().await;
    }
    assert!(
        feed.enclave.gates.lock().unwrap().stored["r40"]
            .body
            .contains("csv_data")
    );
}

#[tokio::test(start_paused = true)]
async fn one_short_answer_ends_no_backlog_though_reports_came_meanwhile() {
    for answers in [1, 2] {
        let time = Time::new();
        let mut feed = Feed::new(&time);
        feed.limit = 20;
        feed.sync().await;
        tokio::time::advance(72 * HOUR).await;
        for n in 0..60 {
            feed.list(Item::new(
                &format!("r{n:02}"),
                feed.now() - n * HOUR - MINUTE,
            ));
        }
        feed.sync().await;
        feed.next_sync().await; // 40 of 60
        for n in 0..10_u32 {
            let came = feed.now() - Duration::from_secs(n.into());
            feed.list(Item::new(&format!("n{n:02}"), came));
        }
        let newest_first = |item: &Item| std::cmp::Reverse(item.posted_at);
        feed.reports
            .script
            .lock()
            .unwrap()
            .items
            .sort_by_key(newest_first);
        assert_eq!(after_short_answers(feed, 60, answers).await, 70);
    }
}

#[tokio::test(start_paused = true)]
async fn one_short_answer_drops_nothing_pending_though_a_report_came_meanwhile() {
    let time = Time::new();
    let mut feed = Feed::with_reports(&time, 9);
    let age = 23 * HOUR + 40 * MINUTE;
    feed.list(Item::new("old", feed.now() - age));
    feed.enclave.gates.lock().unwrap().down = Some(fault(&TRUSTAR, FaultKind::Unavailable));
    feed.sync().await;
    feed.enclave.gates.lock().unwrap().down = None;
    let old = feed.reports.script.lock().unwrap().items.pop().unwrap();
    feed.list(Item::new("new", feed.now() + MINUTE));
    feed.next_sync().await;
    feed.list(old);
    for _ in 0..300 {
        feed.next_sync().await;
    }
    assert_eq!(feed.stored().len(), 11);
}

#[tokio::test(start_paused = true)]
async fn one_short_answer_forgets_no_failed_report() {
    for (interval, age) in [
        (15 * MINUTE, 23 * HOUR + 40 * MINUTE),
        (4 * HOUR, 16 * HOUR + 30 * MINUTE),
    ] {
        let time = Time::new();
        let mut feed = Feed::with_reports(&time, 9);
        feed.interval = interval;
        feed.list(Item::new("old", feed.now() - age));
        let refused = "old".to_owned();
        feed.enclave.gates.lock().unwrap().refuses.insert(refused);
        feed.sync().await;
        feed.enclave.gates.lock().unwrap().refuses.clear();
        let old = feed.reports.script.lock().unwrap().items.pop().unwrap();
        feed.next_sync().await;
        feed.list(old);
        for _ in 0..300 {
            feed.next_sync().await;
        }
        assert_eq!(feed.stored().len(), 10, "{age:?}");
    }
}
