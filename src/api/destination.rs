//! Where a feed's reports go, as users write it.

use kube::KubeSchema;
use schemars::{Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::object_rule::ObjectRule;
use super::rule::TextRule;

/// Where reports go, in place of enclaveId; exactly one member.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = ObjectRule::KnownDestination.rule())]
pub struct DestinationSpec {
    /// A TruSTAR enclave.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trustar: Option<TrustarSpec>,
    /// Not there yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "reserved")]
    pub taxii: Option<Value>,
    /// Not there yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "reserved")]
    pub misp: Option<Value>,
}

/// A TruSTAR enclave.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct TrustarSpec {
    /// The enclave's id, as TruSTAR shows it. A feed whose enclave is edited starts anew.
    #[schemars(length(max = 128))]
    #[x_kube(validation = TextRule::EnclaveId.rule())]
    pub enclave_id: String,
}

/// A member that a later version brings: declared, so that it is refused in words rather than passed over.
fn reserved(_: &mut SchemaGenerator) -> Schema {
    json_schema!({"type": "object", "x-kubernetes-preserve-unknown-fields": true})
}
