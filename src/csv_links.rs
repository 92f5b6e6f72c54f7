//! Finds what may be a link to CSV data in a report.
//!
//! The seed: "If there is a link available for CSV data, we will append response with '`csv_data`'
//! key". Where such a link stands is not said; links are looked for in `body`, in `sources` and in
//! fields with `csv` in their name. Whether one may be followed is the source's decision.

use memchr::{memchr2_iter, memmem};
use serde_json::value::RawValue;

use crate::report::{Fields, Report, text, text_of};

/// The most links of one report that are followed: a report with more is a catalogue, not data.
pub const MAX_LINKS: usize = 8;

/// How deep links may be nested in a field: `sources` is a list of objects.
const MAX_DEPTH: usize = 8;

/// The links in a report that look like CSV data, once each, in order of appearance.
#[must_use]
pub fn candidates(report: &Report) -> Vec<String> {
    let mut links = Vec::new();
    let fields = &report.fields;
    let says_csv = |value: &RawValue| may_mention_csv(value.get());
    if fields.get("body").is_some_and(|body| says_csv(body))
        && let Some(body) = text(fields, "body")
    {
        collect(&body, &mut links);
    }
    for (key, value) in fields {
        if is_listed(key) && says_csv(value) {
            strings(value.get(), MAX_DEPTH, &mut links);
        }
    }
    links
}

/// Whether the text in some JSON may hold `csv`: few reports have it, and those that have none need no second look.
fn may_mention_csv(json: &str) -> bool {
    // A letter may be written as its code too.
    let is_letter = |at: usize| {
        let code = json.as_bytes().get(at + 4..at + 6);
        matches!(code, Some(b"43" | b"53" | b"56" | b"63" | b"73" | b"76"))
    };
    mentions_csv(json) || memmem::find_iter(json.as_bytes(), b"\\u00").any(is_letter)
}

/// The field that `text` stands in may hold links besides the body.
fn is_listed(key: &str) -> bool {
    key == "sources" || (key != "csv_data" && mentions_csv(key))
}

/// Whether a link's path ends in `.csv`, or its query says `format=csv`.
#[must_use]
pub fn names_csv(link: &str) -> bool {
    let link = link.split('#').next().unwrap_or_default();
    let (path, query) = link.split_once('?').unwrap_or((link, ""));
    let ends_in_csv = path.len() > 4 && path.to_ascii_lowercase().ends_with(".csv");
    ends_in_csv
        || query
            .split('&')
            .any(|pair| pair.eq_ignore_ascii_case("format=csv"))
}

/// Links in text or HTML: what stands in quotes after `href=`, and bare URLs.
fn collect(text: &str, links: &mut Vec<String>) {
    if !mentions_csv(text) {
        return;
    }
    let lower = text.to_ascii_lowercase();
    if !lower.contains(".csv") && !lower.contains("format=csv") {
        return;
    }
    let ends = |c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '<' | '>');
    let attributes = lower
        .match_indices("href=")
        .map(|(start, mark)| (start + mark.len(), true));
    let bare = lower.match_indices("http").map(|(start, _)| (start, false));
    let mut starts: Vec<_> = attributes.chain(bare).collect();
    starts.sort_unstable();
    for (start, attribute) in starts {
        // ASCII lower case keeps every byte's place.
        let Some(rest) = text.get(start..) else {
            continue;
        };
        let rest = rest.trim_start_matches(['"', '\'']);
        let link = rest.split(ends).next().unwrap_or_default();
        // In running text, punctuation after a link is not its part.
        let sentence = |c: char| !attribute && matches!(c, '.' | ',' | ';' | ':' | '!' | ')' | ']');
        add(link.trim_end_matches(sentence), links);
    }
}

/// Whether `csv` is there in any case.
fn mentions_csv(text: &str) -> bool {
    let text = text.as_bytes();
    memchr2_iter(b'v', b'V', text).any(|end| {
        text.get(end.saturating_sub(2)..end)
            .is_some_and(|before| before.eq_ignore_ascii_case(b"cs"))
    })
}

fn add(link: &str, links: &mut Vec<String>) {
    let link = link.trim().replace("&amp;", "&");
    if names_csv(&link) && !links.contains(&link) {
        links.push(link);
    }
}

/// The strings in a JSON value, down to some depth.
fn strings(json: &str, depth: usize, links: &mut Vec<String>) {
    let Some(depth) = depth.checked_sub(1) else {
        return;
    };
    if json.starts_with('"') {
        add(&text_of(json), links);
    } else if json.starts_with('[') {
        let values: Vec<&RawValue> = serde_json::from_str(json).unwrap_or_default();
        for value in values {
            strings(value.get(), depth, links);
        }
    } else if json.starts_with('{') {
        let fields: Fields = serde_json::from_str(json).unwrap_or_default();
        for value in fields.values() {
            strings(value.get(), depth, links);
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    fn links(json: &str) -> Vec<String> {
        let raw = RawValue::from_string(json.to_owned()).unwrap();
        candidates(&Report::parse(&raw).unwrap())
    }

    #[test]
    fn links_stand_in_the_body_the_sources_and_csv_fields() {
        let json = r#"{"id":"a",
            "body":"<a href=\"/reports/1.csv\">x</a> <a href='https://fp.tools/e?x=1&amp;format=csv'>y</a> (https://fp.tools/plain.csv). <a href=\"/reports/2.csv\">",
            "sources":[{"original":"https://fp.tools/s.CSV","title":"t"}],
            "iocs_csv":"https://fp.tools/f.csv#top",
            "csv_data":"https://fp.tools/not.csv"}"#;
        assert_eq!(
            links(json),
            [
                "/reports/1.csv",
                "https://fp.tools/e?x=1&format=csv",
                "https://fp.tools/plain.csv",
                "/reports/2.csv",
                "https://fp.tools/s.CSV",
                "https://fp.tools/f.csv#top",
            ]
        );
    }

    #[test]
    fn other_links_are_left_alone() {
        assert!(links(r#"{"id":"a","body":"<a href=\"https://x.test/csv/page.html?f=a.csv\">.csv</a>","sources":[null,1]}"#).is_empty());
    }

    #[test]
    fn letters_may_be_escaped() {
        let json = r#"{"id":"a","body":"https://x.test/a.\u0063sv","sources":["https://x.test/b.cs\u0056"]}"#;
        assert_eq!(
            links(json),
            ["https://x.test/a.csv", "https://x.test/b.csV"]
        );
    }

    #[test]
    fn a_link_counts_once() {
        assert_eq!(
            links(r#"{"id":"a","body":"<a href='https://x.test/a.csv'>https://x.test/a.csv</a>"}"#)
                .len(),
            1
        );
    }

    #[test]
    fn deeply_nested_sources_do_no_harm() {
        let json = format!(
            r#"{{"id":"a","sources":{}{}}}"#,
            "[".repeat(5_000),
            "]".repeat(5_000)
        );
        assert!(links(&json).is_empty());
    }
}
