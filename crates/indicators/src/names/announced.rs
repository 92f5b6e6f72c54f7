//! Names that no list has yet, where a text introduces them as malware's ("a backdoor dubbed `WolfsBane`"), or a name says it by itself
//! (`CoffeeLoader`).

use super::context::Surroundings;
use super::lexicon::meaning;
use super::placement::{Placement, placement};

/// The words before such a name; "as" is that of "known as".
pub(super) const WORDS: [&str; 6] = ["dubbed", "called", "named", "codenamed", "as", "nicknamed"];

/// The name that the word `text[start..end]` announces, as its place in the text.
pub(super) fn announced_after(text: &str, start: usize, end: usize) -> Option<(usize, usize)> {
    let word = &text[start..end];
    if !WORDS.iter().any(|listed| word.eq_ignore_ascii_case(listed)) {
        return None;
    }
    let opening = |c: char| matches!(c, ' ' | '"' | '\'' | '“' | '‘' | '«');
    let gap = text[end..].find(|c| !opening(c))?;
    let (from, to) = word_at(text, end + gap).filter(|_| (1..=5).contains(&gap))?;
    let (coined, title) = (is_coined(&text[from..to]), is_title(&text[from..to]));
    let announced = (coined || title) && Surroundings::of(text, from, to).is_announced(coined);
    announced.then_some((from, to))
}

/// The next name in the list that `text[..end]` ends with a name of: "`HARDPULSE`, `QUIETPULSE`, and `PULSEJUMP`".
pub(super) fn listed_after(text: &str, end: usize) -> Option<(usize, usize)> {
    let rest = &text[end..];
    let gap = [", and ", ", or ", ", ", " and ", " or "]
        .iter()
        .find(|gap| rest.starts_with(**gap))?;
    word_at(text, end + gap.len()).filter(|&(from, to)| is_coined(&text[from..to]))
}

/// The word that starts at `from`, if it stands there as a word and says nothing of itself.
fn word_at(text: &str, from: usize) -> Option<(usize, usize)> {
    let length = text[from..].find(|c: char| !c.is_ascii_alphanumeric());
    let to = length.map_or(text.len(), |length| from + length);
    let word = &text[from..to];
    let fits =
        (4..=20).contains(&word.len()) && word.starts_with(|c: char| c.is_ascii_alphabetic());
    (fits && meaning(word) == 0 && placement(text, from, to) == Placement::Word)
        .then_some((from, to))
}

/// Whether the word `text[start..end]` ends as malware's names do, and if it does, whether its sentence speaks of malware.
pub(super) fn telling(text: &str, start: usize, end: usize) -> Option<bool> {
    const TAILS: [&str; 13] = [
        "Backdoor",
        "Banker",
        "Bot",
        "Crypter",
        "Dropper",
        "Keylogger",
        "Loader",
        "Locker",
        "RAT",
        "Ransom",
        "Rootkit",
        "Stealer",
        "Wiper",
    ];
    let word = &text[start..end];
    let coined = |tail: &&str| word.ends_with(*tail) && word.len() >= tail.len() + 3;
    let tells = TAILS.iter().any(coined) && word_at(text, start).is_some();
    tells.then(|| Surroundings::of(text, start, end).speaks_of_malware())
}

/// A quick look before [`telling`]: a capital first, and a last letter as "Loader" has.
#[inline]
pub(super) fn may_tell(word: &[u8]) -> bool {
    matches!(word, [first, .., last] if first.is_ascii_uppercase() && matches!(last, b'r' | b't' | b'T' | b'm'))
        && word.len() >= 6
}

/// Whether a word is spelt as malware is named and words are not: `WolfsBane`, `CLRLoad`, `TOUGHPROGRESS`; unlike "DLLs".
fn is_coined(word: &str) -> bool {
    let letters = word.as_bytes();
    let but_last = &letters[..letters.len().saturating_sub(1)];
    let mixed = letters.iter().skip(1).any(u8::is_ascii_uppercase)
        && but_last.iter().any(u8::is_ascii_lowercase);
    mixed || letters.len() >= 7 && letters.iter().all(u8::is_ascii_uppercase)
}

/// Whether a word is spelt as any name is: `Dracarys`.
fn is_title(word: &str) -> bool {
    let (first, rest) = word.split_at(1);
    first.bytes().all(|byte| byte.is_ascii_uppercase())
        && rest.bytes().all(|byte| byte.is_ascii_lowercase())
}
