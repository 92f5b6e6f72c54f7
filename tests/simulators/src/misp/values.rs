//! Which values MISP takes for which type, and how it stores them.

use std::net::IpAddr;

/// Type, default category, default `to_ids`, and the categories that are allowed.
pub(super) type Type = (&'static str, &'static str, bool, &'static [&'static str]);

const NETWORK: &[&str] = &["Payload delivery", "Network activity", "External analysis"];
const HASH: &[&str] = &[
    "Payload delivery",
    "Artifacts dropped",
    "Payload installation",
    "External analysis",
];
const LINK: &[&str] = &[
    "Internal reference",
    "Antivirus detection",
    "Payload delivery",
    "External analysis",
    "Support Tool",
];

/// The types that are known here; others are dropped, as MISP drops unknown ones.
pub(super) const TYPES: [Type; 15] = [
    ("ip-dst", "Network activity", true, NETWORK),
    ("ip-src", "Network activity", true, NETWORK),
    ("domain", "Network activity", true, NETWORK),
    ("hostname", "Network activity", true, NETWORK),
    ("url", "Network activity", true, NETWORK),
    ("md5", "Payload delivery", true, HASH),
    ("sha1", "Payload delivery", true, HASH),
    ("sha256", "Payload delivery", true, HASH),
    ("btc", "Financial fraud", true, &["Financial fraud"]),
    (
        "regkey",
        "Persistence mechanism",
        true,
        &[
            "Artifacts dropped",
            "Persistence mechanism",
            "External analysis",
        ],
    ),
    (
        "vulnerability",
        "External analysis",
        false,
        &[
            "Payload delivery",
            "Payload installation",
            "External analysis",
        ],
    ),
    (
        "malware-type",
        "Payload delivery",
        false,
        &["Payload delivery", "Payload installation"],
    ),
    ("link", "External analysis", false, LINK),
    (
        "text",
        "Other",
        false,
        &["Other", "External analysis", "Payload delivery"],
    ),
    ("comment", "Other", false, &["Other", "External analysis"]),
];

/// A value as it is stored; none if it is not taken.
pub(super) fn stored(kind: &str, value: &str) -> Option<String> {
    let value: String = value
        .chars()
        .map(|character| {
            if character.len_utf8() == 4 {
                '?'
            } else {
                character
            }
        })
        .collect();
    let value = value.trim().replace("[.]", ".").replace("hxxp", "http");
    if value.is_empty() || value.len() > 65_535 {
        return None;
    }
    let hex = |length: usize| {
        let fits = value.len() == length && value.bytes().all(|byte| byte.is_ascii_hexdigit());
        fits.then(|| value.to_lowercase())
    };
    match kind {
        "ip-dst" | "ip-src" => Some(value.parse::<IpAddr>().ok()?.to_string()),
        "domain" | "hostname" => {
            let name = value.trim_end_matches('.').to_lowercase();
            let plain = |c: char| c.is_alphanumeric() || matches!(c, '.' | '-' | '_');
            let fits =
                name.contains('.') && name.chars().all(plain) && name.parse::<IpAddr>().is_err();
            fits.then_some(name)
        }
        "md5" => hex(32),
        "sha1" => hex(40),
        "sha256" => hex(64),
        "vulnerability" => {
            let id = value.to_uppercase();
            let (year, number) = id.strip_prefix("CVE-")?.split_once('-')?;
            let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
            let fits = year.len() == 4 && number.len() >= 4 && digits(year) && digits(number);
            fits.then(|| id.clone())
        }
        "link" => value.contains("://").then_some(value),
        _ => Some(value),
    }
}
