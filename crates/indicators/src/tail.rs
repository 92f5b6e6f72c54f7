//! What follows a host that has no scheme: whether it is a path, which makes it a URL.

use super::url_path::is_no_file;
use super::{domain, ipv4, tlds};

/// The longest name of a page before an extension that is a country's code as well: `evil.com/json.gp`.
const MOST_PAGE: usize = 4;

/// Whether it is the path of an address, before which a number may as well stand for something else.
pub fn is_of_address(path: &str, defanged: bool) -> bool {
    path.contains('?') || has_extension(path) && !is_list(path) || defanged && is_deep(path)
}

/// Whether it is the path of a domain.
pub fn is_of_domain(path: &str) -> bool {
    !path.is_empty() && !is_list(path)
}

/// Whether the last segment of a path is a file's name.
fn has_extension(path: &str) -> bool {
    let path = path.split(['?', '#']).next().unwrap_or_default();
    let name = path.rsplit('/').next().unwrap_or_default();
    name.rsplit_once('.').is_some_and(|(stem, extension)| {
        !stem.is_empty()
            && (1..=6).contains(&extension.len())
            && extension.bytes().any(|byte| byte.is_ascii_alphabetic())
            && extension
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
    })
}

/// Whether a path has two segments of words.
fn is_deep(path: &str) -> bool {
    let mut segments = path.split('/');
    let mut word = || {
        segments
            .next()
            .is_some_and(|segment| segment.starts_with(|c: char| c.is_ascii_alphabetic()))
    };
    word() && word()
}

/// Whether two slashes before a host are those of a scheme. Without one they stand for that of the page.
pub fn follows_scheme(before: &str) -> bool {
    before.strip_suffix("//").is_some_and(|scheme| {
        !(scheme.is_empty() || scheme.ends_with(['\n', ' ', '"', '\'', '`', '(']))
    })
}

/// Whether what follows a slash is no path: another host (`evil.com/evil.net`), or another extension (`sendmail.mc/.cf`).
fn is_list(path: &str) -> bool {
    let first = path.split('/').next().unwrap_or_default();
    let host = |domain: &str| {
        let (rest, top) = domain.rsplit_once('.').unwrap_or_default();
        is_no_file(domain) && (tlds::is_common(top) || rest.len() > MOST_PAGE)
    };
    let extension = first
        .strip_prefix('.')
        .is_some_and(|rest| rest.len() <= 4 && rest.bytes().all(|byte| byte.is_ascii_alphabetic()));
    extension || domain::plain(first, first).is_some_and(host) || ipv4::parse(first).is_some()
}
