//! MISP's ways: what it refuses, what it drops, and what stays when it fails.

use serde_json::{Value, json};
use simulators::Server;
use simulators::misp::{KEY, Misp};

use crate::client::{Reply, send};

const EVENT: &str = "172a3cf2-c82a-570a-88f7-e2066af83f04";
const FIRST: &str = "00000000-0000-4000-8000-000000000001";
const SECOND: &str = "00000000-0000-4000-8000-000000000002";

async fn start() -> Server<Misp> {
    simulators::start(Misp::default()).await.unwrap()
}

async fn call(server: &Server<Misp>, method: &str, target: &str, body: &Value) -> Reply {
    let headers = [
        ("authorization", KEY),
        ("accept", "application/json"),
        ("content-type", "application/json"),
    ];
    let body = if body.is_null() {
        String::new()
    } else {
        body.to_string()
    };
    send(server.address(), method, target, &headers, body.as_bytes()).await
}

fn attribute(uuid: &str, kind: &str, value: &str) -> Value {
    json!({"uuid": uuid, "type": kind, "value": value, "timestamp": "1000"})
}

fn event(timestamp: i64, attributes: &[Value]) -> Value {
    json!({"Event": {"uuid": EVENT, "info": "i", "timestamp": timestamp.to_string(), "Attribute": attributes}})
}

fn values(reply: &Reply) -> Vec<String> {
    let attributes = reply.json()["Event"]["Attribute"].clone();
    let attributes = attributes.as_array().unwrap().iter();
    attributes
        .map(|one| one["value"].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn what_is_not_asked_as_rest_goes_to_the_login_page() {
    let server = start().await;
    for headers in [
        &[("authorization", KEY)][..],
        &[("accept", "*/*"), ("authorization", KEY)],
    ] {
        let reply = send(server.address(), "GET", "/users/view/me", headers, b"").await;
        assert_eq!(reply.status, 302);
        assert!(reply.header("location").unwrap().ends_with("/users/login"));
    }
    let reply = send(
        server.address(),
        "GET",
        "/users/view/me.json",
        &[("authorization", KEY)],
        b"",
    )
    .await;
    assert_eq!(reply.status, 200);
    server.configure(|settings| settings.maintenance = true);
    assert_eq!(
        call(&server, "GET", "/users/view/me", &Value::Null)
            .await
            .status,
        302
    );
}

#[tokio::test]
async fn a_bearer_token_is_no_key() {
    let server = start().await;
    let bearer = format!("Bearer {KEY}");
    let headers = [
        ("authorization", bearer.as_str()),
        ("accept", "application/json"),
    ];
    let reply = send(server.address(), "GET", "/users/view/me", &headers, b"").await;
    assert_eq!(reply.status, 403);
    server.configure(|settings| settings.read_only_key = true);
    let me = call(&server, "GET", "/users/view/me", &Value::Null).await;
    assert_eq!(me.json()["Role"]["perm_add"], true);
    assert_eq!(
        call(&server, "POST", "/events/add", &event(1, &[]))
            .await
            .status,
        403
    );
}

#[tokio::test]
async fn attributes_are_dropped_in_silence_and_values_normalised() {
    let server = start().await;
    let mut twin = attribute(
        "00000000-0000-4000-8000-000000000009",
        "domain",
        "A.example",
    );
    twin["category"] = json!("Financial fraud");
    let sent = [
        attribute(FIRST, "domain", "EVIL.example."),
        attribute(FIRST, "domain", "same-uuid.example"),
        attribute(SECOND, "domain", "evil.example"),
        attribute(
            "00000000-0000-4000-8000-000000000003",
            "ip-dst",
            "2001:DB8:0::1",
        ),
        attribute(
            "00000000-0000-4000-8000-000000000004",
            "ip-dst",
            "1.2.3.4:80",
        ),
        attribute(
            "00000000-0000-4000-8000-000000000005",
            "vulnerability",
            "CVE-2024-1",
        ),
        attribute("00000000-0000-4000-8000-000000000006", "eth", "0x0"),
        attribute(
            "00000000-0000-4000-8000-000000000007",
            "malware-type",
            "Bad🙂",
        ),
        attribute("00000000-0000-4000-8000-000000000008", "sha256", "abc"),
        twin,
    ];
    let reply = call(&server, "POST", "/events/add", &event(1, &sent)).await;
    assert_eq!(reply.status, 200);
    assert_eq!(values(&reply), ["evil.example", "2001:db8::1", "Bad?"]);
    assert_eq!(
        reply.json()["Event"]["timestamp"],
        "1",
        "numbers are strings"
    );
    assert!(reply.json()["Event"].get("Tag").is_none());
    // A UUID that any event has is taken by no other.
    let mut other = event(1, &[attribute(FIRST, "domain", "other.example")]);
    other["Event"]["uuid"] = json!("172a3cf2-c82a-570a-88f7-e2066af83f05");
    assert!(values(&call(&server, "POST", "/events/add", &other).await).is_empty());
}

#[tokio::test]
async fn a_known_uuid_is_a_404_with_its_place() {
    let server = start().await;
    call(&server, "POST", "/events/add", &event(1, &[])).await;
    let again = call(&server, "POST", "/events/add", &event(9, &[])).await;
    assert_eq!(again.status, 404);
    assert!(again.header("location").unwrap().ends_with("/events/1"));
    assert_eq!(server.events()[0].timestamp, 1);
}

#[tokio::test]
async fn an_edit_needs_a_later_time_and_removes_nothing_by_absence() {
    let server = start().await;
    let edit = format!("/events/edit/{EVENT}");
    let both = [
        attribute(FIRST, "domain", "a.example"),
        attribute(SECOND, "domain", "b.example"),
    ];
    let mut published = event(5, &both);
    published["Event"]["published"] = json!(true);
    call(&server, "POST", "/events/add", &published).await;
    assert!(server.events()[0].published);
    let equal = call(&server, "POST", &edit, &event(5, &[])).await;
    assert_eq!(equal.status, 403);
    assert!(equal.text().contains("not newer than the local copy"));
    let reply = call(&server, "POST", &edit, &event(6, &[])).await;
    assert_eq!(values(&reply), ["a.example", "b.example"]);
    assert!(!server.events()[0].published, "an edit unpublishes");
    let changed = |timestamp: &str| {
        let mut changed = attribute(FIRST, "domain", "a.example");
        changed["timestamp"] = json!(timestamp);
        changed["deleted"] = json!(true);
        changed
    };
    let reply = call(&server, "POST", &edit, &event(7, &[changed("1000")])).await;
    assert_eq!(values(&reply).len(), 2, "not newer: ignored");
    let reply = call(&server, "POST", &edit, &event(8, &[changed("1001")])).await;
    assert_eq!(values(&reply), ["b.example"]);
    let all = call(
        &server,
        "GET",
        &format!("/events/view/{EVENT}/deleted:1"),
        &Value::Null,
    )
    .await;
    assert_eq!(values(&all).len(), 2);
    let unknown = call(&server, "POST", "/events/edit/99", &event(9, &[])).await;
    assert_eq!(unknown.status, 404);
}

#[tokio::test]
async fn a_failure_leaves_what_was_written() {
    let server = start().await;
    let mut bad = attribute(SECOND, "domain", "b.example");
    bad["comment"] = json!("🙂");
    let sent = event(5, &[attribute(FIRST, "domain", "a.example"), bad]);
    assert_eq!(
        call(&server, "POST", "/events/add", &sent).await.status,
        500
    );
    assert_eq!(server.events()[0].attributes.len(), 1);
    let edit = format!("/events/edit/{EVENT}");
    let good = [attribute(SECOND, "domain", "b.example")];
    assert_eq!(
        call(&server, "POST", &edit, &event(5, &good)).await.status,
        403
    );
    assert_eq!(
        call(&server, "POST", &edit, &event(6, &good)).await.status,
        200
    );
    for (field, value) in [
        ("info", json!("🙂")),
        ("info", json!("x".repeat(65_536))),
        ("timestamp", json!("soon")),
        ("timestamp", json!(2_147_483_648_i64)),
    ] {
        let mut event = event(1, &[]);
        event["Event"]["uuid"] = json!("172a3cf2-c82a-570a-88f7-e2066af83f05");
        event["Event"][field] = value;
        assert_eq!(
            call(&server, "POST", "/events/add", &event).await.status,
            500,
            "{field}"
        );
    }
    assert_eq!(server.events().len(), 1);
}

#[tokio::test]
async fn a_deletion_blocks_the_uuid() {
    let server = start().await;
    call(&server, "POST", "/events/add", &event(1, &[])).await;
    let delete = format!("/events/delete/{EVENT}");
    assert_eq!(
        call(&server, "POST", &delete, &Value::Null).await.status,
        200
    );
    assert_eq!(
        call(&server, "POST", &delete, &Value::Null).await.status,
        403
    );
    let again = call(&server, "POST", "/events/add", &event(2, &[])).await;
    assert_eq!(again.status, 403);
    assert!(again.text().contains("blocked by event blocklist"));
}
