//! How a word is spelt: as malware is named, as any name is, or as words are.

use super::lexicon::{meaning, says};
use super::list::{self, Entry, Tier};
use crate::known_sites;

/// Whether a word is spelt as malware is named and words are not: `WolfsBane`, `CLRLoad`, `TOUGHPROGRESS`; unlike "DLLs".
pub(super) fn is_coined(word: &str) -> bool {
    let letters = word.as_bytes();
    let but_last = letters
        .get(..letters.len().saturating_sub(1))
        .unwrap_or_default();
    let mixed = letters.iter().skip(1).any(u8::is_ascii_uppercase)
        && but_last.iter().any(u8::is_ascii_lowercase);
    // "eCrime", "iPhone"
    let electronic = matches!(letters, [b'e' | b'i', second, ..] if second.is_ascii_uppercase());
    mixed && !electronic || letters.len() >= 7 && letters.iter().all(u8::is_ascii_uppercase)
}

/// Whether a word has digits for letters, or starts with them: `01flip`, `Sp1der`; unlike "64bit", "APT28" and `Office365`.
pub(super) fn is_leet(word: &str) -> bool {
    let letters = word.bytes().filter(u8::is_ascii_lowercase).count();
    let unit = |tail: &&str| word.ends_with(*tail);
    letters >= 4
        && word
            .as_bytes()
            .windows(2)
            .any(|pair| matches!(pair, [digit, letter] if digit.is_ascii_digit() && letter.is_ascii_lowercase()))
        && !["bit", "bits", "byte", "month", "year"].iter().any(unit)
}

/// Whether a word is spelt as any name is: `Dracarys`.
pub(super) fn is_title(word: &str) -> bool {
    let mut letters = word.bytes();
    letters
        .next()
        .is_some_and(|first| first.is_ascii_uppercase())
        && letters.all(|byte| byte.is_ascii_lowercase())
}

/// Whether a word with a capital may be an adjective or a people's: "Chinese", "Brazilian", "Targeted".
pub(super) fn is_ordinary(word: &str) -> bool {
    const ENDS: [&str; 17] = [
        "al", "ary", "can", "ean", "ed", "ern", "ese", "est", "ful", "ian", "ic", "ing", "ish",
        "ive", "less", "ly", "ous",
    ];
    word.len() < 5 || ENDS.iter().any(|end| word.ends_with(end))
}

/// Whether a word is the name of a well-known site, and so of a company or a product.
pub(super) fn is_brand(word: &str) -> bool {
    [".com", ".org", ".net", ".io"].iter().any(|end| {
        let mut host = word.to_ascii_lowercase();
        host.push_str(end);
        known_sites::is_known(&host)
    })
}

/// Whether a word in camel case has a part that names of products, companies and authorities have: `FortiWeb`, `BankFirst`, `CareSource`.
/// Some malware is called so too.
pub(super) fn is_trade_name(word: &str) -> bool {
    let mut from = 0;
    let cuts = word
        .as_bytes()
        .windows(2)
        .enumerate()
        .filter(|(_, pair)| matches!(pair, [low, high] if !low.is_ascii_uppercase() && high.is_ascii_uppercase()))
        .map(|(at, _)| at + 1)
        .chain([word.len()]);
    cuts.into_iter().any(|to| {
        let part = word.get(from..to).unwrap_or_default();
        from = to;
        meaning(part) & says::TRADE != 0
    })
}

/// How a listed name is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Spelling {
    /// As it is listed, or another way that cannot be taken for words.
    Listed,
    /// With spaces where the listed spelling has none.
    Apart,
}

/// How `written`, which has the letters of `entry`, spells it: its case as the tier asks, and its words apart or joined. `None` if that is
/// no way to write it.
pub(super) fn as_spelt(written: &str, entry: &Entry<'_>) -> Option<Spelling> {
    if written == entry.spelling || entry.tier == Tier::Exact {
        return (written == entry.spelling).then_some(Spelling::Listed);
    }
    let tail = list::split_tail(entry.spelling);
    // "a 32-bit RAT" is no `BitRAT`.
    let capital = written.starts_with(|c: char| c.is_ascii_uppercase());
    let mut spelling = Spelling::Listed;
    let mut listed = letters(entry.spelling);
    for (at, (here, letter)) in letters(written).enumerate() {
        let there = listed.next().and_then(|(separator, _)| separator);
        let apart = match (here, there) {
            (Some('.' | '/' | '_' | '\''), _) => here == there,
            (None, _) | (Some(_), Some(_)) => true,
            (Some(_), None) if tail == Some(at) => capital && letter.is_ascii_uppercase(),
            (Some(_), None) => {
                spelling = Spelling::Apart;
                letter.is_ascii_uppercase()
                    && capital
                    && list::humps(entry.spelling).any(|hump| hump == at)
            }
        };
        let starts_word = at == 0 || here.is_some();
        let cased = entry.tier == Tier::Plain || !starts_word || !letter.is_ascii_lowercase();
        if !apart || !cased {
            return None;
        }
    }
    Some(spelling)
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
