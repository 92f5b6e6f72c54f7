//! What the operator tells of a feed.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::{Condition, Time};
use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::condition::shown;
use crate::sync::counts::Counts;

/// The longest of each text of a failure, in bytes.
const MAX_FAILURE_TEXT: usize = 128;

/// What the operator tells of a feed. Times are RFC 3339 in UTC.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct FlashpointFeedStatus {
    /// The generation that the status speaks of; -1 until a controller has seen the feed.
    #[serde(default = "unobserved")]
    pub observed_generation: i64,
    /// Ready always; Reconciling and Stalled while they are true.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[x_kube(merge_strategy = ListMerge::Map(vec!["type".to_owned()]))]
    pub conditions: Vec<Condition>,
    /// Start of the last sync, whatever it came to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_attempt_time: Option<Time>,
    /// Start of the last sync that handled the latest reports.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_sync_time: Option<Time>,
    /// When the next sync is due.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_sync_time: Option<Time>,
    /// Newest `posted_at` among the reports in the enclave.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_posted_time: Option<Time>,
    /// When a report was last written to the enclave.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_submitted_time: Option<Time>,
    /// What the last sync counted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_sync: Option<Counts>,
    /// Sums over the feed's life.
    #[serde(default)]
    pub totals: SyncTotals,
    /// How far Flashpoint's reports are handled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub window: Option<SyncWindow>,
    /// Syncs in a row that failed.
    #[serde(default)]
    pub consecutive_failures: u64,
    /// Reports that could not be handled, at most 10; those tried most often first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 10))]
    pub failures: Vec<SyncFailure>,
    /// The value of the annotation flashpoint-operator.dev/requested-at that was last handled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_handled_reconcile_at: Option<String>,
}

fn unobserved() -> i64 {
    -1
}

impl Default for FlashpointFeedStatus {
    fn default() -> Self {
        Self {
            observed_generation: unobserved(),
            conditions: Vec::new(),
            last_attempt_time: None,
            last_sync_time: None,
            next_sync_time: None,
            last_posted_time: None,
            last_submitted_time: None,
            last_sync: None,
            totals: SyncTotals::default(),
            window: None,
            consecutive_failures: 0,
            failures: Vec::new(),
            last_handled_reconcile_at: None,
        }
    }
}

/// Sums over a feed's life; after a crash they may fall short, never exceed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct SyncTotals {
    /// Syncs that handled the latest reports.
    pub syncs: u64,
    /// Reports written to the enclave.
    pub submitted: u64,
    /// Attempts at a report that failed.
    pub failed: u64,
}

/// The checkpoint: how far Flashpoint's reports are handled, by Flashpoint's clock.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct SyncWindow {
    /// Start of the window that still holds work; absent where all of it is done.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<Time>,
    /// Every report listed up to this time is handled.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub covered_to: Option<Time>,
}

/// A report that could not be handled; each text is at most 128 bytes long.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SyncFailure {
    /// Flashpoint's id of the report.
    pub id: String,
    /// Its title.
    pub title: String,
    /// Why it could not be handled.
    pub reason: String,
    /// How often it was tried.
    pub attempts: u32,
    /// When it is tried again.
    pub next_attempt: Time,
}

impl SyncFailure {
    /// A failure with its texts cut.
    #[must_use]
    pub fn new(id: &str, title: &str, reason: &str, attempts: u32, next_attempt: Time) -> Self {
        let shown = |text: &str| shown(text, MAX_FAILURE_TEXT);
        Self {
            id: shown(id),
            title: shown(title),
            reason: shown(reason),
            attempts,
            next_attempt,
        }
    }
}
