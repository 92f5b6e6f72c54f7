//! The STIX objects, one function for each type. The order of properties is that of the specification.

use serde_json::{Map, Value, json};

use super::times::{CONSTANT, Millis};
use super::{Object, ids};
use crate::sync::own::{Detail, Score};

/// What all objects of one report have in common.
pub(super) struct Frame<'a> {
    /// Flashpoint's id.
    pub(super) report: &'a str,
    /// `posted_at`; never changes.
    pub(super) posted: Millis,
    /// The version.
    pub(super) modified: Millis,
    /// The id of the marking definition.
    pub(super) marking: &'static str,
    /// The report's page, where there is an address.
    pub(super) url: Option<&'a str>,
}

/// One indicator of a report.
pub(super) struct Sign<'a> {
    /// For people.
    pub(super) name: &'a str,
    pub(super) pattern: &'a str,
    pub(super) valid_from: Millis,
    /// Later than `valid_from`.
    pub(super) valid_until: Option<Millis>,
    /// What Flashpoint says of it, where it lists it.
    pub(super) own: Option<&'a Detail>,
    /// Whether an edit took it away.
    pub(super) revoked: bool,
}

/// What a report says.
pub(super) struct Text<'a> {
    pub(super) name: &'a str,
    pub(super) description: Option<&'a str>,
    pub(super) labels: &'a [String],
    pub(super) references: &'a [String],
}

/// The identity Flashpoint, the same for ever.
pub(super) fn identity() -> Object {
    let members = [
        ("name", json!("Flashpoint")),
        ("identity_class", json!("organization")),
    ];
    shared("identity", "flashpoint", members.into())
}

/// The vulnerability of a CVE id, the same whichever report names it.
pub(super) fn vulnerability(cve: &str) -> Object {
    let cve = cve.to_uppercase();
    let reference = json!([{"source_name": "cve", "external_id": cve}]);
    shared(
        "vulnerability",
        &cve,
        vec![("name", json!(cve)), ("external_references", reference)],
    )
}

/// The malware of a name, the same whichever report names it, however it is spelt there.
pub(super) fn malware(name: &str) -> Object {
    let name = name.to_lowercase();
    shared(
        "malware",
        &name,
        vec![("name", json!(name)), ("is_family", json!(true))],
    )
}

/// An object that many reports refer to: with constant times, and nothing of any report.
fn shared(kind: &str, key: &str, members: Vec<(&str, Value)>) -> Object {
    let id = ids::id(kind, key);
    object(kind, id, CONSTANT, CONSTANT, members)
}

impl Frame<'_> {
    pub(super) fn indicator(&self, sign: &Sign<'_>) -> Object {
        let id = ids::indicator(self.report, sign.pattern);
        let mut members = vec![
            ("name", json!(sign.name)),
            ("indicator_types", json!(["malicious-activity"])),
            ("pattern", json!(sign.pattern)),
            ("pattern_type", json!("stix")),
            ("valid_from", json!(sign.valid_from.to_string())),
        ];
        if let Some(end) = sign.valid_until {
            members.push(("valid_until", json!(end.to_string())));
        }
        if let Some(own) = sign.own {
            members.extend(said(own));
        }
        self.of_report("indicator", id, sign.revoked, members)
    }

    pub(super) fn report(&self, text: &Text<'_>) -> Object {
        let id = ids::id("report", self.report);
        let mut members = vec![("name", json!(text.name))];
        members.extend(text.description.map(|text| ("description", json!(text))));
        members.extend([
            ("report_types", json!(["threat-report"])),
            ("published", json!(self.posted.to_string())),
            ("object_refs", json!(text.references)),
        ]);
        // STIX allows no empty list.
        if !text.labels.is_empty() {
            members.push(("labels", json!(text.labels)));
        }
        self.of_report("report", id, false, members)
    }

    fn of_report(
        &self,
        kind: &str,
        id: String,
        revoked: bool,
        mut members: Vec<(&str, Value)>,
    ) -> Object {
        let mut reference = Map::new();
        reference.insert("source_name".to_owned(), json!("Flashpoint"));
        if let Some(url) = self.url {
            reference.insert("url".to_owned(), json!(url));
        }
        reference.insert("external_id".to_owned(), json!(self.report));
        if revoked {
            members.push(("revoked", json!(true)));
        }
        members.push(("external_references", json!([reference])));
        members.push(("object_marking_refs", json!([self.marking])));
        object(kind, id, self.posted, self.modified, members)
    }
}

/// What Flashpoint says of an indicator that it lists: that it does, and its score, which is told as the confidence of the scale
/// None, Low, Med, High of STIX 2.1, appendix A, too.
fn said(own: &Detail) -> Vec<(&'static str, Value)> {
    let mut labels = vec!["source:flashpoint".to_owned()];
    labels.extend(own.score.map(|score| format!("score:{}", score.as_str())));
    let confidence = own.score.map(|score| match score {
        Score::Informational => 15,
        Score::Suspicious => 50,
        Score::Malicious => 85,
    });
    let mut members = vec![("labels", json!(labels))];
    members.extend(confidence.map(|value| ("confidence", json!(value))));
    members
}

fn object(
    kind: &str,
    id: String,
    created: Millis,
    modified: Millis,
    members: Vec<(&str, Value)>,
) -> Object {
    let modified = modified.to_string();
    let mut all = Map::new();
    let mut set = |name: &str, value: Value| all.insert(name.to_owned(), value);
    set("type", json!(kind));
    set("spec_version", json!("2.1"));
    set("id", json!(id));
    if kind != "identity" {
        set("created_by_ref", json!(ids::identity()));
    }
    set("created", json!(created.to_string()));
    set("modified", json!(modified));
    for (name, value) in members {
        set(name, value);
    }
    Object {
        json: Value::Object(all).to_string(),
        id,
        modified,
    }
}
