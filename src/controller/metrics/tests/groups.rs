//! The series of all feeds together.

use super::*;

/// A Ready condition of this status and reason, which changed at this second since 1970.
fn ready(status: &str, reason: &str, changed: u32) -> Value {
    json!({
        "type": "Ready", "status": status, "reason": reason, "message": "",
        "lastTransitionTime": format!("1970-01-01T00:00:{changed:02}Z"),
    })
}

/// Feeds in each state, of two destinations.
fn fleet(stage: &mut Stage) {
    let synced = |began: u32, backlog: u64| {
        json!({
            "conditions": [ready("True", "Synced", 0)],
            "lastSyncTime": format!("1970-01-01T00:00:{began:02}Z"),
            "lastSync": {"backlog": backlog, "failed": 1},
        })
    };
    stage.apply("a", &json!({}), &synced(20, 3));
    stage.apply("b", &json!({"interval": "30m"}), &synced(10, 4));
    stage.metrics.remembers("a", 7);
    stage.metrics.remembers("b", 8);
    let misp = json!({"enclaveId": null, "destination": {"misp": {"server": "main"}}});
    let down = |changed| ready("False", "DestinationUnavailable", changed);
    stage.apply("c", &misp, &json!({"conditions": [down(30)]}));
    let wrote = json!({"conditions": [down(10)], "lastSubmittedTime": "1970-01-01T00:00:40Z"});
    stage.apply("d", &misp, &wrote);
    let stalled = json!({"type": "Stalled", "status": "True", "reason": "", "message": "",
        "lastTransitionTime": "1970-01-01T00:00:00Z"});
    let refused = [ready("False", "FlashpointUnauthorized", 5), stalled];
    stage.apply("e", &json!({}), &json!({"conditions": refused}));
    stage.apply("f", &json!({"interval": "never"}), &json!({}));
    stage.apply("g", &json!({"suspend": true}), &synced(0, 0));
    stage.apply("h", &json!({}), &json!({}));
}

#[test]
fn feeds_are_counted_by_how_they_stand() {
    let mut stage = Stage::new();
    fleet(&mut stage);
    let expected = [
        "state=\"Ready\",reason=\"Synced\",destination=\"trustar\"} 2",
        "state=\"Reconciling\",destination=\"trustar\"} 1",
        "state=\"Reconciling\",reason=\"DestinationUnavailable\",destination=\"misp\"} 2",
        "state=\"Stalled\"} 1",
        "state=\"Stalled\",reason=\"FlashpointUnauthorized\",destination=\"trustar\"} 1",
        "state=\"Suspended\",reason=\"Synced\",destination=\"trustar\"} 1",
    ]
    .map(|series| format!("flashpoint_operator_feeds{{{series}"));
    assert_eq!(stage.series("_feeds{"), expected);
}

#[test]
fn groups_have_the_worst_and_the_sum_of_their_feeds() {
    let mut stage = Stage::new();
    fleet(&mut stage);
    let told = |name: &str, group: &str| {
        let series = stage.series(&format!("flashpoint_operator_feeds_{name}{{"));
        let series = series.iter().find(|series| series.contains(group));
        series.and_then(|series| Some(series.split_once("} ")?.1.to_owned()))
    };
    let is = |value: &str| Some(value.to_owned());
    // A report that was written is some way on.
    let down = "reason=\"DestinationUnavailable\"";
    assert_eq!(told("unready_timestamp_seconds", down), is("30"));
    assert_eq!(told("unready_timestamp_seconds", "state=\"Ready\""), None);
    let synced = "state=\"Ready\",reason=\"Synced\"";
    assert_eq!(told("backlog", synced), is("7"));
    assert_eq!(told("failed_reports", synced), is("2"));
    assert_eq!(told("fullest_ledger_entries", synced), is("8"));
    // Of the two the one with the shorter interval is further behind.
    let behind: f64 = told("oldest_sync_intervals", synced)
        .unwrap()
        .parse()
        .unwrap();
    let now = jiff::Timestamp::now().as_second() - 20;
    #[expect(clippy::cast_precision_loss, reason = "seconds to compare")]
    let expected = now as f64 / 900.0;
    assert!((behind - expected).abs() < 0.1, "{behind} {expected}");
    assert_eq!(told("oldest_sync_intervals", "state=\"Suspended\""), None);
}

#[test]
fn without_series_of_feeds_none_names_a_feed_and_those_of_all_are_the_same() {
    let (mut with, mut without) = (Stage::new(), Stage::showing(false));
    fleet(&mut with);
    fleet(&mut without);
    assert!(with.series("name=\"").len() > 20);
    assert!(without.series("name=\"").is_empty());
    let of_all = |stage: &Stage| {
        let mut series = stage.series("flashpoint_operator_feeds");
        // It goes on between two scrapes.
        series.retain(|series| !series.contains("_oldest_sync_intervals{"));
        series
    };
    assert_eq!(of_all(&with), of_all(&without));
    let counts = Counts {
        created: 2,
        ..Counts::default()
    };
    without.metrics.counted("a", &Counts::default(), &counts);
    assert!(
        without
            .series("outcome=\"created\"")
            .concat()
            .ends_with("} 2")
    );
}
