//! Adding and editing events. Nothing is in a transaction: what was written before a failure stays.

use hyper::StatusCode;
use hyper::header::LOCATION;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value, json};

use super::store::{Attribute, Event, ORGANISATION, Report, list};
use super::values::{TYPES, stored};
use super::{Call, Station, exception, internal, save_failed};
use crate::message::Answer;

/// The last second that the columns hold.
const LAST_SECOND: i64 = 2_147_483_647;

impl Station {
    /// `POST /events/add`.
    pub(super) fn add(&mut self, call: &Call<'_>) -> Result<Answer, Answer> {
        let body = call.event()?;
        if !self.settings.perm_add {
            return Err(call.no_permission());
        }
        let uuid = text(&body, "uuid").unwrap_or_else(super::uuid);
        if !is_uuid(&uuid) {
            return Err(save_failed(
                call,
                "add",
                &json!({"Event": {"uuid": ["Please provide a valid RFC 4122 UUID"]}}),
            ));
        }
        let lower = uuid.to_lowercase();
        if self.store.blocked.contains(&lower) {
            return Err(exception(
                call.request,
                StatusCode::FORBIDDEN,
                "Event blocked by event blocklist.",
            ));
        }
        if let Some(place) = self.store.find(&lower) {
            if uuid != lower {
                return Err(save_failed(
                    call,
                    "add",
                    &json!({"Event": {"uuid": ["The UUID provided is not unique"]}}),
                ));
            }
            let message = "Event already exists, if you would like to edit it, use the url in the location header.";
            let location = format!("{}/events/{}", self.origin, self.store.events[place].id);
            return Err(exception(call.request, StatusCode::NOT_FOUND, message)
                .with_header(LOCATION, &location));
        }
        if let Some(errors) = errors_of(&body, true) {
            return Err(save_failed(call, "add", &json!({"Event": errors})));
        }
        let timestamp = time(&body, call.now).ok_or_else(|| internal(call.request))?;
        let empty = list(&body, "Attribute").is_empty() && list(&body, "EventReport").is_empty();
        if body.get("published") == Some(&json!(true)) && self.settings.perm_publish && empty {
            let message = "Received a published event that was empty. Event add process blocked.";
            return Err(save_failed(call, "add", &json!({"Event": message})));
        }
        let info = text(&body, "info").unwrap_or_default();
        if !fits(&info, 65_535)
            || list(&body, "Tag")
                .iter()
                .any(|tag| !fits(name_of(tag), usize::MAX))
        {
            return Err(internal(call.request));
        }
        self.store.next += 1;
        let or =
            |name: &str, default: &str| text(&body, name).unwrap_or_else(|| default.to_owned());
        self.store.events.push(Event {
            id: self.store.next,
            uuid: lower,
            organisation: ORGANISATION.to_owned(),
            info,
            date: or("date", &call.now.strftime("%Y-%m-%d").to_string()),
            timestamp,
            published: false,
            distribution: or("distribution", "1"),
            threat_level: or("threat_level_id", "4"),
            analysis: or("analysis", "0"),
            attributes: Vec::new(),
            tags: Vec::new(),
            reports: Vec::new(),
            busy_until: call.now,
        });
        let place = self.store.events.len() - 1;
        self.fill(call, place, &body, true)
    }

    /// `POST /events/edit/{id}`.
    pub(super) fn edit(&mut self, call: &Call<'_>, id: &str) -> Result<Answer, Answer> {
        let body = call.event()?;
        let Some(place) = self.store.find(id).filter(|place| self.sees(*place)) else {
            return Err(exception(
                call.request,
                StatusCode::NOT_FOUND,
                "Invalid event",
            ));
        };
        let event = &self.store.events[place];
        if event.organisation != ORGANISATION || !self.settings.perm_modify {
            return Err(exception(
                call.request,
                StatusCode::FORBIDDEN,
                "You are not authorised to do that.",
            ));
        }
        if event.busy_until > call.now {
            return Err(internal(call.request));
        }
        if let Some(errors) = errors_of(&body, false) {
            return Err(save_failed(call, "edit", &errors));
        }
        let timestamp = time(&body, call.now).ok_or_else(|| internal(call.request))?;
        if body.contains_key("timestamp") && timestamp <= event.timestamp {
            let message =
                "Event could not be saved: Event in the request not newer than the local copy.";
            return Err(save_failed(call, "edit", &json!(message)));
        }
        let info = text(&body, "info");
        if info.as_deref().is_some_and(|info| !fits(info, 65_535)) {
            return Err(internal(call.request));
        }
        let event = &mut self.store.events[place];
        event.timestamp = timestamp;
        for (field, name) in [
            (&mut event.info, "info"),
            (&mut event.date, "date"),
            (&mut event.distribution, "distribution"),
            (&mut event.threat_level, "threat_level_id"),
            (&mut event.analysis, "analysis"),
        ] {
            if let Some(value) = text(&body, name) {
                *field = value;
            }
        }
        self.fill(call, place, &body, false)
    }

    /// Tags, attributes, reports, publication, in this order.
    fn fill(
        &mut self,
        call: &Call<'_>,
        place: usize,
        body: &Map<String, Value>,
        new: bool,
    ) -> Result<Answer, Answer> {
        if new || self.settings.perm_tagger {
            for tag in list(body, "Tag") {
                self.tag(place, &tag);
            }
        }
        let mut at = call.now;
        for (number, one) in list(body, "Attribute").iter().enumerate() {
            if self.settings.fails_at == Some(number) {
                self.settings.fails_at = None;
                return Err(internal(call.request));
            }
            at = at
                .saturating_add(self.settings.inner.per_attribute)
                .unwrap_or(at);
            self.attribute(call, place, one, at, new)?;
        }
        self.store.events[place].busy_until = at;
        for one in list(body, "EventReport") {
            self.report(call, place, &one)?;
        }
        let event = &mut self.store.events[place];
        event.published = body.get("published") == Some(&json!(true)) && self.settings.perm_publish;
        let slow = self.settings.per_attribute > SignedDuration::ZERO;
        let shown_at = if slow { Timestamp::MAX } else { call.now };
        Ok(call.pretty(&event.json(shown_at, false)).with_effect())
    }

    fn tag(&mut self, place: usize, tag: &Value) {
        let name = name_of(tag).to_owned();
        let same = |other: &String| other.to_lowercase() == name.to_lowercase();
        let tags = &mut self.store.events[place].tags;
        if tag["deleted"] == json!(true) {
            tags.retain(|other| !same(other));
            return;
        }
        if name.is_empty() || tags.iter().any(same) {
            return;
        }
        if let Some(known) = self.settings.inner.tags.iter().find(|other| same(other)) {
            tags.push(known.clone());
        } else if self.settings.inner.perm_tag_editor {
            tags.push(name.clone());
            self.settings.inner.tags.push(name);
        }
    }

    /// One attribute: taken, or dropped without a word, or a 500.
    fn attribute(
        &mut self,
        call: &Call<'_>,
        place: usize,
        one: &Value,
        at: Timestamp,
        new: bool,
    ) -> Result<(), Answer> {
        let Some(fields) = one.as_object() else {
            return Err(internal(call.request));
        };
        let timestamp = time(fields, call.now).ok_or_else(|| internal(call.request))?;
        let comment = text(fields, "comment").unwrap_or_default();
        if !fits(&comment, 65_535) {
            return Err(internal(call.request));
        }
        let uuid = text(fields, "uuid")
            .unwrap_or_else(super::uuid)
            .to_lowercase();
        let kind = text(fields, "type").unwrap_or_default();
        let Some((_, category, to_ids, allowed)) = TYPES.into_iter().find(|known| known.0 == kind)
        else {
            return Ok(());
        };
        let category = text(fields, "category").unwrap_or_else(|| category.to_owned());
        let value = text(fields, "value").and_then(|value| stored(&kind, &value));
        let Some(value) = value.filter(|_| is_uuid(&uuid) && allowed.contains(&category.as_str()))
        else {
            return Ok(());
        };
        // What is no time, or ends before it begins, is dropped.
        let Ok([first_seen, last_seen]) = seen(fields) else {
            return Ok(());
        };
        let sent = Attribute {
            uuid,
            kind,
            category,
            value,
            to_ids: fields
                .get("to_ids")
                .map_or(to_ids, |flag| flag == &json!(true) || flag == "1"),
            comment,
            first_seen,
            last_seen,
            timestamp,
            deleted: fields.get("deleted") == Some(&json!(true)),
            visible_at: at,
        };
        let event = &mut self.store.events[place];
        if let Some(held) = event
            .attributes
            .iter_mut()
            .find(|held| held.uuid == sent.uuid)
        {
            if !new && (sent.timestamp > held.timestamp || !fields.contains_key("timestamp")) {
                let deleted = fields.get("deleted").map_or(held.deleted, |_| sent.deleted);
                *held = Attribute {
                    deleted,
                    first_seen: sent.first_seen.or(held.first_seen),
                    last_seen: sent.last_seen.or(held.last_seen),
                    ..sent
                };
            }
            return Ok(());
        }
        let is_same = |held: &Attribute| {
            (&held.kind, &held.category, &held.value) == (&sent.kind, &sent.category, &sent.value)
                && !held.deleted
        };
        if event.attributes.iter().any(is_same) || self.store.has_attribute(&sent.uuid) {
            return Ok(());
        }
        self.store.events[place].attributes.push(sent);
        Ok(())
    }

    fn report(&mut self, call: &Call<'_>, place: usize, one: &Value) -> Result<(), Answer> {
        let fields = one.as_object().cloned().unwrap_or_default();
        let timestamp = time(&fields, call.now).ok_or_else(|| internal(call.request))?;
        let name = text(&fields, "name").unwrap_or_default();
        let content = text(&fields, "content").unwrap_or_default();
        if name.chars().count() > 255 || !fits(&name, usize::MAX) || !fits(&content, 16_777_215) {
            return Err(internal(call.request));
        }
        let sent = Report {
            uuid: text(&fields, "uuid")
                .unwrap_or_else(super::uuid)
                .to_lowercase(),
            name,
            content,
            distribution: text(&fields, "distribution").unwrap_or_else(|| "0".to_owned()),
            timestamp,
            deleted: fields.get("deleted") == Some(&json!(true)),
        };
        let event = &mut self.store.events[place];
        match event.reports.iter_mut().find(|held| held.uuid == sent.uuid) {
            Some(held) if sent.timestamp > held.timestamp || !fields.contains_key("timestamp") => {
                *held = sent;
            }
            Some(_) => {}
            None if sent.name.is_empty() || !is_uuid(&sent.uuid) => {}
            None => event.reports.push(sent),
        }
        Ok(())
    }
}

/// A string, or a number as one.
fn text(fields: &Map<String, Value>, name: &str) -> Option<String> {
    match fields.get(name)? {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

fn name_of(tag: &Value) -> &str {
    tag["name"].as_str().unwrap_or_default()
}

/// A timestamp: absent, empty and 0 are now; none where the database would not take it.
fn time(fields: &Map<String, Value>, now: Timestamp) -> Option<i64> {
    match text(fields, "timestamp").as_deref() {
        None | Some("" | "0") => Some(now.as_second()),
        Some(text) => text.parse().ok().filter(|time| *time <= LAST_SECOND),
    }
}

/// When an attribute was seen first and last.
fn seen(fields: &Map<String, Value>) -> Result<[Option<Timestamp>; 2], ()> {
    let time = |name: &str| match text(fields, name) {
        None => Ok(None),
        Some(text) => text.parse().map(Some).map_err(|_| ()),
    };
    let times = [time("first_seen")?, time("last_seen")?];
    match times {
        [Some(first), Some(last)] if last < first => Err(()),
        times => Ok(times),
    }
}

/// Whether a column takes it: three bytes a character, and so many in all.
fn fits(text: &str, bytes: usize) -> bool {
    text.len() <= bytes && text.chars().all(|character| character.len_utf8() < 4)
}

fn is_uuid(text: &str) -> bool {
    let parts: Vec<_> = text.split('-').map(str::len).collect();
    parts == [8, 4, 4, 4, 12]
        && text
            .bytes()
            .all(|byte| byte == b'-' || byte.is_ascii_hexdigit())
}

/// What MISP finds wrong with the fields of an event.
fn errors_of(body: &Map<String, Value>, new: bool) -> Option<Value> {
    match text(body, "info").as_deref().map(str::trim) {
        None if new => return Some(json!({"info": ["valueNotEmpty"]})),
        Some("") => return Some(json!({"info": ["Info cannot be empty."]})),
        _ => {}
    }
    let date = text(body, "date").filter(|date| !date.is_empty());
    if date.is_some_and(|date| date.len() != 10 || date.parse::<jiff::civil::Date>().is_err()) {
        return Some(json!({"date": ["Expected date format: YYYY-MM-DD"]}));
    }
    let allowed = [
        ("distribution", "0123"),
        ("analysis", "012"),
        ("threat_level_id", "1234"),
    ];
    allowed.into_iter().find_map(|(name, values)| {
        let value = text(body, name)?;
        let is_allowed = value.len() == 1 && values.contains(&value);
        (!is_allowed).then(|| json!({name: ["Options : see the documentation"]}))
    })
}
