//! From an applied feed to reports in the enclave, and the quiet afterwards.

use axum::http::Request;
use flashpoint_operator::api::{FlashpointFeed, Reason};
use serde_json::{Value, json};

use crate::harness::{SOON, Stage, reason, until};

#[tokio::test]
async fn an_applied_feed_brings_its_reports_to_the_enclave() {
    let stage = Stage::new("first").await;
    stage.reports(24);
    let operator = stage.operator().await;
    stage.feed("cybercrime").await;
    let feed = stage.until_synced("cybercrime").await;
    stage.assert_clean();

    let status = feed.status.clone().unwrap();
    let counts = status.last_sync.clone().unwrap();
    let planted = stage.planted() as u64;
    assert_eq!((counts.total, counts.considered), (24, 24));
    assert_eq!((counts.matched, counts.created), (planted, planted));
    assert_eq!(counts.without_indicators, 24 - planted);
    assert!(!counts.indicators.is_empty());
    assert_eq!(
        (
            status.totals.syncs,
            status.totals.submitted,
            status.totals.failed
        ),
        (1, planted, 0)
    );
    let stages: Vec<_> = status
        .conditions
        .iter()
        .map(|c| (c.type_.as_str(), c.status.as_str()))
        .collect();
    assert_eq!(stages, [("Ready", "True")]);
    assert_eq!(
        status.conditions[0].observed_generation,
        feed.metadata.generation
    );
    assert_eq!(status.consecutive_failures, 0);
    let (attempt, next) = (
        status.last_attempt_time.unwrap().0,
        status.next_sync_time.unwrap().0,
    );
    assert_eq!(status.last_sync_time.unwrap().0, attempt);
    assert_eq!(next.duration_since(attempt).as_secs(), 15 * 60);
    assert!(status.last_submitted_time.is_some());
    assert!(status.window.unwrap().covered_to.is_some());
    assert_eq!(
        status.last_posted_time.unwrap().0.as_second(),
        newest_planted(&stage)
    );

    let submitted = stage.until_event("cybercrime", "Submitted").await;
    assert_eq!(
        submitted.note.unwrap(),
        format!("wrote {planted} reports to the enclave")
    );
    stage.until_event("cybercrime", "Synced").await;
    let metrics = operator.metrics().await;
    let label = format!("{{namespace=\"{}\",name=\"cybercrime\"}}", stage.namespace);
    assert!(
        metrics.contains(&format!("flashpoint_operator_feed_ready{label} 1")),
        "{metrics}"
    );
}

/// The request's line is what existing integrations send, to the letter.
#[tokio::test]
async fn the_listing_is_asked_for_as_the_established_script_does() {
    let stage = Stage::new("line").await;
    stage.reports(3);
    let _operator = stage.operator().await;
    stage.feed("feed").await;
    stage.until_synced("feed").await;
    let listings = stage.listings();
    assert_eq!(listings.len(), 1);
    assert_eq!(
        listings[0].target,
        "/api/v4/reports/?since=-1d&until=now&limit=500&highlight_tag=x-fp-highlight&fragment_size=256"
    );
    let key = stage.flashpoint.api_key();
    assert_eq!(
        listings[0].header("authorization"),
        Some(format!("Bearer {key}").as_str())
    );
}

#[tokio::test]
async fn a_sync_with_nothing_new_costs_one_request_two_gets_and_one_patch() {
    let stage = Stage::new("quiet").await;
    stage.reports(12);
    let begin = stage.audit.mark();
    let _operator = stage.operator().await;
    stage.feed("feed").await;
    let first = stage.until_synced("feed").await;
    stage.until_event("feed", "Synced").await;
    // What a call did is seen before the log tells of it: a mark before that would have the event behind it.
    until("the log tells of the event", SOON, async || {
        let calls = stage.audit.calls_since(begin);
        let told = calls
            .iter()
            .any(|call| call.verb == "create" && call.resource == "events");
        told.then_some(())
    })
    .await;
    let [from_flashpoint, to_trustar] = [
        &stage.flashpoint.controls().record,
        &stage.trustar.controls().record,
    ]
    .map(simulators::record::Record::len);
    let mark = stage.audit.mark();
    stage.fall_due("feed").await;
    let synced_again = |feed: &FlashpointFeed| {
        let status = feed.status.as_ref().unwrap();
        status.totals.syncs == 2 && reason(feed) == Some(Reason::Synced)
    };
    let second = stage.until("feed", SOON, synced_again).await;
    // An event would follow the status.
    stage.request("feed", "wait").await;
    stage.until_handled("feed", "wait").await;

    assert_eq!(
        stage.flashpoint.controls().record.len(),
        from_flashpoint + 2
    );
    assert_eq!(stage.trustar.controls().record.len(), to_trustar);
    let once = [
        "get flashpointledgers",
        "get secrets",
        "patch flashpointfeeds/status",
    ];
    let twice: Vec<_> = once.iter().flat_map(|name| [*name, *name]).collect();
    let logged = async || {
        let calls = stage.audit.calls_since(mark);
        (calls.len() >= twice.len()).then_some(calls)
    };
    let calls = until("the log tells of every call", SOON, logged).await;
    let mut names: Vec<_> = calls
        .iter()
        .map(|call| format!("{} {}", call.verb, call.resource))
        .collect();
    names.sort_unstable();
    assert_eq!(names, twice);
    let [first, second] = [first, second].map(|feed| feed.status.unwrap());
    assert_eq!(
        second.last_sync.unwrap().unchanged,
        first.last_sync.unwrap().created
    );
    assert_eq!(second.totals.submitted, first.totals.submitted);
    assert_eq!(second.last_submitted_time, first.last_submitted_time);
}

#[tokio::test]
async fn a_listing_of_feeds_shows_what_people_look_for() {
    let stage = Stage::new("columns").await;
    stage.reports(8);
    let _operator = stage.operator().await;
    stage.feed("feed").await;
    stage.until_synced("feed").await;
    let request = Request::get(format!(
        "/apis/flashpoint-operator.dev/v1alpha1/namespaces/{}/flashpointfeeds",
        stage.namespace
    ))
    .header("accept", "application/json;as=Table;v=v1;g=meta.k8s.io")
    .body(Vec::new())
    .unwrap();
    let table: Value = stage.client.request(request).await.unwrap();
    let columns = table["columnDefinitions"].as_array().unwrap();
    let names: Vec<_> = columns
        .iter()
        .map(|column| column["name"].as_str().unwrap())
        .collect();
    let expected = [
        "Name",
        "Enclave",
        "Server",
        "Interval",
        "Suspended",
        "Ready",
        "Reason",
        "Submitted",
        "Last Posted",
        "Last Sync",
        "Age",
        "Message",
    ];
    assert_eq!(names, expected);
    let wide: Vec<_> = columns
        .iter()
        .filter(|column| column["priority"] == 1)
        .map(|column| column["name"].as_str().unwrap())
        .collect();
    assert_eq!(wide, ["Enclave", "Server", "Suspended", "Message"]);
    let cells = &table["rows"][0]["cells"];
    assert_eq!((&cells[5], &cells[6]), (&json!("True"), &json!("Synced")));
    assert_eq!(cells[7], json!(stage.planted()));
    assert!(
        cells[11]
            .as_str()
            .unwrap()
            .starts_with("8 reports considered")
    );
}

/// When the newest report of those that belong in the enclave was posted, in seconds since 1970.
fn newest_planted(stage: &Stage) -> i64 {
    let reports = stage.flashpoint.reports();
    let planted = reports.iter().filter(|report| !report.planted.is_empty());
    planted
        .map(|report| report.posted_at.as_second())
        .max()
        .unwrap()
}
