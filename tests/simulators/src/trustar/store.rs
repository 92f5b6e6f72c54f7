//! What the enclaves hold, found by GUID and by external id, and the history of writes.

use std::collections::{BTreeSet, HashMap};

use jiff::Timestamp;
use serde::Serialize;

use super::{Scope, Settling};

/// A report in an enclave.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct StoredReport {
    /// TruSTAR's own id.
    pub guid: String,
    /// The client's id (`externalTrackingId` when written).
    pub external_id: Option<String>,
    /// The one enclave it is in.
    pub enclave_id: String,
    /// The title.
    pub title: String,
    /// The body, exactly as submitted.
    pub body: String,
    /// The deeplink.
    pub external_url: Option<String>,
    /// When it began: as submitted, or else the time of the submission.
    pub time_began: Timestamp,
    /// The tags set through the API, in lower case.
    pub tags: BTreeSet<String>,
    /// Tags set by hand, see [`super::Trustar::tag_by_hand`].
    pub analyst_tags: BTreeSet<String>,
    /// When it was first submitted.
    pub created: Timestamp,
    /// When it was last written.
    pub updated: Timestamp,
    /// Calls about it while it was settling.
    #[serde(skip)]
    pub(super) asked: u32,
}

/// A kind of write.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Operation {
    /// A new report.
    Create,
    /// A known report's title, body and the like.
    Update,
    /// Its tags.
    AlterTags,
    /// Its end.
    Delete,
}

/// A write that had an effect.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Write {
    /// When, by the simulator's clock.
    pub at: Timestamp,
    /// What was done.
    pub operation: Operation,
    /// To which report.
    pub guid: String,
    /// Its external id after the write.
    pub external_id: Option<String>,
    /// Its enclave after the write.
    pub enclave_id: String,
}

#[derive(Debug, Default)]
pub(super) struct Store {
    /// In order of creation; a deleted report leaves its place empty.
    reports: Vec<Option<StoredReport>>,
    by_guid: HashMap<String, usize>,
    by_external_id: HashMap<String, Vec<usize>>,
    writes: Vec<Write>,
}

impl Store {
    pub fn all(&self) -> impl DoubleEndedIterator<Item = &StoredReport> {
        self.reports.iter().flatten()
    }

    pub fn writes(&self) -> &[Write] {
        &self.writes
    }

    pub fn get(&self, place: usize) -> Option<&StoredReport> {
        self.reports.get(place)?.as_ref()
    }

    pub fn by_guid(&self, guid: &str) -> Option<usize> {
        self.by_guid.get(guid).copied()
    }

    /// The newest report of this external id, whatever its enclave: lookups carry no enclave.
    pub fn newest(&self, external_id: &str) -> Option<usize> {
        self.by_external_id.get(external_id)?.last().copied()
    }

    /// The report that an external id names in an enclave, or in the company.
    pub fn within(&self, external_id: &str, enclave_id: &str, scope: Scope) -> Option<usize> {
        let places = self.by_external_id.get(external_id)?;
        let inside = |place: &&usize| {
            scope == Scope::Company
                || self
                    .get(**place)
                    .is_some_and(|report| report.enclave_id == enclave_id)
        };
        places.iter().rev().find(inside).copied()
    }

    pub fn create(&mut self, report: StoredReport) {
        let place = self.reports.len();
        self.by_guid.insert(report.guid.clone(), place);
        self.index(place, report.external_id.as_deref());
        self.note(Operation::Create, &report);
        self.reports.push(Some(report));
    }

    /// Changes a report; its index entries follow.
    pub fn change(
        &mut self,
        place: usize,
        operation: Operation,
        now: Timestamp,
        change: impl FnOnce(&mut StoredReport),
    ) {
        let Some(mut report) = self.reports.get_mut(place).and_then(Option::take) else {
            return;
        };
        let before = report.external_id.clone();
        change(&mut report);
        report.updated = now;
        if before != report.external_id {
            self.unindex(place, before.as_deref());
            self.index(place, report.external_id.as_deref());
        }
        self.note(operation, &report);
        self.reports[place] = Some(report);
    }

    pub fn delete(&mut self, place: usize, now: Timestamp) {
        let Some(mut report) = self.reports.get_mut(place).and_then(Option::take) else {
            return;
        };
        report.updated = now;
        self.by_guid.remove(&report.guid);
        self.unindex(place, report.external_id.as_deref());
        self.note(Operation::Delete, &report);
    }

    /// Whether a report can be found yet by calls about it; such a call counts.
    pub fn settled(&mut self, place: usize, settling: Settling, now: Timestamp) -> bool {
        let Some(report) = self.reports.get_mut(place).and_then(Option::as_mut) else {
            return false;
        };
        match settling {
            Settling::None => true,
            Settling::For(time) => report.created.duration_until(now).unsigned_abs() >= time,
            Settling::Calls(calls) => {
                report.asked = report.asked.saturating_add(1);
                report.asked > calls
            }
        }
    }

    pub fn tag_by_hand(&mut self, guid: &str, tag: &str) -> bool {
        let place = self.by_guid(guid);
        let report = place.and_then(|place| self.reports[place].as_mut());
        report
            .map(|report| report.analyst_tags.insert(tag.to_lowercase()))
            .is_some()
    }

    fn index(&mut self, place: usize, external_id: Option<&str>) {
        if let Some(id) = external_id {
            let places = self.by_external_id.entry(id.to_owned()).or_default();
            places.push(place);
            places.sort_unstable();
        }
    }

    fn unindex(&mut self, place: usize, external_id: Option<&str>) {
        if let Some(places) = external_id.and_then(|id| self.by_external_id.get_mut(id)) {
            places.retain(|other| *other != place);
        }
    }

    fn note(&mut self, operation: Operation, report: &StoredReport) {
        self.writes.push(Write {
            at: report.updated,
            operation,
            guid: report.guid.clone(),
            external_id: report.external_id.clone(),
            enclave_id: report.enclave_id.clone(),
        });
    }
}

/// A random GUID of version 4.
pub(super) fn guid() -> String {
    let bits = fastrand::u128(..) & !(0xf << 76) & !(0b11 << 62) | (4 << 76) | (0b10 << 62);
    let hex = format!("{bits:032x}");
    let parts = [
        &hex[..8],
        &hex[8..12],
        &hex[12..16],
        &hex[16..20],
        &hex[20..],
    ];
    parts.join("-")
}
