//! From a report and the indicators that count to STIX objects.

use std::collections::HashSet;
use std::ops::ControlFlow;
use std::time::Duration;

use indexmap::IndexSet;
use indicators::{Indicator, IndicatorType};
use jiff::Timestamp;

use super::description::{description, start};
use super::memory::{self, Memory, Version};
use super::objects::{self, Frame, Sign, Text};
use super::pattern::pattern;
use super::times::{CONSTANT, MAPPING_EPOCH, Millis, edited_at};
use super::{Object, Tlp, ValidFor, ids};
use crate::sync::destination::{Delivery, Earlier};
use crate::sync::own::{Detail, Own};
use crate::sync::report::{Digest, Report, each_value, text_of};

/// The most objects that a report refers to; what comes after is left out, and counted.
pub const MAX_REFERENCES: usize = 10_000;

/// The most bytes of a report's name.
const MAX_NAME_BYTES: usize = 1024;

/// The most bytes of an indicator's name; its pattern has all of it.
const MAX_SIGN_BYTES: usize = 256;

/// The most labels of a report, and the most bytes of one.
const MAX_LABELS: usize = 100;
const MAX_LABEL_BYTES: usize = 256;

/// The most bytes of the address of a report's page.
const MAX_URL_BYTES: usize = 2048;

/// A report, mapped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mapped {
    /// What the report refers to, the identity first, and what an edit took away.
    pub objects: Vec<Object>,
    /// The report itself.
    pub report: Object,
    /// What is to be remembered of it.
    pub memory: Memory,
    /// Indicators for which STIX has no object, in the description.
    pub unmapped: usize,
    /// Indicators beyond [`MAX_REFERENCES`].
    pub left_out: usize,
}

/// Maps a report.
#[must_use]
pub fn map(delivery: &Delivery<'_>, tlp: Tlp, valid_for: &ValidFor) -> Mapped {
    let report = delivery.report;
    let parts = Parts::of(delivery.indicators, delivery.own);
    let texts = Texts::of(report, &parts.addresses);
    let references = parts.references(report.id.as_str());
    let written = Text {
        name: &texts.name,
        description: texts.description.as_deref(),
        labels: &texts.labels,
        references: &references,
    };
    let posted = report.posted_at.map_or(CONSTANT, Millis::from);
    let mut frame = Frame {
        report: report.id.as_str(),
        posted,
        modified: posted,
        marking: tlp.marking(),
        url: texts.url.as_deref(),
    };
    // The report names its indicators by ids that follow from their patterns: it says all that differs, but how long
    // they are valid, and what Flashpoint says of them.
    let content = content(&frame.report(&written).json, valid_for, &parts.said());
    let (version, is_told) = version(report, posted, content, &delivery.earlier);
    frame.modified = version.modified;
    let mut objects = parts.objects(&frame, valid_for);
    let mut labels = memory::labels(&parts.signs_found);
    if delivery.partial {
        // What is missing may hold them still: they are remembered, and revoked when all of it was seen.
        labels.extend(parts.missed(delivery.earlier.labels));
    } else {
        objects.extend(parts.revoked(&frame, delivery.earlier.labels));
    }
    Mapped {
        objects,
        report: frame.report(&written),
        memory: Memory {
            handle: is_told.then(|| version.handle()),
            labels,
        },
        unmapped: parts.addresses.len(),
        left_out: parts.left_out,
    }
}

/// The version to send: later than the one sent last where the content is another; and whether it is to be remembered.
fn version(
    report: &Report,
    posted: Millis,
    content: u32,
    earlier: &Earlier<'_>,
) -> (Version, bool) {
    let by_its_times = edited_at(report).max(Some(posted)).max(Some(MAPPING_EPOCH));
    let by_its_times = by_its_times.unwrap_or(MAPPING_EPOCH);
    let modified = match Version::of(earlier) {
        Some(last) if last.content == content => by_its_times.max(last.modified),
        Some(last) => by_its_times.max(last.modified.next()),
        // What was sent had the times of then, which an edit may have left as they were.
        None if earlier.held => by_its_times.next(),
        None => by_its_times,
    };
    (Version { modified, content }, modified != by_its_times)
}

fn content(report: &str, valid_for: &ValidFor, said: &str) -> u32 {
    let all = format!("{report}{valid_for:?}{said}");
    let Digest(digest) = Digest::of(all.as_bytes());
    let [a, b, c, d, ..] = digest.to_be_bytes();
    u32::from_be_bytes([a, b, c, d])
}

/// The indicators of a report, by what becomes of them, in their order.
struct Parts<'a> {
    own: &'a Own,
    /// Those that become indicators, and the pattern of each.
    signs_found: Vec<&'a Indicator>,
    patterns: IndexSet<String>,
    cves: IndexSet<String>,
    malware: IndexSet<String>,
    addresses: Vec<&'a str>,
    left_out: usize,
}

impl<'a> Parts<'a> {
    fn of(indicators: &[&'a Indicator], own: &'a Own) -> Self {
        let mut parts = Self {
            own,
            signs_found: Vec::new(),
            patterns: IndexSet::new(),
            cves: IndexSet::new(),
            malware: IndexSet::new(),
            addresses: Vec::new(),
            left_out: 0,
        };
        for &found in indicators {
            if found.kind == IndicatorType::BitcoinAddress {
                parts.addresses.push(&found.value);
            } else if parts.count() >= MAX_REFERENCES {
                parts.left_out += 1;
            } else {
                parts.add(found);
            }
        }
        parts
    }

    fn count(&self) -> usize {
        self.patterns.len() + self.cves.len() + self.malware.len()
    }

    fn add(&mut self, found: &'a Indicator) {
        if found.kind == IndicatorType::Cve {
            self.cves.insert(found.value.to_uppercase());
        } else if found.kind == IndicatorType::Malware {
            self.malware.insert(found.value.to_lowercase());
        } else if let Some(pattern) = pattern(found.kind, &found.value)
            && self.patterns.insert(pattern)
        {
            self.signs_found.push(found);
        }
    }

    /// What Flashpoint says of those that become indicators; nothing where it lists none of them.
    fn said(&self) -> String {
        let signs = self.signs_found.iter();
        let details = signs.filter_map(|found| Some((&found.value, self.own.detail(found)?)));
        let details: Vec<_> = details.collect();
        if details.is_empty() {
            return String::new();
        }
        format!("{details:?}")
    }

    /// The ids of what the report refers to: the identity where there is nothing else, since there must be something.
    fn references(&self, report: &str) -> Vec<String> {
        let signs = self
            .patterns
            .iter()
            .map(|pattern| ids::indicator(report, pattern));
        let cves = self.cves.iter().map(|cve| ids::id("vulnerability", cve));
        let malware = self.malware.iter().map(|name| ids::id("malware", name));
        let mut all: Vec<_> = signs.chain(cves).chain(malware).collect();
        if all.is_empty() {
            all.push(ids::identity());
        }
        all
    }

    fn objects(&self, frame: &Frame<'_>, valid_for: &ValidFor) -> Vec<Object> {
        let signs = self
            .signs_found
            .iter()
            .zip(&self.patterns)
            .map(|(found, pattern)| {
                let own = self.own.detail(found);
                let (valid_from, valid_until) =
                    validity(frame.posted, own, valid_for.get(&found.kind));
                frame.indicator(&Sign {
                    name: start(&found.value, MAX_SIGN_BYTES),
                    pattern,
                    valid_from,
                    valid_until,
                    own,
                    revoked: false,
                })
            });
        let cves = self.cves.iter().map(|cve| objects::vulnerability(cve));
        let malware = self.malware.iter().map(|name| objects::malware(name));
        let identity = std::iter::once(objects::identity());
        identity.chain(signs).chain(cves).chain(malware).collect()
    }

    /// The labels of what was sent, as far as it is remembered, and is not among what was found now.
    fn missed(&self, labels: &[String]) -> Vec<String> {
        let now: HashSet<String> = self.patterns.iter().cloned().collect();
        let is_missed =
            |label: &&String| !memory::removed(std::slice::from_ref(*label), &now).is_empty();
        labels.iter().filter(is_missed).cloned().collect()
    }

    /// What was sent, as far as it is remembered, and is no longer in the report.
    fn revoked(&self, frame: &Frame<'_>, labels: &[String]) -> Vec<Object> {
        let now: HashSet<String> = self.patterns.iter().cloned().collect();
        let removed = memory::removed(labels, &now).into_iter();
        let revoked = removed.map(|(_, value, pattern)| {
            frame.indicator(&Sign {
                name: start(&value, MAX_SIGN_BYTES),
                pattern: &pattern,
                valid_from: frame.posted,
                valid_until: None,
                own: None,
                revoked: true,
            })
        });
        revoked.collect()
    }
}

/// From when to when an indicator is valid: from its report's posting or, where Flashpoint says so, from when it was seen first;
/// for the feed's time for its type after the posting or, where that is later, after it was seen last.
fn validity(
    posted: Millis,
    own: Option<&Detail>,
    valid_for: Option<&Duration>,
) -> (Millis, Option<Millis>) {
    let seen = |time: fn(&Detail) -> Option<Timestamp>| own.and_then(time).map(Millis::from);
    let from = seen(|own| own.first_seen).unwrap_or(posted);
    let last = seen(|own| own.last_seen).unwrap_or(posted);
    let last = last.max(posted).max(from);
    (from, valid_for.and_then(|time| last.after(*time)))
}

/// What a report says for people.
struct Texts {
    name: String,
    description: Option<String>,
    labels: Vec<String>,
    url: Option<String>,
}

impl Texts {
    fn of(report: &Report, addresses: &[&str]) -> Self {
        let id = report.id.as_str();
        let name = start(report.title.as_deref().unwrap_or(id), MAX_NAME_BYTES);
        let url = report.deeplink.as_deref().filter(|url| is_address(url));
        Self {
            name: name.to_owned(),
            description: description(report, addresses),
            labels: labels(report),
            url: url.map(Into::into),
        }
    }
}

/// The tags of a report that are strings, each once.
fn labels(report: &Report) -> Vec<String> {
    let mut labels = IndexSet::new();
    let json = report.fields.get("tags").map_or("", |value| value.get());
    each_value(json, |value| {
        if value.starts_with('"') && value.len() <= MAX_LABEL_BYTES {
            let label = text_of(value).trim().to_owned();
            if !label.is_empty() {
                labels.insert(label);
            }
        }
        if labels.len() < MAX_LABELS {
            ControlFlow::Continue(())
        } else {
            ControlFlow::Break(())
        }
    });
    labels.into_iter().collect()
}

/// Whether a text is the address of a web page, by the characters of RFC 3986.
fn is_address(text: &str) -> bool {
    let is_web = text.starts_with("https://") || text.starts_with("http://");
    let is_written_so = |byte: u8| byte.is_ascii_graphic() && !br#""<>\^`{|}"#.contains(&byte);
    is_web && text.len() <= MAX_URL_BYTES && text.bytes().all(is_written_so)
}
