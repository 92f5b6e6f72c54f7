//! The append-only record of every request that reached a server, and questions about it.

use std::ops::Deref;

use bytes::Bytes;
use jiff::Timestamp;
use parking_lot::{Mutex, RwLock};
use serde_json::{Value, json};

use crate::message::Request;

/// How much of each request is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Keep {
    /// Everything.
    #[default]
    Bodies,
    /// All but the bodies, for long runs.
    Heads,
    /// Nothing at all.
    Nothing,
}

/// One request that reached the server, and what became of it.
#[derive(Debug, Clone)]
pub struct Exchange {
    /// Place in the order of arrival, from 0.
    pub sequence: usize,
    /// When it had been read whole, by this machine's clock (not the simulated one).
    pub at: Timestamp,
    /// The request, without its body if bodies are not kept.
    pub request: Request,
    /// The status sent; none while unanswered, and none for ever if the connection was dropped first.
    pub status: Option<u16>,
    /// Whether it changed what the simulator holds.
    pub effect: bool,
}

impl Deref for Exchange {
    type Target = Request;

    fn deref(&self) -> &Request {
        &self.request
    }
}

impl Exchange {
    /// The body as JSON, or null.
    #[must_use]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    /// The exchange for people and for the admin API.
    #[must_use]
    pub fn summary(&self) -> Value {
        let headers: serde_json::Map<String, Value> = self
            .headers
            .iter()
            .map(|(name, value)| {
                let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
                (name.to_string(), Value::String(value))
            })
            .collect();
        json!({
            "sequence": self.sequence,
            "at": self.at.to_string(),
            "method": self.method.as_str(),
            "target": self.target,
            "headers": headers,
            "body": self.text(),
            "status": self.status,
            "effect": self.effect,
        })
    }
}

/// The record of one server. Nothing is ever taken out of it.
#[derive(Debug, Default)]
pub struct Record {
    keep: RwLock<Keep>,
    exchanges: Mutex<Vec<Exchange>>,
}

impl Record {
    /// Sets how much of the requests to come is kept.
    pub fn keep(&self, keep: Keep) {
        *self.keep.write() = keep;
    }

    /// Notes a request's arrival; the key is for [`Record::answered`].
    pub(crate) fn arrived(&self, request: &Request) -> Option<usize> {
        let keep = *self.keep.read();
        if keep == Keep::Nothing {
            return None;
        }
        let mut request = request.clone();
        if keep == Keep::Heads {
            request.body = Bytes::new();
        }
        let mut exchanges = self.exchanges.lock();
        let sequence = exchanges.len();
        exchanges.push(Exchange {
            sequence,
            at: Timestamp::now(),
            request,
            status: None,
            effect: false,
        });
        Some(sequence)
    }

    /// Notes that a request was handled, before anything of its answer is sent.
    pub(crate) fn handled(&self, key: Option<usize>, effect: bool) {
        self.amend(key, |exchange| exchange.effect = effect);
    }

    /// Notes the status that is being sent.
    pub(crate) fn answered(&self, key: Option<usize>, status: u16) {
        self.amend(key, |exchange| exchange.status = Some(status));
    }

    fn amend(&self, key: Option<usize>, change: impl FnOnce(&mut Exchange)) {
        let Some(key) = key else { return };
        if let Some(exchange) = self.exchanges.lock().get_mut(key) {
            change(exchange);
        }
    }

    /// All exchanges so far, in order of arrival.
    #[must_use]
    pub fn all(&self) -> Vec<Exchange> {
        self.since(0)
    }

    /// The exchanges from a sequence number on; with [`Record::len`] as a mark, what came after it.
    #[must_use]
    pub fn since(&self, sequence: usize) -> Vec<Exchange> {
        let exchanges = self.exchanges.lock();
        exchanges.get(sequence..).unwrap_or_default().to_vec()
    }

    /// How many requests had this method, and a path (without query) with this start and end.
    #[must_use]
    pub fn count(&self, method: &str, path_prefix: &str, path_suffix: &str) -> usize {
        self.matching(method, path_prefix, path_suffix).len()
    }

    /// The requests with this method, and a path (without query) with this start and end.
    #[must_use]
    pub fn matching(&self, method: &str, path_prefix: &str, path_suffix: &str) -> Vec<Exchange> {
        let exchanges = self.exchanges.lock();
        exchanges
            .iter()
            .filter(|exchange| {
                let path = exchange.path();
                exchange.method == method
                    && path.starts_with(path_prefix)
                    && path.ends_with(path_suffix)
            })
            .cloned()
            .collect()
    }

    /// How many requests have arrived.
    #[must_use]
    pub fn len(&self) -> usize {
        self.exchanges.lock().len()
    }

    /// Whether no request has arrived.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}
