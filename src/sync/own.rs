//! The indicators that Flashpoint itself lists for a report, beside those that its text holds: which of both a feed asks for,
//! and how they become one list. Pure.

#![deny(missing_docs)]

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::net::IpAddr;

use indicators::{Indicator, IndicatorType, Rules, read_value};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::report::Digest;

/// Where the indicators of a report are taken from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(inline)]
pub enum IndicatorSource {
    // No doc comments on the variants: with them the schema is no plain enum of strings.
    #[allow(missing_docs, reason = "said by the field")]
    Text,
    #[allow(missing_docs, reason = "said by the field")]
    Flashpoint,
}

/// The sources that a feed asks for, or that have an indicator; by default the text alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sources {
    /// The report's text and CSV data.
    pub text: bool,
    /// Flashpoint's own list.
    pub flashpoint: bool,
}

impl Default for Sources {
    fn default() -> Self {
        Self {
            text: true,
            flashpoint: false,
        }
    }
}

impl From<&[IndicatorSource]> for Sources {
    fn from(named: &[IndicatorSource]) -> Self {
        Self {
            text: named.contains(&IndicatorSource::Text),
            flashpoint: named.contains(&IndicatorSource::Flashpoint),
        }
    }
}

impl Sources {
    /// Their names.
    pub fn names(self) -> impl Iterator<Item = IndicatorSource> {
        let text = self.text.then_some(IndicatorSource::Text);
        let flashpoint = self.flashpoint.then_some(IndicatorSource::Flashpoint);
        text.into_iter().chain(flashpoint)
    }

    /// A digest of these and of the rules: that of the rules alone where the text is all that is looked at, so that it stays
    /// what it was before there were other sources.
    #[must_use]
    pub fn digest(self, rules: u64) -> u64 {
        if self == Self::default() {
            return rules;
        }
        let Digest(digest) = Digest::of(format!("{rules:x} {self:?}").as_bytes());
        digest
    }
}

/// How Flashpoint rates an indicator, the worst last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[allow(missing_docs, reason = "Flashpoint's words")]
pub enum Score {
    Informational,
    Suspicious,
    Malicious,
}

impl Score {
    /// Reads Flashpoint's word for it.
    #[must_use]
    pub fn read(word: &str) -> Option<Self> {
        [Self::Informational, Self::Suspicious, Self::Malicious]
            .into_iter()
            .find(|score| score.as_str().eq_ignore_ascii_case(word))
    }

    /// Flashpoint's word for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Informational => "informational",
            Self::Suspicious => "suspicious",
            Self::Malicious => "malicious",
        }
    }
}

/// What Flashpoint says of one indicator.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Detail {
    /// How it is rated.
    pub score: Option<Score>,
    /// When it was seen first, as far as Flashpoint knows; never after `last_seen`.
    pub first_seen: Option<Timestamp>,
    /// When it was seen last.
    pub last_seen: Option<Timestamp>,
}

/// An indicator as Flashpoint lists it: its value is not yet read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// Its type, of those that are known here.
    pub kind: IndicatorType,
    /// Its value as it came.
    pub value: String,
    /// The rest of it.
    pub detail: Detail,
}

/// Flashpoint's list for one report.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OwnList {
    /// Those of types that are known here.
    pub listed: Vec<Listed>,
    /// How many have no type here: MD5 digests, configurations of malware.
    pub unmapped: usize,
    /// Whether some may be missing: there are more than were taken, or it changed while it was read.
    pub cut: bool,
}

/// The most indicators of one list: no destination takes more of one report.
pub const MOST_LISTED: usize = 10_000;

/// The most that one list may weigh: 10,000 values may have 290 bytes on average.
pub const MOST_WEIGHT: usize = 4 << 20;

impl Listed {
    const fn weight(&self) -> usize {
        128 + self.value.len()
    }
}

impl OwnList {
    /// How many bytes of text take as long to be looked through, about; and as much memory.
    #[must_use]
    pub fn weight(&self) -> usize {
        self.listed.iter().map(Listed::weight).sum()
    }

    /// Cuts it to what is taken of one report.
    pub fn bound(&mut self) {
        let mut weight = 0;
        let fits = |listed: &&Listed| {
            weight += listed.weight();
            weight <= MOST_WEIGHT
        };
        let first = self.listed.iter().take(MOST_LISTED);
        let taken = first.take_while(fits).count();
        self.cut |= taken < self.listed.len();
        self.listed.truncate(taken);
    }
}

/// What Flashpoint says of a report's indicators, by type and value.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Own {
    details: BTreeMap<IndicatorType, BTreeMap<String, Known>>,
    /// How many of its list are none of the report's indicators here: of no type, or not what their type says.
    pub unmapped: usize,
    /// Whether it may list more than were read, so that one that is missing may be among those.
    pub cut: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Known {
    detail: Detail,
    /// Whether the report's text holds it too.
    in_text: bool,
}

/// Nothing from Flashpoint.
pub static NOTHING: Own = Own {
    details: BTreeMap::new(),
    unmapped: 0,
    cut: false,
};

impl Own {
    /// What Flashpoint says of this indicator; nothing where it does not list it.
    #[must_use]
    pub fn detail(&self, found: &Indicator) -> Option<&Detail> {
        Some(&self.known(found)?.detail)
    }

    fn known(&self, found: &Indicator) -> Option<&Known> {
        self.details.get(&found.kind)?.get(&found.value)
    }

    /// Which of the sources have an indicator that was found.
    #[must_use]
    pub fn sources(&self, found: &Indicator) -> Sources {
        let listed = self.known(found);
        Sources {
            text: listed.is_none_or(|listed| listed.in_text),
            flashpoint: listed.is_some(),
        }
    }

    /// Adds to what was found in a text what Flashpoint lists and `rules` recognise, each once by type and value. What counts
    /// by either counts.
    #[must_use]
    pub fn merge(list: OwnList, found: &mut Vec<Indicator>, rules: &Rules) -> Self {
        let mut own = Self {
            unmapped: list.unmapped,
            cut: list.cut,
            ..Self::default()
        };
        let mut read = own.read(list.listed, rules);
        for in_text in found.iter_mut() {
            let key = (in_text.kind, common_form(in_text));
            if let Some((listed, detail)) = read.remove(&key) {
                in_text.benign = in_text.benign.and(listed.benign);
                own.insert(in_text, detail, true);
            }
        }
        for (listed, detail) in read.into_values() {
            own.insert(&listed, detail, false);
            found.push(listed);
        }
        own
    }

    /// What the values of a list are; those that are nothing known are counted.
    fn read(
        &mut self,
        list: Vec<Listed>,
        rules: &Rules,
    ) -> BTreeMap<(IndicatorType, String), (Indicator, Detail)> {
        let mut read = BTreeMap::new();
        for Listed {
            kind,
            value,
            detail,
        } in list
        {
            let Some(indicator) = read_value(kind, &value, rules) else {
                self.unmapped += 1;
                continue;
            };
            let detail = detail.in_order();
            match read.entry((kind, indicator.value.clone())) {
                Entry::Vacant(place) => {
                    place.insert((indicator, detail));
                }
                Entry::Occupied(mut place) => {
                    let (_, earlier) = place.get_mut();
                    *earlier = earlier.and(detail);
                }
            }
        }
        read
    }

    fn insert(&mut self, found: &Indicator, detail: Detail, in_text: bool) {
        let of_type = self.details.entry(found.kind).or_default();
        of_type.insert(found.value.clone(), Known { detail, in_text });
    }
}

impl Detail {
    /// The same with the last time not before the first.
    fn in_order(self) -> Self {
        let last_seen = self.last_seen;
        Self {
            last_seen: last_seen.map(|last| self.first_seen.map_or(last, |first| last.max(first))),
            ..self
        }
    }

    /// What two entries of a list say of the same indicator.
    fn and(self, other: Self) -> Self {
        let earliest = [self.first_seen, other.first_seen];
        Self {
            score: self.score.max(other.score),
            first_seen: earliest.into_iter().flatten().min(),
            last_seen: self.last_seen.max(other.last_seen),
        }
        // One may have the first time alone, and the other an earlier last one.
        .in_order()
    }
}

/// The value by which an indicator of a text is the same as a listed one: texts keep an IPv6 address as they have it.
fn common_form(found: &Indicator) -> String {
    let address = match found.kind {
        IndicatorType::Ip => found.value.parse::<IpAddr>().ok(),
        _ => None,
    };
    address.map_or_else(|| found.value.clone(), |address| address.to_string())
}
