//! Continuations, counts and checkpoints.

use std::time::Duration;

use super::feed::{Feed, HOUR, assert_adds_up, is_quiet};
use super::services::{Item, Time, Total, owner};
use crate::fault::FaultKind;
use crate::indicators::IndicatorType;
use crate::ledger::{Entry, Ledger, MAX_REPORTS, State};
use crate::report::{Digest, ReportId};
use crate::sync::Conclusion;
use crate::sync::ports::Journal as _;

#[tokio::test(start_paused = true)]
async fn a_continuation_handles_only_what_is_pending_and_its_counts_go_on() {
    let time = Time::new();
    let mut feed = Feed::with_reports(&time, 30);
    feed.edit("r7", |item| item.counts = false);
    feed.edit("r8", |item| item.csv = true);
    feed.list(Item::new("anonymous", feed.now()));
    feed.reports.script.lock().unwrap().csv_down = true;
    feed.enclave.gates.lock().unwrap().budget = Some(12);
    let outcome = feed.sync().await;
    assert_eq!(outcome.continue_in, Some(Duration::from_mins(1)));
    assert!(matches!(outcome.conclusion, Conclusion::WritesPending(_)));
    assert_eq!(outcome.handled, None);
    let counts = outcome.counts.unwrap();
    assert_adds_up(&counts);
    assert_eq!(
        (counts.considered, counts.created, counts.pending),
        (31, 12, 17)
    );
    assert_eq!(
        (counts.matched, counts.indicators[&IndicatorType::Cve]),
        (29, 29)
    );
    let began = feed.now();

    // What is new waits for the next full sync.
    feed.list(Item::new("new", feed.now()));
    tokio::time::advance(Duration::from_mins(1)).await;
    feed.enclave.gates.lock().unwrap().budget = Some(10);
    let counts = feed.go_on().await.counts.unwrap();
    assert_eq!(
        (counts.considered, counts.created, counts.pending),
        (31, 22, 7)
    );
    assert_eq!(
        (counts.matched, counts.indicators[&IndicatorType::Cve]),
        (29, 29)
    );
    feed.enclave.gates.lock().unwrap().budget = None;
    let outcome = feed.go_on().await;
    assert_eq!(outcome.conclusion, Conclusion::SyncedWithFailures);
    assert_eq!(
        (outcome.handled, outcome.window.covered_to),
        (Some(began), Some(began))
    );
    let counts = outcome.counts.unwrap();
    assert_adds_up(&counts);
    assert_eq!(
        (
            counts.considered,
            counts.created,
            counts.failed,
            counts.without_csv
        ),
        (31, 29, 1, 1)
    );
    assert_eq!(
        (counts.matched, counts.indicators[&IndicatorType::Cve]),
        (29, 29)
    );
    assert_eq!(feed.totals.syncs, 1);
    assert_eq!(feed.counts().await.created, 1);
}

#[tokio::test(start_paused = true)]
async fn what_is_pending_and_no_longer_listed_is_dropped() {
    let time = Time::new();
    let mut feed = Feed::with_reports(&time, 30);
    feed.enclave.gates.lock().unwrap().budget = Some(12);
    feed.sync().await;
    feed.reports.script.lock().unwrap().items.clear();
    feed.enclave.gates.lock().unwrap().budget = None;
    let outcome = feed.go_on().await;
    assert_eq!(outcome.conclusion, Conclusion::Synced);
    let counts = outcome.counts.unwrap();
    assert_adds_up(&counts);
    assert_eq!(
        (
            counts.considered,
            counts.created,
            counts.pending,
            counts.matched
        ),
        (12, 12, 0, 12)
    );
    assert_eq!(feed.store.ledger().open, None);
}

#[tokio::test(start_paused = true)]
async fn a_continuation_that_does_not_see_everything_leaves_it_pending() {
    let time = Time::new();
    let mut feed = Feed::with_reports(&time, 30);
    feed.reports.script.lock().unwrap().cap = Some((10, true));
    feed.enclave.gates.lock().unwrap().budget = Some(5);
    feed.sync().await;
    let next = {
        let mut script = feed.reports.script.lock().unwrap();
        let next = script.requests.len() + 1;
        script.fails_at.insert(next);
        next
    };
    feed.enclave.gates.lock().unwrap().budget = None;
    let outcome = feed.go_on().await;
    assert_eq!(feed.reports.requests().len(), next + 1);
    assert!(
        matches!(outcome.conclusion, Conclusion::Fault(fault) if fault.kind == FaultKind::Unavailable)
    );
    let counts = outcome.counts.unwrap();
    assert_adds_up(&counts);
    assert_eq!(
        (counts.created, counts.pending, outcome.handled),
        (10, 20, None)
    );
    feed.reports.script.lock().unwrap().fails_at.clear();
    assert_eq!(feed.go_on().await.counts.unwrap().created, 30);
}

#[tokio::test(start_paused = true)]
async fn a_continuation_of_nothing_is_a_full_sync() {
    for total in [Total::Honest, Total::Is(0)] {
        let time = Time::new();
        let mut feed = Feed::with_reports(&time, 30);
        feed.reports.script.lock().unwrap().total = total;
        assert_eq!(feed.go_on().await.counts.unwrap().created, 30);
    }
}

#[tokio::test(start_paused = true)]
async fn a_checkpoint_is_not_moved_while_anything_is_pending() {
    let time = Time::new();
    let mut feed = Feed::with_reports(&time, 10);
    feed.sync().await;
    let covered_to = feed.window.covered_to;
    tokio::time::advance(HOUR).await;
    feed.list(Item::new("new", feed.now()));
    feed.enclave.gates.lock().unwrap().budget = Some(0);
    feed.sync().await;
    assert_eq!(feed.window.covered_to, covered_to);
    assert!(feed.window.since.is_some());
    // A long outage, and the report is still pending.
    tokio::time::advance(72 * HOUR).await;
    feed.enclave.gates.lock().unwrap().budget = None;
    assert!(is_quiet(&feed.sync().await));
    assert!(feed.stored().contains(&"new".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn a_lost_ledger_is_learnt_again_without_loss() {
    let time = Time::new();
    let mut feed = Feed::with_reports(&time, 30);
    feed.sync().await;
    *feed.store.text.lock().unwrap() = Some("garbage".to_owned());
    assert_eq!(feed.next_sync().await.counts.unwrap().created, 30);
    assert_eq!(feed.stored().len(), 30);
}

#[tokio::test(start_paused = true)]
async fn a_ledger_without_room_takes_nothing_on_and_passes_nothing_over() {
    let time = Time::new();
    let mut feed = Feed::with_reports(&time, 30);
    let mut ledger = Ledger::new(owner());
    for index in 0..MAX_REPORTS - 20 {
        let entry = Entry {
            digest: Digest(0),
            filed_at: feed.now() - HOUR,
            state: State::Sent,
            in_enclave: true,
            csv_attempts: 0,
            tags: Vec::new(),
        };
        ledger.set(ReportId::new(&format!("x{index}")).unwrap(), entry);
    }
    feed.store.save(&ledger).await.unwrap();
    let outcome = feed.sync().await;
    assert_eq!(outcome.conclusion, Conclusion::LedgerFull);
    assert_eq!(feed.stored().len(), 20);
    assert_eq!(outcome.window.covered_to, None);
}

#[tokio::test(start_paused = true)]
async fn what_left_the_window_is_forgotten() {
    let time = Time::new();
    let mut feed = Feed::with_reports(&time, 30);
    feed.sync().await;
    tokio::time::advance(48 * HOUR).await;
    feed.list(Item::new("new", feed.now()));
    feed.sync().await;
    feed.list(Item::new("newer", feed.now()));
    feed.sync().await;
    assert_eq!(feed.store.ledger().len(), 2);
}
