//! Targets of links: which lead anywhere else, and which are those of notes.

use memchr::memchr;

use super::entity;

/// Appends the target of a link, and a line break, to `links`, if it leads anywhere else.
pub fn keep(target: &str, links: &mut String) {
    let target = target.trim();
    let lower = target.get(..11).unwrap_or_default().to_ascii_lowercase();
    if target.starts_with(['#', '?', '.'])
        || lower.starts_with("javascript:")
        || lower.starts_with("data:")
    {
        return;
    }
    if target.starts_with('/') {
        if !target.starts_with("//") {
            return;
        }
        links.push_str("https:");
    }
    let start = links.len();
    let mut rest = target;
    while let Some(found) = memchr(b'&', rest.as_bytes()) {
        let (before, entity) = rest.split_at(found);
        links.push_str(before);
        let (length, decoded) = entity::decode(entity).unwrap_or((1, Some('&')));
        links.extend(decoded);
        rest = entity.get(length..).unwrap_or_default();
    }
    links.push_str(rest);
    restore_brackets(links, start);
    links.push('\n');
}

/// Whether a link to `target` whose content is at the start of `content` is the mark of a note: it leads to a place in the
/// same document, and its content begins with a number or a sign.
#[must_use]
pub fn is_note(target: &str, content: &str) -> bool {
    let place = target.trim().strip_prefix('#').unwrap_or_default();
    !place.is_empty()
        && content
            .starts_with(|c: char| c.is_ascii_digit() || matches!(c, '*' | '\u{2020}' | '\u{2021}'))
}

/// Undoes what programs that make links of defanged hosts do to their brackets: `evil%5B.%5Dcom`.
fn restore_brackets(links: &mut String, start: usize) {
    let link = links.get(start..).unwrap_or_default();
    if link.contains("%5B.%5D") || link.contains("%5b.%5d") {
        let restored = link.replace("%5B.%5D", "[.]").replace("%5b.%5d", "[.]");
        links.truncate(start);
        links.push_str(&restored);
    }
}
