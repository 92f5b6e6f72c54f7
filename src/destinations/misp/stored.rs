//! An event as MISP answers it: numbers are strings there, and what is empty may be absent or null.

use serde::{Deserialize, Deserializer};
use uuid::Uuid;

/// The body of an answer that is an event.
#[derive(Deserialize)]
struct Envelope {
    #[serde(rename = "Event")]
    event: Stored,
}

/// An event, as far as it matters here.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Stored {
    #[serde(with = "super::ids::wire")]
    pub(super) uuid: Uuid,
    #[serde(default)]
    pub(super) info: String,
    /// Whether a write that did not end sent the title, so that no analyst gave it, whatever the event report is called.
    #[serde(skip)]
    pub(super) info_is_ours: bool,
    #[serde(deserialize_with = "number")]
    pub(super) timestamp: i64,
    #[serde(default, deserialize_with = "flag")]
    pub(super) published: bool,
    #[serde(default, rename = "Attribute", deserialize_with = "list")]
    pub(super) attributes: Vec<StoredAttribute>,
    #[serde(default, rename = "Tag", deserialize_with = "list")]
    pub(super) tags: Vec<StoredTag>,
    #[serde(default, rename = "EventReport", deserialize_with = "list")]
    pub(super) reports: Vec<StoredReport>,
}

/// An attribute of it.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct StoredAttribute {
    #[serde(with = "super::ids::wire")]
    pub(super) uuid: Uuid,
    #[serde(rename = "type")]
    pub(super) kind: String,
    #[serde(default)]
    pub(super) category: String,
    #[serde(default)]
    pub(super) value: String,
    #[serde(default, deserialize_with = "flag")]
    pub(super) to_ids: bool,
    #[serde(default)]
    pub(super) comment: Option<String>,
    #[serde(deserialize_with = "number")]
    pub(super) timestamp: i64,
    #[serde(default, deserialize_with = "flag")]
    pub(super) deleted: bool,
}

/// A tag on it.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct StoredTag {
    pub(super) name: String,
}

/// An event report of it.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct StoredReport {
    #[serde(with = "super::ids::wire")]
    pub(super) uuid: Uuid,
    #[serde(default)]
    pub(super) name: String,
    #[serde(default)]
    pub(super) content: Option<String>,
    #[serde(deserialize_with = "number")]
    pub(super) timestamp: i64,
    #[serde(default, deserialize_with = "flag")]
    pub(super) deleted: bool,
}

/// Reads an answer; none if it is no event.
pub(super) fn read(body: &[u8]) -> Option<Stored> {
    let envelope: Envelope = serde_json::from_slice(body).ok()?;
    Some(envelope.event)
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Loose {
    Flag(bool),
    Number(i64),
    Text(String),
}

fn number<'de, D: Deserializer<'de>>(deserializer: D) -> Result<i64, D::Error> {
    Ok(match Loose::deserialize(deserializer)? {
        Loose::Flag(flag) => i64::from(flag),
        Loose::Number(number) => number,
        Loose::Text(text) => text.parse().map_err(serde::de::Error::custom)?,
    })
}

/// A flag: `true`, `1`, `"1"`; what else it is, it is not set.
pub(super) fn flag<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    Ok(match Option::<Loose>::deserialize(deserializer)? {
        Some(Loose::Flag(flag)) => flag,
        Some(Loose::Number(number)) => number == 1,
        Some(Loose::Text(text)) => text == "1",
        None => false,
    })
}

fn list<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<Vec<T>, D::Error> {
    Ok(Option::<Vec<T>>::deserialize(deserializer)?.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_numbers_and_absent_lists_are_read() {
        let event = r#"{"Event":{"id":"7","uuid":"172a3cf2-c82a-570a-88f7-e2066af83f04","info":"i","timestamp":"1795000000",
            "published":false,"Attribute":[{"uuid":"172a3cf2-c82a-570a-88f7-e2066af83f05","type":"domain","category":"c",
            "value":"v","to_ids":true,"timestamp":"3","deleted":false,"comment":null}],"EventReport":null,"Object":[]}}"#;
        let event = read(event.as_bytes()).unwrap();
        assert_eq!(event.timestamp, 1_795_000_000);
        assert!(event.attributes[0].to_ids && !event.attributes[0].deleted);
        assert!(event.tags.is_empty() && event.reports.is_empty());
        for other in ["", "[]", r#"{"name":"x"}"#, r#"{"Event":{"uuid":"x"}}"#] {
            assert!(read(other.as_bytes()).is_none(), "{other}");
        }
    }
}
