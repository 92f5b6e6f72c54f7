//! Labels on the line of a number or above it, as far as it is one of the numbers that they are the label of.

use std::net::Ipv4Addr;

use crate::says::{self, Says};

/// What stands around the numbers of a list.
fn is_mark(c: char) -> bool {
    c.is_whitespace() || matches!(c, '.' | ',' | '-' | '–' | '*' | '•' | '"' | '\'')
}

/// What the label says that a list of numbers is the value of, on its line or above it: `Fixed versions: `, `"version": "`.
/// Below a line of a label and its value other things stand, unless that is as long a number. `light`: it is hardly a host's.
pub fn says(before: &str, address: Ipv4Addr, light: bool) -> Option<Says> {
    let (label, below) = label(before, light)?;
    let label = label.strip_suffix([':', '='])?.trim_end();
    let quoted = label.strip_suffix(['"', '\'']);
    let label = quoted
        .unwrap_or(label)
        .rsplit(['\n', '.', ';', ',', '|', '(', '"', '\''])
        .next()?;
    let key = label.rsplit(char::is_whitespace).next()?;
    if matches!(key, "fw" | "rev" | "v" | "x" | "y") {
        return Some(Says::Version);
    }
    if below {
        heads(label, address)
    } else {
        numbered(label, address)
    }
}

/// What a line says that is the label of the lines below it.
pub fn heads(line: &str, address: Ipv4Addr) -> Option<Says> {
    let valued = line
        .split_once(": ")
        .is_some_and(|(_, value)| !value.trim().is_empty());
    // Hosts are affected too, and stand in lists more often.
    numbered(line, address).filter(|says| match says {
        Says::Version => !valued,
        Says::Affected => !valued && is_mended(line),
        Says::Host | Says::File => true,
    })
}

/// Whether a label speaks of what hosts are not: of a fix.
fn is_mended(label: &str) -> bool {
    says::words(label).any(|word| {
        let lower = word.to_ascii_lowercase();
        ["fix", "patch", "update"]
            .iter()
            .any(|start| lower.starts_with(start))
    })
}

/// What a label says, by what is before `of` where that is hosts: `C2s of this build`. The number of a version at its end is not that of another: `C2s of version 3:`.
fn numbered(label: &str, address: Ipv4Addr) -> Option<Says> {
    let last = label
        .trim_end_matches([':', ' '])
        .rsplit(char::is_whitespace)
        .next()
        .unwrap_or_default();
    let number = last.trim_start_matches(['v', 'V']);
    let is_number = number.starts_with(|c: char| c.is_ascii_digit())
        && number
            .bytes()
            .all(|byte| byte.is_ascii_digit() || byte == b'.');
    let other = is_number && !address.to_string().starts_with(&format!("{number}."));
    let subject = [" of ", " for ", " in "]
        .into_iter()
        .filter_map(|word| label.split_once(word))
        .map(|(subject, _)| says::label(subject))
        .find(|says| *says == Some(Says::Host));
    subject
        .unwrap_or_else(|| says::label(label))
        .filter(|says| !other || says.is_decisive())
}

/// The text up to the end of the label, and whether the number is below the line of that.
fn label(before: &str, light: bool) -> Option<(&str, bool)> {
    let mut rest = before;
    let mut below = false;
    // The number that was left out last: whether lines are between it and the first, and whether it is as long.
    let mut last: Option<(bool, bool)> = None;
    loop {
        let trimmed = rest.trim_end_matches(is_mark);
        let marks = rest.get(trimmed.len()..)?;
        let broken = marks.contains('\n');
        let stem = trimmed.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.');
        let number = trimmed.get(stem.len()..)?;
        if number.is_empty() {
            // A value beside the label, and the number below both.
            let closed = |(apart, alike): (bool, bool)| apart && !broken && !(alike && light);
            return (!last.is_some_and(closed)).then_some((trimmed, below || broken));
        }
        below |= broken;
        let dots = number.matches('.').count();
        let place = !broken && marks.starts_with('.') && number.len() <= 2;
        let numbers_line = place && (stem.trim_end_matches(' ').ends_with('\n'));
        if dots != 3 && !numbers_line && !(light && dots > 0) {
            return None;
        }
        if !numbers_line {
            last = Some((below, dots == 3));
        }
        rest = stem;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_told_from_lines_above() {
        use Says::{Affected, File, Host, Version};
        let high = Ipv4Addr::new(45, 77, 13, 9);
        for (before, expected) in [
            ("Fixed versions: ", Some(Version)),
            ("Fixed versions:\n", Some(Version)),
            ("Fixed versions:\n- 45.77.13.8\n- ", Some(Version)),
            ("Fixed versions:\n1. ", Some(Version)),
            ("Fixed versions: 45.77.13.8, ", Some(Version)),
            ("\"version\": \"", Some(Version)),
            ("Firmware: ", Some(Version)),
            ("Affected: ", Some(Affected)),
            ("Fixed in:\n", Some(Affected)),
            ("Hash: ", Some(File)),
            ("C2s of this build:\n", Some(Host)),
            ("Version: 4.9\n", None),
            ("Version: 4.9\n91.92.240.8\n", None),
            ("Version: 7.2.4.11\n", None),
            ("Build: 1234\n", None),
            ("Release: 2024-05-01\n\n", None),
            ("LockBit version 3:\n", None),
            ("LockBit version 3: ", None),
            ("Affected:\n", None),
            ("Seen in version 2.1 - ", None),
        ] {
            assert_eq!(says(before, high, false), expected, "{before:?}");
        }
    }

    #[test]
    fn light_numbers_are_in_lists_of_shorter_ones() {
        let light = Ipv4Addr::new(7, 2, 4, 11);
        for (before, expected) in [
            ("Fixed versions: 7.1.9, ", Some(Says::Version)),
            ("Fixed versions:\n7.1.9\n", Some(Says::Version)),
            ("Kestrel version 7:\n", Some(Says::Version)),
            ("Version: 7.2.4.10\n", Some(Says::Version)),
            ("Version: 4.9\n", None),
            ("LockBit version 3:\n", None),
            ("Build: 1234\n", None),
        ] {
            assert_eq!(says(before, light, true), expected, "{before:?}");
        }
    }
}
