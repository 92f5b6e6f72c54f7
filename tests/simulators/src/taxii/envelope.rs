//! What an envelope must be.

use serde_json::Value;

use super::{Settings, problem};
use crate::message::{Answer, Request};

/// The objects of an envelope, or the answer that says what is wrong with it.
pub(super) fn objects(request: &Request, settings: &Settings) -> Result<Vec<Value>, Answer> {
    let envelope: Value =
        serde_json::from_slice(&request.body).map_err(|_| problem(400, "This is no JSON"))?;
    if envelope.get("type").is_some() {
        return Err(problem(400, "This is a bundle, not an envelope"));
    }
    let objects = envelope["objects"].as_array().cloned().unwrap_or_default();
    if objects.is_empty() {
        return Err(problem(500, "UNSUPPORTED_ERROR"));
    }
    for object in &objects {
        let text = object.to_string();
        if settings.refuses.iter().any(|part| text.contains(part)) {
            return Err(problem(400, "validation error"));
        }
        check(object).map_err(|problem_of_it| problem(400, &problem_of_it))?;
    }
    Ok(objects)
}

/// What the strictest of the servers asks of an object.
fn check(object: &Value) -> Result<(), String> {
    let text = |name: &str| object[name].as_str().unwrap_or_default();
    let kind = text("type");
    if !text("id").starts_with(&format!("{kind}--")) || text("spec_version") != "2.1" {
        return Err(format!("{kind}: id or spec_version is wrong"));
    }
    for name in ["created", "modified"] {
        let time = text(name);
        // `YYYY-MM-DDTHH:MM:SS.mmmZ`
        if time.len() != 24 || !time.ends_with('Z') || time.parse::<jiff::Timestamp>().is_err() {
            return Err(format!("{kind}: {name} is {time:?}"));
        }
    }
    if text("created") > text("modified") {
        return Err(format!("{kind}: modified before it was created"));
    }
    let members = object.as_object().into_iter().flatten();
    for (name, value) in members {
        if value.as_array().is_some_and(Vec::is_empty) || value.is_null() {
            return Err(format!("{kind}: {name} is empty"));
        }
    }
    if kind == "report" && object["object_refs"].as_array().is_none() {
        return Err("report: it refers to nothing".to_owned());
    }
    Ok(())
}
