//! The chart's schema of a feed's spec: the definition's own, so that `helm lint` knows what the API server takes.
//! `UPDATE=1 cargo test --test resource chart` writes it anew.

use std::path::Path;

use serde_json::{Map, Value, json};

/// What begins the line of `values.schema.json` that holds it.
const LINE: &str = "    \"feedSpec\": ";

/// The keywords that mean the same in a definition and in a JSON schema of draft 7.
const SHARED: [&str; 11] = [
    "type",
    "enum",
    "required",
    "minLength",
    "maxLength",
    "minimum",
    "maximum",
    "minItems",
    "maxItems",
    "pattern",
    "minProperties",
];

/// The schema of a definition as one of draft 7. Of its rules in CEL those become keywords that have one: what a text has to match, and which one
/// of several fields is to be there. Fields that are not known are refused: without the API server's strictness Helm would drop them in silence.
fn draft7(schema: &Value) -> Value {
    let mut keywords: Map<String, Value> = schema
        .as_object()
        .unwrap()
        .iter()
        .filter(|(keyword, _)| SHARED.contains(&keyword.as_str()))
        .map(|(keyword, value)| (keyword.clone(), value.clone()))
        .collect();
    if let Some(properties) = schema["properties"].as_object() {
        let properties: Map<_, _> = properties
            .iter()
            .map(|(name, field)| (name.clone(), draft7(field)))
            .collect();
        keywords.insert("properties".to_owned(), properties.into());
        keywords.insert("additionalProperties".to_owned(), false.into());
    }
    if schema["items"].is_object() {
        keywords.insert("items".to_owned(), draft7(&schema["items"]));
    }
    if schema["x-kubernetes-list-type"] == "set" {
        keywords.insert("uniqueItems".to_owned(), true.into());
    }
    for rule in schema["x-kubernetes-validations"]
        .as_array()
        .into_iter()
        .flatten()
    {
        let rule = rule["rule"].as_str().unwrap();
        let pattern = rule
            .strip_prefix("self.matches('")
            .and_then(|rest| rest.split('\'').next());
        if let Some(pattern) = pattern {
            keywords.insert("pattern".to_owned(), pattern.into());
        }
        let one_of = rule
            .split("has(self.")
            .skip(1)
            .filter_map(|rest| rest.split(')').next());
        let one_of: Vec<Value> = one_of.map(|field| json!({"required": [field]})).collect();
        if !one_of.is_empty() {
            keywords.insert("oneOf".to_owned(), one_of.into());
        }
        assert!(
            keywords.contains_key("pattern") || keywords.contains_key("oneOf"),
            "no keyword stands for {rule}"
        );
    }
    keywords.into()
}

fn spec() -> Value {
    let feed = flashpoint_operator::api::definitions()
        .into_iter()
        .find(|definition| definition.spec.names.kind == "FlashpointFeed");
    let feed = serde_json::to_value(feed).unwrap();
    draft7(&feed["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["spec"])
}

#[test]
fn the_charts_schema_of_a_feed_is_the_definitions() {
    let path =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("charts/flashpoint-operator/values.schema.json");
    let text = std::fs::read_to_string(&path).unwrap();
    let line = format!("{LINE}{},", spec());
    let is_it = |held: &&str| held.starts_with(LINE);
    let held = text.lines().find(is_it).unwrap();
    if std::env::var("UPDATE").is_ok_and(|update| update == "1") {
        std::fs::write(&path, text.replace(held, &line)).unwrap();
        return;
    }
    assert!(
        held == line,
        "values.schema.json is not what the definition says; `make generate` writes it anew: {line}"
    );
}

/// What the schema is to take and to refuse is held by `tests/chart/refused` with Helm itself; here, that it says enough.
#[test]
fn it_knows_patterns_bounds_and_choices() {
    let spec = spec();
    let field = |path: &str| spec.pointer(path).cloned().unwrap_or_default();
    assert_eq!(field("/additionalProperties"), json!(false));
    assert_eq!(
        field("/oneOf"),
        json!([{"required": ["enclaveId"]}, {"required": ["destination"]}])
    );
    assert_eq!(
        field("/properties/destination/oneOf")
            .as_array()
            .unwrap()
            .len(),
        3
    );
    assert_eq!(field("/properties/limit/maximum").as_f64(), Some(500.0));
    assert_eq!(field("/properties/indicatorTypes/uniqueItems"), json!(true));
    assert!(
        field("/properties/interval/pattern")
            .as_str()
            .unwrap()
            .starts_with("^([0-9]+")
    );
    assert!(field("/properties/domains/properties/ignore/items/pattern").is_string());
}
