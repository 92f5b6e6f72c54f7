//! The custom resource definitions, as they are applied and checked against.

use std::fmt::Write as _;

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::{
    CustomResourceDefinition, JSON, JSONSchemaProps, JSONSchemaPropsOrArray, JSONSchemaPropsOrBool,
};
use kube::CustomResourceExt;
use sha2::{Digest as _, Sha256};

use super::{FlashpointFeed, FlashpointLedger};

/// The custom resource definitions, in the order that they are applied in.
#[must_use]
pub fn definitions() -> Vec<CustomResourceDefinition> {
    vec![
        definition_of::<FlashpointFeed>(),
        definition_of::<FlashpointLedger>(),
    ]
}

fn definition_of<K: CustomResourceExt>() -> CustomResourceDefinition {
    let mut definition = K::crd();
    if let Some(schema) = definition
        .spec
        .versions
        .first_mut()
        .and_then(|version| version.schema.as_mut())
    {
        schema.open_api_v3_schema = Some(schema_of::<K>());
    }
    definition.metadata.annotations = Some(
        [
            // Helm takes no definition away, and with it the feeds, whatever its release says of it.
            ("helm.sh/resource-policy".to_owned(), "keep".to_owned()),
            // Nor does Flux, where a Kustomization with `prune` no longer has it.
            (
                "kustomize.toolkit.fluxcd.io/prune".to_owned(),
                "disabled".to_owned(),
            ),
            (DIGEST.to_owned(), digest(&definition)),
        ]
        .into(),
    );
    definition
}

/// Tells the chart whether the cluster's definition is its own: what the API server returns is not what it was given.
const DIGEST: &str = "flashpoint-operator.dev/digest";

fn digest(definition: &CustomResourceDefinition) -> String {
    let spec = serde_json::to_vec(&definition.spec).unwrap_or_default();
    let digest = Sha256::digest(spec);
    digest.iter().take(8).fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// The schema of our resources' only version.
pub(super) fn schema_of<K: CustomResourceExt>() -> JSONSchemaProps {
    let version = K::crd().spec.versions.into_iter().next();
    let schema = version.and_then(|version| version.schema?.open_api_v3_schema);
    let mut schema = schema.unwrap_or_default();
    tidy(&mut schema);
    default_status(&mut schema);
    schema
}

/// A feed that no controller has seen must not look healthy to tools that compare generations;
/// what the operator has yet to tell has no default.
fn default_status(schema: &mut JSONSchemaProps) {
    if let Some(status) = schema
        .properties
        .as_mut()
        .and_then(|properties| properties.get_mut("status"))
    {
        each(status, &mut |field| field.default = None);
        status.default = Some(JSON(serde_json::json!({"observedGeneration": -1})));
    }
}

/// Takes out what Rust's types bring along and Kubernetes does without: a null that is pruned
/// unless it is asked for, titles, line breaks, and integer formats that it knows nothing of.
pub(super) fn tidy(schema: &mut JSONSchemaProps) {
    each(schema, &mut |field| {
        field.nullable = None;
        field.title = None;
        field.format = field.format.take().filter(|format| !format.contains("int"));
        field.description = field.description.take().map(|text| text.replace('\n', " "));
    });
}

/// Changes a schema and all below it.
fn each(schema: &mut JSONSchemaProps, change: &mut impl FnMut(&mut JSONSchemaProps)) {
    change(schema);
    for property in schema
        .properties
        .iter_mut()
        .flat_map(|properties| properties.values_mut())
    {
        each(property, change);
    }
    if let Some(JSONSchemaPropsOrArray::Schema(items)) = &mut schema.items {
        each(items, change);
    }
    if let Some(JSONSchemaPropsOrBool::Schema(values)) = &mut schema.additional_properties {
        each(values, change);
    }
}
