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
        let length = entity::decode(entity, links).unwrap_or_else(|| {
            links.push('&');
            1
        });
        rest = entity.get(length..).unwrap_or_default();
    }
    links.push_str(rest);
    restore_brackets(links, start);
    links.push('\n');
}

/// Whether a link to `target` whose content is at the start of `content` is the mark of a note: it leads to a place in a
/// document, and all of its content is a short number or a sign.
pub fn is_note(target: &str, content: &str) -> bool {
    let place = target.trim().split_once('#').map_or("", |(_, place)| place);
    let digits = content
        .bytes()
        .take(4)
        .take_while(u8::is_ascii_digit)
        .count();
    let number = matches!(digits, 1..=3)
        && content
            .get(digits..)
            .is_some_and(|rest| rest.starts_with('<'));
    !place.is_empty() && (number || content.starts_with(['*', '\u{2020}', '\u{2021}']))
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
