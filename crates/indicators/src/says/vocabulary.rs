//! The words that say of a name beside them that it is a host, a file or a version.

use super::Says;
use crate::terms::Terms;

/// Words for what is on the network.
static HOST: Terms = Terms::of(include_str!("../../lists/terms/host.txt"));

/// Words for files, and for what is done with them.
static FILE: Terms = Terms::of(include_str!("../../lists/terms/file.txt"));

/// Words for versions.
static VERSION: Terms = Terms::of(include_str!("../../lists/terms/version.txt"));

/// Words for what is done about versions.
static ABOUT_VERSIONS: Terms = Terms::of(include_str!("../../lists/terms/about-versions.txt"));

/// Words that versions and hosts share.
static AFFECTED: Terms = Terms::of(include_str!("../../lists/terms/affected.txt"));

/// The longest word that is looked up.
const MOST_WORD: usize = 24;

/// Whether it is a word for a version, in whatever case.
pub fn is_version(word: &str) -> bool {
    VERSION.hold_in_any_case(word)
}

/// What one word says.
pub fn word(word: &str) -> Option<Says> {
    if !word.starts_with(|c: char| c.is_ascii_alphabetic()) {
        return None;
    }
    let mut lower = [0; MOST_WORD];
    let lower = lower.get_mut(..word.len())?;
    lower.copy_from_slice(word.as_bytes());
    lower.make_ascii_lowercase();
    let lower = std::str::from_utf8(lower).ok()?;
    let lists: [(&Terms, Says); 5] = [
        (&HOST, Says::Host),
        (&FILE, Says::File),
        (&VERSION, Says::Version),
        (&ABOUT_VERSIONS, Says::Version),
        (&AFFECTED, Says::Affected),
    ];
    lists
        .into_iter()
        .find(|(list, _)| list.hold(lower))
        .map(|(_, says)| says)
        .or_else(|| last_part(lower))
}

/// What the last part of a key says that is several words: `ProductVersion`, `RemoteUrl`.
fn last_part(key: &str) -> Option<Says> {
    let of = |parts: &[&str]| parts.iter().any(|part| key.ends_with(part));
    if key.len() < 6 || !key.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        None
    } else if of(&["domain", "hostname", "url"]) || key.starts_with("dns") {
        Some(Says::Host)
    } else if of(&["filename", "filepath"]) {
        Some(Says::File)
    } else {
        key.ends_with("version").then_some(Says::Version)
    }
}
