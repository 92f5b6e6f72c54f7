//! TruSTAR's API 1.3: tokens, reports, tags and enclaves, as strict as its documentation says and then some.

mod access;
mod admin;
mod body;
mod reading;
mod settings;
mod store;
mod tags;
mod writing;

use hyper::header::HeaderName;
use hyper::{Method, StatusCode};
use jiff::Timestamp;
use parking_lot::Mutex;
use percent_encoding::percent_decode_str;
use serde_json::json;

use crate::message::{Answer, Request};
use crate::server::{Controls, Simulator};
use crate::verdict::{Expected, Verdict, judge};
pub use settings::{
    Credential, Duplicates, ENCLAVE, Enclave, Scope, Settings, Settling, TagPolicy, Upsert,
};
use store::Store;
pub use store::{Operation, StoredReport, Write};

const TRACE_ID: HeaderName = HeaderName::from_static("trace-id");

/// TruSTAR, for one company.
#[derive(Default)]
pub struct Trustar {
    controls: Controls,
    station: Mutex<Station>,
}

#[derive(Default)]
struct Station {
    settings: Settings,
    access: access::Access,
    store: Store,
}

/// A call that passed the door.
struct Call<'a> {
    request: &'a Request,
    now: Timestamp,
    parameters: Vec<(String, String)>,
}

impl Trustar {
    /// A TruSTAR whose enclaves are empty.
    #[must_use]
    pub fn new(settings: Settings) -> Self {
        let station = Station {
            settings,
            ..Station::default()
        };
        Self {
            controls: Controls::default(),
            station: Mutex::new(station),
        }
    }

    /// Its record, faults and clock.
    #[must_use]
    pub fn controls(&self) -> &Controls {
        &self.controls
    }

    /// Changes the settings, from the next request on.
    pub fn configure(&self, change: impl FnOnce(&mut Settings)) {
        change(&mut self.station.lock().settings);
    }

    /// The first valid credential.
    #[must_use]
    pub fn credential(&self) -> Option<Credential> {
        self.station.lock().settings.credentials.first().cloned()
    }

    /// Expires all tokens at once.
    pub fn expire_tokens(&self) {
        self.station.lock().access.expire_tokens();
    }

    /// What an enclave holds, oldest first.
    #[must_use]
    pub fn enclave(&self, id: &str) -> Vec<StoredReport> {
        let mut reports = self.reports();
        reports.retain(|report| report.enclave_id == id);
        reports
    }

    /// What all enclaves hold, oldest first.
    #[must_use]
    pub fn reports(&self) -> Vec<StoredReport> {
        self.station.lock().store.all().cloned().collect()
    }

    /// Every write that had an effect, in order.
    #[must_use]
    pub fn writes(&self) -> Vec<Write> {
        self.station.lock().store.writes().to_vec()
    }

    /// Tags a report as an analyst would, by hand; false if there is no such report.
    pub fn tag_by_hand(&self, guid: &str, tag: &str) -> bool {
        self.station.lock().store.tag_by_hand(guid, tag)
    }

    /// What is wrong in the enclaves, given what each should hold.
    #[must_use]
    pub fn verdict(&self, feeds: &[(&str, Vec<Expected>)]) -> Verdict {
        let policy = self.station.lock().settings.tags;
        judge(feeds, &self.reports(), policy)
    }
}

impl Simulator for Trustar {
    fn controls(&self) -> &Controls {
        &self.controls
    }

    fn answer(&self, request: &Request) -> Answer {
        let now = self.controls.clock.now();
        let mut station = self.station.lock();
        let answer = if request.path() == "/oauth/token" {
            station.token(request, now)
        } else {
            station.call(request, now)
        };
        let trace = format!("{:016x}", fastrand::u64(..));
        answer.with_header(TRACE_ID, &trace)
    }

    fn admin(&self, request: &Request) -> Option<Answer> {
        admin::answer(self, request)
    }
}

impl Station {
    fn call(&mut self, request: &Request, now: Timestamp) -> Answer {
        let admitted = self.access.admit(request, now, &self.settings);
        admitted
            .and_then(|()| self.route(request, now))
            .unwrap_or_else(|refusal| refusal)
    }

    fn route(&mut self, request: &Request, now: Timestamp) -> Result<Answer, Answer> {
        let not_found = || refusal(request, StatusCode::NOT_FOUND, "No such resource");
        let path = request
            .path()
            .strip_prefix("/api/1.3/")
            .ok_or_else(not_found)?;
        let segments: Vec<_> = path
            .split('/')
            .map(|segment| percent_decode_str(segment).decode_utf8_lossy())
            .collect();
        let segments: Vec<&str> = segments.iter().map(AsRef::as_ref).collect();
        let call = Call {
            request,
            now,
            parameters: request.parameters(),
        };
        let method = &request.method;
        if method == Method::POST || method == Method::PUT {
            call.must_be_json()?;
        }
        match (method.as_str(), segments.as_slice()) {
            ("GET", ["ping"]) => Ok(Answer::text(StatusCode::OK, "pong\n")),
            ("GET", ["version"]) => Ok(Answer::text(StatusCode::OK, "1.3\n")),
            ("GET", ["enclaves"]) => Ok(Answer::json(StatusCode::OK, &self.settings.enclaves)),
            ("GET", ["request-quotas"]) => Ok(self.access.quotas(now)),
            ("POST", ["reports"]) => self.submit(&call),
            ("GET", ["reports"]) => self.list(&call),
            ("POST", ["reports", "upsert"]) => self.upsert(&call),
            ("POST", ["reports", "search"]) => self.search(&call),
            ("GET", ["reports", id]) => self.details(&call, id),
            ("PUT", ["reports", id]) => self.update(&call, id),
            ("DELETE", ["reports", id]) => self.delete(&call, id),
            ("GET", ["reports", id, "status"]) => self.status(&call, id),
            ("GET", ["reports", id, "tags"]) => self.tags(&call, id),
            ("POST", ["reports", id, "alter-tags"]) => self.alter_tags(&call, id),
            (
                _,
                ["reports" | "ping" | "version" | "enclaves" | "request-quotas"]
                | ["reports", _]
                | ["reports", _, "status" | "tags" | "alter-tags"],
            ) => Err(refusal(
                request,
                StatusCode::METHOD_NOT_ALLOWED,
                "Request method not supported",
            )),
            _ => Err(not_found()),
        }
    }
}

impl Call<'_> {
    fn refuse<T>(&self, status: StatusCode, message: &str) -> Result<T, Answer> {
        Err(refusal(self.request, status, message))
    }

    fn bad_request<T>(&self, message: &str) -> Result<T, Answer> {
        self.refuse(StatusCode::BAD_REQUEST, message)
    }

    fn not_found<T>(&self) -> Result<T, Answer> {
        self.refuse(StatusCode::NOT_FOUND, "The requested report was not found")
    }

    fn must_be_json(&self) -> Result<(), Answer> {
        let media_type = self.request.header("content-type").unwrap_or_default();
        if media_type
            .split(';')
            .next()
            .is_some_and(|kind| kind.trim() == "application/json")
        {
            return Ok(());
        }
        self.refuse(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "Content-Type must be application/json",
        )
    }

    /// Refuses parameters that the call does not have, and repeated ones that are no lists.
    fn allow(&self, names: &[&str]) -> Result<(), Answer> {
        for (place, (name, _)) in self.parameters.iter().enumerate() {
            let list = matches!(name.as_str(), "enclaveIds" | "tags" | "excludedTags");
            let repeated = self.parameters[..place]
                .iter()
                .any(|(other, _)| other == name);
            if !names.contains(&name.as_str()) || (repeated && !list) {
                return self.bad_request(&format!("Unexpected parameter {name}"));
            }
        }
        Ok(())
    }

    fn parameter(&self, name: &str) -> Option<&str> {
        let found = self.parameters.iter().find(|(key, _)| key == name)?;
        Some(&found.1)
    }

    /// A list parameter: repeated, or separated by commas.
    fn list(&self, name: &str) -> Vec<&str> {
        let named = self.parameters.iter().filter(|(key, _)| key == name);
        named
            .flat_map(|(_, value)| value.split(','))
            .filter(|item| !item.is_empty())
            .collect()
    }

    /// Whether an id is an external one, by the parameter `idType`.
    fn by_external_id(&self) -> Result<bool, Answer> {
        match self.parameter("idType") {
            Some("external") => Ok(true),
            Some("internal") | None => Ok(false),
            Some(_) => self.bad_request("idType must be internal or external"),
        }
    }
}

/// TruSTAR's form of an error.
fn refusal(request: &Request, status: StatusCode, message: &str) -> Answer {
    let body = json!({
        "timestamp": Timestamp::now().as_millisecond(),
        "status": status.as_u16(),
        "error": status.canonical_reason(),
        "message": message,
        "path": request.path(),
    });
    Answer::json(status, &body)
}
