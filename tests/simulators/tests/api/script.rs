//! Flashpoint's listing while it changes between two of its answers.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use simulators::Server;
use simulators::flashpoint::{Answers, Change, Difference, Flashpoint, Moment, Total};
use simulators::reports::Report;

use crate::client::send;

fn report(id: u32) -> Report {
    let posted = Timestamp::now() - SignedDuration::from_mins(i64::from(id));
    let fields = json!({"id": id.to_string(), "title": "t", "posted_at": posted.to_string()});
    Report::new(&fields, Vec::new())
}

/// Reports 0, 1, 2, … the newest first.
async fn flashpoint(reports: u32) -> Server<Flashpoint> {
    let server = simulators::start(Flashpoint::default()).await.unwrap();
    (0..reports).for_each(|id| server.put(report(id)));
    server
}

/// A page of at most 2: its ids and `total`.
async fn page(server: &Server<Flashpoint>, skip: usize) -> (String, Value) {
    let key = format!("Bearer {}", server.api_key());
    let headers = [("authorization", key.as_str())];
    let target = format!("/api/v4/reports/?since=-1d&limit=2&skip={skip}");
    let page = send(server.address(), "GET", &target, &headers, b"").await;
    let page = page.json();
    let data = page["data"].as_array().unwrap();
    assert_eq!(page["count"], data.len());
    let ids: Vec<_> = data.iter().map(|r| r["id"].as_str().unwrap()).collect();
    (ids.join(" "), page["total"].clone())
}

#[tokio::test]
async fn reports_go_come_and_change_between_two_answers() {
    let server = flashpoint(4).await;
    let retitled = [("title".to_owned(), json!("edited"))];
    server.script(Moment::After(1), Change::Remove("0".to_owned()));
    server.script(Moment::Before(3), Change::Put(report(0)));
    let edit = Change::Edit("3".to_owned(), retitled.into_iter().collect());
    server.script(Moment::After(3), edit);
    assert_eq!(page(&server, 0).await, ("0 1".to_owned(), json!(4)));
    assert_eq!(page(&server, 2).await, ("3".to_owned(), json!(3)));
    assert_eq!(server.report("3").unwrap().fields()["title"], "t");
    assert_eq!(page(&server, 2).await, ("2 3".to_owned(), json!(4)));
    assert_eq!(server.report("3").unwrap().fields()["title"], "edited");
    assert_eq!(page(&server, 0).await, ("0 1".to_owned(), json!(4)));
}

#[tokio::test]
async fn answers_are_short_or_lie_when_told_to() {
    let server = flashpoint(4).await;
    let by = |at_most, total| Difference { at_most, total };
    server.differ(Answers::Nth(2), by(Some(0), None));
    server.differ(Answers::From(3), by(None, Some(Total::Says(usize::MAX))));
    server.differ(Answers::Nth(4), by(Some(1), Some(Total::OffBy(-1))));
    let absurd = json!(usize::MAX);
    for (ids, total) in [
        ("0 1", json!(4)),
        ("", json!(4)),
        ("0 1", absurd.clone()),
        ("0", json!(3)),
        ("0 1", absurd),
    ] {
        assert_eq!(page(&server, 0).await, (ids.to_owned(), total));
    }
    server.clear_script();
    assert_eq!(page(&server, 0).await, ("0 1".to_owned(), json!(4)));
}

#[tokio::test]
async fn the_script_is_written_from_outside_too() {
    let server = flashpoint(3).await;
    let post = async |line: Value| {
        let body = line.to_string();
        send(
            server.address(),
            "POST",
            "/_sim/script",
            &[],
            body.as_bytes(),
        )
        .await
        .status
    };
    let late = Report::new(&Value::Object(report(1).fields()), Vec::new());
    let late = serde_json::from_slice::<Value>(&late.json).unwrap();
    for line in [
        json!({"change": {"at": {"after": 1}, "to": {"remove": "1"}}}),
        json!({"change": {"at": {"before": 3}, "to": {"put": {"report": late}}}}),
        json!({"change": {"at": {"before": 1}, "to": {"edit": ["2", {"title": "edited"}]}}}),
        json!({"differ": {"answers": {"nth": 2}, "by": {"at_most": 1, "total": {"off_by": 2}}}}),
    ] {
        assert_eq!(post(line.clone()).await, 204, "{line}");
    }
    assert_eq!(post(json!({"change": {"at": {"after": 1}}})).await, 400);
    assert_eq!(page(&server, 0).await, ("0 1".to_owned(), json!(3)));
    assert_eq!(server.report("2").unwrap().fields()["title"], "edited");
    assert_eq!(page(&server, 0).await, ("0".to_owned(), json!(4)));
    assert_eq!(page(&server, 0).await, ("0 1".to_owned(), json!(3)));
    server.differ(Answers::From(1), Difference::default());
    let cleared = send(server.address(), "DELETE", "/_sim/script", &[], b"").await;
    assert_eq!(cleared.status, 204);
}
