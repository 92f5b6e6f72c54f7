//! Indicators of compromise in text, HTML and CSV: what is found, and which of it counts for the filter. Pure.
//!
//! # Where what is
//! A part of a document goes through these, in this order:
//!
//! 1. **To plain text.** `text` has `html` or `csv` read the markup, cuts the text into pieces, and leaves out what nobody sees;
//!    `escapes` reads `\n` and `\u002f`; `hyphen` joins hosts that plain text breaks over lines. Where cells and rows begin, lines of marks are left: `tables` says which.
//! 2. **To hits.** `scan` calls the finders one after the other: `registry` (up to where: `enclosure`), `url` (with a scheme),
//!    `dotted` (domains, IPv4 addresses and URLs without one), `url_path`, `encoded`, `ipv6`, `digest` (with `bitcoin`; over several lines
//!    `wrapped` and `halves`), `cve`, and
//!    `names`, which has a map of its own. The first three take what they find from those behind them.
//! 3. **To verdicts.** `rules` says why a hit does not count: `known_sites`, `analysis` (sites about indicators), `addresses`.
//!
//! What the finders share:
//!
//! - *How it is written:* `defang` (what stands for a dot, a slash, a colon, an at sign), `scheme`, `host` (labels and the dots between
//!   them), `path` (up to where: `ending`), `spelt` (`evilDOTcom`), `lead` (what is glued to a host's front), `brackets` (which of them
//!   are none of a host's).
//! - *What it is by itself:* `ipv4`; `domain`, which asks `tlds` for the end of a name, and `filename` and `member` for what else the
//!   name may be.
//! - *What stands around it:* `surroundings` for names in doubt, `version` for numbers, `folder` for paths. They ask `tables` for rows
//!   and columns, and `says` for what a word or a label announces.
//!
//! What others list as indicators, a value at a time, goes through `value`, by the same finders and rules.
//!
//! Where the next rule goes: another way to mask a dot is `defang`'s; another byte that ends a URL, `ending`'s; a file that is taken
//! for a domain, `filename`'s by its name, or `surroundings`' by what is beside it; a word that announces something, a list in
//! `says::vocabulary`; a site or a name of malware, a file in `lists/`. Each begins as a line in `fixtures/tricky.jsonl`.

#![deny(missing_docs)]

mod addresses;
mod analysis;
mod bitcoin;
mod bounds;
mod brackets;
mod continued;
mod csv;
mod cve;
mod defang;
mod digest;
mod domain;
mod dotted;
mod enclosure;
mod encoded;
mod ending;
mod escapes;
mod filename;
mod folder;
mod halves;
mod host;
pub mod html;
mod hyphen;
mod ipv4;
mod ipv6;
mod known_sites;
mod lead;
mod mail;
mod member;
mod names;
mod numbered;
mod path;
mod product;
mod registry;
mod revision;
mod rules;
mod says;
mod scan;
mod scheme;
mod software;
mod spelt;
mod surroundings;
mod tables;
mod tail;
mod terms;
#[cfg(test)]
mod tests;
mod text;
mod tlds;
mod url;
mod url_path;
mod value;
mod version;
mod wrapped;

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::fmt;
use std::str::FromStr;

pub use rules::{Benign, RuleSettings, Rules};
use scan::{Hit, Scan};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
pub use value::read_value;

/// The types of indicators that are found.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
pub enum IndicatorType {
    /// An IPv4 or IPv6 address, without port, prefix length or zone.
    #[serde(rename = "IP")]
    Ip,
    /// A host name below a top-level domain.
    Domain,
    /// A URL, or a host with a path that can't be anything else.
    #[serde(rename = "URL")]
    Url,
    /// A Bitcoin address whose checksum is right.
    BitcoinAddress,
    /// A SHA-1 digest in hex.
    #[serde(rename = "SHA1")]
    Sha1,
    /// A SHA-256 digest in hex.
    #[serde(rename = "SHA256")]
    Sha256,
    /// A CVE identifier.
    #[serde(rename = "CVE")]
    Cve,
    /// A key (or value) of the Windows registry.
    RegistryKey,
    /// The name of a malware family or tool.
    Malware,
}

impl IndicatorType {
    /// Every type, in the order people list them.
    pub const ALL: [Self; 9] = [
        Self::Ip,
        Self::Domain,
        Self::Url,
        Self::BitcoinAddress,
        Self::Sha1,
        Self::Sha256,
        Self::Cve,
        Self::RegistryKey,
        Self::Malware,
    ];

    /// The name on the wire, in specs and in metrics.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ip => "IP",
            Self::Domain => "Domain",
            Self::Url => "URL",
            Self::BitcoinAddress => "BitcoinAddress",
            Self::Sha1 => "SHA1",
            Self::Sha256 => "SHA256",
            Self::Cve => "CVE",
            Self::RegistryKey => "RegistryKey",
            Self::Malware => "Malware",
        }
    }
}

impl fmt::Display for IndicatorType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// A name that is none of the nine indicator types.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "\"{0}\" is not an indicator type: use one of IP, Domain, URL, BitcoinAddress, SHA1, SHA256, CVE, RegistryKey, Malware"
)]
pub struct UnknownType(String);

impl FromStr for IndicatorType {
    type Err = UnknownType;

    fn from_str(name: &str) -> Result<Self, UnknownType> {
        Self::ALL
            .into_iter()
            .find(|kind| kind.as_str() == name)
            .ok_or_else(|| UnknownType(name.to_owned()))
    }
}

/// Something found in a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Indicator {
    /// What it is.
    pub kind: IndicatorType,
    /// The indicator refanged, in its usual form: hosts, schemes and digests in lower case, CVE ids in upper case; the name of
    /// malware as it is written where it comes first.
    pub value: String,
    /// Whether it was written so that nobody would click it by mistake: the author took it for hostile.
    pub defanged: bool,
    /// Why it does not count for the filter; `None` if it counts.
    pub benign: Option<Benign>,
}

impl Indicator {
    /// Whether it makes a report worth sending.
    #[must_use]
    pub fn counts(&self) -> bool {
        self.benign.is_none()
    }
}

/// How a text is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Markup {
    /// Plain text.
    Text,
    /// HTML, whole or in fragments, well-formed or not.
    Html,
    /// Comma-separated values.
    Csv,
}

impl Markup {
    /// HTML if the text holds any of its common tags and is no mail with its headers, else plain text.
    #[must_use]
    pub fn detect(text: &str) -> Self {
        if html::is_likely(text) && !mail::is_likely(text) {
            Self::Html
        } else {
            Self::Text
        }
    }
}

/// The indicators in the parts of a document, each part a text of its own, without repeats and in order of first appearance.
///
/// One written both plainly and defanged is defanged; one that counts anywhere counts. Of a document with more than 30,000,
/// only those that count are added, up to 60,000: whether any counts is always told.
#[must_use]
pub fn find(parts: &[(Markup, &str)], rules: &Rules) -> Vec<Indicator> {
    find_at_most(parts, rules, MOST_INDICATORS)
}

/// As [`find`], however many there are. They may take 20 times as much memory as the text.
#[must_use]
pub fn find_all(parts: &[(Markup, &str)], rules: &Rules) -> Vec<Indicator> {
    find_at_most(parts, rules, usize::MAX)
}

fn find_at_most(parts: &[(Markup, &str)], rules: &Rules, most: usize) -> Vec<Indicator> {
    let mut found = Found::new(most);
    for (markup, source) in parts {
        let text = text::prepare(*markup, source);
        for piece in text::pieces(&text.body) {
            let visible = text::visible(piece);
            let piece = escapes::decode(&visible);
            let mut scan = Scan::of(&piece);
            scan.add_names(&piece, &rules.names);
            found.take(scan, rules);
        }
        for links in text::pieces(&text.links) {
            found.take(Scan::of(links), rules);
        }
    }
    found.indicators
}

/// The most indicators of a document that are listed, and half as many that don't count.
const MOST_INDICATORS: usize = 60_000;

/// What has been found so far, each once.
struct Found {
    most: usize,
    indicators: Vec<Indicator>,
    places: HashMap<(IndicatorType, String), usize>,
}

impl Found {
    fn new(most: usize) -> Self {
        Self {
            most,
            indicators: Vec::new(),
            // As many as most documents have, so that it seldom grows.
            places: HashMap::with_capacity(28),
        }
    }

    fn take(&mut self, scan: Scan, rules: &Rules) {
        let mut pages = scan.pages.iter().peekable();
        for hit in scan.hits {
            while pages.next_if(|page| page.end <= hit.at).is_some() {}
            let page = pages.peek().filter(|page| page.path <= hit.at);
            if page.is_some_and(|page| page.is_source() && hit.kind == IndicatorType::Sha1) {
                continue;
            }
            self.add(hit, |hit| rules.judge(hit, page.copied()));
        }
    }

    fn add(&mut self, mut hit: Hit, judge: impl FnOnce(&Hit) -> Option<Benign>) {
        // A name is reported once however it is spelt; all else has been brought into its usual form.
        let identity = match hit.kind {
            IndicatorType::Malware => names::common_form(&hit.value),
            _ => hit.value.clone(),
        };
        match self.places.entry((hit.kind, identity)) {
            Entry::Vacant(place) => {
                let benign = judge(&hit);
                let most = self.most / if benign.is_none() { 1 } else { 2 };
                if self.indicators.len() >= most {
                    return;
                }
                place.insert(self.indicators.len());
                let Hit {
                    kind,
                    mut value,
                    defanged,
                    ..
                } = hit;
                // It was read into more room than it takes, and is held for long.
                value.shrink_to_fit();
                self.indicators.push(Indicator {
                    kind,
                    value,
                    defanged,
                    benign,
                });
            }
            Entry::Occupied(place) => {
                let Some(earlier) = self.indicators.get_mut(*place.get()) else {
                    return;
                };
                earlier.defanged |= hit.defanged;
                hit.defanged = earlier.defanged;
                // What counts once counts.
                earlier.benign = earlier.benign.and_then(|_| judge(&hit));
            }
        }
    }
}
