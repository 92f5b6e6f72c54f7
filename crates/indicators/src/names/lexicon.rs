//! What single words say of a name beside them: `lists/words.txt`, by hash.

use std::sync::OnceLock;

use super::list::{hash, index};

const TEXT: &str = include_str!("../../lists/words.txt");

/// What a word can say, as bits. `lists/words.txt` tells each with its words.
pub(super) mod says {
    /// A noun for malware.
    pub(in super::super) const KIND: u64 = 1;
    /// With `KIND`: for ransomware only.
    pub(in super::super) const RANSOM: u64 = 1 << 1;
    /// With `KIND`: for other things too.
    pub(in super::super) const WEAK: u64 = 1 << 2;
    /// With `KIND`: in capitals only.
    const CAPITALS: u64 = 1 << 3;
    pub(in super::super) const KIT: u64 = 1 << 4;
    pub(in super::super) const BEFORE_KIT: u64 = 1 << 5;
    pub(in super::super) const GROUP: u64 = 1 << 6;
    pub(in super::super) const PART: u64 = 1 << 7;
    pub(in super::super) const OF: u64 = 1 << 8;
    pub(in super::super) const LINK: u64 = 1 << 9;
    pub(in super::super) const NAMING: u64 = 1 << 10;
    pub(in super::super) const EXAMPLE: u64 = 1 << 11;
    pub(in super::super) const AS: u64 = 1 << 12;
    pub(in super::super) const ATTACK: u64 = 1 << 13;
    pub(in super::super) const MODIFIER: u64 = 1 << 14;
    pub(in super::super) const ARTICLE: u64 = 1 << 15;
    pub(in super::super) const IS: u64 = 1 << 16;
    pub(in super::super) const PREPOSITION: u64 = 1 << 17;
    pub(in super::super) const DELIVERS: u64 = 1 << 18;
    pub(in super::super) const ACTS: u64 = 1 << 19;
    pub(in super::super) const LABEL: u64 = 1 << 20;
    pub(in super::super) const PLATFORM: u64 = 1 << 21;
    pub(in super::super) const ENDING: u64 = 1 << 22;
    pub(in super::super) const BY: u64 = 1 << 23;
    pub(in super::super) const HARMED: u64 = 1 << 24;
    pub(in super::super) const FILLER: u64 = 1 << 25;
    pub(in super::super) const PLACING: u64 = 1 << 27;
    /// In a detection's name, what names no family.
    pub(in super::super) const GENERIC: u64 = 1 << 28;
    /// What analyses speak of; it is no attack by itself.
    pub(in super::super) const HINT: u64 = 1 << 29;
    /// What else a text names: files, tasks, people.
    pub(in super::super) const THING: u64 = 1 << 30;
    /// With `LABEL`: for what a detection's file runs on.
    pub(in super::super) const SYSTEM: u64 = 1 << 31;
    /// Who or what a noun for malware qualifies.
    pub(in super::super) const EVENT: u64 = 1 << 32;
    /// With `MODIFIER`: made from what has the name, and not that itself.
    pub(in super::super) const DERIVED: u64 = 1 << 33;
    /// With a capital at a sentence's start: no name.
    const OPENING: u64 = 1 << 34;
    /// A part of what products and companies are called.
    pub(in super::super) const TRADE: u64 = 1 << 35;
    /// No name of malware.
    pub(in super::super) const PRODUCT: u64 = 1 << 26;

    /// The bits of a line that starts with `title`.
    pub(super) fn titled(title: &str) -> u64 {
        match title {
            "kind" => KIND,
            "ransomware" => KIND | RANSOM,
            "weak" => KIND | WEAK,
            "capitals" => KIND | CAPITALS,
            "kit" => KIT,
            "before-kit" => BEFORE_KIT,
            "group" => GROUP,
            "part" => PART,
            "of" => OF,
            "link" => LINK,
            "naming" => NAMING,
            "example" => EXAMPLE,
            "as" => AS,
            "attack" => ATTACK,
            "modifier" => MODIFIER,
            "article" => ARTICLE,
            "is" => IS,
            "preposition" => PREPOSITION,
            "delivers" => DELIVERS,
            "acts" => ACTS,
            "label" => LABEL,
            "platform" => LABEL | SYSTEM | PLATFORM,
            "system" => LABEL | SYSTEM,
            "generic" => GENERIC,
            "hint" => HINT,
            "thing" => THING,
            "event" => EVENT,
            "opening" => OPENING,
            "derived" => DERIVED,
            "ending" => ENDING,
            "by" => BY,
            "harmed" => HARMED,
            "filler" => FILLER,
            "placing" => PLACING,
            "product" => PRODUCT,
            "trade" => TRADE,
            _ => 0,
        }
    }

    /// What a word says that is written as `word`.
    pub(super) fn as_written(says: u64, word: &str) -> u64 {
        let shouted = || word.bytes().take(2).all(|byte| byte.is_ascii_uppercase());
        if says & CAPITALS != 0 && !shouted() {
            0
        } else {
            says
        }
    }
}

/// What `word` says, in whatever case it is written.
pub(super) fn meaning(word: &str) -> u64 {
    meaning_by_hash(hash(word.as_bytes()), word)
}

/// What `word` says, whose hash is `hash`.
#[inline]
pub(super) fn meaning_by_hash(hash: u64, word: &str) -> u64 {
    static LEXICON: OnceLock<Lexicon> = OnceLock::new();
    let lexicon = LEXICON.get_or_init(Lexicon::read);
    let says = lexicon.slots[lexicon.slot(hash)].1;
    says::as_written(says, word)
}

/// The words that say any of `what`, in whatever case.
pub(super) fn words_that_say(what: u64) -> impl Iterator<Item = &'static str> {
    TEXT.lines()
        .filter_map(|line| line.split_once(": "))
        .filter(move |(title, _)| says::titled(title) & what != 0)
        .flat_map(|(_, words)| words.split_ascii_whitespace())
}

/// Open addressing by the words' hashes. A word that says nothing is a free slot. With the standard library's map a text full of names
/// takes 1.045 times as many instructions.
struct Lexicon {
    slots: Vec<(u64, u64)>,
}

impl Lexicon {
    /// Three times as many slots as words.
    const BITS: u32 = 12;

    fn read() -> Self {
        let mut lexicon = Self {
            slots: vec![(0, 0); 1 << Self::BITS],
        };
        for (title, words) in TEXT.lines().filter_map(|line| line.split_once(": ")) {
            for word in words.split_ascii_whitespace() {
                let hash = hash(word.as_bytes());
                let slot = lexicon.slot(hash);
                let says = lexicon.slots[slot].1 | says::titled(title);
                lexicon.slots[slot] = (hash, says);
            }
        }
        lexicon
    }

    /// Where the word of this hash is, or goes.
    fn slot(&self, hash: u64) -> usize {
        let mut slot = index(hash, Self::BITS);
        while self.slots[slot].1 != 0 && self.slots[slot].0 != hash {
            slot = (slot + 1) % self.slots.len();
        }
        slot
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_has_a_title_that_is_understood() {
        for line in TEXT
            .lines()
            .filter(|line| !line.is_empty() && !line.starts_with('#'))
        {
            let (title, words) = line.split_once(": ").unwrap();
            assert!(says::titled(title) != 0 && !words.is_empty(), "{line}");
        }
    }

    #[test]
    fn case_matters_only_where_it_tells() {
        assert_eq!(meaning("Ransomware"), meaning("ransomware"));
        assert_ne!(meaning("ransomware") & says::RANSOM, 0);
        assert_ne!(meaning("RATs") & says::KIND, 0);
        assert_eq!(meaning("rats"), 0);
        assert_eq!(meaning("parliament"), 0);
    }
}
