//! A submitted report, parsed strictly.

use std::collections::HashSet;

use hyper::StatusCode;
use jiff::Timestamp;
use serde_json::{Map, Value};

use super::{Call, Enclave, Settings};
use crate::message::Answer;

/// The fields that a submission may have; all others are refused, `incidentReport` of API 1.2 among them.
const FIELDS: [&str; 12] = [
    "title",
    "reportBody",
    "enclaveIds",
    "externalTrackingId",
    "externalUrl",
    "timeBegan",
    "distributionType",
    "guid",
    "id",
    "created",
    "updated",
    "sector",
];

/// A well-formed submission to an enclave that exists.
pub(super) struct Submission {
    pub title: String,
    pub body: String,
    pub enclave: Enclave,
    pub external_id: Option<String>,
    pub external_url: Option<String>,
    pub time_began: Option<Timestamp>,
    pub guid: Option<String>,
}

impl Submission {
    pub fn parse(call: &Call<'_>, settings: &Settings) -> Result<Self, Answer> {
        if call.request.body.len() > settings.max_body_bytes {
            return call.too_large();
        }
        let Ok(fields) = serde_json::from_slice::<Map<String, Value>>(&call.request.body) else {
            return call.bad_request("The body is no JSON object");
        };
        if let Some(name) = fields.keys().find(|name| !FIELDS.contains(&name.as_str())) {
            return call.bad_request(&format!("Unrecognized field {name}"));
        }
        if let Some(kind) = fields.get("distributionType")
            && !kind.is_null()
            && kind != "ENCLAVE"
            && kind != "COMMUNITY"
        {
            return call.bad_request("distributionType must be ENCLAVE or COMMUNITY");
        }
        let title = call.text(&fields, "title", usize::MAX)?;
        let body = call.text(&fields, "reportBody", usize::MAX)?;
        let (Some(title), Some(body)) = (title, body) else {
            return call.bad_request("title and reportBody must not be empty");
        };
        if indicators(&body) > settings.max_indicators {
            return call.too_large();
        }
        Ok(Self {
            enclave: call.enclave(&fields, &settings.enclaves)?,
            external_id: call.text(&fields, "externalTrackingId", 500)?,
            external_url: call.text(&fields, "externalUrl", 500)?,
            time_began: call.time_began(&fields)?,
            guid: call.text(&fields, "guid", usize::MAX)?,
            title,
            body,
        })
    }
}

impl Call<'_> {
    fn too_large<T>(&self) -> Result<T, Answer> {
        let message = "The report contains more than the allowed number of indicators, or the file size is too large";
        self.refuse(StatusCode::PAYLOAD_TOO_LARGE, message)
    }

    /// A text field of at most so many characters; absent, null and empty are none.
    fn text(
        &self,
        fields: &Map<String, Value>,
        name: &str,
        longest: usize,
    ) -> Result<Option<String>, Answer> {
        match fields.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) if text.is_empty() => Ok(None),
            Some(Value::String(text)) if text.chars().count() <= longest => Ok(Some(text.clone())),
            Some(Value::String(_)) => {
                self.bad_request(&format!("{name} is longer than {longest} characters"))
            }
            Some(_) => self.bad_request(&format!("{name} must be a string")),
        }
    }

    fn enclave(&self, fields: &Map<String, Value>, known: &[Enclave]) -> Result<Enclave, Answer> {
        let ids = fields.get("enclaveIds").and_then(Value::as_array);
        let Some([Value::String(id)]) = ids.map(Vec::as_slice) else {
            return self.bad_request("enclaveIds must hold exactly one id");
        };
        match known.iter().find(|enclave| enclave.id == *id) {
            Some(enclave) => Ok(enclave.clone()),
            None => self.refuse(
                StatusCode::FORBIDDEN,
                "You do not have access to this enclave",
            ),
        }
    }

    /// ISO 8601 with a zone, or whole milliseconds since the epoch.
    fn time_began(&self, fields: &Map<String, Value>) -> Result<Option<Timestamp>, Answer> {
        let time = match fields.get("timeBegan") {
            None | Some(Value::Null) => return Ok(None),
            Some(Value::String(text)) if !text.contains(['[', ' ']) => text.parse().ok(),
            Some(value) => value
                .as_i64()
                .and_then(|millis| Timestamp::from_millisecond(millis).ok()),
        };
        match time {
            Some(time) => Ok(Some(time)),
            None => {
                self.bad_request("timeBegan must be ISO 8601 with a time zone, or milliseconds")
            }
        }
    }
}

/// About how many different indicators a text holds: addresses, hashes, links and CVEs.
fn indicators(text: &str) -> usize {
    let outside = |char: char| !char.is_ascii_alphanumeric() && !"./:-_".contains(char);
    let tokens = text
        .split(outside)
        .map(|token| token.trim_end_matches(['.', ':']));
    tokens
        .filter(|token| is_indicator(token))
        .collect::<HashSet<_>>()
        .len()
}

fn is_indicator(token: &str) -> bool {
    let hash =
        matches!(token.len(), 32 | 40 | 64) && token.bytes().all(|byte| byte.is_ascii_hexdigit());
    let link = token.starts_with("http://") || token.starts_with("https://");
    hash || link || token.starts_with("CVE-") || token.parse::<std::net::Ipv4Addr>().is_ok()
}
