//! The resource that users write.

use kube::{CustomResource, KubeSchema};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

use super::FlashpointFeedStatus;
use super::destination::DestinationSpec;
use super::duration::{INTERVAL, LOOKBACK, TIMEOUT};
use super::object_rule::ObjectRule;
use super::rule::TextRule;
use super::target::Target;
use crate::sync::own::IndicatorSource;
use crate::sync::report::MAX_ID_CHARS;
use indicators::IndicatorType;

/// The most reports that a sync may take on: the most that Flashpoint gives on one page.
pub(super) const MAX_LIMIT: u32 = 500;

/// The most entries of each list of names or domains.
const MAX_ENTRIES: u32 = 500;

/// The most reports that are left alone.
const MAX_SKIPPED: u32 = 100;

/// What the feed does: where its reports go, how often, and what makes a report worth sending.
#[derive(CustomResource, Clone, Debug, PartialEq, Serialize, Deserialize, KubeSchema)]
#[kube(
    group = "flashpoint-operator.dev",
    version = "v1alpha1",
    kind = "FlashpointFeed",
    plural = "flashpointfeeds",
    shortname = "fpf",
    category = "flashpoint",
    namespaced,
    status = "FlashpointFeedStatus",
    doc = "Brings Flashpoint's latest intelligence reports to a TruSTAR enclave, a TAXII 2.1 collection or a MISP: on an interval, those that hold indicators of compromise.",
    printcolumn(
        json_path = ".spec..enclaveId",
        name = "Enclave",
        type_ = "string",
        priority = 1
    ),
    printcolumn(
        json_path = ".spec.destination..server",
        name = "Server",
        type_ = "string",
        priority = 1
    ),
    printcolumn(json_path = ".spec.interval", name = "Interval", type_ = "string"),
    printcolumn(
        json_path = ".spec.suspend",
        name = "Suspended",
        type_ = "boolean",
        priority = 1
    ),
    printcolumn(
        json_path = ".status.conditions[?(@.type==\"Ready\")].status",
        name = "Ready",
        type_ = "string"
    ),
    printcolumn(
        json_path = ".status.conditions[?(@.type==\"Ready\")].reason",
        name = "Reason",
        type_ = "string"
    ),
    printcolumn(
        json_path = ".status.totals.submitted",
        name = "Submitted",
        type_ = "integer"
    ),
    printcolumn(
        json_path = ".status.lastPostedTime",
        name = "Last Posted",
        type_ = "date"
    ),
    printcolumn(json_path = ".status.lastSyncTime", name = "Last Sync", type_ = "date"),
    printcolumn(
        json_path = ".metadata.creationTimestamp",
        name = "Age",
        type_ = "date"
    ),
    printcolumn(
        json_path = ".status.conditions[?(@.type==\"Ready\")].message",
        name = "Message",
        type_ = "string",
        priority = 1
    )
)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = ObjectRule::OneDestination.rule())]
#[allow(
    clippy::duplicated_attributes,
    reason = "printer columns have types and priorities in common"
)]
pub struct FlashpointFeedSpec {
    /// The Secret with the credentials: flashpoint-api-key; for TruSTAR trustar-api-key and trustar-api-secret; for TAXII
    /// taxii-token, or taxii-username and taxii-password; for MISP misp-auth-key.
    pub secret_ref: SecretRef,
    /// The id of the TruSTAR enclave that reports go to: short for destination.trustar.enclaveId. A feed whose enclave is
    /// edited starts anew.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 128))]
    #[x_kube(validation = TextRule::EnclaveId.rule())]
    pub enclave_id: Option<String>,
    /// Where reports go, in place of enclaveId.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub destination: Option<DestinationSpec>,
    /// Time from the start of one sync to the start of the next: 1m to 30d, such as 15m, 1h30m or 1d.
    #[serde(default = "interval")]
    #[schemars(length(max = 32))]
    #[x_kube(validation = TextRule::Duration(INTERVAL).rule())]
    pub interval: String,
    /// How many of the latest reports a request asks for, and the most unknown ones that a sync takes on: 1 to 500.
    /// What is beyond follows in the next syncs.
    #[serde(default = "limit")]
    #[schemars(range(min = 1, max = MAX_LIMIT))]
    pub limit: i32,
    /// How far back a request reaches: 1h to 30d, such as 12h, 1d or 2w. After an outage it reaches back as far as
    /// needed by itself.
    #[serde(default = "lookback")]
    #[schemars(length(max = 32))]
    #[x_kube(validation = TextRule::Duration(LOOKBACK).rule())]
    pub lookback: String,
    /// How long one call of an API may take: 1s to 5m.
    #[serde(default = "timeout")]
    #[schemars(length(max = 32))]
    #[x_kube(validation = TextRule::Duration(TIMEOUT).rule())]
    pub timeout: String,
    /// Whether the feed rests. Nothing is lost: once it goes on, it takes up where it stopped.
    #[serde(default)]
    pub suspend: bool,
    /// The types of indicators that make a report worth sending; by default all nine.
    #[serde(default = "indicator_types")]
    #[schemars(length(min = 1, max = 9))]
    #[x_kube(merge_strategy = ListMerge::Set)]
    pub indicator_types: Vec<IndicatorType>,
    /// Where the indicators of a report are taken from: Text, what its text and CSV data hold; Flashpoint, what Flashpoint
    /// itself lists for it, with flashpoint.api=ignite alone. By default the text.
    #[serde(default = "indicator_sources")]
    #[schemars(length(min = 1, max = 2))]
    #[x_kube(merge_strategy = ListMerge::Set)]
    pub indicator_sources: Vec<IndicatorSource>,
    /// Changes to the list of malware names that are looked for.
    #[serde(default)]
    pub malware_names: MalwareNames,
    /// Changes to which domains count as indicators. Each stands for its subdomains too.
    #[serde(default)]
    pub domains: DomainRules,
    /// Ids of reports that are left alone: neither examined nor sent, and no failure any more. An id that is taken out has
    /// its report examined again, and written again if it is at the destination.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(schema_with = "report_ids")]
    pub skip: Vec<String>,
}

impl FlashpointFeedSpec {
    /// What names the place that reports go to; for TruSTAR the enclave's id. None where the spec names no place.
    #[must_use]
    pub fn identity(&self) -> Option<String> {
        let target = Target::try_from(self).ok()?;
        Some(target.identity().into_owned())
    }
}

/// A Secret in the feed's own namespace.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, KubeSchema)]
pub struct SecretRef {
    /// Name of the Secret, in the feed's own namespace.
    #[schemars(length(max = 253))]
    #[x_kube(validation = TextRule::SecretName.rule())]
    pub name: String,
}

/// Changes to the list of malware names.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct MalwareNames {
    /// Names to look for besides the known ones. They count wherever they stand, in any case.
    #[schemars(schema_with = "names")]
    pub add: Vec<String>,
    /// Names that never count, such as one that is also a product of yours.
    #[schemars(schema_with = "names")]
    pub ignore: Vec<String>,
}

/// Changes to which domains count.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct DomainRules {
    /// Domains that never make a report worth sending, such as your own.
    #[schemars(schema_with = "domains")]
    pub ignore: Vec<String>,
    /// Domains that always do, well-known sites included. Stronger than ignore.
    #[schemars(schema_with = "domains")]
    pub count: Vec<String>,
}

fn names(_: &mut SchemaGenerator) -> Schema {
    list(MAX_ENTRIES, 64, TextRule::MalwareName)
}

fn domains(_: &mut SchemaGenerator) -> Schema {
    list(MAX_ENTRIES, 253, TextRule::Domain)
}

fn report_ids(_: &mut SchemaGenerator) -> Schema {
    list(MAX_SKIPPED, MAX_ID_CHARS, TextRule::ReportId)
}

/// A list of so many texts, each of at most so many characters and by the rule.
fn list(max_items: u32, max_length: usize, rule: TextRule) -> Schema {
    let rule = rule.rule();
    json_schema!({
        "type": "array",
        "maxItems": max_items,
        "items": {"type": "string", "maxLength": max_length, "x-kubernetes-validations": [rule]},
    })
}

fn interval() -> String {
    "15m".to_owned()
}

fn limit() -> i32 {
    500
}

fn lookback() -> String {
    "1d".to_owned()
}

fn timeout() -> String {
    "30s".to_owned()
}

fn indicator_sources() -> Vec<IndicatorSource> {
    vec![IndicatorSource::Text]
}

fn indicator_types() -> Vec<IndicatorType> {
    IndicatorType::ALL.to_vec()
}
