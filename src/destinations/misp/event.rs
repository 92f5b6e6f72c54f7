//! From a Flashpoint report to a MISP event: what it is to hold, before it is known what MISP holds already.

use std::collections::HashSet;
use std::ops::ControlFlow;

use indicators::Indicator;
use serde::Serialize;
use uuid::Uuid;

use super::Distribution;
use super::attribute::Attribute;
use super::ids;
use super::summary;
use super::text::{MAX_TEXT_BYTES, storable};
use crate::sync::own::Own;
use crate::sync::report::{Report, each_value, text_of};

/// The most attributes of an event. MISP 2.5.1 takes a second for 850 of them, and a call has 30 by default.
pub(super) const MAX_ATTRIBUTES: usize = 10_000;

/// The most tags of an event that are set and remembered: the ledger holds them for each report.
const MAX_TAGS: usize = 100;

/// The longest tag that is taken, in characters: MISP would cut longer ones than 255, and the ledger holds all.
const MAX_TAG_CHARS: usize = 100;

/// What the event of a report is to hold.
#[derive(Clone, Debug)]
pub struct Wanted {
    pub(super) uuid: Uuid,
    pub(super) info: String,
    /// `YYYY-MM-DD`.
    pub(super) date: Option<String>,
    pub(super) attributes: Vec<Attribute>,
    pub(super) tags: Vec<String>,
    pub(super) report: EventReport,
    /// How many indicators MISP can't hold, or are beyond the most attributes of an event.
    pub(super) left_out: usize,
}

/// The text of a report, as MISP shows it beside the attributes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct EventReport {
    #[serde(with = "super::ids::wire")]
    pub(super) uuid: Uuid,
    pub(super) name: String,
    pub(super) content: String,
    /// 5: the event's. MISP's default is 0, which other organisations do not see.
    pub(super) distribution: &'static str,
    pub(super) timestamp: String,
}

/// A tag; `deleted` takes it off the event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Tag {
    pub(super) name: String,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(super) deleted: bool,
}

/// An event on the wire: whole in `events/add`, what changes in `events/edit`.
#[derive(Clone, Debug, Default, Serialize)]
pub(super) struct Event {
    #[serde(with = "super::ids::wire")]
    pub(super) uuid: Uuid,
    pub(super) info: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) date: Option<String>,
    /// What people decide once the event is there; left out of edits.
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    pub(super) first: Option<First>,
    /// Seconds since 1970; MISP takes an edit only if it is later than what is stored.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) timestamp: Option<String>,
    /// MISP reads an absent one as false.
    pub(super) published: bool,
    #[serde(rename = "Attribute", skip_serializing_if = "Vec::is_empty")]
    pub(super) attributes: Vec<Attribute>,
    #[serde(rename = "Tag", skip_serializing_if = "Vec::is_empty")]
    pub(super) tags: Vec<Tag>,
    #[serde(rename = "EventReport", skip_serializing_if = "Vec::is_empty")]
    pub(super) reports: Vec<EventReport>,
}

/// What only a new event says.
#[derive(Clone, Debug, Serialize)]
pub(super) struct First {
    distribution: &'static str,
    /// 4, undefined: Flashpoint does not say.
    threat_level_id: &'static str,
    /// 2, completed: reports are finished intelligence.
    analysis: &'static str,
}

/// Maps a report. `tags`: those that the feed adds to each event.
#[must_use]
pub fn map(report: &Report, indicators: &[&Indicator], own: &Own, tags: &[String]) -> Wanted {
    let id = &report.id;
    let title = report.title.clone().unwrap_or_else(|| id.to_string());
    let mut left_out = 0;
    let mut attributes: Vec<Attribute> = Vec::new();
    let mut seen = HashSet::new();
    let link = report.deeplink.as_deref();
    let link = link.and_then(|url| Attribute::link(id, url.trim()));
    let of_indicators = indicators.iter().map(|found| Attribute::of(id, found, own));
    for attribute in link.map(Some).into_iter().chain(of_indicators) {
        match attribute {
            Some(attribute) if attributes.len() < MAX_ATTRIBUTES => {
                if seen.insert(attribute.uuid) {
                    attributes.push(attribute);
                }
            }
            _ => left_out += 1,
        }
    }
    Wanted {
        uuid: ids::event(id),
        info: storable(&title, MAX_TEXT_BYTES),
        date: report
            .posted_at
            .map(|time| time.strftime("%Y-%m-%d").to_string()),
        attributes,
        tags: all_tags(report, tags),
        report: summary::event_report(report, &title),
        left_out,
    }
}

impl Wanted {
    /// The whole event, as `events/add` takes it at `now`, in seconds since 1970.
    pub(super) fn added(&self, now: i64, distribution: Distribution, publish: bool) -> Event {
        let time = now.to_string();
        let attributes = self.attributes.iter().map(|attribute| Attribute {
            timestamp: time.clone(),
            ..attribute.clone()
        });
        Event {
            uuid: self.uuid,
            info: self.info.clone(),
            date: self.date.clone(),
            first: Some(First {
                distribution: distribution.code(),
                threat_level_id: "4",
                analysis: "2",
            }),
            published: publish,
            attributes: attributes.collect(),
            tags: self.tags.iter().map(|name| Tag::set(name)).collect(),
            reports: vec![EventReport {
                timestamp: time.clone(),
                ..self.report.clone()
            }],
            timestamp: Some(time),
        }
    }
}

impl Tag {
    pub(super) fn set(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            deleted: false,
        }
    }

    pub(super) fn removed(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            deleted: true,
        }
    }
}

/// How MISP compares tags.
pub(super) fn folded(tag: &str) -> String {
    tag.trim().to_lowercase()
}

/// The feed's tags, then the report's, each once whatever its case; the first [`MAX_TAGS`].
fn all_tags(report: &Report, own: &[String]) -> Vec<String> {
    let mut seen = HashSet::new();
    let mut tags = Vec::new();
    let mut take = |tag: &str| {
        let tag = storable(tag.trim(), MAX_TEXT_BYTES);
        let fits = !tag.is_empty() && tag.chars().count() <= MAX_TAG_CHARS;
        if fits && seen.insert(folded(&tag)) {
            tags.push(tag);
        }
        if tags.len() < MAX_TAGS {
            ControlFlow::Continue(())
        } else {
            ControlFlow::Break(())
        }
    };
    for tag in own {
        if take(tag).is_break() {
            break;
        }
    }
    let json = report.fields.get("tags").map_or("", |value| value.get());
    each_value(json, |value| {
        if value.starts_with('"') {
            take(&text_of(value))
        } else {
            ControlFlow::Continue(())
        }
    });
    tags.truncate(MAX_TAGS);
    tags
}

#[cfg(test)]
pub(super) mod tests {
    use indicators::IndicatorType;
    use serde_json::json;
    use serde_json::value::RawValue;

    use super::*;
    use crate::sync::own::NOTHING;

    pub(in super::super) fn report(json: &serde_json::Value) -> Report {
        Report::parse(&RawValue::from_string(json.to_string()).unwrap()).unwrap()
    }

    pub(in super::super) fn indicator(kind: IndicatorType, value: &str) -> Indicator {
        Indicator {
            kind,
            value: value.to_owned(),
            defanged: false,
            benign: None,
        }
    }

    #[test]
    fn an_event_is_added_as_documented() {
        let report = report(&json!({
            "id": "6n_wnmYvXNS6lA4-QbSlzA",
            "title": "Phishing 🙂 kit",
            "posted_at": "2026-11-20T08:15:30+00:00",
            "platform_url": "https://fp.tools/home/report/a",
            "summary": "<p>Short</p>",
            "tags": ["Fraud", "fraud", "TLP:AMBER", 7],
        }));
        let found = [
            indicator(IndicatorType::Domain, "evil.example"),
            indicator(IndicatorType::Malware, "Bad🙂"),
        ];
        let found: Vec<_> = found.iter().collect();
        let wanted = map(&report, &found, &NOTHING, &["tlp:amber".to_owned()]);
        assert_eq!(wanted.left_out, 1);
        let event = wanted.added(1_795_000_000, Distribution::Community, true);
        let mut event = serde_json::to_value(&event).unwrap();
        let attributes = event["Attribute"].take();
        let reports = event["EventReport"].take();
        assert_eq!(
            event,
            json!({
                "uuid": "172a3cf2-c82a-570a-88f7-e2066af83f04",
                "info": "Phishing \u{fffd} kit",
                "date": "2026-11-20",
                "distribution": "1",
                "threat_level_id": "4",
                "analysis": "2",
                "timestamp": "1795000000",
                "published": true,
                "Attribute": null,
                "Tag": [{"name": "tlp:amber"}, {"name": "Fraud"}],
                "EventReport": null,
            })
        );
        assert_eq!(attributes[0]["type"], "link");
        assert_eq!(
            attributes[1],
            json!({
                "uuid": ids::attribute(&report.id, "domain", "evil.example").to_string(),
                "type": "domain",
                "category": "Network activity",
                "value": "evil.example",
                "to_ids": true,
                "comment": "Flashpoint",
                "timestamp": "1795000000",
            })
        );
        assert_eq!(reports[0]["distribution"], "5");
        assert_eq!(reports[0]["timestamp"], "1795000000");
    }

    #[test]
    fn attributes_and_tags_have_an_end() {
        let tags: Vec<_> = (0..300).map(|at| format!("t{at}")).collect();
        let report = report(&json!({"id": "a", "tags": tags}));
        let found: Vec<_> = (0..MAX_ATTRIBUTES + 5)
            .map(|at| indicator(IndicatorType::Domain, &format!("d{at}.example")))
            .collect();
        let found: Vec<_> = found.iter().collect();
        let wanted = map(&report, &found, &NOTHING, &[]);
        assert_eq!(wanted.attributes.len(), MAX_ATTRIBUTES);
        assert_eq!((wanted.left_out, wanted.tags.len()), (5, MAX_TAGS));
    }
}
