//! Names that are words as well, which their place in the document speaks for: beside a digest, in a heading, again and again.

use std::collections::HashMap;

use super::candidate::Candidate;
use super::context::Verdict;
use super::list::Tier;
use crate::scan::{first_bytes, last_bytes};

/// How much of a line is looked at on either side of a name.
const MOST_LINE: usize = 160;

/// How many mentions are enough of a name that is a rare word.
const ENOUGH: usize = 2;

/// What a text has of one family that nothing has spoken for.
#[derive(Default)]
struct Mentions {
    count: usize,
    hints: usize,
    /// Whether it does what malware does, or a part of malware is its: "Vidar operators".
    acts: bool,
    /// Whether it stands in a heading.
    heads: bool,
    /// Whether it stands beside an indicator, as what it is of.
    labels: bool,
    /// How many mentions it needs to be the document's subject.
    least: usize,
}

impl Mentions {
    fn suffice(&self) -> bool {
        let subject = self.heads && self.count >= self.least;
        let attacked = self.acts || self.count >= 2 && self.hints >= 2;
        self.labels || subject || self.least == ENOUGH && attacked
    }
}

/// Names for which the document speaks as a whole, if it speaks of malware elsewhere.
pub(super) fn promote_placed(text: &str, candidates: &mut [Candidate<'_>], kinds: usize) {
    let sure = |found: &Candidate<'_>| found.verdict == Verdict::Sure;
    let doubted = |found: &Candidate<'_>| {
        found.verdict == Verdict::Unproven && found.promotable && found.entry.tier != Tier::Exact
    };
    if !candidates.iter().any(doubted) || kinds == 0 && !candidates.iter().any(sure) {
        return;
    }
    let mut mentions: HashMap<&str, Mentions> = HashMap::new();
    for found in candidates.iter().filter(|found| doubted(found)) {
        let of = mentions.entry(found.entry.family).or_default();
        of.count += 1;
        of.hints += found.traces.hints;
        of.acts |= found.traces.acts;
        let rare = found.entry.tier == Tier::Window;
        of.least = of.least.max(if rare { ENOUGH } else { ENOUGH + 1 });
        of.heads |= heads(text, found.start, found.end);
        of.labels |= labels(text, found.start, found.end);
    }
    for found in candidates.iter_mut().filter(|found| doubted(found)) {
        if mentions
            .get(found.entry.family)
            .is_some_and(Mentions::suffice)
        {
            found.verdict = Verdict::Sure;
        }
    }
}

/// The line around `text[start..end]`, before it and after it, as far as it is looked at.
fn line(text: &str, start: usize, end: usize) -> (&str, &str) {
    let before = last_bytes(text.get(..start).unwrap_or_default(), MOST_LINE);
    let after = first_bytes(text.get(end..).unwrap_or_default(), MOST_LINE);
    let before = before.rsplit('\n').next().unwrap_or_default();
    (before, after.split('\n').next().unwrap_or_default())
}

/// Whether it stands in a heading: a line that is marked as one, the document's first, or one between blank lines.
fn heads(text: &str, start: usize, end: usize) -> bool {
    let (before, after) = line(text, start, end);
    if before.len() + after.len() > 100
        || after.ends_with(['.', ',', ';', ':'])
        || before.contains('|')
    {
        return false;
    }
    let from = start - before.len();
    let above = text.get(..from).unwrap_or_default();
    let below = text.get(end + after.len()..).unwrap_or_default();
    let marked = before.starts_with(['#', '=']);
    let first = above.trim_end().is_empty();
    let blank =
        above.ends_with("\n\n") && (below.starts_with("\n\n") || below.trim_start().is_empty());
    marked || first || blank
}

/// Whether it stands in a line with an indicator, as what it is of: "(`AWFULSHRED`)", "Sliver 1.5: 192.0.2[.]1".
fn labels(text: &str, start: usize, end: usize) -> bool {
    let (before, after) = line(text, start, end);
    let rest = after.trim_start_matches(|c: char| {
        c.is_ascii_digit() || matches!(c, '.' | ' ' | 'v' | '*' | '_' | '`')
    });
    let opens = before
        .trim_matches(|c: char| c.is_whitespace() || c.is_ascii_punctuation() || c.is_ascii_digit())
        .is_empty()
        || before.ends_with(['(', '"', '|', '#'])
        || before.ends_with("| ");
    let closes = rest.is_empty() && !before.trim().is_empty()
        || rest.starts_with([':', ')', '"', '|', '=', '–', '—'])
        || rest.starts_with("- ");
    let (opens, closes) = (opens, closes || after.trim_start().starts_with(".."));
    opens && closes && (holds_indicator(before) || holds_indicator(after))
}

/// Whether a part of a line has a digest, or what was made harmless.
fn holds_indicator(part: &str) -> bool {
    const SIGNS: [&str; 5] = ["[.]", "hxxp", "[://]", "bitcoin:", "bc1"];
    let digest = part
        .split(|c: char| !c.is_ascii_hexdigit())
        .any(|run| matches!(run.len(), 32 | 40 | 64));
    digest || SIGNS.iter().any(|sign| part.contains(sign))
}
