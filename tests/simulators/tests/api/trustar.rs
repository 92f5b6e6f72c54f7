//! TruSTAR's reports, tags and tokens.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use simulators::Server;
use simulators::faults::{Fault, Reply as Script};
use simulators::flashpoint::Flashpoint;
use simulators::reports::{Planted, Report};
use simulators::trustar::{
    Duplicates, ENCLAVE, Enclave, Operation, Scope, Settings, Settling, TagPolicy, Trustar, Upsert,
};

use crate::client::{Reply, send, try_send};

const UPSERT: &str = "/api/1.3/reports/upsert?idType=external&mode=OVERRIDE";

struct Client {
    server: Server<Trustar>,
    token: String,
}

impl Client {
    async fn new(settings: Settings) -> Self {
        let server = simulators::start(Trustar::new(settings)).await.unwrap();
        let mut client = Self {
            server,
            token: String::new(),
        };
        let reply = client.fetch_token().await.json();
        client.token += reply["access_token"].as_str().unwrap();
        client
    }

    async fn fetch_token(&self) -> Reply {
        let credential = self.server.credential().unwrap();
        let basic = STANDARD.encode(format!("{}:{}", credential.key, credential.secret));
        self.token_with(&format!("Basic {basic}"), "grant_type=client_credentials")
            .await
    }

    async fn token_with(&self, authorization: &str, form: &str) -> Reply {
        let headers = [
            ("authorization", authorization),
            ("content-type", "application/x-www-form-urlencoded"),
        ];
        send(
            self.server.address(),
            "POST",
            "/oauth/token",
            &headers,
            form.as_bytes(),
        )
        .await
    }

    async fn call(&self, method: &str, target: &str, body: &Value) -> Reply {
        let bearer = format!("Bearer {}", self.token);
        let headers = [
            ("authorization", bearer.as_str()),
            ("client-type", "API"),
            ("client-version", "1.3"),
            ("client-metatag", "test"),
            ("content-type", "application/json"),
        ];
        let body = if body.is_null() {
            String::new()
        } else {
            body.to_string()
        };
        send(
            self.server.address(),
            method,
            target,
            &headers,
            body.as_bytes(),
        )
        .await
    }

    async fn upsert(&self, id: &str) -> String {
        let reply = self.call("POST", UPSERT, &report(id)).await;
        assert_eq!(reply.status, 200, "{}", reply.text());
        reply.text()
    }

    async fn get(&self, target: &str) -> Reply {
        self.call("GET", target, &Value::Null).await
    }
}

fn report(id: &str) -> Value {
    json!({
        "title": format!("Report {id}"),
        "reportBody": "{\"id\": 1}",
        "enclaveIds": [ENCLAVE],
        "externalTrackingId": id,
        "externalUrl": "https://fp.tools/x",
        "timeBegan": "2018-11-29T20:18:32+00:00",
    })
}

#[tokio::test]
async fn tokens_live_and_expire() {
    let client = Client::new(Settings::default()).await;
    let again = client.fetch_token().await.json();
    assert_eq!(
        again["access_token"].as_str(),
        Some(client.token.as_str()),
        "the same while it lives"
    );
    assert!((590..600).contains(&again["expires_in"].as_i64().unwrap()));
    client.server.expire_tokens();
    let expired = client.get("/api/1.3/ping").await;
    assert_eq!(
        (expired.status, &expired.json()["error_description"]),
        (400, &json!("Expired oauth2 access token"))
    );
    assert_ne!(
        client.fetch_token().await.json()["access_token"].as_str(),
        Some(client.token.as_str())
    );
    let stranger = send(
        client.server.address(),
        "GET",
        "/api/1.3/ping",
        &[("authorization", "Bearer no")],
        b"",
    )
    .await;
    assert_eq!(
        (stranger.status, &stranger.json()["error_description"]),
        (400, &json!("Invalid oauth2 access token"))
    );
    assert_eq!(
        client
            .token_with("Basic bm86bm8=", "grant_type=client_credentials")
            .await
            .status,
        401
    );
    assert_eq!(
        client
            .token_with("Basic bm86bm8=", "grant_type=password")
            .await
            .status,
        400
    );
}

#[tokio::test]
async fn calls_need_every_header() {
    let client = Client::new(Settings::default()).await;
    let bearer = format!("Bearer {}", client.token);
    let all = [
        ("authorization", bearer.as_str()),
        ("client-type", "API"),
        ("client-version", "1.3"),
        ("client-metatag", "test"),
    ];
    let server = client.server.address();
    assert_eq!(
        send(server, "GET", "/api/1.3/ping", &all, b"").await.text(),
        "pong\n"
    );
    assert_eq!(
        send(server, "GET", "/api/1.3/ping", &all[1..], b"")
            .await
            .status,
        401
    );
    for left_out in 1..4 {
        let mut some = all.to_vec();
        some.remove(left_out);
        assert_eq!(
            send(server, "GET", "/api/1.3/ping", &some, b"")
                .await
                .status,
            400,
            "{left_out}"
        );
    }
    assert_eq!(
        send(
            server,
            "POST",
            UPSERT,
            &all,
            report("a").to_string().as_bytes()
        )
        .await
        .status,
        415
    );
    assert_eq!(
        client
            .get("/api/1.3/reports")
            .await
            .header("trace-id")
            .map(str::len),
        Some(16)
    );
}

#[tokio::test]
async fn malformed_reports_are_refused() {
    let client = Client::new(Settings::default()).await;
    let long = "x".repeat(501);
    let refused = [
        (400, "title", json!("")),
        (400, "title", Value::Null),
        (400, "title", json!(5)),
        (400, "reportBody", json!("")),
        (400, "reportBody", json!({})),
        (400, "enclaveIds", json!([])),
        (400, "enclaveIds", json!(ENCLAVE)),
        (400, "enclaveIds", json!([ENCLAVE, "other"])),
        (403, "enclaveIds", json!(["other"])),
        (400, "externalUrl", json!(long)),
        (400, "externalTrackingId", json!(long)),
        (400, "externalTrackingId", Value::Null),
        (400, "timeBegan", json!("2018-11-29T20:18:32")),
        (400, "timeBegan", json!(1.5)),
        (400, "incidentReport", json!({})),
        (400, "distributionType", json!("PUBLIC")),
    ];
    for (status, field, value) in refused {
        let mut report = report("a");
        report[field] = value.clone();
        let reply = client.call("POST", UPSERT, &report).await;
        assert_eq!(reply.status, status, "{field}: {value}");
        assert_eq!(reply.json()["path"], "/api/1.3/reports/upsert");
    }
    for target in [
        "/api/1.3/reports/upsert?idType=foreign",
        "/api/1.3/reports/upsert?mode=MERGE",
        "/api/1.3/reports/upsert?x=1",
    ] {
        assert_eq!(
            client.call("POST", target, &report("a")).await.status,
            400,
            "{target}"
        );
    }
    assert!(client.server.reports().is_empty());
}

#[tokio::test]
async fn too_much_is_refused() {
    let client = Client::new(Settings {
        max_body_bytes: 5_000,
        max_indicators: 3,
        ..Settings::default()
    })
    .await;
    let mut report = report("a");
    report["reportBody"] = json!("45.1.1.1 45.1.1.1 CVE-2020-1234 http://a.example/");
    assert_eq!(client.call("POST", UPSERT, &report).await.status, 200);
    report["reportBody"] = json!("45.1.1.1 45.1.1.2 CVE-2020-1234 http://a.example/");
    assert_eq!(client.call("POST", UPSERT, &report).await.status, 413);
    report["reportBody"] = json!("x".repeat(5_000));
    assert_eq!(client.call("POST", UPSERT, &report).await.status, 413);
}

#[tokio::test]
async fn upsert_creates_once_and_then_replaces() {
    let client = Client::new(Settings::default()).await;
    let guid = client.upsert("a/b c").await;
    let mut changed = report("a/b c");
    changed["title"] = json!("Changed");
    assert_eq!(client.call("POST", UPSERT, &changed).await.text(), guid);
    let read = client
        .get("/api/1.3/reports/a%2Fb%20c?idType=external")
        .await
        .json();
    assert_eq!(read["externalId"], "a/b c");
    assert_eq!(read["title"], "Changed");
    assert_eq!(read["timeBegan"], 1_543_522_712_000_i64);
    assert_eq!(read["id"].as_str(), Some(guid.as_str()));
    let writes: Vec<Operation> = client
        .server
        .writes()
        .iter()
        .map(|write| write.operation)
        .collect();
    assert_eq!(writes, [Operation::Create, Operation::Update]);
    client
        .server
        .configure(|settings| settings.upsert = Upsert::Quoted);
    assert_eq!(
        client.call("POST", UPSERT, &changed).await.text(),
        format!("\"{guid}\"")
    );
    client
        .server
        .configure(|settings| settings.upsert = Upsert::Object);
    assert_eq!(
        client.call("POST", UPSERT, &changed).await.json(),
        json!({"id": guid})
    );
    for (upsert, status) in [(Upsert::Missing, 404), (Upsert::NotAllowed, 405)] {
        client.server.configure(|settings| settings.upsert = upsert);
        assert_eq!(client.call("POST", UPSERT, &changed).await.status, status);
    }
}

#[tokio::test]
async fn the_fallbacks_calls_work() {
    let client = Client::new(Settings::default()).await;
    assert_eq!(
        client
            .get("/api/1.3/reports/a?idType=external")
            .await
            .status,
        404
    );
    let guid = client
        .call("POST", "/api/1.3/reports", &report("a"))
        .await
        .text();
    assert_eq!(guid.len(), 36);
    for (duplicates, status) in [(Duplicates::Conflict, 409), (Duplicates::BadRequest, 400)] {
        client
            .server
            .configure(|settings| settings.duplicates = duplicates);
        assert_eq!(
            client
                .call("POST", "/api/1.3/reports", &report("a"))
                .await
                .status,
            status
        );
    }
    let mut changed = report("a");
    changed["title"] = json!("Changed");
    let put = client
        .call("PUT", "/api/1.3/reports/a?idType=external", &changed)
        .await;
    assert_eq!((put.status, put.body.len()), (200, 0));
    assert_eq!(
        client.get(&format!("/api/1.3/reports/{guid}")).await.json()["title"],
        "Changed"
    );
    assert_eq!(
        client
            .call("PUT", "/api/1.3/reports/b?idType=external", &changed)
            .await
            .status,
        404
    );
    assert_eq!(
        client
            .call("DELETE", "/api/1.3/reports/a?idType=external", &Value::Null)
            .await
            .status,
        200
    );
    assert_eq!(
        client
            .get("/api/1.3/reports/a?idType=external")
            .await
            .status,
        404
    );
}

#[tokio::test]
async fn tags_follow_the_policy() {
    let client = Client::new(Settings::default()).await;
    let guid = client.upsert("a").await;
    let alter = format!("/api/1.3/reports/{guid}/alter-tags");
    let added = |tag: &str| json!({"addedTags": [{"name": tag}], "removedTags": []});
    let reply = client
        .call("POST", &alter, &added("Hospitality & Gaming"))
        .await;
    assert_eq!(reply.json(), json!({"id": guid}));
    assert_eq!(
        client
            .call("POST", &alter, &added(&"x".repeat(91)))
            .await
            .status,
        400
    );
    assert_eq!(
        client
            .call("POST", &alter, &json!([{"name": "a"}]))
            .await
            .status,
        400
    );
    client
        .server
        .configure(|settings| settings.tags = TagPolicy::Strict);
    assert_eq!(
        client
            .call("POST", &alter, &added("Hospitality & Gaming"))
            .await
            .status,
        400
    );
    let both = json!({"addedTags": [{"name": "Über-tag_1"}], "removedTags": [{"name": "HOSPITALITY & gaming"}]});
    assert_eq!(client.call("POST", &alter, &both).await.status, 200);
    let tags = client
        .get("/api/1.3/reports/a/tags?idType=external")
        .await
        .json();
    assert_eq!(
        tags,
        json!([{"guid": "über-tag_1", "name": "über-tag_1", "enclaveId": ENCLAVE}])
    );
    assert!(client.server.tag_by_hand(&guid, "By Hand"));
    assert_eq!(
        client
            .get(&format!("/api/1.3/reports/{guid}/tags"))
            .await
            .json()
            .as_array()
            .unwrap()
            .len(),
        2
    );
}

#[tokio::test]
async fn rights_are_kept() {
    let read_only = Enclave {
        create: false,
        update: false,
        ..Enclave::writable("ro", "Read only")
    };
    let blind = Enclave {
        read: false,
        ..Enclave::writable(ENCLAVE, "Write only")
    };
    let client = Client::new(Settings {
        enclaves: vec![read_only, blind],
        ..Settings::default()
    })
    .await;
    let mut report = report("a");
    report["enclaveIds"] = json!(["ro"]);
    assert_eq!(client.call("POST", UPSERT, &report).await.status, 403);
    client.upsert("a").await;
    assert_eq!(
        client
            .get("/api/1.3/reports/a?idType=external")
            .await
            .status,
        403
    );
    let listed = client.get("/api/1.3/enclaves").await.json();
    assert_eq!(
        listed[0],
        json!({"id": "ro", "name": "Read only", "type": "INTERNAL", "read": true, "create": false, "update": false})
    );
}

#[tokio::test]
async fn new_reports_settle_first() {
    let client = Client::new(Settings {
        settling: Settling::Calls(2),
        ..Settings::default()
    })
    .await;
    let guid = client.upsert("a").await;
    let tags = json!({"addedTags": [{"name": "a"}], "removedTags": []});
    let status = format!("/api/1.3/reports/{guid}/status");
    assert_eq!(
        client.get(&status).await.json()["status"],
        "SUBMISSION_PROCESSING"
    );
    assert_eq!(
        client
            .call(
                "POST",
                &format!("/api/1.3/reports/{guid}/alter-tags"),
                &tags
            )
            .await
            .status,
        404
    );
    assert_eq!(
        client
            .get("/api/1.3/reports/a?idType=external")
            .await
            .status,
        404
    );
    assert_eq!(
        client.get(&status).await.json()["status"],
        "SUBMISSION_SUCCESS"
    );
    assert_eq!(
        client
            .get("/api/1.3/reports/a?idType=external")
            .await
            .status,
        200
    );
    client
        .server
        .configure(|settings| settings.settling = Settling::For(Duration::from_hours(1)));
    assert_eq!(
        client
            .get("/api/1.3/reports/a?idType=external")
            .await
            .status,
        404
    );
}

#[tokio::test]
async fn call_limits_say_how_long_to_wait() {
    let client = Client::new(Settings {
        calls_per_minute: Some(3),
        ..Settings::default()
    })
    .await;
    for _ in 0..3 {
        assert_eq!(client.get("/api/1.3/ping").await.status, 200);
    }
    let refused = client.get("/api/1.3/ping").await;
    assert_eq!(refused.status, 429);
    let wait = refused.json()["waitTime"].as_i64().unwrap();
    assert!((1..=60_000).contains(&wait));
    assert_eq!(
        client.get("/api/1.3/request-quotas").await.status,
        200,
        "exempt"
    );
    client
        .server
        .controls()
        .clock
        .set_skew(jiff::SignedDuration::from_secs(61));
    assert_eq!(client.get("/api/1.3/ping").await.status, 200);
}

#[tokio::test]
async fn external_ids_are_looked_up_without_an_enclave() {
    let enclaves = vec![Enclave::writable(ENCLAVE, "A"), Enclave::writable("b", "B")];
    let client = Client::new(Settings {
        enclaves,
        ..Settings::default()
    })
    .await;
    let in_a = client.upsert("x").await;
    let mut other = report("x");
    other["enclaveIds"] = json!(["b"]);
    let in_b = client.call("POST", UPSERT, &other).await.text();
    assert_ne!(in_a, in_b);
    let found = client
        .get("/api/1.3/reports/x?idType=external")
        .await
        .json();
    assert_eq!(found["enclaveIds"], json!(["b"]), "the newest");
    assert_eq!(client.upsert("x").await, in_a);
    client
        .server
        .configure(|settings| settings.scope = Scope::Company);
    let mut new = report("y");
    let first = client.call("POST", UPSERT, &new).await.text();
    new["enclaveIds"] = json!(["b"]);
    assert_eq!(client.call("POST", UPSERT, &new).await.text(), first);
    assert_eq!(
        client.server.enclave(ENCLAVE).len(),
        2,
        "it stays where it was"
    );
}

#[tokio::test]
async fn the_listing_is_walked_by_time() {
    let client = Client::new(Settings::default()).await;
    for number in 0..30 {
        client.upsert(&format!("r{number}")).await;
        client
            .server
            .controls()
            .clock
            .set_skew(jiff::SignedDuration::from_secs(number + 1));
    }
    let first = client.get("/api/1.3/reports").await.json();
    let items = first["items"].as_array().unwrap();
    assert_eq!(
        (items.len(), &items[0]["externalId"], &first["hasNext"]),
        (25, &json!("r29"), &json!(true))
    );
    let to = items[24]["updated"].as_i64().unwrap() - 1;
    let second = client
        .get(&format!("/api/1.3/reports?to={to}&enclaveIds={ENCLAVE}"))
        .await
        .json();
    assert_eq!(second["items"].as_array().unwrap().len(), 5);
    let community = client
        .get("/api/1.3/reports?distributionType=COMMUNITY")
        .await
        .json();
    assert_eq!(community["items"], json!([]));
    let found = client
        .call(
            "POST",
            "/api/1.3/reports/search?pageSize=4",
            &json!({"searchTerm": "report r1"}),
        )
        .await;
    assert_eq!(found.json()["totalElements"], 11);
}

#[tokio::test]
async fn a_lost_answer_leaves_its_effect() {
    let client = Client::new(Settings::default()).await;
    let fault = Fault::on("POST", "/api/1.3/reports/upsert").after_effect();
    client
        .server
        .controls()
        .faults
        .set(fault.reply(Script::Reset));
    let bearer = format!("Bearer {}", client.token);
    let headers = [
        ("authorization", bearer.as_str()),
        ("client-type", "API"),
        ("client-version", "1.3"),
        ("client-metatag", "test"),
        ("content-type", "application/json"),
    ];
    let body = report("a").to_string();
    let server = client.server.address();
    let lost = try_send(server, "POST", UPSERT, &headers, body.as_bytes()).await;
    assert_eq!(
        lost.unwrap_err().kind(),
        std::io::ErrorKind::ConnectionReset
    );
    assert_eq!(client.server.enclave(ENCLAVE).len(), 1);
    let exchange = client.server.controls().record.all().pop().unwrap();
    assert_eq!((exchange.status, exchange.effect), (None, true));
}

#[tokio::test]
async fn the_verdict_names_what_is_wrong() {
    let client = Client::new(Settings::default()).await;
    let flashpoint = Flashpoint::default();
    let planted = vec![Planted {
        kind: "CVE".to_owned(),
        value: "CVE-2020-1234".to_owned(),
    }];
    for (id, planted) in [
        ("right", &planted),
        ("lost", &planted),
        ("corrupt", &planted),
        ("plain", &Vec::new()),
    ] {
        let fields = json!({
            "id": id, "posted_at": "2026-11-24T00:00:00.000+00:00", "summary": "s", "title": id,
            "tags": ["One Tag", "x".repeat(33)],
        });
        flashpoint.put(Report::new(&fields, planted.clone()));
    }
    for (id, body) in [
        ("right", true),
        ("corrupt", false),
        ("plain", true),
        ("foreign", true),
    ] {
        let long = "x".repeat(33);
        let body = if body {
            format!(
                r#"{{"summary":"s","id":"{id}","posted_at":"2026-11-24T00:00:00.000+00:00","title":"{id}","tags":["One Tag","{long}"]}}"#
            )
        } else {
            format!(r#"{{"id":"{id}","summary":"s"}}"#)
        };
        let fields = json!({
            "title": id, "reportBody": body, "enclaveIds": [ENCLAVE], "externalTrackingId": id,
            "timeBegan": "2026-11-24T00:00:00Z",
        });
        let guid = client.call("POST", UPSERT, &fields).await.text();
        let tags = json!({"addedTags": [{"name": "One Tag"}], "removedTags": []});
        client
            .call(
                "POST",
                &format!("/api/1.3/reports/{guid}/alter-tags"),
                &tags,
            )
            .await;
    }
    let verdict = client.server.verdict(&[(ENCLAVE, flashpoint.truth())]);
    assert_eq!(verdict.lost, ["lost"]);
    assert_eq!(verdict.unexpected, ["plain"]);
    assert_eq!(verdict.wrong_enclave, [format!("foreign in {ENCLAVE}")]);
    assert_eq!(verdict.corrupt.len(), 1);
    assert!(
        verdict.corrupt[0].starts_with("corrupt: reportBody: "),
        "{:?}",
        verdict.corrupt
    );
    assert!(verdict.duplicated.is_empty() && !verdict.is_clean());
}
