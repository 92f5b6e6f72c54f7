//! Malware names in plain text: the embedded list, and the rules that tell a family from the word it is spelt like.
//!
//! Each word's hash is looked up in a filter of the words that start a name; the few that pass are compared, the longest name
//! wins, and what stands around it decides whether it is malware.

mod announced;
mod context;
#[cfg(test)]
mod evaluation;
mod lexicon;
mod list;
mod neighbours;
mod placement;
mod runs;
#[cfg(test)]
mod tests;

use std::collections::HashSet;
use std::sync::OnceLock;

use context::{Surroundings, Verdict};
use list::{Entry, Filter, Key, List, Tier};
use placement::Placement;
use runs::Runs;

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
    #[must_use]
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
    /// The family's canonical name, of which the text may hold an alias.
    pub name: String,
    /// Whether the text leaves little doubt that malware is meant.
    pub confident: bool,
}

/// A name that stands in the text as a word, and what is known of it so far.
struct Candidate<'e> {
    start: usize,
    end: usize,
    entry: Entry<'e>,
    verdict: Verdict,
    /// Whether the same name elsewhere in the text, or another in one list with it, may speak for it.
    promotable: bool,
    /// Whether another name in the same sentence may.
    promotable_by_sentence: bool,
}

/// Appends the malware names in `text`, which is plain text (no markup), to `out`, in order of their start. Linear in the text's length.
pub fn find(text: &str, settings: &NameSettings, out: &mut Vec<NameMatch>) {
    let mut candidates = scan(text, settings);
    promote_listed(text, &mut candidates);
    promote_near(text, &mut candidates);
    promote_repeated(&mut candidates);
    out.extend(
        candidates
            .into_iter()
            .filter(|found| found.verdict != Verdict::Unproven)
            .map(|found| NameMatch {
                start: found.start,
                end: found.end,
                name: found.entry.family.to_owned(),
                confident: found.verdict == Verdict::Sure,
            }),
    );
}

/// A digest (FNV-1a) of the embedded lists, of names and of well-known sites, so that better lists make the filter look again.
#[must_use]
pub fn lists_digest() -> u64 {
    static DIGEST: OnceLock<u64> = OnceLock::new();
    *DIGEST.get_or_init(|| {
        let bytes = list::TEXT.bytes().chain(super::known_sites::TEXT.bytes());
        bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        })
    })
}

fn scan<'e>(text: &'e str, settings: &'e NameSettings) -> Vec<Candidate<'e>> {
    let list = List::get();
    let names = Names {
        list,
        settings,
        filter: settings.filter.as_ref().unwrap_or(&list.filter),
    };
    let bytes = text.as_bytes();
    let mut runs = Runs::of(text);
    let mut candidates = Vec::new();
    let mut at = 0;
    while let Some((start, end)) = runs.next(at) {
        at = end;
        if !names.may_hold(bytes, start, end) {
            continue;
        }
        if let Some(found) = names.candidate(text, start, end) {
            at = found.end;
            candidates.push(found);
        } else if let Some(place) = announced::announced_after(text, start, end) {
            let mut next = Some(place);
            while let Some(found) = next.and_then(|(start, end)| names.coined(text, start, end)) {
                at = found.end;
                next = announced::listed_after(text, at);
                candidates.push(found);
            }
        }
    }
    candidates
}

/// The names that are looked for: the embedded ones, and a feed's.
#[derive(Clone, Copy)]
struct Names<'e> {
    list: &'static List,
    settings: &'e NameSettings,
    filter: &'e Filter,
}

impl<'e> Names<'e> {
    /// Whether a name may be, or start with, the letters `bytes[start..end]`.
    #[inline]
    fn may_hold(self, bytes: &[u8], start: usize, end: usize) -> bool {
        self.filter.may_hold(list::hash_within(bytes, start, end))
    }

    /// The longest name that starts with the word `text[start..end]`, if it stands there as a word.
    fn candidate(self, text: &str, start: usize, end: usize) -> Option<Candidate<'e>> {
        let (end, entry) = self.longest(text, start, end)?;
        let placement = placement::placement(text, start, end);
        if placement == Placement::Inside || self.settings.ignores(&entry) {
            return None;
        }
        let (mut verdict, mut promotable, mut by_sentence) = (Verdict::Sure, false, false);
        let labelled = placement == Placement::Label && entry.tier != Tier::Tool;
        if !labelled && !matches!(entry.tier, Tier::Plain | Tier::Cased) {
            let surroundings = Surroundings::of(text, start, end);
            verdict = surroundings.judge(&entry);
            promotable = !matches!(entry.tier, Tier::Tool | Tier::Actor)
                && surroundings.stands_alone();
            by_sentence = promotable
                && (entry.tier == Tier::Window
                    || entry.tier == Tier::Adjacent && entry.ransomware && !surroundings.has_article());
        }
        Some(Candidate {
            start,
            end,
            entry,
            verdict,
            promotable,
            promotable_by_sentence: by_sentence,
        })
    }

    /// The name `text[start..end]`, which a text announces, unless the list has it: then it is found for what it is.
    fn coined(self, text: &'e str, start: usize, end: usize) -> Option<Candidate<'e>> {
        let spelling = &text[start..end];
        let entry = Entry {
            spelling,
            family: spelling,
            tier: Tier::Plain,
            ransomware: false,
        };
        if self.longest(text, start, end).is_some() || self.settings.ignores(&entry) {
            return None;
        }
        Some(Candidate {
            start,
            end,
            entry,
            verdict: Verdict::Sure,
            promotable: false,
            promotable_by_sentence: false,
        })
    }

    fn longest(self, text: &str, start: usize, first_end: usize) -> Option<(usize, Entry<'e>)> {
        let bytes = text.as_bytes();
        let mut best = None;
        let (mut key, mut from, mut end) = (Key::EMPTY, start, first_end);
        for _ in 0..list::MOST_WORDS {
            let Some(longer) = key.and(&bytes[from..end]) else {
                break;
            };
            key = longer;
            if !self.may_hold(key.as_bytes(), 0, key.as_bytes().len()) {
                break;
            }
            // "Emotets" is a plural, the "s" of "Emotet's" a word of its own.
            let single = key.singular().filter(|_| end - from > 1);
            let whole = self
                .at_key(&text[start..end], &key)
                .map(|entry| (end, entry));
            let found = whole.or_else(|| {
                let entry = self.at_key(&text[start..end - 1], &single?)?;
                Some((end - 1, entry))
            });
            best = found.or(best);
            let Some(next) = next_word(bytes, end) else {
                break;
            };
            (from, end) = next;
        }
        best
    }

    fn at_key(self, written: &str, key: &Key) -> Option<Entry<'e>> {
        let entry = self
            .settings
            .lookup(key)
            .or_else(|| self.list.lookup(key))?;
        is_spelling(written, &entry).then_some(entry)
    }
}

/// The word after `end`, if at most one separator, or a line's end and indent, is between.
fn next_word(bytes: &[u8], end: usize) -> Option<(usize, usize)> {
    let blank = bytes[end..]
        .iter()
        .take(4)
        .take_while(|b| b.is_ascii_whitespace())
        .count();
    let gap = match bytes.get(end) {
        Some(b'-' | b'_' | b'.' | b'/' | b'\'') => 1,
        _ => blank,
    };
    let from = end + gap;
    let length = bytes[from..]
        .iter()
        .take(list::LONGEST)
        .take_while(|b| b.is_ascii_alphanumeric())
        .count();
    (gap > 0 && gap < 4 && length > 0).then_some((from, from + length))
}

/// Whether `written`, which has the letters of `entry`, is a way to write it: its case as the tier asks, and its words apart or joined.
fn is_spelling(written: &str, entry: &Entry<'_>) -> bool {
    if written == entry.spelling || entry.tier == Tier::Exact {
        return written == entry.spelling;
    }
    let split = list::split_tail(entry.spelling);
    let mut listed = letters(entry.spelling);
    letters(written).enumerate().all(|(at, (here, letter))| {
        let there = listed.next().and_then(|(separator, _)| separator);
        let apart = match (here, there) {
            (Some('.' | '/' | '_' | '\''), _) => here == there,
            (None, _) | (Some(_), Some(_)) => true,
            (Some(_), None) => split == Some(at) && letter.is_ascii_uppercase(),
        };
        let starts_word = at == 0 || here.is_some();
        let cased = entry.tier == Tier::Plain || !starts_word || !letter.is_ascii_lowercase();
        apart && cased
    })
}

/// A name's letters and digits, each with what separates it from the one before.
fn letters(name: &str) -> impl Iterator<Item = (Option<char>, char)> {
    let mut separator = None;
    name.chars().filter_map(move |c| {
        if c.is_ascii_alphanumeric() {
            Some((separator.take(), c))
        } else {
            separator = Some(c);
            None
        }
    })
}

/// A sure name speaks for those in one list with it: "Ryuk, Conti and Hive".
fn promote_listed(text: &str, candidates: &mut [Candidate<'_>]) {
    let joined = |left: &Candidate<'_>, right: &Candidate<'_>| {
        context::is_list_glue(&text[left.end..right.start])
    };
    for at in 1..candidates.len() {
        let (earlier, later) = candidates.split_at_mut(at);
        let (left, right) = (&earlier[at - 1], &mut later[0]);
        if left.verdict == Verdict::Sure
            && right.verdict == Verdict::Unproven
            && right.promotable
            && joined(left, right)
        {
            right.verdict = Verdict::Sure;
        }
    }
    for at in (1..candidates.len()).rev() {
        let (earlier, later) = candidates.split_at_mut(at);
        let (left, right) = (&mut earlier[at - 1], &later[0]);
        if right.verdict == Verdict::Sure
            && left.verdict == Verdict::Unproven
            && left.promotable
            && joined(left, right)
        {
            left.verdict = Verdict::Sure;
        }
    }
}

/// A sure name in the same sentence speaks for one that needs no more than words of an attack, and for ransomware: "Maze's
/// operators moved to Egregor".
fn promote_near(text: &str, candidates: &mut [Candidate<'_>]) {
    let near = |left: &Candidate<'_>, right: &Candidate<'_>| {
        context::is_one_sentence(&text[left.end..right.start])
    };
    for at in 0..candidates.len() {
        let found = &candidates[at];
        let spoken_for = found.verdict == Verdict::Unproven
            && found.promotable_by_sentence
            && (at > 0
                && candidates[at - 1].verdict == Verdict::Sure
                && near(&candidates[at - 1], found)
                || candidates
                    .get(at + 1)
                    .is_some_and(|next| next.verdict == Verdict::Sure && near(found, next)));
        if spoken_for {
            candidates[at].verdict = Verdict::Sure;
        }
    }
}

/// A name that is sure in one place of a text is meant in the others too.
fn promote_repeated(candidates: &mut [Candidate<'_>]) {
    if candidates
        .iter()
        .all(|found| found.verdict != Verdict::Unproven)
    {
        return;
    }
    let sure: HashSet<&str> = candidates
        .iter()
        .filter(|found| found.verdict == Verdict::Sure)
        .map(|found| found.entry.family)
        .collect();
    for found in &mut *candidates {
        if found.verdict == Verdict::Unproven
            && found.promotable
            && sure.contains(found.entry.family)
        {
            found.verdict = Verdict::Sure;
        }
    }
}
