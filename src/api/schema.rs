//! An object against a structural schema, in words for people: types, bounds, and fields that don't exist.

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::{
    JSONSchemaProps, JSONSchemaPropsOrArray, JSONSchemaPropsOrBool,
};
use serde_json::{Map, Value};

use super::check::Problem;
use super::condition::shown;
use super::object_rule::ObjectRule;
use super::rule::TextRule;

/// The most bytes of a value that a message shows.
const MAX_SHOWN: usize = 80;

/// So many mistyped characters still tell which name is meant.
const MOST_EDITS: usize = 2;

/// Appends what the schema refuses of the value at `path`.
pub(super) fn walk(
    schema: &JSONSchemaProps,
    path: &str,
    value: &Value,
    problems: &mut Vec<Problem>,
) {
    let mut refuse = |message: String| {
        problems.push(Problem {
            path: path.to_owned(),
            message,
        });
    };
    match (schema.type_.as_deref(), value) {
        (Some("object"), Value::Object(fields)) => object(schema, path, fields, problems),
        (Some("array"), Value::Array(items)) => array(schema, path, items, problems),
        (Some("string"), Value::String(text)) => {
            let length = text.chars().count();
            if let Some(most) = schema.max_length.filter(|most| exceeds(length, *most)) {
                refuse(format!(
                    "must have at most {most} characters; it has {length}"
                ));
            } else if let Some(values) = schema
                .enum_
                .as_deref()
                .filter(|values| values.iter().all(|each| each.0 != *value))
            {
                let names: Vec<&str> = values.iter().filter_map(|value| value.0.as_str()).collect();
                let meant = meant(text, &names)
                    .unwrap_or_else(|| format!("write one of {}", names.join(", ")));
                refuse(format!("can't be {}; {meant}", display(value)));
            } else if let Some(rule) = broken(schema, text) {
                refuse(format!("{}; it is {}", rule.message(), display(value)));
            }
        }
        (Some("integer"), Value::Number(number)) if number.is_i64() || number.is_u64() => {
            let number = number.as_f64().unwrap_or_default();
            if let Some(least) = schema.minimum.filter(|least| number < *least) {
                refuse(format!("must be at least {least}, not {number}"));
            } else if let Some(most) = schema.maximum.filter(|most| number > *most) {
                refuse(format!("must be at most {most}, not {number}"));
            }
        }
        (Some("boolean"), Value::Bool(_)) | (None, _) => {}
        (Some(expected), _) => refuse(wrong_type(schema, expected, value)),
    }
}

/// The first of the schema's rules that a text breaks.
fn broken(schema: &JSONSchemaProps, text: &str) -> Option<TextRule> {
    let rules = schema.x_kubernetes_validations.iter().flatten();
    rules
        .filter_map(TextRule::stated)
        .find(|rule| !rule.holds(text))
}

fn object(
    schema: &JSONSchemaProps,
    path: &str,
    fields: &Map<String, Value>,
    problems: &mut Vec<Problem>,
) {
    let stated = schema.x_kubernetes_validations.iter().flatten();
    let broken = stated
        .filter_map(ObjectRule::stated)
        .filter(|rule| !rule.holds(fields));
    problems.extend(broken.map(|rule| Problem {
        path: path.to_owned(),
        message: rule.message().to_owned(),
    }));
    let properties = schema.properties.as_ref();
    for name in schema
        .required
        .iter()
        .flatten()
        .filter(|name| !fields.contains_key(*name))
    {
        let property = properties.and_then(|properties| properties.get(name));
        let message = format!("is missing{}", explained(property));
        problems.push(Problem {
            path: below(path, name),
            message,
        });
    }
    for (name, value) in fields {
        let path = below(path, name);
        if let Some(property) = properties.and_then(|properties| properties.get(name)) {
            walk(property, &path, value, problems);
        } else if let Some(JSONSchemaPropsOrBool::Schema(values)) = &schema.additional_properties {
            walk(values, &path, value, problems);
        } else if let Some(properties) = properties {
            let names: Vec<&str> = properties.keys().map(String::as_str).collect();
            problems.push(Problem {
                message: unknown(&path, name, &names),
                path,
            });
        }
    }
}

fn array(schema: &JSONSchemaProps, path: &str, items: &[Value], problems: &mut Vec<Problem>) {
    let mut refuse = |path: String, message: String| problems.push(Problem { path, message });
    if let Some(most) = schema.max_items.filter(|most| exceeds(items.len(), *most)) {
        refuse(
            path.to_owned(),
            format!("must have at most {most} entries; it has {}", items.len()),
        );
    }
    if let Some(least) = schema
        .min_items
        .filter(|least| !exceeds(items.len() + 1, *least))
    {
        refuse(
            path.to_owned(),
            format!("must have at least {least} entry; leave the field out for the default"),
        );
    }
    for (at, item) in items.iter().enumerate() {
        if schema.x_kubernetes_list_type.as_deref() == Some("set") && items[..at].contains(item) {
            refuse(
                format!("{path}[{at}]"),
                format!("{} is there twice; leave one out", display(item)),
            );
        }
    }
    if let Some(JSONSchemaPropsOrArray::Schema(schema)) = &schema.items {
        for (at, item) in items.iter().enumerate() {
            walk(schema, &format!("{path}[{at}]"), item, problems);
        }
    }
}

fn wrong_type(schema: &JSONSchemaProps, expected: &str, value: &Value) -> String {
    let expected = match expected {
        "object" => "an object",
        "array" => "a list",
        "string" => "text",
        "integer" => "a whole number",
        "boolean" => "true or false",
        other => other,
    };
    let hint = match (expected, value) {
        ("text", Value::Number(_) | Value::Bool(_)) => " (in quotes it is text)",
        ("a whole number", Value::String(text)) if text.parse::<i64>().is_ok() => {
            " (leave out the quotes)"
        }
        ("true or false", Value::String(text)) if text.parse::<bool>().is_ok() => {
            " (leave out the quotes)"
        }
        ("a list", Value::String(_)) => " (a list of one is [value])",
        _ => "",
    };
    format!(
        "must be {expected}, not {}{hint}{}",
        display(value),
        explained(Some(schema))
    )
}

fn unknown(path: &str, name: &str, known: &[&str]) -> String {
    if path == "spec.secretRef.namespace" {
        return "unknown field; a feed reads the Secret of its own namespace, never another: leave it out".to_owned();
    }
    let meant =
        meant(name, known).unwrap_or_else(|| format!("the fields here are {}", known.join(", ")));
    format!("unknown field; {meant}")
}

/// Which of the names is meant by one that is like it.
fn meant(written: &str, names: &[&str]) -> Option<String> {
    let plain = |name: &str| name.to_lowercase().replace(['-', '_', ' '], "");
    let written = plain(written);
    let edits = |name: &str| {
        if plain(name).starts_with(&written) {
            0
        } else {
            strsim::levenshtein(&written, &plain(name))
        }
    };
    let closest = names.iter().copied().min_by_key(|name| edits(name))?;
    (edits(closest) <= MOST_EDITS && written.len() > MOST_EDITS)
        .then(|| format!("did you mean {closest:?}?"))
}

/// What a field is for, after a colon.
fn explained(schema: Option<&JSONSchemaProps>) -> String {
    let description = schema.and_then(|schema| schema.description.as_deref());
    description
        .map(|text| format!(": {text}"))
        .unwrap_or_default()
}

/// A value as a message shows it.
pub(super) fn display(value: &Value) -> String {
    match value {
        Value::Object(_) => "an object".to_owned(),
        Value::Array(_) => "a list".to_owned(),
        other => shown(&other.to_string(), MAX_SHOWN),
    }
}

fn below(path: &str, name: &str) -> String {
    if path.is_empty() {
        name.to_owned()
    } else {
        format!("{path}.{name}")
    }
}

fn exceeds(length: usize, most: i64) -> bool {
    i64::try_from(length).map_or(true, |length| length > most)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_misspelt_name_is_understood() {
        let names = ["enclaveId", "interval", "limit", "secretRef"];
        let meant = |written| meant(written, &names);
        for (written, right) in [
            ("intervall", "interval"),
            ("intreval", "interval"),
            ("enclave_id", "enclaveId"),
            ("enclaveID", "enclaveId"),
            ("secret", "secretRef"),
            ("Limits", "limit"),
        ] {
            assert_eq!(
                meant(written),
                Some(format!("did you mean \"{right}\"?")),
                "{written}"
            );
        }
        for written in ["", "id", "schedule", "x".repeat(1_000).as_str()] {
            assert_eq!(meant(written), None, "{written}");
        }
    }
}
