//! Ignite's query, which takes what its connectors are known to send and nothing else.

use hyper::StatusCode;
use jiff::Timestamp;
use serde_json::json;

use super::query::{Query, Sort, absolute, number};
use super::{Settings, WindowField};
use crate::message::{Answer, Request};

/// Parses the query; the error is the answer that refuses it.
pub(super) fn parse(
    request: &Request,
    now: Timestamp,
    settings: &Settings,
) -> Result<Query, Answer> {
    let mut query = Query {
        since: Timestamp::MIN,
        until: now,
        limit: 10.min(settings.max_limit),
        skip: 0,
        sort: None,
    };
    let mut seen = Vec::new();
    for (name, value) in request.parameters() {
        if seen.contains(&name) {
            return Err(bad_request(&format!("parameter {name} is given twice")));
        }
        match name.as_str() {
            "since" => {
                query.since = absolute(&value)
                    .ok_or_else(|| bad_request(&format!("{value:?} is not a 'date-time'")))?;
            }
            "sort" => {
                query.sort = Some(
                    sort(&value).ok_or_else(|| bad_request(&format!("can't sort by {value:?}")))?,
                );
            }
            "limit" => {
                query.limit = bounded(&name, &value, 1, settings.max_limit)?;
            }
            "skip" => {
                query.skip = bounded(&name, &value, 0, settings.max_skip)?;
            }
            // `until`, `highlight_tag` and `fragment_size`, which v4 has, among them.
            _ => {
                let detail = format!("Extra query parameter(s) {name} not in spec");
                return Err(bad_request(&detail));
            }
        }
        seen.push(name);
    }
    Ok(query)
}

fn bad_request(detail: &str) -> Answer {
    Answer::problem(StatusCode::BAD_REQUEST, detail)
}

fn sort(text: &str) -> Option<Sort> {
    let (field, direction) = text.split_once(':')?;
    Some(Sort {
        by: match field {
            "posted_at" => WindowField::Posted,
            "updated_at" => WindowField::Updated,
            _ => return None,
        },
        rising: match direction {
            "asc" => true,
            "desc" => false,
            _ => return None,
        },
    })
}

/// A number within bounds; the refusal is a 422, as of Ignite's newer endpoints.
fn bounded(name: &str, value: &str, least: usize, most: usize) -> Result<usize, Answer> {
    let count = number(value).filter(|count| (least..=most).contains(count));
    count.ok_or_else(|| {
        let message = format!("Input should be a number from {least} to {most}");
        let body = json!({"errors": [{"loc": ["query", name], "msg": message, "input": value}]});
        Answer::json(StatusCode::UNPROCESSABLE_ENTITY, &body)
    })
}
