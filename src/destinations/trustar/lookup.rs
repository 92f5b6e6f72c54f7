//! Where an id leads.

use reqwest::Method;
use serde::Deserialize;

use super::TrustarEnclave;
use super::reports::as_guid;
use super::write::Guid;
use crate::http::Answer;
use crate::http::fault::Fault;
use crate::sync::destination::DeliveryError;

/// A report as it is read back; the rest of it does not matter here.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Stored {
    #[serde(alias = "guid")]
    id: String,
    #[serde(default)]
    enclave_ids: Option<Vec<String>>,
}

/// Where an id leads.
pub(super) enum Found {
    /// To a report of our enclave.
    Here(Guid),
    /// To one of another enclave.
    Elsewhere {
        guid: Guid,
        /// Its enclave, safe to show.
        enclave: String,
    },
    /// To one of an enclave that the answer does not name.
    Unsaid(Guid),
    Nowhere,
}

impl TrustarEnclave {
    /// Where an external id leads; of several reports that have it, in several enclaves, to one.
    pub(super) async fn find(&self, external_id: &str) -> Result<Found, DeliveryError> {
        let answer = self.read(external_id, "idType=external").await?;
        match answer.status {
            200..=299 => Ok(self.located(&answer)?),
            404 => Ok(Found::Nowhere),
            _ => Err(self.refused(&answer).await),
        }
    }

    /// Reads the report back that a GUID leads to.
    pub(super) async fn read_back(&self, guid: &Guid) -> Result<Answer, DeliveryError> {
        self.read(&guid.0, "idType=internal").await
    }

    async fn read(&self, id: &str, id_type: &str) -> Result<Answer, DeliveryError> {
        let path = ["reports", id];
        self.api("get_report", Method::GET, &path, id_type, None::<&()>)
            .await
    }

    /// Where the report is that was read back.
    pub(super) fn located(&self, answer: &Answer) -> Result<Found, Fault> {
        let stored = serde_json::from_slice(&answer.body).ok();
        let (guid, enclaves) = stored
            .and_then(|Stored { id, enclave_ids }| Some((as_guid(id)?, enclave_ids)))
            .ok_or_else(|| answer.unlike("a report"))?;
        let enclaves = enclaves.unwrap_or_default();
        if enclaves.iter().any(|enclave| self.is_ours(enclave)) {
            return Ok(Found::Here(guid));
        }
        if enclaves.is_empty() {
            return Ok(Found::Unsaid(guid));
        }
        let enclave = answer.shown(&enclaves.join(", "));
        Ok(Found::Elsewhere { guid, enclave })
    }
}
