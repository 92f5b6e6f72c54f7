//! Calls that read reports: details, status, the listing and the search.

use std::cmp::Reverse;

use hyper::StatusCode;
use serde_json::{Value, json};

use super::store::StoredReport;
use super::{Call, Settling, Station};
use crate::message::Answer;

/// Reports a page of the listing.
const PAGE: usize = 25;
const DAY_MS: i64 = 86_400_000;

impl Station {
    /// `GET /reports/{id}`.
    pub(super) fn details(&mut self, call: &Call<'_>, id: &str) -> Result<Answer, Answer> {
        call.allow(&["idType", "includeNotes"])?;
        let place = self.find(call, id)?;
        let Some(report) = self.store.get(place) else {
            return call.not_found();
        };
        if !self.may_read(report) {
            return call.refuse(
                StatusCode::FORBIDDEN,
                "You may not read reports in this enclave",
            );
        }
        Ok(Answer::json(StatusCode::OK, &details(report, true)))
    }

    /// `GET /reports/{guid}/status`, which knows a report from the moment of its submission.
    pub(super) fn status(&mut self, call: &Call<'_>, id: &str) -> Result<Answer, Answer> {
        call.allow(&[])?;
        let Some(place) = self.store.by_guid(id) else {
            return call.not_found();
        };
        let settled = match self.settings.settling {
            // Asking for the status is no call about the report that would bring it nearer.
            Settling::Calls(calls) => self
                .store
                .get(place)
                .is_some_and(|report| report.asked >= calls),
            settling => self.store.settled(place, settling, call.now),
        };
        let status = if settled {
            "SUBMISSION_SUCCESS"
        } else {
            "SUBMISSION_PROCESSING"
        };
        Ok(Answer::json(
            StatusCode::OK,
            &json!({"id": id, "status": status, "errorMessage": ""}),
        ))
    }

    /// `GET /reports`: newest change first, 25 a page, walked by `to`.
    pub(super) fn list(&mut self, call: &Call<'_>) -> Result<Answer, Answer> {
        call.allow(&[
            "from",
            "to",
            "enclaveIds",
            "tags",
            "excludedTags",
            "distributionType",
        ])?;
        let to = call.millis("to")?.unwrap_or(call.now.as_millisecond());
        // A longer window is cut to the two weeks before its end.
        let from = call
            .millis("from")?
            .unwrap_or(to - DAY_MS)
            .max(to - 14 * DAY_MS);
        let mut found = self.selected(call);
        found.retain(|report| (from..=to).contains(&report.updated.as_millisecond()));
        if call.parameter("distributionType") == Some("COMMUNITY") {
            found.clear();
        }
        let items: Vec<Value> = found
            .iter()
            .take(PAGE)
            .map(|report| details(report, true))
            .collect();
        let page = json!({
            "items": items,
            "pageSize": PAGE,
            "hasNext": found.len() > PAGE,
        });
        Ok(Answer::json(StatusCode::OK, &page))
    }

    /// `POST /reports/search`: bodies are left out.
    pub(super) fn search(&mut self, call: &Call<'_>) -> Result<Answer, Answer> {
        call.allow(&[
            "enclaveIds",
            "from",
            "to",
            "tags",
            "excludedTags",
            "pageSize",
            "pageNumber",
        ])?;
        let body: Value = serde_json::from_slice(&call.request.body).unwrap_or_default();
        let term = body["searchTerm"]
            .as_str()
            .unwrap_or_default()
            .to_lowercase();
        if (1..3).contains(&term.chars().count()) {
            return call.bad_request("searchTerm must have at least 3 characters");
        }
        let number = |name: &str, default: i64| Ok(call.millis(name)?.unwrap_or(default));
        let size = usize::try_from(number("pageSize", 25)?).unwrap_or(0);
        let number = usize::try_from(number("pageNumber", 0)?).unwrap_or(usize::MAX);
        if !(1..=100).contains(&size) {
            return call.bad_request("pageSize must be from 1 to 100");
        }
        let mut found = self.selected(call);
        found.retain(|report| {
            report.title.to_lowercase().contains(&term)
                || report.body.to_lowercase().contains(&term)
        });
        let start = number.saturating_mul(size).min(found.len());
        let end = start.saturating_add(size).min(found.len());
        let items: Vec<Value> = found[start..end]
            .iter()
            .map(|report| details(report, false))
            .collect();
        let page = json!({
            "items": items,
            "pageNumber": number,
            "pageSize": size,
            "totalElements": found.len(),
            "hasNext": end < found.len(),
        });
        Ok(Answer::json(StatusCode::OK, &page))
    }

    /// The readable reports that the call's enclaves and tags select, the last changed first.
    fn selected(&self, call: &Call<'_>) -> Vec<&StoredReport> {
        let enclaves = call.list("enclaveIds");
        let has = |report: &StoredReport, tag: &str| {
            let tag = tag.to_lowercase();
            report.tags.contains(&tag) || report.analyst_tags.contains(&tag)
        };
        let (wanted, unwanted) = (call.list("tags"), call.list("excludedTags"));
        let mut found: Vec<&StoredReport> = self
            .store
            .all()
            .filter(|report| enclaves.is_empty() || enclaves.contains(&report.enclave_id.as_str()))
            .filter(|report| self.may_read(report))
            .filter(|report| wanted.iter().all(|tag| has(report, tag)))
            .filter(|report| !unwanted.iter().any(|tag| has(report, tag)))
            .collect();
        found.sort_by_key(|report| Reverse(report.updated));
        found
    }

    fn may_read(&self, report: &StoredReport) -> bool {
        self.enclave(&report.enclave_id)
            .is_some_and(|enclave| enclave.read)
    }
}

impl Call<'_> {
    fn millis(&self, name: &str) -> Result<Option<i64>, Answer> {
        match self.parameter(name).map(str::parse) {
            None => Ok(None),
            Some(Ok(number)) => Ok(Some(number)),
            Some(Err(_)) => self.bad_request(&format!("{name} must be a whole number")),
        }
    }
}

/// A report as it is read back: the external id has another name than when it was written, times are milliseconds.
fn details(report: &StoredReport, with_body: bool) -> Value {
    json!({
        "id": report.guid,
        "externalId": report.external_id,
        "title": report.title,
        "reportBody": with_body.then_some(report.body.as_str()),
        "timeBegan": report.time_began.as_millisecond(),
        "created": report.created.as_millisecond(),
        "updated": report.updated.as_millisecond(),
        "enclaveIds": [report.enclave_id],
        "distributionType": "ENCLAVE",
        "externalUrl": report.external_url,
        "sector": null,
        "notes": [],
    })
}
