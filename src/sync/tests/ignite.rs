//! A listing on Ignite's terms: pages of 50 in rising order of `updated_at`, from an absolute time.

use std::time::Duration;

use jiff::SignedDuration;

use super::feed::{Feed, HOUR, MINUTE, is_quiet};
use super::services::{Change, Files, Item, Order, Time, Total, epoch};
use crate::sync::source::{PageRequest, Since, Terms};
use crate::sync::{Conclusion, Outcome};

const IGNITE: Terms = Terms {
    page: 50,
    relative_times: false,
    by_update: true,
};

/// A feed on these terms whose listing holds reports `r0`, `r1`, … each a minute older than the one before.
fn feed(time: &Time, count: u32) -> Feed<'_> {
    let feed = Feed::with_reports(time, count);
    {
        let mut script = feed.reports.script.lock().unwrap();
        (script.terms, script.order, script.files) = (IGNITE, Order::OldestFirst, Files::ByUpdated);
    }
    feed
}

fn asked(requests: &[PageRequest]) -> Vec<(u32, u64)> {
    requests
        .iter()
        .map(|request| (request.limit, request.skip))
        .collect()
}

/// The reports that the enclave does not hold as they are.
fn behind(feed: &Feed<'_>) -> Vec<String> {
    let gates = feed.enclave.gates.lock().unwrap();
    let script = feed.reports.script.lock().unwrap();
    let is_behind = |item: &&Item| {
        let title = format!("{} v{}", item.id, item.version);
        gates
            .stored
            .get(&item.id)
            .is_none_or(|held| held.title != title)
    };
    let behind = script.items.iter().filter(is_behind);
    behind.map(|item| item.id.clone()).collect()
}

/// Syncs until nothing is left to do and nothing in doubt; at most so often.
async fn until_quiet(feed: &mut Feed<'_>, most: u32, case: &str) {
    for _ in 0..most {
        let outcome: Outcome = feed.next_sync().await;
        if is_quiet(&outcome) && outcome.window.since.is_none() {
            return;
        }
    }
    panic!("{case}: not quiet after {most} syncs");
}

#[tokio::test(start_paused = true)]
async fn what_fits_a_page_is_one_request_from_an_absolute_time() {
    let time = Time::new();
    let mut feed = feed(&time, 30);
    assert_eq!(feed.sync().await.conclusion, Conclusion::Synced);
    let request = PageRequest {
        since: Since::At(epoch() - SignedDuration::from_hours(24)),
        limit: 50,
        skip: 0,
    };
    assert_eq!(feed.reports.requests(), [request]);
    assert!(behind(&feed).is_empty());
    // A lookback of another length too.
    feed.lookback = 36 * HOUR;
    feed.next_sync().await;
    let since = Since::At(feed.now() - SignedDuration::from_hours(36));
    assert_eq!(feed.reports.requests().first().unwrap().since, since);
}

#[tokio::test(start_paused = true)]
async fn the_limit_is_what_a_sync_takes_on_however_small_the_pages() {
    for (limit, count) in [(500, 620), (120, 200), (50, 70), (10, 30), (1, 3)] {
        let time = Time::new();
        let mut feed = feed(&time, count);
        feed.limit = limit;
        let outcome = feed.sync().await;
        assert_eq!(outcome.conclusion, Conclusion::Draining, "{limit}");
        let counts = outcome.counts.unwrap();
        let left = u64::from(count - limit);
        assert_eq!(
            (counts.created, counts.backlog),
            (u64::from(limit), left),
            "{limit}"
        );
        let mut newest: Vec<_> = (0..limit).map(|index| format!("r{index}")).collect();
        newest.sort();
        assert_eq!(feed.stored(), newest, "{limit}");
        let most = 3 + limit.div_ceil(49);
        assert!(feed.reports.requests().len() <= most as usize, "{limit}");
        until_quiet(&mut feed, 4, "the rest").await;
        assert_eq!(feed.stored().len(), count as usize, "{limit}");
    }
}

#[tokio::test(start_paused = true)]
async fn where_nothing_is_new_the_newest_page_shows_it() {
    let time = Time::new();
    let mut feed = feed(&time, 620);
    until_quiet(&mut feed, 4, "at first").await;
    feed.reports.requests();
    feed.writes();
    for _ in 0..3 {
        let counts = feed.counts().await;
        assert_eq!(
            (counts.unchanged, counts.considered, counts.total),
            (50, 50, 620)
        );
        // The oldest end, which tells how many there are; the newest; and that nothing follows it.
        assert_eq!(
            asked(&feed.reports.requests()),
            [(50, 0), (50, 570), (50, 619)]
        );
    }
    assert!(feed.writes().is_empty());
}

#[tokio::test(start_paused = true)]
async fn edits_are_followed_as_far_as_they_reach() {
    for edits in [1, 49, 50, 51, 130, 300] {
        let time = Time::new();
        let mut feed = feed(&time, 400);
        until_quiet(&mut feed, 4, "at first").await;
        feed.writes();
        // They come as one edit each second, to the oldest first, so that the times they were posted at are no order.
        for index in 0..edits {
            let at = feed.now() - index * Duration::from_secs(1);
            feed.edit(&format!("r{}", 399 - index), |item| item.updated_at = at);
        }
        let counts = feed.next_sync().await.counts.unwrap();
        assert_eq!(counts.updated, u64::from(edits));
        assert_eq!(behind(&feed), [""; 0], "{edits}");
        assert_eq!(feed.writes().len(), edits as usize);
    }
}

/// Whatever happens between any two requests, nothing is lost, and what is in doubt is read again within a few syncs.
#[tokio::test(start_paused = true)]
async fn a_listing_that_changes_between_two_requests_loses_nothing() {
    let edit = |id: &str| Change::Edit(id.to_owned());
    let removed = |id: &str| Change::Remove(id.to_owned());
    for is_known in [false, true] {
        for at in 0..9 {
            for change in 0..8 {
                let time = Time::new();
                let mut feed = feed(&time, 190);
                if is_known {
                    until_quiet(&mut feed, 4, "at first").await;
                    // All of it is to be written again.
                    for index in 0..190 {
                        feed.edit(&format!("r{index}"), |_| ());
                    }
                    feed.window.since = Some(feed.now() - 24 * HOUR);
                }
                let changes = match change {
                    // The oldest, the newest, one in the middle; many, on both sides of every page's border.
                    0 => vec![edit("r189")],
                    1 => vec![edit("r0")],
                    2 => vec![edit("r100")],
                    3 => (30..170)
                        .step_by(7)
                        .map(|i| edit(&format!("r{i}")))
                        .collect(),
                    4 => vec![edit("r150"), removed("r20")],
                    5 => vec![Change::Arrive("new".into(), SignedDuration::ZERO)],
                    6 => vec![
                        Change::Arrive("late".into(), SignedDuration::from_mins(95)),
                        edit("r160"),
                        removed("r50"),
                    ],
                    _ => (0..60).map(|i| edit(&format!("r{}", 3 * i))).collect(),
                };
                let case = format!("{is_known} {at} {change}");
                {
                    let mut script = feed.reports.script.lock().unwrap();
                    script.requests.clear();
                    script.changes.insert(at, changes);
                }
                until_quiet(&mut feed, 8, &case).await;
                // What came among those that were passed already is seen when the listing is next read through.
                for _ in 0..(if change == 6 { 25 } else { 2 }) {
                    feed.next_sync().await;
                }
                assert_eq!(behind(&feed), [""; 0], "{case}");
            }
        }
    }
}

/// A report is edited before each and every request.
#[tokio::test(start_paused = true)]
async fn edits_that_never_end_hold_nothing_up() {
    let time = Time::new();
    let mut feed = feed(&time, 260);
    for at in 0..2_000 {
        let change = Change::Edit(format!("r{}", at * 37 % 260));
        let mut script = feed.reports.script.lock().unwrap();
        script.changes.insert(at, vec![change]);
    }
    for _ in 0..12 {
        let outcome = feed.next_sync().await;
        assert!(!matches!(outcome.conclusion, Conclusion::Fault(_)));
    }
    assert_eq!(feed.stored().len(), 260);
    feed.reports.script.lock().unwrap().changes.clear();
    until_quiet(&mut feed, 10, "at the end").await;
    assert_eq!(behind(&feed), [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn a_service_that_ignores_the_order_asked_for_loses_nothing() {
    for files in [Files::ByPosted, Files::ByUpdated] {
        let time = Time::new();
        let mut feed = feed(&time, 170);
        {
            let mut script = feed.reports.script.lock().unwrap();
            (script.order, script.files) = (Order::NewestFirst, files);
        }
        until_quiet(&mut feed, 3, "at first").await;
        feed.edit("r169", |_| ());
        for _ in 0..25 {
            feed.next_sync().await;
        }
        assert_eq!(behind(&feed), [""; 0], "{files:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_window_is_the_services_whatever_the_local_clock_says() {
    for hours in [-30, -1, 1, 30] {
        let time = Time::new();
        *time.skew.lock().unwrap() = SignedDuration::from_hours(hours);
        let mut feed = feed(&time, 3);
        feed.list(Item::new("edge", feed.now() - 23 * HOUR - 59 * MINUTE));
        feed.sync().await;
        assert!(feed.stored().contains(&"edge".to_owned()), "{hours}");
        // Known from the answer's `Date`, it is asked for at once the next time.
        feed.next_sync().await;
        feed.reports.requests();
        feed.next_sync().await;
        assert_eq!(feed.reports.requests().len(), 1, "{hours}");
    }
}

/// A page may take two minutes, as long as a sync: one that is late is still asked for in halves.
#[tokio::test(start_paused = true)]
async fn a_first_page_that_takes_all_the_time_there_is_is_halved() {
    let time = Time::new();
    let mut feed = feed(&time, 40);
    {
        let mut script = feed.reports.script.lock().unwrap();
        (script.slow, script.takes) = (Some(13), Duration::from_mins(2));
    }
    let counts = feed.sync().await.counts.unwrap();
    assert_eq!(counts.created, 13);
    assert_eq!(
        asked(&feed.reports.requests()),
        [(50, 0), (25, 0), (13, 0), (13, 27)]
    );
}

/// A page may be refused for its place alone: what lies before it comes all the same, and what is new.
#[tokio::test(start_paused = true)]
async fn a_place_that_is_refused_is_no_end_of_what_lies_before_it() {
    let time = Time::new();
    let mut feed = feed(&time, 300);
    feed.reports.script.lock().unwrap().deepest = Some(200);
    for _ in 0..30 {
        feed.next_sync().await;
    }
    assert!(feed.stored().len() > 150, "{}", feed.stored().len());
}

/// A `total` beyond what can be asked for.
#[tokio::test(start_paused = true)]
async fn a_total_beyond_what_skip_takes_keeps_nothing_back() {
    let time = Time::new();
    let mut feed = feed(&time, 60);
    {
        let mut script = feed.reports.script.lock().unwrap();
        (script.deepest, script.total) = (Some(10_000), Total::Is(20_000));
    }
    for _ in 0..30 {
        feed.next_sync().await;
    }
    assert_eq!(feed.stored().len(), 60);
}

/// Pages that come so slowly that no sync walks all of the window: a later one goes on where the one before was cut short.
#[tokio::test(start_paused = true)]
async fn a_backlog_deeper_than_a_sync_reaches_drains() {
    for (order, terms) in [
        (Order::OldestFirst, IGNITE),
        (Order::NewestFirst, Terms::default()),
    ] {
        let time = Time::new();
        let mut feed = feed(&time, 1_200);
        {
            let mut script = feed.reports.script.lock().unwrap();
            (script.order, script.terms, script.cap) = (order, terms, Some((50, true)));
            script.takes = Duration::from_secs(9);
        }
        feed.lookback = 72 * HOUR;
        let mut arrived = 0;
        for round in 0..40 {
            feed.next_sync().await;
            if round % 3 == 0 {
                feed.list(Item::new(&format!("new{round}"), feed.now()));
                arrived += 1;
            }
        }
        let last = feed.next_sync().await;
        assert_eq!(feed.stored().len(), 1_200 + arrived, "{order:?}");
        assert!(is_quiet(&last), "{order:?}: {:?}", last.conclusion);
        assert_eq!(last.counts.unwrap().backlog, 0, "{order:?}");
        let written = feed.writes().len();
        assert_eq!(written, 1_200 + arrived, "{order:?}: each once");
        // An edit at the far end is met all the same, in a few syncs; its time moves only where the listing goes by it.
        feed.edit("r1100", |_| {});
        for _ in 0..60 {
            feed.next_sync().await;
        }
        assert_eq!(feed.writes(), ["r1100"], "{order:?}");
    }
}
