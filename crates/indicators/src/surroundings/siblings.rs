//! What the other keys of an object of JSON or YAML say of a name that is the value of one, where each has a line of its own.

use super::Place;
use super::lines::Lines;
use crate::says::{self, Says};

/// The most lines of an object that are looked at on either side.
const MOST_LINES: usize = 12;

/// What the key for the type says: `"type": "domain"`.
pub fn say(place: Place<'_>) -> Option<Says> {
    let (before, _) = place.line();
    let key = before
        .trim_end_matches(['"', '\'', ' '])
        .strip_suffix(':')?;
    let above = Lines::up(place.text, place.start);
    // An item of a list begins with its first key.
    let above = (!begins(key)).then_some(above);
    above
        .and_then(|lines| said(lines, true))
        .or_else(|| said(Lines::down(place.text, place.end), false))
}

/// What the first key for a type says among lines up to the end of the object.
fn said(lines: Lines<'_>, up: bool) -> Option<Says> {
    for (_, line) in lines.take(MOST_LINES) {
        if line.contains(['{', '}']) || !up && begins(line) {
            return None;
        }
        if let Some(says) = type_of(line) {
            return Some(says);
        }
        if up && begins(line) {
            return None;
        }
    }
    None
}

/// Whether an item of a list of YAML begins with a line.
fn begins(line: &str) -> bool {
    line.trim_start().starts_with("- ")
}

/// What the line of a key for a type says.
fn type_of(line: &str) -> Option<Says> {
    let (key, value) = line.split_once(':')?;
    let is_type = says::words(key)
        .next_back()
        .is_some_and(|word| matches!(word, "type" | "Type" | "kind"));
    let says = is_type.then(|| says::label(value)).flatten()?;
    says.is_decisive().then_some(says)
}
