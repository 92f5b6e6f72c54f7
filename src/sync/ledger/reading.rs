//! What is remembered of the listing and of the services as a whole, beside the reports.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

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
    /// How many.
    pub count: u64,
    /// As of when: reports filed later come on top.
    pub at: Timestamp,
}

/// A service's fault that left reports pending, as it is told until they are tried again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trouble {
    /// Whether the service answered what its API does not promise, as opposed to not at all or by a 5xx.
    pub unexpected: bool,
    /// What happened.
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
