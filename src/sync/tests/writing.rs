//! What is written of a report, and what becomes of a refusal, a fault or an end before time.

use std::sync::Arc;
use std::time::Duration;

use jiff::SignedDuration;
use tokio_util::sync::CancellationToken;

use super::feed::{Feed, HOUR, MINUTE, assert_adds_up, is_quiet};
use super::services::{Item, Time, fault};
use crate::destinations::trustar::TRUSTAR;
use crate::http::fault::FaultKind;
use crate::sync::ledger::{MAX_ATTEMPTS, State};
use crate::sync::ports::{Fenced, JournalError};
use crate::sync::report::ReportId;
use crate::sync::{Abandoned, Conclusion, Mode, Note};
use indicators::{IndicatorType, RuleSettings, Rules};

fn state(feed: &Feed<'_>, id: &str) -> Option<State> {
    feed.store
        .ledger()
        .get(&ReportId::new(id).unwrap())
        .map(|entry| entry.state.clone())
}

fn attempts(feed: &Feed<'_>, id: &str) -> u32 {
    match state(feed, id) {
        Some(State::Failed(failure)) => failure.attempts,
        other => panic!("{other:?}"),
    }
}

fn one(time: &Time, change: impl FnOnce(&mut Item)) -> Feed<'_> {
    let feed = Feed::with_reports(time, 1);
    feed.edit("r0", change);
    feed
}

#[tokio::test(start_paused = true)]
async fn only_reports_with_indicators_that_are_published_are_sent() {
    let time = Time::new();
    let mut feed = Feed::with_reports(&time, 3);
    feed.edit("r1", |item| item.counts = false);
    feed.edit("r2", |item| item.published = false);
    for _ in 0..2 {
        let counts = feed.counts().await;
        assert_eq!((counts.matched, counts.without_indicators), (1, 2));
    }
    assert_eq!(feed.writes(), ["r0"]);
}

/// They are examined elsewhere, one at a time.
#[tokio::test(start_paused = true)]
async fn long_reports_go_in_beside_short_ones() {
    let time = Time::new();
    let mut feed = Feed::with_reports(&time, 30);
    for index in (0..30).step_by(2) {
        feed.edit(&format!("r{index}"), |item| item.words = 20_000);
    }
    assert_eq!(feed.counts().await.created, 30);
    assert!(is_quiet(&feed.sync().await));
    assert_eq!(feed.writes().len(), 30);
}

#[tokio::test(start_paused = true)]
async fn an_edit_is_written_again_and_a_repeat_is_not() {
    let time = Time::new();
    let mut feed = Feed::with_reports(&time, 2);
    assert_eq!(feed.counts().await.created, 2);
    feed.edit("r1", |_| {});
    let counts = feed.counts().await;
    assert_eq!(
        (counts.created, counts.updated, counts.unchanged),
        (0, 1, 1)
    );
    assert_eq!(feed.writes().len(), 3);
    assert_eq!(feed.totals.submitted, 3);
}

#[tokio::test(start_paused = true)]
async fn better_rules_look_again_even_beyond_the_first_page() {
    let time = Time::new();
    let mut feed = Feed::with_reports(&time, 30);
    feed.limit = 10;
    let types = vec![IndicatorType::Sha256];
    feed.rules = Arc::new(Rules::new(RuleSettings {
        types,
        ..RuleSettings::default()
    }));
    while !is_quiet(&feed.sync().await) {}
    assert!(feed.writes().is_empty());
    feed.rules = Arc::default();
    assert_eq!(feed.counts().await.created, 0);
    assert_eq!(feed.writes().len(), 30);
    assert!(is_quiet(&feed.sync().await));
}

#[tokio::test(start_paused = true)]
async fn once_in_the_enclave_a_report_is_kept_current_whatever_it_holds() {
    let time = Time::new();
    let mut feed = Feed::with_reports(&time, 1);
    feed.sync().await;
    feed.edit("r0", |item| item.counts = false);
    assert_eq!(feed.counts().await.updated, 1);
    assert_eq!(
        feed.enclave.gates.lock().unwrap().stored["r0"].title,
        "r0 v2"
    );
    // What is no longer published is not sent, and not taken away.
    feed.edit("r0", |item| item.published = false);
    assert_eq!(feed.counts().await.unchanged, 1);
    feed.edit("r0", |item| item.published = true);
    assert_eq!(feed.counts().await.updated, 1);
    assert_eq!(
        feed.enclave.gates.lock().unwrap().stored["r0"].title,
        "r0 v4"
    );
}

#[tokio::test(start_paused = true)]
async fn a_refused_report_holds_up_no_other_and_is_set_aside_after_five_attempts() {
    let time = Time::new();
    let mut feed = Feed::with_reports(&time, 1_000);
    feed.enclave
        .gates
        .lock()
        .unwrap()
        .refuses
        .insert("r3".into());
    feed.sync().await;
    assert!(is_quiet(&feed.sync().await));
    assert_eq!(feed.stored().len(), 999);
    for made in 2..=5 {
        let outcome = feed.next_sync().await;
        assert_eq!(outcome.conclusion, Conclusion::SyncedWithFailures);
        assert_eq!(
            (attempts(&feed, "r3"), outcome.counts.unwrap().failed),
            (made, 1)
        );
        // Too soon for another attempt.
        feed.sync().await;
        assert_eq!(attempts(&feed, "r3"), made);
    }
    for _ in 0..20 {
        feed.next_sync().await;
    }
    assert_eq!((attempts(&feed, "r3"), feed.totals.failed), (5, 5));
    feed.sync_in(Mode::Full { forced: true }).await.unwrap();
    assert_eq!(attempts(&feed, "r3"), 6);
    feed.edit("r3", |_| {});
    feed.sync().await;
    assert_eq!(attempts(&feed, "r3"), 1, "an edit is a fresh start");
}

#[tokio::test(start_paused = true)]
async fn a_report_that_was_set_aside_is_tried_daily() {
    let time = Time::new();
    let mut feed = Feed::with_reports(&time, 30);
    (feed.limit, feed.lookback) = (10, 100 * HOUR);
    feed.enclave
        .gates
        .lock()
        .unwrap()
        .refuses
        .insert("r25".into());
    for _ in 0..(4 * 24 * 2) {
        feed.next_sync().await;
    }
    assert_eq!(attempts(&feed, "r25"), 6);
    feed.enclave.gates.lock().unwrap().refuses.clear();
    for _ in 0..(4 * 24) {
        feed.next_sync().await;
    }
    assert_eq!(feed.stored().len(), 30);
}

#[tokio::test(start_paused = true)]
async fn a_failing_report_is_listed_again_until_it_is_set_aside() {
    let time = Time::new();
    let mut feed = Feed::new(&time);
    // It leaves the lookback before its attempts are made.
    feed.list(Item::new("old", feed.now() - 23 * HOUR - 50 * MINUTE));
    feed.enclave
        .gates
        .lock()
        .unwrap()
        .refuses
        .insert("old".into());
    feed.sync().await;
    for _ in 0..8 {
        feed.next_sync().await;
    }
    assert_eq!(feed.writes().len(), 5);
    assert!(feed.window.since.is_some());
    // Finding 11: a gateway that refused it for hours must not have made it lost.
    for _ in 0..(4 * 25) {
        feed.next_sync().await;
    }
    assert_eq!(feed.writes().len(), 1, "one daily attempt");
    assert_eq!(feed.window.since, None);
}

/// Finding 11.
#[tokio::test(start_paused = true)]
async fn what_was_set_aside_arrives_by_its_first_daily_attempt_at_the_default_lookback() {
    let time = Time::new();
    let mut feed = Feed::with_reports(&time, 4);
    let refused = ["r1", "r2", "r3"].map(str::to_owned);
    feed.enclave.gates.lock().unwrap().refuses.extend(refused);
    for _ in 0..(4 * 2) {
        feed.next_sync().await;
    }
    assert_eq!((feed.stored().len(), attempts(&feed, "r2")), (1, 5));
    feed.enclave.gates.lock().unwrap().refuses.clear();
    for _ in 0..(4 * 25) {
        feed.next_sync().await;
    }
    assert_eq!(feed.stored().len(), 4);
}

/// Finding 11: a service that refuses everything is at fault, and not the reports.
#[tokio::test(start_paused = true)]
async fn where_every_report_is_refused_none_is_set_aside() {
    let time = Time::new();
    let mut feed = Feed::with_reports(&time, 300);
    let refused = (0..300).map(|index| format!("r{index}"));
    feed.enclave.gates.lock().unwrap().refuses.extend(refused);
    for _ in 0..(4 * 3) {
        let outcome = feed.next_sync().await;
        let Conclusion::Fault(fault) = &outcome.conclusion else {
            panic!("{outcome:?}")
        };
        assert!(fault.message.contains("refused each of"), "{fault}");
        let counts = outcome.counts.unwrap();
        assert_eq!((counts.failed, counts.pending), (0, 300));
        assert!(feed.writes().len() <= 30);
    }
    feed.enclave.gates.lock().unwrap().refuses.clear();
    assert!(is_quiet(&feed.next_sync().await));
    assert_eq!(feed.stored().len(), 300);
}

/// Whatever the newest reports are answered with, those behind them have their turn.
#[tokio::test(start_paused = true)]
async fn many_reports_that_fail_keep_no_other_from_its_turn() {
    for refused in [true, false] {
        for count in [1, 5, 30] {
            let time = Time::new();
            let mut feed = Feed::with_reports(&time, 100);
            let poison: Vec<_> = (0..count).map(|index| format!("r{index}")).collect();
            {
                let mut gates = feed.enclave.gates.lock().unwrap();
                if refused {
                    gates.refuses.extend(poison);
                } else {
                    gates.breaks.extend(poison);
                }
            }
            let case = format!("{refused} {count}");
            let mut syncs = 0;
            while feed.stored().len() < 100 - count {
                feed.next_sync().await;
                syncs += 1;
                assert!(syncs <= 2 + count / 4, "{case}");
            }
            assert!(count > 4 || syncs <= 2, "{case}: {syncs}");
            let mut calls = 0;
            for _ in 0..(4 * 24) {
                let outcome = feed.next_sync().await;
                calls += feed.writes().len();
                assert!(outcome.counts.is_some());
            }
            // What they take in a day is bounded. Where all that is left makes the service fail, and nothing is
            // written, it is the service's fault till something is.
            if refused || count < 5 {
                assert!(calls <= 100 + 20 * count, "{case}: {calls}");
            }
            feed.list(Item::new("another", feed.now()));
            feed.next_sync().await;
            feed.list(Item::new("one more", feed.now()));
            let outcome = feed.next_sync().await;
            assert_eq!(outcome.conclusion, Conclusion::SyncedWithFailures, "{case}");
        }
    }
}

/// Finding 19: a report that is alone, and makes the service fail.
#[tokio::test(start_paused = true)]
async fn a_lone_report_that_the_service_fails_on_ends_as_failed_in_time() {
    for interval in [1, 15, 120] {
        let time = Time::new();
        let mut feed = Feed::with_reports(&time, 1);
        feed.interval = interval * MINUTE;
        feed.enclave
            .gates
            .lock()
            .unwrap()
            .breaks
            .insert("r0".into());
        let mut failed_after = None;
        for sync in 0..(24 * 60 / interval) {
            let outcome = feed.next_sync().await;
            if outcome.conclusion == Conclusion::SyncedWithFailures {
                failed_after.get_or_insert(sync * interval);
            }
        }
        let failed_after = failed_after.unwrap();
        assert!(
            failed_after >= 50 && failed_after <= 60 + 5 * interval,
            "{failed_after}"
        );
        assert!(feed.writes().len() <= 12, "{interval}");
        assert_eq!(
            state(&feed, "r0").map(|state| matches!(state, State::Failed(_))),
            Some(true)
        );
    }
}

/// Finding 19: while the service does not answer at all, nothing is given up.
#[tokio::test(start_paused = true)]
async fn a_lone_report_stays_pending_while_the_service_is_down() {
    let time = Time::new();
    let mut feed = Feed::with_reports(&time, 1);
    feed.enclave.gates.lock().unwrap().down = Some(fault(&TRUSTAR, FaultKind::Unavailable));
    for _ in 0..(4 * 30) {
        assert!(!is_quiet(&feed.next_sync().await));
    }
    feed.enclave.gates.lock().unwrap().down = None;
    assert!(is_quiet(&feed.next_sync().await));
    assert_eq!(feed.stored(), ["r0"]);
}

/// Finding 4: written, and its tags find no report for good.
#[tokio::test(start_paused = true)]
async fn tags_that_never_find_their_report_end_as_failed() {
    for interval in [1, 15] {
        let time = Time::new();
        let mut feed = Feed::with_reports(&time, 20);
        feed.interval = interval * MINUTE;
        feed.edit("r7", |item| item.tags = tags(&["a"]));
        feed.enclave.gates.lock().unwrap().not_yet = u32::MAX;
        let mut outcome = feed.sync().await;
        let mut waited = Duration::ZERO;
        while !is_quiet(&outcome) {
            let pause = outcome
                .continue_in
                .or(outcome.retry_in)
                .unwrap_or(feed.interval);
            let pause = pause.min(feed.interval);
            tokio::time::advance(pause).await;
            waited += pause;
            outcome = feed.sync_in(feed.mode()).await.unwrap();
            assert!(waited <= 2 * HOUR, "{outcome:?}");
        }
        assert_eq!(outcome.conclusion, Conclusion::SyncedWithFailures);
        assert!(waited >= 50 * MINUTE, "{waited:?}");
        assert_eq!(
            feed.writes().iter().filter(|id| *id == "r7").count(),
            2,
            "written once more"
        );
        for _ in 0..(20 * 60 / interval) {
            feed.next_sync().await;
        }
        let calls = feed.enclave.gates.lock().unwrap().calls - 19;
        assert!(calls <= 20, "{interval}: {calls}");
        feed.enclave.gates.lock().unwrap().not_yet = 0;
        feed.sync_in(Mode::Full { forced: true }).await.unwrap();
        assert!(
            feed.enclave.gates.lock().unwrap().stored["r7"]
                .tags
                .contains("a")
        );
    }
}

/// Finding 10.
#[tokio::test(start_paused = true)]
async fn a_report_whose_indicators_may_stand_in_its_csv_data_is_not_dropped_for_want_of_it() {
    for interval in [1, 15] {
        let time = Time::new();
        let mut feed = one(&time, |item| (item.csv, item.counts) = (true, false));
        feed.interval = interval * MINUTE;
        feed.reports.script.lock().unwrap().csv_down = true;
        for _ in 0..(5 * 60 / interval) {
            let outcome = feed.next_sync().await;
            assert_eq!(outcome.conclusion, Conclusion::SyncedWithFailures);
            assert_eq!(outcome.counts.unwrap().without_indicators, 0);
        }
        assert_eq!(feed.reports.script.lock().unwrap().csv_calls, 5);
        {
            let mut script = feed.reports.script.lock().unwrap();
            (script.csv_down, script.csv_tells) = (false, true);
        }
        for _ in 0..(25 * 60 / interval) {
            feed.next_sync().await;
        }
        assert_eq!(feed.stored(), ["r0"]);
    }
}

/// Finding 15.
#[tokio::test(start_paused = true)]
async fn csv_data_of_more_than_16_mib_is_left_out() {
    let time = Time::new();
    let mut feed = one(&time, |item| item.csv = true);
    feed.reports.script.lock().unwrap().csv_bytes = 17 << 20;
    let counts = feed.counts().await;
    assert_eq!((counts.created, counts.without_csv), (1, 1));
    feed.next_sync().await;
    assert_eq!(
        feed.reports.script.lock().unwrap().csv_calls,
        1,
        "and not asked for again"
    );
}

/// Finding 24.
#[tokio::test(start_paused = true)]
async fn a_ledger_that_can_not_be_stored_is_not_tried_again_with_each_report() {
    let time = Time::new();
    let mut feed = Feed::with_reports(&time, 500);
    *feed.store.text.lock().unwrap() = Some(String::new());
    *feed.store.fails.lock().unwrap() = Some(JournalError::unavailable("down"));
    feed.sync().await;
    assert!(feed.writes().len() <= 110);
    assert_eq!(
        *feed.store.failed.lock().unwrap(),
        2,
        "once at 100 writes, once at the end"
    );
}

/// Finding 27.
#[tokio::test(start_paused = true)]
async fn where_no_ledger_can_be_created_nothing_is_written() {
    let time = Time::new();
    let mut feed = Feed::with_reports(&time, 500);
    *feed.store.fails.lock().unwrap() = Some(JournalError::unavailable("forbidden"));
    for _ in 0..5 {
        assert!(matches!(
            feed.next_sync().await.conclusion,
            Conclusion::Journal(_)
        ));
    }
    assert!(feed.writes().is_empty());
}

/// Finding 26.
#[tokio::test(start_paused = true)]
async fn a_field_that_changes_in_each_answer_is_told() {
    let time = Time::new();
    let mut feed = Feed::with_reports(&time, 30);
    for sync in 0..4 {
        for index in 0..30 {
            feed.edit(&format!("r{index}"), |_| {});
        }
        let outcome = feed.next_sync().await;
        let told = outcome.notes.contains(&Note::EveryReportDiffers);
        assert_eq!(told, sync >= 2, "{sync}");
    }
    assert!(feed.next_sync().await.notes.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_failing_report_that_is_no_longer_listed_is_forgotten() {
    let time = Time::new();
    let mut feed = Feed::with_reports(&time, 30);
    feed.limit = 10;
    feed.enclave
        .gates
        .lock()
        .unwrap()
        .refuses
        .insert("r25".into());
    for _ in 0..3 {
        feed.sync().await;
    }
    feed.reports
        .script
        .lock()
        .unwrap()
        .items
        .retain(|item| item.id != "r25");
    for _ in 0..3 {
        feed.next_sync().await;
    }
    assert!(
        state(&feed, "r25").is_some(),
        "a listing may be short for once"
    );
    for _ in 0..3 {
        feed.next_sync().await;
    }
    assert_eq!((state(&feed, "r25"), feed.window.since), (None, None));
    feed.reports.requests();
    feed.next_sync().await;
    assert_eq!(feed.reports.requests().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_fault_counts_as_an_attempt_only_if_another_write_succeeded() {
    let time = Time::new();
    let mut feed = Feed::with_reports(&time, 1);
    feed.enclave
        .gates
        .lock()
        .unwrap()
        .breaks
        .insert("r0".into());
    let outcome = feed.sync().await;
    assert!(matches!(outcome.conclusion, Conclusion::Fault(_)));
    assert_eq!(outcome.counts.unwrap().pending, 1);
    assert_eq!(state(&feed, "r0"), Some(State::Pending { known: false }));
    assert!(outcome.window.since.is_some() && outcome.window.covered_to.is_none());
    feed.list(Item::new("another", feed.now()));
    let outcome = feed.sync().await;
    assert_eq!(outcome.conclusion, Conclusion::SyncedWithFailures);
    assert_eq!(attempts(&feed, "r0"), 1);
    // Once on record as failed, a service's fault adds nothing.
    tokio::time::advance(HOUR).await;
    feed.enclave.gates.lock().unwrap().down = Some(fault(&TRUSTAR, FaultKind::Unavailable));
    assert!(matches!(feed.sync().await.conclusion, Conclusion::Fault(_)));
    assert_eq!(attempts(&feed, "r0"), 1);
}

#[tokio::test(start_paused = true)]
async fn a_service_that_is_down_is_left_after_five_faults_and_everything_is_kept() {
    for down in [
        FaultKind::Unavailable,
        FaultKind::RateLimited,
        FaultKind::UnexpectedResponse,
    ] {
        let time = Time::new();
        let mut feed = Feed::with_reports(&time, 50);
        feed.enclave.gates.lock().unwrap().down = Some(fault(&TRUSTAR, down));
        let outcome = feed.sync().await;
        assert!(matches!(outcome.conclusion, Conclusion::Fault(fault) if fault.kind == down));
        assert_eq!((outcome.handled, outcome.continue_in), (None, None));
        let counts = outcome.counts.unwrap();
        assert_eq!((counts.pending, counts.matched), (50, 50));
        assert!(feed.enclave.gates.lock().unwrap().calls <= 8);
        feed.enclave.gates.lock().unwrap().down = None;
        let outcome = feed.sync_in(feed.mode()).await.unwrap();
        assert_eq!(outcome.conclusion, Conclusion::Synced);
        assert_eq!(outcome.counts.unwrap().created, 50);
    }
}

#[tokio::test(start_paused = true)]
async fn a_person_must_act_before_anything_is_listed() {
    let time = Time::new();
    let mut feed = Feed::with_reports(&time, 3);
    feed.enclave.gates.lock().unwrap().down = Some(fault(&TRUSTAR, FaultKind::TargetNotFound));
    let outcome = feed.sync().await;
    assert!(matches!(outcome.conclusion, Conclusion::Fault(fault) if fault.needs_a_person()));
    assert!(outcome.counts.is_none() && feed.reports.requests().is_empty());
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_is_lost_after_the_commit_makes_no_second_report() {
    let time = Time::new();
    let mut feed = Feed::with_reports(&time, 40);
    feed.enclave.gates.lock().unwrap().lies_every = 10;
    for _ in 0..8 {
        feed.next_sync().await;
    }
    assert_eq!(feed.stored().len(), 40);
    assert!(is_quiet(&feed.next_sync().await));
}

#[tokio::test(start_paused = true)]
async fn csv_data_that_cannot_be_had_is_tried_again_five_times() {
    let time = Time::new();
    let mut feed = one(&time, |item| item.csv = true);
    feed.reports.script.lock().unwrap().csv_down = true;
    let counts = feed.counts().await;
    assert_eq!((counts.created, counts.without_csv), (1, 1));
    for _ in 0..10 {
        assert_eq!(feed.next_sync().await.counts.unwrap().unchanged, 1);
    }
    assert_eq!(
        feed.reports.script.lock().unwrap().csv_calls,
        MAX_ATTEMPTS as usize
    );
    assert_eq!(feed.writes().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn csv_data_that_comes_later_is_sent() {
    let time = Time::new();
    let mut feed = Feed::with_reports(&time, 30);
    feed.limit = 10;
    feed.edit("r25", |item| item.csv = true);
    feed.reports.script.lock().unwrap().csv_down = true;
    for _ in 0..3 {
        feed.sync().await;
    }
    feed.reports.script.lock().unwrap().csv_down = false;
    assert_eq!(feed.next_sync().await.counts.unwrap().updated, 1);
    assert!(
        feed.enclave.gates.lock().unwrap().stored["r25"]
            .body
            .contains("csv_data")
    );
    assert_eq!(feed.counts().await.updated, 0);
}

#[tokio::test(start_paused = true)]
async fn too_large_with_csv_data_is_sent_once_without() {
    let time = Time::new();
    let mut feed = one(&time, |item| item.csv = true);
    feed.enclave.gates.lock().unwrap().refuses_csv = true;
    let counts = feed.counts().await;
    assert_eq!((counts.created, counts.without_csv), (1, 1));
    assert_eq!(feed.writes().len(), 2);
    assert_eq!(feed.next_sync().await.counts.unwrap().unchanged, 1);
    assert!(feed.writes().is_empty());
    assert_eq!(feed.reports.script.lock().unwrap().csv_calls, 1);
}

fn tags(tags: &[&str]) -> Vec<String> {
    tags.iter().map(ToString::to_string).collect()
}

#[tokio::test(start_paused = true)]
async fn tags_are_changed_only_where_they_differ() {
    let time = Time::new();
    let mut feed = one(&time, |item| item.tags = tags(&["a", "b"]));
    feed.sync().await;
    feed.edit("r0", |item| item.tags = tags(&["c", "b"]));
    feed.sync().await;
    feed.edit("r0", |_| {});
    feed.sync().await;
    let gates = feed.enclave.gates.lock().unwrap();
    let [first, second] = gates.tag_changes.as_slice() else {
        panic!("{:?}", gates.tag_changes)
    };
    assert_eq!(
        (&first.added, &first.removed, &first.kept),
        (&tags(&["a", "b"]), &tags(&[]), &tags(&[]))
    );
    assert_eq!(
        (&second.added, &second.removed, &second.kept),
        (&tags(&["c"]), &tags(&["a"]), &tags(&["b"]))
    );
}

#[tokio::test(start_paused = true)]
async fn tags_that_find_nothing_yet_are_tried_three_times_and_follow_later() {
    let time = Time::new();
    let mut feed = one(&time, |item| item.tags = tags(&["a"]));
    feed.enclave.gates.lock().unwrap().not_yet = 3;
    let begun = tokio::time::Instant::now();
    let outcome = feed.sync().await;
    assert_eq!(begun.elapsed(), Duration::from_secs(4));
    assert!(matches!(outcome.conclusion, Conclusion::WritesPending(_)));
    assert_eq!(outcome.continue_in, Some(Duration::from_secs(30)));
    let counts = outcome.counts.unwrap();
    assert_eq!((counts.pending, counts.matched, counts.created), (1, 1, 0));
    tokio::time::advance(Duration::from_secs(30)).await;
    let outcome = feed.go_on().await;
    let counts = outcome.counts.unwrap();
    assert_eq!((counts.pending, counts.matched, counts.created), (0, 1, 1));
    assert_eq!(counts.indicators[&IndicatorType::Cve], 1);
    assert_eq!(feed.writes().len(), 1);
    assert!(
        feed.enclave.gates.lock().unwrap().stored["r0"]
            .tags
            .contains("a")
    );
}

#[tokio::test(start_paused = true)]
async fn tags_that_went_while_it_was_not_known_whether_they_were_set_are_removed() {
    let time = Time::new();
    let mut feed = one(&time, |item| item.tags = tags(&["a", "b"]));
    // Tags are set, and the answer says otherwise.
    feed.enclave.gates.lock().unwrap().lies_every = 2;
    feed.sync().await;
    feed.enclave.gates.lock().unwrap().lies_every = 0;
    feed.edit("r0", |item| item.tags = tags(&["b"]));
    tokio::time::advance(HOUR).await;
    feed.sync().await;
    assert_eq!(
        feed.enclave.gates.lock().unwrap().stored["r0"]
            .tags
            .iter()
            .collect::<Vec<_>>(),
        ["b"]
    );
}

#[tokio::test(start_paused = true)]
async fn a_tag_service_that_is_down_is_no_report_s_own_failure() {
    let time = Time::new();
    let mut feed = Feed::with_reports(&time, 30);
    for index in 0..30 {
        feed.edit(&format!("r{index}"), |item| item.tags = tags(&["a"]));
    }
    feed.enclave.gates.lock().unwrap().tags_down = true;
    let outcome = feed.sync().await;
    assert!(matches!(outcome.conclusion, Conclusion::Fault(_)));
    let counts = outcome.counts.unwrap();
    assert_eq!((counts.failed, counts.pending), (0, 30));
}

#[tokio::test(start_paused = true)]
async fn the_ledger_is_stored_every_hundred_writes() {
    let time = Time::new();
    let mut feed = Feed::with_reports(&time, 250);
    feed.sync().await;
    // Before the first write, at 100 and 200, and at the end.
    assert_eq!(*feed.store.saves.lock().unwrap(), 4);

    // What a killed process had stored is not sent again.
    let time = Time::new();
    let mut feed = Feed::with_reports(&time, 250);
    feed.enclave.gates.lock().unwrap().killed_at = Some(220);
    assert!(
        tokio::time::timeout(HOUR, feed.run(Mode::Full { forced: false }))
            .await
            .is_err()
    );
    let written = feed.writes().len();
    feed.enclave.gates.lock().unwrap().killed_at = None;
    feed.sync().await;
    assert!(written + feed.writes().len() <= 250 + 123);
    assert_eq!(feed.stored().len(), 250);
}

#[tokio::test(start_paused = true)]
async fn a_sync_takes_at_most_two_minutes_and_is_continued() {
    let time = Time::new();
    let mut feed = Feed::with_reports(&time, 60);
    feed.enclave.gates.lock().unwrap().takes = Duration::from_secs(20);
    let begun = tokio::time::Instant::now();
    let outcome = feed.sync().await;
    assert!(begun.elapsed() <= Duration::from_mins(2));
    assert_eq!(outcome.continue_in, Some(Duration::ZERO));
    let Conclusion::WritesPending(why) = &outcome.conclusion else {
        panic!("{outcome:?}")
    };
    assert_eq!(why, "the sync took as long as one may");
    assert_eq!(outcome.counts.unwrap().created, 20);
    assert_eq!(feed.go_on().await.counts.unwrap().created, 40);
    assert_eq!(feed.go_on().await.conclusion, Conclusion::Synced);
    assert_eq!((feed.writes().len(), feed.totals.syncs), (60, 1));
}

#[tokio::test(start_paused = true)]
async fn a_cancelled_sync_keeps_what_it_did_and_the_next_is_a_full_one() {
    let time = Time::new();
    let mut feed = Feed::with_reports(&time, 20);
    feed.enclave.gates.lock().unwrap().takes = Duration::from_secs(1);
    let cancelled = CancellationToken::new();
    feed.cancelled = cancelled.clone();
    let stop = async {
        tokio::time::sleep(Duration::from_millis(1_500)).await;
        cancelled.cancel();
    };
    let (outcome, ()) = tokio::join!(feed.sync_in(Mode::Full { forced: false }), stop);
    let outcome = outcome.unwrap();
    let counts = outcome.counts.unwrap();
    assert_adds_up(&counts);
    assert_eq!((counts.created, counts.pending), (4, 16));
    assert_eq!(outcome.handled, None);
    feed.cancelled = CancellationToken::new();
    // Even one that is called a continuation.
    let outcome = feed.go_on().await;
    assert_eq!(outcome.conclusion, Conclusion::Synced);
    assert_eq!(feed.stored().len(), 20);
    assert_eq!(outcome.counts.unwrap().considered, 20);
}

#[tokio::test(start_paused = true)]
async fn what_may_no_longer_be_written_is_not() {
    for (why, told, saved) in [
        (Fenced::Superseded, false, 2),
        (Fenced::Deposed, false, 1),
        (Fenced::Stopping, true, 2),
    ] {
        let time = Time::new();
        let mut feed = Feed::with_reports(&time, 20);
        *feed.door.shuts.lock().unwrap() = Some((7, why));
        let outcome = feed.sync_in(Mode::Full { forced: false }).await;
        assert_eq!(outcome.is_ok(), told, "{why:?}");
        assert_eq!(feed.writes().len(), 7, "{why:?}");
        assert_eq!(*feed.store.saves.lock().unwrap(), saved, "{why:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn another_writer_of_the_ledger_ends_the_sync() {
    let time = Time::new();
    let mut feed = Feed::with_reports(&time, 250);
    *feed.store.fails.lock().unwrap() = Some(JournalError::Conflict);
    assert_eq!(
        feed.sync_in(Mode::Full { forced: false })
            .await
            .unwrap_err(),
        Abandoned
    );
    assert!(feed.writes().len() < 110);
}

#[tokio::test(start_paused = true)]
async fn a_ledger_that_cannot_be_stored_says_so_and_counts_nothing_twice() {
    let time = Time::new();
    let mut feed = Feed::with_reports(&time, 20);
    for (error, conclusion) in [
        (
            JournalError::unavailable("down"),
            Conclusion::Journal(JournalError::unavailable("down")),
        ),
        (JournalError::full("full"), Conclusion::LedgerFull),
    ] {
        *feed.store.fails.lock().unwrap() = Some(error);
        let outcome = feed.next_sync().await;
        assert_eq!(outcome.conclusion, conclusion);
        assert_eq!((outcome.handled, outcome.window.covered_to), (None, None));
        assert_eq!(feed.totals.submitted, 0);
    }
    *feed.store.fails.lock().unwrap() = None;
    assert_eq!(feed.next_sync().await.conclusion, Conclusion::Synced);
    assert_eq!((feed.totals.submitted, feed.totals.syncs), (20, 1));
}

#[tokio::test(start_paused = true)]
async fn the_newest_report_in_the_enclave_is_told() {
    let time = Time::new();
    let mut feed = Feed::with_reports(&time, 3);
    feed.edit("r0", |item| item.counts = false);
    feed.sync().await;
    let ledger = feed.store.ledger();
    assert_eq!(
        ledger.last_posted,
        Some(feed.now() - SignedDuration::from_mins(1))
    );
    assert_eq!(ledger.last_submitted, Some(feed.now()));
}
