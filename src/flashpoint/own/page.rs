//! One page of Flashpoint's own indicators, read.

use indicators::IndicatorType;
use jiff::Timestamp;
use reqwest::Url;
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use super::super::elements;
use crate::http::Answer;
use crate::http::fault::{Fault, FaultKind};
use crate::sync::own::{Detail, Listed, OwnList, Score};
use crate::sync::report::read_time;

/// The longest value that is held, in bytes.
const VALUE_BYTES: usize = 4_096;

/// One page, read.
#[derive(Default)]
pub(super) struct Page {
    pub(super) list: OwnList,
    /// The address of the next one.
    pub(super) next: Option<Url>,
}

#[derive(Deserialize)]
struct Envelope<'a> {
    #[serde(borrow, deserialize_with = "elements::bounded")]
    items: Vec<&'a RawValue>,
    #[serde(default)]
    pagination: Option<Pagination>,
}

#[derive(Deserialize)]
struct Pagination {
    #[serde(default)]
    next: Option<String>,
}

/// Reads a page that came from `at`. One entry that can't be read is counted, and hides no other.
///
/// # Errors
/// Where it is no page, or goes on at another origin: the key goes nowhere else.
pub(super) fn read(answer: &Answer, at: &Url) -> Result<Page, Fault> {
    let Ok(envelope) = serde_json::from_slice::<Envelope<'_>>(&answer.body) else {
        return Err(answer.unlike("a page of indicators"));
    };
    let mut page = Page::default();
    for item in envelope.items {
        match serde_json::from_str::<Item>(item.get()) {
            Ok(item) => item.list(&mut page.list),
            Err(_) => page.list.unmapped += 1,
        }
    }
    if let Some(next) = envelope.pagination.and_then(|pages| pages.next) {
        let url = at.join(&next).ok();
        let url = url.filter(|url| {
            let names_nobody = url.username().is_empty() && url.password().is_none();
            url.origin() == at.origin() && names_nobody
        });
        let url = url.ok_or_else(|| {
            let happened = format!(
                "says that the next page of indicators is at {}, which is not the same origin: it is not followed",
                answer.shown(&next)
            );
            answer.fault(FaultKind::UnexpectedResponse, &happened)
        })?;
        page.next = Some(url);
    }
    Ok(page)
}

/// An indicator as Ignite lists it, as far as it matters here; all but its type may be absent or of another form.
#[derive(Deserialize)]
struct Item {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    value: Value,
    #[serde(default)]
    hashes: Value,
    #[serde(default)]
    score: Value,
    #[serde(default)]
    first_seen_at: Value,
    #[serde(default)]
    created_at: Value,
    #[serde(default)]
    last_seen_at: Value,
}

impl Item {
    /// Adds what it is to a list: a file is as many as it has digests.
    fn list(self, list: &mut OwnList) {
        let first = time(&self.first_seen_at).or_else(|| time(&self.created_at));
        let detail = Detail {
            score: self.score["value"].as_str().and_then(Score::read),
            first_seen: first,
            last_seen: time(&self.last_seen_at),
            in_text: false,
        };
        let value = self.value.as_str().unwrap_or_default();
        let found: Vec<(IndicatorType, &str)> = match self.kind.as_str() {
            "ipv4" | "ipv6" => vec![(IndicatorType::Ip, value)],
            "domain" => vec![(IndicatorType::Domain, value)],
            "url" => vec![(IndicatorType::Url, value)],
            "file" => self.digests(value),
            _ => Vec::new(),
        };
        if found.is_empty() {
            list.unmapped += 1;
        }
        for (kind, value) in found {
            if value.len() > VALUE_BYTES {
                list.unmapped += 1;
                continue;
            }
            list.listed.push(Listed {
                kind,
                value: value.to_owned(),
                detail,
            });
        }
    }

    /// The digests of a file: `hashes`, else the value, which is one of them.
    fn digests<'a>(&'a self, value: &'a str) -> Vec<(IndicatorType, &'a str)> {
        let named = [
            ("sha1", IndicatorType::Sha1),
            ("sha256", IndicatorType::Sha256),
        ];
        let named = named
            .into_iter()
            .filter_map(|(name, kind)| Some((kind, self.hashes[name].as_str()?)));
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
}

/// A time, with or without a zone; without one it is UTC.
fn time(value: &Value) -> Option<Timestamp> {
    read_time(value.as_str()?)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn listed(item: &Value) -> OwnList {
        let mut list = OwnList::default();
        serde_json::from_value::<Item>(item.clone())
            .unwrap()
            .list(&mut list);
        list
    }

    #[test]
    fn types_scores_and_times_are_read() {
        let list = listed(&json!({
            "id": "cgERwXABVRCXoIKgACptBw", "type": "domain", "value": "evil-site.ru", "entity_type": "indicator",
            "score": {"value": "suspicious", "last_scored_at": "2025-12-18T10:02:13.186433Z"},
            "created_at": "2025-12-18T10:00:09.192000Z", "last_seen_at": "2025-12-19T10:00:09.192000",
            "hashes": null,
        }));
        let detail = Detail {
            score: Some(Score::Suspicious),
            first_seen: Some("2025-12-18T10:00:09.192Z".parse().unwrap()),
            last_seen: Some("2025-12-19T10:00:09.192Z".parse().unwrap()),
            in_text: false,
        };
        assert_eq!(list.listed.len(), 1);
        assert_eq!(list.listed[0].detail, detail);
        let bare = listed(
            &json!({"type": "ipv4", "value": "45.77.1.9", "score": "high", "last_seen_at": 7}),
        );
        assert_eq!(bare.listed[0].detail, Detail::default());
    }

    #[test]
    fn a_file_is_each_of_its_digests_and_what_has_no_type_is_counted() {
        let (sha1, sha256) = ("a".repeat(40), "b".repeat(64));
        let file = listed(
            &json!({"type": "file", "value": sha256, "hashes": {"md5": "c", "sha1": sha1, "sha256": sha256}}),
        );
        let kinds: Vec<_> = file.listed.iter().map(|one| one.kind).collect();
        assert_eq!(kinds, [IndicatorType::Sha1, IndicatorType::Sha256]);
        let file = listed(
            &json!({"type": "file", "value": sha256, "hashes": {"md5": null, "sha1": null, "sha256": null}}),
        );
        assert_eq!(file.listed[0].kind, IndicatorType::Sha256);
        for unmapped in [
            json!({"type": "file", "value": "d".repeat(32), "hashes": {"md5": "d".repeat(32)}}),
            json!({"type": "extracted_config", "value": "x"}),
            json!({"type": "url", "value": format!("http://a.ru/{}", "a".repeat(5_000))}),
        ] {
            let list = listed(&unmapped);
            assert_eq!((list.listed.len(), list.unmapped), (0, 1), "{unmapped}");
        }
    }
}
