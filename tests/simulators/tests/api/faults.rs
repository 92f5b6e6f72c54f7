//! Scripted faults, the record, and the admin API.

use std::io::Read;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use flate2::read::GzDecoder;
use serde_json::{Value, json};
use simulators::Server;
use simulators::faults::{Calls, Fault, Reply as Script};
use simulators::flashpoint::Flashpoint;

use crate::client::{Reply, send, try_send};

const LISTING: &str = "/api/v4/reports/?since=-1d&limit=5";

async fn flashpoint() -> Server<Flashpoint> {
    let server = simulators::start(Flashpoint::default()).await.unwrap();
    server.generate(5, jiff::SignedDuration::from_hours(1));
    server
}

async fn try_get(server: &Server<Flashpoint>) -> std::io::Result<Reply> {
    let key = format!("Bearer {}", server.api_key());
    try_send(
        server.address(),
        "GET",
        LISTING,
        &[("authorization", &key)],
        b"",
    )
    .await
}

async fn get(server: &Server<Flashpoint>) -> Reply {
    try_get(server).await.unwrap()
}

async fn struck(server: &Server<Flashpoint>, fault: Fault) -> Reply {
    server.controls().faults.clear_all();
    server.controls().faults.set(fault);
    get(server).await
}

fn any() -> Fault {
    Fault::on("GET", "/api/v4/")
}

#[tokio::test]
async fn the_calls_that_are_struck() {
    let server = flashpoint().await;
    let cases = [
        (Calls::All, [true, true, true, true]),
        (Calls::Nth(2), [false, true, false, false]),
        (Calls::First(2), [true, true, false, false]),
        (Calls::From(3), [false, false, true, true]),
        (Calls::Every(2), [false, true, false, true]),
        (Calls::Chance(0.0, 1), [false; 4]),
        (Calls::Chance(1.0, 1), [true; 4]),
    ];
    for (calls, expected) in cases {
        let id = server
            .controls()
            .faults
            .set(any().calls(calls).reply(Script::status(503)));
        for struck in expected {
            assert_eq!(get(&server).await.status == 503, struck, "{calls:?}");
        }
        let count = expected.iter().filter(|struck| **struck).count();
        assert_eq!(
            server.controls().faults.struck(id),
            u64::try_from(count).unwrap()
        );
        server.controls().faults.clear(id);
    }
    for miss in [
        Fault::on("POST", ""),
        Fault::on("", "/other"),
        any().suffix("x"),
        any().query("limit=50"),
        any().body("text that no call has"),
    ] {
        assert_eq!(
            struck(&server, miss.reply(Script::status(500)))
                .await
                .status,
            200
        );
    }
}

#[tokio::test]
async fn scripted_answers() {
    let server = flashpoint().await;
    let reply = struck(&server, any().reply(Script::retry_after(429, "30"))).await;
    assert_eq!(
        (reply.status, reply.header("retry-after")),
        (429, Some("30"))
    );
    assert!(reply.header("date").is_some());
    let reply = struck(&server, any().reply(Script::status(503).header("date", ""))).await;
    assert_eq!(reply.header("date"), None);
    let reply = struck(
        &server,
        any().reply(Script::redirect("https://elsewhere.example/")),
    )
    .await;
    assert_eq!(
        (reply.status, reply.header("location")),
        (301, Some("https://elsewhere.example/"))
    );
    assert!(
        struck(&server, any().reply(Script::web_page()))
            .await
            .text()
            .starts_with("<!DOCTYPE")
    );
    assert!(
        String::from_utf8(struck(&server, any().reply(Script::not_utf8())).await.body).is_err()
    );
    assert_eq!(
        struck(&server, any().reply(Script::json(200, "[]")))
            .await
            .json(),
        json!([])
    );
    assert_eq!(
        struck(&server, any().reply(Script::large(10_000_000)))
            .await
            .body
            .len(),
        10_000_000
    );
}

#[tokio::test]
async fn spoilt_bodies() {
    let server = flashpoint().await;
    let whole = get(&server).await.body;
    let reply = struck(&server, any().reply(Script::Truncated(100))).await;
    assert_eq!(
        (reply.header("content-length"), reply.body.as_slice()),
        (Some("100"), &whole[..100])
    );
    server.controls().faults.clear_all();
    server
        .controls()
        .faults
        .set(any().reply(Script::CutOff(100)));
    assert!(try_get(&server).await.is_err());
    let trickled = Fault {
        delay_ms: 1,
        ..any().reply(Script::Trickle(0))
    };
    server.configure(|settings| settings.max_limit = 1);
    assert_eq!(
        struck(&server, trickled).await.status,
        400,
        "a short answer, byte by byte"
    );
}

#[tokio::test]
async fn a_gzip_bomb_is_small_on_the_wire() {
    let server = flashpoint().await;
    let reply = struck(&server, any().reply(Script::GzipBomb(50))).await;
    assert_eq!(reply.header("content-encoding"), Some("gzip"));
    assert!(reply.body.len() < 100_000, "{}", reply.body.len());
    let mut text = Vec::new();
    let error = GzDecoder::new(reply.body.as_slice())
        .read_to_end(&mut text)
        .unwrap_err();
    assert_eq!(
        error.kind(),
        std::io::ErrorKind::UnexpectedEof,
        "it lacks its end"
    );
    assert!(text.len() > 49 * 1024 * 1024 && text.starts_with(b"{\"total\":1,"));
}

#[tokio::test]
async fn connections_are_reset_before_and_after_the_effect() {
    let server = flashpoint().await;
    server
        .controls()
        .faults
        .set(any().nth(1).reply(Script::Reset));
    assert_eq!(
        try_get(&server).await.unwrap_err().kind(),
        std::io::ErrorKind::ConnectionReset
    );
    let first = server.controls().record.all();
    assert_eq!((first.len(), first[0].status), (1, None));
    assert_eq!(get(&server).await.status, 200);
}

#[tokio::test]
async fn a_hanging_call_reaches_the_record() {
    let server = flashpoint().await;
    server.controls().faults.set(any().reply(Script::Hang));
    tokio::select! {
        _ = try_get(&server) => panic!("it answered"),
        () = async { while server.controls().record.is_empty() { tokio::task::yield_now().await; } } => {}
    }
}

#[tokio::test]
async fn the_record_keeps_requests_as_they_were() {
    let server = flashpoint().await;
    let target = "/api/v4/reports/%7Ex?a=%2f+b&&c";
    send(
        server.address(),
        "PUT",
        target,
        &[("x-canary", "secret")],
        b"body",
    )
    .await;
    let exchange = server.controls().record.all().remove(0);
    assert_eq!(
        (exchange.target.as_str(), exchange.method.as_str()),
        (target, "PUT")
    );
    assert_eq!(
        (
            &exchange.body[..],
            exchange.headers["x-canary"].to_str().unwrap()
        ),
        (&b"body"[..], "secret")
    );
    assert_eq!((exchange.status, exchange.effect), (Some(401), false));
    assert_eq!(server.controls().record.count("PUT", "/api/", "x"), 1);
}

#[tokio::test]
async fn hooks_run_between_calls() {
    let server = flashpoint().await;
    let seen = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&seen);
    let simulator = server.simulator();
    server.controls().before_each(move |_| {
        counter.fetch_add(1, Ordering::Relaxed);
        simulator.post();
    });
    let totals = [
        get(&server).await.json()["total"].clone(),
        get(&server).await.json()["total"].clone(),
    ];
    assert_eq!(
        (totals, seen.load(Ordering::Relaxed)),
        ([json!(6), json!(7)], 2)
    );
}

#[tokio::test]
async fn a_stopped_server_can_be_served_again() {
    let server = flashpoint().await;
    let (address, simulator) = (server.address(), server.simulator());
    drop(server);
    let key = format!("Bearer {}", simulator.api_key());
    while try_send(address, "GET", LISTING, &[("authorization", &key)], b"")
        .await
        .is_ok()
    {
        tokio::task::yield_now().await;
    }
    let again = simulators::start_on(&address.to_string(), simulator)
        .await
        .unwrap();
    assert_eq!(get(&again).await.json()["total"], 5);
}

#[tokio::test]
async fn the_admin_api_drives_a_simulator_from_outside() {
    let server = flashpoint().await;
    let admin = async |method: &str, path: &str, body: Value| {
        send(
            server.address(),
            method,
            &format!("/_sim/{path}"),
            &[],
            body.to_string().as_bytes(),
        )
        .await
    };
    let fault = json!({"method": "GET", "calls": {"first": 1}, "reply": {"instead": {"status": 502, "body": "no"}}});
    assert_eq!(admin("POST", "faults", fault).await.status, 200);
    assert_eq!(
        (get(&server).await.status, get(&server).await.status),
        (502, 200)
    );
    assert_eq!(
        admin("POST", "faults", json!({"metod": "GET"}))
            .await
            .status,
        400
    );
    assert_eq!(
        admin("POST", "reports", json!({"generate": 2}))
            .await
            .status,
        204
    );
    let odd = json!({"report": {"report": {"id": "odd", "title": "Odd"}}});
    assert_eq!(admin("POST", "reports", odd).await.status, 204);
    assert_eq!(
        admin("PATCH", "reports/odd", json!({"title": "Even"}))
            .await
            .status,
        204
    );
    assert_eq!(admin("PATCH", "reports/none", json!({})).await.status, 404);
    let listed = admin("GET", "reports", Value::Null).await.json();
    assert_eq!(
        (listed.as_array().unwrap().len(), &listed[7]["title"]),
        (8, &json!("Even"))
    );
    let record = admin("GET", "record?since=1", Value::Null).await.json();
    assert_eq!(
        (record.as_array().unwrap().len(), &record[0]["target"]),
        (1, &json!(LISTING))
    );
    assert_eq!(admin("GET", "nonsense", Value::Null).await.status, 404);
}
