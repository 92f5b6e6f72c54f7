//! A collection of a TAXII 2.1 server (OASIS TAXII Version 2.1), to which STIX objects are posted.

mod api;
mod collection;
mod envelope;
mod refusals;
mod status;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use futures::future::BoxFuture;
use reqwest::{Client, Url};
use secrecy::SecretString;

use super::stix::{Tlp, ValidFor};
use crate::http::call::Observer;
use crate::http::fault::{Fault, FaultKind, Service};
use crate::http::{ByCredential, Gate, ServiceUrl, SingleFlight, Wire};
use crate::sync::destination::{Delivery, DeliveryError, Destination, Remainder, Step};
use collection::Discovered;

/// A TAXII server, whichever product it is.
pub static TAXII: Service = Service {
    name: "TAXII",
    label: "taxii",
    address: "destinations.taxii",
};

/// The servers that feeds may name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TaxiiSettings {
    /// The API root of each, such as `https://opencti.example/taxii2/root/`, by its name.
    pub servers: BTreeMap<String, ServiceUrl>,
}

/// What authorises calls, as the secret holds it.
#[derive(Clone, Debug)]
pub enum Credential {
    /// `taxii-token`: sent as a bearer token.
    Token(SecretString),
    /// HTTP Basic.
    Basic {
        /// `taxii-username`.
        username: SecretString,
        /// `taxii-password`.
        password: SecretString,
    },
}

impl Credential {
    fn parts(&self) -> Vec<&SecretString> {
        match self {
            Self::Token(token) => vec![token],
            Self::Basic { username, password } => vec![username, password],
        }
    }
}

/// Where the reports of one sync go, and how they are marked.
#[derive(Clone, Copy, Debug)]
pub struct Target<'a> {
    /// The server, by its name in the settings.
    pub server: &'a str,
    /// The collection's id.
    pub collection: &'a str,
    /// The marking of all that is sent, but for what is the same in every report.
    pub tlp: Tlp,
    /// How long indicators are valid.
    pub valid_for: &'a ValidFor,
    /// The time that each call may take in all.
    pub timeout: Duration,
}

/// All TAXII servers, for all feeds. Cheap to clone; clones share connections and what is known about credentials.
#[derive(Clone)]
pub struct Taxii {
    shared: Arc<Shared>,
}

struct Shared {
    wire: Wire,
    servers: BTreeMap<String, Url>,
    /// By credential and server.
    gates: ByCredential<Gate>,
    /// By credential, server and collection.
    collections: ByCredential<Known>,
}

/// What a server said of a collection.
type Known = SingleFlight<Discovered, DeliveryError>;

/// One collection, written to with one credential in one sync.
pub struct TaxiiCollection {
    shared: Arc<Shared>,
    gate: Arc<Gate>,
    known: Arc<Known>,
    credential: Credential,
    server: String,
    /// The API root; none where the settings name no such server.
    root: Option<Url>,
    collection: String,
    tlp: Tlp,
    valid_for: ValidFor,
    timeout: Duration,
    /// Whether in this sync the server left something pending to the end of the wait.
    is_slow: AtomicBool,
}

impl Taxii {
    /// A client of the servers in `settings`, calling by `http`.
    #[must_use]
    pub fn new(settings: &TaxiiSettings, http: Client, observer: Observer) -> Self {
        let servers = settings.servers.iter();
        let servers = servers.map(|(name, root)| (name.clone(), root.url().clone()));
        Self {
            shared: Arc::new(Shared {
                wire: Wire::new(&TAXII, http, observer),
                servers: servers.collect(),
                gates: ByCredential::default(),
                collections: ByCredential::default(),
            }),
        }
    }

    /// The collection of `target`, with `credential`; for one sync.
    #[must_use]
    pub fn collection(&self, credential: &Credential, target: &Target<'_>) -> TaxiiCollection {
        let shared = Arc::clone(&self.shared);
        let [server, collection] = [target.server, target.collection].map(SecretString::from);
        let mut parts = credential.parts();
        parts.push(&server);
        let gate = shared.gates.get_or(&parts, || Gate::new(&TAXII));
        parts.push(&collection);
        TaxiiCollection {
            gate,
            known: shared.collections.get_or(&parts, Known::default),
            credential: credential.clone(),
            server: target.server.to_owned(),
            root: shared.servers.get(target.server).cloned(),
            collection: target.collection.to_owned(),
            tlp: target.tlp,
            valid_for: target.valid_for.clone(),
            timeout: target.timeout,
            is_slow: AtomicBool::new(false),
            shared,
        }
    }
}

impl Destination for TaxiiCollection {
    fn service(&self) -> &'static Service {
        &TAXII
    }

    fn remainder(&self) -> Remainder {
        Remainder {
            pending: "the TAXII server has not said yet what became of the reports just sent",
            failed: "the TAXII server did not say what became of it",
        }
    }

    fn check(&self) -> BoxFuture<'_, Result<(), DeliveryError>> {
        Box::pin(async { self.discovered().await.map(drop) })
    }

    fn check_anew(&self) -> BoxFuture<'_, Result<(), DeliveryError>> {
        Box::pin(async { self.discovered_anew().await.map(drop) })
    }

    fn deliver<'a>(&'a self, delivery: Delivery<'a>) -> BoxFuture<'a, Result<Step, DeliveryError>> {
        Box::pin(self.send_report(delivery))
    }
}

/// A fault that needs no answer to be told.
fn fault(kind: FaultKind, message: String) -> DeliveryError {
    let retry_after = None;
    let service = &TAXII;
    Fault {
        service,
        kind,
        message,
        retry_after,
    }
    .into()
}
