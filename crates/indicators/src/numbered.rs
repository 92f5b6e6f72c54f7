//! Dotted numbers that are parts of something longer: of a path, of a product's identifier, of a document's outline.

use super::ipv4;
use super::says::{self, Says};
use super::surroundings::Place;
use super::surroundings::lines::Lines;

/// The most lines above a section that are looked at for the one that it is part of.
const MOST_LINES: usize = 24;

/// Whether it is a part of a path or of an identifier, by what precedes it: `C:\ver\1.2.3.4\`, `/download/1.2.3.4/`,
/// `cpe:2.3:a:vendor:product:1.2.3.4`.
pub fn is_part(before: &str) -> bool {
    let word = before
        .rsplit(|c: char| {
            c.is_whitespace() || matches!(c, '"' | '\'' | '`' | '<' | '>' | '|' | ',')
        })
        .next()
        .unwrap_or_default();
    if is_event(before) {
        return true;
    }
    if let Some(folder) = word.strip_suffix('\\') {
        return is_folder(folder.trim_end_matches('\\'));
    }
    if word.ends_with(':') {
        return word.starts_with("cpe:");
    }
    if word.ends_with('@') {
        return word.starts_with("pkg:");
    }
    if let Some(path) = word.strip_suffix('/') {
        return path.starts_with('/') && is_segment(path);
    }
    parameter(word) == Some(Says::Version)
}

/// Whether it is one in a URL, of which `before` is the path before it.
pub fn is_part_of_url(before: &str) -> bool {
    match before.strip_suffix('/') {
        Some(path) => !path.contains(['?', '#']) && is_segment(path),
        None => parameter(before) == Some(Says::Version),
    }
}

/// Whether it is the version of what reports an event: `CEF:0|Vendor|Product|1.2.3.4|`.
fn is_event(before: &str) -> bool {
    let line = before.rsplit('\n').next().unwrap_or_default();
    line.ends_with('|')
        && line.matches('|').count() == 3
        && ["CEF:", "LEEF:"].iter().any(|mark| line.contains(mark))
}

/// Whether a folder of Windows precedes it, and not the name of what it is in the network.
fn is_folder(folder: &str) -> bool {
    let name = folder.rsplit('\\').next().unwrap_or_default();
    folder.ends_with(|c: char| c.is_alphanumeric() || matches!(c, '%' | ')' | '}' | '_' | '-'))
        && says::label(name) != Some(Says::Host)
}

/// Whether the segments before it are those of a path in which versions are.
fn is_segment(path: &str) -> bool {
    let mut segments = path.rsplit('/');
    let last = segments.next().unwrap_or_default();
    let wide = segments.next().is_some();
    let network = matches!(
        last,
        "check" | "ip" | "ip4" | "lookup" | "mnt" | "net" | "report" | "search" | "tcp" | "udp"
    );
    wide && !last.is_empty()
        && !network
        && ipv4::parse(last).is_none()
        && !says::words(last).any(|word| says::word(word) == Some(Says::Host))
}

/// What the key of a parameter says whose value follows: `?v=`.
fn parameter(word: &str) -> Option<Says> {
    let key = word.strip_suffix('=')?;
    let start = key.rfind(['?', '&', ';'])?;
    let key = key.get(start + 1..)?;
    if matches!(key, "v" | "rev") {
        return Some(Says::Version);
    }
    says::label(key)
}

/// Whether it is the number of a section: alone before a title, below the section that it is part of.
pub fn is_section(place: Place<'_>) -> bool {
    let (before, after) = place.line();
    let title = after.trim_start_matches([' ', '\t', '\u{a0}']);
    if !before
        .trim_start()
        .trim_start_matches(['#', '='])
        .trim()
        .is_empty()
        || title.len() == after.len()
        || !title.starts_with(char::is_alphabetic)
    {
        return false;
    }
    let Some((parent, _)) = place.name().rsplit_once('.') else {
        return false;
    };
    let grand = parent.rsplit_once('.').map_or(parent, |(grand, _)| grand);
    Lines::up(place.text, place.start)
        .take(MOST_LINES)
        .any(|(_, line)| {
            let line = line.trim_start_matches(['#', '=', ' ', '\t']);
            [parent, grand].into_iter().any(|number| {
                line.strip_prefix(number).is_some_and(|rest| {
                    let rest = rest.strip_prefix('.').unwrap_or(rest);
                    rest.starts_with([' ', '\t', '\u{a0}'])
                })
            })
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_told_from_hosts() {
        for (before, expected) in [
            ("in %TEMP%\\", true),
            ("C:\\\\Program Files\\\\Kestrel\\\\", true),
            ("net use \\\\", false),
            ("\\\\\\\\", false),
            ("GET /s/8703/", true),
            ("/dev/tcp/", false),
            ("/mnt/", false),
            ("5.9.1.2/", false),
            ("cpe:2.3:a:kes:trel:", true),
            ("pkg:npm/kestrel@", true),
            ("root@", false),
            ("Jan 1 CEF:0|Kes|Trel|", true),
            ("CEF:0|Kes|Trel|1|2|", false),
            ("/a?v=", true),
            ("/a?ip=", false),
            ("/a?q=", false),
        ] {
            assert_eq!(is_part(before), expected, "{before}");
        }
    }

    #[test]
    fn parts_of_urls_are_told_from_hosts() {
        for (before, expected) in [
            ("/articles/", true),
            ("/gui/ip-address/", false),
            ("/host/", false),
            ("/", false),
            ("/a?v=", true),
            ("/a?ip=", false),
        ] {
            assert_eq!(is_part_of_url(before), expected, "{before}");
        }
    }
}
