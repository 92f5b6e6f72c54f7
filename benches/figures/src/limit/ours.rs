//! The operator's own code: one sync a feed, each with a ledger and a place of its own, all at once.

use std::future::ready;
use std::sync::Arc;
use std::time::Duration;

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
use simulators::trustar::ENCLAVE;
use tokio_util::sync::CancellationToken;

use super::vendors::Vendors;
use super::{Run, timed};
use crate::Outcome;

/// What all feeds of an operator share.
#[derive(Clone)]
struct Operator {
    client: reqwest::Client,
    observer: Observer,
    rules: Arc<Rules>,
}

/// One first sync of each feed. What each wrote is checked.
pub async fn run(vendors: Arc<Vec<Vendors>>) -> Outcome<Run> {
    let operator = Operator {
        client: http::client(&HttpSettings::default())?,
        observer: Arc::new(Unobserved),
        rules: Arc::default(),
    };
    let feeds = (0..vendors.len()).map(|feed| operator.clone().sync(Arc::clone(&vendors), feed));
    let (run, written) = timed(feeds.collect()).await?;
    for (vendors, written) in vendors.iter().zip(written) {
        vendors.check(written)?;
    }
    Ok(run)
}

impl Operator {
    /// One feed's; how many reports it wrote.
    async fn sync(self, vendors: Arc<Vec<Vendors>>, feed: usize) -> Outcome<u64> {
        let vendors = vendors.get(feed).ok_or("no services")?;
        let settings = FlashpointSettings {
            api: Api::V4,
            url: vendors.flashpoint.url().parse()?,
            path: "/api/v4/reports/".to_owned(),
        };
        let source = Source::new(&settings, self.client.clone(), self.observer.clone());
        let settings = vendors.place.settings()?;
        let destinations = Destinations::new(&settings, &self.client, &self.observer);
        let timeout = Duration::from_secs(30);
        let choice = Choice::default();
        let plan = Plan {
            limit: 500,
            lookback: Duration::from_hours(24),
            timeout,
            rules: &self.rules,
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
        let synced = Box::pin(sync(&plan, &mut ledger, &ports)).await;
        let outcome = synced.map_err(|_| "the sync was abandoned")?;
        Ok(outcome.counts.map_or(0, |counts| counts.created))
    }
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
