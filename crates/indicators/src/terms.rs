//! Lists of words: the files in `lists/terms/`, each read when it is first asked.

use std::sync::OnceLock;

/// The words of a file, apart by white space. A line that begins with `#` says what they are.
pub struct Terms {
    text: &'static str,
    sorted: OnceLock<Vec<&'static str>>,
}

impl Terms {
    /// The words of a file's `text`.
    pub const fn of(text: &'static str) -> Self {
        Self {
            text,
            sorted: OnceLock::new(),
        }
    }

    /// Whether `word` is one of them.
    pub fn hold(&self, word: &str) -> bool {
        self.sorted().binary_search(&word).is_ok()
    }

    /// Whether `word` is one of them in whatever case. They are in lower case.
    pub fn hold_in_any_case(&self, word: impl AsRef<[u8]>) -> bool {
        let lower = || word.as_ref().iter().map(u8::to_ascii_lowercase);
        self.sorted()
            .binary_search_by(|known| known.bytes().cmp(lower()))
            .is_ok()
    }

    pub(super) fn sorted(&self) -> &[&'static str] {
        self.sorted.get_or_init(|| {
            let mut words: Vec<_> = self
                .text
                .lines()
                .filter(|line| !line.starts_with('#'))
                .flat_map(str::split_ascii_whitespace)
                .collect();
            words.sort_unstable();
            words
        })
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn every_file_says_what_its_words_are_and_has_each_once_in_lower_case() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/lists/terms");
        let files: Vec<_> = fs::read_dir(folder).unwrap().map(Result::unwrap).collect();
        assert!(!files.is_empty());
        for file in files {
            let text = fs::read_to_string(file.path()).unwrap();
            assert!(text.starts_with("# "), "{file:?}");
            let terms = Terms::of(text.leak());
            assert!(!terms.sorted().is_empty(), "{file:?}");
            for (one, next) in terms.sorted().iter().zip(terms.sorted().iter().skip(1)) {
                assert!(one != next, "{file:?}: {one} twice");
            }
            let upper = |word: &&str| word.bytes().any(|byte| byte.is_ascii_uppercase());
            assert!(!terms.sorted().iter().any(upper), "{file:?}");
        }
    }
}
