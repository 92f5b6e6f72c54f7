//! One delivery: the envelopes of a report, and what of them is refused.

use std::collections::HashMap;
use std::time::Duration;

use tokio::time::Instant;

use super::TaxiiCollection;
use super::collection::Discovered;
use super::envelope::{limit, split, written};
use super::status::NotStored;
use crate::destinations::stix::{self, Object};
use crate::http::Answer;
use crate::http::fault::FaultKind;
use crate::sync::destination::{Delivery, DeliveryError, Receipt, Step};

/// So many envelopes of a report may be refused with none taken in between. A refused object is found by halving, so that one among a thousand takes
/// ten.
const MAX_REFUSALS: usize = 100;

/// The envelopes of a report are sent within this time, or the report is tried again: nothing else of the sync is asked
/// meanwhile, the lease neither.
const SENT_WITHIN: Duration = Duration::from_mins(1);

/// What is refused of a report.
#[derive(Default)]
struct Refused {
    /// How many objects.
    objects: usize,
    /// The first of them and what the server said of it.
    example: Option<(String, String)>,
    /// How many envelopes, since one was taken.
    envelopes: usize,
}

impl Refused {
    fn add(&mut self, object: &Object, why: String) {
        self.objects += 1;
        self.example.get_or_insert((object.id.clone(), why));
    }
}

impl TaxiiCollection {
    /// Sends a report and what it refers to, in as few envelopes as it takes. The report goes last.
    pub(super) async fn send_report(&self, delivery: Delivery<'_>) -> Result<Step, DeliveryError> {
        if let Some(receipt) = delivery.accepted {
            return Ok(Step::Done(receipt.clone()));
        }
        let discovered = self.discovered().await?;
        let mapped = stix::map(&delivery, self.tlp, &self.valid_for);
        let all = mapped.objects.iter().chain([&mapped.report]);
        let mut groups = split(all, limit(discovered.max_content_length));
        groups.reverse();
        let mut refused = Refused::default();
        let deadline = Instant::now() + SENT_WITHIN;
        while let Some(group) = groups.pop() {
            let answer = self.post(&group).await?;
            if !groups.is_empty() && Instant::now() >= deadline {
                let happened = format!(
                    "takes more than {} s for the envelopes of one report; it is sent again",
                    SENT_WITHIN.as_secs()
                );
                return Err(answer.fault(FaultKind::Unavailable, &happened).into());
            }
            if answer.succeeded()
                && self
                    .note_failures(&answer, &discovered, &group, &mapped.report, &mut refused)
                    .await?
            {
                refused.envelopes = 0;
                continue;
            }
            refused.envelopes += 1;
            match group.as_slice() {
                [one] if answer.succeeded() && self.holds(&discovered, one).await? => {}
                [one] if one.id == mapped.report.id => return Err(rejected(&answer)),
                [one] => refused.add(one, answer.said()),
                _ if refused.envelopes > MAX_REFUSALS => return Err(rejected(&answer)),
                _ => {
                    let (first, second) = group.split_at(group.len() / 2);
                    groups.extend([second.to_vec(), first.to_vec()]);
                }
            }
        }
        self.tell(&delivery, &mapped, &refused);
        Ok(Step::Done(Receipt {
            keep_handle: mapped.memory.handle.is_some(),
            handle: mapped.memory.handle.unwrap_or(mapped.report.id),
            labels: mapped.memory.labels,
        }))
    }

    /// Posts an envelope; an answer that is no success is about what is in it.
    async fn post(&self, group: &[&Object]) -> Result<Answer, DeliveryError> {
        let path = ["collections", &self.collection, "objects"];
        let answer = self
            .api("add_objects", &path, None, Some(written(group)))
            .await?;
        match answer.status {
            404 => Err(self.not_found(&answer)),
            // Not what is sent, but how: another version of TAXII, or none.
            405 | 406 | 415 => Err(answer.fault_of_status().into()),
            // A gateway's 403 may be about the one report.
            403 => match self.discovered_anew().await {
                Ok(_) => Ok(answer),
                Err(error) => Err(error),
            },
            _ => Ok(answer),
        }
    }

    /// Whether the server has this very version of an object.
    async fn holds(&self, discovered: &Discovered, object: &Object) -> Result<bool, DeliveryError> {
        let there = self.already_there(discovered, &[object]).await?;
        Ok(there.contains(&object.id))
    }

    /// Notes the objects of an accepted envelope that the server did not store. Says whether that is all: where others
    /// were not stored, the envelope is sent again in halves until it shows which.
    async fn note_failures(
        &self,
        answer: &Answer,
        discovered: &Discovered,
        group: &[&Object],
        report: &Object,
        refused: &mut Refused,
    ) -> Result<bool, DeliveryError> {
        let NotStored {
            named: failures,
            others,
        } = self.not_stored(answer).await?;
        if others {
            return Ok(false);
        }
        if failures.is_empty() {
            return Ok(true);
        }
        let by_id: HashMap<_, _> = group
            .iter()
            .map(|object| (object.id.as_str(), *object))
            .collect();
        let failed = failures
            .iter()
            .filter_map(|failure| by_id.get(failure.id.as_str()).copied());
        let failed: Vec<_> = failed.collect();
        let there = self.already_there(discovered, &failed).await?;
        for failure in &failures {
            let Some(object) = by_id.get(failure.id.as_str()) else {
                continue;
            };
            if there.contains(&object.id) {
                continue;
            }
            let why = answer.shown(failure.message.as_deref().unwrap_or("no reason given"));
            if object.id == report.id {
                return Err(DeliveryError::Rejected(format!(
                    "TAXII refused the report: {why}"
                )));
            }
            refused.add(object, why);
        }
        Ok(true)
    }

    /// Says what of a delivered report is missing.
    fn tell(&self, delivery: &Delivery<'_>, mapped: &stix::Mapped, refused: &Refused) {
        let (id, why) = refused.example.clone().unwrap_or_default();
        if refused.objects > 0 || mapped.left_out > 0 {
            tracing::warn!(
                server = self.server,
                report = %delivery.report.id,
                refused = refused.objects,
                left_out = mapped.left_out,
                example = id,
                why,
                "a report was delivered without some of its objects"
            );
        }
    }
}

fn rejected(answer: &Answer) -> DeliveryError {
    let (status, said) = (answer.status, answer.said());
    DeliveryError::Rejected(format!("TAXII refused the report ({status}): {said}"))
}
