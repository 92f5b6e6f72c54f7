//! The resource that keeps a feed's ledger.

use kube::CustomResource;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::sync::ledger::MAX_BYTES;

/// The content of a `FlashpointLedger`, which has the feed's name and is owned by it.
#[derive(CustomResource, Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[kube(
    group = "flashpoint-operator.dev",
    version = "v1alpha1",
    kind = "FlashpointLedger",
    plural = "flashpointledgers",
    namespaced,
    no_spec,
    doc = "What the operator remembers of a feed's reports, so that an unchanged report costs no call. Written by the operator only; deleting it is safe.",
    printcolumn(
        json_path = ".metadata.creationTimestamp",
        name = "Age",
        type_ = "date"
    )
)]
pub struct FlashpointLedgerData {
    /// The ledger, deflated and in base64.
    #[serde(default)]
    #[schemars(length(max = MAX_BYTES))]
    pub data: String,
}
