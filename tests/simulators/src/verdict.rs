//! The checker: what the enclaves hold, against what Flashpoint's reports say they should hold.
//!
//! It follows the mapping's rules on its own, without any of the operator's code.

use std::collections::{BTreeSet, HashMap};

use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::reports::text;
use crate::trustar::{StoredReport, TagPolicy};

/// Whether an enclave should hold a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expectation {
    /// It must: the report holds indicators.
    Present,
    /// It must not: the report never held any.
    Absent,
    /// It may: the report was retracted, or lost its indicators in an edit.
    Either,
}

/// What an enclave should hold of one Flashpoint report.
#[derive(Debug, Clone)]
pub struct Expected {
    /// The report's id, which is the external id.
    pub id: String,
    /// Where people read it; links over 500 characters are left out.
    pub link: Option<String>,
    /// The report, as an object.
    pub report: Value,
    /// The CSV data it links to.
    pub csv: Vec<String>,
    /// Whether it should be there.
    pub expectation: Expectation,
}

/// What is wrong in the enclaves. External ids unless said otherwise.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Verdict {
    /// Should be in the enclave and are not.
    pub lost: Vec<String>,
    /// In the enclave more than once.
    pub duplicated: Vec<String>,
    /// In an enclave that should not have them.
    pub wrong_enclave: Vec<String>,
    /// In the enclave although they hold no indicator.
    pub unexpected: Vec<String>,
    /// In the enclave with content that does not follow from the report: `id: field: what is there`.
    pub corrupt: Vec<String>,
    /// In the enclave, right but for the CSV data, which is left out.
    pub without_csv: Vec<String>,
}

impl Verdict {
    /// Whether nothing at all is wrong.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        *self == Self::default()
    }
}

/// Compares. `feeds` gives for each enclave what it should hold; `stored` is all that the company has stored.
pub(crate) fn judge(
    feeds: &[(&str, Vec<Expected>)],
    stored: &[StoredReport],
    tag_policy: TagPolicy,
) -> Verdict {
    let mut verdict = Verdict::default();
    let mut held: HashMap<(&str, &str), Vec<&StoredReport>> = HashMap::new();
    for report in stored {
        let external_id = report.external_id.as_deref().unwrap_or(&report.guid);
        held.entry((&report.enclave_id, external_id))
            .or_default()
            .push(report);
    }
    for (enclave, expected) in feeds {
        for expected in expected {
            let found = held
                .remove(&(*enclave, expected.id.as_str()))
                .unwrap_or_default();
            verdict.judge_one(expected, &found, tag_policy);
        }
    }
    let mut elsewhere: Vec<String> = held
        .into_iter()
        .map(|((enclave, id), _)| format!("{id} in {enclave}"))
        .collect();
    elsewhere.sort_unstable();
    verdict.wrong_enclave = elsewhere;
    verdict
}

impl Verdict {
    fn judge_one(&mut self, expected: &Expected, found: &[&StoredReport], tag_policy: TagPolicy) {
        match (expected.expectation, found.len()) {
            (Expectation::Present, 0) => self.lost.push(expected.id.clone()),
            (Expectation::Absent, 1..) => self.unexpected.push(expected.id.clone()),
            _ => {}
        }
        if found.len() > 1 {
            self.duplicated.push(expected.id.clone());
        }
        // What became of a report after its retraction is not laid down: the last version sent may stay.
        let retracted = expected
            .report
            .get("published_status")
            .is_some_and(|status| status != "published");
        if retracted {
            return;
        }
        for stored in found {
            let id = &expected.id;
            match difference(expected, stored, tag_policy) {
                Some(Difference::Csv) => self.without_csv.push(id.clone()),
                Some(Difference::Field(field, is)) => {
                    self.corrupt.push(format!("{id}: {field}: {is}"));
                }
                None => {}
            }
        }
    }
}

enum Difference {
    Csv,
    Field(&'static str, String),
}

fn difference(
    expected: &Expected,
    stored: &StoredReport,
    tag_policy: TagPolicy,
) -> Option<Difference> {
    let field = |name: &str| text(&expected.report[name]);
    let differs = |name, is: &dyn std::fmt::Debug| Some(Difference::Field(name, format!("{is:?}")));
    if stored.title != field("title").unwrap_or_else(|| expected.id.clone()) {
        return differs("title", &stored.title);
    }
    let short = |link: &String| link.chars().count() <= 500;
    let link = expected.link.clone().filter(short);
    if stored.external_url != link {
        return differs("externalUrl", &stored.external_url);
    }
    let posted: Option<Timestamp> = field("posted_at").and_then(|text| text.parse().ok());
    if let Some(posted) = posted
        && stored.time_began.as_millisecond() != posted.as_millisecond()
    {
        return differs("timeBegan", &stored.time_began);
    }
    let tags = tags(&expected.report, tag_policy);
    if stored.tags != tags {
        return differs("tags", &stored.tags);
    }
    let is = serde_json::from_str::<Value>(&stored.body)
        .unwrap_or_default()
        .to_string();
    if is == body(expected, true) {
        None
    } else if is == body(expected, false) {
        Some(Difference::Csv)
    } else {
        differs("reportBody", &stored.body)
    }
}

/// The body that follows from a report, in one fixed spelling: `summary` first, then the other keys in their order,
/// `csv_data` at the end.
fn body(expected: &Expected, with_csv: bool) -> String {
    let mut fields = expected.report.as_object().cloned().unwrap_or_default();
    let mut body = Map::new();
    if let Some(summary) = fields.shift_remove("summary") {
        body.insert("summary".to_owned(), summary);
    }
    body.extend(fields);
    if with_csv {
        match expected.csv.as_slice() {
            [] => {}
            [one] => {
                body.insert("csv_data".to_owned(), Value::from(one.as_str()));
            }
            several => {
                body.insert("csv_data".to_owned(), Value::from(several));
            }
        }
    }
    Value::Object(body).to_string()
}

fn tags(report: &Value, policy: TagPolicy) -> BTreeSet<String> {
    let tags = report["tags"].as_array().into_iter().flatten();
    tags.filter_map(Value::as_str)
        .filter(|tag| !tag.is_empty() && tag.chars().count() <= 32)
        .map(|tag| match policy {
            TagPolicy::Lenient => tag.to_lowercase(),
            TagPolicy::Strict => {
                let legal = |char: char| char.is_alphanumeric() || char == '-' || char == '_';
                let lower = tag.to_lowercase();
                lower
                    .chars()
                    .map(|char| if legal(char) { char } else { '-' })
                    .collect()
            }
        })
        .collect()
}
