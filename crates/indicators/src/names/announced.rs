//! Names that no list has yet, where a text introduces them as malware's ("a backdoor dubbed `WolfsBane`"), or a name says it by itself
//! (`CoffeeLoader`).

use super::context::Surroundings;
use super::lexicon::{meaning, says};
use super::placement::{Placement, placement};
use super::spelling::{is_coined, is_title};
use crate::terms::Terms;

/// The words before such a name; "as" is that of "known as".
pub(super) static WORDS: Terms = Terms::of(include_str!("../../lists/terms/announcing.txt"));

/// The name that the word `text[start..end]` announces, as its place in the text.
pub(super) fn announced_after(text: &str, start: usize, end: usize) -> Option<(usize, usize)> {
    let word = &text[start..end];
    if !WORDS.hold_in_any_case(word) {
        return None;
    }
    let opening = |c: char| matches!(c, ' ' | '"' | '\'' | '“' | '‘' | '«');
    let gap = text[end..].find(|c| !opening(c))?;
    let (from, to) = word_at(text, end + gap).filter(|_| (1..=5).contains(&gap))?;
    let (coined, title) = (is_coined(&text[from..to]), is_title(&text[from..to]));
    let announced = (coined || title) && Surroundings::of(text, from, to).is_announced(coined);
    announced.then_some((from, to))
}

/// The next name in the list that `text[..end]` ends with a name of: "`HARDPULSE`, `QUIETPULSE`, and `PULSEJUMP`", or its alias.
pub(super) fn listed_after(text: &str, end: usize) -> Option<(usize, usize)> {
    const GAPS: [&str; 5] = [", and ", ", or ", ", ", " and ", " or "];
    const ALIASES: [&str; 6] = [
        " (aka ",
        " (a.k.a. ",
        " (also known as ",
        ", aka ",
        ", also known as ",
        " aka ",
    ];
    let rest = text.get(end..)?;
    // The common case: a sentence that goes on.
    if !matches!(
        rest.as_bytes(),
        [b',', b' ', b'A'..=b'Z' | b'a' | b'o', ..] | [b' ', b'a' | b'o' | b'(', ..]
    ) {
        return None;
    }
    let after = |gaps: &[&str]| {
        gaps.iter()
            .find(|gap| rest.starts_with(**gap))
            .map(|gap| end + gap.len())
    };
    if let Some(at) = after(&ALIASES) {
        return word_at(text, at).filter(|&(from, to)| {
            text.get(from..to)
                .is_some_and(|word| is_coined(word) || is_title(word))
        });
    }
    word_at(text, after(&GAPS)?).filter(|&(from, to)| text.get(from..to).is_some_and(is_coined))
}

/// The word that starts at `from`, if it stands there as a word and says nothing of itself.
fn word_at(text: &str, from: usize) -> Option<(usize, usize)> {
    let length = text[from..].find(|c: char| !c.is_ascii_alphanumeric());
    let to = length.map_or(text.len(), |length| from + length);
    let word = &text[from..to];
    let fits = (4..=20).contains(&word.len())
        && word.starts_with(|c: char| c.is_ascii_alphabetic())
        && word.bytes().any(|byte| byte.is_ascii_uppercase());
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
    let shouted = word.len() >= 9 && word.bytes().all(|byte| byte.is_ascii_uppercase());
    let ends = |tail: &str| {
        let end = word
            .len()
            .checked_sub(tail.len())
            .and_then(|at| word.get(at..));
        end.is_some_and(|end| {
            end == tail || shouted && tail.len() >= 5 && end.eq_ignore_ascii_case(tail)
        })
    };
    let coined = |tail: &&str| ends(tail) && word.len() >= tail.len() + 3;
    let tells = TAILS.iter().any(coined) && word_at(text, start).is_some();
    if !tells || is_handle(text, start) {
        return None;
    }
    let surroundings = Surroundings::of(text, start, end);
    // "a task named `MuffinLoader`"
    (!surroundings.is_called_as_a_thing()).then(|| surroundings.speaks_of_malware())
}

/// Whether the word at `start` is what an account is called: "by @handle (`FeedBot`)", "the Telegram bot `LootBot`".
fn is_handle(text: &str, start: usize) -> bool {
    const NETWORKS: [&str; 6] = ["Discord", "Mastodon", "Slack", "Telegram", "Twitter", "X"];
    let before = text.get(..start).unwrap_or_default();
    let near = before
        .get(before.floor_char_boundary(before.len().saturating_sub(48))..)
        .unwrap_or_default();
    let mut words = near
        .split([' ', '(', '"', '“', '\n'])
        .rev()
        .filter(|word| !word.is_empty());
    let nearest = words.next().unwrap_or_default();
    nearest.starts_with('@')
        || meaning(nearest) & says::WEAK != 0
            && words.next().is_some_and(|word| NETWORKS.contains(&word))
}

/// A quick look at a word with a capital before [`telling`]: a last letter as "Loader" has.
#[inline]
pub(super) fn may_tell(word: &[u8]) -> bool {
    matches!(word, [_, _, _, _, _, .., b'r' | b't' | b'T' | b'm' | b'R'])
}
