//! The Flashpoint client.

use std::sync::Arc;
use std::time::Duration;

use flashpoint_operator::flashpoint::{
    Api, ApiKey, Flashpoint, FlashpointSettings, FlashpointSource,
};
use flashpoint_operator::http::fault::{Fault, FaultKind};
use flashpoint_operator::sync::source::{Page, PageError, PageRequest, Since, Source};
use jiff::SignedDuration;
use secrecy::SecretString;
use simulators::Server;
use simulators::faults::{Fault as Scripted, Reply};
use simulators::flashpoint::Flashpoint as Simulator;
use simulators::reports::Style;

use super::{Heard, http};

const LISTING: &str = "/api/v4/reports/";
const RETIRED: &str = "v4 was retired; with an Ignite key set flashpoint.api=ignite (on the command line --flashpoint-api ignite)";
const FIRST: PageRequest = PageRequest {
    since: Since::Lookback(86_400),
    limit: 500,
    skip: 0,
};

struct Setup {
    server: Server<Simulator>,
    client: Flashpoint,
    heard: Arc<Heard>,
}

impl Setup {
    async fn new() -> Self {
        Self::at(LISTING).await
    }

    async fn at(path: &str) -> Self {
        let server = simulators::start(Simulator::default()).await.unwrap();
        server.configure(|settings| path.clone_into(&mut settings.path));
        let heard = Heard::new();
        let settings = FlashpointSettings {
            api: Api::V4,
            url: server.url().parse().unwrap(),
            path: path.to_owned(),
        };
        let client = Flashpoint::new(&settings, http(), heard.clone());
        Self {
            server,
            client,
            heard,
        }
    }

    fn source(&self) -> FlashpointSource {
        self.source_within(Duration::from_secs(30))
    }

    fn source_within(&self, timeout: Duration) -> FlashpointSource {
        let key = ApiKey(SecretString::from(self.server.api_key()));
        self.client.source(&key, timeout)
    }

    fn strike(&self, reply: Reply) {
        let faults = &self.server.controls().faults;
        faults.clear_all();
        faults.set(Scripted::on("GET", "/").reply(reply));
    }

    /// The fault that the listing gives where the server answers so.
    async fn fault(&self, reply: Reply) -> Fault {
        self.strike(reply);
        match self.source().page(FIRST).await {
            Err(PageError::Fault(fault)) => fault,
            other => panic!("{other:?}"),
        }
    }

    fn targets(&self) -> Vec<String> {
        let all = self.server.controls().record.all();
        all.iter().map(|exchange| exchange.target.clone()).collect()
    }
}

fn ids(page: &Page) -> Vec<String> {
    let id = |report: &str| {
        let report: serde_json::Value = serde_json::from_str(report).unwrap();
        report["id"].as_str().unwrap().to_owned()
    };
    page.reports().map(id).collect()
}

#[tokio::test]
async fn the_request_is_the_seeds_to_the_letter() {
    let setup = Setup::new().await;
    setup.server.generate(3, SignedDuration::from_hours(20));
    let page = setup.source().page(FIRST).await.unwrap();

    assert_eq!(
        setup.targets(),
        [
            "/api/v4/reports/?since=-1d&until=now&limit=500&highlight_tag=x-fp-highlight&fragment_size=256"
        ]
    );
    let request = &setup.server.controls().record.all()[0];
    let header = |name: &str| {
        request
            .headers
            .get(name)
            .unwrap()
            .to_str()
            .unwrap()
            .to_owned()
    };
    assert_eq!(
        header("authorization"),
        format!("Bearer {}", setup.server.api_key())
    );
    assert_eq!(header("accept-encoding"), "gzip");
    assert!(header("user-agent").starts_with("flashpoint-operator/"));

    let sent: Vec<_> = setup
        .server
        .reports()
        .iter()
        .map(|report| report.id.clone())
        .collect();
    assert_eq!((page.total, page.limit), (3, Some(500)));
    assert_eq!(ids(&page), sent);
    assert!(page.date.is_some());
    assert_eq!(setup.heard.calls(), [("list_reports", Some(200))]);
}

#[tokio::test]
async fn reports_come_byte_for_byte() {
    let setup = Setup::new().await;
    let report = r#"{"z":1.50e2,  "id":"a","n":123456789012345678901234567890,"id2":"\u00e9é"}"#;
    setup.strike(Reply::json(
        200,
        &format!(r#"{{"total":1,"data":[{report},null,[7]]}}"#),
    ));
    let page = setup.source().page(FIRST).await.unwrap();
    let texts: Vec<_> = page.reports().collect();
    assert_eq!(texts, [report, "null", "[7]"]);
}

#[tokio::test]
async fn later_pages_and_absolute_times_are_asked_for() {
    let setup = Setup::new().await;
    let request = PageRequest {
        since: Since::At("2018-11-29T20:18:32Z".parse().unwrap()),
        limit: 100,
        skip: 200,
    };
    setup.source().page(request).await.unwrap();
    assert_eq!(
        setup.targets(),
        [
            "/api/v4/reports/?since=2018-11-29T20:18:32Z&until=now&limit=100&highlight_tag=x-fp-highlight&fragment_size=256&skip=200"
        ]
    );
}

#[tokio::test]
async fn v4_is_spoken_at_any_path() {
    let setup = Setup::at("/finished-intelligence/v1/reports").await;
    setup.server.generate(2, SignedDuration::from_hours(1));
    let page = setup.source().page(FIRST).await.unwrap();
    assert_eq!(page.len(), 2);
    assert!(
        setup.targets()[0].starts_with("/finished-intelligence/v1/reports?since=-1d&until=now&")
    );
}

#[tokio::test]
async fn a_refused_key_needs_a_person() {
    let setup = Setup::new().await;
    let key = ApiKey(SecretString::from("wrong"));
    let source = setup.client.source(&key, Duration::from_secs(30));
    let Err(PageError::Fault(fault)) = source.page(FIRST).await else {
        panic!("taken");
    };
    assert_eq!(fault.kind, FaultKind::Unauthorized);
    assert_eq!(
        fault.message,
        "Flashpoint refused the API key (401): Bad token; invalid JSON; \
         put a valid key in flashpoint-api-key of the secret; \
         v4 was retired; with an Ignite key set flashpoint.api=ignite (on the command line --flashpoint-api ignite)"
    );
    for status in [403, 521] {
        let fault = setup.fault(Reply::status(status)).await;
        assert_eq!(fault.kind, FaultKind::Unauthorized, "{status}");
    }
    // The edge's own 521 says that Flashpoint behind it is down.
    for body in [
        "",
        "<html>Web server is down</html>",
        "error code: 521",
        "521",
    ] {
        let fault = setup.fault(Reply::json(521, body)).await;
        assert_eq!(fault.kind, FaultKind::Unavailable, "{body:?}: {fault}");
    }

    let before = setup.targets().len();
    let key = ApiKey(SecretString::from("two\nlines"));
    let source = setup.client.source(&key, Duration::from_secs(30));
    let Err(PageError::Fault(fault)) = source.page(FIRST).await else {
        panic!("taken");
    };
    assert_eq!(fault.kind, FaultKind::Unauthorized);
    assert_eq!(
        setup.targets().len(),
        before,
        "a key that no header can carry is not sent"
    );
}

#[tokio::test]
async fn what_is_not_the_envelope_is_a_failure() {
    let setup = Setup::new().await;
    for (reply, says) in [
        (Reply::web_page(), "an HTML page"),
        (Reply::json(200, ""), "an empty body"),
        (Reply::json(200, " \n"), "an empty body"),
        (Reply::json(200, "[]"), "something else"),
        (Reply::json(200, "{}"), "something else"),
        (
            Reply::json(200, r#"{"total":3,"data":null}"#),
            "something else",
        ),
        (Reply::json(200, r#"{"total":3}"#), "something else"),
        (Reply::json(200, r#"{"data":[]}"#), "something else"),
        (
            Reply::json(200, r#"{"total":-1,"data":[]}"#),
            "something else",
        ),
        (Reply::json(200, r#""Bad gateway""#), "something else"),
        (Reply::json(204, ""), "an empty body"),
    ] {
        let what = format!("{reply:?}");
        let fault = setup.fault(reply).await;
        assert_eq!(fault.kind, FaultKind::UnexpectedResponse, "{what}");
        assert!(fault.message.contains(says), "{what}: {fault}");
        assert!(fault.message.contains("flashpoint.path"), "{what}: {fault}");
    }
}

#[tokio::test]
async fn bytes_that_are_not_utf8_do_not_lose_the_page() {
    let setup = Setup::new().await;
    setup.strike(Reply::not_utf8());
    let page = setup.source().page(FIRST).await.unwrap();
    assert_eq!(ids(&page), ["\u{fffd}\u{fffd}\u{fffd}("]);

    setup.strike(Reply::json(
        200,
        "\u{feff}{\"total\":1,\"data\":[{\"id\":\"a\u{1}\n\tb\"}]}",
    ));
    let page = setup.source().page(FIRST).await.unwrap();
    assert_eq!(ids(&page), ["a   b"]);
}

#[tokio::test]
async fn a_redirect_names_the_setting_and_is_not_followed() {
    let elsewhere = Setup::new().await;
    let setup = Setup::new().await;
    let origin = elsewhere.server.url();
    let fault = setup
        .fault(Reply::redirect(&format!("{origin}/x?y=z")))
        .await;
    assert_eq!(fault.kind, FaultKind::UnexpectedResponse);
    assert_eq!(
        fault.message,
        format!("Flashpoint answered 301 to {origin}: set flashpoint.url to {origin}; {RETIRED}")
    );
    assert!(
        elsewhere.targets().is_empty(),
        "nothing, and no key, went there"
    );

    let fault = setup.fault(Reply::redirect("/api/v5/reports")).await;
    assert!(fault.message.contains("/api/v5/reports"), "{fault}");
}

#[tokio::test]
async fn explanations_are_read_and_shown_short() {
    let setup = Setup::new().await;
    for (body, says) in [
        (
            r#"{"title":"Error","detail":"no such\u001b[2Jthing"}"#.to_owned(),
            "no such\\u{1b}[2Jthing",
        ),
        (r#"{"message":"gone"}"#.to_owned(), "gone"),
        ("plain text".to_owned(), "plain text"),
        ("<html>x</html>".to_owned(), "an HTML page"),
        (String::new(), "an empty body"),
    ] {
        let fault = setup.fault(Reply::json(404, &body)).await;
        assert_eq!(fault.kind, FaultKind::UnexpectedResponse);
        assert!(
            fault.message.contains(&format!("answered 404: {says}")),
            "{fault}"
        );
    }
    let fault = setup
        .fault(Reply::json(400, &"long ".repeat(100_000)))
        .await;
    assert!(fault.message.len() < 512, "{} bytes", fault.message.len());
}

#[tokio::test]
async fn retry_after_closes_the_gate_of_that_key_only() {
    let setup = Setup::new().await;
    for (status, kind) in [(429, FaultKind::RateLimited), (503, FaultKind::Unavailable)] {
        let setup = Setup::new().await;
        let fault = setup.fault(Reply::retry_after(status, "90")).await;
        assert_eq!(
            (fault.kind, fault.retry_after),
            (kind, Some(Duration::from_secs(90)))
        );
        setup.server.controls().faults.clear_all();
        // Another source of the same key, as the next sync has it.
        let Err(PageError::Fault(fault)) = setup.source().page(FIRST).await else {
            panic!("called too early");
        };
        assert_eq!(fault.kind, FaultKind::RateLimited);
        assert!(fault.retry_after.unwrap() > Duration::from_mins(1));
        assert_eq!(setup.targets().len(), 1, "nothing on the wire");
        let other = ApiKey(SecretString::from("other"));
        let other = setup.client.source(&other, Duration::from_secs(30));
        assert!(other.page(FIRST).await.is_err());
        assert_eq!(setup.targets().len(), 2);
    }

    // A date counts from the answer's own clock, however wrong.
    setup
        .server
        .controls()
        .clock
        .set_skew(SignedDuration::from_hours(-24 * 365));
    let now = setup.server.controls().clock.now();
    let later = simulators::http_date(now + SignedDuration::from_secs(1_000));
    let fault = setup.fault(Reply::retry_after(429, &later)).await;
    let wait = fault.retry_after.unwrap().as_secs();
    assert!((990..=1_000).contains(&wait), "{wait} s");
}

#[tokio::test]
async fn without_retry_after_the_gate_stays_open() {
    let setup = Setup::new().await;
    for (reply, kind) in [
        (Reply::status(429), FaultKind::RateLimited),
        (Reply::status(500), FaultKind::Unavailable),
        (Reply::retry_after(503, "soon"), FaultKind::Unavailable),
        (Reply::retry_after(503, "0"), FaultKind::Unavailable),
        (Reply::Reset, FaultKind::Unavailable),
        (Reply::CutOff(20), FaultKind::Unavailable),
    ] {
        let what = format!("{reply:?}");
        assert_eq!(setup.fault(reply).await.kind, kind, "{what}");
    }
    setup.server.controls().faults.clear_all();
    setup.source().page(FIRST).await.unwrap();
}

#[tokio::test]
async fn a_host_that_is_not_there_is_unavailable() {
    let setup = Setup::new().await;
    let host = setup.server.address();
    let (source, server) = (setup.source(), setup.server);
    drop(server);
    let Err(PageError::Fault(fault)) = source.page(FIRST).await else {
        panic!("an answer");
    };
    assert_eq!(fault.kind, FaultKind::Unavailable);
    assert!(
        fault.message.starts_with(&format!("Flashpoint at {host}")),
        "{fault}"
    );
    assert_eq!(setup.heard.calls(), [("list_reports", None)]);
}

#[tokio::test]
async fn the_time_covers_headers_and_body() {
    let setup = Setup::new().await;
    setup.server.generate(5, SignedDuration::from_hours(1));
    for (reply, status) in [(Reply::Hang, None), (Reply::Trickle(40), Some(200))] {
        setup.strike(reply);
        let source = setup.source_within(Duration::from_millis(300));
        let outcome = source.page(FIRST).await;
        let Err(PageError::Late(fault)) = outcome else {
            panic!("{outcome:?}");
        };
        assert_eq!(fault.kind, FaultKind::Unavailable);
        assert!(fault.message.contains("within 0.3 s"), "{fault}");
        assert_eq!(setup.heard.calls().last(), Some(&("list_reports", status)));
    }
    // A status that has come is told, although its explanation is slow.
    setup.server.controls().faults.clear_all();
    let key = ApiKey(SecretString::from("wrong"));
    let source = setup.client.source(&key, Duration::from_millis(300));
    setup.strike(Reply::Trickle(40));
    let outcome = source.page(FIRST).await;
    let Err(PageError::Fault(fault)) = outcome else {
        panic!("{outcome:?}");
    };
    assert_eq!(fault.kind, FaultKind::Unauthorized);
}

#[tokio::test]
async fn a_page_over_the_cap_is_given_up() {
    let setup = Setup::new().await;
    for reply in [
        Reply::large((64 << 20) + 1),
        Reply::GzipBomb(80),
        Reply::Endless,
    ] {
        setup.strike(reply);
        let outcome = setup.source().page(FIRST).await;
        let Err(PageError::TooLarge(fault)) = outcome else {
            panic!("{outcome:?}");
        };
        assert!(fault.message.contains("64 MiB"), "{fault}");
    }
}

#[tokio::test]
async fn csv_is_fetched_with_the_key_from_flashpoint_only() {
    let setup = Setup::new().await;
    let style = Style {
        csv: 1.0,
        ..Style::default()
    };
    setup.server.seed(7, style);
    setup.server.generate(9, SignedDuration::from_hours(20));
    let reports = setup.server.reports();
    let csv = reports
        .iter()
        .flat_map(|report| &report.csv)
        .next()
        .expect("a CSV among them");
    let link = format!("{}{}", setup.server.url(), csv.target);
    let source = setup.source();
    let links = source.csv_links(&[
        link.clone(),
        csv.target.clone(),
        "https://evil.example/a.csv".to_owned(),
    ]);
    assert_eq!(links, [link]);
    assert_eq!(source.csv(&links[0]).await.unwrap(), csv.text);
    assert_eq!(setup.heard.calls(), [("csv", Some(200))]);

    source.csv("https://evil.example/a.csv").await.unwrap_err();
    assert_eq!(setup.heard.calls().len(), 1, "never asked");

    for (reply, says) in [
        (Reply::web_page(), "an HTML page"),
        (Reply::json(200, ""), "an empty body"),
        (Reply::redirect("https://evil.example/a.csv"), "redirect"),
        (Reply::large((16 << 20) + 1), "16 MiB"),
    ] {
        setup.strike(reply);
        let fault = source.csv(&links[0]).await.unwrap_err();
        assert_eq!(fault.kind, FaultKind::UnexpectedResponse);
        assert!(fault.message.contains(says), "{fault}");
    }
    setup.strike(Reply::json(200, "\u{feff}a,b"));
    assert_eq!(source.csv(&links[0]).await.unwrap(), "a,b");
}

#[tokio::test]
async fn a_file_that_wants_to_be_left_alone_does_not_close_the_api() {
    for (status, calls) in [(429, 1), (503, 5)] {
        let setup = Setup::new().await;
        setup.server.generate(2, SignedDuration::from_hours(1));
        let (source, url) = (setup.source(), setup.server.url());
        let faults = &setup.server.controls().faults;
        faults.set(Scripted::on("GET", "/files/").reply(Reply::retry_after(status, "3600")));
        // A few files that fail so may be the ones to blame; of a 429 there is no doubt.
        for file in ["a", "b", "c", "d", "e", "f"] {
            let link = format!("{url}/files/{file}.csv");
            let fault = source.csv(&link).await.unwrap_err();
            assert!(fault.retry_after.is_some(), "{fault}");
        }
        let asked = |setup: &Setup| setup.targets().len();
        assert_eq!(asked(&setup), calls, "{status}");
        assert_eq!(setup.source().page(FIRST).await.unwrap().len(), 2);

        // The other way round, a file at the API's own origin waits with the API.
        setup.fault(Reply::retry_after(429, "3600")).await;
        let before = asked(&setup);
        source.csv(&format!("{url}/b.csv")).await.unwrap_err();
        assert_eq!(asked(&setup), before);
    }
}

#[tokio::test]
async fn the_key_is_shown_nowhere() {
    const CANARY: &str = "canary-4711-flashpoint";
    let setup = Setup::new().await;
    let key = ApiKey(SecretString::from(CANARY));
    let source = setup.client.source(&key, Duration::from_secs(30));
    let mut shown = format!("{key:?}");
    for reply in [
        Reply::json(401, &format!(r#"{{"message":"key {CANARY} is unknown"}}"#)),
        Reply::json(500, &format!("Authorization: Bearer {CANARY}")),
        Reply::json(200, &format!(r#"{{"you sent":"{CANARY}"}}"#)),
        Reply::redirect(&format!("/{CANARY}")),
        Reply::Reset,
    ] {
        setup.strike(reply);
        let error = source.page(FIRST).await.unwrap_err();
        shown = format!("{shown} {error} {error:?}");
    }
    assert!(!shown.contains(CANARY), "{shown}");
    assert!(shown.contains("[redacted]"), "{shown}");
}
