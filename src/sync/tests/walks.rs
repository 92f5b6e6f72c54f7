//! Listings that no sync reads to the end: a later one goes on where the time of an earlier one was up.

use std::time::Duration;

use super::feed::{Feed, HOUR, MINUTE, is_quiet};
use super::services::{Item, Time, fault};
use crate::destinations::trustar::TRUSTAR;
use crate::http::fault::FaultKind;

/// A feed after an outage of three days, whose pages take 25 s.
async fn catching_up(time: &Time, limit: u32, count: u32) -> Feed<'_> {
    let mut feed = Feed::new(time);
    (feed.lookback, feed.limit) = (HOUR, limit);
    feed.sync().await;
    assert!(feed.window.covered_to.is_some());
    tokio::time::advance(72 * HOUR).await;
    for index in 0..count {
        feed.list(Item::new(&format!("r{index}"), feed.now() - index * MINUTE));
    }
    feed.reports.script.lock().unwrap().takes = Duration::from_secs(25);
    feed
}

/// Syncs until the window is covered, with `news` told of each sync's number once a walk was cut short; says what never arrived.
async fn lost(feed: &mut Feed<'_>, mut news: impl FnMut(&Feed<'_>, u32)) -> Vec<String> {
    let mut was_cut_short = false;
    for sync in 1..=200 {
        let outcome = feed.next_sync().await;
        if is_quiet(&outcome) && feed.window.since.is_none() {
            break;
        }
        was_cut_short |= feed.store.ledger().course().walked.is_some();
        if was_cut_short {
            news(feed, sync);
        }
    }
    assert!(was_cut_short, "every walk came to its end");
    assert_eq!(feed.window.since, None, "never covered");
    for _ in 0..10 {
        feed.next_sync().await;
    }
    let stored = feed.stored();
    let script = feed.reports.script.lock().unwrap();
    let ids = script.items.iter().map(|item| item.id.clone());
    ids.filter(|id| !stored.contains(id)).collect()
}

fn withdraw(feed: &Feed<'_>, from: u32, count: u32) {
    let gone: Vec<_> = (from..from + count)
        .map(|index| format!("r{index}"))
        .collect();
    let mut script = feed.reports.script.lock().unwrap();
    script.items.retain(|item| !gone.contains(&item.id));
}

#[tokio::test(start_paused = true)]
async fn what_a_walk_left_because_of_the_limit_is_not_passed_over_by_the_next() {
    for limit in [470, 485] {
        let time = Time::new();
        let mut feed = catching_up(&time, limit, 2_600).await;
        let lost = lost(&mut feed, |feed, sync| withdraw(feed, 500 + 10 * sync, 10)).await;
        assert!(lost.is_empty(), "{limit}: {} {lost:?}", lost.len());
    }
}

#[tokio::test(start_paused = true)]
async fn what_moved_up_between_two_walks_is_not_passed_over() {
    let time = Time::new();
    let mut feed = catching_up(&time, 500, 2_300).await;
    let mut is_first = true;
    let lost = lost(&mut feed, |feed, _| {
        if std::mem::take(&mut is_first) {
            withdraw(feed, 1_000, 100);
        }
    })
    .await;
    assert!(lost.is_empty(), "{} {lost:?}", lost.len());
}

/// The same, and the enclave is down while it is noticed: what is pending keeps the place, and the next walk knows the edge.
#[tokio::test(start_paused = true)]
async fn what_moved_up_is_not_passed_over_where_something_is_pending() {
    let time = Time::new();
    let mut feed = catching_up(&time, 500, 2_300).await;
    let mut calls = 0;
    let lost = lost(&mut feed, |feed, _| {
        calls += 1;
        let mut down = None;
        if calls == 1 {
            withdraw(feed, 1_000, 100);
            down = Some(fault(&TRUSTAR, FaultKind::Unavailable));
        }
        feed.enclave.gates.lock().unwrap().down = down;
    })
    .await;
    assert!(lost.is_empty(), "{} {lost:?}", lost.len());
}

/// An element without an id stands where each walk goes on.
#[tokio::test(start_paused = true)]
async fn an_unreadable_element_at_the_edge_keeps_nothing_beyond_it_from_its_turn() {
    let time = Time::new();
    let mut feed = catching_up(&time, 500, 0).await;
    let newest = feed.now();
    for index in 0..5_200 {
        let id = if index == 1_947 {
            format!("anonymous{index}")
        } else {
            format!("r{index}")
        };
        feed.list(Item::new(&id, newest - index * MINUTE / 2));
    }
    for _ in 0..60 {
        feed.next_sync().await;
    }
    let stored = feed.stored().len();
    let walked = feed.store.ledger().course().walked;
    assert_eq!(stored, 5_200 - 1, "{walked:?} {:?}", feed.window);
}
