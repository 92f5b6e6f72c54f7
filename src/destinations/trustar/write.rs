//! One delivery as TruSTAR takes it: the write of a report, then its tags.

use std::collections::HashSet;
use std::time::Duration;

use indexmap::IndexSet;

use super::mapping::{self, MAX_TAGS, Submission};
use super::{TRUSTAR, TrustarEnclave};
use crate::http::fault::Fault;
use crate::sync::destination::{Delivery, DeliveryError, Earlier, Receipt, Step};

/// How far apart the tags of a report are tried that was written just before.
const TAGS_AGAIN_IN: Duration = Duration::from_secs(2);

/// TruSTAR's id of a report; calls that follow a write go by it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Guid(pub String);

/// One write, with what the ledger knows of the report.
#[derive(Clone, Copy, Debug)]
pub struct Write<'a> {
    /// The report as it is to be.
    pub submission: &'a Submission,
    /// Whether no version of the report is in the enclave by the ledger, so that the write is taken to create it.
    pub is_new: bool,
    /// The GUID that an earlier write was answered with, where it asked to keep it.
    pub guid: Option<&'a Guid>,
}

/// What a write came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    /// TruSTAR's id of the report.
    pub guid: Guid,
    /// Whether the external id alone does not lead back to this report, so that the ledger has to keep `guid` for the
    /// next write of it.
    pub keep_guid: bool,
}

/// The tags to add to and to remove from one report, verbatim as Flashpoint wrote them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TagChange {
    /// Tags to set.
    pub added: Vec<String>,
    /// Tags to take away: set by an earlier write, no longer on the report.
    pub removed: Vec<String>,
    /// Tags that stay: never removed, even where they look alike in the form that TruSTAR stores.
    pub kept: Vec<String>,
}

/// Why a call did not do what it was made for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WriteError {
    /// The report just written can't be found yet (404 on what follows a write).
    #[error("{0}")]
    NotYet(String),
    #[error(transparent)]
    Failed(#[from] DeliveryError),
}

impl From<Fault> for WriteError {
    fn from(fault: Fault) -> Self {
        Self::Failed(fault.into())
    }
}

impl TrustarEnclave {
    /// Writes the report, or sets the tags of one that is written; at most one of both.
    pub(super) async fn take_step(&self, delivery: Delivery<'_>) -> Result<Step, DeliveryError> {
        let step = match delivery.accepted {
            None => self.write(delivery).await,
            Some(receipt) => self.tag(delivery, receipt).await,
        };
        match step {
            Ok(step) => Ok(step),
            Err(WriteError::NotYet(why)) => Ok(Step::Later {
                why,
                again_in: TAGS_AGAIN_IN,
            }),
            Err(WriteError::Failed(error)) => Err(error),
        }
    }

    async fn write(&self, delivery: Delivery<'_>) -> Result<Step, WriteError> {
        let earlier = &delivery.earlier;
        let submission = mapping::map(delivery.report, delivery.csv);
        let guid = earlier.handle.map(|handle| Guid(handle.to_owned()));
        let write = Write {
            submission: &submission,
            is_new: !earlier.held,
            guid: guid.as_ref(),
        };
        let Written { guid, keep_guid } = self.write_report(write).await?;
        let change = TagChange::between(earlier, &submission.tags);
        let receipt = |labels| Receipt {
            handle: guid.0,
            keep_handle: keep_guid,
            labels,
        };
        Ok(if change.is_empty() {
            Step::Done(receipt(submission.tags))
        } else {
            Step::More(receipt(may_be_set(earlier.labels, &submission.tags)))
        })
    }

    async fn tag(&self, delivery: Delivery<'_>, receipt: &Receipt) -> Result<Step, WriteError> {
        let tags = mapping::tags(delivery.report);
        let change = TagChange::between(&delivery.earlier, &tags);
        if !change.is_empty() {
            let guid = Guid(receipt.handle.clone());
            self.alter_tags(&guid, &change).await?;
        }
        Ok(Step::Done(Receipt {
            labels: tags,
            ..receipt.clone()
        }))
    }
}

impl TagChange {
    /// What turns the tags that are set into those that the report has now.
    pub(crate) fn between(earlier: &Earlier<'_>, now: &[String]) -> Self {
        let before = earlier.labels;
        // Until the last write and its tags succeeded, those remembered may or may not be set.
        let had: HashSet<&String> = before.iter().filter(|_| earlier.complete).collect();
        let has: HashSet<&String> = now.iter().collect();
        let those = |tags: &[String], which: &dyn Fn(&String) -> bool| {
            tags.iter().filter(|tag| which(tag)).cloned().collect()
        };
        Self {
            added: those(now, &|tag| !had.contains(tag)),
            removed: those(before, &|tag| !has.contains(tag)),
            kept: those(now, &|tag| had.contains(tag)),
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.added.is_empty() && self.removed.is_empty()
    }
}

/// The tags that may be set while a change from `before` to `now` is under way.
pub(crate) fn may_be_set(before: &[String], now: &[String]) -> Vec<String> {
    let tags: IndexSet<&String> = before.iter().chain(now).collect();
    // One edit after the other may fail: what is remembered has an end.
    tags.into_iter().take(2 * MAX_TAGS).cloned().collect()
}

/// TruSTAR's budget has so many seconds until it refills.
pub(super) fn budget_spent(ready_in: Duration) -> DeliveryError {
    DeliveryError::BudgetSpent {
        service: &TRUSTAR,
        ready_in,
    }
}
