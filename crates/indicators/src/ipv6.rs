//! IPv6 addresses: runs of hex groups and colons that parse as one, without zone, prefix length and port.

use std::net::Ipv6Addr;

use memchr::memchr_iter;

use super::IndicatorType;
use super::scan::Hit;

/// The longest form of an address, one with an IPv4 address at its end.
const MOST_BYTES: usize = 45;

/// Appends the IPv6 addresses in `text` to `hits`.
pub fn find(text: &str, hits: &mut Vec<Hit>) {
    let bytes = text.as_bytes();
    let mut floor = 0;
    for colon in memchr_iter(b':', bytes) {
        if colon < floor || !may_belong(bytes, colon) {
            continue;
        }
        let run = Run::around(bytes, colon, floor);
        floor = run.end;
        if let Some(address) = run.address(text) {
            hits.push(Hit::new(
                run.start,
                IndicatorType::Ip,
                address,
                run.defanged,
            ));
        }
    }
}

/// The address in brackets at `start`, as URLs have it, and the offset after the closing bracket.
pub fn bracketed(text: &str, start: usize) -> Option<(String, usize)> {
    let inner = text.get(start..)?.strip_prefix('[')?;
    let end = inner
        .bytes()
        .take(MOST_BYTES + 16)
        .position(|byte| byte == b']')?;
    let written = inner.get(..end)?;
    let address = written
        .split_once('%')
        .map_or(written, |(address, _zone)| address);
    address.parse::<Ipv6Addr>().ok()?;
    Some((address.to_ascii_lowercase(), start + end + 2))
}

/// Whether the colon at `at` may be part of an address: hex or another colon on both sides, brackets for defanged ones.
fn may_belong(bytes: &[u8], at: usize) -> bool {
    let fits = |byte: Option<&u8>| {
        byte.is_some_and(|byte| byte.is_ascii_hexdigit() || b":[]".contains(byte))
    };
    fits(bytes.get(at + 1))
        && (at == 0 || fits(bytes.get(at - 1)) || bytes.get(at + 1) == Some(&b':'))
}

/// A maximal run of what addresses are made of.
struct Run {
    start: usize,
    end: usize,
    defanged: bool,
}

impl Run {
    fn around(bytes: &[u8], colon: usize, floor: usize) -> Self {
        let is_part = |byte: u8| byte.is_ascii_hexdigit() || byte == b':';
        let mut start = colon;
        let mut defanged = false;
        loop {
            let before = bytes.get(floor..start).unwrap_or_default();
            if before.last().copied().is_some_and(is_part) {
                start -= 1;
            } else if start == colon
                && before.ends_with(b"[")
                && is_colon_in_brackets(bytes, start - 1)
            {
                start -= 1;
                defanged = true;
            } else {
                break;
            }
        }
        let mut end = colon;
        while let Some(byte) = bytes.get(end) {
            if is_part(*byte)
                || (*byte == b'.' && bytes.get(end + 1).is_some_and(u8::is_ascii_digit))
            {
                end += 1;
            } else if let Some(length) = colon_in_brackets(bytes, end) {
                defanged = true;
                end += length;
            } else if defanged && *byte == b']' && bytes.get(end - 1) == Some(&b':') {
                end += 1;
            } else {
                break;
            }
        }
        Self {
            start,
            end,
            defanged,
        }
    }

    /// The address that the run is, in lower case.
    fn address(&self, text: &str) -> Option<String> {
        let bytes = text.as_bytes();
        let run = text.get(self.start..self.end)?;
        if run.len() > MOST_BYTES * 2 {
            return None;
        }
        let bounded = |byte: Option<&u8>| {
            byte.is_none_or(|byte| !byte.is_ascii_alphanumeric() && !b"._-".contains(byte))
        };
        let plain = run.replace(['[', ']'], "").to_ascii_lowercase();
        let before = self.start.checked_sub(1).and_then(|at| bytes.get(at));
        // The end of a word before a colon: `IPv6:2001:db8::1`.
        let labelled = before.is_some_and(u8::is_ascii_alphabetic);
        let plain = if labelled {
            after_label(&plain)
        } else {
            &plain
        };
        // A colon of the prose around it: `C2: 2001:db8::1:`.
        let (led, trailed) = (trim_start(plain), trim_end(plain));
        let free_start = led || bounded(before) || follows_ellipsis(bytes, self.start);
        let free_end = trailed || bounded(bytes.get(self.end)) || ends_sentence(bytes, self.end);
        let address = plain.get(usize::from(led)..plain.len() - usize::from(trailed))?;
        (free_start && free_end && is_address(address)).then(|| address.to_owned())
    }
}

/// The run from its first colon on, if that is a colon of prose.
fn after_label(run: &str) -> &str {
    let from = run.find(':').unwrap_or_default();
    run.get(from..).unwrap_or(run)
}

/// Whether one colon, not two, begins the run.
fn trim_start(run: &str) -> bool {
    run.starts_with(':') && !run.starts_with("::")
}

fn trim_end(run: &str) -> bool {
    run.ends_with(':') && !run.ends_with("::")
}

/// Whether several full stops end at `at`: `from...2001:db8::1`.
fn follows_ellipsis(bytes: &[u8], at: usize) -> bool {
    bytes.get(..at).unwrap_or_default().ends_with(b"..")
}

/// Whether a full stop, and no more of a name, is at `at`.
fn ends_sentence(bytes: &[u8], at: usize) -> bool {
    bytes.get(at) == Some(&b'.')
        && bytes
            .get(at + 1)
            .is_none_or(|byte| !byte.is_ascii_alphanumeric())
}

fn is_address(written: &str) -> bool {
    let mut groups = written.split(':').filter(|group| !group.is_empty());
    let (first, more) = (groups.next().unwrap_or_default(), groups.next().is_some());
    // Two words in letters alone are more often an operator between names.
    let digits = groups.next().is_some() || written.bytes().any(|byte| byte.is_ascii_digit());
    // Hardware addresses and fingerprints are pairs of digits throughout.
    let pairs = written.split(':').all(|group| group.len() == 2);
    // So is one group beside `::`.
    let name = !more && first.len() < 3 && written != "::1";
    digits && !pairs && !name && written.parse::<Ipv6Addr>().is_ok()
}

/// The length of `[:]` or `[::]` at `at`.
fn colon_in_brackets(bytes: &[u8], at: usize) -> Option<usize> {
    match bytes.get(at..)? {
        [b'[', b':', b']', ..] => Some(3),
        [b'[', b':', b':', b']', ..] => Some(4),
        _ => None,
    }
}

fn is_colon_in_brackets(bytes: &[u8], at: usize) -> bool {
    colon_in_brackets(bytes, at).is_some()
}
