//! Writing a report by upsert.

use jiff::Timestamp;
use reqwest::Method;
use serde::Serialize;

use super::TrustarEnclave;
use super::lookup::Found;
use super::write::{Guid, Write, WriteError, Written};
use crate::destinations::trustar::mapping::Submission;
use crate::http::Answer;
use crate::sync::destination::DeliveryError;

/// A report on the wire. Each write sends the whole: what is left out of an update is erased.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Report<'a> {
    title: &'a str,
    #[serde(rename = "reportBody")]
    body: &'a str,
    enclave_ids: [&'a str; 1],
    external_tracking_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    external_url: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    time_began: Option<String>,
    distribution_type: &'static str,
}

impl TrustarEnclave {
    /// Creates the report or replaces the one with its external id.
    pub(super) async fn upsert(&self, write: Write<'_>) -> Result<Written, WriteError> {
        let upsert = &self.shared.upsert;
        if upsert.lock().is_worth_a_try() {
            let report = self.report(write.submission);
            let answer = self
                .api(
                    "upsert_report",
                    Method::POST,
                    &["reports", "upsert"],
                    "idType=external&mode=OVERRIDE",
                    Some(&report),
                )
                .await?;
            match answer.status {
                404 | 405 => upsert.lock().unknown(),
                _ => upsert.lock().known(),
            }
            match answer.status {
                200..=299 => {
                    let guid = self.written(&answer, &write.submission.external_id).await?;
                    // The next write may meet a service that knows no upsert, again.
                    let keep_guid = write.guid.is_some();
                    return Ok(Written { guid, keep_guid });
                }
                // 409: the id is taken; a look tells by which report.
                404 | 405 | 409 => {}
                _ => return Err(self.refused(&answer).await.into()),
            }
        }
        self.look_then_write(write).await
    }

    /// The GUID that a write was answered with. What upsert answers is not documented: where it is
    /// nothing, the external id is looked up.
    pub(super) async fn written(
        &self,
        answer: &Answer,
        external_id: &str,
    ) -> Result<Guid, WriteError> {
        if let Some(guid) = guid(&answer.body) {
            return Ok(guid);
        }
        if !answer.body.trim_ascii().is_empty() {
            return Err(answer.unlike("a report's id").into());
        }
        match self.find(external_id).await? {
            Found::Here(guid) | Found::Unsaid(guid) => Ok(guid),
            // Of several reports that have the external id, it led to one: ours may be another.
            Found::Elsewhere { .. } | Found::Nowhere => Err(not_yet(answer)),
        }
    }

    pub(super) fn report<'a>(&'a self, submission: &'a Submission) -> Report<'a> {
        Report {
            title: &submission.title,
            body: &submission.body,
            enclave_ids: [&self.enclave],
            external_tracking_id: &submission.external_id,
            external_url: submission.deeplink.as_deref(),
            time_began: submission.time_began.map(with_offset),
            distribution_type: "ENCLAVE",
        }
    }

    /// What a status says about a call for one report that is no success. A 403 is the enclave's
    /// fault only if the enclave's rights say so: a gateway refuses single reports with it, too.
    pub(super) async fn refused(&self, answer: &Answer) -> DeliveryError {
        let (status, said) = (answer.status, answer.said());
        match status {
            403 => {
                if let Err(error) = self.check_enclave_anew().await {
                    return error;
                }
            }
            413 => {
                return DeliveryError::TooLarge(format!(
                    "TruSTAR finds the report too large (413): {said}"
                ));
            }
            _ => {}
        }
        DeliveryError::Rejected(format!("TruSTAR refused the report ({status}): {said}"))
    }
}

/// A 404 on what follows a write.
pub(super) fn not_yet(answer: &Answer) -> WriteError {
    WriteError::NotYet(format!(
        "TruSTAR does not show the report yet ({}): {}",
        answer.status,
        answer.said()
    ))
}

/// The id in a write's answer: bare, as a JSON string, or in an object.
fn guid(body: &[u8]) -> Option<Guid> {
    let text = std::str::from_utf8(body).ok()?.trim();
    let id = match serde_json::from_str(text) {
        Ok(serde_json::Value::String(id)) => id,
        Ok(serde_json::Value::Object(object)) => object
            .get("id")
            .or_else(|| object.get("guid"))?
            .as_str()?
            .to_owned(),
        _ => text.to_owned(),
    };
    as_guid(id)
}

/// An id of TruSTAR's own, if it can be one: short, of letters, digits, `-` and `_`.
pub(super) fn as_guid(id: String) -> Option<Guid> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    (matches!(id.len(), 1..=128) && id.bytes().all(plain)).then_some(Guid(id))
}

/// ISO 8601 in milliseconds with the zone as an offset: the form of TruSTAR's own SDK.
fn with_offset(time: Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%S%.3f+00:00").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_read_in_each_form() {
        let id = "8429ae71-ff8e-42c2-931e-7ab6ca4b4ca7";
        for body in [
            format!("{id}\n"),
            format!("\"{id}\""),
            format!("{{\"id\": \"{id}\"}}"),
        ] {
            assert_eq!(guid(body.as_bytes()), Some(Guid(id.to_owned())), "{body}");
        }
        assert_eq!(guid(b"12345"), Some(Guid("12345".to_owned())));
    }

    #[test]
    fn other_texts_are_no_id() {
        for body in [
            "",
            "\"\"",
            "{}",
            "[\"a\"]",
            "<p>ok</p>",
            "ok then",
            "{\"id\":\"../a\"}",
        ] {
            assert_eq!(guid(body.as_bytes()), None, "{body}");
        }
    }
}
