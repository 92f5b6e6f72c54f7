//! Indicators to plant in reports: values of all nine types, and the ways reports write them.

use fastrand::Rng;
use serde::{Deserialize, Serialize};

/// The nine indicator types.
pub const KINDS: [&str; 9] = [
    "IP",
    "Domain",
    "URL",
    "BitcoinAddress",
    "SHA1",
    "SHA256",
    "CVE",
    "RegistryKey",
    "Malware",
];

/// An indicator that a report was given.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Planted {
    /// One of [`KINDS`].
    #[serde(rename = "type")]
    pub kind: String,
    /// The value, refanged.
    pub value: String,
}

/// Addresses seen in the wild, or in the Bitcoin specifications; all have a valid checksum.
const WALLETS: [&str; 6] = [
    "13AM4VW2dhxYgXeQepoHkHSQuy6NgaEb94",
    "12t9YDPgwueZ9NyMgw519p7AA8isjr6SMw",
    "115p7UMMngoj1pMvkpHijcRdfJNXj6LrLn",
    "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa",
    "bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq",
    "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4",
];

/// Names that are no ordinary words.
const MALWARE: [&str; 12] = [
    "Emotet",
    "TrickBot",
    "QakBot",
    "LockBit",
    "AgentTesla",
    "AsyncRAT",
    "njRAT",
    "LockerGoga",
    "IcedID",
    "FormBook",
    "Dridex",
    "Ursnif",
];

const REGISTRY_KEYS: [&str; 4] = [
    r"HKEY_LOCAL_MACHINE\SOFTWARE\Microsoft\Windows\CurrentVersion\Run\",
    r"HKLM\SYSTEM\CurrentControlSet\Services\",
    r"HKCU\Software\Microsoft\Windows\CurrentVersion\RunOnce\",
    r"HKEY_CURRENT_USER\Software\Classes\",
];

/// First octets in ordinary public use.
const NETWORKS: [u8; 8] = [45, 62, 77, 91, 103, 146, 185, 193];

/// An indicator of this type (an index into [`KINDS`]).
pub(super) fn plant(rng: &mut Rng, kind: usize) -> Planted {
    let value = match KINDS[kind] {
        "IP" => address(rng),
        "Domain" => domain(rng),
        "URL" => format!(
            "http://{}/{}.php?id={}",
            domain(rng),
            word(rng),
            rng.u16(..)
        ),
        "BitcoinAddress" => pick(rng, &WALLETS).to_owned(),
        "SHA1" => hex(rng, 40),
        "SHA256" => hex(rng, 64),
        "CVE" => format!("CVE-{}-{}", rng.u16(2014..2025), rng.u32(1000..60_000)),
        "RegistryKey" => format!("{}{}", pick(rng, &REGISTRY_KEYS), word(rng)),
        _ => pick(rng, &MALWARE).to_owned(),
    };
    Planted {
        kind: KINDS[kind].to_owned(),
        value,
    }
}

/// The indicator as a report writes it: plain or defanged, and escaped for HTML.
pub(super) fn written(rng: &mut Rng, planted: &Planted) -> String {
    let value = planted.value.as_str();
    let text = match (planted.kind.as_str(), rng.u8(0..5)) {
        ("IP" | "Domain", 0 | 1) => value.replace('.', "[.]"),
        ("IP" | "Domain", 2) => value.replacen('.', "(.)", 1),
        ("URL", 0 | 1) => value.replacen("http", "hxxp", 1).replace('.', "[.]"),
        ("URL", 2) => value.replacen("http:", "hXXp[:]", 1),
        ("SHA1" | "SHA256", 0) => value.to_uppercase(),
        ("Malware", 0 | 1) => format!("{value} malware"),
        _ => value.to_owned(),
    };
    text.replace('&', "&amp;")
}

/// The text with Flashpoint's highlight tag around some of its inner letters.
pub(super) fn highlighted(rng: &mut Rng, text: &str) -> String {
    if text.len() < 4 || !text.is_ascii() || text.contains('&') {
        return text.to_owned();
    }
    let start = rng.usize(0..text.len() / 2);
    let end = rng.usize(text.len() / 2..text.len());
    format!(
        "{}<x-fp-highlight>{}</x-fp-highlight>{}",
        &text[..start],
        &text[start..end],
        &text[end..],
    )
}

pub(super) fn pick<'a>(rng: &mut Rng, from: &[&'a str]) -> &'a str {
    from[rng.usize(..from.len())]
}

pub(super) fn hex(rng: &mut Rng, length: usize) -> String {
    (0..length)
        .map(|_| char::from(b"0123456789abcdef"[rng.usize(..16)]))
        .collect()
}

fn address(rng: &mut Rng) -> String {
    let network = NETWORKS[rng.usize(..NETWORKS.len())];
    format!(
        "{network}.{}.{}.{}",
        rng.u8(1..254),
        rng.u8(1..254),
        rng.u8(2..254)
    )
}

/// Three or four made-up syllables and a number: no dictionary word, and no site that exists for long.
fn domain(rng: &mut Rng) -> String {
    let endings = ["com", "net", "info", "xyz", "ru", "top", "org", "biz"];
    format!("{}{}.{}", word(rng), rng.u8(10..99), pick(rng, &endings))
}

fn word(rng: &mut Rng) -> String {
    let syllables = [
        "ba", "ke", "lo", "mi", "nu", "ra", "se", "ti", "vo", "xa", "zu", "dre", "pli", "kro",
    ];
    (0..rng.usize(3..5))
        .map(|_| pick(rng, &syllables))
        .collect()
}
