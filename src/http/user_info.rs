//! URLs in text, shown without the user name and password that they may hold.

/// What stands in place of a user name and password.
const REMOVED: &str = "[redacted]@";

/// What a URL can't hold as it is: it ends a URL within a text.
fn ends_url(character: char) -> bool {
    character.is_whitespace() || matches!(character, '"' | '\'' | '`' | '<' | '>')
}

/// `text` without user info: what stands in a word before its last `@` and, where there is one, after its `://`. A word without
/// a scheme loses it only if a colon stands in it, as in `user:password@host`; an address of mail stays.
#[must_use]
pub(crate) fn without_user_info(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for part in text.split_inclusive(ends_url) {
        let word = part.trim_end_matches(ends_url);
        let after = part.strip_prefix(word).unwrap_or_default();
        let (scheme, rest) = match word.split_once("://") {
            Some((scheme, rest)) => (Some(scheme), rest),
            None => (None, word),
        };
        match rest.rsplit_once('@') {
            Some((user_info, host)) if scheme.is_some() || user_info.contains(':') => {
                if let Some(scheme) = scheme {
                    shown.push_str(scheme);
                    shown.push_str("://");
                }
                shown.push_str(REMOVED);
                shown.push_str(host);
            }
            _ => shown.push_str(word),
        }
        shown.push_str(after);
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn user_info_is_removed_wherever_a_url_stands() {
        for (text, shown) in [
            (
                "configured proxy http://user:p@ss@127.0.0.1:9/ requires",
                "configured proxy http://[redacted]@127.0.0.1:9/ requires",
            ),
            ("\"socks5://user@proxy\"", "\"socks5://[redacted]@proxy\""),
            ("user:password@proxy:3128", "[redacted]@proxy:3128"),
            ("http://user:a/b#c?d@proxy", "http://[redacted]@proxy"),
            (
                "write to soc@example.com\nat once",
                "write to soc@example.com\nat once",
            ),
            ("https://host/path", "https://host/path"),
            ("", ""),
        ] {
            assert_eq!(without_user_info(text), shown);
        }
    }
}
