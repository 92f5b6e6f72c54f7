//! Malware names in plain text: the embedded list, and the rules that tell a family from the word it is spelt like.
//!
//! Each word's hash is looked up in a filter of the words that start a name; the few that pass are compared, the longest name
//! wins, and what stands around it decides whether it is malware.

mod actors;
mod announced;
mod candidate;
mod columns;
mod context;
mod detection;
#[cfg(test)]
mod evaluation;
mod fields;
mod introduced;
mod key;
mod lexicon;
mod list;
mod neighbours;
mod placed;
mod placement;
mod promotion;
mod runs;
mod search;
mod spelling;
#[cfg(test)]
mod tests;

use context::Verdict;
use key::Key;
use list::{Entry, Filter, List, Tier};

/// The names a feed adds to the embedded list, and those it never wants (`spec.malwareNames`), ready for searching.
#[derive(Default, Clone, Debug)]
pub struct NameSettings {
    /// As the feed spells them, in order of their keys.
    added: Vec<(Key, String)>,
    /// The list's filter, with the added names as well; `None` without any.
    filter: Option<Filter>,
    /// In order.
    ignored: Vec<Key>,
}

impl NameSettings {
    /// Settings from the feed's lists. An added name is found in any case and without context; an ignored one hides the name, and its
    /// aliases if it is a family's. Spaces, hyphens and case make no difference; an entry without a letter or digit is left out.
    pub fn new(add: &[String], ignore: &[String]) -> Self {
        let keyed = |names: &[String]| -> Vec<(Key, String)> {
            let keyed = names
                .iter()
                .map(|name| (Key::of(name), name.trim().to_owned()));
            let mut kept: Vec<_> = keyed.filter(|(key, _)| *key != Key::EMPTY).collect();
            kept.sort();
            kept
        };
        let added = keyed(add);
        let filter = (!added.is_empty()).then(|| {
            let mut filter = List::get().filter.clone();
            for (_, name) in &added {
                filter.insert_name(name);
            }
            filter
        });
        Self {
            added,
            filter,
            ignored: keyed(ignore).into_iter().map(|(key, _)| key).collect(),
        }
    }

    fn lookup(&self, key: &Key) -> Option<Entry<'_>> {
        let at = self
            .added
            .binary_search_by(|(added, _)| added.cmp(key))
            .ok()?;
        let spelling = self.added.get(at)?.1.as_str();
        Some(Entry {
            spelling,
            family: spelling,
            tier: Tier::Plain,
            ransomware: false,
        })
    }

    fn ignores(&self, entry: &Entry<'_>) -> bool {
        !self.ignored.is_empty()
            && [entry.spelling, entry.family]
                .iter()
                .any(|name| self.ignored.binary_search(&Key::of(name)).is_ok())
    }
}

/// A malware name found in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NameMatch {
    /// Byte offset of the first character of the name.
    pub start: usize,
    /// Byte offset after its last character.
    pub end: usize,
    /// The name as the text has it, on one line.
    pub name: String,
    /// Whether the text leaves little doubt that malware is meant.
    pub confident: bool,
}

/// Appends the malware names in `text`, which is plain text (no markup), to `out`, in order of their start. Linear in the text's length.
pub fn find(text: &str, settings: &NameSettings, out: &mut Vec<NameMatch>) {
    let candidate::Found {
        mut candidates,
        kinds,
    } = search::search(text, settings);
    placed::promote_placed(text, &mut candidates, kinds);
    promotion::promote_lists(text, &mut candidates);
    promotion::promote_listed(text, &mut candidates);
    promotion::promote_near(text, &mut candidates);
    promotion::promote_repeated(&mut candidates);
    out.extend(
        candidates
            .into_iter()
            .filter(|found| found.verdict != Verdict::Unproven)
            .map(|found| NameMatch {
                start: found.start,
                end: found.end,
                name: as_written(&text[found.start..found.end]),
                confident: found.verdict == Verdict::Sure,
            }),
    );
}

/// A name as a text has it, though it may be broken over two lines there.
fn as_written(name: &str) -> String {
    let mut written = String::with_capacity(name.len());
    for word in name.split_ascii_whitespace() {
        if !written.is_empty() {
            written.push(' ');
        }
        written.push_str(word);
    }
    written
}

/// Whether a text ends with a listed name that needs few words beside it, of one word or two.
pub fn ends_listed(text: &str) -> bool {
    let mut words = text.trim_end().rsplit([' ', '\u{a0}', '\n']);
    let last = words.next().unwrap_or_default();
    let before = words.next().unwrap_or_default();
    let is_listed = |key: Key| {
        let entry = List::get().lookup(&key);
        entry.is_some_and(|entry| matches!(entry.tier, Tier::Plain | Tier::Cased | Tier::Tool))
    };
    let last_key = Key::of(last);
    let both = Key::of(before).and(last_key.as_bytes());
    last_key != Key::EMPTY && (is_listed(last_key) || both.is_some_and(is_listed))
}

/// What the spellings of a name have in common: its letters and digits in lower case.
pub fn common_form(name: &str) -> String {
    let mut form: String = list::words(name).collect();
    form.make_ascii_lowercase();
    form
}
