use futures::TryStreamExt as _;
use kube::runtime::watcher::Event;
use serde_json::{Value, json};
use tokio::sync::Semaphore;

use super::*;
use crate::controller::store::Keeper;

mod groups;
mod reading;

/// Feeds that are watched, and the metrics that show them.
struct Stage {
    metrics: Metrics,
    memory: Arc<Memory>,
    writer: Keeper,
}

impl Stage {
    fn new() -> Self {
        Self::showing(true)
    }

    /// With or without series of each feed.
    fn showing(by_feed: bool) -> Self {
        let (store, writer) = Store::new();
        let (metrics, memory) = (Metrics::new(by_feed), Arc::new(Memory::default()));
        metrics.show_feeds(vec![store], memory.clone());
        Self {
            metrics,
            memory,
            writer,
        }
    }

    fn apply(&mut self, name: &str, spec: &Value, status: &Value) {
        let feed = serde_json::from_value(feed(name, spec, status)).unwrap();
        self.writer.apply(Event::Apply(feed));
    }

    fn delete(&mut self, name: &str) {
        let feed = serde_json::from_value(feed(name, &json!({}), &json!({}))).unwrap();
        self.writer.apply(Event::Delete(feed));
    }

    /// A feed with a value for each of its series.
    fn apply_with_everything(&mut self, name: &str) {
        let status = json!({
            "lastSyncTime": "1970-01-01T00:00:01Z",
            "lastPostedTime": "1970-01-01T00:00:02Z",
            "lastSubmittedTime": "1970-01-01T00:00:03Z",
            "lastSync": {"backlog": 3, "failed": 10},
            "consecutiveFailures": 4,
            "conditions": [{
                "type": "Ready", "status": "True", "reason": "Synced", "message": "",
                "lastTransitionTime": "1970-01-01T00:00:00Z",
            }],
        });
        self.apply(name, &json!({}), &status);
        self.metrics.late(name, Duration::from_millis(5));
        self.metrics.remembers(name, 6);
        let counts = Counts {
            created: 7,
            updated: 8,
            failed: 9,
            ..Counts::default()
        };
        self.metrics.counted(name, &Counts::default(), &counts);
    }

    /// A scrape that may go on until it is dropped.
    fn scrape(&self, format: Format) -> impl Stream<Item = Result<String, Cut>> + use<> {
        let slots = Arc::new(Semaphore::new(1));
        self.metrics
            .scrape(format, slots.try_acquire_owned().unwrap())
    }

    /// A whole scrape.
    fn text(&self, format: Format) -> String {
        let runtime = tokio::runtime::Builder::new_current_thread();
        let runtime = { runtime }.enable_time().build().unwrap();
        runtime.block_on(async { self.scrape(format).try_collect().await.unwrap() })
    }

    /// The series served that hold this text.
    fn series(&self, text: &str) -> Vec<String> {
        let served = self.text(Format::Text);
        let series = served.lines().filter(|line| line.contains(text));
        series.map(str::to_owned).collect()
    }
}

/// A feed whose UID is its name.
fn feed(name: &str, spec: &Value, status: &Value) -> Value {
    let mut whole = json!({"secretRef": {"name": "secret"}, "enclaveId": "enclave"});
    for (key, value) in spec.as_object().unwrap() {
        whole[key] = value.clone();
    }
    json!({
        "apiVersion": "flashpoint-operator.dev/v1alpha1",
        "kind": "FlashpointFeed",
        "metadata": {"namespace": "intel", "name": name, "uid": name, "resourceVersion": "1"},
        "spec": whole,
        "status": status,
    })
}

#[test]
fn each_series_of_a_feed_has_its_value() {
    let mut stage = Stage::new();
    stage.apply_with_everything("all");
    let expected = [
        "feed_ready{namespace=\"intel\",name=\"all\"} 1",
        "feed_interval_seconds{namespace=\"intel\",name=\"all\"} 900",
        "feed_last_sync_timestamp_seconds{namespace=\"intel\",name=\"all\"} 1",
        "feed_last_posted_timestamp_seconds{namespace=\"intel\",name=\"all\"} 2",
        "feed_last_submitted_timestamp_seconds{namespace=\"intel\",name=\"all\"} 3",
        "feed_lateness_seconds{namespace=\"intel\",name=\"all\"} 0.005",
        "feed_backlog{namespace=\"intel\",name=\"all\"} 3",
        "feed_failed_reports{namespace=\"intel\",name=\"all\"} 10",
        "feed_consecutive_failures{namespace=\"intel\",name=\"all\"} 4",
        "ledger_entries{namespace=\"intel\",name=\"all\"} 6",
        "feed_reason{namespace=\"intel\",name=\"all\",reason=\"Synced\",destination=\"trustar\"} 1",
        "feed_submitted_reports_total{namespace=\"intel\",name=\"all\"} 15",
    ]
    .map(|series| format!("flashpoint_operator_{series}"));
    assert_eq!(stage.series("name=\"all\""), expected);
}

#[test]
fn what_is_zero_for_most_feeds_appears_with_its_first_value_and_stays() {
    let mut stage = Stage::new();
    let status = json!({
        "lastSync": {"backlog": 3, "failed": 10},
        "consecutiveFailures": 4,
        "conditions": [{
            "type": "Stalled", "status": "True", "reason": "Synced", "message": "",
            "lastTransitionTime": "1970-01-01T00:00:00Z",
        }],
    });
    let seldom = |stage: &Stage| {
        let series = stage.series("name=\"a\"");
        let values = series.iter().filter_map(|series| {
            let (name, value) = series.split_once("{namespace=\"intel\",name=\"a\"} ")?;
            let names = [
                "stalled",
                "suspended",
                "backlog",
                "failed_reports",
                "failures",
            ];
            names
                .iter()
                .any(|seldom| name.ends_with(seldom))
                .then_some(value)
        });
        values.collect::<Vec<_>>().join(" ")
    };
    stage.apply("a", &json!({}), &json!({}));
    assert_eq!(seldom(&stage), "");
    stage.apply("a", &json!({"suspend": true}), &status);
    assert_eq!(seldom(&stage), "1 1 3 10 4");
    stage.apply("a", &json!({}), &json!({}));
    assert_eq!(seldom(&stage), "0 0 0 0 0");
}

#[test]
fn all_series_of_a_feed_end_with_it_and_no_others() {
    let mut stage = Stage::new();
    stage.apply_with_everything("gone");
    stage.apply_with_everything("stays");
    let count = stage.series("name=\"stays\"").len();
    stage.delete("gone");
    assert!(stage.series("name=\"gone\"").is_empty());
    stage.metrics.keep_only(|uid| uid == "stays");
    assert_eq!(stage.series("name=\"stays\"").len(), count);
    let submitted = stage.series("feed_submitted_reports_total{");
    assert!(submitted.concat().ends_with("} 15"));
    // Another feed of that name.
    stage.apply("gone", &json!({}), &json!({}));
    let anew = stage.series("name=\"gone\"").join("\n");
    assert!(
        anew.contains("submitted_reports_total{namespace=\"intel\",name=\"gone\"} 0")
            && !anew.contains("lateness"),
        "{anew}"
    );
}

#[test]
fn a_feed_that_starts_anew_has_no_time_of_a_sync() {
    let mut stage = Stage::new();
    stage.apply_with_everything("edited");
    assert_eq!(stage.series("_timestamp_seconds{").len(), 3);
    stage.apply("edited", &json!({}), &json!({}));
    assert!(stage.series("_timestamp_seconds{").is_empty());
}

#[test]
fn a_feed_that_cannot_be_read_waits_for_a_person() {
    let mut stage = Stage::new();
    stage.apply("a", &json!({"interval": "never"}), &json!({}));
    stage.apply("b", &json!({"limit": "many"}), &json!({}));
    for name in ["a", "b"] {
        let told = stage.series(&format!("name=\"{name}\"")).join("\n");
        let stalled = format!("feed_stalled{{namespace=\"intel\",name=\"{name}\"}} 1");
        assert!(
            told.contains(&stalled) && !told.contains("interval"),
            "{told}"
        );
    }
}

#[test]
fn the_reason_goes_by_destination_and_is_one_of_ours() {
    let mut stage = Stage::new();
    let taxii = json!({"taxii": {"server": "hub", "collection": "reports"}});
    let misp = json!({"misp": {"server": "main"}});
    for (name, destination) in [("taxii", taxii), ("misp", misp)] {
        let spec = json!({"enclaveId": null, "destination": destination});
        for (reason, shown) in [
            ("DestinationUnavailable", Some("DestinationUnavailable")),
            ("LedgerFull", Some("LedgerFull")),
            ("somebody's text", None),
        ] {
            let ready = json!({
                "type": "Ready", "status": "False", "reason": reason, "message": "",
                "lastTransitionTime": "1970-01-01T00:00:00Z",
            });
            stage.apply(name, &spec, &json!({"conditions": [ready]}));
            let told = stage.series(&format!("feed_reason{{namespace=\"intel\",name=\"{name}\""));
            let expected = shown.map(|reason| {
                format!("name=\"{name}\",reason=\"{reason}\",destination=\"{name}\"}} 1")
            });
            assert_eq!(told.len(), usize::from(expected.is_some()), "{told:?}");
            assert!(
                expected.is_none_or(|expected| told.concat().ends_with(&expected)),
                "{told:?}"
            );
        }
    }
}

#[test]
fn a_status_that_the_watch_does_not_show_yet_is_shown() {
    let mut stage = Stage::new();
    stage.apply("a", &json!({}), &json!({}));
    let mut told = feed("a", &json!({}), &json!({"consecutiveFailures": 2}));
    told["metadata"]["resourceVersion"] = "2".into();
    stage.memory.remember(serde_json::from_value(told).unwrap());
    let failures = stage.series("feed_consecutive_failures{").concat();
    assert!(failures.ends_with("} 2"), "{failures}");
}

#[test]
fn counters_begin_at_zero_and_go_on_from_there() {
    let mut stage = Stage::new();
    stage.apply("a", &json!({}), &json!({}));
    let told = |stage: &Stage, text: &str| stage.series(text).concat();
    let submitted = "feed_submitted_reports_total{";
    let begun = [
        "result=\"Synced\"",
        "outcome=\"failed\"",
        "type=\"IP\"",
        submitted,
    ];
    for begun in begun {
        let told = told(&stage, begun);
        assert!(told.ends_with("} 0"), "{told}");
    }
    let mut counts = Counts {
        created: 1,
        ..Counts::default()
    };
    counts.indicators.insert(IndicatorType::Ip, 1);
    stage.metrics.counted("a", &Counts::default(), &counts);
    // The same sync goes on.
    stage.metrics.counted("a", &counts, &counts);
    stage.metrics.synced("Synced", Duration::from_secs(1));
    let counted = [
        "result=\"Synced\"",
        "outcome=\"created\"",
        "type=\"IP\"",
        submitted,
    ];
    for counted in counted {
        let told = told(&stage, counted);
        assert!(told.ends_with("} 1"), "{told}");
    }
    assert_eq!(told(&stage, "result=\"Suspended\""), "");
}
