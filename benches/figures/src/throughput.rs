//! A first sync of 500 reports, 300 with indicators, into each destination, against a bare loop that makes the same calls.

mod bare;
mod vendors;

use std::future::ready;
use std::sync::Arc;
use std::time::{Duration, Instant};

use flashpoint_operator::destinations::{Destinations, Opening};
use flashpoint_operator::flashpoint::{Api, ApiKey, Flashpoint as Source, FlashpointSettings};
use flashpoint_operator::http::call::{Observer, Unobserved};
use flashpoint_operator::http::{self, HttpSettings};
use flashpoint_operator::sync::choice::Choice;
use flashpoint_operator::sync::clock::ServiceClock;
use flashpoint_operator::sync::ledger::{Ledger, Owner};
use flashpoint_operator::sync::own::Sources;
use flashpoint_operator::sync::ports::{Fence, Fenced, Journal, JournalError, Watcher};
use flashpoint_operator::sync::window::Window;
use flashpoint_operator::sync::{Mode, Plan, Ports, sync};
use futures::future::BoxFuture;
use indicators::Rules;
use simulators::record::Exchange;
use simulators::trustar::ENCLAVE;
use tokio_util::sync::CancellationToken;

use super::{Outcome, percentile, show};
use vendors::{Kind, Place, Vendors};

/// The destination, the services' latency in milliseconds, and how often each side runs, in turns: the shorter a run, the more
/// it varies.
const CASES: [(Kind, u64, usize); 5] = [
    (Kind::Trustar, 0, 25),
    (Kind::Trustar, 5, 5),
    (Kind::Trustar, 50, 5),
    (Kind::Taxii, 5, 5),
    (Kind::Misp, 5, 5),
];

/// Measures each case; the ratio's median counts.
pub async fn measure() -> Outcome<()> {
    for (kind, latency, runs) in CASES {
        let (mut ratios, mut times) = (Vec::new(), Vec::new());
        for _ in 0..runs {
            let (ours, record) = Box::pin(operator_run(kind, latency)).await?;
            let bare = Box::pin(bare::run(kind, latency, &record)).await?;
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
        let name = kind.name();
        show(
            &format!("first sync of 500 / bare loop, {name}, {latency} ms"),
            &measured,
            ">= 85 %",
        );
    }
    Ok(())
}

/// One first sync; how long it took, and the calls that it made.
async fn operator_run(kind: Kind, latency: u64) -> Outcome<(Duration, Vec<Exchange>)> {
    let vendors = Vendors::new(kind, latency).await?;
    let client = http::client(&HttpSettings::default())?;
    let observer: Observer = Arc::new(Unobserved);
    let settings = FlashpointSettings {
        api: Api::V4,
        url: vendors.flashpoint.url().parse()?,
        path: "/api/v4/reports/".to_owned(),
    };
    let source = Source::new(&settings, client.clone(), observer.clone());
    let destinations = Destinations::new(&vendors.place.settings()?, &client, &observer);
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
    let destination = destinations.open(&Opening {
        feed: "bench",
        access: &vendors.place.access()?,
        // A read-back has no counterpart in the bare loop.
        nothing_delivered: false,
        timeout,
    });
    let ports = Ports {
        source: &source.source(&ApiKey(vendors.flashpoint.api_key().into()), timeout),
        destination: destination.as_ref(),
        journal: &Encoding,
        fence: &Open,
        clock: &ServiceClock::default(),
        watcher: &Unwatched,
        cancelled: CancellationToken::new(),
    };
    let begun = Instant::now();
    let outcome = Box::pin(sync(&plan, &mut ledger, &ports))
        .await
        .map_err(|_| "the sync was abandoned")?;
    let took = begun.elapsed();
    let written = outcome.counts.map_or(0, |counts| counts.created);
    if written < 250 || vendors.place.held() as u64 != written {
        return Err(format!("{written} reports were written, others are held").into());
    }
    if let Place::Trustar(trustar) = &vendors.place {
        let verdict = trustar.verdict(&[(ENCLAVE, vendors.flashpoint.truth())]);
        if !verdict.is_clean() {
            return Err(format!("the sync was not right: {verdict:#?}").into());
        }
    }
    let mut record = vendors.flashpoint.controls().record.all();
    record.extend(vendors.place.controls().record.all());
    Ok((took, record))
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
