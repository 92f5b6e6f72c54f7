//! Whether an object is a feed that the API server takes, found offline: by the definition's schema and rules.

use std::fmt;

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::JSONSchemaProps;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use kube::Resource as _;
use schemars::generate::SchemaSettings;
use serde_json::Value;

use super::definition::{schema_of, tidy};
use super::schema::walk;
use super::{FlashpointFeed, FlashpointLedger};

/// Something that the API server refuses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The field, such as `spec.domains.ignore[2]`.
    pub path: String,
    /// What is wrong with it, and what to write instead.
    pub message: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path, self.message)
    }
}

/// What an object turned out to be.
#[derive(Clone, Debug)]
pub enum Checked {
    /// A feed that the API server takes.
    Feed(Box<FlashpointFeed>),
    /// Meant as a feed, but refused.
    Refused(Vec<Problem>),
    /// Something else, by this name.
    Other(String),
}

/// Checks objects as the API server does.
#[derive(Debug)]
pub struct Checker {
    schema: JSONSchemaProps,
}

impl Default for Checker {
    fn default() -> Self {
        let mut schema = schema_of::<FlashpointFeed>();
        let properties = schema.properties.get_or_insert_default();
        // The operator's to write, and ignored where a person does.
        properties.remove("status");
        properties.insert("metadata".to_owned(), metadata());
        Self { schema }
    }
}

impl Checker {
    /// Finds out what an object is, and whether it is right.
    #[must_use]
    pub fn check(&self, object: &Value) -> Checked {
        let text = |field: &str| {
            object
                .get(field)
                .and_then(Value::as_str)
                .unwrap_or_default()
        };
        let (api_version, kind) = (text("apiVersion"), text("kind"));
        let name = object
            .pointer("/metadata/name")
            .and_then(Value::as_str)
            .unwrap_or_default();
        if !is_meant_as_feed(object, api_version, kind) {
            let kind = if kind.is_empty() {
                "an object without kind"
            } else {
                kind
            };
            return Checked::Other(format!("{kind} {name}").trim_end().to_owned());
        }
        let mut problems = Vec::new();
        for (field, written, right) in [
            ("apiVersion", api_version, FlashpointFeed::api_version(&())),
            ("kind", kind, FlashpointFeed::kind(&())),
        ] {
            if written != right {
                let message = format!("must be {right}, not {written:?}");
                problems.push(Problem {
                    path: field.to_owned(),
                    message,
                });
            }
        }
        let mut object = object.clone();
        strip(&mut object);
        walk(&self.schema, "", &object, &mut problems);
        check_name(&object, &mut problems);
        if !problems.is_empty() {
            return Checked::Refused(problems);
        }
        match serde_json::from_value(object) {
            Ok(feed) => Checked::Feed(Box::new(feed)),
            Err(error) => Checked::Refused(vec![Problem {
                path: "spec".to_owned(),
                message: error.to_string(),
            }]),
        }
    }
}

fn is_meant_as_feed(object: &Value, api_version: &str, kind: &str) -> bool {
    if kind == FlashpointLedger::kind(&()) {
        return false;
    }
    let group = api_version.split('/').next().unwrap_or_default();
    let has = |field: &str| {
        object
            .pointer("/spec")
            .is_some_and(|spec| spec.get(field).is_some())
    };
    group == FlashpointFeed::group(&())
        || kind.eq_ignore_ascii_case(&FlashpointFeed::kind(&()))
        || (kind.is_empty() && (has("enclaveId") || has("destination")))
}

/// Takes out what the API server ignores: the status, and nulls, which stand for absent fields.
fn strip(object: &mut Value) {
    fn without_nulls(value: &mut Value) {
        match value {
            Value::Object(fields) => {
                fields.retain(|_, value| !value.is_null());
                fields.values_mut().for_each(without_nulls);
            }
            Value::Array(items) => items.iter_mut().for_each(without_nulls),
            _ => {}
        }
    }
    without_nulls(object);
    if let Some(fields) = object.as_object_mut() {
        for ignored in ["status", "apiVersion", "kind"] {
            fields.remove(ignored);
        }
    }
}

fn check_name(object: &Value, problems: &mut Vec<Problem>) {
    let metadata = |field: &str| {
        object
            .pointer("/metadata")
            .and_then(|metadata| metadata.get(field))
    };
    let message = match metadata("name").or_else(|| metadata("generateName")) {
        None => "is missing: the feed's name",
        Some(Value::String(name)) if !is_name(name) && metadata("name").is_some() => {
            "must be 1 to 253 lower-case letters, digits, '-' and '.', and begin and end with a letter or digit"
        }
        Some(_) => return,
    };
    problems.push(Problem {
        path: "metadata.name".to_owned(),
        message: message.to_owned(),
    });
}

/// A DNS subdomain, as RFC 1123 and Kubernetes have it.
fn is_name(name: &str) -> bool {
    let label = |label: &str| {
        let inner = label
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
        !label.is_empty() && inner && !label.starts_with('-') && !label.ends_with('-')
    };
    name.len() <= 253 && name.split('.').all(label)
}

/// The schema of every object's metadata.
fn metadata() -> JSONSchemaProps {
    let settings = SchemaSettings::openapi3().with(|settings| settings.inline_subschemas = true);
    let schema = settings
        .into_generator()
        .into_root_schema_for::<ObjectMeta>();
    let mut schema = serde_json::from_value(schema.to_value()).unwrap_or_default();
    tidy(&mut schema);
    schema
}
