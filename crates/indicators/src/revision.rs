//! Digests that are none of a file: revisions of source code, and transactions and blocks of a chain.

use memchr::{memchr, memchr_iter};

use super::scan::{first_bytes, last_bytes};
use super::terms::Terms;

/// How far back the words before a digest are looked at: a list of three of them.
const MOST_BEFORE: usize = 160;
/// How far around a `sha` of data the words are looked for that say of what.
const MOST_AROUND: usize = 96;

/// Words that say that a revision follows.
static REVISIONS: Terms = Terms::of(include_str!("../lists/terms/revisions.txt"));

/// Words that say that a transaction or a block follows.
static TRANSACTIONS: Terms = Terms::of(include_str!("../lists/terms/transactions.txt"));

/// Words that may stand between such a word and the digest.
static FILLERS: Terms = Terms::of(include_str!("../lists/terms/revision-fillers.txt"));

/// Words that say that a `sha` beside them is one of source code.
static SOURCES: Terms = Terms::of(include_str!("../lists/terms/revision-sources.txt"));

/// What follows the revision at the head of a patch that git makes for mail, whatever its date.
const MAILED: &str = " Mon Sep 17 00:00:00 2001";

/// Whether what stands before and after a digest of 40 digits says that it names a revision of source code. URLs of repositories
/// are known by their hosts, see `Page::is_source`.
pub fn is_meant(before: &str, after: &str) -> bool {
    is_announced(before, &REVISIONS)
        || before.ends_with("From ") && after.starts_with(MAILED)
        || is_argument_of_git(before)
        || is_pinned(before)
        || is_key(before, after)
}

/// Whether what stands before a digest of 64 digits says that it names a transaction or a block.
pub fn is_transaction(before: &str) -> bool {
    is_announced(before, &TRANSACTIONS)
}

/// Whether one of some words precedes a digest, with nothing but fillers and other digests between. What stands on the line above is
/// no more than a heading, so that the digest must follow it.
fn is_announced(before: &str, names: &Terms) -> bool {
    let mut rest = last_bytes(before, MOST_BEFORE).as_bytes();
    let (mut line, mut filled, mut first) = (true, false, true);
    loop {
        let letters = rest.iter().rposition(u8::is_ascii_alphanumeric);
        let (head, gap) = rest.split_at(letters.map_or(0, |last| last + 1));
        // What is in braces belongs to the key before them.
        let record = !first && memchr(b'{', gap).is_some();
        if memchr(b'\n', gap).is_some() && !record {
            if !line || filled {
                return false;
            }
            line = false;
        }
        if !first && gap.starts_with(b". ") {
            return false;
        }
        let start = head
            .iter()
            .rposition(|byte| !byte.is_ascii_alphanumeric())
            .map_or(0, |last| last + 1);
        let (outer, word) = head.split_at(start);
        if names.hold_in_any_case(word) {
            return true;
        }
        let digest = line && word.len() >= 40 && word.iter().all(u8::is_ascii_hexdigit);
        if word.is_empty() || !digest && !FILLERS.hold_in_any_case(word) {
            return false;
        }
        filled |= line;
        first = false;
        rest = outer;
    }
}

/// Whether it is an argument of git: `git reset --hard`, `git cherry-pick`.
fn is_argument_of_git(before: &str) -> bool {
    let line = last_bytes(before, MOST_AROUND);
    let names = |at: usize| {
        line.as_bytes()
            .get(at..)
            .is_some_and(|rest| rest.starts_with(b"git"))
    };
    if !memchr_iter(b'g', line.as_bytes()).any(names) {
        return false;
    }
    let line = line
        .rsplit(['\n', ';', '|', '&'])
        .next()
        .unwrap_or_default();
    let is_word = |word: &&str| !word.is_empty();
    let mut words = line.split([' ', '`', '"', '\'', '$']).filter(is_word).rev();
    let command = words.by_ref().take(3).position(|word| word == "git");
    let plain = |word: &str| {
        word.bytes().all(|byte| {
            byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-^~.".contains(&byte)
        })
    };
    command.is_some_and(|place| {
        let words = line.split([' ', '`', '"', '\'', '$']).filter(is_word);
        words.rev().take(place).all(plain)
    })
}

/// Whether it follows an at sign after the name of a package or an action: `actions/checkout@`.
fn is_pinned(before: &str) -> bool {
    before
        .strip_suffix('@')
        .is_some_and(|name| name.ends_with(|c: char| c.is_alphanumeric()))
}

/// Whether it is the value of a key `sha`, as of the data of package managers and forges, among words of source code. That of a
/// file is called by the name of its kind, and in prose it is in capitals.
fn is_key(before: &str, after: &str) -> bool {
    let label = before.trim_end_matches([' ', '"', '\'']);
    let key = label
        .strip_suffix([':', '='])
        .map(|label| label.trim_end_matches([' ', '"', '\'']))
        .and_then(|label| label.strip_suffix("sha"))
        .filter(|rest| !rest.ends_with(|c: char| c.is_alphanumeric()));
    let Some(rest) = key else {
        return false;
    };
    let after = first_bytes(after, MOST_AROUND);
    let record = after.split("\n\n").next().unwrap_or_default();
    [last_bytes(rest, MOST_AROUND), record]
        .iter()
        .flat_map(|text| text.split(|c: char| !c.is_ascii_alphanumeric()))
        .any(|word| SOURCES.hold_in_any_case(word))
}
