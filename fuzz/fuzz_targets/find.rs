//! Any text in any markup: nothing panics, and what is found has its type's form.
#![no_main]

use std::net::IpAddr;

use indicators::{self, Indicator, IndicatorType, Markup, Rules};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let rules = Rules::default();
    for markup in [
        Markup::Text,
        Markup::Html,
        Markup::Csv,
        Markup::detect(text),
    ] {
        for found in indicators::find(&[(markup, text)], &rules) {
            assert!(is_well_formed(&found), "{found:?}");
        }
    }
});

fn is_well_formed(found: &Indicator) -> bool {
    let value = found.value.as_str();
    let hex = |length| {
        value.len() == length
            && value
                .bytes()
                .all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
    };
    match found.kind {
        IndicatorType::Ip => value.parse::<IpAddr>().is_ok(),
        IndicatorType::Domain => {
            value.len() <= 253
                && value.contains('.')
                && value
                    .split('.')
                    .all(|label| !label.is_empty() && label.len() <= 63)
        }
        IndicatorType::Url => value.contains('.') || value.contains(':'),
        IndicatorType::BitcoinAddress => value.is_ascii() && (26..=62).contains(&value.len()),
        IndicatorType::Sha1 => hex(40),
        IndicatorType::Sha256 => hex(64),
        IndicatorType::Cve => value.starts_with("CVE-") && (13..=16).contains(&value.len()),
        IndicatorType::RegistryKey => {
            value.contains('\\') && value.to_ascii_uppercase().contains(['H', 'R'])
        }
        IndicatorType::Malware => !value.is_empty(),
    }
}
