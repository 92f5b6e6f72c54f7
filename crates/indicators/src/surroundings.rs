//! Whether what stands around a name says that it is a host, where the name itself may as well be a file or a member: the row
//! and column of a table, the words and the list on its line, or the lines above and below it.

mod beside;
pub mod cells;
pub mod item;
pub mod lines;
mod siblings;

use std::ops::Range;

use memchr::{memmem, memrchr};

use super::filename;
use super::says::{self, Says};
use cells::{Rows, Table};
use item::Item;
use lines::Lines;

/// The most bytes of a line that are looked at on either side of a name.
const MOST_BESIDE: usize = 192;
/// The most bytes between two items of a list.
const MOST_BETWEEN: usize = 16;
/// The most lines that are looked at on either side.
const MOST_LINES: usize = 24;

/// Where a name stands in its text.
#[derive(Clone, Copy)]
pub struct Place<'t> {
    /// All that is searched at once: a piece of a document.
    pub text: &'t str,
    /// Byte offset of the name.
    pub start: usize,
    /// Byte offset after it.
    pub end: usize,
}

/// What has been found out about a text, so that a list is not read anew for each of its items.
#[derive(Default)]
pub struct Surroundings {
    /// Its tables, and what their rows say.
    pub rows: Rows,
    /// What the last list on one line says, and the offset after its last item so far.
    list: Option<(usize, Option<Says>)>,
    /// What is above the line that begins at an offset.
    above: Option<(usize, Near)>,
    /// What is below the lines between two offsets.
    below: Option<(Range<usize>, Near)>,
}

impl Surroundings {
    /// Whether they say that a name that may be a file or a member is a host. `member`: code and queries are full of such names,
    /// so that words farther away say nothing.
    pub fn say_host(&mut self, place: Place<'_>, member: bool) -> bool {
        let (before, after) = place.line();
        // A wildcard may stand before either.
        let before = before
            .strip_suffix("*.")
            .or_else(|| {
                before
                    .strip_suffix('.')
                    .filter(|rest| rest.ends_with(['"', '\'', ' ']))
            })
            .unwrap_or(before);
        if before.ends_with(['/', '\\', '.', '$', '#', '~', '-', '_', '&'])
            || after.starts_with(['\\', '(', '['])
            || after.starts_with("/Contents")
            || is_code_location(after)
        {
            return false;
        }
        if member && has_path(after) || before.ends_with("||") && after.starts_with('^') {
            // What is on a server, or a rule of a blocker.
            return true;
        }
        let table = self.rows.say(place);
        let is_list = table.is_none();
        let says = match table {
            Some(Table::Says(says)) => Some(says),
            _ => siblings::say(place),
        };
        let says = says.or_else(|| {
            if member {
                beside::label(before)
            } else {
                self.beside(place, before, after)
            }
        });
        match says {
            Some(says) => says == Says::Host,
            None if is_list => {
                let remark = says::words(beside::after_path(after))
                    .any(|word| word.starts_with(char::is_alphabetic));
                is_alone(before, after)
                    && (!remark || suits_a_host(place.name()))
                    && self.listed(place)
            }
            None => suits_a_host(place.name()),
        }
    }

    /// What the line says: the same for each item of a list.
    fn beside(&mut self, place: Place<'_>, before: &str, after: &str) -> Option<Says> {
        let known = self.list.filter(|(end, _)| {
            let between = place.text.get(*end..place.start);
            between.is_some_and(|between| {
                between.len() <= MOST_BETWEEN
                    && !between.contains('\n')
                    && between
                        .split(beside::is_break)
                        .all(|token| beside::is_joint(item::undecorated(token)))
            })
        });
        let says = known.map_or_else(|| beside::say(before, after), |(_, says)| says);
        // In a sentence the words are about the program that a file is a part of.
        let of_program = says == Some(Says::Host)
            && filename::is_of_source(place.name())
            && !is_labelled(before);
        let says = says.filter(|_| !of_program);
        self.list = Some((place.end, says));
        says
    }

    /// Whether the lines around it are a list of hosts.
    fn listed(&mut self, place: Place<'_>) -> bool {
        if is_served(place) {
            return false;
        }
        let likely = suits_a_host(place.name());
        let above = self.above(place);
        if filename::is_of_source(place.name()) {
            return matches!(above, Near::Label(Says::Host));
        }
        match (above, self.below(place)) {
            (Near::Host | Near::Label(Says::Host), Near::File) | (Near::File, Near::Host) => likely,
            (Near::Label(Says::File) | Near::File, _) | (_, Near::File) => false,
            (Near::Host | Near::Label(Says::Host), _) | (_, Near::Host) => true,
            _ => likely,
        }
    }

    /// What the nearest line above it says that says anything.
    fn above(&mut self, place: Place<'_>) -> Near {
        let mut found = Near::Nothing;
        for (at, line) in Lines::up(place.text, place.start).take(MOST_LINES) {
            if let Some(near) = Near::of(line) {
                found = near;
                break;
            }
            if let Some((_, near)) = self.above.filter(|(known, _)| *known == at) {
                found = near;
                break;
            }
        }
        let before = place.text.get(..place.start).unwrap_or_default();
        let line = memrchr(b'\n', before.as_bytes()).map_or(0, |end| end + 1);
        self.above = Some((line, found));
        found
    }

    /// What the nearest line below it says that says anything.
    fn below(&mut self, place: Place<'_>) -> Near {
        if let Some((lines, near)) = &self.below
            && lines.contains(&place.end)
        {
            return *near;
        }
        let (mut until, mut found) = (place.end, Near::Nothing);
        for (at, line) in Lines::down(place.text, place.end).take(MOST_LINES) {
            until = at;
            if let Some(near) = Near::of(line) {
                found = near;
                break;
            }
        }
        self.below = Some((place.end..until, found));
        found
    }
}

impl<'t> Place<'t> {
    /// What stands before and after the name on its line.
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
    pub fn name(self) -> &'t str {
        self.text.get(self.start..self.end).unwrap_or_default()
    }
}

/// Whether a label for hosts precedes a name on its line, or a word for nothing but their names.
fn is_labelled(before: &str) -> bool {
    let label = before
        .rsplit_once(':')
        .and_then(|(label, _)| says::label(label));
    label == Some(Says::Host)
        || says::words(before).next_back().is_some_and(|word| {
            ["domain", "domains", "fqdn", "hostname", "hostnames"]
                .iter()
                .any(|name| word.eq_ignore_ascii_case(name))
        })
}

/// Whether a path of two segments or more follows, which no member has.
fn has_path(after: &str) -> bool {
    let mut segments = after.split('/');
    let mut word = || {
        segments.next().is_some_and(|segment| {
            segment.starts_with(|c: char| c.is_ascii_alphanumeric())
                && !segment.contains(char::is_whitespace)
        })
    };
    after.starts_with('/') && !word() && word() && after.matches('/').nth(1).is_some()
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

/// Whether the line holds no more than the name, or begins with it and a remark follows.
fn is_alone(before: &str, after: &str) -> bool {
    let before = item::undecorated(before);
    let numbered = before.len() <= 4 && before.bytes().all(|byte| byte.is_ascii_digit());
    numbered && says::words(after).nth(4).is_none()
}

/// How far from a name a URL that leads to a file of the same name is looked for.
const MOST_SERVED: usize = 1024;
/// How often the name is looked at.
const MOST_REPEATS: usize = 16;

/// Whether a URL near by leads to a file of the same name: `http://evil.com/loader.pl`.
fn is_served(place: Place<'_>) -> bool {
    let from = place.start.saturating_sub(MOST_SERVED);
    let to = place.text.len().min(place.end + MOST_SERVED);
    let around = place.text.as_bytes().get(from..to).unwrap_or_default();
    let name = place.name().as_bytes();
    memmem::find_iter(around, name)
        .take(MOST_REPEATS)
        .any(|at| {
            let before = around.get(..at).unwrap_or_default();
            before.ends_with(b"/") && !before.ends_with(b"//")
        })
}

/// What the nearest lines that say anything are.
#[derive(Clone, Copy)]
enum Near {
    Host,
    File,
    Label(Says),
    Nothing,
}

impl Near {
    /// What a line says. None: it is an item that may be either, so that the next line is looked at. Words that are no label end
    /// a list.
    fn of(line: &str) -> Option<Self> {
        match Item::of(line) {
            Item::Host | Item::Url => Some(Self::Host),
            Item::File | Item::Digest => Some(Self::File),
            Item::Doubted | Item::Member | Item::Nothing => None,
            Item::Text => Some(says::label(line).map_or(Self::Nothing, Self::Label)),
        }
    }
}

/// What the label above a list says by `read`, if the name has a line of it to itself.
pub fn label_above(place: Place<'_>, read: impl Fn(&str) -> Option<Says>) -> Option<Says> {
    let (before, after) = place.line();
    if !is_alone(before, after) {
        return None;
    }
    Lines::up(place.text, place.start)
        .take(MOST_LINES)
        .find(|(_, line)| Item::of(line) == Item::Text)
        .and_then(|(_, line)| read(line))
}

/// Whether a name that has a line to itself is more likely a host than a file: its end is seldom an extension, and it does not
/// look like what people call files.
fn suits_a_host(name: &str) -> bool {
    let (stem, top) = name.rsplit_once('.').unwrap_or_default();
    let seldom = matches!(top, "app" | "bz" | "cat" | "cc" | "one" | "pub" | "tf");
    seldom && !stem.contains('_') && !stem.bytes().any(|byte| byte.is_ascii_uppercase())
}
