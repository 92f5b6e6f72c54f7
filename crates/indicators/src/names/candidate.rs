//! What a search of a text yields, before the document as a whole is asked.

use super::columns;
use super::context::Verdict;
use super::list::Entry;

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
    /// Whether a list of such names is one of malware.
    pub(super) listable: bool,
    pub(super) traces: Traces,
}

/// What a sentence has that speaks for a name, though not enough by itself.
#[derive(Default, Clone, Copy)]
pub(super) struct Traces {
    /// How many words are those of an analysis.
    pub(super) hints: usize,
    /// Whether the name does what malware does, or has what malware has.
    pub(super) acts: bool,
}

/// The names in a text, in order, and how often it has a noun for malware.
pub(super) struct Found<'e> {
    pub(super) candidates: Vec<Candidate<'e>>,
    pub(super) kinds: usize,
}

/// The words in a text that may head a column of names.
#[derive(Default)]
pub(super) struct Nouns {
    pub(super) heads: Vec<(usize, usize)>,
    /// How many of them are nouns for malware.
    pub(super) kinds: usize,
}

impl Nouns {
    /// Adds the word `text[start..end]` if it may be of a heading.
    pub(super) fn add(&mut self, text: &str, start: usize, end: usize) {
        if columns::may_head(text, end) {
            self.heads.push((start, end));
        }
    }
}

/// Whether all that a noun at `start` could introduce has been found: "Emotet loader", unlike "`DimFrost` and Emotet loaders".
pub(super) fn is_known_before(text: &str, start: usize, candidates: &[Candidate<'_>]) -> bool {
    candidates.last().is_some_and(|last| {
        last.verdict == Verdict::Sure
            && text.get(last.end..start) == Some(" ")
            && text.get(..last.start).is_some_and(|before| {
                !before.ends_with([',', '/'])
                    && !before.ends_with(", ")
                    && !before.ends_with(" and ")
                    && !before.ends_with(" or ")
            })
    })
}
