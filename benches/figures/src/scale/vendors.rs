//! The services that a subject calls, and what the harness has to know of the calls: how many, and when a feed's first report came.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use jiff::SignedDuration;
use parking_lot::Mutex;
use serde_json::{Value, json};
use simulators::flashpoint::Flashpoint;
use simulators::record::Keep;
use simulators::reports::Style;
use simulators::trustar::{Enclave, Trustar};
use simulators::{Request, Server, start};
use tokio::sync::oneshot;

use crate::Outcome;

/// How many reports each feed finds.
pub const REPORTS: usize = 5;

/// Both services, which live as long as this.
pub struct Vendors {
    pub flashpoint: Server<Flashpoint>,
    pub trustar: Server<Trustar>,
    tally: Arc<Tally>,
}

#[derive(Default)]
struct Tally {
    calls: AtomicU64,
    /// Who waits for the first report in an enclave.
    awaited: Mutex<HashMap<String, oneshot::Sender<Instant>>>,
}

impl Vendors {
    /// With reports that all have indicators. They have no tags, which would take the operator a second call for each report, and
    /// none of its peers.
    pub async fn start() -> Outcome<Self> {
        let flashpoint = start(Flashpoint::default()).await?;
        let style = Style {
            planted: 1.0,
            edited: 0.0,
            late: 0.0,
            quirks: false,
            ..Style::default()
        };
        flashpoint.seed(7, style);
        flashpoint.generate(REPORTS, SignedDuration::from_hours(20));
        for report in flashpoint.reports() {
            flashpoint.edit(&report.id, |fields| {
                fields.insert("tags".to_owned(), json!([]));
            });
        }
        let trustar = start(Trustar::default()).await?;
        let tally = Arc::new(Tally::default());
        for controls in [flashpoint.controls(), trustar.controls()] {
            // At 10,000 feeds there are some 100,000 calls.
            controls.record.keep(Keep::Nothing);
            let tally = Arc::clone(&tally);
            controls.before_each(move |request| tally.note(request));
        }
        Ok(Self {
            flashpoint,
            trustar,
            tally,
        })
    }

    /// How many calls either service had.
    pub fn calls(&self) -> u64 {
        self.tally.calls.load(Ordering::Relaxed)
    }

    /// Adds enclaves that reports may go to.
    pub fn add_enclaves<'a>(&self, ids: impl IntoIterator<Item = &'a str>) {
        let added: Vec<_> = ids
            .into_iter()
            .map(|id| Enclave::writable(id, id))
            .collect();
        self.trustar
            .configure(|settings| settings.enclaves.extend(added));
    }

    /// Gives the moment at which the first report for this enclave arrives, from now on.
    pub fn first_report(&self, enclave: &str) -> oneshot::Receiver<Instant> {
        let (sender, receiver) = oneshot::channel();
        let mut awaited = self.tally.awaited.lock();
        awaited.insert(enclave.to_owned(), sender);
        receiver
    }
}

impl Tally {
    fn note(&self, request: &Request) {
        self.calls.fetch_add(1, Ordering::Relaxed);
        if request.method != "POST" || !request.path().starts_with("/api/1.3/reports") {
            return;
        }
        let mut awaited = self.awaited.lock();
        if awaited.is_empty() {
            return;
        }
        let body: Value = serde_json::from_slice(&request.body).unwrap_or_default();
        let enclave = body.pointer("/enclaveIds/0").and_then(Value::as_str);
        if let Some(sender) = enclave.and_then(|enclave| awaited.remove(enclave)) {
            // Who gave up waiting needs no answer.
            let _ = sender.send(Instant::now());
        }
    }
}
