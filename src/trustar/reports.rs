//! Writing a report: by upsert, or by looking first where upsert is unknown.

use std::sync::atomic::Ordering;

use jiff::Timestamp;
use reqwest::Method;
use serde::{Deserialize, Serialize};

use super::{TrustarSink, fault};
use crate::fault::FaultKind;
use crate::http::{Answer, shown};
use crate::mapping::Submission;
use crate::sync::sink::{Guid, WriteError};

/// A report on the wire. Each write sends the whole: what is left out of an update is erased.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Report<'a> {
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

/// A report as it is read back; the rest of it does not matter here.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Stored {
    #[serde(alias = "guid")]
    id: String,
    #[serde(default)]
    enclave_ids: Option<Vec<String>>,
}

/// Where an external id leads.
enum Found {
    Here(Guid),
    Elsewhere(String),
    Nowhere,
}

impl TrustarSink {
    /// Creates the report or replaces the one with its external id.
    pub(super) async fn upsert(&self, submission: &Submission) -> Result<Guid, WriteError> {
        let no_upsert = &self.shared.no_upsert;
        if !no_upsert.load(Ordering::Relaxed) {
            let report = self.report(submission);
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
                200..=299 => return self.written(&answer, &submission.external_id).await,
                404 | 405 => no_upsert.store(true, Ordering::Relaxed),
                // The id is taken: a look tells by which report.
                409 => {}
                _ => return Err(self.refused(&answer)),
            }
        }
        self.look_then_write(submission).await
    }

    /// One look and write at a time for each external id, so that none is created twice.
    async fn look_then_write(&self, submission: &Submission) -> Result<Guid, WriteError> {
        let id = &submission.external_id;
        let _turn = self.account.writing(id).lock().await;
        let mut found = self.find("external", id).await?;
        if let Found::Here(guid) = found {
            return self.update(guid, submission).await;
        }
        let report = self.report(submission);
        let answer = self
            .api(
                "submit_report",
                Method::POST,
                &["reports"],
                "",
                Some(&report),
            )
            .await?;
        match answer.status {
            200..=299 => return self.written(&answer, id).await,
            // What a duplicate is answered with is documented nowhere.
            400 | 409 => {}
            _ => return Err(self.refused(&answer)),
        }
        if matches!(found, Found::Nowhere) {
            found = self.find("external", id).await?;
        }
        match found {
            Found::Here(guid) => self.update(guid, submission).await,
            Found::Elsewhere(enclave) => Err(WriteError::InOtherEnclave(format!(
                "TruSTAR has this external id in the enclave {enclave} and refused another report of it ({}): {}",
                answer.status,
                answer.said()
            ))),
            Found::Nowhere => Err(self.refused(&answer)),
        }
    }

    async fn update(&self, guid: Guid, submission: &Submission) -> Result<Guid, WriteError> {
        // By the GUID, since an external id may lead to another enclave's report.
        let report = self.report(submission);
        let answer = self
            .api(
                "update_report",
                Method::PUT,
                &["reports", &guid.0],
                "idType=internal",
                Some(&report),
            )
            .await?;
        match answer.status {
            200..=299 => Ok(guid),
            404 => Err(not_yet(&answer)),
            _ => Err(self.refused(&answer)),
        }
    }

    /// The GUID that a write was answered with. What upsert answers is not documented: where it is
    /// nothing, the external id is looked up.
    async fn written(&self, answer: &Answer, external_id: &str) -> Result<Guid, WriteError> {
        if let Some(guid) = guid(&answer.body) {
            return Ok(guid);
        }
        if !answer.body.trim_ascii().is_empty() {
            return Err(answer.unlike("a report's id").into());
        }
        match self.find("external", external_id).await? {
            Found::Here(guid) => Ok(guid),
            Found::Elsewhere(enclave) => Err(self.strayed(external_id, &enclave)),
            Found::Nowhere => Err(not_yet(answer)),
        }
    }

    /// Where an id leads, `external` or TruSTAR's own (`internal`).
    async fn find(&self, id_type: &str, id: &str) -> Result<Found, WriteError> {
        if matches!(id, "" | "." | "..") {
            let reason =
                format!("the id {id:?} can't be looked up: it can't be part of an address");
            return Err(WriteError::Refused(reason));
        }
        let query = format!("idType={id_type}");
        let answer = self
            .api(
                "get_report",
                Method::GET,
                &["reports", id],
                &query,
                None::<&()>,
            )
            .await?;
        match answer.status {
            200..=299 => {}
            404 => return Ok(Found::Nowhere),
            _ => return Err(self.refused(&answer)),
        }
        let stored: Stored =
            serde_json::from_slice(&answer.body).map_err(|_| answer.unlike("a report"))?;
        let enclaves = stored.enclave_ids.unwrap_or_default();
        if enclaves.iter().any(|enclave| self.is_ours(enclave)) {
            return Ok(Found::Here(Guid(stored.id)));
        }
        Ok(Found::Elsewhere(answer.shown(&enclaves.join(", "))))
    }

    /// Reads the report back by its GUID where its external id may have led to another enclave of
    /// the same credential.
    pub(super) async fn see_arrived(&self, guid: &Guid, id: &str) -> Result<(), WriteError> {
        if self.account.in_question(&self.enclave) {
            match self.find("internal", &guid.0).await? {
                Found::Here(_) => self.account.arrived(&self.enclave),
                Found::Elsewhere(enclave) => return Err(self.strayed(id, &enclave)),
                // Not shown yet, which leaves the question open for the next write.
                Found::Nowhere => {}
            }
        }
        Ok(())
    }

    fn strayed(&self, external_id: &str, enclave: &str) -> WriteError {
        let message = format!(
            "the report {} went to the TruSTAR enclave {enclave}, not to {}: TruSTAR keeps one report \
             for an external id; send to one enclave only, or use another company's credential",
            shown(external_id, &[]),
            self.enclave
        );
        fault(FaultKind::ExternalIdConflict, message)
    }

    fn report<'a>(&'a self, submission: &'a Submission) -> Report<'a> {
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

    /// What a status says about a write that is no success.
    pub(super) fn refused(&self, answer: &Answer) -> WriteError {
        let (status, said) = (answer.status, answer.said());
        match status {
            403 => {
                self.account.enclaves.forget();
                let happened = format!(
                    "refused a report in the enclave {} (403): {said}; give the credential the \
                     rights to create and update there",
                    self.enclave
                );
                answer
                    .fault(FaultKind::EnclaveNotWritable, &happened)
                    .into()
            }
            413 => {
                WriteError::TooLarge(format!("TruSTAR finds the report too large (413): {said}"))
            }
            400 | 409 | 422 => {
                WriteError::Refused(format!("TruSTAR refused the report ({status}): {said}"))
            }
            _ => answer.fault_of_status().into(),
        }
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
