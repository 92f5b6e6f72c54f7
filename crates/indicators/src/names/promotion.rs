//! Names that other names speak for: those in a list with one, in a sentence with one, or sure elsewhere in the text.

use std::collections::HashSet;

use super::candidate::Candidate;
use super::context::{self, Verdict};
use super::list;

/// A sure name speaks for those in one list with it: "Ryuk, Conti and Hive".
pub(super) fn promote_listed(text: &str, candidates: &mut [Candidate<'_>]) {
    let joined = |left: &Candidate<'_>, right: &Candidate<'_>| {
        context::is_list_glue(&text[left.end..right.start])
    };
    for at in 1..candidates.len() {
        let (earlier, later) = candidates.split_at_mut(at);
        let (left, right) = (&earlier[at - 1], &mut later[0]);
        if left.verdict == Verdict::Sure
            && right.verdict == Verdict::Unproven
            && right.promotable
            && joined(left, right)
        {
            right.verdict = Verdict::Sure;
        }
    }
    for at in (1..candidates.len()).rev() {
        let (earlier, later) = candidates.split_at_mut(at);
        let (left, right) = (&mut earlier[at - 1], &later[0]);
        if right.verdict == Verdict::Sure
            && left.verdict == Verdict::Unproven
            && left.promotable
            && joined(left, right)
        {
            left.verdict = Verdict::Sure;
        }
    }
}

/// Names that are words as well speak for each other in a list, where the sentence is of an attack: "Akira and Qilin lead by victims".
pub(super) fn promote_lists(text: &str, candidates: &mut [Candidate<'_>]) {
    for at in 1..candidates.len() {
        let (earlier, later) = candidates.split_at_mut(at);
        let (Some(left), Some(right)) = (earlier.last_mut(), later.first_mut()) else {
            continue;
        };
        let listed = left.listable && right.listable && left.entry.family != right.entry.family;
        let between = text.get(left.end..right.start);
        if listed && between.is_some_and(context::is_list_glue) {
            left.verdict = Verdict::Sure;
            right.verdict = Verdict::Sure;
        }
    }
}

/// A sure name in the same sentence speaks for one that needs no more than words of an attack, and for ransomware: "Maze's
/// operators moved to Egregor".
pub(super) fn promote_near(text: &str, candidates: &mut [Candidate<'_>]) {
    let near = |left: &Candidate<'_>, right: &Candidate<'_>| {
        context::is_one_sentence(&text[left.end..right.start])
    };
    for at in 0..candidates.len() {
        let found = &candidates[at];
        let spoken_for = found.verdict == Verdict::Unproven
            && found.promotable_by_sentence
            && (at > 0
                && candidates[at - 1].verdict == Verdict::Sure
                && near(&candidates[at - 1], found)
                || candidates
                    .get(at + 1)
                    .is_some_and(|next| next.verdict == Verdict::Sure && near(found, next)));
        if spoken_for {
            candidates[at].verdict = Verdict::Sure;
        }
    }
}

/// A name that is sure in one place of a text is meant in the others too.
pub(super) fn promote_repeated(candidates: &mut [Candidate<'_>]) {
    let doubted = |found: &Candidate<'_>| found.verdict == Verdict::Unproven && found.promotable;
    // Most names are sure and few are doubted: only those that may be the same are compared.
    let place = |found: &Candidate<'_>| list::hash(found.entry.family.as_bytes()) >> 54;
    let places: HashSet<u64> = candidates
        .iter()
        .filter(|found| doubted(found))
        .map(place)
        .collect();
    if places.is_empty() {
        return;
    }
    let mut map = [false; 1 << 10];
    for at in places {
        if let Some(slot) = usize::try_from(at).ok().and_then(|at| map.get_mut(at)) {
            *slot = true;
        }
    }
    let may_help = |found: &Candidate<'_>| {
        usize::try_from(place(found)).is_ok_and(|at| map.get(at).is_some_and(|&held| held))
    };
    let sure: HashSet<&str> = candidates
        .iter()
        .filter(|found| found.verdict == Verdict::Sure && may_help(found))
        .map(|found| found.entry.family)
        .collect();
    for found in &mut *candidates {
        if doubted(found) && sure.contains(found.entry.family) {
            found.verdict = Verdict::Sure;
        }
    }
}
