//! Hosts that are broken over two lines of plain text, as in that of a PDF: `cdn-⏎update[.]net`.

use std::borrow::Cow;
use std::net::Ipv4Addr;

use memchr::memchr_iter;

use super::says::{self, Says};
use super::scan::{first_bytes, last_bytes};
use super::tlds;

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
    line.is_some_and(|line| ends_hyphened(line) && !is_whole(last_word(line), false))
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
    let rest = first_bytes(text.get(newline + 1..)?, MOST_WORD);
    let next = rest.trim_start_matches(is_blank);
    let tail = next.split(char::is_whitespace).next()?;
    goes_on(last_bytes(line, MOST_WORD), tail)
        .then(|| (line.len(), newline + 1 + rest.len() - next.len()))
}

/// Whether the word at the end of a line goes on with one at the start of the next.
fn goes_on(line: &str, tail: &str) -> bool {
    let head = last_word(line);
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
    let masked = masks_first(tail);
    ends_hyphened(line) && !is_whole(host, masked) && (masked || is_open && begins_dotted(tail))
}

fn is_blank(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\r' | '\u{c}' | '\u{a0}')
}

fn last_word(line: &str) -> &str {
    line.rsplit(char::is_whitespace).next().unwrap_or_default()
}

/// Whether a line ends with a hyphen in a word, and not after a heading, `Domains-`, or the number of an item.
fn ends_hyphened(line: &str) -> bool {
    let line = line.strip_suffix('-').unwrap_or_default();
    let label = line.rsplit(|c: char| !c.is_ascii_alphanumeric()).next();
    label.is_some_and(|label| !label.is_empty() && !is_heading(label)) && !is_item(line)
}

/// Whether a line ends with the number or letter of an item, by itself or after a colon: `1`, `C2 servers: a`.
fn is_item(line: &str) -> bool {
    let word = last_word(line);
    let before = line.strip_suffix(word).unwrap_or_default();
    let before = without_blanks(before.as_bytes());
    // Below another half it is one too.
    let above = before.strip_suffix(b"\n").map(without_blanks);
    let number = word.trim_start_matches(|c: char| !c.is_ascii_alphanumeric());
    let is_number = number.len() == 1 || number.bytes().all(|byte| byte.is_ascii_digit());
    is_number
        && matches!(before.last(), None | Some(b'\n' | b':'))
        && !above.is_some_and(|above| above.ends_with(b"-"))
}

/// Whether what stands before the hyphen is a host by itself: an address, or a name under a top-level domain. One that is a word as well,
/// `evil[.]my-`, may begin a label, unless what follows is `masked` and so a host by itself too.
fn is_whole(host: &str, masked: bool) -> bool {
    let host = host.strip_suffix('-').unwrap_or_default();
    let host = host.trim_start_matches(|c: char| !c.is_ascii_alphanumeric());
    let lower = host.to_ascii_lowercase();
    let plain = MASKED_WHOLE
        .iter()
        .fold(lower, |host, dot| host.replace(dot, "."));
    let top = plain.rsplit_once('.').map(|(_, top)| top);
    plain.parse::<Ipv4Addr>().is_ok()
        || top.is_some_and(|top| tlds::is_known(top) && (masked || !tlds::is_word(top)))
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
            ("at 24-\nupdate[.]net", "at 24-update[.]net"),
            ("evil[.]a1-\nb[.]net", "evil[.]a1-b[.]net"),
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
            "1-\nevil-one[.]ru\n2-\nbad-two[.]net",
            "C2 servers: #1-\nevil-one[.]ru\n  b-\nbad-two[.]net",
            "evil-one[.]ru-\nbad-two[.]net",
            "evil-one[.]ru-\nbad-two.net",
            "(evil-one[.]my-\nbad-two[.]net",
            "https://evil-one.ru-\nbad-two.net",
            "45[.]77[.]13[.]9-\nbad-two[.]net",
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
            ("1-\n", false),
            ("at 24-\n", true),
            ("evil[.]ru-\n", false),
            ("evil[.]my-\n", true),
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
