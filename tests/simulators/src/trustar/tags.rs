//! Calls about a report's tags.

use hyper::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

use super::store::Operation;
use super::{Call, Station, TagPolicy};
use crate::message::Answer;

/// The longest tag, in characters.
const LONGEST: usize = 90;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Alteration {
    #[serde(default)]
    added_tags: Vec<Tag>,
    #[serde(default)]
    removed_tags: Vec<Tag>,
}

#[derive(Deserialize)]
struct Tag {
    name: String,
}

impl Station {
    /// `POST /reports/{id}/alter-tags`.
    pub(super) fn alter_tags(&mut self, call: &Call<'_>, id: &str) -> Result<Answer, Answer> {
        call.allow(&["idType"])?;
        let Ok(alteration) = serde_json::from_slice::<Alteration>(&call.request.body) else {
            return call.bad_request(
                "The body must be {\"addedTags\": [{\"name\": …}], \"removedTags\": […]}",
            );
        };
        for tag in &alteration.added_tags {
            self.check(call, &tag.name)?;
        }
        let place = self.find(call, id)?;
        self.may_update(call, place)?;
        self.store
            .change(place, Operation::AlterTags, call.now, |report| {
                for tag in &alteration.removed_tags {
                    let name = tag.name.to_lowercase();
                    report.tags.remove(&name);
                    report.analyst_tags.remove(&name);
                }
                report.tags.extend(
                    alteration
                        .added_tags
                        .iter()
                        .map(|tag| tag.name.to_lowercase()),
                );
            });
        let guid = self.store.get(place).map(|report| report.guid.as_str());
        Ok(Answer::json(StatusCode::OK, &json!({"id": guid})).with_effect())
    }

    /// `GET /reports/{id}/tags`.
    pub(super) fn tags(&mut self, call: &Call<'_>, id: &str) -> Result<Answer, Answer> {
        call.allow(&["idType"])?;
        let place = self.find(call, id)?;
        let Some(report) = self.store.get(place) else {
            return call.not_found();
        };
        let tags: Vec<Value> = report
            .tags
            .union(&report.analyst_tags)
            .map(|tag| json!({"guid": tag, "name": tag, "enclaveId": report.enclave_id}))
            .collect();
        Ok(Answer::json(StatusCode::OK, &tags))
    }

    fn check(&self, call: &Call<'_>, tag: &str) -> Result<(), Answer> {
        let length = tag.chars().count();
        if length == 0 || length > LONGEST {
            return call.bad_request(&format!("A tag must have 1 to {LONGEST} characters"));
        }
        let legal = |char: char| char.is_alphanumeric() || char == '-' || char == '_';
        if self.settings.tags == TagPolicy::Strict && !tag.chars().all(legal) {
            return call
                .bad_request("A tag may hold only letters, digits, hyphens and underscores");
        }
        Ok(())
    }
}
