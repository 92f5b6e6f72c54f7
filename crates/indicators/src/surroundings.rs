//! Whether what stands around a name says that it is a host, where the name itself may as well be a file or a member: the row
//! and column of a table, the words and the list on its line, or the lines above and below it.

use super::item::{self, Item};
use super::lines::Lines;
use super::says::{self, Says};
use super::tables::Tables;
use super::{cells, filename, ipv4, siblings};

/// The most bytes of a line that are looked at on either side of a name.
const MOST_BESIDE: usize = 192;
/// The most items of a list and lines of a text that are looked at on either side.
const MOST_ITEMS: usize = 12;
const MOST_LINES: usize = 24;

/// Where a name stands in its text.
#[derive(Clone, Copy)]
pub struct Place<'t> {
    /// The text.
    pub text: &'t str,
    /// Byte offset of the name.
    pub start: usize,
    /// Byte offset after it.
    pub end: usize,
}

/// Whether the surroundings of a name that may be a file or a member say that it is a host. `member`: code and queries are full
/// of such names, so that words farther away say nothing.
#[must_use]
pub fn say_host(place: Place<'_>, member: bool, tables: &mut Tables) -> bool {
    let (before, after) = place.line();
    // A wildcard may stand before either.
    let before = before.strip_suffix("*.").unwrap_or(before);
    if before.ends_with(['/', '\\', '.', '$', '#', '~', '-', '_', '&'])
        || after.starts_with(['\\', '(', '['])
        || after.starts_with("/Contents")
        || is_code_location(after)
    {
        return false;
    }
    let says = cells::say(place, tables)
        .or_else(|| siblings::say(place))
        .or_else(|| {
            if member {
                labelled(before)
            } else {
                beside(before, after)
            }
        });
    match says {
        Some(says) => says == Says::Host,
        None => is_alone(before, after) && listed(place),
    }
}

impl<'t> Place<'t> {
    /// What stands before and after the name on its line.
    #[must_use]
    pub fn line(self) -> (&'t str, &'t str) {
        let floor = self.start.saturating_sub(MOST_BESIDE);
        let floor = self.text.ceil_char_boundary(floor);
        let before = self.text.get(floor..self.start).unwrap_or_default();
        let before = before.rsplit('\n').next().unwrap_or_default();
        let most = self.text.floor_char_boundary(self.end + MOST_BESIDE);
        let after = self.text.get(self.end..most).unwrap_or_default();
        let after = after.split('\n').next().unwrap_or_default();
        (before, after)
    }

    /// The name as it is written.
    #[must_use]
    pub fn name(self) -> &'t str {
        self.text.get(self.start..self.end).unwrap_or_default()
    }
}

/// Whether a line and a column of source code follow: `main.rs:12:5`.
fn is_code_location(after: &str) -> bool {
    let number = |text: &str| {
        text.strip_prefix(':')
            .filter(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
            .map(|rest| rest.trim_start_matches(|c: char| c.is_ascii_digit()).len())
    };
    number(after)
        .and_then(|rest| after.get(after.len() - rest..))
        .is_some_and(|rest| number(rest).is_some())
}

/// What the words and the items of a list on the same line say.
fn beside(before: &str, after: &str) -> Option<Says> {
    let following = following(after);
    if following == Some(Says::File) {
        return following;
    }
    preceding(before).or(following)
}

/// What the word right before a name says.
fn labelled(before: &str) -> Option<Says> {
    let word = before.trim_end_matches([':', ' ', '"', '\'', '`']);
    let word = word.rsplit(char::is_whitespace).next()?;
    says::word(word)
}

/// What ends an item of a list or a word.
fn is_break(c: char) -> bool {
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
        if is_list {
            match Item::of(token) {
                Item::Host => return Some(Says::Host),
                Item::File | Item::Digest => return Some(Says::File),
                Item::Doubted | Item::Nothing => continue,
                Item::Text if is_joint(token) => continue,
                Item::Text => is_list = false,
            }
        }
        if token.ends_with(['.', '!', '?']) {
            return None;
        }
        // A label may be longer than what precedes a name in prose.
        if token.ends_with(':') {
            words_left = 6;
        }
        for word in says::words(token).rev() {
            if let Some(says @ (Says::Host | Says::File)) = says::word(word) {
                return Some(says);
            }
            words_left -= 1;
            if words_left == 0 {
                return None;
            }
        }
    }
    None
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
                Item::Doubted | Item::Nothing => continue,
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
        for word in says::words(token) {
            if let Some(says @ (Says::Host | Says::File)) = says::word(word) {
                return Some(says);
            }
            words_left -= 1;
            if words_left == 0 {
                return None;
            }
        }
    }
    None
}

/// What follows the port and the path of a host.
fn after_path(after: &str) -> &str {
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
fn is_joint(token: &str) -> bool {
    matches!(
        token,
        "and" | "or" | "&" | "-" | "--" | "->" | "." | "A" | "AAAA" | "CNAME"
    ) || token.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether the line holds no more than the name, or begins with it and a remark follows.
fn is_alone(before: &str, after: &str) -> bool {
    let before = item::undecorated(before);
    let numbered = before.len() <= 4 && before.bytes().all(|byte| byte.is_ascii_digit());
    numbered && says::words(after).nth(4).is_none()
}

/// Whether the lines around it are a list of hosts.
fn listed(place: Place<'_>) -> bool {
    let above = nearest(Lines::up(place.text, place.start));
    let below = nearest(Lines::down(place.text, place.end));
    let likely = is_likely(place.name());
    if filename::is_of_source(place.name()) {
        return matches!(above, Near::Label(Says::Host));
    }
    match (above, below) {
        (Near::Host | Near::Label(Says::Host), Near::File) | (Near::File, Near::Host) => likely,
        (Near::Label(Says::File) | Near::File, _) | (_, Near::File) => false,
        (Near::Host | Near::Label(Says::Host), _) | (_, Near::Host) => true,
        _ => likely,
    }
}

/// What the nearest lines that say anything are.
#[derive(Clone, Copy)]
enum Near {
    Host,
    File,
    Label(Says),
    Nothing,
}

/// What the label above a list says, if the name has a line of it to itself.
#[must_use]
pub fn label_above(place: Place<'_>) -> Option<Says> {
    let (before, after) = place.line();
    if !is_alone(before, after) {
        return None;
    }
    Lines::up(place.text, place.start)
        .take(MOST_LINES)
        .find(|line| Item::of(line) == Item::Text)
        .and_then(says::label)
}

/// What the nearest of some lines says, up to words that don't belong to a list.
fn nearest<'t>(lines: impl Iterator<Item = &'t str>) -> Near {
    for line in lines.take(MOST_LINES) {
        match Item::of(line) {
            Item::Host => return Near::Host,
            Item::File | Item::Digest => return Near::File,
            Item::Doubted | Item::Nothing => {}
            Item::Text => return says::label(line).map_or(Near::Nothing, Near::Label),
        }
    }
    Near::Nothing
}

/// Whether a name that has a line to itself is more likely a host than a file: its end is seldom an extension, and it does not
/// look like what people call files.
fn is_likely(name: &str) -> bool {
    let (stem, top) = name.rsplit_once('.').unwrap_or_default();
    let seldom = matches!(top, "app" | "bz" | "cat" | "cc" | "one" | "pub" | "tf");
    seldom && !stem.contains('_') && !stem.bytes().any(|byte| byte.is_ascii_uppercase())
}
