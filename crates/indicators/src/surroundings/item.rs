//! What the items of lists and the cells of tables are.

use crate::domain::Doubt;
use crate::{digest, domain, filename, ipv4, tlds};

/// What an item of a list is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Item {
    /// A host beyond doubt.
    Host,
    /// A URL: what stands beside one is often the file that it leads to.
    Url,
    /// A file.
    File,
    /// A digest of a file.
    Digest,
    /// A name that may be a host or a file.
    Doubted,
    /// A name that may be a host or a member.
    Member,
    /// Neither words nor a name.
    Nothing,
    /// Words.
    Text,
}

impl Item {
    /// What a cell, a line or a word is, without what marks it as an item.
    pub fn of(text: &str) -> Self {
        let text = undecorated(text);
        if text.is_empty() {
            return Self::Nothing;
        }
        let mut parts = text.split(|c: char| c.is_whitespace() || matches!(c, ',' | ';' | '|'));
        let first = parts.next().unwrap_or_default();
        if parts.filter(|part| !part.is_empty()).nth(4).is_some() {
            return Self::Text;
        }
        Self::of_word(undecorated(first))
    }

    fn of_word(word: &str) -> Self {
        let bytes = word.as_bytes();
        if digest::is_hex(bytes) {
            return Self::Digest;
        }
        if !bytes.iter().any(|byte| b".:[({\\/%~".contains(byte)) {
            return Self::Text;
        }
        if word.contains("://") || word.contains("[:]") {
            return Self::Url;
        }
        if bytes.iter().any(|byte| b"[({".contains(byte))
            && ["[.]", "(.)", "[dot]", "{.}"]
                .into_iter()
                .any(|mark| word.contains(mark))
        {
            return if word.contains('/') {
                Self::Url
            } else {
                Self::Host
            };
        }
        if word.contains('\\') || word.starts_with(['/', '%', '~']) {
            return Self::File;
        }
        let host = word.split([':', '/']).next().unwrap_or_default();
        if ipv4::parse(host).is_some() {
            return Self::Host;
        }
        let Some((_, extension)) = host.rsplit_once('.') else {
            return Self::Text;
        };
        let lower = host.to_ascii_lowercase();
        match domain::judge(&lower, host) {
            Some(judged) if judged.doubt == Doubt::None => Self::Host,
            Some(judged) if judged.doubt == Doubt::Member => Self::Member,
            Some(_) if filename::is_of_source(host) => Self::File,
            Some(_) => Self::Doubted,
            None if tlds::is_inner_extension(&extension.to_ascii_lowercase()) => Self::File,
            None => Self::Text,
        }
    }
}

/// A text without bullets, quotes and punctuation around it.
pub fn undecorated(text: &str) -> &str {
    text.trim_matches(|c: char| c.is_whitespace() || "-*•·–>|\"'`,;()[]“”.:#=_+".contains(c))
}
