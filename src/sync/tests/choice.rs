//! Reports that people name: left alone, or sent once more.

use super::feed::{Feed, MINUTE, assert_adds_up, is_quiet};
use super::services::{Item, Time, fault};
use crate::destinations::trustar::TRUSTAR;
use crate::http::fault::FaultKind;
use crate::sync::choice::is_left_alone;
use crate::sync::{Conclusion, Mode, Note, Outcome};

/// Has the enclave refuse a report.
fn refuse(feed: &Feed<'_>, id: &str) {
    feed.enclave
        .gates
        .lock()
        .unwrap()
        .refuses
        .insert(id.to_owned());
}

fn skip(feed: &mut Feed<'_>, ids: &[&str]) {
    feed.choice.skip = ids.iter().map(|id| (*id).to_owned()).collect();
}

async fn resend(feed: &mut Feed<'_>, id: &str) -> Outcome {
    feed.choice.resend = [id.to_owned()].into();
    let outcome = feed.sync_in(Mode::Full { forced: true }).await.unwrap();
    feed.choice.resend.clear();
    outcome
}

#[tokio::test(start_paused = true)]
async fn a_skipped_report_is_not_sent_and_is_examined_once_it_is_skipped_no_more() {
    let time = Time::new();
    let mut feed = Feed::with_reports(&time, 3);
    skip(&mut feed, &["r1", "never listed"]);
    for _ in 0..2 {
        let outcome = feed.next_sync().await;
        assert!(is_quiet(&outcome));
        assert_eq!(outcome.notes, [Note::Skipped(1)]);
        let counts = outcome.counts.unwrap();
        assert_adds_up(&counts);
        assert_eq!((counts.considered, counts.without_indicators), (3, 1));
    }
    let mut written = feed.writes();
    written.sort_unstable();
    assert_eq!(written, ["r0", "r2"]);
    feed.reports.requests();
    feed.next_sync().await;
    assert_eq!(feed.reports.requests().len(), 1);
    skip(&mut feed, &[]);
    assert_eq!(feed.next_sync().await.counts.unwrap().updated, 1);
    assert_eq!(feed.writes(), ["r1"]);
}

#[tokio::test(start_paused = true)]
async fn a_failure_that_is_skipped_is_none_any_more() {
    let time = Time::new();
    let mut feed = Feed::with_reports(&time, 2);
    refuse(&feed, "r1");
    let outcome = feed.sync().await;
    assert_eq!(outcome.conclusion, Conclusion::SyncedWithFailures);
    skip(&mut feed, &["r1"]);
    let outcome = feed.next_sync().await;
    assert_eq!(outcome.conclusion, Conclusion::Synced);
    assert_adds_up(outcome.counts.as_ref().unwrap());
    assert_eq!(feed.store.ledger().failures().count(), 0);
    skip(&mut feed, &[]);
    let outcome = feed.next_sync().await;
    assert_eq!(outcome.conclusion, Conclusion::SyncedWithFailures);
    assert_eq!(feed.store.ledger().failures().count(), 1);
}

/// A continuation lists what is pending alone, and an edit of the feed may be followed by one.
#[tokio::test(start_paused = true)]
async fn a_failure_is_skipped_by_a_continuation_too() {
    let time = Time::new();
    let mut feed = Feed::with_reports(&time, 4);
    refuse(&feed, "r1");
    feed.enclave.gates.lock().unwrap().budget = Some(3);
    feed.sync().await;
    feed.enclave.gates.lock().unwrap().budget = None;
    let ids = ["r0", "r1", "r2", "r3"];
    skip(&mut feed, &ids);
    let outcome = feed.go_on().await;
    assert!(is_quiet(&outcome), "{outcome:?}");
    assert_adds_up(outcome.counts.as_ref().unwrap());
    assert_eq!(feed.store.ledger().failures().count(), 0);
    assert_eq!(feed.store.ledger().unfinished().count(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_report_that_was_sent_and_is_skipped_stays_where_it_is_and_its_edits_wait() {
    let time = Time::new();
    let mut feed = Feed::with_reports(&time, 2);
    feed.sync().await;
    feed.writes();
    skip(&mut feed, &["r1"]);
    feed.edit("r1", |_| {});
    let counts = feed.next_sync().await.counts.unwrap();
    assert_adds_up(&counts);
    assert_eq!((counts.unchanged, counts.matched), (2, 2));
    assert!(feed.writes().is_empty());
    skip(&mut feed, &[]);
    assert_eq!(feed.next_sync().await.counts.unwrap().updated, 1);
    assert_eq!(feed.writes(), ["r1"]);
}

#[tokio::test(start_paused = true)]
async fn a_report_is_sent_once_more_and_no_other() {
    let time = Time::new();
    let mut feed = Feed::with_reports(&time, 5);
    feed.limit = 2;
    for _ in 0..4 {
        feed.next_sync().await;
    }
    assert_eq!(feed.writes().len(), 5);
    // Not among the latest two.
    let outcome = resend(&mut feed, "r4").await;
    assert!(is_quiet(&outcome));
    assert!(outcome.notes.is_empty(), "{:?}", outcome.notes);
    assert_eq!(feed.writes(), ["r4"]);
    assert_eq!(feed.stored().len(), 5);
    feed.next_sync().await;
    assert!(feed.writes().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_report_that_is_not_listed_is_told_and_a_skipped_one_is_not_sent() {
    let time = Time::new();
    let mut feed = Feed::with_reports(&time, 1);
    feed.list(Item::new("old", time.truth() - 30 * 60 * MINUTE));
    feed.sync().await;
    feed.writes();
    let outcome = resend(&mut feed, "old").await;
    assert_eq!(outcome.notes, [Note::NotListed(1)]);
    skip(&mut feed, &["r0"]);
    resend(&mut feed, "r0").await;
    assert!(feed.writes().is_empty());
}

/// Nobody skips it, and what failed is no success because a person wants it tried.
#[tokio::test(start_paused = true)]
async fn what_is_to_be_sent_once_more_and_is_not_listed_stays_what_it_is() {
    let time = Time::new();
    let mut feed = Feed::with_reports(&time, 3);
    {
        let mut gates = feed.enclave.gates.lock().unwrap();
        gates.refuses.insert("r2".to_owned());
    }
    feed.sync().await;
    {
        let mut script = feed.reports.script.lock().unwrap();
        script.items.retain(|item| item.id == "r0");
    }
    let outcome = resend(&mut feed, "r1").await;
    assert!(outcome.notes.contains(&Note::NotListed(1)));
    resend(&mut feed, "r2").await;
    let ledger = feed.store.ledger();
    assert_eq!(ledger.failures().count(), 1);
    let mut entries = ledger.entries();
    assert!(!entries.any(|(_, entry)| is_left_alone(&entry.state)));
}

/// A report whose tags follow is left alone, or sent once more, while Flashpoint is down, or the ledger can't be stored.
#[tokio::test(start_paused = true)]
async fn totals_never_exceed_what_was_sent() {
    let time = Time::new();
    for (is_skipped, journal_breaks) in [(true, false), (false, false), (true, true), (false, true)]
    {
        let mut feed = Feed::with_reports(&time, 1);
        feed.edit("r0", |item| item.tags = vec!["tag".to_owned()]);
        feed.enclave.gates.lock().unwrap().tags_down = true;
        feed.sync().await;
        assert_eq!(feed.store.ledger().unfinished().count(), 1);
        assert_eq!(feed.writes().len(), 1);
        let named = if is_skipped {
            &mut feed.choice.skip
        } else {
            &mut feed.choice.resend
        };
        named.insert("r0".to_owned());
        if journal_breaks {
            feed.store.room.lock().unwrap().replace(0);
        } else {
            feed.reports.script.lock().unwrap().down = Some(FaultKind::Unavailable);
        }
        for _ in 0..10 {
            let outcome = feed.next_sync().await;
            assert!(!is_quiet(&outcome));
        }
        let written = 1 + feed.writes().len() as u64;
        assert!(feed.totals.submitted <= written, "{:?}", feed.totals);
        feed.store.room.lock().unwrap().take();
        feed.reports.script.lock().unwrap().down = None;
        feed.enclave.gates.lock().unwrap().tags_down = false;
        feed.next_sync().await;
        let written = written + feed.writes().len() as u64;
        assert!((1..=written).contains(&feed.totals.submitted));
        feed.choice.resend.clear();
        let totals = feed.totals;
        feed.next_sync().await;
        assert_eq!(feed.totals.submitted, totals.submitted);
    }
}

/// It has no readable date.
#[tokio::test(start_paused = true)]
async fn a_skipped_report_is_no_reason_to_store_the_ledger_again() {
    let time = Time::new();
    let mut feed = Feed::with_reports(&time, 2);
    feed.list(Item::new("undated", feed.now()));
    skip(&mut feed, &["undated"]);
    feed.next_sync().await;
    feed.next_sync().await;
    let saves = *feed.store.saves.lock().unwrap();
    for _ in 0..5 {
        let outcome = feed.next_sync().await;
        assert!(is_quiet(&outcome));
        assert_eq!(outcome.counts.unwrap().without_indicators, 1);
    }
    assert_eq!(*feed.store.saves.lock().unwrap(), saves);
}

#[tokio::test(start_paused = true)]
async fn what_was_never_sent_is_created_however_it_is_asked_for() {
    let time = Time::new();
    let mut feed = Feed::with_reports(&time, 1);
    feed.enclave.gates.lock().unwrap().down = Some(fault(&TRUSTAR, FaultKind::Unavailable));
    feed.sync().await;
    feed.enclave.gates.lock().unwrap().down = None;
    let counts = resend(&mut feed, "r0").await.counts.unwrap();
    assert_eq!((counts.created, counts.updated), (1, 0));
}

/// It has left the window since, so that nothing comes of it.
#[tokio::test(start_paused = true)]
async fn what_was_sent_is_not_remembered_as_left_alone() {
    let time = Time::new();
    let mut feed = Feed::with_reports(&time, 1);
    feed.list(Item::new(
        "old",
        feed.now() - 23 * 60 * MINUTE - 55 * MINUTE,
    ));
    feed.sync().await;
    assert_eq!(feed.stored().len(), 2);
    tokio::time::advance(feed.interval).await;
    resend(&mut feed, "old").await;
    let ledger = feed.store.ledger();
    let mut entries = ledger.entries();
    assert!(!entries.any(|(_, entry)| is_left_alone(&entry.state)));
}
