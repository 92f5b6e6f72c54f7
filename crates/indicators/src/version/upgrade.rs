//! What words that end with `to` say of the number after it: that something gets a version, or that something talks to a host.

use crate::says::Says;
use crate::terms::Terms;

/// Words for getting another version, by how they begin. After an article they say what has got one: `the updated bot`.
const UPGRADES: [&str; 4] = ["downgrad", "migrat", "updat", "upgrad"];

/// Whether words that end with `to` say that something, be it servers, gets a version: `upgrade all servers to`.
pub fn is_meant(words: &[(&str, Option<Says>)]) -> bool {
    let before = words.split_last().map_or(words, |(_, before)| before);
    let object = before.last().is_some_and(|(word, says)| {
        *says != Some(Says::Host) || matches!(*word, "host" | "hosts" | "server" | "servers")
    });
    let is_verb = |at: usize, word: &str| {
        let earlier = at.checked_sub(1).and_then(|at| words.get(at));
        let article = earlier.is_some_and(|(word, _)| {
            ["a", "an", "its", "the", "this"]
                .iter()
                .any(|article| article.eq_ignore_ascii_case(word))
        });
        let lower = word.to_ascii_lowercase();
        !article && UPGRADES.iter().any(|start| lower.starts_with(start))
    };
    object
        && !is_talk(words)
        && before
            .iter()
            .enumerate()
            .any(|(at, (word, _))| is_verb(at, word))
}

/// Words before `to` for what is done with hosts.
static TALKS: Terms = Terms::of(include_str!("../../lists/terms/talks.txt"));

/// Whether words that end with `to` say that something talks to a host.
pub fn is_talk(words: &[(&str, Option<Says>)]) -> bool {
    words
        .iter()
        .rev()
        .nth(1)
        .is_some_and(|(word, _)| TALKS.hold(word))
}
