//! Continuations, counts and checkpoints.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use sha2::{Digest as _, Sha256};

use super::feed::{Feed, HOUR, MINUTE, assert_adds_up, is_quiet};
use super::services::{Item, Time, Total, owner};
use crate::http::fault::FaultKind;
use crate::sync::Conclusion;
use crate::sync::ledger::{Entry, Ledger, MAX_REPORTS, State};
use crate::sync::ports::Journal as _;
use crate::sync::report::{Digest, ReportId};
use indicators::IndicatorType;

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
    // A retry reads no listing whole, and proves nothing.
    let outcome = feed.go_on().await;
    let Conclusion::WritesPending(why) = &outcome.conclusion else {
        panic!("{outcome:?}");
    };
    assert!(why.contains("does not list 18"), "{why}");
    let counts = outcome.counts.unwrap();
    assert_adds_up(&counts);
    assert_eq!((counts.created, counts.pending), (12, 18));
    // Fewer than half of what is known: that must show for an hour.
    for _ in 0..3 {
        feed.next_sync().await;
        assert_eq!(feed.counts().await.pending, 18);
    }
    for _ in 0..3 {
        feed.next_sync().await;
    }
    let outcome = feed.next_sync().await;
    assert_eq!(outcome.conclusion, Conclusion::Synced);
    assert_eq!(feed.store.ledger().course().open, None);
    assert_eq!(feed.store.ledger().unfinished().count(), 0);
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

/// A ledger that holds so many reports sent, filed at `filed_at`.
fn ledger_of(count: usize, filed_at: Timestamp) -> Ledger {
    let mut ledger = Ledger::new(owner());
    for index in 0..count {
        let entry = Entry {
            digest: Digest(0),
            filed_at,
            state: State::Sent,
            delivered: true,
            labels: Vec::new(),
            csv: None,
            tries: None,
            handle: None,
        };
        ledger.set(ReportId::new(&format!("x{index}")).unwrap(), entry);
    }
    ledger
}

/// Finding 12.
#[tokio::test(start_paused = true)]
async fn a_full_ledger_sends_what_is_newest_and_a_shorter_lookback_ends_it() {
    let time = Time::new();
    let mut feed = Feed::with_reports(&time, 30);
    // Beyond the ledger's room, and older than all that it knows.
    for index in 0..5 {
        feed.list(Item::new(&format!("old{index}"), feed.now() - 20 * HOUR));
    }
    let ledger = ledger_of(MAX_REPORTS - 20, feed.now() - HOUR);
    feed.store.save(&ledger).await.unwrap();
    let outcome = feed.sync().await;
    assert_eq!(outcome.conclusion, Conclusion::LedgerFull);
    assert_eq!(feed.stored().len(), 30);
    assert!(feed.store.ledger().len() <= MAX_REPORTS);
    assert_eq!(outcome.window.covered_to, None);
    // What comes goes on to be sent, and nothing twice.
    tokio::time::advance(72 * HOUR).await;
    feed.list(Item::new("new", feed.now()));
    let outcome = feed.sync().await;
    assert_eq!(outcome.conclusion, Conclusion::LedgerFull);
    assert!(feed.stored().contains(&"new".to_owned()));
    assert_eq!(feed.writes().len(), 31);

    feed.lookback = 12 * HOUR;
    let outcome = feed.next_sync().await;
    assert_eq!(outcome.conclusion, Conclusion::Synced);
    assert_eq!(
        outcome.given_up,
        Some(feed.now() - SignedDuration::from_hours(12))
    );
    let outcome = feed.next_sync().await;
    assert_eq!((outcome.given_up, outcome.window.since), (None, None));
    assert!(feed.store.ledger().len() < 100);
    assert_eq!(feed.writes().len(), 0);
}

/// Finding 13: however much there is to remember of some reports, the newest are sent, and remembered.
#[tokio::test(start_paused = true)]
async fn a_ledger_that_does_not_fit_forgets_what_is_oldest() {
    let time = Time::new();
    let mut feed = Feed::with_reports(&time, 20);
    let mut ledger = ledger_of(0, feed.now());
    for index in 0..2_000_u32 {
        // Ids as long as any may be, which do not deflate.
        let parts = (0..8).map(|part| Sha256::digest((index * 8 + part).to_be_bytes()));
        let bytes: Vec<u8> = parts.flatten().collect();
        let hash: String = bytes
            .iter()
            .map(|byte| char::from(b'!' + byte % 90))
            .collect::<String>()
            .repeat(2);
        let one = ledger_of(1, feed.now() - (index % 100) * MINUTE - HOUR);
        let (_, entry) = one.entries().next().unwrap();
        ledger.set(ReportId::new(&hash[..500]).unwrap(), entry.clone());
    }
    let text = ledger.encode().unwrap();
    *feed.store.text.lock().unwrap() = Some(text);
    feed.store.room.lock().unwrap().replace(500_000);
    feed.limit = 10;
    let outcome = feed.sync().await;
    assert_eq!(feed.stored().len(), 10);
    assert_eq!(outcome.conclusion, Conclusion::Draining);
    let kept = feed.store.ledger();
    assert!((1_000..2_000).contains(&kept.len()), "{}", kept.len());
    feed.next_sync().await;
    assert_eq!(feed.writes().len(), 20, "what was sent is remembered");
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
