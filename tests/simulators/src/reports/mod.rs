//! Flashpoint reports: one report as the API gives it, and the generator of realistic ones.

mod body;
mod generator;
mod indicators;
mod prose;

use bytes::Bytes;
use jiff::Timestamp;
use serde_json::{Map, Value};

pub use generator::{Generator, Style};
pub use indicators::{KINDS, Planted};

/// One report, and the truth about it.
#[derive(Debug, Clone)]
pub struct Report {
    /// The field `id`, as text; empty if it is missing.
    pub id: String,
    /// The field `posted_at`; the epoch if it can't be read.
    pub posted_at: Timestamp,
    /// The field `updated_at`; `posted_at` if it can't be read.
    pub updated_at: Timestamp,
    /// The report's JSON, byte for byte as it is served.
    pub json: Bytes,
    /// The indicators that were planted; empty: it holds none that counts.
    pub planted: Vec<Planted>,
    /// The CSV data it links to, in the order of the links.
    pub csv: Vec<Csv>,
}

/// CSV data that a report links to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Csv {
    /// Path and query under the simulator's origin.
    pub target: String,
    /// The data.
    pub text: String,
}

impl Report {
    /// A report from its JSON, whatever its fields hold.
    #[must_use]
    pub fn new(json: &Value, planted: Vec<Planted>) -> Self {
        let time = |name: &str| json[name].as_str().and_then(|text| text.parse().ok());
        let posted_at = time("posted_at").unwrap_or(Timestamp::UNIX_EPOCH);
        Self {
            id: text(&json["id"]).unwrap_or_default(),
            posted_at,
            updated_at: time("updated_at").unwrap_or(posted_at),
            json: Bytes::from(json.to_string()),
            planted,
            csv: Vec::new(),
        }
    }

    /// The fields, in their order.
    #[must_use]
    pub fn fields(&self) -> Map<String, Value> {
        serde_json::from_slice(&self.json).unwrap_or_default()
    }

    /// The same report with other fields; what was planted and the CSV data stay.
    #[must_use]
    pub fn with_fields(&self, fields: Map<String, Value>) -> Self {
        let mut report = Self::new(&Value::Object(fields), self.planted.clone());
        report.csv.clone_from(&self.csv);
        report
    }
}

/// A time as Flashpoint writes it: milliseconds and an explicit offset.
#[must_use]
pub fn flashpoint_time(time: Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%S%.3f+00:00").to_string()
}

/// A field as text: a string that is not empty, or the JSON of what is no string.
pub(crate) fn text(field: &Value) -> Option<String> {
    match field {
        Value::Null => None,
        Value::String(text) => Some(text.clone()).filter(|text| !text.is_empty()),
        other => Some(other.to_string()),
    }
}
