//! A first sync of 500 reports, 300 with indicators, against a bare loop that makes the same calls.

use std::future::ready;
use std::sync::Arc;
use std::time::{Duration, Instant};

use flashpoint_operator::destinations::trustar::{self, Credential, Target, TrustarSettings};
use flashpoint_operator::flashpoint::{Api, ApiKey, Flashpoint as Source, FlashpointSettings};
use flashpoint_operator::http::call::Unobserved;
use flashpoint_operator::http::{self, HttpSettings};
use flashpoint_operator::sync::choice::Choice;
use flashpoint_operator::sync::clock::ServiceClock;
use flashpoint_operator::sync::ledger::{Ledger, Owner};
use flashpoint_operator::sync::own::Sources;
use flashpoint_operator::sync::ports::{Fence, Fenced, Journal, JournalError, Watcher};
use flashpoint_operator::sync::window::Window;
use flashpoint_operator::sync::{Mode, Plan, Ports, sync};
use futures::future::BoxFuture;
use futures::{StreamExt as _, TryStreamExt as _, stream};
use indicators::Rules;
use jiff::SignedDuration;
use simulators::faults::Fault;
use simulators::flashpoint::Flashpoint;
use simulators::record::Exchange;
use simulators::reports::Style;
use simulators::trustar::{ENCLAVE, Trustar};
use simulators::{Server, start};
use tokio_util::sync::CancellationToken;

use super::{Outcome, percentile, show};

/// The vendors' latencies in milliseconds, and how often each side runs, in turns: the shorter a run, the more it varies.
const LATENCIES: [(u64, usize); 3] = [(0, 25), (5, 5), (50, 5)];

/// How many writes the operator has under way at once.
const AT_ONCE: usize = 4;

/// Measures at each latency of the vendors; the ratio's median counts.
pub async fn measure() -> Outcome<()> {
    for (latency, runs) in LATENCIES {
        let (mut ratios, mut times) = (Vec::new(), Vec::new());
        for _ in 0..runs {
            let (ours, record) = Box::pin(operator_run(latency)).await?;
            let bare = bare_run(latency, record).await?;
            ratios.push(bare.as_secs_f64() / ours.as_secs_f64());
            times.push(ours.as_secs_f64());
        }
        let (low, high) = (percentile(&mut ratios, 0.0), percentile(&mut ratios, 1.0));
        let median = percentile(&mut ratios, 0.5);
        let measured = format!(
            "{:.0} % ({:.0}-{:.0}), {:.0} ms",
            median * 100.0,
            low * 100.0,
            high * 100.0,
            percentile(&mut times, 0.5) * 1_000.0
        );
        show(
            &format!("first sync of 500 against a bare loop, {latency} ms"),
            &measured,
            ">= 85 %",
        );
    }
    Ok(())
}

struct Vendors {
    flashpoint: Server<Flashpoint>,
    trustar: Server<Trustar>,
}

/// 500 reports, of which 300 hold indicators.
async fn vendors(latency: u64) -> Outcome<Vendors> {
    let flashpoint = start(Flashpoint::default()).await?;
    flashpoint.seed(
        7,
        Style {
            csv: 0.0,
            planted: 0.6,
            ..Style::default()
        },
    );
    flashpoint.generate(500, SignedDuration::from_hours(20));
    let trustar = start(Trustar::default()).await?;
    if latency > 0 {
        let delay = Duration::from_millis(latency);
        flashpoint
            .controls()
            .faults
            .set(Fault::on("GET", "/").delay(delay));
        for method in ["GET", "POST"] {
            trustar
                .controls()
                .faults
                .set(Fault::on(method, "/").delay(delay));
        }
    }
    Ok(Vendors {
        flashpoint,
        trustar,
    })
}

/// One first sync; how long it took, and the calls that it made.
async fn operator_run(latency: u64) -> Outcome<(Duration, Vec<Exchange>)> {
    let vendors = vendors(latency).await?;
    let source = Source::new(
        &FlashpointSettings {
            api: Api::V4,
            url: vendors.flashpoint.url().parse()?,
            path: "/api/v4/reports/".to_owned(),
        },
        http::client(&HttpSettings::default())?,
        Arc::new(Unobserved),
    );
    let sink = trustar::Trustar::new(
        &TrustarSettings {
            url: vendors.trustar.url().parse()?,
            calls_per_minute: 0,
        },
        http::client(&HttpSettings::default())?,
        Arc::new(Unobserved),
    );
    let credential = vendors.trustar.credential().ok_or("no credential")?;
    let credential = Credential {
        key: credential.key.into(),
        secret: credential.secret.into(),
    };
    let timeout = Duration::from_secs(30);
    let rules = Arc::new(Rules::default());
    let choice = Choice::default();
    let plan = Plan {
        limit: 500,
        lookback: Duration::from_hours(24),
        timeout,
        rules: &rules,
        sources: Sources::default(),
        choice: &choice,
        window: Window::default(),
        mode: Mode::Full { forced: false },
    };
    let mut ledger = Ledger::new(Owner {
        uid: "bench".to_owned(),
        destination: ENCLAVE.to_owned(),
    });
    let target = Target {
        feed: "bench",
        enclave: ENCLAVE,
        // A read-back has no counterpart in the bare loop.
        ledger_is_new: false,
        timeout,
    };
    let ports = Ports {
        source: &source.source(&ApiKey(vendors.flashpoint.api_key().into()), timeout),
        destination: &sink.enclave(&credential, &target),
        journal: &Encoding,
        fence: &Open,
        clock: &ServiceClock::default(),
        watcher: &Unwatched,
        cancelled: CancellationToken::new(),
    };
    let begun = Instant::now();
    Box::pin(sync(&plan, &mut ledger, &ports))
        .await
        .map_err(|_| "the sync was abandoned")?;
    let took = begun.elapsed();
    let verdict = vendors
        .trustar
        .verdict(&[(ENCLAVE, vendors.flashpoint.truth())]);
    if !verdict.is_clean() {
        return Err(format!("the sync was not right: {verdict:#?}").into());
    }
    let mut record = vendors.flashpoint.controls().record.all();
    record.extend(vendors.trustar.controls().record.all());
    Ok((took, record))
}

/// The same calls by nothing but reqwest: the first ones in order, then each report's write and tags,
/// as many at once.
async fn bare_run(latency: u64, record: Vec<Exchange>) -> Outcome<Duration> {
    let vendors = vendors(latency).await?;
    let client = http::client(&HttpSettings::default())?;
    let (flashpoint, trustar) = (vendors.flashpoint.url(), vendors.trustar.url());
    let calls: Vec<Exchange> = record;
    let (listing, calls): (Vec<_>, Vec<_>) = calls
        .into_iter()
        .partition(|call| call.path().starts_with("/api/v4"));
    let (writes, first): (Vec<_>, Vec<_>) = calls
        .into_iter()
        .partition(|call| call.path().ends_with("/upsert"));
    let (tags, first): (Vec<_>, Vec<_>) = first
        .into_iter()
        .partition(|call| call.path().ends_with("/alter-tags"));
    let tags = tags.len();
    let tag_body = r#"{"addedTags":[{"name":"fraud"}],"removedTags":[]}"#;
    let begun = Instant::now();
    let mut token = String::new();
    for call in &first {
        let body = send(&client, &trustar, call, &token).await?;
        if call.path() == "/oauth/token" {
            let answer: serde_json::Value = serde_json::from_slice(&body)?;
            answer["access_token"]
                .as_str()
                .unwrap_or_default()
                .clone_into(&mut token);
        }
    }
    for call in &listing {
        send(&client, &flashpoint, call, "").await?;
    }
    let token = &token;
    stream::iter(writes.iter().enumerate())
        .map(|(index, call)| {
            let (client, trustar) = (client.clone(), trustar.clone());
            async move {
                let guid = send(&client, &trustar, call, token).await?;
                if index >= tags {
                    return Ok(());
                }
                let guid = String::from_utf8_lossy(&guid)
                    .trim_matches(['"', '\n'])
                    .to_owned();
                let request = client
                    .post(format!("{trustar}/api/1.3/reports/{guid}/alter-tags"))
                    .headers(headers(call, token)?)
                    .body(tag_body);
                request.send().await?.error_for_status()?.bytes().await?;
                Outcome::Ok(())
            }
        })
        .buffer_unordered(AT_ONCE)
        .try_collect::<Vec<()>>()
        .await?;
    Ok(begun.elapsed())
}

async fn send(
    client: &reqwest::Client,
    origin: &str,
    call: &Exchange,
    token: &str,
) -> Outcome<Vec<u8>> {
    let method = reqwest::Method::from_bytes(call.method.as_str().as_bytes())?;
    let url = format!("{origin}{}", call.target);
    let request = client
        .request(method, url)
        .headers(headers(call, token)?)
        .body(call.body.clone());
    Ok(request
        .send()
        .await?
        .error_for_status()?
        .bytes()
        .await?
        .to_vec())
}

/// The headers as they were sent, with this run's own token.
fn headers(call: &Exchange, token: &str) -> Outcome<reqwest::header::HeaderMap> {
    let mut headers = call.headers.clone();
    for own in ["host", "content-length", "connection"] {
        headers.remove(own);
    }
    if call.path().starts_with("/api/1.3") {
        headers.insert("authorization", format!("Bearer {token}").parse()?);
    }
    Ok(headers)
}

/// Encodes the ledger, as storing it would.
struct Encoding;

impl Journal for Encoding {
    fn save<'a>(&'a self, ledger: &'a Ledger) -> BoxFuture<'a, Result<(), JournalError>> {
        let encoded = ledger.encode();
        let saved = encoded.map_err(JournalError::full);
        Box::pin(ready(saved.map(|_| ())))
    }
}

struct Open;

impl Fence for Open {
    fn check(&self) -> Result<(), Fenced> {
        Ok(())
    }
}

struct Unwatched;

impl Watcher for Unwatched {}
