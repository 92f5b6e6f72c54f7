//! Which pages are asked for, and which reports are taken on.

use std::time::Duration;

use jiff::SignedDuration;

use super::feed::{Feed, HOUR, MINUTE, assert_adds_up, is_quiet};
use super::services::{Change, Files, Item, Order, Time, Total, epoch};
use crate::http::fault::FaultKind;
use crate::sync::source::{PageRequest, Since};
use crate::sync::window::Window;
use crate::sync::{Conclusion, Mode};

/// What the requests asked for: page size and how many to pass over.
fn asked(requests: &[PageRequest]) -> Vec<(u32, u64)> {
    requests
        .iter()
        .map(|request| (request.limit, request.skip))
        .collect()
}

#[tokio::test(start_paused = true)]
async fn a_first_sync_asks_for_the_lookback_literally() {
    let time = Time::new();
    let mut feed = Feed::with_reports(&time, 3);
    let outcome = feed.sync().await;
    assert_eq!(outcome.conclusion, Conclusion::Synced);
    let request = PageRequest {
        since: Since::Lookback(86_400),
        limit: 500,
        skip: 0,
    };
    assert_eq!(feed.reports.requests(), [request]);
    let window = Window {
        since: None,
        covered_to: Some(epoch()),
    };
    assert_eq!(outcome.window, window);
}

#[tokio::test(start_paused = true)]
async fn nothing_new_is_one_request_and_no_call_to_the_enclave_and_no_ledger_write() {
    let time = Time::new();
    let mut feed = Feed::with_reports(&time, 1_200);
    while feed.sync().await.conclusion != Conclusion::Synced {}
    feed.reports.requests();
    let (calls, saves) = (
        feed.enclave.gates.lock().unwrap().calls,
        *feed.store.saves.lock().unwrap(),
    );
    for _ in 0..3 {
        let counts = feed.counts().await;
        assert_eq!(
            (counts.unchanged, counts.considered, counts.total),
            (500, 500, 1_200)
        );
        assert_eq!(feed.reports.requests().len(), 1);
    }
    assert_eq!(feed.enclave.gates.lock().unwrap().calls, calls);
    assert_eq!(*feed.store.saves.lock().unwrap(), saves);
    assert_eq!(feed.totals.syncs, 6);
}

#[tokio::test(start_paused = true)]
async fn an_outage_widens_the_window_to_where_it_began() {
    let time = Time::new();
    let mut feed = Feed::with_reports(&time, 3);
    feed.sync().await;
    tokio::time::advance(72 * HOUR).await;
    for hours in 0..70 {
        feed.list(Item::new(
            &format!("late{hours}"),
            feed.now() - hours * HOUR,
        ));
    }
    feed.reports.requests();
    let outcome = feed.sync().await;
    let since = Since::At(epoch() - SignedDuration::from_hours(6));
    assert_eq!(feed.reports.requests().first().unwrap().since, since);
    assert_eq!(outcome.conclusion, Conclusion::Synced);
    assert_eq!(feed.stored().len(), 73);
}

#[tokio::test(start_paused = true)]
async fn a_wrong_local_clock_is_put_right_by_the_services() {
    for hours in [-24, 24] {
        let time = Time::new();
        *time.skew.lock().unwrap() = SignedDuration::from_hours(hours);
        let mut feed = Feed::with_reports(&time, 3);
        feed.sync().await;
        // The clock is stepped.
        *time.skew.lock().unwrap() = SignedDuration::ZERO;
        // A checkpoint takes the earlier of two times that differ, so the next window may be wider than need be.
        feed.next_sync().await;
        feed.reports.requests();
        let outcome = feed.next_sync().await;
        assert!(is_quiet(&outcome), "{hours}");
        assert_eq!(outcome.window.covered_to, Some(feed.now()), "{hours}");
        let requests = feed.reports.requests();
        assert_eq!(
            requests.last().unwrap().since,
            Since::Lookback(86_400),
            "{hours}"
        );
        feed.next_sync().await;
        assert_eq!(feed.reports.requests().len(), 1, "{hours}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_outage_is_covered_whatever_the_local_clock_says() {
    for hours in [-240, 240] {
        let time = Time::new();
        let mut feed = Feed::with_reports(&time, 3);
        feed.sync().await;
        tokio::time::advance(48 * HOUR).await;
        *time.skew.lock().unwrap() = SignedDuration::from_hours(hours);
        feed.list(Item::new("during", feed.now() - 40 * HOUR));
        feed.sync().await;
        assert!(feed.stored().contains(&"during".to_owned()), "{hours}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_requests_are_as_many_as_the_pages_and_at_most_two_more() {
    for order in [Order::NewestFirst, Order::OldestFirst] {
        for limit in [1, 10, 500] {
            for total in [0, 1, 10, 500, 501, 1_001] {
                let time = Time::new();
                let mut feed = Feed::with_reports(&time, total);
                feed.limit = limit;
                feed.reports.script.lock().unwrap().order = order;
                let mut syncs = 0;
                loop {
                    let outcome = feed.sync().await;
                    let requests = feed.reports.requests();
                    // The first page is as large as the limit.
                    let most = 1 + total.saturating_sub(limit).div_ceil(500) + 2;
                    assert!(
                        requests.len() <= most as usize,
                        "{order:?} {limit} of {total}: {:?}",
                        asked(&requests)
                    );
                    syncs += 1;
                    if is_quiet(&outcome) || syncs > 2 {
                        break;
                    }
                }
                let expected = total.min(syncs * limit) as usize;
                assert_eq!(
                    feed.stored().len(),
                    expected,
                    "{order:?} {limit} of {total}"
                );
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn the_limit_bounds_what_a_sync_takes_on_and_the_newest_come_first() {
    for order in [Order::NewestFirst, Order::OldestFirst] {
        for cap in [None, Some((4, true)), Some((4, false))] {
            let time = Time::new();
            let mut feed = Feed::with_reports(&time, 25);
            feed.limit = 10;
            {
                let mut script = feed.reports.script.lock().unwrap();
                (script.order, script.cap) = (order, cap);
            }
            let outcome = feed.sync().await;
            assert_eq!(
                outcome.conclusion,
                Conclusion::Draining,
                "{order:?} {cap:?}"
            );
            let counts = outcome.counts.unwrap();
            assert_eq!(
                (counts.considered, counts.created, counts.backlog),
                (10, 10, 15),
                "{order:?} {cap:?}"
            );
            let mut newest: Vec<_> = (0..10).map(|index| format!("r{index}")).collect();
            newest.sort();
            assert_eq!(feed.stored(), newest, "{order:?} {cap:?}");
            assert_eq!(
                outcome.window.since,
                Some(epoch() - SignedDuration::from_hours(24))
            );
            assert_eq!(outcome.window.covered_to, None);

            // What is new goes before the backlog.
            feed.list(Item::new("new", feed.now()));
            let counts = feed.next_sync().await.counts.unwrap();
            assert_eq!(
                (counts.created, counts.backlog),
                (10, 6),
                "{order:?} {cap:?}"
            );
            assert!(feed.stored().contains(&"new".to_owned()));
            assert_eq!(
                feed.next_sync().await.conclusion,
                Conclusion::Synced,
                "{order:?} {cap:?}"
            );
            assert_eq!(feed.stored().len(), 26);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn the_pinned_start_stays_until_the_backlog_is_done() {
    let time = Time::new();
    let mut feed = Feed::new(&time);
    feed.limit = 2;
    // About to leave the lookback.
    for index in 0..5 {
        feed.list(Item::new(
            &format!("old{index}"),
            feed.now() - 23 * HOUR - 50 * MINUTE - index * MINUTE,
        ));
    }
    feed.sync().await;
    let pinned = epoch() - SignedDuration::from_hours(24);
    tokio::time::advance(HOUR).await;
    feed.reports.requests();
    let outcome = feed.sync().await;
    assert_eq!(
        feed.reports.requests().first().unwrap().since,
        Since::At(pinned)
    );
    assert_eq!(outcome.window.since, Some(pinned));
    let outcome = feed.next_sync().await;
    assert_eq!(
        (outcome.conclusion, outcome.window.since),
        (Conclusion::Synced, None)
    );
    assert_eq!(feed.stored().len(), 5);
    feed.reports.requests();
    feed.next_sync().await;
    assert_eq!(
        feed.reports.requests().first().unwrap().since,
        Since::Lookback(86_400)
    );
}

#[tokio::test(start_paused = true)]
async fn paging_ends_where_it_should() {
    // A page overlaps the one before by a report. A short one ends the listing once `total` is reached; an empty one
    // before that is asked for once more.
    for (total, pages) in [
        (Total::Honest, vec![(500, 0), (500, 499)]),
        (Total::Is(550), vec![(500, 0), (500, 499)]),
        (
            Total::Plus(100),
            vec![(500, 0), (500, 499), (500, 599), (500, 599)],
        ),
    ] {
        let time = Time::new();
        let mut feed = Feed::with_reports(&time, 600);
        feed.limit = 500;
        feed.reports.script.lock().unwrap().total = total;
        for _ in 0..7 {
            feed.next_sync().await;
        }
        // What `total` says was found wrong, and is not waited for again.
        for _ in 0..3 {
            feed.reports.requests();
            let outcome = feed.next_sync().await;
            assert_eq!(outcome.conclusion, Conclusion::Synced, "{total:?}");
            assert_eq!(outcome.window.since, None, "{total:?}");
            if total != Total::Honest {
                assert_eq!(asked(&feed.reports.requests()), pages, "{total:?}");
            }
        }
        assert_eq!(feed.stored().len(), 600, "{total:?}");
        assert_eq!(feed.writes().len(), 600, "{total:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_full_page_with_nothing_new_ends_it() {
    let time = Time::new();
    let mut feed = Feed::with_reports(&time, 700);
    feed.reports.script.lock().unwrap().ignores_skip = true;
    feed.sync().await;
    for _ in 0..3 {
        feed.reports.requests();
        let outcome = feed.next_sync().await;
        assert_eq!(asked(&feed.reports.requests()), [(500, 0), (500, 499)]);
        assert_eq!(outcome.conclusion, Conclusion::Synced);
    }
}

#[tokio::test(start_paused = true)]
async fn a_listing_without_end_is_left_after_2000_requests() {
    let time = Time::new();
    let mut feed = Feed::with_reports(&time, 3_000);
    feed.lookback = 72 * HOUR;
    {
        let mut script = feed.reports.script.lock().unwrap();
        (script.cap, script.total) = (Some((1, false)), Total::Is(1_000_000));
    }
    // From the fifth on it is the newest, 50 that were read before, and 500 that are taken on.
    for requests in [500, 1_000, 1_500, 2_000, 551, 551] {
        assert_eq!(feed.next_sync().await.conclusion, Conclusion::Draining);
        assert_eq!(feed.reports.requests().len(), requests);
    }
    assert_eq!(feed.stored().len(), 3_000);
    assert_eq!(feed.window.covered_to, None);
}

#[tokio::test(start_paused = true)]
async fn a_listing_that_takes_too_long_is_left_and_what_it_gave_is_written() {
    let time = Time::new();
    let mut feed = Feed::with_reports(&time, 40);
    {
        let mut script = feed.reports.script.lock().unwrap();
        (script.cap, script.takes) = (Some((2, true)), Duration::from_secs(10));
    }
    let begun = tokio::time::Instant::now();
    let outcome = feed.sync().await;
    assert_eq!(outcome.conclusion, Conclusion::Draining);
    assert_eq!(feed.stored().len(), 18);
    assert!(begun.elapsed() <= Duration::from_mins(2));
    assert_eq!(feed.next_sync().await.window.covered_to, None);
}

#[tokio::test(start_paused = true)]
async fn totals_that_lie_lose_nothing() {
    for order in [Order::NewestFirst, Order::OldestFirst] {
        for total in [
            Total::Is(0),
            Total::Is(7),
            Total::Is(1_000_000_000),
            Total::Plus(-3),
            Total::Plus(3),
            Total::Plus(900),
            Total::Falling(4),
            Total::Rising(4),
        ] {
            for cap in [None, Some((6, true)), Some((6, false))] {
                // Where neither the page's size nor `total` is told truly, a short page is the end.
                let hides = matches!(
                    total,
                    Total::Is(0 | 7) | Total::Plus(-3) | Total::Falling(_)
                );
                if hides && cap.is_some_and(|(_, says)| !says) {
                    continue;
                }
                for limit in [7, 500] {
                    let time = Time::new();
                    let mut feed = Feed::with_reports(&time, 61);
                    feed.limit = limit;
                    {
                        let mut script = feed.reports.script.lock().unwrap();
                        (script.order, script.total, script.cap) = (order, total, cap);
                    }
                    let case = format!("{order:?} {total:?} {cap:?} {limit}");
                    let mut syncs = 1;
                    while !is_quiet(&feed.next_sync().await) {
                        syncs += 1;
                        assert!(syncs < 60, "{case}");
                    }
                    assert_eq!(feed.stored().len(), 61, "{case}");
                    assert!(feed.reports.requests().len() <= 80 * syncs, "{case}");
                }
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_thousand_reports_of_one_time_are_all_taken() {
    let time = Time::new();
    let mut feed = Feed::new(&time);
    for index in 0..1_000 {
        feed.list(Item::new(&format!("tie{index}"), epoch()));
    }
    feed.sync().await;
    assert_eq!(feed.next_sync().await.conclusion, Conclusion::Synced);
    assert_eq!(feed.stored().len(), 1_000);
}

#[tokio::test(start_paused = true)]
async fn what_comes_while_paging_is_neither_lost_nor_taken_twice() {
    for order in [Order::NewestFirst, Order::OldestFirst] {
        for at in 1..6 {
            let time = Time::new();
            let mut feed = Feed::with_reports(&time, 30);
            {
                let mut script = feed.reports.script.lock().unwrap();
                (script.order, script.cap) = (order, Some((8, true)));
                let new = (0..3)
                    .map(|index| Item::new(&format!("new{index}"), epoch()))
                    .collect();
                script.comes.insert(at, new);
            }
            feed.sync().await;
            feed.next_sync().await;
            assert!(is_quiet(&feed.next_sync().await), "{order:?} {at}");
            assert_eq!(feed.stored().len(), 33, "{order:?} {at}");
            assert_eq!(feed.writes().len(), 33, "{order:?} {at}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_page_that_fails_keeps_what_the_earlier_ones_gave() {
    for order in [Order::NewestFirst, Order::OldestFirst] {
        for at in 1..8 {
            let time = Time::new();
            let mut feed = Feed::with_reports(&time, 30);
            {
                let mut script = feed.reports.script.lock().unwrap();
                (script.order, script.cap) = (order, Some((6, true)));
                script.fails_at.insert(at);
            }
            let outcome = feed.sync().await;
            let had = feed.stored().len();
            if let Conclusion::Fault(fault) = outcome.conclusion {
                assert_eq!(fault.kind, FaultKind::Unavailable);
                assert!(had >= 6, "{order:?} {at}: {had}");
                assert!(outcome.window.since.is_some() && outcome.window.covered_to.is_none());
                assert_adds_up(&outcome.counts.unwrap());
            } else {
                assert_eq!(had, 30, "{order:?} {at}");
            }
            feed.reports.script.lock().unwrap().fails_at.clear();
            assert!(is_quiet(&feed.next_sync().await), "{order:?} {at}");
            assert_eq!(feed.stored().len(), 30, "{order:?} {at}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn nothing_is_told_of_a_listing_that_could_not_be_had() {
    let time = Time::new();
    let mut feed = Feed::with_reports(&time, 3);
    feed.reports.script.lock().unwrap().down = Some(FaultKind::Unauthorized);
    let outcome = feed.sync().await;
    assert!(matches!(outcome.conclusion, Conclusion::Fault(_)));
    assert_eq!(
        (outcome.counts, outcome.handled, outcome.window),
        (None, None, Window::default())
    );
}

#[tokio::test(start_paused = true)]
async fn pages_that_are_too_large_are_halved() {
    for order in [Order::NewestFirst, Order::OldestFirst] {
        for heavy in [1, 3, 20, 400] {
            for limit in [1, 30, 500] {
                let time = Time::new();
                let mut feed = Feed::with_reports(&time, 90);
                feed.limit = limit;
                {
                    let mut script = feed.reports.script.lock().unwrap();
                    (script.order, script.heavy) = (order, Some(heavy));
                }
                let case = format!("{order:?} {heavy} {limit}");
                let outcome = feed.sync().await;
                assert_eq!(
                    outcome.counts.unwrap().created,
                    u64::from(limit.min(90)),
                    "{case}"
                );
                if limit > 1 {
                    for _ in 0..3 {
                        feed.next_sync().await;
                    }
                    assert_eq!(feed.stored().len(), 90, "{case}");
                }
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn one_report_that_is_too_large_is_counted_as_failed_and_passed_over() {
    for order in [Order::NewestFirst, Order::OldestFirst] {
        for giant in [0, 7, 29] {
            for limit in [1, 10, 500] {
                let time = Time::new();
                let mut feed = Feed::with_reports(&time, 30);
                feed.limit = limit;
                feed.reports.script.lock().unwrap().order = order;
                feed.edit(&format!("r{giant}"), |item| item.giant = true);
                let mut failed = 0;
                for _ in 0..40 {
                    let outcome = feed.next_sync().await;
                    assert_adds_up(outcome.counts.as_ref().unwrap());
                    failed = outcome.counts.unwrap().failed;
                }
                assert_eq!(feed.stored().len(), 29, "{order:?} {giant} {limit}");
                if limit == 500 {
                    assert_eq!(failed, 1, "{order:?} {giant}");
                }
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_service_whose_every_report_is_too_large_is_at_fault() {
    let time = Time::new();
    let mut feed = Feed::with_reports(&time, 30);
    feed.reports.script.lock().unwrap().heavy = Some(0);
    assert!(matches!(feed.sync().await.conclusion, Conclusion::Fault(_)));
    assert_eq!(feed.window, Window::default());
}

#[tokio::test(start_paused = true)]
async fn a_report_without_id_is_counted_as_failed() {
    let time = Time::new();
    let mut feed = Feed::with_reports(&time, 3);
    feed.list(Item::new("anonymous", epoch()));
    for _ in 0..2 {
        let outcome = feed.sync().await;
        assert_eq!(outcome.conclusion, Conclusion::SyncedWithFailures);
        let counts = outcome.counts.unwrap();
        assert_eq!((counts.considered, counts.failed), (4, 1));
        assert_eq!(feed.reports.requests().len(), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn an_edit_beyond_the_first_page_is_seen_when_the_overlap_has_passed() {
    let time = Time::new();
    let mut feed = Feed::with_reports(&time, 40);
    feed.limit = 10;
    for _ in 0..5 {
        feed.next_sync().await;
    }
    feed.writes();
    feed.edit("r30", |item| item.counts = false);
    // One goes and one comes: the counts say nothing.
    feed.reports
        .script
        .lock()
        .unwrap()
        .items
        .retain(|item| item.id != "r20");
    feed.list(Item::new(
        "deep",
        feed.now() - HOUR - 25 * MINUTE - MINUTE / 2,
    ));
    for _ in 0..24 {
        feed.next_sync().await;
    }
    let mut writes = feed.writes();
    writes.sort();
    assert_eq!(writes, ["deep", "r30"]);
}

#[tokio::test(start_paused = true)]
async fn an_interval_that_never_ends_a_window_early_costs_one_request_most_of_the_time() {
    // Reports leave the window by the time they were posted, and are remembered by a later one.
    let time = Time::new();
    let mut feed = Feed::new(&time);
    feed.limit = 10;
    for index in 0..60 {
        let mut item = Item::new(&format!("r{index}"), epoch() - index * 24 * MINUTE);
        item.updated_at = item.posted_at + HOUR / 2;
        feed.list(item);
    }
    feed.reports.script.lock().unwrap().files = Files::ByPosted;
    for _ in 0..8 {
        feed.sync().await;
    }
    feed.reports.requests();
    for _ in 0..48 {
        assert!(is_quiet(&feed.next_sync().await));
    }
    assert!(feed.reports.requests().len() <= 48 * 2);
}

#[tokio::test(start_paused = true)]
async fn a_forced_sync_is_a_full_one() {
    let time = Time::new();
    let mut feed = Feed::with_reports(&time, 3);
    let outcome = feed.sync_in(Mode::Full { forced: true }).await.unwrap();
    assert_eq!(outcome.counts.unwrap().created, 3);
}

#[tokio::test(start_paused = true)]
async fn without_a_date_the_local_time_serves() {
    let time = Time::new();
    let mut feed = Feed::with_reports(&time, 3);
    feed.reports.script.lock().unwrap().with_date = false;
    let outcome = feed.sync().await;
    assert_eq!(outcome.window.covered_to, Some(epoch()));
}

/// A feed that was covered, then away for three days in which 60 reports were posted; pages of 20.
async fn after_an_outage(time: &Time, order: Order) -> Feed<'_> {
    let mut feed = Feed::with_reports(time, 1);
    feed.sync().await;
    tokio::time::advance(72 * HOUR).await;
    for hours in 0..60 {
        let posted_at = feed.now() - hours * HOUR - MINUTE;
        feed.list(Item::new(&format!("r{hours:02}"), posted_at));
    }
    let mut script = feed.reports.script.lock().unwrap();
    (script.order, script.cap) = (order, Some((20, true)));
    script.requests.clear();
    drop(script);
    feed
}

/// Findings 6 and 7: whatever happens to the listing between any two pages, nothing is lost, and what is left in doubt is read
/// again within a few syncs.
#[tokio::test(start_paused = true)]
async fn a_listing_that_changes_while_it_is_read_loses_nothing() {
    let removed = |id: &str| Change::Remove(id.to_owned());
    for order in [Order::NewestFirst, Order::OldestFirst] {
        for at in 0..8 {
            for change in 0..7 {
                let time = Time::new();
                let mut feed = after_an_outage(&time, order).await;
                let late = |hours| Item::new("late", feed.now() - hours * HOUR);
                {
                    let mut script = feed.reports.script.lock().unwrap();
                    let changes = match change {
                        0 => vec![removed("r03")],
                        1 => vec![removed("r55")],
                        2 => vec![
                            removed("r25"),
                            removed("r26"),
                            removed("r01"),
                            removed("r58"),
                        ],
                        3 => vec![Change::Put(late(1))],
                        4 => vec![Change::Put(late(5)), removed("r00")],
                        5 => vec![Change::Edit("r30".into()), Change::Edit("r50".into())],
                        _ => Vec::new(),
                    };
                    if change == 6 {
                        script.short_at.insert(at, 0);
                    }
                    script.files = if change == 5 {
                        Files::ByUpdated
                    } else {
                        Files::ByPosted
                    };
                    script.changes.insert(at, changes);
                }
                let case = format!("{order:?} {at} {change}");
                let mut outcome = feed.sync().await;
                let mut syncs = 1;
                while !(is_quiet(&outcome) && outcome.window.since.is_none()) {
                    assert!(syncs < 8, "{case}: {outcome:?}");
                    outcome = feed.next_sync().await;
                    syncs += 1;
                }
                // What came among those that were passed already is seen when the listing is next read through.
                for _ in 0..26 {
                    feed.next_sync().await;
                }
                let stored = feed.stored();
                let script = feed.reports.script.lock().unwrap();
                let lost: Vec<_> = script
                    .items
                    .iter()
                    .filter(|item| !stored.contains(&item.id))
                    .collect();
                assert!(lost.is_empty(), "{case}: {lost:?}");
            }
        }
    }
}

/// Finding 7: the rest of a catch-up behind an empty page.
#[tokio::test(start_paused = true)]
async fn an_empty_page_before_the_total_is_reached_is_no_end() {
    for order in [Order::NewestFirst, Order::OldestFirst] {
        for at in 0..6 {
            let time = Time::new();
            let mut feed = after_an_outage(&time, order).await;
            for number in at..at + 12 {
                feed.reports
                    .script
                    .lock()
                    .unwrap()
                    .short_at
                    .insert(number, 0);
            }
            let outcome = feed.sync().await;
            assert!(
                outcome.window.since.is_some() || feed.stored().len() == 61,
                "{order:?} {at}: {outcome:?}"
            );
            feed.reports.script.lock().unwrap().short_at.clear();
            for _ in 0..4 {
                feed.next_sync().await;
            }
            assert_eq!(feed.stored().len(), 61, "{order:?} {at}");
        }
    }
}

/// Findings 8 and 23: a page that is late is asked for in halves twice, and is then the service's fault: no report is passed
/// over for it.
#[tokio::test(start_paused = true)]
async fn a_page_that_is_late_is_not_one_that_is_too_large() {
    let time = Time::new();
    let mut feed = Feed::with_reports(&time, 40);
    feed.reports.script.lock().unwrap().slow = Some(0);
    let outcome = feed.sync().await;
    assert!(
        matches!(outcome.conclusion, Conclusion::Fault(_)),
        "{outcome:?}"
    );
    assert_eq!(feed.reports.requests().len(), 3);
    assert_eq!(outcome.window, Window::default());
    // Half of it comes in time.
    feed.reports.script.lock().unwrap().slow = Some(20);
    feed.limit = 40;
    for _ in 0..3 {
        let outcome = feed.next_sync().await;
        assert!(outcome.counts.is_none_or(|counts| counts.failed == 0));
    }
    assert_eq!(feed.stored().len(), 40);
}

/// Finding 22.
#[tokio::test(start_paused = true)]
async fn a_date_that_is_wrong_once_loses_nothing_after_an_outage() {
    for hours in [12, -12, 24 * 365, -24 * 365 * 50] {
        let time = Time::new();
        let mut feed = Feed::with_reports(&time, 3);
        feed.next_sync().await;
        feed.reports.script.lock().unwrap().date_ahead = SignedDuration::from_hours(hours);
        feed.next_sync().await;
        feed.reports.script.lock().unwrap().date_ahead = SignedDuration::ZERO;
        let covered_to = feed.window.covered_to.unwrap();
        assert!(covered_to <= feed.now(), "{hours}");
        // The outage.
        for index in 0..30 {
            tokio::time::advance(2 * HOUR).await;
            feed.list(Item::new(&format!("e{index}"), feed.now()));
        }
        feed.reports.requests();
        feed.sync().await;
        feed.next_sync().await;
        assert_eq!(feed.stored().len(), 33, "{hours}");
        let oldest = feed.now() - SignedDuration::from_hours(24 * 30);
        for request in feed.reports.requests() {
            assert!(
                !matches!(request.since, Since::At(time) if time < oldest),
                "{hours}: {request:?}"
            );
        }
    }
}

/// Finding 9.
#[tokio::test(start_paused = true)]
async fn a_total_beyond_all_bounds_is_bounded() {
    let time = Time::new();
    let mut feed = Feed::with_reports(&time, 3);
    feed.reports.script.lock().unwrap().total = Total::Is(u64::MAX);
    for _ in 0..3 {
        let outcome = feed.next_sync().await;
        let counts = outcome.counts.unwrap();
        assert!(counts.total < 1 << 53 && counts.backlog < 1 << 53);
    }
    assert!(is_quiet(&feed.next_sync().await));
}

/// Finding 30: `m` means months to Flashpoint, and minutes.
#[tokio::test(start_paused = true)]
async fn a_lookback_that_is_no_number_of_hours_is_asked_for_by_its_time() {
    let time = Time::new();
    let mut feed = Feed::with_reports(&time, 3);
    feed.lookback = 90 * MINUTE;
    feed.sync().await;
    let since = Since::At(epoch() - SignedDuration::from_mins(90));
    assert_eq!(feed.reports.requests().first().unwrap().since, since);
}

/// Finding 15: what one sync holds has an end, and the rest follows.
#[tokio::test(start_paused = true)]
async fn what_a_sync_holds_is_bounded_and_the_rest_follows() {
    let time = Time::new();
    let mut feed = Feed::with_reports(&time, 6);
    for index in 0..6 {
        // 15 MiB each.
        feed.edit(&format!("r{index}"), |item| item.words = 3 << 20);
    }
    let outcome = feed.sync().await;
    assert_eq!(outcome.conclusion, Conclusion::Draining);
    let counts = outcome.counts.unwrap();
    assert_eq!((counts.considered, counts.backlog), (4, 2));
    assert!(is_quiet(&feed.next_sync().await));
    assert_eq!(feed.stored().len(), 6);
}

/// A listing that is short for hours while its `total` is known to be wrong proves no withdrawal: what it left out is still
/// known when it is listed again, so that a tag taken away meanwhile is taken away in the enclave too.
#[tokio::test(start_paused = true)]
async fn what_a_listing_in_doubt_leaves_out_is_not_forgotten() {
    let time = Time::new();
    let mut feed = Feed::with_reports(&time, 20);
    feed.edit("r10", |item| item.tags = vec!["b".to_owned()]);
    feed.reports.script.lock().unwrap().total = Total::Is(0);
    for _ in 0..8 {
        feed.next_sync().await;
    }
    assert_eq!(feed.writes().len(), 20);
    let left_out = feed.reports.script.lock().unwrap().items.split_off(5);
    for _ in 0..12 {
        feed.next_sync().await;
    }
    feed.reports.script.lock().unwrap().items.extend(left_out);
    feed.edit("r10", |item| item.tags.clear());
    let counts = feed.next_sync().await.counts.unwrap();
    assert_eq!((counts.created, counts.updated), (0, 1), "{counts:?}");
    let gates = feed.enclave.gates.lock().unwrap();
    assert_eq!(gates.writes, ["r10"]);
    assert!(gates.stored.get("r10").unwrap().tags.is_empty());
}

/// A step back reads pages that hold nothing new: they are no end of the listing, whatever `total` says.
#[tokio::test(start_paused = true)]
async fn what_a_step_back_reads_again_ends_nothing() {
    let time = Time::new();
    let mut feed = Feed::with_reports(&time, 100);
    feed.limit = 9;
    {
        let mut script = feed.reports.script.lock().unwrap();
        (script.order, script.total) = (Order::OldestFirst, Total::Is(9_000));
        script.cap = Some((9, true));
    }
    for _ in 0..15 {
        feed.sync().await;
    }
    assert_eq!(feed.store.ledger().entries().count(), 100);
    feed.reports.requests();
    {
        // While it is read, the oldest is withdrawn: what follows moves up, and the walk steps back.
        let mut script = feed.reports.script.lock().unwrap();
        let number = 7;
        script
            .changes
            .insert(number, vec![Change::Remove("r99".into())]);
    }
    feed.list(Item::new("new", feed.now()));
    feed.sync().await;
    let asked = asked(&feed.reports.requests());
    assert!(
        asked.iter().any(|(_, skip)| (90..1_000).contains(skip)),
        "{asked:?}"
    );
}

/// The same where it steps back twice: what was read before the first step is read again, too.
#[tokio::test(start_paused = true)]
async fn what_a_second_step_back_reads_again_ends_nothing() {
    let time = Time::new();
    let mut feed = Feed::with_reports(&time, 0);
    let newest = feed.now();
    for index in 0..3_000 {
        feed.list(Item::new(
            &format!("r{index}"),
            newest - index * Duration::from_secs(10),
        ));
    }
    feed.reports.script.lock().unwrap().total = Total::Is(9_000);
    for _ in 0..15 {
        feed.sync().await;
    }
    assert_eq!(feed.store.ledger().entries().count(), 3_000);
    feed.reports.requests();
    {
        let mut script = feed.reports.script.lock().unwrap();
        let gone = (0..520).map(|index| Change::Remove(format!("r{index}")));
        script.changes.insert(2, gone.collect());
    }
    feed.list(Item::new("new", feed.now()));
    feed.sync().await;
    let asked = asked(&feed.reports.requests());
    assert!(asked.iter().any(|(_, skip)| *skip > 2_000), "{asked:?}");
}
