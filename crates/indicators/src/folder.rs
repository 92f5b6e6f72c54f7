//! Whether a name stands in a path: of a file system, or of a request.

use super::says::{self, Says};

/// The most bytes of a path that are looked at before a name.
pub const MOST_PATH: usize = 256;

/// Whether what precedes a name makes it a file in a folder: `C:\Windows\more.com`, `/home/user/a.cf`. `sure`: it can't be
/// anything but a host by itself, so that a single slash before it is a separator.
pub fn holds(before: &str, sure: bool) -> bool {
    let folder = before.trim_end_matches('\\');
    if folder.len() < before.len() {
        // Two begin the name of a host, four as JSON escapes them; after a folder's name two are one that is escaped.
        let last = folder.chars().next_back();
        let drive = last == Some(':')
            && folder
                .rsplit(is_outside)
                .nth(1)
                .is_some_and(|letter| letter.len() == 1);
        let share =
            !drive && last.is_none_or(|last| !last.is_alphanumeric() && !"%)}]_-.$".contains(last));
        return before.len() - folder.len() == 1 || !share;
    }
    let path = before.rsplit(is_outside).next().unwrap_or_default();
    path.ends_with('/')
        && !path.starts_with("//")
        && if path == "/" {
            // A URL may lack a slash.
            !sure && !before.ends_with(":/")
        } else {
            ["/", "~/", "./", "../", "$", "%"]
                .into_iter()
                .any(|start| path.starts_with(start))
        }
}

/// Whether no path goes on over a character.
fn is_outside(c: char) -> bool {
    c.is_whitespace() || "\"'`([=<>,;|:‘’“”«»".contains(c)
}

/// Whether the segment of a URL's path that precedes another says that a host follows: `/domain/evil.ru`, `/web/2024/evil.ru`.
pub fn announces(path: &str) -> bool {
    let segment = path
        .trim_end_matches('/')
        .rsplit('/')
        .next()
        .unwrap_or_default();
    (!segment.is_empty() && segment.bytes().all(|byte| byte.is_ascii_digit()))
        || says::label(segment) == Some(Says::Host)
}
