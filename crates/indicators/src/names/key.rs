//! What the spellings of a name have in common, which is how it is looked up.

use super::list::{hash_within, words};

/// The longest name, in letters and digits.
pub(super) const LONGEST: usize = 40;

/// A name's letters and digits in lower case, which is what its spellings have in common; the rest of a name longer than `LONGEST` is left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key {
    bytes: [u8; LONGEST],
    len: usize,
}

impl Key {
    /// The key of no letters.
    pub(super) const EMPTY: Self = Self {
        bytes: [0; LONGEST],
        len: 0,
    };

    /// The key of a name.
    pub(super) fn of(name: &str) -> Self {
        words(name).fold(Self::EMPTY, |key, word| {
            key.and(word.as_bytes()).unwrap_or(key)
        })
    }

    /// This key and a further word's; `None` if that would be too long.
    pub(super) fn and(mut self, word: &[u8]) -> Option<Self> {
        self.push(word).then_some(self)
    }

    /// Adds a further word; `false` if the key would be too long.
    #[inline]
    pub(super) fn push(&mut self, word: &[u8]) -> bool {
        let end = self.len + word.len();
        let Some(place) = self.bytes.get_mut(self.len..end) else {
            return false;
        };
        for (place, byte) in place.iter_mut().zip(word) {
            *place = byte.to_ascii_lowercase();
        }
        self.len = end;
        true
    }

    /// The hash of the key as a word.
    #[inline]
    pub(super) fn hash(&self) -> u64 {
        hash_within(&self.bytes, 0, self.len)
    }

    /// This key without a plural's "s".
    pub(super) fn singular(mut self) -> Option<Self> {
        let plural = self.len > 5 && self.as_bytes().ends_with(b"s");
        self.len -= usize::from(plural);
        plural.then_some(self)
    }

    /// The letters and digits.
    pub(super) fn as_bytes(&self) -> &[u8] {
        &self.bytes[..self.len]
    }

    /// Whether this is the key of the name that a line of the list starts with.
    pub(super) fn starts(&self, line: &str) -> bool {
        // The common case: a name of one word.
        if let (Some(head), Some(b'\t')) = (
            line.as_bytes().get(..self.len),
            line.as_bytes().get(self.len),
        ) && head.eq_ignore_ascii_case(self.as_bytes())
        {
            return true;
        }
        let mut rest = self.as_bytes().iter();
        for &byte in line.as_bytes().iter().take_while(|&&byte| byte != b'\t') {
            if byte.is_ascii_alphanumeric() && rest.next() != Some(&byte.to_ascii_lowercase()) {
                return false;
            }
        }
        rest.next().is_none()
    }
}
