//! Ignite's technical intelligence: the indicators that Flashpoint itself lists, by the tag of a report. As far as connectors and
//! their samples show it; what nobody sends is refused.

use hyper::StatusCode;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::query::{absolute, number};
use crate::message::{Answer, Request};

/// Where it is.
pub(super) const PATH: &str = "/technical-intelligence/v2/indicators";

/// What can be embedded.
const EMBEDS: [&str; 6] = [
    "all",
    "apt_description",
    "external_references",
    "malware_description",
    "mitre_attack_ids",
    "related_iocs",
];

/// A well-formed query.
struct Query {
    tags: Vec<String>,
    size: usize,
    from: usize,
    rising: bool,
    embed: bool,
    seen_after: Timestamp,
}

/// One indicator, and the report that it is tagged with.
#[derive(Debug, Clone)]
pub(super) struct Listed {
    pub(super) report: String,
    pub(super) item: Value,
}

/// An indicator of Flashpoint's own, with the times of a connector's sample; other members may be set
/// in what is returned. `kind`: `domain`, `file`, `ipv4`, `ipv6`, `url` or `extracted_config`.
#[must_use]
pub fn own_indicator(kind: &str, value: &str, score: &str) -> Value {
    let first = "2025-12-18T10:00:09.192000Z";
    let digest = |length: usize| (kind == "file" && value.len() == length).then_some(value);
    json!({
        "id": format!("own-{kind}-{value}"), "type": kind, "value": value, "entity_type": "indicator",
        "href": "https://api.flashpoint.io/technical-intelligence/v2/indicators/cgERwXABVRCXoIKgACptBw",
        "score": {"value": score, "raw_score": 1.5, "last_scored_at": "2025-12-18T10:02:13.186433Z"},
        "created_at": first, "modified_at": "2025-12-18T10:02:13.691000Z", "last_seen_at": "2025-12-19T10:00:09.192000Z",
        "sort_date": first, "platform_urls": {"ignite": "https://app.flashpoint.io/cti/malware/iocs/cgERwXABVRCXoIKgACptBw"},
        "hashes": {"md5": digest(32), "sha1": digest(40), "sha256": digest(64)},
        "sightings": [], "total_sightings": 1,
    })
}

/// The page that a request asks for, of at most `cap` indicators, at an origin.
pub(super) fn answer(
    request: &Request,
    listed: &[Listed],
    cap: usize,
    now: Timestamp,
    origin: &str,
) -> Result<Answer, Answer> {
    let query = parse(request, now)?;
    let is_tagged = |one: &&Listed| query.tags.contains(&format!("report:{}", one.report));
    let is_seen = |one: &&Listed| time(&one.item, "last_seen_at") > query.seen_after;
    let mut found: Vec<&Listed> = listed.iter().filter(is_tagged).filter(is_seen).collect();
    found.sort_by_key(|one| time(&one.item, "modified_at"));
    if !query.rising {
        found.reverse();
    }
    let size = query.size.min(cap);
    let end = found.len().min(query.from.saturating_add(size));
    let page = found.get(query.from..end).unwrap_or_default();
    let items: Vec<_> = page.iter().map(|one| item(one, query.embed)).collect();
    let next = (end < found.len()).then(|| {
        let others: Vec<_> = request
            .query()
            .split('&')
            .filter(|parameter| !parameter.starts_with("from="))
            .collect();
        format!("{origin}{PATH}?{}&from={end}", others.join("&"))
    });
    let body =
        json!({"items": items, "total": found.len(), "pagination": {"next": next, "prev": null}});
    Ok(Answer::json(StatusCode::OK, &body))
}

fn item(one: &Listed, embed: bool) -> Value {
    let mut item = one.item.clone();
    if embed {
        let url = format!(
            "https://api.flashpoint.io/finished-intelligence/v1/reports/{}",
            one.report
        );
        item["external_references"] = json!([{"source_name": "Flashpoint", "url": url}]);
        item["malware_description"] = json!("<p>A family of malware.</p>");
    }
    item
}

fn time(item: &Value, name: &str) -> Timestamp {
    let text = item[name].as_str().unwrap_or_default();
    text.parse().unwrap_or_default()
}

fn parse(request: &Request, now: Timestamp) -> Result<Query, Answer> {
    let mut query = Query {
        tags: Vec::new(),
        size: 25,
        from: 0,
        rising: false,
        embed: false,
        // What nobody asks another time for was seen within 30 days.
        seen_after: now - SignedDuration::from_hours(30 * 24),
    };
    let mut seen = Vec::new();
    for (name, value) in request.parameters() {
        if seen.contains(&name) {
            return Err(invalid(&name, &value, "is given twice"));
        }
        match name.as_str() {
            "tags" => query.tags = value.split(',').map(str::to_owned).collect(),
            "size" => {
                query.size = number(&value)
                    .filter(|size| (1..=1000).contains(size))
                    .ok_or_else(|| invalid(&name, &value, "Input should be from 1 to 1000"))?;
            }
            "from" => {
                query.from = number(&value)
                    .ok_or_else(|| invalid(&name, &value, "Input should be a number"))?;
            }
            "sort" => {
                query.rising = match value.as_str() {
                    "modified_at:asc" => true,
                    "modified_at:desc" => false,
                    _ => {
                        return Err(invalid(
                            &name,
                            &value,
                            "Input should be a field and asc or desc",
                        ));
                    }
                };
            }
            "embed" => {
                query.embed = value.split(',').all(|one| EMBEDS.contains(&one));
                if !query.embed {
                    return Err(invalid(
                        &name,
                        &value,
                        "Input should be what can be embedded",
                    ));
                }
            }
            "last_seen_after" => {
                query.seen_after = absolute(&value)
                    .ok_or_else(|| invalid(&name, &value, "Input should be a valid datetime"))?;
            }
            _ => return Err(invalid(&name, &value, "Extra inputs are not permitted")),
        }
        seen.push(name);
    }
    if query.embed && query.size > 500 {
        let size = query.size.to_string();
        return Err(invalid(
            "size",
            &size,
            "Input should be at most 500 with embed",
        ));
    }
    Ok(query)
}

/// The 422 of Ignite's newer endpoints.
fn invalid(name: &str, value: &str, message: &str) -> Answer {
    let body = json!({"errors": [{"loc": ["query", name], "msg": message, "input": value}]});
    Answer::json(StatusCode::UNPROCESSABLE_ENTITY, &body)
}
