//! The client of the TruSTAR API, version 1.3.

mod account;
mod api;
mod arrival;
mod budget;
mod enclaves;
mod fallback;
mod lookup;
pub mod mapping;
mod reports;
mod tags;
mod upsert;
mod whereabouts;
pub(crate) mod write;

use std::sync::Arc;
use std::time::Duration;

use futures::future::BoxFuture;
use parking_lot::Mutex;
use reqwest::{Client, Url};
use secrecy::SecretString;

use crate::http::call::Observer;
use crate::http::fault::{Fault, FaultKind, Service};
use crate::http::{ByCredential, ServiceUrl, Wire};
use crate::sync::destination::{Delivery, DeliveryError, Destination, Remainder, Step};
use account::Account;
use arrival::Arrival;
use budget::HostBudget;
use upsert::Upsert;
pub use write::{Guid, TagChange, Write, WriteError, Written};

/// TruSTAR, now Splunk Intelligence Management.
pub static TRUSTAR: Service = Service {
    name: "TruSTAR",
    label: "trustar",
    address: "trustar.url",
};

/// Where TruSTAR is, and how often it may be called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrustarSettings {
    /// The origin, `https://api.trustar.co`: the API under `/api/1.3`, tokens at `/oauth/token`.
    pub url: ServiceUrl,
    /// Calls a minute for one credential. 0: no limit, neither this nor the one that TruSTAR
    /// documents for a network address.
    pub calls_per_minute: u32,
}

/// A user's API key and secret, as the secret holds them.
#[derive(Clone, Debug)]
pub struct Credential {
    /// `trustar-api-key`.
    pub key: SecretString,
    /// `trustar-api-secret`.
    pub secret: SecretString,
}

/// TruSTAR, for all feeds. Cheap to clone; clones share connections and what is known about
/// credentials.
#[derive(Clone)]
pub struct Trustar {
    shared: Arc<Shared>,
}

struct Shared {
    wire: Wire,
    url: Url,
    calls_per_minute: u32,
    host: HostBudget,
    accounts: ByCredential<Account>,
    /// Whether the service knows upsert.
    upsert: Mutex<Upsert>,
    /// How the service takes tags.
    tag_form: Mutex<tags::Form>,
}

/// Where the reports of one sync go.
#[derive(Clone, Copy, Debug)]
pub struct Target<'a> {
    /// The feed, by a key that all its syncs share: they have one turn where the budget is spent.
    pub feed: &'a str,
    /// The enclave that the reports go to.
    pub enclave: &'a str,
    /// Whether by the feed's ledger the enclave holds no report of it: then one that is created is
    /// read back, however many enclaves the credential sees.
    pub ledger_is_new: bool,
    /// The time that each call may take in all.
    pub timeout: Duration,
}

/// One enclave, written to with one credential in one sync.
pub struct TrustarEnclave {
    shared: Arc<Shared>,
    account: Arc<Account>,
    credential: Credential,
    feed: String,
    enclave: String,
    ledger_is_new: bool,
    timeout: Duration,
    arrival: tokio::sync::Mutex<Arrival>,
}

impl Trustar {
    /// A client of the service at `settings`, calling by `http`.
    #[must_use]
    pub fn new(settings: &TrustarSettings, http: Client, observer: Observer) -> Self {
        let shared = Shared {
            wire: Wire::new(&TRUSTAR, http, observer),
            url: settings.url.url().clone(),
            calls_per_minute: settings.calls_per_minute,
            host: HostBudget::new(),
            accounts: ByCredential::default(),
            upsert: Mutex::default(),
            tag_form: Mutex::default(),
        };
        Self {
            shared: Arc::new(shared),
        }
    }

    /// The enclave of `target`, with `credential`; for one sync.
    #[must_use]
    pub fn enclave(&self, credential: &Credential, target: &Target<'_>) -> TrustarEnclave {
        let shared = Arc::clone(&self.shared);
        let parts = [&credential.key, &credential.secret];
        let new = || Account::new(shared.calls_per_minute);
        let account = shared.accounts.get_or(&parts, new);
        account.whereabouts.lock().serve(target.enclave);
        TrustarEnclave {
            account,
            credential: credential.clone(),
            feed: target.feed.to_owned(),
            enclave: target.enclave.to_owned(),
            ledger_is_new: target.ledger_is_new,
            timeout: target.timeout,
            arrival: tokio::sync::Mutex::default(),
            shared,
        }
    }
}

impl Destination for TrustarEnclave {
    fn service(&self) -> &'static Service {
        &TRUSTAR
    }

    fn remainder(&self) -> Remainder {
        Remainder {
            pending: "TruSTAR does not know yet the reports just written; their tags follow",
            failed: "its tags could not be set",
        }
    }

    fn check(&self) -> BoxFuture<'_, Result<(), DeliveryError>> {
        Box::pin(self.check_enclave())
    }

    fn check_anew(&self) -> BoxFuture<'_, Result<(), DeliveryError>> {
        Box::pin(self.check_enclave_anew())
    }

    fn deliver<'a>(&'a self, delivery: Delivery<'a>) -> BoxFuture<'a, Result<Step, DeliveryError>> {
        Box::pin(self.take_step(delivery))
    }
}

/// A fault that the answers of several calls tell together.
fn fault(kind: FaultKind, message: String) -> Fault {
    Fault {
        service: &TRUSTAR,
        kind,
        message,
        retry_after: None,
    }
}
