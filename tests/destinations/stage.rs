//! A feed between Flashpoint and one destination, with the operator's own clients in a process that can be killed.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use flashpoint_operator::destinations::Destinations;
use flashpoint_operator::flashpoint::{Api, Flashpoint, FlashpointSettings};
use flashpoint_operator::http::call::Unobserved;
use flashpoint_operator::http::{HttpSettings, client};
use flashpoint_operator::sync::ledger::{Ledger, Owner};
use flashpoint_operator::sync::ports::Clock as _;
use flashpoint_operator::sync::window::Window;
use jiff::SignedDuration;
use serde_json::json;
use simulators::Server;
use simulators::flashpoint::Flashpoint as Vendor;
use simulators::reports::{Report, flashpoint_time};

use super::held::{Held, Holdings};
use super::place::{Kind, Place};
use super::ports::{Ahead, Lease, Lines, Store};

/// What one process of the operator holds, and loses.
pub struct Process {
    pub flashpoint: Flashpoint,
    pub destinations: Destinations,
}

pub struct Stage {
    pub kind: Kind,
    pub flashpoint: Server<Vendor>,
    pub place: Place,
    pub process: Process,
    pub clock: Ahead,
    pub store: Store,
    pub lease: Lease,
    pub lines: Lines,
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

    /// The destination holds what it should, once.
    pub fn assert_complete(&self) {
        assert_same(&self.place.holdings(), &self.expected);
    }

    /// The same after a life: a report whose last indicator went is kept current only as long as the ledger knows that the
    /// destination holds it.
    pub fn assert_complete_as_far_as_is_known(&self) {
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
