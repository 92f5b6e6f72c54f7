//! The client of the TruSTAR API, version 1.3.

mod account;
mod api;
mod budget;
mod enclaves;
mod reports;
mod tags;

use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use reqwest::{Client, Url};
use secrecy::SecretString;

use crate::call::Observer;
use crate::fault::{Fault, FaultKind, Service};
use crate::http::{ByCredential, Wire};
use crate::sync::sink::{Guid, Sink, TagChange, Write, WriteError, Written};
use account::Account;
use budget::{HostBudget, Turn};

/// Where TruSTAR is, and how often it may be called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrustarSettings {
    /// The origin, `https://api.trustar.co`: the API under `/api/1.3`, tokens at `/oauth/token`.
    pub url: Url,
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
    /// The service does not know upsert.
    no_upsert: AtomicBool,
    /// How the service takes tags.
    tag_form: Mutex<tags::Form>,
}

/// One enclave, written to with one credential.
pub struct TrustarSink {
    shared: Arc<Shared>,
    account: Arc<Account>,
    credential: Credential,
    enclave: String,
    timeout: Duration,
    turn: Turn,
}

impl Trustar {
    /// A client of the service at `settings`, calling by `http`.
    #[must_use]
    pub fn new(settings: &TrustarSettings, http: Client, observer: Observer) -> Self {
        let shared = Shared {
            wire: Wire::new(Service::Trustar, http, observer),
            url: settings.url.clone(),
            calls_per_minute: settings.calls_per_minute,
            host: HostBudget::new(),
            accounts: ByCredential::default(),
            no_upsert: AtomicBool::new(false),
            tag_form: Mutex::default(),
        };
        Self {
            shared: Arc::new(shared),
        }
    }

    /// The enclave, for `credential`; each call may take `timeout` in all.
    #[must_use]
    pub fn sink(&self, credential: &Credential, enclave: &str, timeout: Duration) -> TrustarSink {
        let shared = Arc::clone(&self.shared);
        let parts = [&credential.key, &credential.secret];
        let new = || Account::new(shared.calls_per_minute);
        let account = shared.accounts.get_or(&parts, new);
        account.serve(enclave);
        TrustarSink {
            account,
            credential: credential.clone(),
            enclave: enclave.to_owned(),
            timeout,
            turn: Turn::default(),
            shared,
        }
    }
}

impl Sink for TrustarSink {
    async fn verify(&self) -> Result<(), WriteError> {
        self.check_enclave().await
    }

    async fn prove(&self) -> Result<(), WriteError> {
        self.account.enclaves.forget();
        self.check_enclave().await
    }

    async fn write(&self, write: Write<'_>) -> Result<Written, WriteError> {
        let guid = self.upsert(write.submission).await?;
        self.see_arrived(&guid, &write.submission.external_id)
            .await?;
        Ok(Written {
            guid,
            keep_guid: false,
        })
    }

    async fn alter_tags(&self, guid: &Guid, change: &TagChange) -> Result<(), WriteError> {
        self.change_tags(guid, change).await
    }
}

/// A fault that the answers of several calls tell together.
fn fault(kind: FaultKind, message: String) -> WriteError {
    WriteError::Fault(Fault {
        service: Service::Trustar,
        kind,
        message,
        retry_after: None,
    })
}
