//! A TruSTAR client and its simulator.

use std::sync::Arc;
use std::time::Duration;

use flashpoint_operator::destinations::trustar::mapping::Submission;
use flashpoint_operator::destinations::trustar::{
    Credential, Target, Trustar, TrustarEnclave, TrustarSettings,
};
use flashpoint_operator::destinations::trustar::{Guid, TagChange, Write, WriteError};
use flashpoint_operator::http::fault::Fault;
use flashpoint_operator::sync::destination::DeliveryError;
use secrecy::SecretString;
use simulators::Server;
use simulators::faults::{Calls, Fault as Scripted, Reply};
use simulators::record::Exchange;
use simulators::trustar::{ENCLAVE, Enclave, Settings, Trustar as Simulator};

use super::{Heard, http};

pub const OTHER: &str = "11111111-2222-3333-4444-555555555555";
pub const MINUTE: Duration = Duration::from_mins(1);

pub struct Setup {
    pub server: Server<Simulator>,
    pub client: Trustar,
    pub heard: Arc<Heard>,
}

impl Setup {
    pub async fn new(change: impl FnOnce(&mut Settings)) -> Self {
        Self::limited(0, change).await
    }

    pub async fn limited(calls_per_minute: u32, change: impl FnOnce(&mut Settings)) -> Self {
        let server = simulators::start(Simulator::default()).await.unwrap();
        server.configure(change);
        let heard = Heard::new();
        let settings = TrustarSettings {
            url: server.url().parse().unwrap(),
            calls_per_minute,
        };
        let client = Trustar::new(&settings, http(), heard.clone());
        Self {
            server,
            client,
            heard,
        }
    }

    pub fn credential(&self) -> Credential {
        let known = self.server.credential().unwrap();
        Credential {
            key: SecretString::from(known.key),
            secret: SecretString::from(known.secret),
        }
    }

    pub fn sink(&self) -> TrustarEnclave {
        self.sink_of(ENCLAVE)
    }

    pub fn sink_of(&self, enclave: &str) -> TrustarEnclave {
        self.client.enclave(&self.credential(), &delivery(enclave))
    }

    pub fn strike(&self, method: &str, path: &str, calls: Calls, reply: Reply) {
        let fault = Scripted::on(method, path).calls(calls).reply(reply);
        self.server.controls().faults.set(fault);
    }

    pub fn record(&self) -> Vec<Exchange> {
        self.server.controls().record.all()
    }

    /// Method and target of each request so far.
    pub fn lines(&self) -> Vec<String> {
        let line = |exchange: &Exchange| format!("{} {}", exchange.method, exchange.target);
        self.record().iter().map(line).collect()
    }

    pub fn operations(&self) -> Vec<&'static str> {
        self.heard.calls().into_iter().map(|call| call.0).collect()
    }
}

/// A sync of a feed whose ledger knows reports in the enclave.
pub fn delivery(enclave: &str) -> Target<'_> {
    Target {
        feed: "feed",
        enclave,
        ledger_is_new: false,
        timeout: MINUTE,
    }
}

/// Two enclaves that the credential may write to.
pub fn two_enclaves(settings: &mut Settings) {
    settings.enclaves.push(Enclave::writable(OTHER, "Other"));
}

/// A report's first write, as far as its id goes.
pub trait Submit {
    async fn submit(&self, submission: &Submission) -> Result<Guid, WriteError>;
}

impl Submit for TrustarEnclave {
    async fn submit(&self, submission: &Submission) -> Result<Guid, WriteError> {
        let write = Write {
            submission,
            is_new: true,
            guid: None,
        };
        self.write_report(write).await.map(|written| written.guid)
    }
}

pub fn submission(id: &str) -> Submission {
    Submission {
        title: "Lessons \"Ünïcode\"".to_owned(),
        external_id: id.to_owned(),
        body: "{\"summary\":\"s\",\"id\":\"a\"}".to_owned(),
        time_began: Some("2018-11-29T20:18:32Z".parse().unwrap()),
        deeplink: Some("https://fp.tools/home/report/a#detail".to_owned()),
        tags: Vec::new(),
    }
}

pub fn tags(added: &[&str], removed: &[&str], kept: &[&str]) -> TagChange {
    let owned = |tags: &[&str]| tags.iter().map(ToString::to_string).collect();
    TagChange {
        added: owned(added),
        removed: owned(removed),
        kept: owned(kept),
    }
}

pub fn fault<T: std::fmt::Debug>(outcome: Result<T, impl Into<WriteError>>) -> Fault {
    match outcome.map_err(Into::into) {
        Err(WriteError::Failed(DeliveryError::Fault(fault))) => fault,
        other => panic!("{other:?}"),
    }
}

pub fn refused<T: std::fmt::Debug>(outcome: Result<T, WriteError>) -> String {
    match outcome {
        Err(WriteError::Failed(DeliveryError::Rejected(reason))) => reason,
        other => panic!("{other:?}"),
    }
}
