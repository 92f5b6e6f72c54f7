//! Flashpoint's listing.

use std::collections::HashSet;
use std::io::Read;
use std::time::Duration;

use flate2::read::GzDecoder;
use jiff::SignedDuration;
use serde_json::{Value, json};
use simulators::Server;
use simulators::flashpoint::{Flashpoint, Order, PageCap, Settings, Total, WindowField};
use simulators::reports::{KINDS, Report, Style};

use crate::client::{Reply, send};

const SEED: &str =
    "/api/v4/reports/?since=-1d&until=now&limit=500&highlight_tag=x-fp-highlight&fragment_size=256";

async fn flashpoint(settings: Settings, reports: usize) -> Server<Flashpoint> {
    let server = simulators::start(Flashpoint::new(settings)).await.unwrap();
    server.generate(reports, SignedDuration::from_hours(20));
    server
}

async fn get(server: &Server<Flashpoint>, target: &str) -> Reply {
    let key = format!("Bearer {}", server.api_key());
    send(
        server.address(),
        "GET",
        target,
        &[("authorization", &key)],
        b"",
    )
    .await
}

async fn page(server: &Server<Flashpoint>, query: &str) -> Value {
    get(server, &format!("/api/v4/reports/?since=-1d&{query}"))
        .await
        .json()
}

fn ids(page: &Value) -> Vec<String> {
    let data = page["data"].as_array().unwrap();
    data.iter()
        .map(|report| report["id"].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn the_seeds_request_lists_all_newest_first() {
    let server = flashpoint(Settings::default(), 60).await;
    let reply = get(&server, SEED).await;
    assert_eq!(reply.status, 200);
    assert!(
        reply
            .header("date")
            .is_some_and(|date| date.ends_with(" GMT"))
    );
    let page = reply.json();
    for (field, value) in [("total", 60), ("limit", 500), ("count", 60), ("skip", 0)] {
        assert_eq!(page[field], value, "{field}");
    }
    let times: Vec<&str> = page["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|r| r["posted_at"].as_str().unwrap())
        .collect();
    assert!(times.is_sorted_by(|a, b| a > b));
    assert!(
        times[0].ends_with("+00:00") && times[0].len() == "2024-05-28T21:12:56.445+00:00".len()
    );
}

#[tokio::test]
async fn only_the_bearer_key_opens() {
    let server = flashpoint(Settings::default(), 1).await;
    let key = server.api_key();
    for value in [
        key.clone(),
        format!("bearer {key}"),
        format!("Bearer {key}x"),
        format!("Basic {key}"),
    ] {
        let reply = send(
            server.address(),
            "GET",
            SEED,
            &[("authorization", &value)],
            b"",
        )
        .await;
        assert_eq!(
            (reply.status, reply.json()["message"].is_string()),
            (401, true),
            "{value}"
        );
    }
    assert_eq!(
        send(server.address(), "GET", SEED, &[], b"").await.status,
        401
    );
}

#[tokio::test]
async fn malformed_queries_are_problems() {
    let server = flashpoint(Settings::default(), 1).await;
    let refused = [
        "since=yesterday",
        "since=-1q",
        "since=-d",
        "since=--1d",
        "since=",
        "since=-1d&since=-2d",
        "since=2026-11-24T00:00:00+00:00",
        "since=2026-11-24T00:00:00%2B00:00",
        "since=2026-11-24",
        "since=+1d",
        "until=2026-11-24T00:00:00",
        "limit=0",
        "limit=501",
        "limit=",
        "limit=%2B5",
        "limit=ten",
        "skip=-1",
        "skip=1.5",
        "fragment_size=big",
        "highlight_tag=%3Cb%3E",
        "offset=0",
        "updated_since=-1d",
    ];
    for query in refused {
        let reply = get(&server, &format!("/api/v4/reports/?{query}")).await;
        assert_eq!(reply.status, 400, "{query}");
        assert_eq!(
            reply.header("content-type"),
            Some("application/problem+json")
        );
        assert!(reply.json()["detail"].is_string(), "{query}");
    }
    let taken = [
        "since=-1d",
        "since=5h",
        "since=-90m",
        "since=%2B1d",
        "since=2026-11-24T00:00:00Z",
        "since=2026-11-24T00:00:00.123Z&until=now",
    ];
    for query in taken {
        assert_eq!(
            get(&server, &format!("/api/v4/reports/?{query}"))
                .await
                .status,
            200,
            "{query}"
        );
    }
}

#[tokio::test]
async fn the_path_is_exact() {
    let server = flashpoint(Settings::default(), 1).await;
    assert_eq!(get(&server, "/api/v4/reports?limit=1").await.status, 404);
    server.configure(|settings| settings.path = "/finished-intelligence/v1/reports".to_owned());
    assert_eq!(get(&server, SEED).await.status, 404);
    assert_eq!(
        get(&server, "/finished-intelligence/v1/reports/?limit=1")
            .await
            .status,
        404
    );
    assert_eq!(
        get(&server, "/finished-intelligence/v1/reports?limit=1")
            .await
            .status,
        200
    );
    let id = &server.reports()[0].id;
    let single = get(&server, &format!("/finished-intelligence/v1/reports/{id}")).await;
    assert_eq!(single.json()["id"].as_str(), Some(id.as_str()));
}

#[tokio::test]
async fn pages_cover_everything_once() {
    let server = flashpoint(Settings::default(), 25).await;
    let mut all = Vec::new();
    for skip in [0, 10, 20, 30] {
        all.extend(ids(&page(&server, &format!("limit=10&skip={skip}")).await));
    }
    let truth: Vec<String> = server
        .reports()
        .iter()
        .map(|report| report.id.clone())
        .collect();
    assert_eq!(all, truth);
    server.configure(|settings| settings.order = Order::OldestFirst);
    assert_eq!(ids(&page(&server, "limit=1").await), truth[24..]);
}

#[tokio::test]
async fn totals_and_page_sizes_can_lie() {
    let server = flashpoint(Settings::default(), 25).await;
    server.configure(|settings| settings.page_cap = PageCap::Shown(5));
    let shown = page(&server, "limit=10").await;
    assert_eq!((&shown["limit"], &shown["count"]), (&json!(5), &json!(5)));
    server.configure(|settings| settings.page_cap = PageCap::Hidden(5));
    let hidden = page(&server, "limit=10").await;
    assert_eq!(
        (&hidden["limit"], &hidden["count"]),
        (&json!(10), &json!(5))
    );
    server.configure(|settings| settings.total = Total::Says(3));
    assert_eq!(page(&server, "limit=10").await["total"], 3);
    server.configure(|settings| settings.total = Total::OffBy(-5));
    assert_eq!(page(&server, "limit=10").await["total"], 20);
}

#[tokio::test]
async fn unstable_ties_change_places() {
    let server = simulators::start(Flashpoint::default()).await.unwrap();
    server.seed(
        1,
        Style {
            ties: 20,
            ..Style::default()
        },
    );
    server.generate(20, SignedDuration::from_hours(1));
    assert_eq!(
        page(&server, "limit=20").await,
        page(&server, "limit=20").await
    );
    server.configure(|settings| settings.unstable_ties = true);
    let (one, other) = (
        page(&server, "limit=20").await,
        page(&server, "limit=20").await,
    );
    assert_ne!(ids(&one), ids(&other));
    assert_eq!(one["total"], 20);
}

#[tokio::test]
async fn content_changes_while_it_is_served() {
    let server = flashpoint(Settings::default(), 3).await;
    let newest = server.post();
    assert_eq!(
        ids(&page(&server, "limit=1").await),
        std::slice::from_ref(&newest.id)
    );
    assert!(server.edit(&newest.id, |fields| drop(
        fields.insert("title".to_owned(), json!("Edited"))
    )));
    let edited = page(&server, "limit=1").await["data"][0].clone();
    assert_eq!(edited["title"], "Edited");
    assert_ne!(edited["updated_at"], edited["posted_at"]);
    assert!(server.retract(&newest.id));
    assert_eq!(
        page(&server, "limit=1").await["data"][0]["published_status"],
        "retracted"
    );
    let odd = json!({"id": "late", "posted_at": "2020-01-01T00:00:00.000+00:00", "tags": 5});
    server.put(Report::new(&odd, Vec::new()));
    assert_eq!(
        page(&server, "limit=9").await["total"],
        4,
        "a late report lies outside the window"
    );
    server.configure(|settings| settings.window = WindowField::Updated);
    let mut versions = HashSet::new();
    for _ in 0..20 {
        assert!(server.edit("late", |_| {}));
        let late = server
            .reports()
            .into_iter()
            .find(|report| report.id == "late");
        assert!(
            versions.insert(late.unwrap().updated_at),
            "two edits of one millisecond are two"
        );
    }
    // The last of them are dated some milliseconds ahead, and no window holds what is not yet.
    tokio::time::sleep(Duration::from_millis(25)).await;
    assert_eq!(
        page(&server, "limit=9").await["total"],
        5,
        "its edit brings it in"
    );
    assert!(server.remove("late") && !server.remove("late"));
}

#[tokio::test]
async fn the_window_goes_by_the_servers_own_clock() {
    let server = flashpoint(Settings::default(), 3).await;
    server
        .controls()
        .clock
        .set_skew(SignedDuration::from_hours(24 * 3));
    let reply = get(&server, SEED).await;
    assert_eq!(reply.json()["total"], 0);
    let date = jiff::fmt::rfc2822::parse(reply.header("date").unwrap())
        .unwrap()
        .timestamp();
    assert!(date.duration_since(jiff::Timestamp::now()) > SignedDuration::from_hours(71));
}

#[tokio::test]
async fn answers_are_compressed_for_those_who_accept_it() {
    let server = flashpoint(Settings::default(), 20).await;
    let key = format!("Bearer {}", server.api_key());
    let headers = [
        ("authorization", key.as_str()),
        ("accept-encoding", "br, gzip"),
    ];
    let plain = get(&server, "/api/v4/reports/?since=-1d&limit=20")
        .await
        .text();
    let reply = send(
        server.address(),
        "GET",
        "/api/v4/reports/?since=-1d&limit=20",
        &headers,
        b"",
    )
    .await;
    assert_eq!(reply.header("content-encoding"), Some("gzip"));
    let mut text = String::new();
    GzDecoder::new(reply.body.as_slice())
        .read_to_string(&mut text)
        .unwrap();
    assert_eq!(text, plain);
}

#[tokio::test]
async fn csv_links_lead_to_data() {
    let server = simulators::start(Flashpoint::default()).await.unwrap();
    server.seed(
        5,
        Style {
            csv: 1.0,
            ..Style::default()
        },
    );
    server.generate(12, SignedDuration::from_hours(1));
    for report in server.reports() {
        let body = report.fields()["body"].as_str().unwrap().to_owned();
        for csv in &report.csv {
            assert!(
                body.contains(&format!("href=\"{}{}\"", server.url(), csv.target)),
                "{body}"
            );
            let reply = get(&server, &csv.target).await;
            assert_eq!((reply.status, reply.text()), (200, csv.text.clone()));
            assert_eq!(
                send(server.address(), "GET", &csv.target, &[], b"")
                    .await
                    .status,
                401
            );
        }
    }
}

#[test]
fn generated_reports_are_reproducible_and_have_all_quirks() {
    let now: jiff::Timestamp = "2026-11-24T20:00:00Z".parse().unwrap();
    let style = Style {
        highlighted: 0.2,
        ..Style::default()
    };
    let make = |seed| {
        simulators::reports::Generator::new(seed, style.clone()).batch(
            2_000,
            now,
            SignedDuration::from_hours(24),
        )
    };
    let reports = make(7);
    assert!(
        reports
            .iter()
            .zip(make(7))
            .all(|(one, other)| one.json == other.json)
    );
    assert_ne!(reports[0].json, make(8)[0].json);
    for kind in KINDS {
        assert!(
            reports
                .iter()
                .any(|report| report.planted.iter().any(|planted| planted.kind == kind)),
            "{kind}"
        );
    }
    let any = |test: &dyn Fn(&Value) -> bool| {
        assert!(
            reports
                .iter()
                .any(|report| test(&Value::Object(report.fields())))
        );
    };
    any(&|report| report["summary"] == "");
    any(&|report| report["summary"].is_null() && report.get("summary").is_some());
    any(&|report| report.get("summary").is_none());
    any(&|report| report["actors"] == json!([""]));
    any(&|report| report["tags"].is_null());
    any(&|report| report["id"].as_str().unwrap().len() == 20);
    any(&|report| report["id"].as_str().unwrap().len() == 22);
    any(&|report| report["updated_at"] != report["posted_at"]);
    any(&|report| report["ingested_at"] != report["posted_at"]);
    any(&|report| report["platform_url"].as_str().unwrap().len() > 500);
    any(&|report| {
        report["body"]
            .as_str()
            .unwrap()
            .contains("<x-fp-highlight>")
    });
}
