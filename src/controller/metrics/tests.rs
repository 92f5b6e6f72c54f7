#![allow(clippy::unwrap_used, reason = "tests")]
use super::*;

fn feed(name: &str) -> Feed {
    Feed {
        namespace: "intel".to_owned(),
        name: name.to_owned(),
    }
}

/// The series served that hold this text.
fn series(metrics: &Metrics, text: &str) -> Vec<String> {
    let served = metrics.encode(Format::Text).unwrap();
    let series = served.lines().filter(|line| line.contains(text));
    series.map(str::to_owned).collect()
}

fn everything(metrics: &Metrics, feed: &Feed) {
    let standing = Standing {
        interval: Some(1),
        last_sync: Some(1),
        last_posted: Some(1),
        ..Standing::default()
    };
    metrics.stands(feed, &standing);
    metrics.late(feed, Duration::from_secs(1));
    metrics.remembers(feed, 1);
    metrics.synced(feed, "Synced", Duration::from_secs(1));
    let mut counts = Counts {
        created: 1,
        ..Counts::default()
    };
    counts.indicators.insert(IndicatorType::Ip, 1);
    metrics.counted(feed, &Counts::default(), &counts);
}

#[test]
fn all_series_of_a_feed_end_with_it_and_no_others() {
    let metrics = Metrics::default();
    everything(&metrics, &feed("gone"));
    everything(&metrics, &feed("stays"));
    let count = series(&metrics, "name=\"gone\"").len();
    // Ten gauges, and the counters by reason, outcome and type.
    assert_eq!(count, 10 + (Reason::ALL.len() - 1) + OUTCOMES.len() + 9);
    metrics.keep_only(|feed| feed.name == "stays");
    assert!(series(&metrics, "name=\"gone\"").is_empty());
    assert_eq!(series(&metrics, "name=\"stays\"").len(), count);
}

#[test]
fn a_feed_that_starts_anew_has_no_time_of_a_sync() {
    let metrics = Metrics::default();
    everything(&metrics, &feed("edited"));
    metrics.stands(&feed("edited"), &Standing::default());
    assert!(series(&metrics, "_timestamp_seconds{").is_empty());
}

#[test]
fn counters_begin_at_zero_and_go_on_from_there() {
    let metrics = Metrics::default();
    metrics.stands(&feed("a"), &Standing::default());
    let told = |text| series(&metrics, text).concat();
    for begun in ["result=\"Synced\"", "outcome=\"failed\"", "type=\"IP\""] {
        assert!(told(begun).ends_with("} 0"), "{}", told(begun));
    }
    everything(&metrics, &feed("a"));
    metrics.stands(&feed("a"), &Standing::default());
    for counted in ["result=\"Synced\"", "outcome=\"created\"", "type=\"IP\""] {
        assert!(told(counted).ends_with("} 1"), "{}", told(counted));
    }
    assert_eq!(told("result=\"Suspended\""), "");
}
