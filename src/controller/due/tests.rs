//! When feeds are due, and when again.
use super::*;

const QUARTER: Duration = Duration::from_mins(15);

fn now() -> Timestamp {
    "2026-01-01T12:00:00Z".parse().unwrap()
}

fn synced() -> Observed {
    Observed {
        generation: 2,
        told_generation: 2,
        interval: QUARTER,
        last_attempt: Some(now() - SignedDuration::from_mins(5)),
        next_sync: Some(now() + SignedDuration::from_mins(10)),
        ..Observed::default()
    }
}

#[test]
fn a_feed_no_controller_has_seen_is_due() {
    let new = Observed {
        generation: 1,
        told_generation: -1,
        ..Observed::default()
    };
    assert_eq!(due(&new, now()), Due::Sync { forced: false });
}

#[test]
fn a_synced_feed_is_due_when_its_time_has_come() {
    assert_eq!(due(&synced(), now()), Due::In(Duration::from_mins(10)));
    assert_eq!(
        due(&synced(), now() + SignedDuration::from_mins(10)),
        Due::Sync { forced: false }
    );
}

#[test]
fn an_edit_makes_it_due_and_a_status_of_another_generation_is_not_trusted() {
    assert_eq!(
        due(
            &Observed {
                generation: 3,
                ..synced()
            },
            now()
        ),
        Due::Sync { forced: false }
    );
}

#[test]
fn an_annotation_forces_one_sync() {
    let asked = Observed {
        requested_at: Some("a".into()),
        ..synced()
    };
    assert_eq!(due(&asked, now()), Due::Sync { forced: true });
    let handled = Observed {
        handled_request: Some("a".into()),
        ..asked.clone()
    };
    assert_eq!(due(&handled, now()), Due::In(Duration::from_mins(10)));
    let again = Observed {
        requested_at: Some("b".into()),
        ..handled
    };
    assert_eq!(due(&again, now()), Due::Sync { forced: true });
}

#[test]
fn a_suspended_feed_is_told_so_once() {
    let suspended = Observed {
        suspend: true,
        generation: 3,
        ..synced()
    };
    assert_eq!(due(&suspended, now()), Due::Suspend);
    let told = Observed {
        told_generation: 3,
        requested_at: Some("a".into()),
        ..suspended
    };
    assert_eq!(
        due(&told, now() + SignedDuration::from_hours(9)),
        Due::Nothing
    );
}

#[test]
fn a_clock_that_was_set_back_makes_it_due() {
    assert_eq!(
        due(&synced(), now() - SignedDuration::from_hours(24)),
        Due::Sync { forced: false }
    );
}

#[test]
fn a_next_sync_further_away_than_any_is_no_reason_to_wait() {
    let monthly = Duration::from_hours(30 * 24);
    let next_in = |hours: i64, interval| {
        let next_sync = Some(now() + SignedDuration::from_hours(hours));
        due(
            &Observed {
                interval,
                next_sync,
                ..synced()
            },
            now(),
        )
    };
    assert_eq!(next_in(25, QUARTER), Due::Sync { forced: false });
    assert_eq!(next_in(24, QUARTER), Due::In(Duration::from_hours(24)));
    assert_eq!(next_in(30 * 24, monthly), Due::In(monthly));
}

#[test]
fn a_feed_that_waits_for_its_secret_looks_every_ten_seconds_and_later_every_minute() {
    let pause = |minutes, jitter| {
        let waits = Observed {
            waits_since: Some(now() - SignedDuration::from_mins(minutes)),
            jitter,
            ..synced()
        };
        match due(&waits, now()) {
            Due::Secret(pause) => pause.as_secs(),
            other => panic!("{other:?}"),
        }
    };
    assert_eq!([pause(0, 0.5), pause(2, 1.0)], [10, 10]);
    assert_eq!(
        [pause(3, 0.0), pause(5, 0.5), pause(600, 1.0)],
        [48, 60, 72]
    );
}

#[test]
fn pauses_after_faults_double_up_to_the_interval() {
    let pause = |failures| {
        after_fault(now(), Duration::from_mins(1), failures, 0.5, None)
            .duration_since(now())
            .as_secs()
    };
    assert_eq!([0, 1, 2, 3, 4, 9].map(pause), [5, 10, 20, 40, 60, 60]);
}

#[test]
fn a_long_interval_is_not_waited_for_after_one_retry_in_vain() {
    let minutes = |interval| {
        [0, 1, 2, 3, 4, 5, 60].map(|failures| {
            let next = after_fault(now(), Duration::from_mins(interval), failures, 0.5, None);
            next.duration_since(now()).as_mins()
        })
    };
    assert_eq!(minutes(31), [5, 31, 31, 31, 31, 31, 31]);
    assert_eq!(minutes(60), [5, 60, 60, 60, 60, 60, 60]);
    assert_eq!(minutes(180), [5, 60, 120, 180, 180, 180, 180]);
    assert_eq!(minutes(30 * 24 * 60), [5, 60, 120, 240, 360, 360, 360]);
    let first = |jitter| {
        let next = after_fault(now(), Duration::from_hours(24), 0, jitter, None);
        next.duration_since(now()).as_mins()
    };
    assert_eq!((first(0.0), first(1.0)), (4, 6));
}

#[test]
fn jitter_is_a_fifth_either_way() {
    let pause = |jitter| after_fault(now(), QUARTER, 3, jitter, None).duration_since(now());
    assert_eq!(pause(0.0).as_secs(), 32);
    assert_eq!(pause(1.0).as_secs(), 48);
}

#[test]
fn a_service_that_says_when_is_obeyed() {
    let next = after_fault(now(), QUARTER, 0, 0.5, Some(Duration::from_hours(2)));
    assert_eq!(next, now() + SignedDuration::from_hours(2));
    let next = after_fault(now(), QUARTER, 0, 0.5, Some(Duration::from_secs(1)));
    assert_eq!(next, now() + SignedDuration::from_secs(5));
}

#[test]
fn over_an_hour_a_failing_feed_tries_at_most_twice_as_often_as_a_healthy_one() {
    for minutes in [1, 5, 15, 29, 30, 31, 45, 59, 60, 61, 360, 43_200] {
        let interval = Duration::from_mins(minutes);
        let (mut time, mut tries) = (now(), 0_u64);
        while time < now() + SignedDuration::from_hours(1) {
            time = after_fault(time, interval, tries, 0.0, None);
            tries += 1;
        }
        let healthy = 60_u64.div_ceil(minutes);
        assert!(
            tries <= 2 * healthy,
            "{minutes} min: {tries} tries, a healthy feed {healthy}"
        );
    }
}

#[test]
fn looks_at_what_a_person_must_mend_double_to_six_hours() {
    let pause = |failures| {
        after_person(now(), Duration::from_mins(1), failures)
            .duration_since(now())
            .as_mins()
    };
    assert_eq!([0, 1, 2, 5, 60].map(pause), [15, 30, 60, 360, 360]);
    let daily = after_person(now(), Duration::from_hours(24), 3);
    assert_eq!(daily, now() + SignedDuration::from_hours(24));
}
