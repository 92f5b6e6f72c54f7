//! Names that the fields of a document give: `malware_family = "X"`, "Implant: X", the message of a rule for an intrusion detection.

use super::lexicon::{meaning, says};
use super::placement::{Placement, placement};
use super::spelling::{is_brand, is_coined, is_leet, is_ordinary, is_title};
use crate::scan::{first_bytes, last_bytes};

/// How far after its label a value may start, and how far a message goes.
const NEAR: usize = 24;
const MOST_MESSAGE: usize = 160;

/// The name that is the value of the label that the word `text[start..end]` starts or is, as its place.
pub(super) fn value_after(text: &str, start: usize, end: usize) -> Option<(usize, usize)> {
    let rest = text.get(end..)?;
    // The common case: a noun in a sentence.
    let may_go_on = match rest.as_bytes() {
        [b' ' | b'_' | b'-', next, ..] => matches!(next | 0x20, b'f' | b'n' | b's'),
        [next, ..] => matches!(next, b':' | b'=' | b'"' | b'\'' | b'*'),
        [] => false,
    };
    if !may_go_on {
        return None;
    }
    let near = first_bytes(rest, NEAR);
    let mut value = near;
    if let Some(longer) = value.strip_prefix([' ', '_', '-']) {
        const NOUNS: [&str; 4] = ["family", "families", "name", "strain"];
        let lower = longer.to_ascii_lowercase();
        let noun = NOUNS.iter().find(|noun| lower.starts_with(**noun));
        value = longer.get(noun.map_or(0, |noun| noun.len())..)?;
    }
    let value = value.trim_start_matches(['"', '\'', '*', ' ']);
    let value = value.strip_prefix([':', '='])?;
    let value = value.trim_start_matches(['"', '\'', '*', '[', ' ', '`']);
    if value.is_empty() || value.starts_with('\n') {
        return None;
    }
    let from = end + near.len() - value.len();
    let to = word_end(text, from);
    let word = text.get(from..to)?;
    let closed = text.get(to..)?.trim_start_matches(['*', '`', ' ']);
    let whole =
        closed.is_empty() || closed.starts_with(['\n', '\r', '"', '\'', ',', ';', ']', '|', '(']);
    let opened = begins(text, start);
    let title = opened && is_title(word) && !is_ordinary(word);
    let fits = whole && (is_coined(word) || is_leet(word) || title);
    (fits && names_nothing_else(text, from, to)).then_some((from, to))
}

/// Whether a label at `start` begins a line, a cell, or a field of an object.
fn begins(text: &str, start: usize) -> bool {
    let before = last_bytes(text.get(..start).unwrap_or_default(), NEAR);
    let before = before.trim_end_matches([' ', '\t', '"', '\'', '*', '-', '#', '_']);
    before.is_empty() || before.ends_with(['\n', '{', ',', '|', '\u{c}'])
}

/// The name in the message of a rule that starts with the word `text[..end]`: `msg:"ET MALWARE X CnC Activity"`.
pub(super) fn in_message(text: &str, end: usize) -> Option<(usize, usize)> {
    const DEEDS: [&str; 6] = ["activity", "beacon", "c2", "checkin", "cnc", "exfil"];
    let message = text.get(end..)?.strip_prefix(":\"")?;
    let message = first_bytes(message, MOST_MESSAGE).split('"').next()?;
    if message.to_ascii_lowercase().contains("exploit") {
        return None;
    }
    let mut words = message.split(' ').peekable();
    let (mut from, mut previous) = (end + 2, "");
    while let Some(word) = words.next() {
        let next = words.peek().copied().unwrap_or_default();
        let told = meaning(next) & (says::KIND | says::PART) != 0
            || DEEDS.iter().any(|deed| next.eq_ignore_ascii_case(deed));
        let mixed = word.bytes().any(|byte| byte.is_ascii_lowercase());
        let to = from + word.len();
        // "Black KingDom ransomware" has a name of two words.
        let whole = word.bytes().all(|byte| byte.is_ascii_alphanumeric());
        if told && whole && mixed && is_coined(word) && !is_title(previous) {
            return names_nothing_else(text, from, to).then_some((from, to));
        }
        (from, previous) = (to + 1, word);
    }
    None
}

fn word_end(text: &str, from: usize) -> usize {
    let rest = text.get(from..).unwrap_or_default();
    let length = rest.find(|c: char| !c.is_ascii_alphanumeric());
    from + length.unwrap_or(rest.len())
}

fn names_nothing_else(text: &str, from: usize, to: usize) -> bool {
    text.get(from..to)
        .is_some_and(|word| (4..=20).contains(&word.len()) && meaning(word) == 0 && !is_brand(word))
        && placement(text, from, to) == Placement::Word
}
