//! What a sync counted.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use indicators::IndicatorType;

/// The counts of one sync, its continuations included. Of the reports considered,
/// `considered = created + updated + unchanged + withoutIndicators + failed + pending`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct Counts {
    /// How many reports Flashpoint says the window holds.
    pub total: u64,
    /// Reports looked at: the latest `limit`, and what was taken from the backlog.
    pub considered: u64,
    /// Of those, reports with indicators that count.
    pub matched: u64,
    /// Written to the enclave, unknown to the ledger before.
    pub created: u64,
    /// Written to the enclave, known to the ledger before.
    pub updated: u64,
    /// In the enclave as they are, or left alone there by spec.skip; nothing was sent.
    pub unchanged: u64,
    /// Without indicators that count, not published, or left alone by spec.skip; not sent.
    pub without_indicators: u64,
    /// Of those considered, reports whose CSV data could not be had; they go without it.
    pub without_csv: u64,
    /// Refused or unreadable; see `failures`.
    pub failed: u64,
    /// Taken on, not finished; a continuation follows.
    pub pending: u64,
    /// Known to exist in the window beyond those considered; later syncs take them.
    pub backlog: u64,
    /// Indicators that count, by type, in the reports examined.
    pub indicators: BTreeMap<IndicatorType, u64>,
}

impl Counts {
    /// Reports written to the enclave.
    #[must_use]
    pub const fn submitted(&self) -> u64 {
        self.created + self.updated
    }

    /// Counts a report that was written: to the destination as a new one, or over what is there.
    pub fn note_written(&mut self, created: bool) {
        self.considered += 1;
        self.created += u64::from(created);
        self.updated += u64::from(!created);
    }

    /// Adds what another part of the same sync counted. `total` and `backlog` speak of the listing,
    /// not of reports handled: they stay.
    pub fn add(&mut self, part: &Self) {
        self.considered += part.considered;
        self.matched += part.matched;
        self.created += part.created;
        self.updated += part.updated;
        self.unchanged += part.unchanged;
        self.without_indicators += part.without_indicators;
        self.without_csv += part.without_csv;
        self.failed += part.failed;
        self.pending += part.pending;
        for (kind, count) in &part.indicators {
            *self.indicators.entry(*kind).or_default() += count;
        }
    }
}
