//! The embedded list of malware names, found by the hash of a name without its spaces, punctuation and case.

use std::collections::HashMap;
use std::sync::OnceLock;

use super::key::Key;
use super::lexicon::{self, says};

/// `spelling<TAB>flags[<TAB>family]` a line, as `lists/generate.py` writes it; `lists/README.md` says what the flags mean.
const TEXT: &str = include_str!("../../lists/malware-names.tsv");

/// The most words a name has that is looked for.
pub(super) const MOST_WORDS: usize = 5;

/// What a name needs beside it to be malware.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tier {
    /// Nothing, in any case.
    Plain,
    /// A capital, or the listed spelling.
    Cased,
    /// A capital, and words of an attack in the sentence.
    Window,
    /// A capital, and a noun of malware beside it.
    Adjacent,
    /// The listed spelling, and a noun of malware beside it.
    Exact,
    /// Capitals throughout, or what `Adjacent` needs.
    Capitals,
    /// As `Adjacent`: the name is a group's as well, and must not be followed by "group".
    Actor,
    /// Words of an attack in the sentence, and even so it is a tool that others use as well.
    Tool,
}

impl Tier {
    fn from_flag(flag: u8) -> Self {
        match flag {
            b'P' => Self::Plain,
            b'C' => Self::Cased,
            b'W' => Self::Window,
            b'X' => Self::Exact,
            b'K' => Self::Capitals,
            b'G' => Self::Actor,
            b'T' => Self::Tool,
            _ => Self::Adjacent,
        }
    }
}

/// A name of the list, or one that a feed adds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Entry<'a> {
    /// The name as its source spells it.
    pub(super) spelling: &'a str,
    /// The family's name; the spelling itself unless that is an alias.
    pub(super) family: &'a str,
    /// What it needs to count as malware.
    pub(super) tier: Tier,
    /// Whether it is ransomware, or its gang.
    pub(super) ransomware: bool,
}

impl<'a> Entry<'a> {
    fn parse(line: &'a str) -> Self {
        let (spelling, rest) = cut_at_tab(line);
        let (flags, family) = cut_at_tab(rest.unwrap_or_default());
        let flags = flags.as_bytes();
        Self {
            spelling,
            family: family.unwrap_or(spelling),
            tier: Tier::from_flag(flags.first().copied().unwrap_or_default()),
            ransomware: flags.contains(&b'r'),
        }
    }
}

/// A line's first field, and what follows it. Fields are too short for a search that is quick in long texts.
#[inline]
fn cut_at_tab(line: &str) -> (&str, Option<&str>) {
    let tab = line.bytes().position(|byte| byte == b'\t');
    let cut = tab.and_then(|at| Some((line.get(..at)?, line.get(at + 1..)?)));
    cut.map_or((line, None), |(first, rest)| (first, Some(rest)))
}

/// The words of a name: its runs of ASCII letters and digits.
pub(super) fn words(name: &str) -> impl Iterator<Item = &str> {
    name.split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty())
}

/// Whether a word joins the last two names of a list.
pub(super) fn is_conjunction(word: &str) -> bool {
    matches!(word, "and" | "or" | "And" | "Or")
}

/// Hash of a run of ASCII letters and digits, blind to case. It reads the first and the last 8 bytes: a hit is compared anyway.
#[inline]
pub(super) fn hash(word: &[u8]) -> u64 {
    hash_within(word, 0, word.len())
}

/// The hash of the run `bytes[start..end]`. To be quick it reads past the end of a short run, and leaves out what it read there.
#[inline]
pub(super) fn hash_within(bytes: &[u8], start: usize, end: usize) -> u64 {
    const LOWER: u64 = 0x2020_2020_2020_2020;
    let eight_at = |at: usize| {
        let eight = bytes.get(at..).and_then(<[u8]>::first_chunk);
        eight.map(|eight| u64::from_le_bytes(*eight))
    };
    let length = end - start;
    let mut head = eight_at(start).unwrap_or_else(|| {
        let mut padded = [0; 8];
        let kept = &bytes[start..end];
        padded[..kept.len()].copy_from_slice(kept);
        u64::from_le_bytes(padded)
    });
    let mut tail = 0;
    if length < 8 {
        head &= (1 << (length * 8)) - 1;
    } else {
        tail = eight_at(end - 8).unwrap_or(0);
    }
    let mixed = (head | LOWER) ^ (tail | LOWER).rotate_left(27) ^ length as u64;
    mixed.wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

/// The `bits` highest bits of a hash, which are its best, as an index.
#[inline]
pub(super) fn index(hash: u64, bits: u32) -> usize {
    #[allow(clippy::cast_possible_truncation, reason = "few bits are left")]
    let index = (hash >> (64 - bits)) as usize;
    index
}

/// The filter's size: 32 KiB, in which one word in a hundred is held by chance.
const FILTER_BITS: u32 = 12;

/// A Bloom filter of word hashes: two bits in one 64-bit block.
#[derive(Debug, Clone)]
pub(super) struct Filter {
    blocks: Vec<u64>,
}

impl Filter {
    fn new() -> Self {
        Self {
            blocks: vec![0; 1 << FILTER_BITS],
        }
    }

    fn bits(hash: u64) -> u64 {
        1 << (hash >> 40 & 63) | 1 << (hash >> 46 & 63)
    }

    fn insert(&mut self, hash: u64) {
        self.blocks[index(hash, FILTER_BITS)] |= Self::bits(hash);
    }

    /// Whether a hash may have been added.
    #[inline]
    pub(super) fn may_hold(&self, hash: u64) -> bool {
        let bits = Self::bits(hash);
        let block = self.blocks.get(index(hash, FILTER_BITS));
        block.is_some_and(|block| block & bits == bits)
    }

    /// Adds what the words of a text can add up to on the way to `name`: its first word, its first two, …, all of it, and its plural.
    pub(super) fn insert_name(&mut self, name: &str) {
        let mut key = Key::EMPTY;
        for word in words(name) {
            if let Some(split) = split_tail(word) {
                self.insert_start(&key, word, split);
            }
            key = key.and(word.as_bytes()).unwrap_or(key);
            self.insert(hash(key.as_bytes()));
        }
        let plural = key.and(b"s").filter(|plural| plural.singular().is_some());
        self.insert(hash(plural.unwrap_or(key).as_bytes()));
    }

    /// Adds what `name` starts with where its words in camel case are written apart.
    fn insert_humps(&mut self, name: &str) {
        let mut key = Key::EMPTY;
        for word in words(name) {
            for split in humps(word) {
                self.insert_start(&key, word, split);
            }
            key = key.and(word.as_bytes()).unwrap_or(key);
        }
    }

    fn insert_start(&mut self, key: &Key, word: &str, split: usize) {
        let start = word.as_bytes().get(..split).unwrap_or_default();
        if let Some(start) = key.and(start) {
            self.insert(hash(start.as_bytes()));
        }
    }

    fn insert_all(&mut self, other: &Self) {
        for (block, more) in self.blocks.iter_mut().zip(&other.blocks) {
            *block |= more;
        }
    }
}

/// Nouns at the end of a name that some write apart: "Trick Bot", "Loki Bot", "Smoke Loader".
const TAILS: [&str; 5] = ["bot", "loader", "locker", "rat", "stealer"];

/// Where a name ends before such a noun.
pub(super) fn split_tail(word: &str) -> Option<usize> {
    let at = |tail: &&str| {
        let at = word.len().checked_sub(tail.len()).filter(|&at| at >= 3)?;
        let end = word.get(at..)?;
        let capital = end.starts_with(|c: char| c.is_ascii_uppercase());
        // "Pikabot", but no "rat" of a "Spectrat".
        (end.eq_ignore_ascii_case(tail) && (capital || tail.len() > 3 || *tail == "bot"))
            .then_some(at)
    };
    TAILS.iter().find_map(at)
}

/// Where else a name in camel case may be written apart: "Warm Cookie" for `WarmCookie`. No text is slowed down by the first word of `TheMoon`.
pub(super) fn humps(word: &str) -> impl Iterator<Item = usize> {
    let pairs = word.as_bytes().windows(2).enumerate();
    pairs.filter_map(|(at, pair)| {
        matches!(pair, [low, high] if low.is_ascii_lowercase() && high.is_ascii_uppercase())
            .then_some(at + 1)
            .filter(|&at| at >= 4)
    })
}

/// Words of detections' names that are too common to look at each: another word of the same name tells as well.
const ORDINARY: [&str; 3] = ["a", "not", "possible"];

/// The list, indexed. Built when the first text is searched, in a fraction of a millisecond.
pub(super) struct List {
    /// Names, what they start with, and the words that tell of one: "dubbed", "ransomware", "Win32".
    pub(super) filter: Filter,
    /// Names and what they start with.
    pub(super) names: Filter,
    /// What names in camel case start with, where they are written apart.
    pub(super) humps: Filter,
    /// The line of each name, by the hash of its key. A test holds that no two names have the same.
    lines: HashMap<u64, &'static str>,
}

impl List {
    /// The one list of the process.
    pub(super) fn get() -> &'static Self {
        static LIST: OnceLock<List> = OnceLock::new();
        LIST.get_or_init(Self::read)
    }

    fn read() -> Self {
        let mut list = Self {
            filter: Filter::new(),
            names: Filter::new(),
            humps: Filter::new(),
            lines: HashMap::new(),
        };
        let telling = lexicon::words_that_say(says::LABEL | says::KIND);
        for word in super::announced::WORDS
            .sorted()
            .iter()
            .copied()
            .chain(super::columns::HEADS)
            .chain(telling)
            .filter(|word| !ORDINARY.contains(word))
        {
            list.filter.insert(hash(word.as_bytes()));
        }
        for line in TEXT.lines() {
            let name = Entry::parse(line).spelling;
            list.names.insert_name(name);
            list.humps.insert_humps(name);
            list.lines.insert(Key::of(name).hash(), line);
        }
        list.filter.insert_all(&list.names);
        list
    }

    /// The name that has this key.
    pub(super) fn lookup(&self, key: &Key) -> Option<Entry<'static>> {
        let line = self.lines.get(&key.hash())?;
        key.starts(line).then(|| Entry::parse(line))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_looked_up_by_its_spelling() {
        for line in TEXT.lines() {
            let entry = Entry::parse(line);
            assert_eq!(
                List::get().lookup(&Key::of(entry.spelling)),
                Some(entry),
                "{line}: another name has this key, or this hash"
            );
        }
    }
}
