use super::*;

const DAY: Duration = Duration::from_hours(24);

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// A moment at which both clocks say the same.
fn both(text: &str) -> Moment {
    Moment::new(at(text), Some(at(text)))
}

fn covered_to(text: &str) -> Window {
    Window {
        since: None,
        covered_to: Some(at(text)),
    }
}

#[test]
fn a_new_feed_starts_at_its_lookback() {
    assert_eq!(
        Window::default().start(DAY, both("2026-01-02T00:00:00Z")),
        Start::Lookback
    );
}

#[test]
fn within_the_lookback_the_literal_serves() {
    let now = both("2026-01-02T00:00:00Z");
    assert_eq!(
        covered_to("2026-01-01T23:45:00Z").start(DAY, now),
        Start::Lookback
    );
    assert_eq!(
        covered_to("2026-01-01T06:00:00Z").start(DAY, now),
        Start::Lookback
    );
}

#[test]
fn after_an_outage_the_window_widens_to_the_checkpoint_less_the_overlap() {
    let now = both("2026-01-10T00:00:00Z");
    assert_eq!(
        covered_to("2026-01-03T12:00:00Z").start(DAY, now),
        Start::At(at("2026-01-03T06:00:00Z"))
    );
}

#[test]
fn the_overlap_is_at_most_the_lookback() {
    let now = both("2026-01-10T00:00:00Z");
    assert_eq!(
        covered_to("2026-01-03T12:00:00Z").start(Duration::from_hours(1), now),
        Start::At(at("2026-01-03T11:00:00Z"))
    );
}

#[test]
fn a_checkpoint_in_the_future_counts_as_absent() {
    let now = both("2026-01-02T00:00:00Z");
    let window = Window {
        since: Some(at("2027-01-01T00:00:00Z")),
        covered_to: Some(at("2027-01-01T00:00:00Z")),
    };
    assert_eq!(window.start(DAY, now), Start::Lookback);
    assert_eq!(
        window.covered(now.now, now),
        Window {
            since: None,
            covered_to: Some(now.now)
        }
    );
    assert_eq!(
        window.pinned(at("2026-01-01T00:00:00Z"), now).covered_to,
        None
    );
}

#[test]
fn work_left_pins_the_start_until_it_is_done() {
    let first = both("2026-01-02T00:00:00Z");
    let pinned = Window::default().pinned(at("2026-01-01T00:00:00Z"), first);
    let later = both("2026-01-05T00:00:00Z");
    assert_eq!(
        pinned.start(DAY, later),
        Start::At(at("2026-01-01T00:00:00Z"))
    );
    assert_eq!(
        pinned.covered(later.now, later),
        Window {
            since: None,
            covered_to: Some(later.now)
        }
    );
}

#[test]
fn an_overlap_does_not_hide_a_pinned_start() {
    let window = Window {
        since: Some(at("2026-01-03T00:00:00Z")),
        covered_to: Some(at("2026-01-01T12:00:00Z")),
    };
    assert_eq!(
        window.start(DAY, both("2026-01-05T00:00:00Z")),
        Start::At(at("2026-01-01T06:00:00Z"))
    );
}

#[test]
fn the_checkpoint_never_moves_back() {
    let window = covered_to("2026-01-02T00:00:30Z");
    let earlier = both("2026-01-02T00:00:00Z");
    assert_eq!(window.covered(earlier.now, earlier), window);
    // What is continued was listed before.
    let now = both("2026-01-03T00:00:00Z");
    assert_eq!(window.covered(earlier.now, now), window);
}

/// Finding 22: one answer 12 h ahead, then an outage.
#[test]
fn a_date_that_is_wrong_once_moves_no_checkpoint() {
    let local = at("2026-01-02T00:00:00Z");
    for service in [
        "2026-01-02T12:00:00Z",
        "1970-01-01T00:00:00Z",
        "9999-12-30T22:00:00Z",
    ] {
        let moment = Moment::new(local, Some(at(service)));
        assert_eq!(moment.now, local, "{service}");
        let window = covered_to("2026-01-01T23:45:00Z");
        let covered = window.covered(moment.earliest, moment).covered_to.unwrap();
        assert!(
            covered <= local && covered >= at("2026-01-01T23:45:00Z"),
            "{service}"
        );
        // A new feed claims little of a time that is in doubt.
        let new = Window::default().covered(moment.earliest, moment);
        let doubt = local - MOST_BEHIND;
        assert!(
            (doubt..=local).contains(&new.covered_to.unwrap()),
            "{service}"
        );
        let next = new.start(DAY, both("2026-01-02T00:15:00Z"));
        let time = next.time(DAY, both("2026-01-02T00:15:00Z"));
        assert!(time >= doubt - SignedDuration::from_hours(6), "{service}");
    }
}

#[test]
fn whichever_clock_is_wrong_the_window_is_neither_narrower_than_the_lookback_nor_past_the_checkpoint()
 {
    let truth = at("2026-01-10T00:00:00Z");
    for (since_covered, error) in [(0, 24), (0, -24), (48, 24), (48, -240), (48, 240), (3, 2)] {
        let covered = truth - SignedDuration::from_hours(since_covered);
        let window = Window {
            since: None,
            covered_to: Some(covered),
        };
        for (local, service) in [(error, 0), (0, error)] {
            let clock = |hours| truth + SignedDuration::from_hours(hours);
            let moment = Moment::new(clock(local), Some(clock(service)));
            // What the literal means is the service's own business, and its `Date` may be a cache's.
            let begins = match window.start(DAY, moment) {
                Start::Lookback => truth - SignedDuration::from_hours(24),
                Start::At(time) => time,
            };
            let case = format!("{since_covered} {local} {service}");
            assert!(begins <= truth - SignedDuration::from_hours(24), "{case}");
            assert!(begins <= covered, "{case}");
        }
    }
}

#[test]
fn times_at_the_ends_of_the_calendar_do_no_harm() {
    for time in [Timestamp::MIN, Timestamp::MAX] {
        for other in [Timestamp::MIN, Timestamp::MAX, at("2026-01-01T00:00:00Z")] {
            let moment = Moment::new(time, Some(other));
            let window = Window {
                since: Some(other),
                covered_to: Some(time),
            };
            let start = window.start(DAY, moment);
            let _ = start.time(DAY, moment);
            let _ = (
                window.covered(other, moment),
                window.pinned(time, moment),
                window.given_up(DAY, moment),
            );
        }
    }
}

#[test]
fn a_feed_that_gives_up_goes_on_with_its_lookback() {
    let now = both("2026-01-10T00:00:00Z");
    let window = Window {
        since: Some(at("2026-01-01T00:00:00Z")),
        covered_to: Some(at("2026-01-01T06:00:00Z")),
    };
    for hours in [1, 5, 6, 24] {
        let lookback = Duration::from_hours(hours);
        let window = window.given_up(lookback, now);
        assert_eq!(window.start(lookback, now), Start::Lookback, "{hours}");
        assert_eq!(window.given_up(lookback, now), window, "{hours}");
    }
}
