//! A report as Flashpoint sent it: its bytes, and the few fields that decide what happens to it.

mod csv_data;
mod fields;
mod outline;

use std::fmt;

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use serde::Deserialize;
use serde_json::value::RawValue;
use sha2::{Digest as _, Sha256};

pub use csv_data::CsvData;
pub use fields::{Fields, each_value, strings, text, text_of};
use outline::Outline;

/// The longest id that TruSTAR takes as an external id, in characters.
pub const MAX_ID_CHARS: usize = 500;

/// The most bytes of JSON that one report may have.
pub const MAX_REPORT_BYTES: usize = 16 * 1024 * 1024;

/// The longest link to a report that is held, in bytes: no destination takes a longer one.
const MAX_DEEPLINK_BYTES: usize = 2_048;

/// The most bytes of a title that go beyond the report's own JSON: far more than any title has.
const MAX_TITLE_BYTES: usize = 16 * 1024;

/// Flashpoint's id of a report: 1 to 500 characters, case-sensitive.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ReportId(Box<str>);

impl ReportId {
    /// Takes an id that is neither empty nor too long for an external id.
    #[must_use]
    pub fn new(text: &str) -> Option<Self> {
        let fits = !text.trim().is_empty() && text.chars().count() <= MAX_ID_CHARS;
        fits.then(|| Self(text.into()))
    }

    /// The id as Flashpoint wrote it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ReportId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The first 64 bits of the SHA-256 of a report's JSON as received: tells an edit from a repeat.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Digest(pub u64);

impl Digest {
    /// The digest of some bytes.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        let hash = Sha256::digest(bytes);
        let first = hash.iter().take(8);
        Self(first.fold(0, |value, byte| value << 8 | u64::from(*byte)))
    }
}

/// An element of the listing that can't be handled as a report.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{defect}")]
pub struct Unreadable {
    pub defect: Defect,
    /// Tells it from others.
    pub digest: Digest,
}

/// Why an element of the listing can't be handled as a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Defect {
    #[error("it is not a JSON object")]
    NotAnObject,
    /// So many fields at the top are no report: each is held by itself, which takes far more than its bytes.
    #[error("it has more than {} fields", fields::MAX_FIELDS)]
    TooManyFields,
    /// No usable `id`: without one it could be submitted twice.
    #[error("it has no id of 1 to {MAX_ID_CHARS} characters")]
    NoId,
}

/// One report, read at the edge.
#[derive(Debug)]
pub struct Report {
    pub id: ReportId,
    /// Tells an edit from a repeat.
    pub digest: Digest,
    /// `title`, where there is one, at most 16 KiB of it.
    pub title: Option<String>,
    /// Where people read it: `platform_url`, or what the source says instead; at most 2,048 bytes.
    pub deeplink: Option<Box<str>>,
    /// `posted_at`, where it is readable.
    pub posted_at: Option<Timestamp>,
    /// The newest of the report's times: the latest by which any listing may file it.
    pub filed_at: Option<Timestamp>,
    /// Whether `published_status` is absent or `published`.
    pub published: bool,
    pub fields: Fields,
    bytes: usize,
}

impl Report {
    /// Reads an element of the listing.
    ///
    /// # Errors
    /// When it is no object, or has no usable id.
    pub fn parse(raw: &RawValue) -> Result<Self, Unreadable> {
        Self::outline(raw.get()).map(|report| report.with_content(raw.get()))
    }

    /// The same without its fields: most of what a listing shows is known, and needs none of them.
    pub(super) fn outline(json: &str) -> Result<Self, Unreadable> {
        let digest = Digest::of(json.as_bytes());
        let unreadable = |defect| Unreadable { defect, digest };
        let outline = Outline::read(json).map_err(unreadable)?;
        let id = outline
            .text("id")
            .and_then(|id| ReportId::new(&id))
            .ok_or(unreadable(Defect::NoId))?;
        let time = |name| outline.text(name).and_then(|text| read_time(&text));
        let posted_at = time("posted_at");
        let filed_at = ["updated_at", "version_posted_at", "ingested_at"]
            .into_iter()
            .map(time)
            .chain([posted_at])
            .max()
            .flatten();
        let published = outline
            .text("published_status")
            .is_none_or(|status| status.trim().eq_ignore_ascii_case("published"));
        let title = outline
            .text("title")
            .filter(|title| !title.trim().is_empty())
            .map(|title| first_bytes(&title, MAX_TITLE_BYTES).to_owned());
        let deeplink = outline
            .text("platform_url")
            .filter(|link| !link.is_empty() && link.len() <= MAX_DEEPLINK_BYTES)
            .map(|link| link.as_ref().into());
        Ok(Self {
            id,
            digest,
            title,
            deeplink,
            posted_at,
            filed_at,
            published,
            fields: Fields::new(),
            bytes: json.len(),
        })
    }

    /// With the fields of the JSON that it is the outline of, which can be read where that could.
    #[must_use]
    pub(super) fn with_content(self, json: &str) -> Self {
        Self {
            fields: fields::read(json),
            ..self
        }
    }

    /// The same without its fields, for a report of which nothing but its name and times is needed.
    #[must_use]
    pub fn without_content(self) -> Self {
        Self {
            fields: Fields::default(),
            deeplink: None,
            ..self
        }
    }

    /// The length of its JSON, in bytes.
    #[must_use]
    pub fn len(&self) -> usize {
        self.bytes
    }

    /// Never: a report has at least an id.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        false
    }
}

/// A report's times, read without the rest of it.
#[derive(Deserialize)]
#[expect(clippy::struct_field_names, reason = "Flashpoint's names")]
struct Times<'a> {
    #[serde(borrow, default)]
    posted_at: Option<&'a RawValue>,
    #[serde(borrow, default)]
    updated_at: Option<&'a RawValue>,
    #[serde(borrow, default)]
    version_posted_at: Option<&'a RawValue>,
    #[serde(borrow, default)]
    ingested_at: Option<&'a RawValue>,
}

fn time_in(value: Option<&RawValue>) -> Option<Timestamp> {
    read_time(&text_of(value?.get()))
}

/// The time that listings are ordered by where nothing else was asked for: `posted_at`, else the newest other one.
#[must_use]
pub fn order_of(json: &str) -> Option<Timestamp> {
    let times: Times<'_> = serde_json::from_str(json).ok()?;
    let others = [times.updated_at, times.version_posted_at, times.ingested_at];
    time_in(times.posted_at).or_else(|| others.into_iter().map(time_in).max().flatten())
}

/// `updated_at`, where it is readable.
#[must_use]
pub fn updated_at(json: &str) -> Option<Timestamp> {
    let times: Times<'_> = serde_json::from_str(json).ok()?;
    time_in(times.updated_at)
}

/// The start of a text, at most so many bytes of it.
fn first_bytes(text: &str, bytes: usize) -> &str {
    text.get(..text.floor_char_boundary(bytes)).unwrap_or(text)
}

/// Reads a time; without a zone it is taken as UTC.
pub(crate) fn read_time(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    text.parse::<Timestamp>().ok().or_else(|| {
        let civil: DateTime = text.parse().ok()?;
        Some(civil.to_zoned(TimeZone::UTC).ok()?.timestamp())
    })
}

#[cfg(test)]
mod tests {
    use super::fields::MAX_FIELDS;
    use super::*;

    fn parse(json: &str) -> Result<Report, Unreadable> {
        Report::parse(&RawValue::from_string(json.to_owned()).unwrap())
    }

    #[test]
    fn an_id_is_kept_as_its_text() {
        assert_eq!(
            parse(r#"{"id":"KtHHUswTTSG1IjhreK3ipg"}"#)
                .unwrap()
                .id
                .as_str(),
            "KtHHUswTTSG1IjhreK3ipg"
        );
        assert_eq!(parse(r#"{"id":123}"#).unwrap().id.as_str(), "123");
    }

    #[test]
    fn what_has_no_id_is_unreadable() {
        for json in [r"{}", r#"{"id":null}"#, r#"{"id":""}"#, r#"{"id":" "}"#] {
            assert_eq!(parse(json).unwrap_err().defect, Defect::NoId, "{json}");
        }
        assert_eq!(
            parse(&format!(r#"{{"id":"{}"}}"#, "a".repeat(501)))
                .unwrap_err()
                .defect,
            Defect::NoId
        );
        assert_eq!(parse("[1]").unwrap_err().defect, Defect::NotAnObject);
        assert_eq!(parse("null").unwrap_err().defect, Defect::NotAnObject);
    }

    #[test]
    fn an_object_of_fields_beyond_measure_is_no_report() {
        let report = |count: usize| {
            let fields: Vec<_> = (1..count).map(|at| format!(r#""{at}":1"#)).collect();
            parse(&format!(r#"{{"id":"a",{}}}"#, fields.join(",")))
        };
        assert_eq!(report(MAX_FIELDS).unwrap().fields.len(), MAX_FIELDS);
        assert_eq!(
            report(MAX_FIELDS + 1).unwrap_err().defect,
            Defect::TooManyFields
        );
    }

    #[test]
    fn a_title_has_an_end() {
        let json = format!(r#"{{"id":"a","title":"{}"}}"#, "ä".repeat(MAX_TITLE_BYTES));
        let title = parse(&json).unwrap().title.unwrap();
        assert_eq!(title, "ä".repeat(MAX_TITLE_BYTES / 2));
    }

    #[test]
    fn times_read_with_offset_with_z_and_without_zone() {
        let posted = |time: &str| {
            parse(&format!(r#"{{"id":"a","posted_at":{time}}}"#))
                .unwrap()
                .posted_at
        };
        let expected = Some("2024-05-28T21:12:56Z".parse().unwrap());
        assert_eq!(posted(r#""2024-05-28T21:12:56+00:00""#), expected);
        assert_eq!(posted(r#""2024-05-28T23:12:56+02:00""#), expected);
        assert_eq!(posted(r#""2024-05-28T21:12:56""#), expected);
        assert_eq!(posted(r#""2024-05-28T21:12:56.000Z""#), expected);
        for unreadable in [r#""yesterday""#, "null", "{}", "17", r#""""#] {
            assert_eq!(posted(unreadable), None, "{unreadable}");
        }
    }

    #[test]
    fn filed_at_is_the_newest_time() {
        let report = parse(
            r#"{"id":"a","posted_at":"2024-02-01T00:00:00Z","updated_at":"2024-05-23T00:00:00Z"}"#,
        )
        .unwrap();
        assert_eq!(
            report.filed_at,
            Some("2024-05-23T00:00:00Z".parse().unwrap())
        );
    }

    #[test]
    fn only_published_reports_are_published() {
        let published = |json: &str| parse(json).unwrap().published;
        assert!(published(r#"{"id":"a"}"#));
        assert!(published(r#"{"id":"a","published_status":null}"#));
        assert!(published(r#"{"id":"a","published_status":"published"}"#));
        assert!(!published(r#"{"id":"a","published_status":"archived"}"#));
    }

    #[test]
    fn a_lone_surrogate_stays_as_its_json() {
        let report = parse(r#"{"id":"a","title":"x\ud800"}"#).unwrap();
        assert_eq!(report.title.as_deref(), Some(r#""x\ud800""#));
    }

    #[test]
    fn an_edit_changes_the_digest() {
        let first = parse(r#"{"id":"a","body":"1"}"#).unwrap();
        let second = parse(r#"{"id":"a","body":"2"}"#).unwrap();
        assert_ne!(first.digest, second.digest);
    }
}
