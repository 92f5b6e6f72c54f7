//! A feed between Flashpoint and one destination: the operator's own sync and clients, in a process that can be killed.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use flashpoint_operator::destinations::{Destinations, Opening};
use flashpoint_operator::flashpoint::{Api, ApiKey, Flashpoint, FlashpointSettings};
use flashpoint_operator::http::call::Unobserved;
use flashpoint_operator::http::fault::Fault;
use flashpoint_operator::http::{HttpSettings, client};
use flashpoint_operator::sync::choice::Choice;
use flashpoint_operator::sync::counts::Counts;
use flashpoint_operator::sync::ledger::{Ledger, Owner};
use flashpoint_operator::sync::own::Sources;
use flashpoint_operator::sync::ports::{Clock as _, Verdict};
use flashpoint_operator::sync::window::Window;
use flashpoint_operator::sync::{Abandoned, Conclusion, Mode, Outcome, Plan, Ports, sync};
use indicators::Rules;
use jiff::SignedDuration;
use serde_json::json;
use simulators::Server;
use simulators::faults::Reply;
use simulators::flashpoint::Flashpoint as Vendor;
use simulators::reports::{Report, flashpoint_time};
use tokio_util::sync::CancellationToken;

use super::held::{Held, Holdings};
use super::place::{CANARIES, Kind, Place};
use super::ports::{Ahead, Lease, Lines, Store};

pub const FULL: Mode = Mode::Full { forced: false };
pub const FORCED: Mode = Mode::Full { forced: true };

/// What one process of the operator holds, and loses.
struct Process {
    flashpoint: Flashpoint,
    destinations: Destinations,
}

/// Where a process is killed: at its nth call that writes to the destination, which has its effect or not.
#[derive(Clone, Copy, Debug)]
pub struct Kill {
    pub call: u64,
    pub after_effect: bool,
}

pub struct Stage {
    pub kind: Kind,
    pub flashpoint: Server<Vendor>,
    pub place: Place,
    process: Process,
    clock: Ahead,
    pub store: Store,
    pub lease: Lease,
    lines: Lines,
    pub window: Window,
    /// How long one call may take.
    pub timeout: Duration,
    /// Whether the feed names a place that is not there.
    pub elsewhere: bool,
    /// What the destination is to hold.
    pub expected: Holdings,
}

impl Stage {
    pub async fn new(kind: Kind) -> Self {
        let flashpoint = simulators::start(Vendor::default()).await.unwrap();
        let place = Place::new(kind).await;
        Self {
            process: Process::start(&flashpoint, &place),
            kind,
            flashpoint,
            place,
            clock: Ahead::default(),
            store: Store::default(),
            lease: Lease::default(),
            lines: Lines::default(),
            window: Window::default(),
            timeout: Duration::from_secs(20),
            elsewhere: false,
            expected: Holdings::new(),
        }
    }

    /// Lists a report with these domains, each by one letter, posted a few minutes ago; or edits it to be so.
    pub fn put(&mut self, id: &str, letters: &str) {
        let domains = letters.chars().map(|letter| format!("{letter}-{id}.xyz"));
        let domains: Vec<_> = domains.collect();
        let body = domains.iter().map(|domain| domain.replace('.', "[.]"));
        let body = body.collect::<Vec<_>>().join(" ");
        let version = self.expected.get(id).map_or(1, |held| {
            let version = held.title.rsplit('v').next().unwrap_or_default();
            version.parse::<u32>().unwrap() + 1
        });
        let title = format!("{id} v{version}");
        let edited = self.flashpoint.edit(id, |fields| {
            fields.insert("title".to_owned(), json!(title));
            fields.insert("body".to_owned(), json!(body));
            fields.insert("tags".to_owned(), json!(["fraud", format!("v{version}")]));
        });
        if !edited {
            let posted = flashpoint_time(self.clock.now() - SignedDuration::from_mins(5));
            let fields = json!({"id": id, "title": title, "summary": "A summary", "body": body, "tags": ["fraud"],
                "posted_at": posted, "updated_at": posted, "platform_url": format!("https://fp.tools/home/report/{id}")});
            self.flashpoint.put(Report::new(&fields, Vec::new()));
        }
        let domains = domains.into_iter().collect();
        self.expected.insert(id.to_owned(), Held { title, domains });
    }

    /// Lists so many reports: `r0`, `r1`, …
    pub fn put_many(&mut self, count: usize) {
        (0..count).for_each(|number| self.put(&format!("r{number}"), "ab"));
    }

    /// The operator's clock and the services' go on.
    pub fn advance(&self, by: SignedDuration) {
        let ahead = self.clock.advance(by);
        self.flashpoint.controls().clock.set_skew(ahead);
        self.place.controls().clock.set_skew(ahead);
    }

    /// A new process, which knows what is stored and nothing else.
    pub fn restart(&mut self) {
        self.process = Process::start(&self.flashpoint, &self.place);
    }

    /// The ledger as it is stored.
    pub fn ledger(&self) -> Ledger {
        let owner = Owner {
            uid: "uid".to_owned(),
            destination: self.place.target(self.elsewhere).identity().into_owned(),
        };
        match &*self.store.text.lock().unwrap() {
            Some(text) => Ledger::decode(text, owner),
            None => Ledger::new(owner),
        }
    }

    /// One sync. What it tells is checked: counts that add up, a checkpoint that does not move back, totals that nothing
    /// exceeds, no credential anywhere.
    pub async fn sync(&mut self, mode: Mode) -> Result<Outcome, Abandoned> {
        let outcome = self.run(mode).await;
        let lines = std::mem::take(&mut *self.lines.0.lock().unwrap());
        let stored = self.store.text.lock().unwrap().is_some();
        let told = format!("{outcome:?} {lines:?} {:?}", self.ledger());
        assert!(
            !CANARIES.iter().any(|canary| told.contains(canary)),
            "{told}"
        );
        let written = self.place.written_since(0).len() as u64;
        assert!(
            !stored || self.ledger().totals.submitted <= written,
            "{told}"
        );
        let outcome = outcome?;
        assert!(
            outcome.window.covered_to >= self.window.covered_to,
            "{told}"
        );
        self.window = outcome.window;
        if let Some(counts) = &outcome.counts {
            assert_adds_up(counts);
            if mode != Mode::Continuation {
                let is = |of: fn(&Verdict) -> bool| lines.iter().filter(|line| of(&line.1)).count();
                let created = is(|verdict| *verdict == Verdict::Created) as u64;
                let updated = is(|verdict| *verdict == Verdict::Updated) as u64;
                assert_eq!(
                    (counts.created, counts.updated),
                    (created, updated),
                    "{told}"
                );
            }
        }
        Ok(outcome)
    }

    async fn run(&self, mode: Mode) -> Result<Outcome, Abandoned> {
        self.lines.0.lock().unwrap().clear();
        let mut ledger = self.ledger();
        let rules = Arc::new(Rules::default());
        let choice = Choice::default();
        let plan = Plan {
            limit: 500,
            lookback: Duration::from_hours(24),
            timeout: self.timeout,
            rules: &rules,
            sources: Sources::default(),
            choice: &choice,
            window: self.window,
            mode,
        };
        let access = self.place.access(self.elsewhere);
        let destination = self.process.destinations.open(&Opening {
            feed: "feed",
            access: &access,
            nothing_delivered: ledger.nothing_delivered(),
            timeout: self.timeout,
        });
        let key = ApiKey(self.flashpoint.api_key().into());
        let ports = Ports {
            source: &self.process.flashpoint.source(&key, self.timeout),
            destination: destination.as_ref(),
            journal: &self.store,
            fence: &self.lease,
            clock: &self.clock,
            watcher: &self.lines,
            cancelled: CancellationToken::new(),
        };
        Box::pin(sync(&plan, &mut ledger, &ports)).await
    }

    /// A sync that finds nothing in its way.
    pub async fn synced(&mut self, mode: Mode) -> Counts {
        let outcome = self.sync(mode).await.unwrap();
        assert_eq!(outcome.conclusion, Conclusion::Synced, "{outcome:?}");
        outcome.counts.unwrap()
    }

    /// A sync that a service's fault ends.
    pub async fn faulted(&mut self) -> Fault {
        let outcome = self.sync(FULL).await.unwrap();
        match outcome.conclusion {
            Conclusion::Fault(fault) => fault,
            _ => panic!("{outcome:?}"),
        }
    }

    /// Syncs, as often as a feed may need once nothing is wrong, until nothing is left to do.
    pub async fn settle(&mut self) {
        let mut told = String::new();
        for _ in 0..12 {
            let outcome = self.sync(FORCED).await.unwrap();
            told = format!("{outcome:?}");
            match outcome.conclusion {
                Conclusion::Synced => return self.assert_complete_as_far_as_is_known(),
                Conclusion::Fault(fault) => {
                    tokio::time::sleep(fault.retry_after.unwrap_or_default()).await;
                }
                _ => {}
            }
            self.advance(SignedDuration::from_mins(15));
        }
        panic!("never quiet: {told}");
    }

    /// A sync in a process that is killed on its way; says whether it came to that.
    pub async fn killed_at(&mut self, kill: Kill) -> bool {
        let mut fault = self.place.writes().nth(kill.call);
        fault.after_effect = kill.after_effect;
        let mark = self.place.controls().record.len();
        let number = self.place.strike(fault, Reply::Hang);
        let record = &self.place.controls().record;
        let struck = async {
            let is_struck = || {
                let calls = record.since(mark).into_iter();
                let hung = calls.filter(|call| call.method == "POST" && call.status.is_none());
                hung.filter(|call| !call.path().contains("oauth")).count() > 0
            };
            let mut since = 0;
            // A call that is handled at once is unanswered for a moment only.
            while since < 3 {
                since = if is_struck() { since + 1 } else { 0 };
                tokio::time::sleep(Duration::from_millis(3)).await;
            }
        };
        let killed = tokio::select! {
            _ = self.run(FULL) => false,
            () = struck => true,
        };
        self.place.controls().faults.clear(number);
        self.restart();
        killed
    }

    /// The destination holds what it should, once.
    pub fn assert_complete(&self) {
        assert_same(&self.place.holdings(), &self.expected);
    }

    /// The same after a life: a report whose last indicator went is kept current only as long as the ledger knows that the
    /// destination holds it.
    fn assert_complete_as_far_as_is_known(&self) {
        let (mut held, mut expected) = (self.place.holdings(), self.expected.clone());
        expected.retain(|_, report| !report.domains.is_empty());
        held.retain(|id, _| {
            self.expected
                .get(id)
                .is_none_or(|report| !report.domains.is_empty())
        });
        assert_same(&held, &expected);
    }
}

fn assert_same(held: &Holdings, expected: &Holdings) {
    let ids: BTreeSet<_> = held.keys().chain(expected.keys()).collect();
    let pairs = ids.into_iter().map(|id| (held.get(id), expected.get(id)));
    let wrong: Vec<_> = pairs.filter(|(held, wanted)| held != wanted).collect();
    assert!(wrong.is_empty(), "held, expected: {wrong:#?}");
}

impl Process {
    fn start(flashpoint: &Server<Vendor>, place: &Place) -> Self {
        let http = client(&HttpSettings::default()).unwrap();
        let settings = FlashpointSettings {
            api: Api::V4,
            url: flashpoint.url().parse().unwrap(),
            path: "/api/v4/reports/".to_owned(),
        };
        let observer = Arc::new(Unobserved);
        Self {
            flashpoint: Flashpoint::new(&settings, http.clone(), observer.clone()),
            destinations: Destinations::new(&place.settings(), &http, &(observer as _)),
        }
    }
}

fn assert_adds_up(counts: &Counts) {
    let parts = counts.created
        + counts.updated
        + counts.unchanged
        + counts.without_indicators
        + counts.failed
        + counts.pending;
    assert_eq!(counts.considered, parts, "{counts:?}");
    assert!(counts.matched <= counts.considered, "{counts:?}");
}

/// The part of the counts that tests look at: created, updated, unchanged, failed, pending.
pub fn parts(counts: &Counts) -> [u64; 5] {
    let Counts {
        created,
        updated,
        unchanged,
        failed,
        pending,
        ..
    } = *counts;
    [created, updated, unchanged, failed, pending]
}
