//! MISP, by its REST API: a report is an event. What MISP answers was measured on MISP 2.5.1.

mod account;
mod api;
mod attribute;
mod dropped;
mod edit;
pub mod event;
mod ids;
mod refusal;
mod rights;
mod stored;
mod summary;
mod text;
mod write;

use std::collections::BTreeMap;
use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;
use std::time::Duration;

use futures::future::BoxFuture;
use reqwest::{Client, Url};
use schemars::JsonSchema;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use tokio::sync::Mutex;
use uuid::Uuid;

use crate::http::call::Observer;
use crate::http::fault::{Fault, FaultKind, Service};
use crate::http::{ByCredential, ServiceUrl, Wire, shown};
use crate::sync::destination::{Delivery, DeliveryError, Destination, Remainder, Step};
use account::Account;

/// MISP.
pub static MISP: Service = Service {
    name: "MISP",
    label: "misp",
    address: "destinations.misp",
};

/// Who sees an event, apart from the organisation that sends it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Distribution {
    /// Nobody.
    #[default]
    Organisation,
    /// The organisations of this MISP.
    Community,
    /// Those of the MISPs that it is connected with, too.
    ConnectedCommunities,
    /// Everybody that it reaches.
    All,
}

impl Distribution {
    const fn code(self) -> &'static str {
        match self {
            Self::Organisation => "0",
            Self::Community => "1",
            Self::ConnectedCommunities => "2",
            Self::All => "3",
        }
    }
}

/// The MISPs that feeds may name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MispSettings {
    /// The base URL of each, by name.
    pub servers: BTreeMap<String, ServiceUrl>,
}

/// A user's authentication key, as the secret holds it: `misp-auth-key`.
#[derive(Clone, Debug)]
pub struct Credential(pub SecretString);

/// MISP, for all feeds. Cheap to clone; clones share connections and what is known about credentials.
#[derive(Clone)]
pub struct Misp {
    shared: Arc<Shared>,
}

struct Shared {
    wire: Wire,
    servers: BTreeMap<String, Url>,
    /// By server and key.
    accounts: ByCredential<Account>,
    /// Of one event one write follows the other, whoever makes it.
    writing: [Mutex<()>; 64],
    hasher: RandomState,
}

/// Where the reports of one sync go.
#[derive(Clone, Copy, Debug)]
pub struct Target<'a> {
    /// The MISP, by its name in the settings.
    pub server: &'a str,
    /// Who sees new events.
    pub distribution: Distribution,
    /// Whether events are published.
    pub publish: bool,
    /// Tags of each event besides the report's own.
    pub tags: &'a [String],
    /// The time that each call may take in all.
    pub timeout: Duration,
}

/// One MISP, written to with one key in one sync.
pub struct MispEvents {
    shared: Arc<Shared>,
    account: Arc<Account>,
    credential: Credential,
    server: String,
    /// `None`: the settings have no such server.
    url: Option<Url>,
    distribution: Distribution,
    publish: bool,
    tags: Vec<String>,
    timeout: Duration,
}

impl Misp {
    /// A client of the MISPs in `settings`, calling by `http`.
    #[must_use]
    pub fn new(settings: &MispSettings, http: Client, observer: Observer) -> Self {
        let servers = settings.servers.iter();
        let servers = servers.map(|(name, url)| (name.clone(), url.url().clone()));
        let shared = Shared {
            wire: Wire::new(&MISP, http, observer),
            servers: servers.collect(),
            accounts: ByCredential::default(),
            writing: std::array::from_fn(|_| Mutex::default()),
            hasher: RandomState::new(),
        };
        Self {
            shared: Arc::new(shared),
        }
    }

    /// The MISP of `target`, with `credential`; for one sync.
    #[must_use]
    pub fn server(&self, credential: &Credential, target: &Target<'_>) -> MispEvents {
        let server = SecretString::from(target.server);
        let parts = [&server, &credential.0];
        MispEvents {
            account: self.shared.accounts.get_or(&parts, Account::new),
            credential: credential.clone(),
            server: target.server.to_owned(),
            url: self.shared.servers.get(target.server).cloned(),
            distribution: target.distribution,
            publish: target.publish,
            tags: target.tags.to_vec(),
            timeout: target.timeout,
            shared: Arc::clone(&self.shared),
        }
    }
}

impl MispEvents {
    /// The address, or the fault that there is none.
    fn url(&self) -> Result<&Url, Fault> {
        self.url.as_ref().ok_or_else(|| {
            let server = shown(&self.server, &[]);
            let message = format!(
                "no MISP is named {server}: name it with --misp {server}=URL, in the chart destinations.misp"
            );
            fault(FaultKind::TargetNotFound, message)
        })
    }

    /// The lock for writes of one event; a few events share each.
    fn writing(&self, event: Uuid) -> &Mutex<()> {
        let [place, ..] = self
            .shared
            .hasher
            .hash_one((&self.server, event))
            .to_le_bytes();
        &self.shared.writing[usize::from(place) % self.shared.writing.len()]
    }
}

impl Destination for MispEvents {
    fn service(&self) -> &'static Service {
        &MISP
    }

    fn remainder(&self) -> Remainder {
        Remainder {
            pending: "MISP is still writing the events that it took",
            failed: "its event could not be completed",
        }
    }

    fn check(&self) -> BoxFuture<'_, Result<(), DeliveryError>> {
        Box::pin(self.check_rights())
    }

    fn check_anew(&self) -> BoxFuture<'_, Result<(), DeliveryError>> {
        Box::pin(self.check_rights_anew())
    }

    fn deliver<'a>(&'a self, delivery: Delivery<'a>) -> BoxFuture<'a, Result<Step, DeliveryError>> {
        Box::pin(self.take_step(delivery))
    }
}

/// A fault that no single answer tells.
fn fault(kind: FaultKind, message: String) -> Fault {
    Fault {
        service: &MISP,
        kind,
        message,
        retry_after: None,
    }
}
