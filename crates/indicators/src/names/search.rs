//! Finding the names in a text: the embedded ones, a feed's, and those that the text introduces itself.

use super::NameSettings;
use super::announced;
use super::context::{Surroundings, Verdict};
use super::list::{self, Entry, Filter, Key, List, Tier};
use super::placement::{self, Placement};
use super::runs::Runs;

/// A name that stands in the text as a word, and what is known of it so far.
pub(super) struct Candidate<'e> {
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) entry: Entry<'e>,
    pub(super) verdict: Verdict,
    /// Whether the same name elsewhere in the text, or another in one list with it, may speak for it.
    pub(super) promotable: bool,
    /// Whether another name in the same sentence may.
    pub(super) promotable_by_sentence: bool,
}

/// The names in `text`, in order, sure or not.
pub(super) fn search<'e>(text: &'e str, settings: &'e NameSettings) -> Vec<Candidate<'e>> {
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
        let found = if names.may_hold(bytes, start, end) {
            names.candidate(text, start, end)
        } else if announced::may_tell(&bytes[start..end])
            && let Some(sure) = announced::telling(text, start, end)
        {
            names.coined(text, start, end, sure)
        } else {
            continue;
        };
        let mut next = match &found {
            Some(found) => {
                announced::listed_after(text, found.end).filter(|_| found.verdict == Verdict::Sure)
            }
            None => announced::announced_after(text, start, end),
        };
        candidates.extend(found);
        while let Some(found) = next.and_then(|(start, end)| names.coined(text, start, end, true)) {
            next = announced::listed_after(text, found.end);
            candidates.push(found);
        }
        at = candidates.last().map_or(end, |found| found.end.max(at));
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
        let plural = text
            .as_bytes()
            .get(end)
            .is_some_and(u8::is_ascii_alphanumeric);
        let placement = placement::placement(text, start, end + usize::from(plural));
        if placement == Placement::Inside || self.settings.ignores(&entry) {
            return None;
        }
        let (mut verdict, mut promotable, mut by_sentence) = (Verdict::Sure, false, false);
        let labelled = placement == Placement::Label && entry.tier != Tier::Tool;
        if !labelled && !matches!(entry.tier, Tier::Plain | Tier::Cased) {
            let surroundings = Surroundings::of(text, start, end);
            verdict = surroundings.judge(&entry);
            promotable =
                !matches!(entry.tier, Tier::Tool | Tier::Actor) && surroundings.stands_alone();
            by_sentence = promotable
                && (entry.tier == Tier::Window
                    || entry.tier == Tier::Adjacent
                        && entry.ransomware
                        && !surroundings.has_article());
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

    /// The name `text[start..end]`, which the list lacks, unless it has it: then it is found for what it is.
    fn coined(self, text: &'e str, start: usize, end: usize, sure: bool) -> Option<Candidate<'e>> {
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
            verdict: if sure {
                Verdict::Sure
            } else {
                Verdict::Unproven
            },
            promotable: true,
            promotable_by_sentence: true,
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
