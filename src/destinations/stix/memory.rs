//! What the ledger remembers of what was sent of a report: little, for it keeps up to 20,000 of them in 1 MB.

use std::collections::HashSet;

use indicators::{Indicator, IndicatorType};

use super::pattern::pattern;
use super::times::Millis;
use crate::sync::destination::Earlier;

/// The most bytes of indicators that are remembered of a report; those that do not fit are not revoked when an edit takes
/// them away. They compress badly: of reports that all have so much the ledger holds about 8,000, of those with nothing
/// 20,000.
pub const MAX_REMEMBERED_BYTES: usize = 64;

/// The version of a report that was sent last, and the indicators that went with it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Memory {
    /// Its `modified`, and a digest of its content: for a receipt's handle. None of a version whose `modified` follows
    /// from the report's own times, as that of nearly every report does.
    pub handle: Option<String>,
    /// Indicators, each a letter for its type and its value: for a receipt's labels.
    pub labels: Vec<String>,
}

/// The version sent last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Version {
    pub(super) modified: Millis,
    /// Tells its content from another.
    pub(super) content: u32,
}

impl Version {
    /// As a handle: hexadecimal seconds, the milliseconds where there are any, and the digest.
    pub(super) fn handle(self) -> String {
        let (seconds, millis) = (self.modified.count() / 1000, self.modified.count() % 1000);
        let digest = self.content;
        if millis == 0 {
            format!("{seconds:x}.{digest:x}")
        } else {
            format!("{seconds:x}-{millis:x}.{digest:x}")
        }
    }

    /// What a handle says; nothing where it is none of ours.
    pub(super) fn of(earlier: &Earlier<'_>) -> Option<Self> {
        let (time, digest) = earlier.handle?.split_once('.')?;
        let (seconds, millis) = time.split_once('-').unwrap_or((time, "0"));
        let number = |text| i64::from_str_radix(text, 16).ok();
        let millis = number(seconds)?
            .checked_mul(1000)?
            .checked_add(number(millis)?)?;
        Some(Self {
            modified: Millis::new(millis),
            content: u32::from_str_radix(digest, 16).ok()?,
        })
    }
}

/// The types that are remembered, those first that do most harm where they are listed in error, and the letter of each.
const LETTERS: [(IndicatorType, &str); 6] = [
    (IndicatorType::Ip, "i"),
    (IndicatorType::Domain, "d"),
    (IndicatorType::Url, "u"),
    (IndicatorType::RegistryKey, "r"),
    (IndicatorType::Sha1, "1"),
    (IndicatorType::Sha256, "2"),
];

/// As many of the indicators as are remembered.
pub(super) fn labels(indicators: &[&Indicator]) -> Vec<String> {
    let mut left = MAX_REMEMBERED_BYTES;
    let mut labels = Vec::new();
    for (kind, letter) in LETTERS {
        for found in indicators.iter().filter(|found| found.kind == kind) {
            let bytes = letter.len() + found.value.len();
            if bytes > left {
                continue;
            }
            left -= bytes;
            labels.push(format!("{letter}{}", found.value));
        }
    }
    labels
}

/// The indicators that were sent and are none of `now`: type, value and pattern.
pub(super) fn removed(
    labels: &[String],
    now: &HashSet<String>,
) -> Vec<(IndicatorType, String, String)> {
    let gone = labels.iter().filter_map(|label| {
        let (kind, letter) = LETTERS
            .into_iter()
            .find(|(_, letter)| label.starts_with(letter))?;
        let value = label.strip_prefix(letter)?;
        let pattern = pattern(kind, value)?;
        (!now.contains(&pattern)).then(|| (kind, value.to_owned(), pattern))
    });
    gone.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_read_as_it_was_written() {
        for millis in [0, 1_767_225_600_000, 1_767_225_600_007] {
            let version = Version {
                modified: Millis::new(millis),
                content: 0xab,
            };
            let handle = version.handle();
            let earlier = Earlier {
                handle: Some(&handle),
                ..Earlier::default()
            };
            assert_eq!(Version::of(&earlier), Some(version), "{handle}");
        }
        for handle in [
            "",
            ".",
            "x.1",
            "1",
            "1-.2",
            "ffffffffffffffff.1",
            "7fffffffffffffff.1",
        ] {
            let earlier = Earlier {
                handle: Some(handle),
                ..Earlier::default()
            };
            assert_eq!(Version::of(&earlier), None, "{handle}");
        }
    }

    #[test]
    fn what_is_remembered_has_an_end_and_addresses_go_first() {
        let found = |kind, value: &str| Indicator {
            kind,
            value: value.to_owned(),
            defanged: true,
            benign: None,
        };
        let all = [
            found(IndicatorType::Sha256, &"a".repeat(64)),
            found(IndicatorType::Url, &"u".repeat(500)),
            found(IndicatorType::Domain, "evil.example"),
            found(IndicatorType::Ip, "203.0.113.7"),
        ];
        let all: Vec<_> = all.iter().collect();
        let labels = labels(&all);
        assert_eq!(labels, ["i203.0.113.7", "devil.example"]);
        let bytes: usize = labels.iter().map(String::len).sum();
        assert!(bytes <= MAX_REMEMBERED_BYTES);
        let kept = HashSet::from(["[domain-name:value = 'evil.example']".to_owned()]);
        let removed = removed(&labels, &kept);
        assert_eq!(removed.len(), 1);
        assert_eq!(removed[0].2, "[ipv4-addr:value = '203.0.113.7']");
    }
}
