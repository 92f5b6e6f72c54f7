//! What the words beside a name say of it: that it is a host, a file, or a version.

mod vocabulary;

pub use vocabulary::{is_version, word};

use super::scan::last_bytes;

/// What a word, a label or the heading of a column announces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Says {
    /// A name or an address on the network.
    Host,
    /// A file, a program, or a digest of one.
    File,
    /// A version of a product.
    Version,
    /// Something that versions share with hosts: what is affected, fixed or vulnerable may be either.
    Affected,
}

impl Says {
    /// Whether it tells a host from a file.
    pub fn is_decisive(self) -> bool {
        matches!(self, Self::Host | Self::File)
    }
}

/// The words of a text, from its front or its end.
pub fn words(text: &str) -> impl DoubleEndedIterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
}

/// The most words of a label.
const MOST_WORDS: usize = 6;

/// What a label says: a heading, the name of a column, a cell for the type of its neighbour. `None` if it is no label, or says
/// two things at once.
pub fn label(text: &str) -> Option<Says> {
    let text = text.trim();
    if text.len() > 96 || words(text).nth(MOST_WORDS).is_some() {
        return None;
    }
    if ends_with_c_and_c(text) {
        return Some(Says::Host);
    }
    let (mut last, mut host, mut file, mut affected) = (None, false, false, None);
    for says in words(text).filter_map(word) {
        match says {
            Says::Affected => affected = Some(says),
            _ => last = Some(says),
        }
        host |= says == Says::Host;
        file |= says == Says::File;
    }
    match (host, file) {
        (true, true) => None,
        // The version of a file is one.
        (false, true) if last == Some(Says::Version) => last,
        (false, true) => Some(Says::File),
        // A "server version" is a version, and the "C2s of this build" are hosts.
        _ => last.or(affected),
    }
}

/// Whether a text ends with `C&C`, which is no word.
fn ends_with_c_and_c(text: &str) -> bool {
    let text = text.trim_end_matches([':', ' ', '-']);
    text.len()
        .checked_sub(3)
        .and_then(|at| text.get(at..))
        .is_some_and(|end| end.eq_ignore_ascii_case("c&c"))
}

/// The most bytes of a sentence before what it speaks of.
const MOST_SENTENCE: usize = 128;

/// The part of a sentence that ends a text.
pub fn sentence_before(text: &str) -> &str {
    let text = last_bytes(text, MOST_SENTENCE);
    let line = text.rsplit('\n').next().unwrap_or_default();
    let start = [". ", "! ", "? "]
        .into_iter()
        .filter_map(|end| line.rfind(end))
        .max()
        .map_or(0, |end| end + 2);
    line.get(start..).unwrap_or_default()
}

/// The part of a sentence that begins a text.
pub fn sentence_after(text: &str) -> &str {
    let line = text.split('\n').next().unwrap_or_default();
    let end = [". ", "! ", "? "]
        .into_iter()
        .filter_map(|end| line.find(end))
        .min();
    line.get(..end.unwrap_or(line.len())).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_say_what_they_announce() {
        for (text, says) in [
            ("Domains:", Some(Says::Host)),
            ("Malicious domain names", Some(Says::Host)),
            ("C&C:", Some(Says::Host)),
            ("domain-name", Some(Says::Host)),
            ("File name", Some(Says::File)),
            ("SHA256", Some(Says::File)),
            ("Fixed in version", Some(Says::Version)),
            ("Server version", Some(Says::Version)),
            ("app_version", Some(Says::Version)),
            ("Version of the file", Some(Says::File)),
            ("Release build C2s", Some(Says::Host)),
            ("Affected", Some(Says::Affected)),
            ("Affected hosts", Some(Says::Host)),
            ("Domains and files", None),
            ("Description", None),
        ] {
            assert_eq!(label(text), says, "{text}");
        }
    }
}
