//! The client of the Flashpoint reports API: the v4 that the seed names, and Ignite, which took its place.

mod api;
mod csv;
pub mod csv_links;
pub mod deeplink;
mod elements;
pub mod envelope;
pub mod fields;
pub mod images;
mod own;
mod refusal;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use futures::future::BoxFuture;
use parking_lot::Mutex;
use reqwest::header::{AUTHORIZATION, HeaderValue};
use reqwest::{Client, Method, Request, Url};
use secrecy::{ExposeSecret, SecretString};

use crate::http::call::Observer;
use crate::http::fault::{Fault, FaultKind, Service};
use crate::http::{Answer, ByCredential, Cause, Gate, NoAnswer, ServiceUrl, Wire, hash};
use crate::sync::own::OwnList;
use crate::sync::report::Report;
use crate::sync::source::{OwnError, Page, PageError, PageRequest, Source, Terms};
pub use api::{Api, PLATFORM_VERSION};

/// The most bytes of a page, decoded.
const PAGE_BYTES: usize = 64 << 20;

/// The most bytes of one CSV, decoded.
const CSV_BYTES: usize = 16 << 20;

/// Flashpoint, by either API.
pub static FLASHPOINT: Service = Service {
    name: "Flashpoint",
    label: "flashpoint",
    address: "flashpoint.url and flashpoint.path",
};

/// Where Flashpoint's reports are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FlashpointSettings {
    /// The API that is spoken there.
    pub api: Api,
    /// The origin: `https://docs.fp.tools`, or Ignite's `https://api.flashpoint.io`.
    pub url: ServiceUrl,
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
    api: Api,
    /// The listing, without a query.
    listing: Url,
    /// Flashpoint's own indicators, which Ignite has.
    own: Url,
    gates: ByCredential<Gates>,
}

/// What Flashpoint asked for of the calls with one key. A file's host that wants to be left alone
/// says nothing of the API.
struct Gates {
    listing: Gate,
    own: own::Right,
    /// By origin: as many as [`csv::allowed`] allows.
    csv: Mutex<HashMap<String, Arc<Gate>>>,
}

/// Flashpoint's reports, seen with one key.
pub struct FlashpointSource {
    shared: Arc<Shared>,
    gates: Arc<Gates>,
    key: SecretString,
    timeout: Duration,
}

impl Flashpoint {
    /// A client of the service at `settings`, calling by `http`.
    #[must_use]
    pub fn new(settings: &FlashpointSettings, http: Client, observer: Observer) -> Self {
        let mut listing = settings.url.url().clone();
        let base = listing.path().trim_end_matches('/');
        let path = format!("{base}/{}", settings.path.trim_start_matches('/'));
        let mut own = settings.url.url().clone();
        own.set_path(&format!("{base}{}", own::PATH));
        listing.set_path(&path);
        let shared = Shared {
            wire: Wire::new(&FLASHPOINT, http, observer),
            api: settings.api,
            listing,
            own,
            gates: ByCredential::default(),
        };
        Self {
            shared: Arc::new(shared),
        }
    }

    /// The reports that `key` sees; each call may take `timeout` in all, the feed's, or two minutes where that is the default
    /// and the API is Ignite.
    #[must_use]
    pub fn source(&self, key: &ApiKey, timeout: Duration) -> FlashpointSource {
        let new = || Gates {
            listing: Gate::new(&FLASHPOINT),
            own: own::Right::default(),
            csv: Mutex::default(),
        };
        FlashpointSource {
            shared: Arc::clone(&self.shared),
            gates: self.shared.gates.get_or(&[&key.0], new),
            key: key.0.clone(),
            timeout: self.shared.api.timeout(timeout),
        }
    }
}

impl FlashpointSource {
    /// One call with the key. Only a success is `Ok`; `refused` says what another answer means. Where that is a status with a
    /// wish to be left alone, `asked_to_wait` hears of both.
    async fn get(
        &self,
        operation: &'static str,
        url: Url,
        cap: usize,
        refused: impl Fn(&Answer) -> Fault,
        asked_to_wait: impl Fn(u16, Duration),
    ) -> Result<Answer, PageError> {
        let answer = self.call(operation, url, cap, self.timeout).await?;
        if answer.succeeded() {
            return Ok(answer);
        }
        let fault = refused(&answer);
        if let Some(wait) = fault.retry_after {
            asked_to_wait(answer.status, wait);
        }
        Err(fault.into())
    }

    /// One call with the key; a status of any kind is an answer.
    async fn call(
        &self,
        operation: &'static str,
        url: Url,
        cap: usize,
        within: Duration,
    ) -> Result<Answer, PageError> {
        let bearer = format!("Bearer {}", self.key.expose_secret());
        let mut bearer = HeaderValue::from_str(&bearer).map_err(|_| unusable_key())?;
        bearer.set_sensitive(true);
        let mut request = Request::new(Method::GET, url);
        request.headers_mut().insert(AUTHORIZATION, bearer);
        self.shared.api.introduce(request.headers_mut());
        let wire = &self.shared.wire;
        let answer = wire
            .call(operation, request, within, cap, &[&self.key])
            .await?;
        Ok(answer)
    }

    /// A page of the listing. A wish to be left alone is heeded at once: no report is to blame.
    async fn list(&self, url: Url) -> Result<Answer, PageError> {
        let gate = &self.gates.listing;
        gate.pass()?;
        let heed = |_, wait| gate.close_for(wait);
        let refused = |answer: &Answer| refusal::of_listing(self.shared.api, answer);
        self.get("list_reports", url, PAGE_BYTES, refused, heed)
            .await
    }

    /// A file that a report links to. Those at the API's own origin wait for the API, too.
    async fn file(&self, url: Url) -> Result<Answer, PageError> {
        let origin = url.origin();
        if origin == self.shared.listing.origin() {
            self.gates.listing.pass()?;
        }
        let gate = self.gates.of_file(origin.ascii_serialization());
        gate.pass()?;
        // The link is all that is sent.
        let item = hash(url.as_str().as_bytes());
        let heed = |status, wait| gate.heed(status, wait, item);
        let answer = self
            .get("csv", url, CSV_BYTES, refusal::of_file, heed)
            .await?;
        gate.succeeded();
        Ok(answer)
    }
}

impl Gates {
    fn of_file(&self, origin: String) -> Arc<Gate> {
        let mut csv = self.csv.lock();
        let new = || Arc::new(Gate::new(&FLASHPOINT));
        Arc::clone(csv.entry(origin).or_insert_with(new))
    }
}

impl Source for FlashpointSource {
    fn terms(&self) -> Terms {
        self.shared.api.terms()
    }

    fn deeplink(&self, report: &Report) -> Option<Box<str>> {
        let link = report.deeplink.as_deref()?;
        Some(match self.shared.api {
            Api::V4 => link.into(),
            Api::Ignite => deeplink::at_ignite(link, &report.id).into(),
        })
    }

    fn page(&self, request: PageRequest) -> BoxFuture<'_, Result<Page, PageError>> {
        Box::pin(self.listed(request))
    }

    fn csv_links(&self, candidates: &[String]) -> Vec<String> {
        csv::links(&self.shared.listing, candidates)
    }

    fn csv<'a>(&'a self, link: &'a str) -> BoxFuture<'a, Result<String, Fault>> {
        Box::pin(self.followed(link))
    }

    fn own<'a>(&'a self, report: &'a Report) -> BoxFuture<'a, Result<OwnList, OwnError>> {
        Box::pin(self.own_list(report))
    }

    fn withheld(&self) -> Option<String> {
        self.own_withheld()
    }
}

impl FlashpointSource {
    async fn listed(&self, request: PageRequest) -> Result<Page, PageError> {
        let api = self.shared.api;
        let mut url = self.shared.listing.clone();
        url.set_query(Some(&api.query(request)));
        let answer = self.list(url).await?;
        envelope::parse(answer).map_err(|error| refusal::of_page(api, error))
    }

    async fn followed(&self, link: &str) -> Result<String, Fault> {
        let url = csv::allowed(&self.shared.listing, link).ok_or_else(|| Fault {
            service: &FLASHPOINT,
            kind: FaultKind::UnexpectedResponse,
            message: "a CSV link that does not lead to Flashpoint is not followed".to_owned(),
            retry_after: None,
        })?;
        match self.file(url).await {
            Ok(answer) if answer.nonsense().is_some() => Err(answer.unlike("CSV")),
            Ok(answer) => Ok(csv::text(answer.body)),
            Err(PageError::TooLarge(fault) | PageError::Late(fault) | PageError::Fault(fault)) => {
                Err(fault)
            }
        }
    }
}

impl From<NoAnswer> for PageError {
    fn from(NoAnswer { fault, cause }: NoAnswer) -> Self {
        match cause {
            Cause::TooLarge => Self::TooLarge(fault),
            Cause::Late => Self::Late(fault),
            Cause::Broken => Self::Fault(fault),
        }
    }
}

/// A key that no header can carry is not sent.
fn unusable_key() -> Fault {
    Fault {
        service: &FLASHPOINT,
        kind: FaultKind::Unauthorized,
        message: "Flashpoint refused the API key: it holds characters that no key has; put a valid key in \
                  flashpoint-api-key of the secret"
            .to_owned(),
        retry_after: None,
    }
}
