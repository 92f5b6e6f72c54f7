//! Names that no list has yet, which a text tells by the noun for malware beside them: "01flip ransomware", "the worm `DustCrawl`",
//! "`PaleFrost`, a modular backdoor".

use super::lexicon::{meaning, says};
use super::list;
use super::neighbours::{Gap, Neighbour, words_after, words_before};
use super::placement::{Placement, placement};
use super::spelling::{is_brand, is_coined, is_leet, is_ordinary, is_title, is_trade_name};

/// How many words may be between a name and its noun.
const MOST_MODIFIERS: usize = 3;
/// How far a look goes that tells whether the words beside a noun are worth reading.
const NEAR: usize = 72;

/// Modifiers that are more often a phrase's start: "used by X as first stage malware".
const LINKS: u64 = says::PREPOSITION | says::AS | says::OF;

/// A noun for malware in a text, and what stands around it.
struct Noun<'t> {
    text: &'t str,
    word: &'t str,
    end: usize,
    before: Vec<Neighbour<'t>>,
    after: Vec<Neighbour<'t>>,
}

/// The names that the noun for malware `text[start..end]` introduces, as their places, in order.
pub(super) fn introduced_beside(text: &str, start: usize, end: usize) -> Vec<(usize, usize)> {
    let Some(word) = text.get(start..end) else {
        return Vec::new();
    };
    if !is_worth_reading(text, start, end) || placement(text, start, end) == Placement::Inside {
        return Vec::new();
    }
    let noun = Noun {
        text,
        word,
        end,
        before: words_before(text, start, word),
        after: words_after(text, end, word, 2),
    };
    let before = noun.before();
    if before.is_empty() {
        noun.after().into_iter().collect()
    } else {
        before
    }
}

/// Whether a word near by may be a name, which is to say that it starts with a capital or a digit. That of a sentence's first word tells
/// nothing, unless another follows, or the noun has one too.
#[inline(never)]
fn is_worth_reading(text: &str, start: usize, end: usize) -> bool {
    let bytes = text.as_bytes();
    let opens = |byte: &u8| byte.is_ascii_uppercase() || byte.is_ascii_digit();
    let after = bytes.get(end..bytes.len().min(end + 4)).unwrap_or_default();
    if after.iter().any(opens) {
        return true;
    }
    let from = start.saturating_sub(NEAR);
    let near = bytes.get(from..start).unwrap_or_default();
    let (mut words, mut word_end, mut inside) = (0, near.len(), false);
    for (at, byte) in near.iter().enumerate().rev() {
        // Most of a text: letters that start no name.
        if byte.is_ascii_lowercase() {
            inside = true;
            continue;
        }
        if !opens(byte) {
            words += usize::from(inside);
            if words > MOST_MODIFIERS + 1 || matches!(byte, b'.' | b'\n') {
                break;
            }
            (inside, word_end) = (false, at);
            continue;
        }
        inside = true;
        let before = at.checked_sub(1).and_then(|at| near.get(at));
        if before.is_some_and(u8::is_ascii_alphanumeric) {
            continue;
        }
        let begins = match at.checked_sub(2).and_then(|at| near.get(at)) {
            None => from == 0,
            Some(mark) => matches!(mark, b'.' | b'!' | b'?' | b'\n') || before == Some(&b'\n'),
        };
        let inner = near.get(at + 1..word_end).unwrap_or_default();
        let is = bytes
            .get(from + word_end..)
            .is_some_and(|rest| rest.starts_with(b" is a"));
        if !begins
            || is
            || inner.iter().any(opens)
            || bytes.get(start).is_some_and(u8::is_ascii_uppercase)
        {
            return true;
        }
    }
    false
}

impl Noun<'_> {
    fn before(&self) -> Vec<(usize, usize)> {
        if self.is_of_something_else() {
            return Vec::new();
        }
        match self.qualified().or_else(|| self.explained()) {
            Some((at, to)) => self.list_that_ends(at, to),
            None => Vec::new(),
        }
    }

    /// "malware analysts", "a ransomware attack": what has a name is not the malware.
    fn is_of_something_else(&self) -> bool {
        let next = self.after.first().filter(|word| word.gap == Gap::Space);
        next.is_some_and(|word| word.is(says::EVENT))
    }

    /// "01flip ransomware", "the `PaleFrost` Android banking trojan": which of the words before, and where the name ends.
    fn qualified(&self) -> Option<(usize, usize)> {
        let spaced = |word: &&Neighbour<'_>| word.gap == Gap::Space;
        let modifiers = self
            .before
            .iter()
            .take(MOST_MODIFIERS)
            .take_while(spaced)
            .take_while(|word| word.is(says::MODIFIER) && !word.is(says::DERIVED | LINKS))
            .take_while(|word| word.text != "s")
            .count();
        let name = self.before.get(modifiers).filter(spaced)?;
        let to = name.start + name.text.len();
        let direct = modifiers == 0 && self.text.get(to..to + 1) == Some(" ");
        if is_trade_name(name.text) && !self.is_introduced(modifiers) {
            return None;
        }
        if direct && self.is_part_of_name() && self.is_name_with_noun(name) {
            return Some((0, self.end));
        }
        let fits = self.is_certain(name) || self.is_probable(name, modifiers);
        fits.then_some((modifiers, to))
    }

    /// "the `CareFrost` trojan", "`PaleFrost` and `CareFrost` malware", unlike "`HealthFirst` malware": whether an article, a verb or another name in
    /// one list tells that the word at `at` is a name of malware and not what the malware is after.
    fn is_introduced(&self, at: usize) -> bool {
        let Some(word) = self.before.get(at + 1) else {
            return false;
        };
        let listed = if list::is_conjunction(word.text) {
            self.before.get(at + 2)
        } else {
            Some(word).filter(|word| word.gap == Gap::Break)
        };
        let told = word.is(says::ARTICLE | says::DELIVERS) || matches!(word.text, "new" | "New");
        told && word.gap == Gap::Space
            || listed.is_some_and(|word| !is_trade_name(word.text) && self.is_certain(word))
    }

    /// "Arkanix Stealer", "Deed RAT": a noun that is written as a part of the name.
    fn is_part_of_name(&self) -> bool {
        const TAILS: [&str; 7] = [
            "Stealer",
            "RAT",
            "Loader",
            "Keylogger",
            "Clipper",
            "Locker",
            "Crypter",
        ];
        TAILS.contains(&self.word)
    }

    fn is_name_with_noun(&self, name: &Neighbour<'_>) -> bool {
        let opens = self.before.get(1).is_none_or(|word| {
            word.gap != Gap::Space || !word.is_capitalised() || !word.says_nothing()
        });
        let sole = !self
            .after
            .first()
            .is_some_and(|word| word.gap == Gap::Space && word.is_capitalised());
        self.stands(name)
            && (is_coined(name.text)
                || is_leet(name.text)
                || is_title(name.text) && opens && sole && !is_ordinary(name.text))
    }

    /// A word that is spelt as no other words are.
    fn is_certain(&self, name: &Neighbour<'_>) -> bool {
        let shouted = name.text.bytes().all(|byte| !byte.is_ascii_lowercase());
        let all_shout = shouted
            && self.word.bytes().all(|byte| byte.is_ascii_uppercase())
            && self.word.len() > 3;
        (is_coined(name.text) || is_leet(name.text)) && !all_shout && self.stands(name)
    }

    /// "the Gustblick trojan": a word with a capital, within a sentence.
    fn is_probable(&self, name: &Neighbour<'_>, at: usize) -> bool {
        let introduced = self.before.get(at + 1).is_some_and(|word| {
            word.gap == Gap::Space
                && (matches!(word.text, "the" | "The" | "new") || word.is(says::DELIVERS))
        });
        let noun = self
            .word
            .bytes()
            .skip(1)
            .all(|byte| byte.is_ascii_lowercase())
            && !self.word.starts_with(|c: char| c.is_ascii_uppercase())
            || matches!(self.word, "RAT" | "Trojan");
        let weak = meaning(self.word) & says::WEAK != 0;
        introduced
            && noun
            && !weak
            && is_title(name.text)
            && !is_ordinary(name.text)
            && self.stands(name)
    }

    /// Whether a word says nothing of itself, and is neither a piece of something nor a brand's name.
    fn stands(&self, name: &Neighbour<'_>) -> bool {
        let to = name.start + name.text.len();
        (4..=20).contains(&name.text.len())
            && meaning(name.text) == 0
            && placement(self.text, name.start, to) == Placement::Word
            && !is_brand(name.text)
    }

    /// "`PaleFrost`, a modular backdoor", "`PaleFrost` is a new loader"
    fn explained(&self) -> Option<(usize, usize)> {
        let article = self
            .before
            .iter()
            .take(MOST_MODIFIERS + 1)
            .position(|word| word.is(says::ARTICLE))?;
        let clause = self.before.get(..=article)?;
        if clause.iter().any(|word| {
            word.gap == Gap::Break || word.is(says::PREPOSITION) && !word.is(says::MODIFIER)
        }) {
            return None;
        }
        let first = self.before.get(article + 1)?;
        let is = usize::from(first.gap == Gap::Space && matches!(first.text, "is" | "was"));
        // "a ransomware group" is one of people.
        let people = self
            .after
            .first()
            .is_some_and(|word| word.gap == Gap::Space && word.is(says::THING));
        let name = self.before.get(article + 1 + is).filter(|_| !people)?;
        let joined = if is == 1 {
            name.gap == Gap::Space
        } else {
            name.gap == Gap::Break
        };
        let title = is == 1
            && article + 2 == self.before.len().saturating_sub(1)
            && self.is_predicate(name);
        let fits =
            joined && meaning(self.word) & says::WEAK == 0 && (title || self.is_certain(name));
        fits.then_some((article + 1 + is, name.start + name.text.len()))
    }

    /// "Vexora is a trojan that steals": whether the word that starts the sentence is a name, and the noun no part of another.
    fn is_predicate(&self, name: &Neighbour<'_>) -> bool {
        let horse = |word: &&Neighbour<'_>| word.text.eq_ignore_ascii_case("horse");
        let rest = self.after.iter().find(|word| !horse(word));
        let ends = rest.is_none_or(|word| {
            word.gap == Gap::Break
                || word.is(says::PREPOSITION | says::DERIVED | says::KIND)
                || word.text.ends_with("ed")
        });
        ends && is_title(name.text) && !is_ordinary(name.text) && self.stands(name)
    }

    /// The name at `at` of the words before, and in "`PaleFrost`, `DimFrost` and `OldFrost` stealers" those before it.
    fn list_that_ends(&self, at: usize, to: usize) -> Vec<(usize, usize)> {
        let mut names = Vec::new();
        if let Some(last) = self.before.get(at) {
            names.push((last.start, to));
        }
        let mut at = at + 1;
        while let Some(mut word) = self.before.get(at) {
            let mut joined = word.gap == Gap::Break;
            if list::is_conjunction(word.text) {
                at += 1;
                joined = true;
                match self.before.get(at) {
                    Some(further) => word = further,
                    None => break,
                }
            }
            if !joined || !self.is_certain(word) {
                break;
            }
            names.push((word.start, word.start + word.text.len()));
            at += 1;
        }
        names.reverse();
        names
    }

    fn word_is_singular(&self) -> bool {
        !self.word.ends_with('s')
    }

    /// "the worm `DustCrawl`", "a custom backdoor (`PaleFrost`)"
    fn after(&self) -> Option<(usize, usize)> {
        const OPENINGS: [&str; 8] = [" ", " (", " \"", " “", " ‘", " '", ": ", ", "];
        let name = self.after.first()?;
        // "the Telegram bot `LootBot`" is an account.
        let account = meaning(self.word) & says::WEAK != 0
            && self
                .before
                .first()
                .is_some_and(|word| word.is(says::PRODUCT));
        if account {
            return None;
        }
        let between = self.text.get(self.end..name.start)?;
        let to = name.start + name.text.len();
        let thing = self.after.get(1).is_some_and(|word| {
            word.gap == Gap::Space && (word.is(says::THING | says::KIND) || word.is_capitalised())
        });
        let closed = self
            .after
            .get(1)
            .is_none_or(|word| word.gap == Gap::Break || !word.is_capitalised());
        let article = |at: usize| {
            self.before
                .get(at)
                .is_some_and(|word| word.is(says::ARTICLE))
        };
        let title = between == " "
            && closed
            && (article(0)
                || self.before.first().is_some_and(|word| word.text == "new") && article(1))
            && is_title(name.text)
            && !is_ordinary(name.text)
            && meaning(self.word) & says::WEAK == 0
            && self.stands(name);
        let fits = OPENINGS.contains(&between) && !thing && (title || self.is_certain(name));
        // Only what is set off on both sides is another word for the noun: "their own ransomware, `ZeppoCrypt`, leaves".
        let apposed = self.after.get(1).is_none_or(|word| word.gap == Gap::Break);
        let listed = between != ", " || article(0) || apposed && self.word_is_singular();
        (fits && listed).then_some((name.start, to))
    }
}
