//! MISP's REST API as version 2.5.1 answers it: it drops what it does not like without a word, and keeps what it had written
//! when it failed.

mod answers;
mod settings;
mod store;
mod values;
mod writing;

use std::ops::{Deref, DerefMut};

use hyper::header::LOCATION;
use hyper::{Method, StatusCode};
use jiff::Timestamp;
use parking_lot::Mutex;
use serde_json::{Map, Value, json};

use crate::message::{Answer, Request};
use crate::server::{Controls, Simulator};
use answers::{described, exception, internal, save_failed};
pub use settings::{KEY, Settings};
use store::Store;
pub use store::{Attribute, Event, ORGANISATION, Report};

const HTML: &str = "text/html; charset=UTF-8";
const JSON: &str = "application/json; charset=UTF-8";

/// A MISP with one organisation of ours.
#[derive(Default)]
pub struct Misp {
    controls: Controls,
    station: Mutex<Station>,
}

#[derive(Default)]
struct Station {
    settings: Current,
    store: Store,
    origin: String,
}

/// The settings, and what is scripted once.
#[derive(Default)]
struct Current {
    inner: Settings,
    /// The next write fails at this attribute.
    fails_at: Option<usize>,
}

impl Deref for Current {
    type Target = Settings;

    fn deref(&self) -> &Settings {
        &self.inner
    }
}

impl DerefMut for Current {
    fn deref_mut(&mut self) -> &mut Settings {
        &mut self.inner
    }
}

struct Call<'a> {
    request: &'a Request,
    now: Timestamp,
}

impl Misp {
    /// Its record, faults and clock.
    #[must_use]
    pub fn controls(&self) -> &Controls {
        &self.controls
    }

    /// Changes the settings, from the next request on.
    pub fn configure(&self, change: impl FnOnce(&mut Settings)) {
        change(&mut self.station.lock().settings);
    }

    /// The next write answers 500 when it comes to its nth attribute, from 0; what was written before stays.
    pub fn fail_at_attribute(&self, number: usize) {
        self.station.lock().settings.fails_at = Some(number);
    }

    /// All events, oldest first.
    #[must_use]
    pub fn events(&self) -> Vec<Event> {
        self.station.lock().store.events.clone()
    }

    /// Puts an event there as it is: another organisation's, for example.
    pub fn put(&self, event: Event) {
        self.station.lock().store.events.push(event);
    }

    /// What an analyst does to the first event; it is changed now, and no longer published. The simulator's clock is taken
    /// to go on by a second.
    pub fn analyst(&self, act: impl FnOnce(&mut Event, i64)) {
        let now = self.controls.clock.now().as_second() + 1;
        if let Some(event) = self.station.lock().store.events.first_mut() {
            act(event, now);
            event.timestamp = now;
            event.published = false;
        }
    }

    /// An analyst deletes the first event, which blocks its UUID.
    pub fn delete_first(&self) {
        let mut station = self.station.lock();
        let event = station.store.events.remove(0);
        station.store.blocked.insert(event.uuid);
    }
}

impl Simulator for Misp {
    fn controls(&self) -> &Controls {
        &self.controls
    }

    fn listening(&self, origin: &str) {
        origin.clone_into(&mut self.station.lock().origin);
    }

    fn answer(&self, request: &Request) -> Answer {
        let now = self.controls.clock.now();
        let call = Call { request, now };
        let mut station = self.station.lock();
        station.route(&call).unwrap_or_else(|refusal| refusal)
    }

    fn admin(&self, request: &Request) -> Option<Answer> {
        let path = request.path();
        if request.method == Method::GET && path == "/_sim/events" {
            let events = self.events();
            let shown: Vec<Value> = events
                .iter()
                .map(|event| event.json(Timestamp::MAX, true))
                .collect();
            return Some(Answer::json(StatusCode::OK, &shown));
        }
        (request.method == Method::POST && path == "/_sim/settings").then(|| {
            let change: Value = serde_json::from_slice(&request.body).unwrap_or_default();
            self.configure(|settings| {
                let flag = |name: &str, field: &mut bool| {
                    *field = change[name].as_bool().unwrap_or(*field);
                };
                flag("perm_tag_editor", &mut settings.perm_tag_editor);
                flag("perm_publish", &mut settings.perm_publish);
                flag("read_only_key", &mut settings.read_only_key);
                flag("maintenance", &mut settings.maintenance);
            });
            Answer::empty(StatusCode::NO_CONTENT)
        })
    }
}

impl Station {
    fn route(&mut self, call: &Call<'_>) -> Result<Answer, Answer> {
        let path = call.request.path();
        let accepts = call.request.header("accept").unwrap_or_default();
        let is_rest = path.strip_suffix(".json").is_some()
            || accepts.trim_start().starts_with("application/json");
        if !is_rest || self.settings.maintenance {
            let login = format!("{}/users/login", self.origin);
            return Err(Answer::new(StatusCode::FOUND, HTML, "").with_header(LOCATION, &login));
        }
        self.admit(call)?;
        let path = path.trim_end_matches(".json").trim_start_matches('/');
        let segments: Vec<&str> = path.split('/').collect();
        let writes = matches!(call.request.method, Method::POST | Method::PUT);
        match segments.as_slice() {
            ["servers", "getVersion"] => Ok(call.pretty(&json!({
                "version": "2.5.1", "pymisp_recommended_version": "2.5.1", "perm_sync": false, "perm_sighting": true,
                "perm_galaxy_editor": false, "perm_analyst_data": false, "uuid": "-", "request_encoding": ["gzip"],
                "filter_sightings": true,
            }))),
            ["servers", "getPyMISPVersion"] => Ok(call.pretty(&json!({"version": "2.5.1"}))),
            ["users", "view", "me"] => Ok(call.pretty(&self.me())),
            ["attributes", "describeTypes"] => Ok(call.pretty(&described())),
            ["events", "add"] | ["events"] if call.request.method == Method::POST => {
                self.may_write(call)?;
                self.add(call)
            }
            ["events", "add"] => Ok(call.pretty(&json!({"name": "/events/add API description"}))),
            ["events", "edit", id] if writes => {
                self.may_write(call)?;
                self.edit(call, id)
            }
            ["events", "delete", id] => self.delete(call, id),
            ["events", "publish", id] => self.publish(call, id),
            ["events", "view", id, rest @ ..] => self.view(call, id, rest),
            ["events", id] => self.view(call, id, &[]),
            ["events" | "attributes" | "users" | "servers", ..] => Err(call.no_permission()),
            _ => Err(exception(call.request, StatusCode::NOT_FOUND, "Not Found")),
        }
    }

    fn admit(&self, call: &Call<'_>) -> Result<(), Answer> {
        let refuse = |message| Err(exception(call.request, StatusCode::FORBIDDEN, message));
        if call.request.header("authorization").map(str::trim) != Some(&self.settings.key) {
            return refuse(
                "Authentication failed. Please make sure you pass the API key of an API enabled user along in the Authorization header.",
            );
        }
        if self.settings.disabled {
            return refuse("Authentication failed. Your user account has been disabled.");
        }
        if self.settings.other_address {
            return refuse("It is not possible to use this Auth key from your IP address");
        }
        Ok(())
    }

    fn may_write(&self, call: &Call<'_>) -> Result<(), Answer> {
        if self.settings.read_only_key {
            return Err(call.no_permission());
        }
        Ok(())
    }

    fn me(&self) -> Value {
        let settings = &self.settings.inner;
        json!({
            "User": {"id": "2", "org_id": "1", "email": "feed@example.org", "disabled": false},
            "Role": {
                "id": "3", "name": "Feed", "perm_add": settings.perm_add, "perm_modify": settings.perm_modify,
                "perm_modify_org": settings.perm_modify, "perm_publish": settings.perm_publish, "perm_auth": true,
                "perm_tagger": settings.perm_tagger, "perm_tag_editor": settings.perm_tag_editor, "permission": "2",
            },
            "UserSetting": [],
            "Organisation": {"id": "1", "name": "ORG", "uuid": ORGANISATION},
        })
    }

    fn sees(&self, place: usize) -> bool {
        let event = &self.store.events[place];
        event.organisation == ORGANISATION || event.distribution != "0"
    }

    fn view(&self, call: &Call<'_>, id: &str, named: &[&str]) -> Result<Answer, Answer> {
        let place = self.store.find(id).filter(|place| self.sees(*place));
        let Some(place) = place else {
            return Err(exception(
                call.request,
                StatusCode::NOT_FOUND,
                "Invalid event",
            ));
        };
        let deleted = named.contains(&"deleted:1");
        Ok(call.pretty(&self.store.events[place].json(call.now, deleted)))
    }

    fn delete(&mut self, call: &Call<'_>, id: &str) -> Result<Answer, Answer> {
        self.may_write(call)?;
        let Some(place) = self.store.find(id) else {
            return Err(save_failed(
                call,
                "delete",
                &json!("Event was not deleted."),
            ));
        };
        let event = self.store.events.remove(place);
        self.store.blocked.insert(event.uuid);
        Ok(call.done("Event deleted.", id))
    }

    fn publish(&mut self, call: &Call<'_>, id: &str) -> Result<Answer, Answer> {
        if !self.settings.perm_publish || call.request.method != Method::POST {
            return Err(call.no_permission());
        }
        let Some(place) = self.store.find(id) else {
            return Err(exception(
                call.request,
                StatusCode::NOT_FOUND,
                "Invalid event.",
            ));
        };
        self.store.events[place].published = true;
        Ok(call.done("Event published without alerts", id))
    }
}

impl Call<'_> {
    /// The event in the body, bare or wrapped.
    fn event(&self) -> Result<Map<String, Value>, Answer> {
        let refuse = |message| exception(self.request, StatusCode::METHOD_NOT_ALLOWED, message);
        let media_type = self.request.header("content-type").unwrap_or_default();
        if !media_type.starts_with("application/json") || self.request.body.is_empty() {
            return Err(refuse("No valid event data received."));
        }
        let Ok(body) = serde_json::from_slice::<Value>(&self.request.body) else {
            return Err(refuse(
                "Invalid JSON input. Make sure that the JSON input is a correctly formatted JSON string. This request has been blocked to avoid an unfiltered request.",
            ));
        };
        match body {
            Value::Object(mut body) if !body.is_empty() => Ok(match body.remove("Event") {
                Some(Value::Object(event)) => event,
                _ => body,
            }),
            _ => Err(refuse("No valid event data received.")),
        }
    }

    fn no_permission(&self) -> Answer {
        exception(
            self.request,
            StatusCode::FORBIDDEN,
            "You do not have permission to use this functionality.",
        )
    }

    fn pretty(&self, value: &Value) -> Answer {
        let agent = self.request.header("user-agent").unwrap_or_default();
        let body = if agent.starts_with("PyMISP") {
            value.to_string()
        } else {
            serde_json::to_string_pretty(value).unwrap_or_default()
        };
        Answer::new(StatusCode::OK, JSON, body)
    }

    fn done(&self, message: &str, id: &str) -> Answer {
        self.pretty(&json!({"saved": true, "success": true, "name": message, "message": message, "url": self.request.path(), "id": id}))
            .with_effect()
    }
}

/// A random UUID of version 4.
fn uuid() -> String {
    let bits = fastrand::u128(..);
    let hex = format!("{bits:032x}");
    format!(
        "{}-{}-4{}-a{}-{}",
        &hex[..8],
        &hex[8..12],
        &hex[13..16],
        &hex[17..20],
        &hex[20..]
    )
}
