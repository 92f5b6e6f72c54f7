//! A feed as it is kept while it is watched: the text of what is read of it. As trees it would take twice the memory, and a feed
//! is read when it is reconciled and at a scrape, no more.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use k8s_openapi::api::core::v1::ObjectReference;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use kube::Resource;
use kube::core::ObjectMeta;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::api::{FlashpointFeed, REQUESTED_AT, RESEND};

/// The labels that a ledger has of its feed begin so.
pub const OWN_LABELS: &str = "app.kubernetes.io/";

/// The namespace and the name of a feed, which no other feed has; clones share the text.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key(Arc<str>);

impl Key {
    pub fn new(namespace: &str, name: &str) -> Self {
        Self(format!("{namespace}/{name}").into())
    }

    pub fn namespace(&self) -> &str {
        self.parts().0
    }

    pub fn name(&self) -> &str {
        self.parts().1
    }

    /// Neither may hold a slash.
    fn parts(&self) -> (&str, &str) {
        self.0.split_once('/').unwrap_or_default()
    }
}

/// A feed as it is watched. One that can't be read must not hide the others, so each is read by itself, by [`Watched::read`].
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(from = "Wire")]
pub struct Watched {
    key: Key,
    uid: Box<str>,
    generation: i64,
    is_being_deleted: bool,
    /// The feed, these included.
    text: Box<str>,
}

impl Watched {
    pub fn key(&self) -> &Key {
        &self.key
    }

    pub fn namespace(&self) -> &str {
        self.key.namespace()
    }

    pub fn name(&self) -> &str {
        self.key.name()
    }

    pub fn uid(&self) -> &str {
        &self.uid
    }

    /// `metadata.generation`; 0 where there is none.
    pub fn generation(&self) -> i64 {
        self.generation
    }

    /// Whether it is deleted, and somebody's finalizer holds that up.
    pub fn is_being_deleted(&self) -> bool {
        self.is_being_deleted
    }

    /// Reads the feed.
    ///
    /// # Errors
    /// When its stored form is none of this version's.
    pub fn read(&self) -> Result<FlashpointFeed, serde_json::Error> {
        serde_json::from_str(&self.text)
            // Again by way of a tree: the error names no place in a text that nobody sees.
            .or_else(|_| serde_json::from_value(serde_json::from_str(&self.text)?))
    }

    /// What events are about where the feed can't be read.
    pub fn reference(&self) -> ObjectReference {
        ObjectReference {
            api_version: Some(FlashpointFeed::api_version(&()).into_owned()),
            kind: Some(FlashpointFeed::kind(&()).into_owned()),
            namespace: Some(self.namespace().to_owned()),
            name: Some(self.name().to_owned()),
            uid: Some(self.uid().to_owned()),
            ..ObjectReference::default()
        }
    }
}

/// A feed as a listing or a watch has it.
#[derive(Clone, Debug, Deserialize)]
#[serde(from = "Wire")]
pub struct Listed {
    metadata: ObjectMeta,
    pub feed: Arc<Watched>,
}

impl Resource for Listed {
    type DynamicType = ();
    type Scope = <FlashpointFeed as Resource>::Scope;

    fn kind((): &()) -> Cow<'_, str> {
        FlashpointFeed::kind(&())
    }

    fn group((): &()) -> Cow<'_, str> {
        FlashpointFeed::group(&())
    }

    fn version((): &()) -> Cow<'_, str> {
        FlashpointFeed::version(&())
    }

    fn plural((): &()) -> Cow<'_, str> {
        FlashpointFeed::plural(&())
    }

    fn meta(&self) -> &ObjectMeta {
        &self.metadata
    }

    fn meta_mut(&mut self) -> &mut ObjectMeta {
        &mut self.metadata
    }
}

/// What is read of a feed. The rest is dropped as it comes in: `managedFields`, and what kubectl applied last, are several times as
/// large.
#[derive(Deserialize, Serialize)]
struct Wire {
    metadata: Metadata,
    #[serde(default, skip_serializing_if = "Value::is_null")]
    spec: Value,
    #[serde(default, skip_serializing_if = "Value::is_null")]
    status: Value,
}

#[derive(Default, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", default)]
struct Metadata {
    namespace: Option<String>,
    name: Option<String>,
    uid: Option<String>,
    resource_version: Option<String>,
    generation: Option<i64>,
    creation_timestamp: Option<Time>,
    #[serde(skip_serializing_if = "Option::is_none")]
    deletion_timestamp: Option<Time>,
    #[serde(skip_serializing_if = "Option::is_none")]
    annotations: Option<BTreeMap<String, String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    labels: Option<BTreeMap<String, String>>,
}

impl From<Wire> for Watched {
    fn from(mut wire: Wire) -> Self {
        let metadata = &mut wire.metadata;
        if let Some(annotations) = &mut metadata.annotations {
            annotations.retain(|key, _| [REQUESTED_AT, RESEND].contains(&key.as_str()));
        }
        if let Some(labels) = &mut metadata.labels {
            labels.retain(|key, _| key.starts_with(OWN_LABELS));
        }
        // It can't fail: all keys are texts. An empty text would be told as a feed that can't be read.
        let text = serde_json::to_string(&wire).unwrap_or_default();
        // A copy, which is allocated at its size: what is cut off of a buffer that grew stays as a hole beside each feed.
        let text = text.as_str().into();
        let metadata = wire.metadata;
        let text_of = |text: Option<String>| text.unwrap_or_default();
        Self {
            key: Key::new(&text_of(metadata.namespace), &text_of(metadata.name)),
            uid: text_of(metadata.uid).into(),
            generation: metadata.generation.unwrap_or_default(),
            is_being_deleted: metadata.deletion_timestamp.is_some(),
            text,
        }
    }
}

impl From<Wire> for Listed {
    fn from(wire: Wire) -> Self {
        let metadata = ObjectMeta {
            namespace: wire.metadata.namespace.clone(),
            name: wire.metadata.name.clone(),
            uid: wire.metadata.uid.clone(),
            resource_version: wire.metadata.resource_version.clone(),
            ..ObjectMeta::default()
        };
        let feed = Arc::new(wire.into());
        Self { metadata, feed }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn watched(object: Value) -> Watched {
        serde_json::from_value(object).unwrap()
    }

    /// A feed with everything that others write to it.
    fn object() -> Value {
        json!({
            "apiVersion": "flashpoint-operator.dev/v1alpha1",
            "kind": "FlashpointFeed",
            "metadata": {
                "namespace": "intel", "name": "feed", "uid": "u", "generation": 2, "resourceVersion": "7",
                "creationTimestamp": "2026-01-01T00:00:00Z",
                "annotations": {REQUESTED_AT: "now", RESEND: "a,b", "kubectl.kubernetes.io/last-applied-configuration": "{…}"},
                "labels": {"app.kubernetes.io/part-of": "intel", "team": "blue"},
                "managedFields": [{"manager": "kubectl", "fieldsV1": {"f:spec": {}}}],
            },
            "spec": {"secretRef": {"name": "secret"}, "enclaveId": "enclave", "limit": 7},
            "status": {"observedGeneration": 2, "lastSync": {"total": 7, "indicators": {"IP": 3}}},
        })
    }

    #[test]
    fn a_feed_is_read_as_it_was_but_for_what_nobody_reads() {
        let read = watched(object()).read().unwrap();
        let mut expected: FlashpointFeed = serde_json::from_value(object()).unwrap();
        let metadata = &mut expected.metadata;
        metadata.managed_fields = None;
        let annotations = metadata.annotations.as_mut().unwrap();
        annotations.retain(|key, _| !key.starts_with("kubectl"));
        metadata.labels.as_mut().unwrap().remove("team");
        assert_eq!(json!(read), json!(expected));
    }

    #[test]
    fn what_can_t_be_read_is_shown_by_name_and_the_error_names_the_value() {
        let mut object = object();
        object["spec"]["limit"] = json!("many");
        let watched = watched(object);
        let expected = ObjectReference {
            api_version: Some("flashpoint-operator.dev/v1alpha1".into()),
            kind: Some("FlashpointFeed".into()),
            namespace: Some("intel".into()),
            name: Some("feed".into()),
            uid: Some("u".into()),
            ..ObjectReference::default()
        };
        assert_eq!(watched.reference(), expected);
        let error = watched.read().unwrap_err().to_string();
        assert!(
            error.contains("many") && !error.contains("column"),
            "{error}"
        );
    }

    #[test]
    fn a_feed_without_a_spec_is_none() {
        let mut object = object();
        object["spec"] = Value::Null;
        let error = watched(object).read().unwrap_err().to_string();
        assert!(error.contains("missing field `spec`"), "{error}");
    }

    /// A watch's events come as a tree where the API server names an event's type after the object.
    #[test]
    fn a_feed_is_read_whichever_way_it_comes() {
        let text = json!({"object": object(), "type": "ADDED"}).to_string();
        let event: kube::core::WatchEvent<Listed> = serde_json::from_str(&text).unwrap();
        assert!(
            matches!(event, kube::core::WatchEvent::Added(listed) if listed.feed.read().is_ok())
        );
    }
}
