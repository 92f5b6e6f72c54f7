//! The client of the Flashpoint reports API: the v4 that the seed names, and Ignite, which speaks
//! the same at another address.

mod csv;
mod elements;
mod envelope;

use std::sync::Arc;
use std::time::Duration;

use reqwest::header::{AUTHORIZATION, HeaderValue};
use reqwest::{Client, Method, Request, Url};
use secrecy::{ExposeSecret, SecretString};

use crate::call::Observer;
use crate::fault::{Fault, FaultKind, Service};
use crate::http::{Answer, ByCredential, Gate, NoAnswer, Wire};
use crate::sync::source::{Page, PageError, PageRequest, Source};

/// The most bytes of a page, decoded.
const PAGE_BYTES: usize = 64 << 20;

/// The most bytes of one CSV, decoded.
const CSV_BYTES: usize = 16 << 20;

/// Where Flashpoint's reports are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FlashpointSettings {
    /// The origin: `https://docs.fp.tools`, or Ignite's `https://api.flashpoint.io`.
    pub url: Url,
    /// The path of the listing: `/api/v4/reports/`, or Ignite's `/finished-intelligence/v1/reports`.
    pub path: String,
}

/// A key of the Flashpoint API, as the secret holds it.
#[derive(Clone, Debug)]
pub struct ApiKey(pub SecretString);

/// Flashpoint, for all feeds. Cheap to clone; clones share connections and what is known about
/// keys.
#[derive(Clone)]
pub struct Flashpoint {
    shared: Arc<Shared>,
}

struct Shared {
    wire: Wire,
    /// The listing, without a query.
    listing: Url,
    gates: ByCredential<Gate>,
}

/// Flashpoint's reports, seen with one key.
pub struct FlashpointSource {
    shared: Arc<Shared>,
    gate: Arc<Gate>,
    key: SecretString,
    timeout: Duration,
}

impl Flashpoint {
    /// A client of the service at `settings`, calling by `http`.
    #[must_use]
    pub fn new(settings: &FlashpointSettings, http: Client, observer: Observer) -> Self {
        let mut listing = settings.url.clone();
        let base = listing.path().trim_end_matches('/');
        let path = format!("{base}/{}", settings.path.trim_start_matches('/'));
        listing.set_path(&path);
        let shared = Shared {
            wire: Wire::new(Service::Flashpoint, http, observer),
            listing,
            gates: ByCredential::default(),
        };
        Self {
            shared: Arc::new(shared),
        }
    }

    /// The reports that `key` sees; each call may take `timeout` in all.
    #[must_use]
    pub fn source(&self, key: &ApiKey, timeout: Duration) -> FlashpointSource {
        let new = || Gate::new(Service::Flashpoint);
        FlashpointSource {
            shared: Arc::clone(&self.shared),
            gate: self.shared.gates.get_or(&[&key.0], new),
            key: key.0.clone(),
            timeout,
        }
    }
}

impl FlashpointSource {
    /// One call with the key, unless the service asked to be left alone. Only a success is `Ok`.
    async fn get(
        &self,
        operation: &'static str,
        url: Url,
        cap: usize,
    ) -> Result<Answer, PageError> {
        self.gate.pass()?;
        let bearer = format!("Bearer {}", self.key.expose_secret());
        let mut bearer = HeaderValue::from_str(&bearer)
            .map_err(|_| unauthorized(": it holds characters that no key has"))?;
        bearer.set_sensitive(true);
        let mut request = Request::new(Method::GET, url);
        request.headers_mut().insert(AUTHORIZATION, bearer);
        let wire = &self.shared.wire;
        let answer = wire
            .call(operation, request, self.timeout, cap, &[&self.key])
            .await?;
        if answer.succeeded() {
            return Ok(answer);
        }
        let fault = match answer.status {
            // 521: what Flashpoint's edge says to a key without the entitlement.
            status @ (401 | 403 | 521) => unauthorized(&format!(" ({status}): {}", answer.said())),
            // Not one to be set: the listing is where it was.
            300..=399 if operation == "csv" => answer.fault(
                FaultKind::UnexpectedResponse,
                "answered a CSV link with a redirect, and none is followed",
            ),
            _ => answer.fault_of_status(),
        };
        if let Some(wait) = fault.retry_after {
            self.gate.close_for(wait);
        }
        Err(fault.into())
    }
}

impl Source for FlashpointSource {
    async fn page(&self, request: PageRequest) -> Result<Page, PageError> {
        let PageRequest { since, limit, skip } = request;
        let skip = match skip {
            0 => String::new(),
            count => format!("&skip={count}"),
        };
        let query = format!(
            "since={since}&until=now&limit={limit}&highlight_tag=x-fp-highlight&fragment_size=256{skip}"
        );
        let mut url = self.shared.listing.clone();
        url.set_query(Some(&query));
        let answer = self.get("list_reports", url, PAGE_BYTES).await?;
        envelope::parse(&answer)
    }

    fn csv_links(&self, candidates: &[String]) -> Vec<String> {
        csv::links(&self.shared.listing, candidates)
    }

    async fn csv(&self, link: &str) -> Result<String, Fault> {
        let url = csv::allowed(&self.shared.listing, link).ok_or_else(|| Fault {
            service: Service::Flashpoint,
            kind: FaultKind::UnexpectedResponse,
            message: "a CSV link that does not lead to Flashpoint is not followed".to_owned(),
            retry_after: None,
        })?;
        match self.get("csv", url, CSV_BYTES).await {
            Ok(answer) if answer.nonsense().is_some() => Err(answer.unlike("CSV")),
            Ok(answer) => Ok(csv::text(answer.body)),
            Err(PageError::TooLarge(fault) | PageError::Fault(fault)) => Err(fault),
        }
    }
}

impl From<NoAnswer> for PageError {
    fn from(NoAnswer { fault, too_much }: NoAnswer) -> Self {
        if too_much {
            Self::TooLarge(fault)
        } else {
            Self::Fault(fault)
        }
    }
}

fn unauthorized(why: &str) -> Fault {
    Fault {
        service: Service::Flashpoint,
        kind: FaultKind::Unauthorized,
        message: format!(
            "Flashpoint refused the API key{why}; put a valid key in flashpoint-api-key of the secret"
        ),
        retry_after: None,
    }
}
