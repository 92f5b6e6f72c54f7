//! What single words say of a name beside them: `lists/words.txt`, by hash.

use std::sync::OnceLock;

use super::list::{hash, index};

pub(super) const TEXT: &str = include_str!("../../lists/words.txt");

/// What a word can say, as bits. `lists/words.txt` tells each with its words.
pub(super) mod says {
    /// A noun for malware.
    pub(in super::super) const KIND: u32 = 1;
    /// With `KIND`: for ransomware only.
    pub(in super::super) const RANSOM: u32 = 1 << 1;
    /// With `KIND`: for other things too.
    pub(in super::super) const WEAK: u32 = 1 << 2;
    /// With `KIND`: in capitals only.
    const CAPITALS: u32 = 1 << 3;
    pub(in super::super) const KIT: u32 = 1 << 4;
    pub(in super::super) const BEFORE_KIT: u32 = 1 << 5;
    pub(in super::super) const GROUP: u32 = 1 << 6;
    pub(in super::super) const PART: u32 = 1 << 7;
    pub(in super::super) const OF: u32 = 1 << 8;
    pub(in super::super) const LINK: u32 = 1 << 9;
    pub(in super::super) const NAMING: u32 = 1 << 10;
    pub(in super::super) const EXAMPLE: u32 = 1 << 11;
    pub(in super::super) const AS: u32 = 1 << 12;
    pub(in super::super) const ATTACK: u32 = 1 << 13;
    pub(in super::super) const MODIFIER: u32 = 1 << 14;
    pub(in super::super) const ARTICLE: u32 = 1 << 15;
    pub(in super::super) const IS: u32 = 1 << 16;
    pub(in super::super) const PREPOSITION: u32 = 1 << 17;
    pub(in super::super) const DELIVERS: u32 = 1 << 18;
    pub(in super::super) const ACTS: u32 = 1 << 19;
    pub(in super::super) const LABEL: u32 = 1 << 20;
    pub(in super::super) const PLATFORM: u32 = 1 << 21;
    pub(in super::super) const ENDING: u32 = 1 << 22;
    pub(in super::super) const BY: u32 = 1 << 23;
    pub(in super::super) const HARMED: u32 = 1 << 24;
    pub(in super::super) const FILLER: u32 = 1 << 25;
    pub(in super::super) const PLACING: u32 = 1 << 27;
    /// No name of malware.
    const PRODUCT: u32 = 1 << 26;

    /// The bits of a line that starts with `title`.
    pub(super) fn titled(title: &str) -> u32 {
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
            "platform" => LABEL | PLATFORM,
            "ending" => ENDING,
            "by" => BY,
            "harmed" => HARMED,
            "filler" => FILLER,
            "placing" => PLACING,
            "product" => PRODUCT,
            _ => 0,
        }
    }

    /// What a word says that is written as `word`.
    pub(super) fn as_written(says: u32, word: &str) -> u32 {
        let shouted = word.bytes().take(2).all(|byte| byte.is_ascii_uppercase());
        if says & CAPITALS != 0 && !shouted {
            0
        } else {
            says
        }
    }
}

/// What `word` says, in whatever case it is written.
pub(super) fn meaning(word: &str) -> u32 {
    static LEXICON: OnceLock<Lexicon> = OnceLock::new();
    let lexicon = LEXICON.get_or_init(Lexicon::read);
    let says = lexicon.slots[lexicon.slot(hash(word.as_bytes()))].1;
    says::as_written(says, word)
}

/// Open addressing by the words' hashes. A word that says nothing is a free slot.
struct Lexicon {
    slots: Vec<(u64, u32)>,
}

impl Lexicon {
    /// Three times as many slots as words.
    const BITS: u32 = 11;

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
    #![allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        reason = "tests"
    )]

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
