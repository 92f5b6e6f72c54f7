//! What is remembered of the listing and of the services as a whole, beside the reports.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::Tries;
use crate::sync::counts::Counts;
use crate::sync::report::ReportId;

/// What is remembered of the listing and of the services as a whole.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Course {
    /// The sync that is not finished.
    pub open: Option<OpenSync>,
    /// What is known of readings that proved nothing.
    pub reading: Option<Reading>,
    /// How many reports are known of in a window that is not covered yet; none where it is covered.
    pub known: Option<Known>,
    /// Where the next walk through the listing goes on: the time of the one before was up there.
    pub walked: Option<Place>,
    /// The unfinished reports that readings no longer list, and how often that was so.
    pub unseen: BTreeMap<ReportId, Tries>,
    /// Whether the window holds more than fits.
    pub overflow: Option<Overflow>,
    /// In how many full syncs in a row nearly every report differed from what was sent.
    pub restless: u32,
    /// What last kept reports from being delivered that are still pending.
    pub trouble: Option<Trouble>,
}

/// Where in a listing the next page lies. Places count from the listing's beginning, as `skip` does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Place {
    /// From here on.
    From(u64),
    /// Just before this: the listing comes oldest first.
    UpTo(u64),
}

/// A sync that took on more than it could finish; continuations finish it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenSync {
    pub started: Timestamp,
    /// When its listing began, by Flashpoint's clock.
    pub listed_at: Timestamp,
    /// What it counted so far, without what the unfinished reports contribute.
    pub counts: Counts,
}

/// What is known of readings of the listing whose end proved nothing: `total` moved, or is not what was listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reading {
    /// How many readings in a row ended so.
    pub passes: u32,
    /// When the first of them began, by the earlier clock.
    pub first: Timestamp,
    /// When the last of them began.
    pub began: Timestamp,
    /// How many different elements it listed.
    pub listed: u64,
    /// Whether readings agreed with each other, so that `total` is what is wrong: it is no longer waited for.
    pub distrusted: bool,
}

/// How many reports were known of in a window that is not covered yet: a listing of fewer is not whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Known {
    /// How many, without those that were filed ahead of the clock.
    pub count: u64,
    /// As of when: reports filed later come on top.
    pub at: Timestamp,
}

/// A service's fault that left reports pending, as it is told until they are tried again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trouble {
    /// Whether the service answered what its API does not promise, as opposed to not at all or by a 5xx.
    pub unexpected: bool,
    /// Whether the service is where reports come from, as opposed to where they go.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub of_source: bool,
    pub message: String,
}

/// A window that holds more reports than fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Overflow {
    /// The longest lookback that the feed had since, in seconds: a shorter one gives up what lies before it.
    pub lookback: u64,
    /// Reports filed up to this time were forgotten to make room, or never taken on.
    pub forgotten_to: Timestamp,
}
