//! What "dubbed", "known as" and "such as" before a name refer to: a noun for malware, or for a file, a task, a group.

use super::super::lexicon::says;
use super::super::list::{Entry, Tier};
use super::super::neighbours::{Gap, Neighbour};
use super::{Side, Surroundings};

impl Surroundings<'_> {
    /// Where the noun stands that "dubbed", "known as" or "such as" at `at` refers to: a name is announced from afar, an example from near.
    pub(super) fn announcement(&self, at: usize) -> std::ops::Range<usize> {
        let says = |at: usize, what| self.before.get(at).is_some_and(|word| word.is(what));
        // "known as X", "track the implant as X"
        let by = |what| {
            says(at, what) || says(at, says::AS) && (1..=4).any(|further| says(at + further, what))
        };
        let reach = match (by(says::NAMING), by(says::EXAMPLE)) {
            (true, _) => 9,
            (false, true) => 4,
            (false, false) => 0,
        };
        let from = self.before.len().min(at + 1);
        from..self.before.len().min(from + reach)
    }

    /// Whether a name that no list has is announced as malware's: "a backdoor that we track as X". A word that is not `coined` for
    /// the purpose must be nearer to the noun: "the spyware, called X".
    pub(in super::super) fn is_announced(&self, coined: bool) -> bool {
        const ANY: Entry<'_> = Entry {
            spelling: "",
            family: "",
            tier: Tier::Adjacent,
            ransomware: true,
        };
        let alone = !self.next().is_some_and(Neighbour::is_capitalised);
        let between = |at: &usize| {
            let word = self.before.get(*at);
            !word.is_some_and(|word| word.is(says::FILLER))
                && !self.is_kind(Side::Before, *at, &ANY)
        };
        // "a loader that we call X", but "the loader calls X".
        let calls = self
            .before
            .first()
            .is_some_and(|word| matches!(word.text, "call" | "calls"));
        let relative = |word: &Neighbour<'_>| matches!(word.text, "that" | "which");
        if calls && !self.before.iter().take(4).any(relative) {
            return false;
        }
        let mut range = self.announcement(0);
        if self.names_a_thing(range.clone()) {
            return false;
        }
        if !coined {
            let skipped = range.clone().find(between).unwrap_or(range.end);
            range.end = skipped;
        }
        alone
            && range
                .into_iter()
                .any(|at| self.is_kind(Side::Before, at, &ANY))
    }

    /// "malware creates a task named X", "a group known as X", unlike "the ransomware group known as X": whether the noun that is nearest in
    /// `range` is of something else than malware.
    pub(super) fn names_a_thing(&self, range: std::ops::Range<usize>) -> bool {
        let telling = |at: &usize| {
            self.before
                .get(*at)
                .is_some_and(|word| word.is(says::THING) || !word.is(says::FILLER))
        };
        let Some(at) = range.into_iter().find(telling) else {
            return false;
        };
        let says = |at: usize, what| self.before.get(at).is_some_and(|word| word.is(what));
        // "a wiper for Linux servers, dubbed X"; but "the actor, known as X".
        let apart = self
            .before
            .get(at)
            .is_some_and(|word| word.gap == Gap::Break);
        let thing = says(at, if apart { says::GROUP } else { says::THING });
        let behind = says(at + 1, says::ARTICLE)
            && self
                .before
                .get(at + 2)
                .is_some_and(|word| word.text == "behind");
        thing && says(at, says::THING) && !(says(at, says::GROUP) && says(at + 1, says::RANSOM))
            || behind
    }

    /// Whether the text gives the name to a file, a task, a group.
    pub(in super::super) fn is_called_as_a_thing(&self) -> bool {
        self.names_a_thing(self.announcement(0))
    }
}
