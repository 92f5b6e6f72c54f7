//! Where a feed's reports go, as users write it.

use kube::KubeSchema;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

use super::duration::VALID_FOR;
use super::feed::SecretRef;
use super::object_rule::ObjectRule;
use super::rule::TextRule;
use crate::destinations::misp::Distribution;
use crate::destinations::stix::Tlp;

/// The most tags that a feed puts on each of its events.
const MAX_TAGS: u32 = 20;

/// Where reports go, in place of enclaveId; exactly one member.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = ObjectRule::OneMember.rule())]
pub struct DestinationSpec {
    /// A TruSTAR enclave.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trustar: Option<TrustarSpec>,
    /// A collection of a TAXII 2.1 server, such as OpenCTI's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub taxii: Option<TaxiiSpec>,
    /// A MISP.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub misp: Option<MispSpec>,
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

/// A collection of a TAXII 2.1 server.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct TaxiiSpec {
    /// The server, by the name that the operator's settings give it (--taxii, the chart's destinations.taxii).
    #[schemars(length(max = 63))]
    #[x_kube(validation = TextRule::ServerName.rule())]
    pub server: String,
    /// The id of the collection. A feed whose server or collection is edited starts anew.
    #[schemars(length(max = 128))]
    #[x_kube(validation = TextRule::CollectionId.rule())]
    pub collection: String,
    /// The Secret with taxii-token, or taxii-username and taxii-password; by default the feed's secretRef.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret_ref: Option<SecretRef>,
    /// The Traffic Light Protocol marking of what is sent: Clear, Green, Amber, AmberStrict or Red.
    #[serde(default)]
    pub tlp: Tlp,
    /// How long indicators are valid after the report was posted, by their type; by default without end.
    #[serde(default, skip_serializing_if = "ValidForSpec::is_empty")]
    pub valid_for: ValidForSpec,
}

/// How long indicators are valid, by their type: 1h to 3650d.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[allow(non_snake_case, reason = "the names of the types of indicators")]
pub struct ValidForSpec {
    /// IP addresses.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "valid_for")]
    pub IP: Option<String>,
    /// Domains.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "valid_for")]
    pub Domain: Option<String>,
    /// URLs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "valid_for")]
    pub URL: Option<String>,
    /// SHA-1 digests of files.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "valid_for")]
    pub SHA1: Option<String>,
    /// SHA-256 digests of files.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "valid_for")]
    pub SHA256: Option<String>,
    /// Keys of the Windows registry.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "valid_for")]
    pub RegistryKey: Option<String>,
}

/// A MISP.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct MispSpec {
    /// The MISP, by the name that the operator's settings give it (--misp, the chart's destinations.misp). A feed whose
    /// server is edited starts anew.
    #[schemars(length(max = 63))]
    #[x_kube(validation = TextRule::ServerName.rule())]
    pub server: String,
    /// The Secret with misp-auth-key; by default the feed's secretRef.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret_ref: Option<SecretRef>,
    /// Who may see the events: Organisation, Community, ConnectedCommunities or All.
    #[serde(default)]
    pub distribution: Distribution,
    /// Whether events are published.
    #[serde(default)]
    pub publish: bool,
    /// Tags of each event besides the report's own, such as tlp:amber. They must exist in MISP, unless the key's role may
    /// make them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(schema_with = "tags")]
    pub tags: Vec<String>,
}

impl ValidForSpec {
    fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

impl DestinationSpec {
    /// The Secret with the destination's own credentials, where the spec names one, and the path of its name.
    pub(super) fn secret_ref(&self) -> Option<(&'static str, &SecretRef)> {
        match (&self.taxii, &self.misp) {
            (Some(taxii), _) => taxii
                .secret_ref
                .as_ref()
                .map(|own| ("spec.destination.taxii.secretRef.name", own)),
            (None, misp) => misp
                .as_ref()
                .and_then(|misp| misp.secret_ref.as_ref())
                .map(|own| ("spec.destination.misp.secretRef.name", own)),
        }
    }
}

fn valid_for(_: &mut SchemaGenerator) -> Schema {
    let rule = TextRule::Duration(VALID_FOR).rule();
    json_schema!({"type": "string", "maxLength": 32, "x-kubernetes-validations": [rule]})
}

fn tags(_: &mut SchemaGenerator) -> Schema {
    let rule = TextRule::Tag.rule();
    json_schema!({
        "type": "array",
        "maxItems": MAX_TAGS,
        "items": {"type": "string", "maxLength": 100, "x-kubernetes-validations": [rule]},
    })
}
