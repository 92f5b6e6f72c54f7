//! Answers in MISP's forms.

use hyper::StatusCode;
use serde_json::{Map, Value, json};

use super::values::TYPES;
use super::{Call, JSON};
use crate::message::{Answer, Request};

/// An error as `CakePHP`'s exceptions give it.
pub(super) fn exception(request: &Request, status: StatusCode, message: &str) -> Answer {
    let body = json!({"name": message, "message": message, "url": request.path()});
    Answer::new(status, JSON, body.to_string().replace('/', "\\/"))
}

/// A PHP or database error.
pub(super) fn internal(request: &Request) -> Answer {
    exception(
        request,
        StatusCode::INTERNAL_SERVER_ERROR,
        "An Internal Error Has Occurred.",
    )
}

/// A refusal by validation.
pub(super) fn save_failed(call: &Call<'_>, action: &str, errors: &Value) -> Answer {
    let message = format!("Could not {action} Event");
    let body = json!({"saved": false, "name": message, "message": message, "url": call.request.path(), "errors": errors});
    Answer::new(
        StatusCode::FORBIDDEN,
        JSON,
        serde_json::to_string_pretty(&body).unwrap_or_default(),
    )
}

/// The types, as `GET /attributes/describeTypes` has them.
pub(super) fn described() -> Value {
    let types = TYPES.into_iter();
    let defaults = types.clone().map(|(name, category, to_ids, _)| {
        (
            name.to_owned(),
            json!({"default_category": category, "to_ids": u8::from(to_ids)}),
        )
    });
    let defaults: Map<String, Value> = defaults.collect();
    let names: Vec<&str> = types.clone().map(|known| known.0).collect();
    let categories: std::collections::BTreeSet<&str> = types
        .clone()
        .flat_map(|known| known.3.iter().copied())
        .collect();
    let of = |category: &str| -> Vec<&str> {
        types
            .clone()
            .filter(|known| known.3.contains(&category))
            .map(|known| known.0)
            .collect()
    };
    let mappings: Map<String, Value> = categories
        .iter()
        .map(|name| ((*name).to_owned(), json!(of(name))))
        .collect();
    json!({"result": {"sane_defaults": defaults, "types": names, "categories": categories, "category_type_mappings": mappings}})
}
