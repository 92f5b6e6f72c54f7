//! Reports of a backlog that one reading hides while as many others arrive: a count can't tell them apart, the times can.

use std::time::Duration;

use jiff::SignedDuration;

use super::feed::{Feed, HOUR, MINUTE};
use super::services::{Item, Time, owner};
use crate::sync::ledger::{Known, Ledger};

/// How many of the backlog there are; half of them fit a sync.
const OLD: u32 = 20;

/// Lists the backlog, about to leave the lookback.
fn list_old(feed: &mut Feed<'_>) {
    let first = feed.now() - 23 * HOUR - 50 * MINUTE;
    for at in 0..OLD {
        let posted = first - at * Duration::from_secs(1);
        feed.list(Item::new(&format!("old{at}"), posted));
    }
}

/// Ten new ones are listed `soon`, and the old ones that were not sent are listed no more. Gives these.
async fn swap(feed: &mut Feed<'_>, soon: Duration) -> Vec<Item> {
    tokio::time::advance(soon).await;
    for at in 0..OLD / 2 {
        feed.list(Item::new(&format!("new{at}"), feed.now()));
    }
    let stored = feed.stored();
    let mut script = feed.reports.script.lock().unwrap();
    let is_open = |item: &Item| item.id.starts_with("old") && !stored.contains(&item.id);
    let (hidden, there): (Vec<_>, _) = script.items.drain(..).partition(is_open);
    script.items = there;
    assert_eq!(hidden.len(), OLD as usize / 2);
    hidden
}

/// Those of the backlog that never arrive once all are listed again.
async fn lost(feed: &mut Feed<'_>, hidden: Vec<Item>) -> Vec<String> {
    for item in hidden {
        feed.list(item);
    }
    for _ in 0..40 {
        feed.next_sync().await;
    }
    let stored = feed.stored();
    let old = (0..OLD).map(|at| format!("old{at}"));
    old.filter(|id| !stored.contains(id)).collect()
}

#[tokio::test(start_paused = true)]
async fn as_many_that_arrive_hide_no_backlog() {
    for soon in [30, 120] {
        let time = Time::new();
        let mut feed = Feed::new(&time);
        feed.limit = 10;
        // Something that is not covered pins the window.
        feed.list(Item::new("pinned", feed.now() - 23 * HOUR - 58 * MINUTE));
        feed.enclave.gates.lock().unwrap().budget = Some(0);
        feed.sync().await;
        feed.enclave.gates.lock().unwrap().budget = None;
        list_old(&mut feed);
        feed.sync().await;
        let hidden = swap(&mut feed, Duration::from_secs(soon)).await;
        tokio::time::advance(feed.interval).await;
        feed.sync().await;
        assert_eq!(lost(&mut feed, hidden).await, [""; 0], "after {soon} s");
    }
}

#[tokio::test(start_paused = true)]
async fn nor_where_the_status_alone_says_how_many_there_were() {
    let time = Time::new();
    let mut feed = Feed::new(&time);
    feed.limit = 10;
    list_old(&mut feed);
    let at = feed.now();
    let outcome = feed.sync().await;
    let count = outcome.counts.unwrap().total;
    let mut ledger = Ledger::new(owner());
    ledger.change(|course| course.known = Some(Known { count, at }));
    *feed.store.text.lock().unwrap() = Some(ledger.encode().unwrap());
    let hidden = swap(&mut feed, Duration::from_secs(30)).await;
    for _ in 0..3 {
        feed.next_sync().await;
    }
    assert_eq!(lost(&mut feed, hidden).await, [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn a_clock_that_is_behind_itself_for_a_moment_leaves_nothing_in_doubt() {
    let time = Time::new();
    let mut feed = Feed::new(&time);
    feed.limit = 5;
    for at in 0..12_u32 {
        let posted = feed.now() - at * Duration::from_millis(10);
        feed.list(Item::new(&format!("r{at}"), posted));
    }
    feed.sync().await;
    // A `Date` is cut to whole seconds, and local clocks are set.
    for behind in [1, 0] {
        let ahead = -SignedDuration::from_secs(behind);
        feed.reports.script.lock().unwrap().date_ahead = ahead;
        feed.limit = if behind == 0 { 500 } else { 5 };
        feed.sync().await;
    }
    assert_eq!(feed.stored().len(), 12);
    assert_eq!(feed.window.since, None);
}

#[tokio::test(start_paused = true)]
async fn a_date_that_is_cut_to_the_second_leaves_nothing_in_doubt() {
    let time = Time::new();
    let mut feed = Feed::new(&time);
    feed.limit = 5;
    for at in 0..12_u32 {
        let mut item = Item::new(&format!("r{at}"), feed.now() - at * MINUTE);
        // Edited in this very second, one of them beyond the first page.
        if [0, 3, 7].contains(&at) {
            item.updated_at = feed.now();
        }
        feed.list(item);
    }
    feed.reports.script.lock().unwrap().date_ahead = -SignedDuration::from_millis(900);
    for limit in [5, 5, 400] {
        feed.limit = limit;
        feed.sync().await;
    }
    assert_eq!(feed.stored().len(), 12);
    assert_eq!(feed.window.since, None);
}
