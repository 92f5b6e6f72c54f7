//! What the words around a name say of it: whether a text means the ransomware Royal, or the Royal Navy.

mod naming;

use super::candidate::Traces;
use super::lexicon::says;
use super::list::{self, Entry, Tier};
use super::neighbours::{Gap, MOST_BYTES, MOST_WORDS, Neighbour, words_after, words_before};

/// The words of the sentence around a name, the nearest first.
pub(super) struct Surroundings<'t> {
    name: &'t str,
    before: Vec<Neighbour<'t>>,
    after: Vec<Neighbour<'t>>,
    /// Whether any of them is of an attack.
    attack: bool,
}

/// How sure it is that a name means malware.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Nothing says so.
    Unproven,
    /// It does, but administrators use it as well.
    DualUse,
    /// It does.
    Sure,
}

/// Which way words are read from the name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    Before,
    After,
}

impl<'t> Surroundings<'t> {
    /// The surroundings of `text[start..end]`.
    pub(super) fn of(text: &'t str, start: usize, end: usize) -> Self {
        let name = &text[start..end];
        let before = words_before(text, start, name);
        let after = words_after(text, end, name, MOST_WORDS);
        let telling = |word: &Neighbour<'_>| word.is(says::ATTACK) || word.is_plain_kind();
        Self {
            name,
            attack: before.iter().chain(&after).any(telling),
            before,
            after,
        }
    }

    /// What the surroundings make of `entry`.
    pub(super) fn judge(&self, entry: &Entry<'_>) -> Verdict {
        let sure = match self.effective_tier(entry) {
            Tier::Plain | Tier::Cased => true,
            _ if self.names_an_operation() => false,
            Tier::Window => {
                self.has_neighbour(entry)
                    || self.within(10, says::KIND)
                    || self.within(7, says::ATTACK)
                    || self.stands_alone() && self.hints() >= 2
            }
            Tier::Adjacent | Tier::Exact => self.has_neighbour(entry),
            Tier::Capitals => self.stands_out() || self.has_neighbour(entry),
            Tier::Actor => {
                let group = self.next().is_some_and(|word| word.is(says::GROUP));
                !group
                    && (self.kind_follows(entry)
                        || self.kind_precedes(entry)
                        || self.is_explained(entry))
            }
            Tier::Tool => {
                let attack = self.within(10, says::ATTACK | says::KIND);
                return if attack {
                    Verdict::DualUse
                } else {
                    Verdict::Unproven
                };
            }
        };
        if sure {
            Verdict::Sure
        } else {
            Verdict::Unproven
        }
    }

    /// A spelling with a capital inside is no ordinary word: it needs less than its tier says.
    fn effective_tier(&self, entry: &Entry<'_>) -> Tier {
        let inner = |pair: &[u8]| pair[0].is_ascii_lowercase() && pair[1].is_ascii_uppercase();
        let camel = self.name == entry.spelling && self.name.as_bytes().windows(2).any(inner);
        match entry.tier {
            Tier::Adjacent if camel => Tier::Window,
            // "BoomBox" for "BOOMBOX".
            Tier::Capitals if self.name.as_bytes().windows(2).any(inner) => Tier::Window,
            tier => tier,
        }
    }

    fn has_neighbour(&self, entry: &Entry<'_>) -> bool {
        self.kind_follows(entry)
            || self.kind_precedes(entry)
            || self.is_explained(entry)
            || self.has_part()
            || self.is_delivered()
            || self.acts(entry)
            || self.is_joined()
    }

    /// "Hook Android banking trojan"
    fn kind_follows(&self, entry: &Entry<'_>) -> bool {
        let near = &self.after[..self.after.len().min(5)];
        let directly = self.next().is_some();
        let modifiers = near
            .iter()
            .take_while(|word| word.is(says::MODIFIER) || word.is_number())
            .count();
        // A modifier may be a kind itself: "backdoor trojan".
        directly
            && (0..near.len().min(modifiers + 1)).any(|at| self.is_kind(Side::After, at, entry))
    }

    /// "the ransomware group Play", "a stealer dubbed Shark", "ransomware families such as Play"
    fn kind_precedes(&self, entry: &Entry<'_>) -> bool {
        let is_kind = |at| self.is_kind(Side::Before, at, entry);
        if let Some(first) = self.previous() {
            let beside = self
                .before
                .get(1)
                .is_some_and(|word| word.gap == Gap::Space);
            // "Malware Hunter Pro" is a product.
            let whole = !self.next().is_some_and(Neighbour::is_of_a_name);
            if is_kind(0) && whole || first.is(says::GROUP) && beside && is_kind(1) {
                return true;
            }
        }
        let article = self
            .before
            .first()
            .is_some_and(|word| word.is(says::ARTICLE));
        self.announcement(usize::from(article)).any(is_kind)
    }

    /// Whether the sentence speaks of malware, or of an attack.
    pub(super) fn speaks_of_malware(&self) -> bool {
        self.attack && !self.next().is_some_and(Neighbour::is_capitalised)
    }

    /// "Hook, a new banking trojan", "Hook is Android malware", "Hook (a banker)"
    fn is_explained(&self, entry: &Entry<'_>) -> bool {
        let is = self.after.first().is_some_and(|word| word.is(says::IS));
        let from = usize::from(is);
        let opens = |word: &Neighbour<'_>| word.gap == Gap::Break && word.is(says::ARTICLE);
        if !is && !self.after.first().is_some_and(opens) {
            return false;
        }
        let mut breaks = 0;
        for (at, word) in self.after.iter().enumerate().skip(from).take(9) {
            breaks += u8::from(at > from && word.gap == Gap::Break);
            // "a sophisticated, modular backdoor" goes on after a comma, but a clause does not.
            if breaks > 1 || word.is(says::PREPOSITION) && !word.is(says::MODIFIER) {
                return false;
            }
            if self.is_kind(Side::After, at, entry) {
                return true;
            }
        }
        false
    }

    /// "Play affiliates", in a sentence that speaks of an attack besides.
    fn has_part(&self) -> bool {
        let telling = |word: &Neighbour<'_>| word.is(says::ATTACK) || word.is_plain_kind();
        let besides = self.before.iter().chain(self.after.iter().skip(1));
        self.next().is_some_and(|word| word.is(says::PART)) && besides.take(20).any(telling)
    }

    /// "deployed Royal", in a sentence that speaks of malware.
    fn is_delivered(&self) -> bool {
        self.previous().is_some_and(|word| word.is(says::DELIVERS)) && self.within(10, says::KIND)
    }

    /// "Royal encrypts", in a sentence that speaks of malware; "Symbiote infects", which malware alone does.
    fn acts(&self, entry: &Entry<'_>) -> bool {
        let adverb = |word: &&Neighbour<'_>| {
            matches!(word.text, "also" | "now" | "then" | "still" | "usually")
        };
        let verb = self
            .after
            .iter()
            .take_while(|word| word.gap == Gap::Space)
            .find(|word| !adverb(word));
        let Some(verb) = verb.filter(|verb| verb.is(says::ACTS)) else {
            return false;
        };
        let telling = verb.is(says::ATTACK)
            || self.within(10, says::KIND)
            || entry.ransomware && self.within(10, says::ATTACK)
            || entry.tier == Tier::Window && self.hints() > 0;
        telling && self.stands_alone()
    }

    /// "operators of Royal", in a sentence that speaks of malware; "encrypted by Dharma".
    fn is_joined(&self) -> bool {
        let says = |at: usize, what| {
            let word = self.before.get(at);
            word.is_some_and(|word| word.gap == Gap::Space && word.is(what))
        };
        says(0, says::LINK) && says(1, says::OF) && self.within(10, says::KIND)
            || says(0, says::BY) && says(1, says::HARMED)
    }

    /// The word after the name, if nothing but space is between.
    fn next(&self) -> Option<&Neighbour<'t>> {
        self.after.first().filter(|word| word.gap == Gap::Space)
    }

    /// The word before the name, if nothing but space is between.
    fn previous(&self) -> Option<&Neighbour<'t>> {
        self.before.first().filter(|word| word.gap == Gap::Space)
    }

    /// Whether a word within `reach` says any of `what`, "worm" and the like left out.
    fn within(&self, reach: usize, what: u64) -> bool {
        let says = |word: &Neighbour<'_>| word.is(what) && !word.is(says::WEAK);
        self.before.iter().take(reach).any(says) || self.after.iter().take(reach).any(says)
    }

    /// What speaks for the name without sufficing: "Vidar operators", "Mozi spreads".
    pub(super) fn traces(&self) -> Traces {
        let next = self.next();
        Traces {
            hints: self.hints(),
            acts: next.is_some_and(|word| word.is(says::PART | says::ACTS)),
        }
    }

    /// How many words of the sentence are those of an analysis.
    fn hints(&self) -> usize {
        let words = self.before.iter().chain(&self.after);
        words
            .filter(|word| word.is(says::HINT | says::ATTACK | says::DELIVERS))
            .count()
    }

    /// Whether a list of ambiguous names is one of malware here.
    pub(super) fn suits_a_list(&self) -> bool {
        let telling = says::HINT | says::ATTACK | says::KIND | says::DELIVERS;
        self.stands_alone() && self.within(MOST_WORDS, telling)
    }

    /// Whether a word is a noun for malware that `entry` can be. "Worm" and the like are, where the sentence speaks of an attack.
    fn is_kind(&self, side: Side, at: usize, entry: &Entry<'_>) -> bool {
        let (words, earlier) = match side {
            Side::Before => (&self.before, Some(at + 1)),
            Side::After => (&self.after, at.checked_sub(1)),
        };
        let Some(word) = words.get(at) else {
            return false;
        };
        if word.is(says::KIND) {
            return (entry.ransomware || !word.is(says::RANSOM))
                && (self.attack || !word.is(says::WEAK));
        }
        let earlier = earlier.and_then(|at| words.get(at));
        word.is(says::KIT) && earlier.is_some_and(|word| word.is(says::BEFORE_KIT))
    }

    /// Capitals in a text that is not all capitals.
    fn stands_out(&self) -> bool {
        let shouted = |word: Option<&Neighbour<'_>>| word.is_some_and(Neighbour::is_shouted);
        self.name.bytes().all(|byte| !byte.is_ascii_lowercase())
            && !shouted(self.before.first())
            && !shouted(self.after.first())
    }

    /// "Operation Snake"
    fn names_an_operation(&self) -> bool {
        self.previous()
            .is_some_and(|word| matches!(word.text, "Operation" | "Project"))
    }

    /// "Sector analysts": an ordinary word that starts a sentence.
    pub(super) fn is_ordinary_opening(&self) -> bool {
        self.before.is_empty()
            && self.next().is_some_and(|word| {
                const FITTING: u64 = says::IS
                    | says::ACTS
                    | says::DELIVERS
                    | says::PREPOSITION
                    | says::PART
                    | says::GROUP
                    | says::KIND;
                !word.is_capitalised() && !word.is(FITTING) && !word.text.ends_with("ed")
            })
    }

    /// "the Royal"
    pub(super) fn has_article(&self) -> bool {
        self.previous().is_some_and(|word| word.is(says::ARTICLE))
    }

    /// Whether the name is no part of a longer one ("Play Store", "Giuseppe Conti") and no place ("in Cuba"). The first word of a sentence has a capital anyway.
    pub(super) fn stands_alone(&self) -> bool {
        let after = self.next().is_some_and(Neighbour::is_of_a_name);
        let before = self.previous().is_some_and(|word| {
            word.is(says::PRODUCT) || self.before.len() > 1 && word.is_of_a_name()
        });
        let placed = self.previous().is_some_and(|word| word.is(says::PLACING));
        !after && !before && !placed && !self.names_an_operation()
    }
}

/// Whether what stands between two names ends no sentence.
pub(super) fn is_one_sentence(between: &str) -> bool {
    const ENDS: [&str; 5] = [". ", "! ", "? ", ".\n", "\n\n"];
    between.len() <= MOST_BYTES && !ENDS.iter().any(|end| between.contains(end))
}

/// Whether what stands between two names makes them one list: "Ryuk, Conti and Hive", "Ursnif (aka Gozi)".
pub(super) fn is_list_glue(between: &str) -> bool {
    const GLUE: &str =
        "and or aka also known as formerly the well alias previously including a k then";
    let glue = |word: &str| GLUE.split(' ').any(|glue| word.eq_ignore_ascii_case(glue));
    between.len() <= 48
        && is_one_sentence(between)
        && !between.contains(['!', '?'])
        && between.chars().any(|c| !c.is_whitespace())
        && list::words(between).all(glue)
}
