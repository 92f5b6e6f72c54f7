//! The words beside a name, as far as its sentence goes.

use super::lexicon::{meaning, says};

/// How far evidence is looked for, in words and in bytes to each side.
pub(super) const MOST_WORDS: usize = 12;
pub(super) const MOST_BYTES: usize = 160;

/// What stands between two words of a sentence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Gap {
    /// Spaces, hyphens, quotes.
    Space,
    /// A comma, bracket, colon or dash.
    Break,
}

/// The gap between two words; `None` where a sentence or a paragraph ends.
fn gap(between: &str, word_before: &str, word_after: &str) -> Option<Gap> {
    if between == " " {
        return Some(Gap::Space);
    }
    // "e.g. Royal" and "J. Hook" go on; so does what follows in lower case.
    let goes_on =
        word_before.len() == 1 || word_after.starts_with(|c: char| c.is_ascii_lowercase());
    let ends =
        |pair: &[u8]| matches!(pair[0], b'.' | b'!' | b'?') && !pair[1].is_ascii_alphanumeric();
    if between.contains("\n\n") || !goes_on && between.as_bytes().windows(2).any(ends) {
        return None;
    }
    let dash = between.contains(" -") && between.ends_with("- ");
    let breaks = [',', ';', ':', '(', ')', '[', ']', '|', '/', '–', '—'];
    Some(if dash || between.contains(breaks) {
        Gap::Break
    } else {
        Gap::Space
    })
}

/// A word beside a name, in the same sentence.
#[derive(Debug, Clone, Copy)]
pub(super) struct Neighbour<'t> {
    pub(super) text: &'t str,
    /// Where it starts in the text.
    pub(super) start: usize,
    /// What is between it and the word nearer to the name.
    pub(super) gap: Gap,
    says: u64,
}

impl<'t> Neighbour<'t> {
    fn new(text: &'t str, start: usize, gap: Gap) -> Self {
        Self {
            text,
            start,
            gap,
            says: meaning(text),
        }
    }

    /// Whether it says any of `what`.
    pub(super) fn is(&self, what: u64) -> bool {
        self.says & what != 0
    }

    /// Whether the lexicon has nothing that speaks for malware or against it.
    pub(super) fn says_nothing(&self) -> bool {
        self.says
            & !(says::HINT | says::THING | says::GENERIC | says::SYSTEM | says::EVENT | says::TRADE)
            == 0
    }

    /// Whether it is a noun for malware, and for nothing else.
    pub(super) fn is_plain_kind(&self) -> bool {
        self.is(says::KIND) && !self.is(says::WEAK)
    }

    /// A version's, as in "Carbon 3.71 loader".
    pub(super) fn is_number(&self) -> bool {
        self.text.bytes().all(|byte| byte.is_ascii_digit())
    }

    pub(super) fn is_capitalised(&self) -> bool {
        self.text.starts_with(|c: char| c.is_ascii_uppercase())
    }

    /// Whether a name beside it goes on with it: "Play Store".
    pub(super) fn is_of_a_name(&self) -> bool {
        self.is_capitalised() && self.says_nothing()
    }

    pub(super) fn is_shouted(&self) -> bool {
        self.text.len() >= 4 && self.text.bytes().all(|b| b.is_ascii_uppercase())
    }
}

/// The words after `text[..end]`, the nearest first, and no more than `most`.
pub(super) fn words_after<'t>(
    text: &'t str,
    end: usize,
    name: &'t str,
    most: usize,
) -> Vec<Neighbour<'t>> {
    let limit = text.floor_char_boundary(end + MOST_BYTES);
    let bytes = &text.as_bytes()[..limit];
    // The possessive is no word.
    let mut from = ["'s", "’s"]
        .iter()
        .find(|s| text[end..].starts_with(**s))
        .map_or(end, |s| end + s.len());
    let mut words: Vec<Neighbour<'t>> = Vec::with_capacity(most);
    let mut nearer = name;
    while words.len() < most {
        let Some(gap_length) = bytes
            .get(from..)
            .and_then(|rest| rest.iter().position(u8::is_ascii_alphanumeric))
        else {
            break;
        };
        let start = from + gap_length;
        let length = bytes[start..]
            .iter()
            .position(|b| !b.is_ascii_alphanumeric());
        let word = &text[start..length.map_or(limit, |length| start + length)];
        let Some(gap) = gap(&text[from..start], nearer, word) else {
            break;
        };
        words.push(Neighbour::new(word, start, gap));
        nearer = word;
        from = start + word.len();
    }
    words
}

/// The words before `text[start..]`, the nearest first.
pub(super) fn words_before<'t>(text: &'t str, start: usize, name: &'t str) -> Vec<Neighbour<'t>> {
    let limit = text.ceil_char_boundary(start.saturating_sub(MOST_BYTES));
    let bytes = text.as_bytes();
    let mut to = start;
    let mut words: Vec<Neighbour<'t>> = Vec::with_capacity(MOST_WORDS);
    let mut nearer = name;
    while words.len() < MOST_WORDS {
        let Some(last) = bytes[limit..to].iter().rposition(u8::is_ascii_alphanumeric) else {
            break;
        };
        let end = limit + last + 1;
        let length = bytes[limit..end]
            .iter()
            .rev()
            .take_while(|b| b.is_ascii_alphanumeric())
            .count();
        let word = &text[end - length..end];
        let Some(gap) = gap(&text[end..to], word, nearer) else {
            break;
        };
        words.push(Neighbour::new(word, end - length, gap));
        nearer = word;
        to = end - length;
    }
    words
}
