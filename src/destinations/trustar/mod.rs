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

use std::sync::{Arc, Mutex};
use std::time::Duration;

use reqwest::{Client, Url};
use secrecy::SecretString;

use crate::http::call::Observer;
use crate::http::fault::{Fault, FaultKind, Service};
use crate::http::{ByCredential, ServiceUrl, Wire, locked};
use crate::sync::sink::{Guid, Sink, TagChange, Write, WriteError, Written};
use account::Account;
use arrival::Arrival;
use budget::HostBudget;
use upsert::Upsert;

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

/// What one sync delivers.
#[derive(Clone, Copy, Debug)]
pub struct Delivery<'a> {
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
pub struct TrustarSink {
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
            wire: Wire::new(Service::Trustar, http, observer),
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

    /// Where `delivery` goes, with `credential`; for one sync.
    #[must_use]
    pub fn sink(&self, credential: &Credential, delivery: &Delivery<'_>) -> TrustarSink {
        let shared = Arc::clone(&self.shared);
        let parts = [&credential.key, &credential.secret];
        let new = || Account::new(shared.calls_per_minute);
        let account = shared.accounts.get_or(&parts, new);
        locked(&account.whereabouts).serve(delivery.enclave);
        TrustarSink {
            account,
            credential: credential.clone(),
            feed: delivery.feed.to_owned(),
            enclave: delivery.enclave.to_owned(),
            ledger_is_new: delivery.ledger_is_new,
            timeout: delivery.timeout,
            arrival: tokio::sync::Mutex::default(),
            shared,
        }
    }
}

impl Sink for TrustarSink {
    async fn verify(&self) -> Result<(), WriteError> {
        self.check_enclave().await
    }

    async fn prove(&self) -> Result<(), WriteError> {
        self.check_enclave_anew().await
    }

    async fn write(&self, write: Write<'_>) -> Result<Written, WriteError> {
        self.write_and_follow(write).await
    }

    async fn alter_tags(&self, guid: &Guid, change: &TagChange) -> Result<(), WriteError> {
        self.change_tags(guid, change).await
    }
}

/// A fault that the answers of several calls tell together.
fn fault(kind: FaultKind, message: String) -> Fault {
    Fault {
        service: Service::Trustar,
        kind,
        message,
        retry_after: None,
    }
}
