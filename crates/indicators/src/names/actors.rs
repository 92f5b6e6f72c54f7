//! Groups that vendors name detections after, and reports malware: `Win.Downloader.Gamaredon`, "the `WinterVivern` backdoor".

use std::sync::OnceLock;

use super::key::Key;

/// A key a line, in order, as `lists/generate.py` writes them.
const TEXT: &str = include_str!("../../lists/actor-names.txt");

/// Whether a word is the name of a group and, as far as the lists know, of no malware.
pub(super) fn is_actor(word: &str) -> bool {
    static KEYS: OnceLock<Vec<&str>> = OnceLock::new();
    let key = Key::of(word);
    let keys = KEYS.get_or_init(|| TEXT.lines().collect());
    keys.binary_search_by(|listed| listed.as_bytes().cmp(key.as_bytes()))
        .is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_are_known_in_any_spelling() {
        assert!(is_actor("WinterVivern") && is_actor("Gamaredon"));
        assert!(!is_actor("Emotet") && !is_actor("WolfsBane") && !is_actor(""));
        assert!(TEXT.lines().is_sorted());
    }
}
