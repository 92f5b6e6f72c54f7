//! What the words and the items of a list on the line of a name say of it.

use std::ops::ControlFlow;

use super::item::Item;
use crate::ipv4;
use crate::says::{self, Says};

/// The most items of a list that are looked at on either side.
const MOST_ITEMS: usize = 12;

/// What the words and the items of a list on the same line say.
pub fn say(before: &str, after: &str) -> Option<Says> {
    let following = following(after);
    if following == Some(Says::File) {
        return following;
    }
    preceding(before)
        .or(following)
        .or_else(|| has_web_port(after).then_some(Says::Host))
}

/// Whether the port of a server follows, which is hardly a line of source code.
fn has_web_port(after: &str) -> bool {
    ["443", "8080", "8443"].into_iter().any(|port| {
        after
            .strip_prefix(':')
            .and_then(|rest| rest.strip_prefix(port))
            .is_some_and(|rest| !rest.starts_with(|c: char| c.is_ascii_alphanumeric()))
    })
}

/// What the word right before a name says.
pub fn label(before: &str) -> Option<Says> {
    let word = before.trim_end_matches([':', ' ', '"', '\'', '`']);
    let word = word.rsplit(char::is_whitespace).next()?;
    says::word(word)
}

/// What ends an item of a list or a word.
pub fn is_break(c: char) -> bool {
    c.is_whitespace() || matches!(c, ',' | ';' | '|' | '(' | ')' | '=' | '>' | '<' | '→')
}

/// What the items and words before a name say, the nearest first.
fn preceding(before: &str) -> Option<Says> {
    let mut words_left = 3;
    let mut is_list = true;
    for token in before
        .rsplit(is_break)
        .filter(|token| !token.is_empty())
        .take(MOST_ITEMS)
    {
        if token.eq_ignore_ascii_case("c&c") || token.eq_ignore_ascii_case("c&c:") {
            return Some(Says::Host);
        }
        if !is_list && is_item(token) {
            // Another item, which has words of its own.
            return None;
        }
        if is_list {
            match Item::of(token) {
                Item::Host => return Some(Says::Host),
                Item::File | Item::Digest => return Some(Says::File),
                Item::Url | Item::Doubted | Item::Nothing => continue,
                Item::Text if is_joint(token) => continue,
                Item::Text | Item::Member => is_list = false,
            }
        }
        if token.ends_with(['.', '!', '?']) {
            return None;
        }
        // A label may be longer than what precedes a name in prose.
        if token.ends_with(':') {
            words_left = 6;
        }
        if let ControlFlow::Break(said) = said_by(says::words(token).rev(), &mut words_left) {
            return said;
        }
    }
    None
}

/// What the first telling one of some words says; nothing once as many as are left were looked at.
fn said_by<'t>(words: impl Iterator<Item = &'t str>, left: &mut u32) -> ControlFlow<Option<Says>> {
    for word in words {
        if let Some(says) = says::word(word).filter(|says| says.is_decisive()) {
            return ControlFlow::Break(Some(says));
        }
        *left -= 1;
        if *left == 0 {
            return ControlFlow::Break(None);
        }
    }
    ControlFlow::Continue(())
}

/// Whether a word has dots inside of it, as hosts and files do.
fn is_item(token: &str) -> bool {
    token.contains('.') && !matches!(Item::of(token), Item::Member | Item::Nothing | Item::Text)
}

/// What the items and words after a name say.
fn following(after: &str) -> Option<Says> {
    let after = after_path(after);
    let after = after.trim_start_matches(['"', '\'', '`', '*', '”', '’', '»', ']', '}']);
    // Without punctuation what follows may as well be an argument: `loader.pl evil.com`.
    let mut spaced = after.starts_with(' ');
    let mut is_list = true;
    let mut words_left = 3;
    let mut record = false;
    for token in after
        .split(is_break)
        .filter(|token| !token.is_empty())
        .take(MOST_ITEMS)
    {
        if is_list {
            match Item::of(token) {
                Item::Host if !spaced || ipv4::parse(token).is_some() => return Some(Says::Host),
                Item::Host | Item::Digest => return None,
                Item::File => return (!spaced).then_some(Says::File),
                Item::Url | Item::Doubted | Item::Member | Item::Nothing => continue,
                Item::Text if is_joint(token) => {
                    spaced = false;
                    continue;
                }
                Item::Text => is_list = false,
            }
        }
        // As `dig` prints it: `evil.cc. 300 IN A 45.77.13.9`.
        if record && matches!(token, "A" | "AAAA" | "CNAME" | "MX" | "NS" | "SOA" | "TXT") {
            return Some(Says::Host);
        }
        record = token == "IN";
        if record {
            continue;
        }
        if let ControlFlow::Break(said) = said_by(says::words(token), &mut words_left) {
            return said;
        }
    }
    None
}

/// What follows the port and the path of a host, or the target of a link of Markdown whose text the name is.
pub fn after_path(after: &str) -> &str {
    let label = after.trim_start_matches(['`', '*']);
    if let Some(link) = label.strip_prefix("](") {
        return link.split_once(')').map_or("", |(_, after)| after);
    }
    if after.starts_with("</") {
        // The end of an element of XML: what follows is another's.
        return "";
    }
    let length = if after.starts_with([':', '/']) {
        after
            .find(|c: char| c.is_whitespace() || matches!(c, ',' | ';' | '|' | '"' | '\'' | '<'))
            .unwrap_or(after.len())
    } else {
        0
    };
    after.get(length..).unwrap_or_default()
}

/// Whether a word joins the items of a list, or numbers one.
pub fn is_joint(token: &str) -> bool {
    matches!(
        token,
        "and" | "or" | "&" | "-" | "--" | "->" | "." | "A" | "AAAA" | "CNAME"
    ) || token.bytes().all(|byte| byte.is_ascii_digit())
}
