//! The resource as its definition has it, whether or not a field is read here.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{Condition, Time};
use kube::CustomResource;
use serde::{Deserialize, Serialize};

/// What a user writes, with the defaults that the API server fills in.
#[derive(CustomResource, Clone, Debug, Serialize, Deserialize)]
#[kube(
    group = "flashpoint-operator.dev",
    version = "v1alpha1",
    kind = "FlashpointFeed",
    plural = "flashpointfeeds",
    status = "FeedStatus",
    schema = "disabled",
    namespaced
)]
#[serde(rename_all = "camelCase")]
pub struct FeedSpec {
    pub secret_ref: SecretRef,
    #[serde(default)]
    pub enclave_id: String,
    pub interval: String,
    pub limit: i32,
    pub lookback: String,
    pub timeout: String,
    pub suspend: bool,
    pub indicator_types: Vec<String>,
    pub indicator_sources: Vec<String>,
    pub malware_names: MalwareNames,
    pub domains: Domains,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub skip: Vec<String>,
}

/// A Secret in the feed's own namespace.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SecretRef {
    pub name: String,
}

/// Changes to the list of malware names.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct MalwareNames {
    pub add: Vec<String>,
    pub ignore: Vec<String>,
}

/// Changes to which domains count.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Domains {
    pub ignore: Vec<String>,
    pub count: Vec<String>,
}

/// What is told of a feed that is synced, field for field.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct FeedStatus {
    pub observed_generation: i64,
    pub conditions: Vec<Condition>,
    pub last_attempt_time: Option<Time>,
    pub last_sync_time: Option<Time>,
    pub next_sync_time: Option<Time>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_posted_time: Option<Time>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_submitted_time: Option<Time>,
    pub last_sync: Counts,
    pub totals: Totals,
    pub window: Window,
    pub consecutive_failures: u64,
}

/// What the last sync counted.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Counts {
    pub total: usize,
    pub considered: usize,
    pub matched: usize,
    pub created: usize,
    pub updated: usize,
    pub unchanged: usize,
    pub without_indicators: usize,
    pub without_csv: usize,
    pub failed: usize,
    pub pending: usize,
    pub backlog: usize,
    pub indicators: BTreeMap<String, u64>,
}

/// Sums over a feed's life.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Totals {
    pub syncs: u64,
    pub submitted: usize,
    pub failed: u64,
}

/// How far reports are handled.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Window {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub covered_to: Option<Time>,
}

impl FlashpointFeed {
    /// When the next sync is due; none where it is at once.
    pub fn next_sync(&self) -> Option<Timestamp> {
        let status = self.status.as_ref()?;
        let is_told = Some(status.observed_generation) == self.metadata.generation;
        let next = status.next_sync_time.as_ref()?;
        is_told.then_some(next.0)
    }
}

impl FeedSpec {
    /// `spec.interval`, such as 15m, 1h30m or 1d; the definition's rules leave no other form.
    pub fn interval(&self) -> SignedDuration {
        let (mut total, mut number) = (0, 0);
        for char in self.interval.chars() {
            let unit = match char {
                's' => 1,
                'm' => 60,
                'h' => 3_600,
                'd' => 86_400,
                'w' => 604_800,
                _ => {
                    number = number * 10 + i64::from(char.to_digit(10).unwrap_or_default());
                    continue;
                }
            };
            total += number * unit;
            number = 0;
        }
        SignedDuration::from_secs(total)
    }
}
