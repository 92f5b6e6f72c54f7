//! Events as they are stored.

use std::collections::HashSet;

use jiff::Timestamp;
use serde_json::{Map, Value, json};

/// The organisation of the key.
pub const ORGANISATION: &str = "5f1d2c84-6a0b-4c57-9e3a-b2d7c1f08e65";

/// An event.
#[derive(Debug, Clone)]
pub struct Event {
    /// MISP's own id.
    pub id: usize,
    /// The id that clients give it, in lower case.
    pub uuid: String,
    /// Whose it is; only [`ORGANISATION`] sees its own.
    pub organisation: String,
    /// Its title.
    pub info: String,
    /// `YYYY-MM-DD`.
    pub date: String,
    /// Seconds since 1970 of the last change.
    pub timestamp: i64,
    /// Whether it is published.
    pub published: bool,
    /// 0 to 4.
    pub distribution: String,
    /// 1 to 4.
    pub threat_level: String,
    /// 0 to 2.
    pub analysis: String,
    /// Deleted ones included.
    pub attributes: Vec<Attribute>,
    /// Their names.
    pub tags: Vec<String>,
    /// Deleted ones included.
    pub reports: Vec<Report>,
    /// Until when it is being written.
    pub busy_until: Timestamp,
}

/// An attribute.
#[derive(Debug, Clone)]
pub struct Attribute {
    /// Its id.
    pub uuid: String,
    /// Its type.
    pub kind: String,
    /// Its category.
    pub category: String,
    /// As MISP stores it.
    pub value: String,
    /// Whether detections use it.
    pub to_ids: bool,
    /// Its comment.
    pub comment: String,
    /// When it was seen first and last, where anybody said so.
    pub first_seen: Option<Timestamp>,
    /// See `first_seen`.
    pub last_seen: Option<Timestamp>,
    /// Seconds since 1970 of its last change.
    pub timestamp: i64,
    /// Whether it is deleted softly.
    pub deleted: bool,
    /// From when on it shows.
    pub visible_at: Timestamp,
}

/// An event report.
#[derive(Debug, Clone)]
pub struct Report {
    /// Its id.
    pub uuid: String,
    /// Its name.
    pub name: String,
    /// Markdown.
    pub content: String,
    /// 0 to 5.
    pub distribution: String,
    /// Seconds since 1970 of its last change.
    pub timestamp: i64,
    /// Whether it is deleted softly; it is listed all the same.
    pub deleted: bool,
}

impl Event {
    /// The attributes that are not deleted.
    pub fn live(&self) -> impl Iterator<Item = &Attribute> {
        self.attributes.iter().filter(|one| !one.deleted)
    }

    /// The attribute with this value, deleted or not.
    #[must_use]
    pub fn attribute(&self, value: &str) -> Option<&Attribute> {
        self.attributes.iter().find(|one| one.value == value)
    }

    /// As MISP answers it: numbers are strings, flags are booleans, `Tag` is absent where there is none.
    pub(super) fn json(&self, now: Timestamp, deleted: bool) -> Value {
        let shown = self.attributes.iter().enumerate();
        let shown = shown.filter(|(_, one)| (deleted || !one.deleted) && one.visible_at <= now);
        let attributes: Vec<Value> = shown
            .map(|(place, one)| self.attribute_json(place, one))
            .collect();
        let reports: Vec<Value> = self
            .reports
            .iter()
            .filter(|_| self.busy_until <= now)
            .map(|one| self.report_json(one))
            .collect();
        let org = json!({"id": "1", "name": "ORG", "uuid": self.organisation, "local": true});
        let mut event = json!({
            "id": self.id.to_string(), "orgc_id": "1", "org_id": "1", "date": self.date,
            "threat_level_id": self.threat_level, "info": self.info, "published": self.published, "uuid": self.uuid,
            "attribute_count": attributes.len().to_string(), "analysis": self.analysis,
            "timestamp": self.timestamp.to_string(), "distribution": self.distribution,
            "proposal_email_lock": false, "locked": false, "publish_timestamp": "0", "sharing_group_id": "0",
            "disable_correlation": false, "extends_uuid": "", "protected": null,
            "event_creator_email": "feed@example.org", "Org": org, "Orgc": org,
            "Attribute": attributes, "ShadowAttribute": [], "RelatedEvent": [], "Galaxy": [], "Object": [],
            "EventReport": reports, "CryptographicKey": [],
        });
        if !self.tags.is_empty() {
            let tag = |(id, name): (usize, &String)| {
                json!({"id": (id + 1).to_string(), "name": name, "colour": "#ffc000", "exportable": true,
                    "user_id": "0", "hide_tag": false, "numerical_value": null, "is_galaxy": false,
                    "is_custom_galaxy": false, "local_only": false, "local": false, "relationship_type": null})
            };
            event["Tag"] = self.tags.iter().enumerate().map(tag).collect();
        }
        json!({"Event": event})
    }

    fn attribute_json(&self, place: usize, one: &Attribute) -> Value {
        json!({
            "id": (self.id * 100_000 + place).to_string(), "type": one.kind, "category": one.category,
            "to_ids": one.to_ids, "uuid": one.uuid, "event_id": self.id.to_string(), "distribution": "5",
            "timestamp": one.timestamp.to_string(), "comment": one.comment, "sharing_group_id": "0",
            "deleted": one.deleted, "disable_correlation": false, "object_id": "0", "object_relation": null,
            "first_seen": seen(one.first_seen), "last_seen": seen(one.last_seen), "value": one.value, "Galaxy": [], "ShadowAttribute": [],
        })
    }

    fn report_json(&self, one: &Report) -> Value {
        json!({
            "id": "1", "uuid": one.uuid, "event_id": self.id.to_string(), "name": one.name,
            "content": one.content, "distribution": one.distribution, "sharing_group_id": "0",
            "timestamp": one.timestamp.to_string(), "deleted": one.deleted,
        })
    }
}

/// A time as MISP writes it: in UTC, with six digits of a second.
fn seen(time: Option<Timestamp>) -> Option<String> {
    time.map(|time| time.strftime("%Y-%m-%dT%H:%M:%S%.6f+00:00").to_string())
}

/// All that is stored.
#[derive(Debug, Default)]
pub(super) struct Store {
    pub(super) events: Vec<Event>,
    pub(super) blocked: HashSet<String>,
    pub(super) next: usize,
}

impl Store {
    /// The place of an event by its id or UUID; UUIDs in upper case are not found.
    pub(super) fn find(&self, id: &str) -> Option<usize> {
        let is = |event: &Event| event.uuid == id || event.id.to_string() == id;
        self.events.iter().position(is)
    }

    /// Whether an attribute of any event has this UUID.
    pub(super) fn has_attribute(&self, uuid: &str) -> bool {
        self.events
            .iter()
            .any(|event| event.attributes.iter().any(|one| one.uuid == uuid))
    }
}

/// A list, where one object stands for a list of one and null for none.
pub(super) fn list(event: &Map<String, Value>, name: &str) -> Vec<Value> {
    match event.get(name) {
        Some(Value::Array(items)) => items.clone(),
        Some(Value::Object(one)) => vec![Value::Object(one.clone())],
        _ => Vec::new(),
    }
}
