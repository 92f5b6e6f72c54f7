//! Writing a report where upsert is unknown: a look, then PUT or POST.

use reqwest::Method;

use super::TrustarEnclave;
use super::lookup::Found;
use super::reports::not_yet;
use super::write::{Guid, Write, WriteError, Written};
use crate::destinations::trustar::mapping::Submission;
use crate::http::Answer;
use crate::sync::destination::DeliveryError;

impl TrustarEnclave {
    /// One look and write at a time for each external id, so that none is created twice.
    pub(super) async fn look_then_write(&self, write: Write<'_>) -> Result<Written, WriteError> {
        let submission = write.submission;
        let _turn = self.account.writing(&submission.external_id).lock().await;
        if let Some(guid) = write.guid {
            let answer = self.put(guid, submission).await?;
            match answer.status {
                200..=299 => {
                    return Ok(Written {
                        guid: guid.clone(),
                        keep_guid: true,
                    });
                }
                404 if self.is_deleted(guid).await? => {}
                404 => return Err(not_yet(&answer)),
                _ => return Err(self.refused(&answer).await.into()),
            }
        }
        let guid = match self.find(&submission.external_id).await? {
            Found::Here(guid) => self.update(guid, submission).await?,
            found => self.create(found, submission).await?,
        };
        // With several enclaves the external id leads to the report that was written last, which
        // need not be ours the next time.
        let keep_guid = self.account.has_several_enclaves();
        Ok(Written { guid, keep_guid })
    }

    /// Whether there is no report of this GUID: a single 404 must not make a second one in the enclave.
    async fn is_deleted(&self, guid: &Guid) -> Result<bool, DeliveryError> {
        let answer = self.read_back(guid).await?;
        match answer.status {
            404 => Ok(true),
            200..=299 => Ok(false),
            _ => Err(self.refused(&answer).await),
        }
    }

    /// Creates the report; `found` is where its external id leads now.
    async fn create(&self, found: Found, submission: &Submission) -> Result<Guid, WriteError> {
        let id = &submission.external_id;
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
            200..=299 => {
                let written = self.written(&answer, id).await?;
                return match found {
                    Found::Elsewhere { guid, enclave } if guid == written => {
                        Err(self.strayed(id, &enclave).into())
                    }
                    _ => Ok(written),
                };
            }
            // What a duplicate is answered with is documented nowhere.
            400 | 409 => {}
            _ => return Err(self.refused(&answer).await.into()),
        }
        let found = match found {
            Found::Nowhere => self.find(id).await?,
            found => found,
        };
        match found {
            Found::Here(guid) => self.update(guid, submission).await,
            Found::Elsewhere { enclave, .. } => Err(DeliveryError::Impossible(format!(
                "TruSTAR has this external id in the enclave {enclave} and refused another report of it ({}): {}",
                answer.status,
                answer.said()
            ))
            .into()),
            Found::Unsaid(_) | Found::Nowhere => Err(self.refused(&answer).await.into()),
        }
    }

    async fn update(&self, guid: Guid, submission: &Submission) -> Result<Guid, WriteError> {
        let answer = self.put(&guid, submission).await?;
        match answer.status {
            200..=299 => Ok(guid),
            404 => Err(not_yet(&answer)),
            _ => Err(self.refused(&answer).await.into()),
        }
    }

    /// By the GUID, since an external id may lead to another enclave's report.
    async fn put(&self, guid: &Guid, submission: &Submission) -> Result<Answer, DeliveryError> {
        let report = self.report(submission);
        let path = ["reports", &guid.0];
        let query = "idType=internal";
        self.api("update_report", Method::PUT, &path, query, Some(&report))
            .await
    }
}
