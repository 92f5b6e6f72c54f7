//! A sync that finds nothing new, over ports in memory, and the status that it ends in.

use std::future::ready;
use std::hint::black_box;
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use flashpoint_operator::api::FlashpointFeedStatus;
use flashpoint_operator::controller::status::{self, Attempt, Ended};
use flashpoint_operator::destinations::trustar::TRUSTAR;
use flashpoint_operator::http::fault::{Fault, Service};
use flashpoint_operator::sync::choice::Choice;
use flashpoint_operator::sync::destination::{
    Delivery, DeliveryError, Destination, Receipt, Remainder, Step,
};
use flashpoint_operator::sync::ledger::Ledger;
use flashpoint_operator::sync::own::Sources;
use flashpoint_operator::sync::ports::{Clock, Fence, Fenced, Journal, JournalError, Watcher};
use flashpoint_operator::sync::source::{Page, PageError, PageRequest, Source};
use flashpoint_operator::sync::window::Window;
use flashpoint_operator::sync::{Mode, Outcome as Synced, Plan, Ports, sync};
use futures::future::BoxFuture;
use indicators::Rules;
use jiff::Timestamp;
use tokio::runtime::{Builder, Runtime};
use tokio_util::sync::CancellationToken;

use crate::inputs::{self, now};
use crate::{Case, Outcome, SHORT};

/// A feed whose reports are known after its first sync.
struct Feed {
    runtime: Runtime,
    services: Services,
    rules: Arc<Rules>,
    window: Window,
    ledger: Ledger,
}

impl Feed {
    /// After the first sync of so many reports.
    fn of(count: usize) -> Outcome<Self> {
        let reports = inputs::reports(count)?;
        let mut feed = Self {
            runtime: Builder::new_current_thread().enable_time().build()?,
            services: Services {
                now: now()?,
                reports,
            },
            rules: Arc::new(Rules::default()),
            window: Window::default(),
            ledger: Ledger::new(inputs::owner()),
        };
        let first = feed.sync()?;
        feed.window = first.window;
        let quiet = feed.sync()?;
        let counts = quiet.counts.ok_or("nothing was listed")?;
        if counts.unchanged + counts.without_indicators != count as u64 {
            return Err("a sync that should be quiet is not".into());
        }
        Ok(feed)
    }

    fn sync(&mut self) -> Outcome<Synced> {
        let choice = Choice::default();
        let plan = Plan {
            limit: 500,
            lookback: Duration::from_hours(24),
            timeout: Duration::from_secs(30),
            rules: &self.rules,
            sources: Sources::default(),
            window: self.window,
            choice: &choice,
            mode: Mode::Full { forced: false },
        };
        let services = &self.services;
        let ports = Ports {
            source: services,
            destination: services,
            journal: services,
            fence: services,
            clock: services,
            watcher: services,
            cancelled: CancellationToken::new(),
        };
        let synced = self
            .runtime
            .block_on(Box::pin(sync(&plan, &mut self.ledger, &ports)));
        Ok(synced.map_err(|_| "the sync was abandoned")?)
    }
}

/// One sync of reports that are all known.
pub fn sync_of(count: usize) -> Outcome<Case> {
    let mut feed = Feed::of(count)?;
    Ok(Case::new("sync", 1, move || {
        let _ = black_box(feed.sync());
    }))
}

/// The status after such a sync, as JSON.
pub fn status() -> Outcome<Case> {
    let mut feed = Feed::of(500)?;
    let now = feed.services.now;
    let ended = Ended::Synced {
        outcome: Box::new(feed.sync()?),
        ledger: Box::new(feed.ledger),
    };
    let before = FlashpointFeedStatus::default();
    Ok(Case::new("status", SHORT, move || {
        let attempt = Attempt {
            generation: 1,
            interval: Duration::from_mins(15),
            started: now,
            ended: now,
            requested_at: None,
            fresh: false,
            jitter: 0.5,
        };
        for _ in 0..SHORT {
            let after = status::after(&before, &attempt, &ended);
            let _ = black_box(serde_json::to_vec(&after));
        }
    }))
}

/// All ports: the listing holds the same reports at each call, and whatever is delivered is taken.
struct Services {
    now: Timestamp,
    reports: Vec<String>,
}

impl Source for Services {
    fn page(&self, request: PageRequest) -> BoxFuture<'_, Result<Page, PageError>> {
        let skip = usize::try_from(request.skip).unwrap_or(usize::MAX);
        let asked = self.reports.iter().skip(skip).take(request.limit as usize);
        let mut text = String::new();
        let place = |report: &String| -> Range<usize> {
            let from = text.len();
            text.push_str(report);
            from..text.len()
        };
        let places = asked.map(place).collect();
        let page = Page::new(self.reports.len() as u64, text, places);
        Box::pin(ready(Ok(page)))
    }

    fn csv_links(&self, _: &[String]) -> Vec<String> {
        Vec::new()
    }

    fn csv<'a>(&'a self, _: &'a str) -> BoxFuture<'a, Result<String, Fault>> {
        Box::pin(ready(Ok(String::new())))
    }
}

impl Destination for Services {
    fn service(&self) -> &'static Service {
        &TRUSTAR
    }

    fn remainder(&self) -> Remainder {
        Remainder {
            pending: "tags are pending",
            failed: "its tags failed",
        }
    }

    fn check(&self) -> BoxFuture<'_, Result<(), DeliveryError>> {
        Box::pin(ready(Ok(())))
    }

    fn check_anew(&self) -> BoxFuture<'_, Result<(), DeliveryError>> {
        Destination::check(self)
    }

    fn deliver<'a>(&'a self, delivery: Delivery<'a>) -> BoxFuture<'a, Result<Step, DeliveryError>> {
        let receipt = Receipt {
            handle: delivery.report.id.to_string(),
            keep_handle: false,
            labels: Vec::new(),
        };
        Box::pin(ready(Ok(Step::Done(receipt))))
    }
}

impl Journal for Services {
    fn save<'a>(&'a self, ledger: &'a Ledger) -> BoxFuture<'a, Result<(), JournalError>> {
        let encoded = ledger.encode().map_err(JournalError::full);
        Box::pin(ready(encoded.map(|text| drop(black_box(text)))))
    }
}

impl Fence for Services {
    fn check(&self) -> Result<(), Fenced> {
        Ok(())
    }
}

impl Clock for Services {
    fn now(&self) -> Timestamp {
        self.now
    }
}

impl Watcher for Services {}
