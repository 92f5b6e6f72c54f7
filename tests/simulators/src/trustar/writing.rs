//! Calls that write reports: submit, upsert, update, delete.

use std::collections::BTreeSet;

use hyper::StatusCode;
use serde_json::json;

use super::body::Submission;
use super::store::{Operation, StoredReport, guid};
use super::{Call, Duplicates, Enclave, Scope, Station, Upsert};
use crate::message::Answer;

impl Station {
    /// `POST /reports`.
    pub(super) fn submit(&mut self, call: &Call<'_>) -> Result<Answer, Answer> {
        call.allow(&[])?;
        let submission = Submission::parse(call, &self.settings)?;
        if submission.external_id.is_some() && self.known(&submission).is_some() {
            let message = "A report with this externalTrackingId exists";
            match self.settings.duplicates {
                Duplicates::Conflict => return call.refuse(StatusCode::CONFLICT, message),
                Duplicates::BadRequest => return call.bad_request(message),
                Duplicates::Accepted => {}
            }
        }
        let guid = self.create(call, submission)?;
        Ok(Answer::text(StatusCode::OK, guid).with_effect())
    }

    /// `POST /reports/upsert`.
    pub(super) fn upsert(&mut self, call: &Call<'_>) -> Result<Answer, Answer> {
        match self.settings.upsert {
            Upsert::Missing => return call.refuse(StatusCode::NOT_FOUND, "No such resource"),
            Upsert::NotAllowed => {
                return call.refuse(
                    StatusCode::METHOD_NOT_ALLOWED,
                    "Request method not supported",
                );
            }
            Upsert::Bare | Upsert::Quoted | Upsert::Object => {}
        }
        call.allow(&["idType", "mode"])?;
        let append = match call.parameter("mode") {
            None | Some("OVERRIDE") => false,
            Some("APPEND") => true,
            Some(_) => return call.bad_request("mode must be OVERRIDE or APPEND"),
        };
        let mut submission = Submission::parse(call, &self.settings)?;
        let place = if call.by_external_id()? {
            if submission.external_id.is_none() {
                return call
                    .bad_request("externalTrackingId must not be empty where idType is external");
            }
            self.known(&submission)
        } else {
            let place = submission
                .guid
                .as_deref()
                .and_then(|guid| self.store.by_guid(guid));
            if place.is_none() && submission.guid.is_some() {
                return call.not_found();
            }
            place
        };
        let guid = if let Some(place) = place {
            if append && let Some(before) = self.store.get(place) {
                submission.body.insert_str(0, &before.body);
            }
            // An id that is unique within the company names a report where it is, and leaves it there.
            let stays = self.settings.scope == Scope::Company;
            self.overwrite(call, place, submission, stays)?
        } else {
            self.create(call, submission)?
        };
        let answer = match self.settings.upsert {
            Upsert::Quoted => Answer::json(StatusCode::OK, &guid),
            Upsert::Object => Answer::json(StatusCode::OK, &json!({"id": guid})),
            _ => Answer::text(StatusCode::OK, guid),
        };
        Ok(answer.with_effect())
    }

    /// `PUT /reports/{id}`: the whole report anew, its enclave included.
    pub(super) fn update(&mut self, call: &Call<'_>, id: &str) -> Result<Answer, Answer> {
        call.allow(&["idType"])?;
        let submission = Submission::parse(call, &self.settings)?;
        let place = self.find(call, id)?;
        if submission.external_id.is_some()
            && self.known(&submission).is_some_and(|other| other != place)
        {
            return call.refuse(
                StatusCode::CONFLICT,
                "Another report has this externalTrackingId",
            );
        }
        self.overwrite(call, place, submission, false)?;
        Ok(Answer::empty(StatusCode::OK).with_effect())
    }

    /// `DELETE /reports/{id}`.
    pub(super) fn delete(&mut self, call: &Call<'_>, id: &str) -> Result<Answer, Answer> {
        call.allow(&["idType"])?;
        let place = self.find(call, id)?;
        self.may_update(call, place)?;
        self.store.delete(place, call.now);
        Ok(Answer::empty(StatusCode::OK).with_effect())
    }

    /// The report with the submission's external id where such ids are unique.
    fn known(&self, submission: &Submission) -> Option<usize> {
        let id = submission.external_id.as_deref()?;
        self.store
            .within(id, &submission.enclave.id, self.settings.scope)
    }

    /// The report that a call's path names, if it has settled.
    pub(super) fn find(&mut self, call: &Call<'_>, id: &str) -> Result<usize, Answer> {
        let found = if call.by_external_id()? {
            self.store.newest(id)
        } else {
            self.store.by_guid(id)
        };
        match found {
            Some(place) if self.store.settled(place, self.settings.settling, call.now) => Ok(place),
            _ => call.not_found(),
        }
    }

    /// Refuses changes to a report whose enclave does not grant them.
    pub(super) fn may_update(&self, call: &Call<'_>, place: usize) -> Result<(), Answer> {
        let enclave = self
            .store
            .get(place)
            .and_then(|report| self.enclave(&report.enclave_id));
        if enclave.is_some_and(|enclave| enclave.update) {
            return Ok(());
        }
        call.refuse(
            StatusCode::FORBIDDEN,
            "You may not update reports in this enclave",
        )
    }

    pub(super) fn enclave(&self, id: &str) -> Option<&Enclave> {
        self.settings
            .enclaves
            .iter()
            .find(|enclave| enclave.id == id)
    }

    fn create(&mut self, call: &Call<'_>, submission: Submission) -> Result<String, Answer> {
        if !submission.enclave.create {
            return call.refuse(
                StatusCode::FORBIDDEN,
                "You may not submit reports to this enclave",
            );
        }
        let guid = guid();
        self.store.create(StoredReport {
            guid: guid.clone(),
            external_id: submission.external_id,
            enclave_id: submission.enclave.id,
            title: submission.title,
            body: submission.body,
            external_url: submission.external_url,
            time_began: submission.time_began.unwrap_or(call.now),
            tags: BTreeSet::new(),
            analyst_tags: BTreeSet::new(),
            created: call.now,
            updated: call.now,
            asked: 0,
        });
        Ok(guid)
    }

    fn overwrite(
        &mut self,
        call: &Call<'_>,
        place: usize,
        submission: Submission,
        stays: bool,
    ) -> Result<String, Answer> {
        self.may_update(call, place)?;
        if !stays && !submission.enclave.update {
            return call.refuse(
                StatusCode::FORBIDDEN,
                "You may not update reports in this enclave",
            );
        }
        self.store
            .change(place, Operation::Update, call.now, |report| {
                report.title = submission.title;
                report.body = submission.body;
                report.external_id = submission.external_id;
                report.external_url = submission.external_url;
                report.time_began = submission.time_began.unwrap_or(call.now);
                if !stays {
                    report.enclave_id = submission.enclave.id;
                }
            });
        let guid = self.store.get(place).map(|report| report.guid.clone());
        Ok(guid.unwrap_or_default())
    }
}
