//! Hosts that are broken over two lines of plain text, as in that of a PDF: `cdn-⏎update[.]net`.

use std::borrow::Cow;

use memchr::memchr_iter;

use super::says::{self, Says};
use super::scan::{first_bytes, last_bytes};

/// The most bytes of a word on either side of the break: a host has at most 253 (RFC 1035), and some are masked.
const MOST_WORD: usize = 320;
/// The most bytes of white space around the break.
const MOST_BLANK: usize = 64;

/// A dot that is written so that nobody clicks, up to where it is told from a bracket.
const MASKED: [&str; 6] = ["[.", "(.", "{.", "[dot", "(dot", "{dot"];
/// Such dots as a line ends with.
const MASKED_WHOLE: [&str; 6] = ["[.]", "(.)", "{.}", "[dot]", "(dot)", "{dot}"];

/// The text without those line breaks that are sure to stand within a host: after a masked dot, and after a hyphen where a dot on either
/// side is masked or the host follows a scheme. The hyphen stays: a line is broken where one is, and hosts are not hyphenated.
#[must_use]
pub fn joined(text: Cow<'_, str>) -> Cow<'_, str> {
    let mut whole = String::new();
    let mut done = 0;
    for newline in memchr_iter(b'\n', text.as_bytes()) {
        let Some((end, start)) = gap(&text, newline) else {
            continue;
        };
        whole.push_str(text.get(done..end).unwrap_or_default());
        done = start;
    }
    if done == 0 {
        return text;
    }
    whole.push_str(text.get(done..).unwrap_or_default());
    Cow::Owned(whole)
}

/// Whether a name that begins at `start` is the rest of one that the line above ends with a hyphen in.
#[must_use]
pub fn follows(text: &str, start: usize) -> bool {
    let before = last_bytes(text.get(..start).unwrap_or_default(), MOST_BLANK);
    let Some((b'\n', line)) = without_blanks(before.as_bytes()).split_last() else {
        return false;
    };
    let line = before.get(..without_blanks(line).len());
    line.is_some_and(ends_hyphened)
}

/// Without the blanks at the end. By bytes, as most of what is asked about ends with a word.
fn without_blanks(mut line: &[u8]) -> &[u8] {
    while let Some((b' ' | b'\t' | b'\r' | 0x0c, rest)) = line.split_last() {
        line = rest;
    }
    line
}

/// From where to where the white space goes that stands around a line break within a host.
fn gap(text: &str, newline: usize) -> Option<(usize, usize)> {
    let line = text.get(..without_blanks(text.as_bytes().get(..newline)?).len())?;
    if !matches!(line.as_bytes().last()?, b'-' | b']' | b')' | b'}') {
        return None;
    }
    let head = last_bytes(line, MOST_WORD)
        .rsplit(char::is_whitespace)
        .next()?;
    let rest = first_bytes(text.get(newline + 1..)?, MOST_WORD);
    let next = rest.trim_start_matches(is_blank);
    let tail = next.split(char::is_whitespace).next()?;
    goes_on(head, tail).then(|| (line.len(), newline + 1 + rest.len() - next.len()))
}

/// Whether a word at the end of a line goes on with one at the start of the next.
fn goes_on(head: &str, tail: &str) -> bool {
    if !tail.starts_with(|c: char| c.is_ascii_alphanumeric()) {
        return false;
    }
    if !head.ends_with('-') {
        let label = MASKED_WHOLE.iter().find_map(|dot| {
            let label = head.len().checked_sub(dot.len())?;
            head.get(label..)?
                .eq_ignore_ascii_case(dot)
                .then(|| head.get(..label))?
        });
        return label.is_some_and(|label| label.ends_with(|c: char| c.is_ascii_alphanumeric()));
    }
    let host = head.rsplit("://").next().unwrap_or_default();
    let is_open = !host.contains(['/', '?', '#']) && (host.len() < head.len() || is_masked(host));
    ends_hyphened(head) && (masks_first(tail) || is_open && begins_dotted(tail))
}

fn is_blank(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\r' | '\u{c}' | '\u{a0}')
}

/// Whether a line ends with a hyphen in a word, and not after a heading: `Domains-`.
fn ends_hyphened(line: &str) -> bool {
    let label = line.strip_suffix('-').unwrap_or_default();
    let label = label.rsplit(|c: char| !c.is_ascii_alphanumeric()).next();
    label.is_some_and(|label| !label.is_empty() && !is_heading(label))
}

/// Whether a word is one that announces what follows: capitals begin no label of a host, as they are written.
fn is_heading(word: &str) -> bool {
    let many = word.ends_with('s')
        && (matches!(word, "indicators" | "iocs") || says::word(word) == Some(Says::Host));
    many || word.starts_with(|c: char| c.is_ascii_uppercase())
}

/// Where the labels that a word begins with end, and the dots between them.
fn after_labels(word: &str) -> &str {
    word.trim_start_matches(|c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.'))
}

fn masks_first(word: &str) -> bool {
    let rest = after_labels(word);
    MASKED.iter().any(|dot| {
        rest.get(..dot.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(dot))
    })
}

/// Whether a word begins as a host does that nothing is masked in.
fn begins_dotted(word: &str) -> bool {
    word.split_once('.').is_some_and(|(label, rest)| {
        let plain = label
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        plain && rest.starts_with(|c: char| c.is_ascii_alphanumeric())
    })
}

fn is_masked(word: &str) -> bool {
    let lower = word.to_ascii_lowercase();
    MASKED.iter().any(|dot| lower.contains(dot))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_joined_where_it_is_sure() {
        for (text, expected) in [
            ("at cdn-\nupdate[.]net x", "at cdn-update[.]net x"),
            ("at cdn- \r\n  update.a(dot)net", "at cdn-update.a(dot)net"),
            ("evil[.]my-\nsite.com", "evil[.]my-site.com"),
            (
                "https://cdn-\u{c}\n\u{c}update.net/a",
                "https://cdn-update.net/a",
            ),
            ("hxxp://a-\nb-\nc[.]d/e", "hxxp://a-\nb-c[.]d/e"),
            ("45[.]77[.]13[.]\n9", "45[.]77[.]13[.]9"),
            ("a[.]\nb[.]\nc", "a[.]b[.]c"),
        ] {
            assert_eq!(joined(Cow::Borrowed(text)), expected);
        }
    }

    #[test]
    fn nothing_else_is() {
        for text in [
            "cdn-\nupdate.net",
            "cdn-\n\nupdate[.]net",
            "Malicious Domains-\nupdate[.]net",
            "these domains-\nupdate[.]net",
            "domains -\nupdate[.]net",
            "-\nupdate[.]net",
            "seen by the well-\nknown group",
            "https://evil.com/a-\nb.net",
            "masked by [.]\nThe next",
            "evil[.]com (see b)\nc[.]d",
            "[.]\n",
            "-\n",
            "\n",
            "",
        ] {
            assert!(
                matches!(joined(Cow::Borrowed(text)), Cow::Borrowed(same) if same == text),
                "{text}"
            );
        }
    }

    #[test]
    fn a_name_below_a_hyphen_may_be_half_of_one() {
        for (text, expected) in [
            ("cdn-\n", true),
            ("cdn- \r\n  \u{c}", true),
            ("cdn -\n", false),
            ("C2-\n", false),
            ("all iocs-\n", false),
            ("cdn-\n\n", false),
            ("cdn- ", false),
            ("cdn\n", false),
            ("", false),
        ] {
            assert_eq!(follows(text, text.len()), expected, "{text:?}");
        }
    }
}
