//! From a Flashpoint report to a TruSTAR one: the seed's content mapping, and nothing else.

use std::ops::ControlFlow;

use indexmap::IndexSet;
use jiff::Timestamp;

use crate::sync::report::{CsvData, Report, each_value, text_of};

/// Tags over this length are left out (the seed: "greater than 32 characters long will be
/// ignored"), in characters.
pub const MAX_TAG_CHARS: usize = 32;

/// The most tags of a report that are set and remembered: the ledger holds them for each report, and TruSTAR's own
/// library sets 20.
pub const MAX_TAGS: usize = 100;

/// The longest `externalUrl` that TruSTAR's documentation allows, in characters.
pub const MAX_DEEPLINK_CHARS: usize = 500;

/// A report as TruSTAR takes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Submission {
    /// `title`, or the id where there is none.
    pub title: String,
    /// `externalTrackingId`: Flashpoint's id of the report, 1 to 500 characters.
    pub external_id: String,
    /// `reportBody`: the report's JSON, as text.
    pub body: String,
    /// `timeBegan`: when it was posted, where that is readable.
    pub time_began: Option<Timestamp>,
    /// `externalUrl` (deeplink), at most 500 characters.
    pub deeplink: Option<String>,
    /// Tags of at most 32 characters, deduplicated, in order, at most [`MAX_TAGS`].
    pub tags: Vec<String>,
}

#[must_use]
pub fn map(report: &Report, csv: &CsvData) -> Submission {
    let deeplink = report
        .deeplink
        .as_deref()
        .filter(|url| url.chars().count() <= MAX_DEEPLINK_CHARS);
    Submission {
        title: report
            .title
            .clone()
            .unwrap_or_else(|| report.id.to_string()),
        external_id: report.id.to_string(),
        body: body(report, csv),
        time_began: report.posted_at,
        deeplink: deeplink.map(Into::into),
        tags: tags(report),
    }
}

/// The tags of a report that TruSTAR takes, the first [`MAX_TAGS`] of them. Nothing is held of the others.
#[must_use]
pub fn tags(report: &Report) -> Vec<String> {
    let mut tags = IndexSet::new();
    let json = report.fields.get("tags").map_or("", |value| value.get());
    each_value(json, |value| {
        tags.extend(tag(value));
        if tags.len() < MAX_TAGS {
            ControlFlow::Continue(())
        } else {
            ControlFlow::Break(())
        }
    });
    tags.into_iter().collect()
}

/// A tag that is a string and neither empty nor too long.
fn tag(json: &str) -> Option<String> {
    // The longest way to write a character in JSON is two escapes, `\ud83d\ude42`; and there are the quotes.
    const LONGEST: usize = MAX_TAG_CHARS * 12 + 2;
    if !json.starts_with('"') || json.len() > LONGEST {
        return None;
    }
    let tag = text_of(json);
    let fits = !tag.trim().is_empty() && tag.chars().count() <= MAX_TAG_CHARS;
    fits.then(|| tag.into_owned())
}

/// The report's JSON with `summary` first, the other keys in their order, and `csv_data` last.
fn body(report: &Report, csv: &CsvData) -> String {
    let fields = &report.fields;
    let csv = json_of(csv);
    let mut json = String::with_capacity(report.len() + csv.as_ref().map_or(0, String::len) + 16);
    json.push('{');
    let summary = fields.get_key_value("summary");
    let others = fields
        .iter()
        .filter(|(key, _)| key.as_ref() != "summary")
        .filter(|(key, _)| csv.is_none() || key.as_ref() != "csv_data");
    for (key, value) in summary.into_iter().chain(others) {
        push_member(&mut json, key, value.get());
    }
    if let Some(csv) = csv {
        push_member(&mut json, "csv_data", &csv);
    }
    json.push('}');
    json
}

fn json_of(csv: &CsvData) -> Option<String> {
    match csv {
        CsvData::None => None,
        CsvData::One(text) => serde_json::to_string(text).ok(),
        CsvData::Several(texts) => serde_json::to_string(texts).ok(),
    }
}

fn push_member(json: &mut String, key: &str, value: &str) {
    if json.len() > 1 {
        json.push(',');
    }
    // Serialising a string can't fail; `Value`'s Display is the escape without a Result.
    json.push_str(&serde_json::Value::from(key).to_string());
    json.push(':');
    json.push_str(value);
}

#[cfg(test)]
mod tests {
    use serde_json::value::RawValue;

    use super::*;

    fn report(json: &str) -> Report {
        Report::parse(&RawValue::from_string(json.to_owned()).unwrap()).unwrap()
    }

    #[test]
    fn summary_goes_first_and_other_keys_keep_their_order_and_bytes() {
        let report = report(
            r#"{"z":1.0,"id":"a","n":12345678901234567890123,"summary":"<p>s</p>","b":{"y":1,"x":2}}"#,
        );
        assert_eq!(
            map(&report, &CsvData::None).body,
            r#"{"summary":"<p>s</p>","z":1.0,"id":"a","n":12345678901234567890123,"b":{"y":1,"x":2}}"#
        );
    }

    #[test]
    fn csv_data_goes_last_as_text_or_as_an_array() {
        let report = report(r#"{"id":"a","csv_data":"old","summary":null}"#);
        assert_eq!(
            map(&report, &CsvData::None).body,
            r#"{"summary":null,"id":"a","csv_data":"old"}"#
        );
        assert_eq!(
            map(&report, &CsvData::One("x,\"y\"\n".into())).body,
            r#"{"summary":null,"id":"a","csv_data":"x,\"y\"\n"}"#
        );
        assert_eq!(
            map(&report, &CsvData::Several(vec!["1".into(), "2".into()])).body,
            r#"{"summary":null,"id":"a","csv_data":["1","2"]}"#
        );
    }

    #[test]
    fn tags_are_strings_of_at_most_32_characters_once_each() {
        let at_limit = "ä".repeat(32);
        let over = "a".repeat(33);
        let report = report(&format!(
            r#"{{"id":"a","tags":["Fraud","{at_limit}","{over}","Fraud",7,null,"","Cybersecurity & Internet Governance"]}}"#
        ));
        assert_eq!(tags(&report), ["Fraud".to_owned(), at_limit]);
    }

    #[test]
    fn the_first_hundred_tags_that_qualify_are_taken() {
        let over = format!("\"{}\"", "\\ud83d\\ude42".repeat(33));
        let longest = "\\ud83d\\ude42".repeat(32);
        let many: Vec<_> = (0..200)
            .map(|at| format!("\"t{at}\",{over},\"t0\""))
            .collect();
        let report = report(&format!(
            r#"{{"id":"a","tags":[7,{over},"{longest}",{}]}}"#,
            many.join(",")
        ));
        let expected = ["🙂".repeat(32)];
        let expected = expected
            .into_iter()
            .chain((0..99).map(|at| format!("t{at}")));
        assert_eq!(tags(&report), expected.collect::<Vec<_>>());
    }

    #[test]
    fn tags_of_another_type_are_no_tags() {
        for json in [
            r#"{"id":"a","tags":null}"#,
            r#"{"id":"a","tags":{"x":1}}"#,
            r#"{"id":"a"}"#,
        ] {
            assert!(tags(&report(json)).is_empty(), "{json}");
        }
    }

    #[test]
    fn a_report_without_title_is_named_by_its_id() {
        assert_eq!(
            map(&report(r#"{"id":"a","title":""}"#), &CsvData::None).title,
            "a"
        );
        assert_eq!(
            map(&report(r#"{"id":"a","title":5}"#), &CsvData::None).title,
            "5"
        );
    }

    #[test]
    fn a_deeplink_over_500_characters_is_left_out() {
        let deeplink = |length: usize| {
            let url = "u".repeat(length);
            map(
                &report(&format!(r#"{{"id":"a","platform_url":"{url}"}}"#)),
                &CsvData::None,
            )
            .deeplink
        };
        assert_eq!(deeplink(500).map(|url| url.len()), Some(500));
        assert_eq!(deeplink(501), None);
        assert_eq!(deeplink(0), None);
    }

    #[test]
    fn the_body_stays_valid_json() {
        let report = report(r#"{"id":"a","k\"\u0001ey":"v","summary":"s"}"#);
        let body = map(&report, &CsvData::None).body;
        let value: serde_json::Value = serde_json::from_str(&body).unwrap();
        assert_eq!(value["k\"\u{1}ey"], "v");
    }
}
