//! Finding the names in a text: the embedded ones, a feed's, and those that the text introduces itself.

use super::NameSettings;
use super::actors;
use super::announced;
use super::candidate::{Candidate, Found, Nouns, Traces, is_known_before};
use super::columns;
use super::context::{Surroundings, Verdict};
use super::detection;
use super::fields;
use super::introduced;
use super::key::{self, Key};
use super::lexicon::{meaning, meaning_by_hash, says};
use super::list::{self, Entry, Filter, List, Tier};
use super::placement::{self, Placement};
use super::runs::Runs;
use super::spelling::{Spelling, as_spelt};

/// The names in `text`, in order, sure or not.
pub(super) fn search<'e>(text: &'e str, settings: &'e NameSettings) -> Found<'e> {
    let list = List::get();
    let names = Names {
        list,
        settings,
        filter: settings.filter.as_ref().unwrap_or(&list.filter),
    };
    let bytes = text.as_bytes();
    let mut runs = Runs::of(text);
    let mut candidates = Vec::new();
    let mut nouns = Nouns::default();
    let mut at = 0;
    while let Some((start, end)) = runs.next(at) {
        at = end;
        let hash = list::hash_within(bytes, start, end);
        let found = if names.filter.may_hold(hash) {
            if names.may_start(hash) {
                names.candidate(text, start, end)
            } else {
                None
            }
        } else if !bytes[start].is_ascii_uppercase() {
            continue;
        } else if list.humps.may_hold(hash) {
            names.candidate(text, start, end)
        } else if announced::may_tell(&bytes[start..end])
            && let Some(sure) = announced::telling(text, start, end)
        {
            names.coined(text, start, end, sure)
        } else {
            continue;
        };
        let mut next = match &found {
            Some(found) if found.verdict == Verdict::Sure => {
                announced::listed_after(text, found.end)
            }
            Some(_) => None,
            None => names.told_by(text, (start, end), hash, &mut candidates, &mut nouns),
        };
        candidates.extend(found);
        while let Some(found) = next.and_then(|(start, end)| names.coined(text, start, end, true)) {
            next = announced::listed_after(text, found.end);
            candidates.push(found);
        }
        at = candidates.last().map_or(end, |found| found.end.max(at));
    }
    names.add_columns(text, &nouns, &mut candidates);
    Found {
        candidates,
        kinds: nouns.kinds,
    }
}

/// The names that are looked for: the embedded ones, and a feed's.
#[derive(Clone, Copy)]
struct Names<'e> {
    list: &'static List,
    settings: &'e NameSettings,
    filter: &'e Filter,
}

impl<'e> Names<'e> {
    /// Whether a name may be `key`, or start with it.
    fn may_hold(self, key: &Key) -> bool {
        let hash = key.hash();
        self.filter.may_hold(hash) || self.list.humps.may_hold(hash)
    }

    /// Whether a name may start with a word of this hash, which the filter holds.
    #[inline]
    fn may_start(self, hash: u64) -> bool {
        self.list.names.may_hold(hash) || self.settings.filter.is_some()
    }

    /// The name that the word `text[start..end]`, of this hash, tells of after it; those before it are added.
    #[inline(never)]
    fn told_by(
        self,
        text: &'e str,
        (start, end): (usize, usize),
        hash: u64,
        candidates: &mut Vec<Candidate<'e>>,
        nouns: &mut Nouns,
    ) -> Option<(usize, usize)> {
        let says = meaning_by_hash(hash, text.get(start..end)?);
        if says & says::KIND != 0 {
            nouns.kinds += 1;
            nouns.add(text, start, end);
            if !is_known_before(text, start, candidates) {
                self.introduce(text, start, end, candidates);
            }
            match candidates.last() {
                Some(after) if after.start >= end => announced::listed_after(text, after.end),
                _ => fields::value_after(text, start, end)
                    .or_else(|| detection::family_after(text, start, end)),
            }
        } else if says & (says::NAMING | says::AS) != 0 {
            announced::announced_after(text, start, end)
        } else if says & says::LABEL != 0 {
            detection::family_after(text, start, end)
        } else {
            if says & says::GROUP == 0 {
                return fields::in_message(text, end);
            }
            // Plants have families too.
            nouns.add(text, start, end);
            let speaks = nouns.kinds > 0 || !candidates.is_empty();
            fields::value_after(text, start, end).filter(|_| speaks)
        }
    }

    /// The longest name that starts with the word `text[start..end]`, if it stands there as a word.
    #[inline(never)]
    fn candidate(self, text: &str, start: usize, end: usize) -> Option<Candidate<'e>> {
        let (end, entry) = self.longest(text, start, end)?;
        let plural = text
            .as_bytes()
            .get(end)
            .is_some_and(u8::is_ascii_alphanumeric);
        let placement = placement::placement(text, start, end + usize::from(plural));
        if placement == Placement::Inside || self.settings.ignores(&entry) {
            return None;
        }
        let mut verdict = Verdict::Sure;
        let (mut promotable, mut by_sentence, mut listable) = (false, false, false);
        let mut traces = Traces::default();
        let certain = matches!(entry.tier, Tier::Plain | Tier::Cased);
        if placement == Placement::Variant && !(certain && end - start >= 5) {
            return None;
        }
        let labelled = placement == Placement::Label && entry.tier != Tier::Tool;
        if labelled && meaning(text.get(start..end)?) & says::GENERIC != 0 {
            return None;
        }
        if !labelled && !certain {
            let surroundings = Surroundings::of(text, start, end);
            verdict = surroundings.judge(&entry);
            promotable =
                !matches!(entry.tier, Tier::Tool | Tier::Actor) && surroundings.stands_alone();
            by_sentence = promotable
                && (entry.tier == Tier::Window
                    || entry.tier == Tier::Adjacent
                        && entry.ransomware
                        && !surroundings.has_article()
                        && !surroundings.is_ordinary_opening());
            listable = promotable
                && (entry.tier == Tier::Window || entry.tier == Tier::Adjacent && entry.ransomware)
                && surroundings.suits_a_list();
            if promotable && verdict == Verdict::Unproven {
                traces = surroundings.traces();
            }
        }
        Some(Candidate {
            start,
            end,
            entry,
            verdict,
            promotable,
            promotable_by_sentence: by_sentence,
            listable,
            traces,
        })
    }

    /// The name `text[start..end]`, which the list lacks, unless it has it: then it is found for what it is.
    fn coined(self, text: &'e str, start: usize, end: usize, sure: bool) -> Option<Candidate<'e>> {
        let spelling = &text[start..end];
        let entry = Entry {
            spelling,
            family: spelling,
            tier: Tier::Plain,
            ransomware: false,
        };
        if self.longest(text, start, end).is_some()
            || self.settings.ignores(&entry)
            || actors::is_actor(spelling)
        {
            return None;
        }
        Some(Candidate {
            start,
            end,
            entry,
            verdict: if sure {
                Verdict::Sure
            } else {
                Verdict::Unproven
            },
            promotable: true,
            promotable_by_sentence: true,
            listable: false,
            traces: Traces::default(),
        })
    }

    /// Adds the names that the noun `text[start..end]` introduces. Those before it may have been found without it.
    fn introduce(
        self,
        text: &'e str,
        start: usize,
        end: usize,
        candidates: &mut Vec<Candidate<'e>>,
    ) {
        for (start, end) in introduced::introduced_beside(text, start, end) {
            let Some(found) = self.coined(text, start, end, true) else {
                continue;
            };
            let free = candidates.last().is_none_or(|last| last.end <= start);
            let mut known = candidates.iter_mut().rev().take(8);
            if let Some(known) = known.find(|known| known.start == start) {
                known.verdict = Verdict::Sure;
            } else if free {
                candidates.push(found);
            }
        }
    }

    /// Adds the names in the columns that any of `nouns` heads, and is sure of those that have been found there.
    fn add_columns(self, text: &'e str, nouns: &Nouns, candidates: &mut Vec<Candidate<'e>>) {
        let speaks = nouns.kinds > 0
            || candidates
                .iter()
                .any(|found| found.verdict == Verdict::Sure);
        if !speaks {
            return;
        }
        let columns = nouns
            .heads
            .iter()
            .filter_map(|&(start, end)| columns::cells_below(text, start, end))
            .take(columns::MOST_COLUMNS);
        let mut added = Vec::new();
        for (start, end) in columns
            .flatten()
            .flat_map(|cell| columns::names_in(text, cell))
        {
            let place = candidates.partition_point(|found| found.start < start);
            match candidates.get_mut(place) {
                Some(found) if found.start < end => {
                    let whole = found.start == start && found.end == end;
                    if whole && found.verdict == Verdict::Unproven && found.entry.tier != Tier::Tool
                    {
                        found.verdict = Verdict::Sure;
                    }
                }
                _ if columns::is_name(&text[start..end]) => {
                    added.extend(self.coined(text, start, end, true));
                }
                _ => {}
            }
        }
        if !added.is_empty() {
            candidates.append(&mut added);
            candidates.sort_by_key(|found| found.start);
            candidates.dedup_by_key(|found| found.start);
        }
    }

    fn longest(self, text: &str, start: usize, first_end: usize) -> Option<(usize, Entry<'e>)> {
        let bytes = text.as_bytes();
        let mut best = None;
        let (mut key, mut from, mut end) = (Key::EMPTY, start, first_end);
        for _ in 0..list::MOST_WORDS {
            if !key.push(&bytes[from..end]) || !self.may_hold(&key) {
                break;
            }
            // "Emotets" is a plural, the "s" of "Emotet's" a word of its own.
            // In "Raccoon and Vidar stealers" the noun is no part of the name.
            let named = from == start || bytes.get(from).is_some_and(u8::is_ascii_uppercase);
            let whole = self
                .at_key(&text[start..end], &key)
                .map(|entry| (end, entry));
            let found = whole.or_else(|| {
                let single = key.singular().filter(|_| end - from > 1 && named)?;
                let entry = self.at_key(&text[start..end - 1], &single)?;
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
        let spelling = as_spelt(written, &entry)?;
        // Words in place of a name that is written as one may be no more than words.
        let tier = match (spelling, entry.tier) {
            (Spelling::Apart, Tier::Plain | Tier::Cased) => Tier::Window,
            (Spelling::Apart, _) => return None,
            (Spelling::Listed, tier) => tier,
        };
        Some(Entry { tier, ..entry })
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
        .take(key::LONGEST)
        .take_while(|b| b.is_ascii_alphanumeric())
        .count();
    (gap > 0 && gap < 4 && length > 0).then_some((from, from + length))
}
