//! One page of Flashpoint's own indicators, read.

use std::collections::HashSet;

use indicators::IndicatorType;
use jiff::Timestamp;
use reqwest::Url;
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use super::super::elements;
use crate::http::fault::{Fault, FaultKind};
use crate::http::{Answer, hash};
use crate::sync::own::{Detail, Listed, OwnList, Score};
use crate::sync::report::read_time;

/// The longest value that is held, in bytes.
const VALUE_BYTES: usize = 4_096;

/// One page, read.
#[derive(Default)]
pub(super) struct Page {
    pub(super) list: OwnList,
    /// By what its entries are told apart, those of no type too.
    pub(super) entries: HashSet<u64>,
    /// How many entries all pages have, as far as it says so.
    pub(super) total: u64,
    /// The address of the next one.
    pub(super) next: Option<Url>,
}

#[derive(Deserialize)]
struct Envelope<'a> {
    #[serde(borrow, deserialize_with = "elements::bounded")]
    items: Vec<&'a RawValue>,
    #[serde(default)]
    total: Value,
    /// `{"next": …, "prev": …}`, each an address or null.
    #[serde(default)]
    pagination: Value,
}

/// Reads a page that came from `at`. One entry that can't be read is counted, and hides no other.
///
/// # Errors
/// Where it is no page, or goes on at another origin: the key goes nowhere else.
pub(super) fn read(answer: &Answer, at: &Url) -> Result<Page, Fault> {
    let text = String::from_utf8_lossy(&answer.body);
    let text = text.trim_start_matches('\u{feff}');
    // A raw control character in one description would lose the whole page (RFC 8259 §7).
    let page = listed(text).or_else(|| listed(&text.replace(|c| c < ' ', " ")));
    let (page, next) = page.ok_or_else(|| answer.unlike("a page of indicators"))?;
    let next = next.map(|next| followed(&next, at).ok_or_else(|| elsewhere(answer, &next)));
    Ok(Page {
        next: next.transpose()?,
        ..page
    })
}

/// What a page lists, and where it says that the next one is.
fn listed(text: &str) -> Option<(Page, Option<String>)> {
    let envelope: Envelope<'_> = serde_json::from_str(text).ok()?;
    let mut page = Page {
        total: envelope.total.as_u64().unwrap_or_default(),
        ..Page::default()
    };
    for item in envelope.items {
        let item = serde_json::from_str(item.get()).unwrap_or_default();
        page.entries.insert(identity(&item));
        add(&item, &mut page.list);
    }
    let next = envelope.pagination["next"].as_str().map(str::to_owned);
    Some((page, next))
}

/// What tells an entry from others: its id, else its type and value.
fn identity(item: &Value) -> u64 {
    match item["id"].as_str() {
        Some(id) => hash(id.as_bytes()),
        None => hash(format!("{} {}", item["type"], item["value"]).as_bytes()),
    }
}

fn followed(next: &str, at: &Url) -> Option<Url> {
    let url = at.join(next).ok()?;
    let names_nobody = url.username().is_empty() && url.password().is_none();
    (url.origin() == at.origin() && names_nobody).then_some(url)
}

fn elsewhere(answer: &Answer, next: &str) -> Fault {
    let happened = format!(
        "says that the next page of indicators is at {}, which is not the same origin: it is not followed",
        answer.shown(next)
    );
    answer.fault(FaultKind::UnexpectedResponse, &happened)
}

/// Adds what an entry is to a list: a file is as many as it has digests. All but its type may be absent, or of another form.
fn add(item: &Value, list: &mut OwnList) {
    let value = item["value"].as_str().unwrap_or_default();
    let found = match item["type"].as_str().unwrap_or_default() {
        "ipv4" | "ipv6" => vec![(IndicatorType::Ip, value)],
        "domain" => vec![(IndicatorType::Domain, value)],
        "url" => vec![(IndicatorType::Url, value)],
        "file" => digests(&item["hashes"], value),
        _ => Vec::new(),
    };
    let fits = |(_, value): &(IndicatorType, &str)| value.len() <= VALUE_BYTES;
    if !found.iter().any(fits) {
        list.unmapped += 1;
    }
    let detail = Detail {
        score: item["score"]["value"].as_str().and_then(Score::read),
        first_seen: time(&item["first_seen_at"]).or_else(|| time(&item["created_at"])),
        last_seen: time(&item["last_seen_at"]),
    };
    let found = found.into_iter().filter(fits);
    list.listed.extend(found.map(|(kind, value)| Listed {
        kind,
        value: value.to_owned(),
        detail,
    }));
}

/// The digests of a file: `hashes`, else the value, which is one of them.
fn digests<'a>(hashes: &'a Value, value: &'a str) -> Vec<(IndicatorType, &'a str)> {
    let named = [
        ("sha1", IndicatorType::Sha1),
        ("sha256", IndicatorType::Sha256),
    ];
    let named = named
        .into_iter()
        .filter_map(|(name, kind)| Some((kind, hashes[name].as_str()?)));
    let mut found: Vec<_> = named.filter(|(_, digest)| !digest.is_empty()).collect();
    if found.is_empty() {
        found.extend(match value.len() {
            40 => Some((IndicatorType::Sha1, value)),
            64 => Some((IndicatorType::Sha256, value)),
            _ => None,
        });
    }
    found
}

/// A time, with or without a zone; without one it is UTC.
fn time(value: &Value) -> Option<Timestamp> {
    read_time(value.as_str()?)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn of(item: &Value) -> OwnList {
        let mut list = OwnList::default();
        add(item, &mut list);
        list
    }

    #[test]
    fn types_scores_and_times_are_read() {
        let list = of(&json!({
            "id": "cgERwXABVRCXoIKgACptBw", "type": "domain", "value": "evil-site.ru", "entity_type": "indicator",
            "score": {"value": "suspicious", "last_scored_at": "2025-12-18T10:02:13.186433Z"},
            "created_at": "2025-12-18T10:00:09.192000Z", "last_seen_at": "2025-12-19T10:00:09.192000",
            "hashes": null,
        }));
        let detail = Detail {
            score: Some(Score::Suspicious),
            first_seen: Some("2025-12-18T10:00:09.192Z".parse().unwrap()),
            last_seen: Some("2025-12-19T10:00:09.192Z".parse().unwrap()),
        };
        assert_eq!(list.listed.len(), 1);
        assert_eq!(list.listed[0].detail, detail);
        let bare =
            of(&json!({"type": "ipv4", "value": "45.77.1.9", "score": "high", "last_seen_at": 7}));
        assert_eq!(bare.listed[0].detail, Detail::default());
    }

    #[test]
    fn a_file_is_each_of_its_digests_and_what_has_no_type_is_counted() {
        let (sha1, sha256) = ("a".repeat(40), "b".repeat(64));
        let file = of(
            &json!({"type": "file", "value": sha256, "hashes": {"md5": "c", "sha1": sha1, "sha256": sha256}}),
        );
        let kinds: Vec<_> = file.listed.iter().map(|one| one.kind).collect();
        assert_eq!(kinds, [IndicatorType::Sha1, IndicatorType::Sha256]);
        let file = of(
            &json!({"type": "file", "value": sha256, "hashes": {"md5": null, "sha1": null, "sha256": null}}),
        );
        assert_eq!(file.listed[0].kind, IndicatorType::Sha256);
        for unmapped in [
            json!({"type": "file", "value": "d".repeat(32), "hashes": {"md5": "d".repeat(32)}}),
            json!({"type": "extracted_config", "value": "x"}),
            json!({"type": "url", "value": format!("http://a.ru/{}", "a".repeat(5_000))}),
        ] {
            let list = of(&unmapped);
            assert_eq!((list.listed.len(), list.unmapped), (0, 1), "{unmapped}");
        }
    }

    #[test]
    fn one_bad_entry_hides_no_other() {
        let text = r#"{"items": [7, {"type": 7}, {"value": "a.ru"}, null, {"type": "domain", "value": "evil-site.ru"}],
            "pagination": {"next": "/next"}}"#;
        let (page, next) = listed(text).unwrap();
        assert_eq!((page.list.listed.len(), page.list.unmapped), (1, 4));
        assert_eq!((page.entries.len(), page.total), (4, 0));
        assert_eq!(next.as_deref(), Some("/next"));
        for end in ["{}", r#"{"next": null}"#, "null", "[]"] {
            let text = format!(r#"{{"items": [], "pagination": {end}}}"#);
            assert_eq!(listed(&text).unwrap().1, None, "{end}");
        }
        assert!(listed(r#"{"items": {}}"#).is_none());
    }
}
