//! A TAXII 2.1 server with one collection: `OpenCTI`'s for ingestion, or a strict one that can be read.

mod envelope;
mod settings;

use std::collections::{HashMap, HashSet};

use hyper::header::HeaderName;
use hyper::{Method, StatusCode};
use parking_lot::Mutex;
use serde_json::{Value, json};

use crate::message::{Answer, Request};
use crate::server::{Controls, Simulator};
use envelope::objects;
pub use settings::{COLLECTION, Product, Settings, TOKEN};

const MEDIA_TYPE: &str = "application/taxii+json;version=2.1";

/// Where the API root is, below the origin.
pub const ROOT: &str = "/taxii2/root/";

/// A TAXII server.
#[derive(Default)]
pub struct Taxii {
    controls: Controls,
    station: Mutex<Station>,
}

#[derive(Default)]
struct Station {
    settings: Settings,
    /// Each version that was taken, in order.
    stored: Vec<Value>,
    /// Their ids and times.
    known: HashSet<[String; 2]>,
    /// By work: how many objects, and how often its status was asked for.
    works: HashMap<String, (usize, u32)>,
}

impl Taxii {
    /// A server whose collection is empty.
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

    /// Every version of every object that was taken, in order.
    #[must_use]
    pub fn stored(&self) -> Vec<Value> {
        self.station.lock().stored.clone()
    }
}

impl Simulator for Taxii {
    fn controls(&self) -> &Controls {
        &self.controls
    }

    fn answer(&self, request: &Request) -> Answer {
        let mut station = self.station.lock();
        let answer = station.route(request);
        answer.unwrap_or_else(|refusal| refusal)
    }

    fn admin(&self, request: &Request) -> Option<Answer> {
        let is_stored = request.method == Method::GET && request.path() == "/_sim/stored";
        is_stored.then(|| Answer::json(StatusCode::OK, &self.stored()))
    }
}

impl Station {
    fn route(&mut self, request: &Request) -> Result<Answer, Answer> {
        let settings = &self.settings;
        let bearer = format!("Bearer {}", settings.token);
        if request.header("authorization") != Some(&bearer) {
            return Err(problem(401, "You must be logged in to do this."));
        }
        if request.header("accept") != Some(MEDIA_TYPE) {
            return Err(problem(406, "The Accept header is wrong"));
        }
        let path = request.path().strip_prefix(ROOT);
        let path = path.ok_or_else(|| problem(404, "No such API root"))?;
        if !path.is_empty() && !path.ends_with('/') {
            let location = format!("{}/", request.path());
            let answer = answer(308, &json!({}));
            return Err(answer.with_header(HeaderName::from_static("location"), &location));
        }
        let path = path.trim_end_matches('/');
        let segments: Vec<_> = path.split('/').collect();
        let is_ours = |id: &str| id == settings.collection && settings.running;
        match (&request.method, segments.as_slice()) {
            (&Method::GET, [""]) => Ok(answer(
                200,
                &json!({"title": "simulated", "versions": [MEDIA_TYPE],
                        "max_content_length": settings.max_content_length}),
            )),
            (&Method::GET, ["status", work]) => self.status(work),
            (_, ["collections", id, ..]) if !is_ours(id) => {
                Err(problem(404, "Collection not found"))
            }
            (&Method::GET, ["collections", id]) => Ok(answer(
                200,
                &json!({"id": id, "title": "simulated", "can_read": settings.can_read(),
                        "can_write": settings.can_write, "media_types": [MEDIA_TYPE]}),
            )),
            (&Method::POST, ["collections", _, "objects"]) => self.add(request),
            (&Method::GET, ["collections", _, "manifest"]) => self.manifest(request),
            _ => Err(problem(404, "No such resource")),
        }
    }

    fn add(&mut self, request: &Request) -> Result<Answer, Answer> {
        let settings = &self.settings;
        if !settings.can_write {
            return Err(problem(403, "You are not allowed to write here"));
        }
        if request.header("content-type") != Some(MEDIA_TYPE) {
            return Err(problem(415, "The Content-Type is wrong"));
        }
        if request.header("content-length").is_none() {
            return Err(problem(400, "The length is missing"));
        }
        if request.body.len() as u64 > settings.takes {
            return Err(problem(413, "The envelope is too large"));
        }
        let objects = objects(request, settings)?;
        let total = objects.len();
        let mut failures = Vec::new();
        for object in objects {
            let version = ["id", "modified"].map(|name| object[name].to_string());
            if self.known.insert(version) {
                self.stored.push(object);
            } else if settings.product == Product::Strict {
                failures.push(json!({"id": object["id"], "version": object["modified"],
                                     "message": "Unable to process object"}));
            }
        }
        let work = format!("work_{}", self.works.len());
        self.works.insert(work.clone(), (total, 0));
        let (status, code) = match settings.product {
            Product::OpenCti => ("pending", 200),
            Product::Strict => ("complete", 202),
        };
        let body = json!({
            "id": work, "status": status, "request_timestamp": "2026-01-01T00:00:00.000Z", "total_count": total,
            "success_count": if status == "pending" { 0 } else { total - failures.len() },
            "failure_count": failures.len(), "failures": failures,
            "pending_count": if status == "pending" { total } else { 0 },
        });
        Ok(answer(code, &body).with_effect())
    }

    fn status(&mut self, work: &str) -> Result<Answer, Answer> {
        let (total, asked) = self
            .works
            .get_mut(work)
            .ok_or_else(|| problem(404, "No such work"))?;
        *asked += 1;
        let is_done = *asked > self.settings.pending_for;
        let (status, done) = if is_done {
            ("complete", *total)
        } else {
            ("pending", 0)
        };
        Ok(answer(
            200,
            &json!({"id": work, "status": status, "total_count": total, "success_count": done,
                    "failure_count": 0, "pending_count": *total - done}),
        ))
    }

    fn manifest(&self, request: &Request) -> Result<Answer, Answer> {
        if !self.settings.can_read() {
            return Err(problem(403, "You are not allowed to read here"));
        }
        let parameters = request.parameters();
        let values = |name: &str| -> Vec<&str> {
            let given = parameters.iter().find(|(parameter, _)| parameter == name);
            given
                .map(|(_, values)| values.split(',').collect())
                .unwrap_or_default()
        };
        let (ids, versions) = (values("match[id]"), values("match[version]"));
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let fits = |object: &&Value| {
            ids.contains(&text(&object["id"]).as_str())
                && (versions == ["all"] || versions.contains(&text(&object["modified"]).as_str()))
        };
        let records = self.stored.iter().filter(fits).map(|object| {
            json!({"id": object["id"], "version": object["modified"], "date_added": object["modified"],
                   "media_type": "application/stix+json;version=2.1"})
        });
        let mut records: Vec<_> = records.collect();
        let more = records.len() > self.settings.page;
        records.truncate(self.settings.page);
        Ok(answer(
            200,
            &json!({"more": more, "next": "1", "objects": records}),
        ))
    }
}

fn answer(status: u16, body: &Value) -> Answer {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    Answer::new(status, MEDIA_TYPE, body.to_string())
}

/// TAXII's form of an error.
fn problem(status: u16, title: &str) -> Answer {
    answer(
        status,
        &json!({"title": title, "http_status": status.to_string()}),
    )
}
