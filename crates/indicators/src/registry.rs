//! Keys of the Windows registry, from the hive's name to where the prose goes on.

use memchr::memchr_iter;

use super::scan::{Hit, Span};
use super::terms::Terms;
use super::{IndicatorType, continued, enclosure};

/// Hives, as regedit names them and for short.
const HIVES: [&str; 13] = [
    "HKLM",
    "HKCU",
    "HKCR",
    "HKU",
    "HKCC",
    "HKPD",
    "HKEY_LOCAL_MACHINE",
    "HKEY_CURRENT_USER",
    "HKEY_CLASSES_ROOT",
    "HKEY_USERS",
    "HKEY_CURRENT_CONFIG",
    "HKEY_PERFORMANCE_DATA",
    "HKEY_DYN_DATA",
];

/// The kernel's names of the two hives that matter.
const KERNEL: [&str; 4] = [
    "\\REGISTRY\\MACHINE",
    "\\REGISTRY\\USER",
    "\\\\REGISTRY\\\\MACHINE",
    "\\\\REGISTRY\\\\USER",
];

/// Windows' own names with spaces, in lower case, one a line. In other names a space counts only where a backslash follows, or
/// where the key has the line to itself.
const SPACED: &str = include_str!("../lists/registry-names.txt");

/// Words that go on with a sentence, where a path or an account follows: `HKCU\Run and CORP\user`.
static PROSE: Terms = Terms::of(include_str!("../lists/terms/registry-prose.txt"));

/// The most bytes from a space to the backslash that makes it part of a name.
const MOST_AHEAD: usize = 48;

/// Appends the registry keys in `text` to `hits`, and what they span to `spans`.
pub fn find(text: &str, hits: &mut Vec<Hit>, spans: &mut Vec<Span>) {
    let bytes = text.as_bytes();
    let mut floor = 0;
    for backslash in memchr_iter(b'\\', bytes) {
        if backslash < floor {
            continue;
        }
        let Some(hive) = Hive::before(text, backslash, floor) else {
            continue;
        };
        let mut key = Key::new(text, &hive);
        key.read(enclosure::emphasis(text, hive.start));
        floor = key.at.max(backslash + 1);
        if key.segments > 0 {
            hits.push(Hit::new(
                hive.start,
                IndicatorType::RegistryKey,
                key.value,
                false,
            ));
            spans.push(Span {
                start: hive.start,
                end: key.at,
            });
        }
    }
}

struct Hive<'t> {
    start: usize,
    name: &'t str,
    /// Byte offset of the backslash after it.
    end: usize,
}

impl<'t> Hive<'t> {
    fn before(text: &'t str, backslash: usize, floor: usize) -> Option<Self> {
        let rest = text.get(backslash..)?;
        if let Some(name) = KERNEL.iter().find(|name| starts_with(rest, name)) {
            let end = backslash + name.len();
            return rest.get(name.len()..)?.starts_with('\\').then_some(Self {
                start: backslash,
                name: text.get(backslash..end)?,
                end,
            });
        }
        let before = text.get(floor..backslash)?;
        let bare = before.strip_suffix([':', ']', '>']).unwrap_or(before);
        let name = HIVES.iter().find(|name| {
            bare.get(bare.len().wrapping_sub(name.len())..)
                .is_some_and(|end| end.eq_ignore_ascii_case(name))
        })?;
        let start = floor + bare.len() - name.len();
        let glued = start > 0
            && text
                .as_bytes()
                .get(start.saturating_sub(2)..start)
                .is_some_and(|before| match before {
                    [.., outer, b'_'] => outer.is_ascii_alphanumeric() || *outer == b'_',
                    [.., last] => last.is_ascii_alphanumeric(),
                    [] => false,
                });
        (!glued).then_some(Self {
            start,
            name: text.get(start..start + name.len())?,
            end: backslash,
        })
    }
}

/// A key as far as it has been read.
struct Key<'t> {
    text: &'t str,
    at: usize,
    value: String,
    /// The length of its hive's name.
    hive: usize,
    segments: usize,
    doubled: bool,
    /// Where the quotes or brackets around it close.
    quoted: Option<usize>,
    /// Whether its line begins with it.
    alone: bool,
}

impl<'t> Key<'t> {
    fn new(text: &'t str, hive: &Hive<'_>) -> Self {
        let bytes = text.as_bytes();
        let quoted = enclosure::end(text, hive.start, hive.end, is_title);
        let value = if hive.name.starts_with('\\') {
            hive.name.replace("\\\\", "\\")
        } else {
            hive.name.to_owned()
        };
        Self {
            text,
            at: hive.end,
            hive: value.len(),
            value,
            segments: 0,
            doubled: bytes.get(hive.end + 1) == Some(&b'\\'),
            quoted,
            alone: is_line_start(text.get(..hive.start).unwrap_or_default()),
        }
    }

    fn read(&mut self, emphasis: Option<char>) {
        while self.backslash() && self.segment() {
            if self.quoted.is_none()
                && let Some(next) = continued::next_line(self.text, self.at)
            {
                self.at = next;
            }
        }
        if self.quoted.is_none() {
            let kept = enclosure::without_marks(&self.value, self.hive, emphasis);
            self.value.truncate(kept);
        }
    }

    /// Takes the backslash, or those of them that stand for one where a program has escaped it.
    fn backslash(&mut self) -> bool {
        let rest = self.text.get(self.at..).unwrap_or_default();
        let bare = rest.trim_start_matches('\\');
        let count = rest.len() - bare.len();
        let width = match (self.doubled, count) {
            (true, 0 | 1) | (false, 0) => return false,
            _ if bare.starts_with(|c: char| c.is_alphanumeric() || "{<[%$".contains(c)) => count,
            (true, _) => 2,
            (false, _) => 1,
        };
        self.value.push('\\');
        self.at += width;
        if self.quoted.is_none()
            && let Some(next) = continued::next_line(self.text, self.at)
        {
            self.at = next;
        }
        true
    }

    /// Takes a segment, and says whether there was one.
    fn segment(&mut self) -> bool {
        let start = self.at;
        let mut nesting = 0_usize;
        while let Some(c) = self
            .text
            .get(self.at..)
            .and_then(|rest| rest.chars().next())
        {
            match c {
                _ if self.quoted == Some(self.at) => break,
                ' ' if self.quoted.is_some() => {}
                ' ' => {
                    let Some(end) = self.name_goes_on(start) else {
                        break;
                    };
                    self.value
                        .push_str(self.text.get(self.at..end).unwrap_or_default());
                    self.at = end;
                    continue;
                }
                '<' => {
                    let Some(end) = self.placeholder_end() else {
                        break;
                    };
                    self.value
                        .push_str(self.text.get(self.at..end).unwrap_or_default());
                    self.at = end;
                    continue;
                }
                '(' | '[' | '{' => nesting += 1,
                ')' | ']' | '}' if nesting == 0 => break,
                ')' | ']' | '}' => nesting -= 1,
                '\\' | '"' | '`' | '>' | '|' | ',' | ';' | '=' | ':' => break,
                '\'' if self
                    .text
                    .get(self.at + 1..)
                    .is_none_or(|rest| !rest.starts_with(char::is_alphanumeric)) =>
                {
                    break;
                }
                c if !c.is_ascii() && !c.is_alphanumeric() => break,
                c if c.is_control() => break,
                _ => {}
            }
            self.value.push(c);
            self.at += c.len_utf8();
        }
        let segment = self.text.get(start..self.at).unwrap_or_default();
        self.segments += usize::from(segment.contains(char::is_alphanumeric));
        !segment.is_empty()
    }

    /// Byte offset up to which the name that began at `start` goes on after the space here.
    fn name_goes_on(&self, start: usize) -> Option<usize> {
        let segment = self.text.get(start..)?;
        let whole = |name: &&str| {
            starts_with(segment, name)
                && start + name.len() > self.at
                && !segment
                    .get(name.len()..)
                    .unwrap_or_default()
                    .starts_with(|c: char| c.is_alphanumeric())
        };
        if let Some(name) = SPACED.lines().filter(whole).max_by_key(|name| name.len()) {
            return Some(start + name.len());
        }
        let window = super::scan::first_bytes(self.text.get(self.at..)?, MOST_AHEAD);
        let end = window
            .find(['\\', '\n', '\r'])
            .or((window.len() < MOST_AHEAD).then_some(window.len()))?;
        let ahead = window.get(..end)?;
        let followed = window.get(end..)?.starts_with('\\');
        if !followed && !self.alone {
            return None;
        }
        let words = ahead.get(1..)?;
        let goes_on = is_title(words) || followed && is_plain(words);
        goes_on.then_some(self.at + ahead.len())
    }

    /// Byte offset after a placeholder that is here: `<SID>`, `<user name>`.
    fn placeholder_end(&self) -> Option<usize> {
        let window = super::scan::first_bytes(self.text.get(self.at + 1..)?, 40);
        let (inner, _) = window.split_once('>')?;
        let named = inner
            .chars()
            .all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | ' '));
        (named && !inner.trim().is_empty()).then_some(self.at + inner.len() + 2)
    }
}

/// Whether the words after a space go on with a name in title case: `Foo Tools for Bar`.
fn is_title(words: &str) -> bool {
    let capital = |word: &str| {
        is_in_name(word)
            && word.starts_with(|c: char| {
                c.is_ascii_uppercase() || c.is_ascii_digit() || matches!(c, '(' | '{')
            })
    };
    let fits = |(place, word): (usize, &str)| {
        capital(word) || (place > 0 && matches!(word, "and" | "for" | "of"))
    };
    words.split(' ').enumerate().all(fits)
        && words.split(' ').count() <= 5
        && words.rsplit(' ').next().is_some_and(capital)
}

/// Whether they go on with a name in lower case, and not with the sentence around the key.
fn is_plain(words: &str) -> bool {
    words.split(' ').count() <= 2
        && words
            .split(' ')
            .all(|word| is_in_name(word) && !PROSE.hold_in_any_case(word))
}

fn is_in_name(word: &str) -> bool {
    word.contains(|c| c != '.')
        && word
            .chars()
            .all(|c| c.is_alphanumeric() || "._-(){}&+".contains(c))
        && !HIVES.iter().any(|hive| word.eq_ignore_ascii_case(hive))
}

/// Whether a line of a list begins at the end of `before`.
fn is_line_start(before: &str) -> bool {
    let line = before.trim_end_matches([' ', '\t', '-', '*', '\u{2022}']);
    line.is_empty() || line.ends_with(['\n', '\r'])
}

fn starts_with(text: &str, name: &str) -> bool {
    text.get(..name.len())
        .is_some_and(|start| start.eq_ignore_ascii_case(name))
}
