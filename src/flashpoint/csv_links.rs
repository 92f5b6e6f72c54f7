//! Finds what may be a link to CSV data in a report.
//!
//! The seed: "If there is a link available for CSV data, we will append response with '`csv_data`'
//! key". Where such a link stands is not said; links are looked for in `body`, in `sources` and in
//! fields with `csv` in their name. Whether one may be followed is the source's decision.

use indexmap::IndexSet;
use memchr::{memchr2_iter, memmem};
use serde_json::value::RawValue;

use crate::sync::report::{Report, strings, text, text_of};

/// The most links of one report that are followed: a report with more is a catalogue, not data.
pub const MAX_LINKS: usize = 8;

/// The most candidates of one report: many more than are followed, since those that lead elsewhere are among them.
const MAX_CANDIDATES: usize = 64;

/// The longest link, in bytes: browsers and proxies take no longer ones everywhere.
pub const LINK_BYTES: usize = 2_048;

/// The links in a report that look like CSV data, once each, in order of appearance, at most 64.
#[must_use]
pub fn candidates(report: &Report) -> Vec<String> {
    let mut links = Links::default();
    let fields = &report.fields;
    let says_csv = |value: &RawValue| may_mention_csv(value.get());
    if fields.get("body").is_some_and(|body| says_csv(body))
        && let Some(body) = text(fields, "body")
    {
        links.collect(&body);
    }
    for (key, value) in fields {
        if is_listed(key) && says_csv(value) {
            links.strings(value.get());
        }
    }
    links.0.into_iter().collect()
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

/// Whether `csv` is there in any case.
fn mentions_csv(text: &str) -> bool {
    let text = text.as_bytes();
    memchr2_iter(b'v', b'V', text).any(|end| {
        text.get(end.saturating_sub(2)..end)
            .is_some_and(|before| before.eq_ignore_ascii_case(b"cs"))
    })
}

/// What ends a link wherever it stands.
fn ends(c: char) -> bool {
    c.is_whitespace() || matches!(c, '"' | '\'' | '<' | '>')
}

/// The links found so far.
#[derive(Default)]
struct Links(IndexSet<String>);

impl Links {
    fn is_full(&self) -> bool {
        self.0.len() >= MAX_CANDIDATES
    }

    /// Takes a link that names CSV data; false if it does not.
    fn add(&mut self, link: &str) -> bool {
        let link = link.trim();
        if link.len() > LINK_BYTES || self.is_full() {
            return false;
        }
        let link = link.replace("&amp;", "&");
        let is_csv = names_csv(&link);
        if is_csv {
            self.0.insert(link);
        }
        is_csv
    }

    /// Links in text or HTML: what stands in quotes after `href=`, and bare URLs. Each byte is looked at a bounded number
    /// of times, since the search goes on behind each link.
    fn collect(&mut self, text: &str) {
        if !mentions_csv(text) {
            return;
        }
        let mut rest = text;
        while let Some((start, mark)) = next_start(rest)
            && !self.is_full()
        {
            rest = rest.get(start..).unwrap_or_default();
            rest = match mark {
                Mark::Attribute => {
                    let value = rest.get("href=".len()..).unwrap_or_default();
                    let value = value.trim_start_matches(['"', '\'']);
                    let (link, after) = value.split_at(value.find(ends).unwrap_or(value.len()));
                    self.add_with_inner(link);
                    after
                }
                Mark::Bare => {
                    let (link, after) = rest.split_at(bare_end(rest));
                    // In running text, punctuation after a link is not its part.
                    let sentence = |c| matches!(c, '.' | ',' | ';' | ':' | '!' | '|' | ')' | ']');
                    self.add_with_inner(link.trim_end_matches(sentence));
                    after
                }
            };
        }
    }

    /// Takes a link, or else the last one that stands within it, as in a redirector's query.
    fn add_with_inner(&mut self, link: &str) {
        if link.len() <= LINK_BYTES
            && !self.add(link)
            && let Some(inner) = last_start(link)
        {
            self.add(inner);
        }
    }

    /// Takes each string of a JSON value that is a link.
    fn strings(&mut self, json: &str) {
        // Each character of a string may be escaped to six, and there are the quotes.
        let short = |string: &&str| string.len() <= 6 * LINK_BYTES + 2;
        for string in strings(json).filter(short) {
            self.add(&text_of(string));
            if self.is_full() {
                break;
            }
        }
    }
}

/// How a link begins.
#[derive(Clone, Copy)]
enum Mark {
    /// `href=`.
    Attribute,
    /// `http`.
    Bare,
}

fn mark_at(text: &[u8], at: usize) -> Option<Mark> {
    let is = |mark: &[u8]| {
        text.get(at..at + mark.len())
            .is_some_and(|here| here.eq_ignore_ascii_case(mark))
    };
    if is(b"http") {
        Some(Mark::Bare)
    } else {
        is(b"href=").then_some(Mark::Attribute)
    }
}

/// Where the first link begins.
fn next_start(text: &str) -> Option<(usize, Mark)> {
    let bytes = text.as_bytes();
    memchr2_iter(b'h', b'H', bytes).find_map(|at| Some((at, mark_at(bytes, at)?)))
}

/// The last URL that begins within a link.
fn last_start(link: &str) -> Option<&str> {
    let bytes = link.as_bytes();
    let begins = |at: &usize| *at > 0 && matches!(mark_at(bytes, *at), Some(Mark::Bare));
    let last = memchr2_iter(b'h', b'H', bytes).rfind(begins)?;
    link.get(last..)
}

/// Where a bare URL ends: before what ends any link, or where a list of URLs goes on with the next one.
fn bare_end(text: &str) -> usize {
    let separates = |at: usize, c: char| {
        matches!(c, ',' | ';' | '|') && matches!(mark_at(text.as_bytes(), at + 1), Some(Mark::Bare))
    };
    text.char_indices()
        .find(|(at, c)| ends(*c) || separates(*at, *c))
        .map_or(text.len(), |(at, _)| at)
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
    fn links_may_stand_at_any_depth_but_not_as_names() {
        let json = r#"{"id":"a","sources":[{"https://x.test/no.csv" :[["https://x.test/a.csv"],{"b":"https://x.test/b.csv"}]},7]}"#;
        assert_eq!(
            links(json),
            ["https://x.test/a.csv", "https://x.test/b.csv"]
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

    #[test]
    fn lists_of_links_are_told_apart() {
        let json = r#"{"id":"a","body":"https://x.test/a.csv,https://x.test/b.csv;HTTPS://x.test/c.csv|https://x.test/d?x=1,2&format=csv,"}"#;
        assert_eq!(
            links(json),
            [
                "https://x.test/a.csv",
                "https://x.test/b.csv",
                "HTTPS://x.test/c.csv",
                "https://x.test/d?x=1,2&format=csv"
            ]
        );
    }

    #[test]
    fn a_link_in_a_redirectors_query_is_one() {
        let json = r#"{"id":"a","body":"https://r.test/?to=https://x.test/a.csv <a href='/r?to=http://x.test/b.csv'>"}"#;
        assert_eq!(links(json), ["https://x.test/a.csv", "http://x.test/b.csv"]);
    }

    #[test]
    fn a_link_is_no_longer_than_links_are() {
        let link = |length: usize| {
            let path = "p".repeat(length - "https://x.test/.csv".len());
            format!("https://x.test/{path}.csv")
        };
        let (longest, longer) = (link(LINK_BYTES), link(LINK_BYTES + 1));
        let after = "https://x.test/after.csv";
        let body = format!(r#"{{"id":"a","body":"{longer} {longest} {after}"}}"#);
        assert_eq!(links(&body), [longest.as_str(), after]);
        let sources = format!(r#"{{"id":"a","sources":["{longer}","{longest}","{after}"]}}"#);
        assert_eq!(links(&sources), [longest.as_str(), after]);
    }

    #[test]
    fn there_are_no_more_candidates_than_are_of_use() {
        let many = |separator: &str| {
            let links: Vec<_> = (0..100_000)
                .map(|at| format!("https://x.test/{at}.csv"))
                .collect();
            links.join(separator)
        };
        for json in [
            format!(r#"{{"id":"a","body":"{}"}}"#, many(" ")),
            format!(r#"{{"id":"a","body":"{}"}}"#, many(",")),
            format!(r#"{{"id":"a","sources":["{}"]}}"#, many("\",\"")),
            format!(
                r#"{{"id":"a","sources":[[{{"x":"{}"}}]]}}"#,
                many("\"},{\"x\":\"")
            ),
        ] {
            assert_eq!(links(&json).len(), MAX_CANDIDATES);
        }
    }

    /// Each of these made the search look at the same bytes again and again.
    #[test]
    fn no_text_takes_more_than_linear_time() {
        for piece in [
            "http",
            "href=",
            "href=\"",
            "http,",
            "http123.csv ",
            "http://a.csv,",
            "http:x.csv?",
            "&amp;http",
        ] {
            growth::assert_linear(piece, 100_000, |bytes| {
                let text = format!("{}.csv", piece.repeat(bytes / piece.len()));
                let mut links = Links::default();
                growth::processor_time(|| links.collect(&text))
            });
        }
    }

    #[test]
    fn no_value_of_a_field_takes_more_than_linear_time() {
        for piece in [
            r#"[[[[["csv"]]]]]"#,
            r#"{"a.csv":"csv"}"#,
            r#""\\\"csv""#,
            r#""http1.csv""#,
        ] {
            growth::assert_linear(piece, 100_000, |bytes| {
                let values = vec![piece; bytes / piece.len()].join(",");
                let json = format!(r#"{{"id":"a","sources":[{values}],"tags":[{values}]}}"#);
                let raw = RawValue::from_string(json).unwrap();
                growth::processor_time(|| {
                    let report = Report::parse(&raw).unwrap();
                    let tags = crate::destinations::trustar::mapping::tags(&report);
                    std::hint::black_box((candidates(&report), tags));
                })
            });
        }
    }
}
