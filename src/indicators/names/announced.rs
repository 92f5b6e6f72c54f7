//! Names that no list has yet, where a text introduces them as malware's: "a backdoor dubbed `WolfsBane`".

use super::context::Surroundings;
use super::placement::{Placement, placement};

/// The words before such a name; "as" is that of "known as".
pub(super) const WORDS: [&str; 6] = ["dubbed", "called", "named", "codenamed", "as", "nicknamed"];

/// Products and languages that are spelt like malware, with a capital inside or in capitals.
const PRODUCTS: [&str; 40] = [
    "ActiveX",
    "AutoHotkey",
    "AutoIt",
    "BitTorrent",
    "CloudFlare",
    "CrowdStrike",
    "DirectX",
    "DropBox",
    "FaceBook",
    "FireEye",
    "GitHub",
    "GitLab",
    "GoDaddy",
    "InstallShield",
    "JavaScript",
    "LinkedIn",
    "MacOS",
    "McAfee",
    "MySQL",
    "NodeJS",
    "OneDrive",
    "OpenSSH",
    "OpenSSL",
    "OpenVPN",
    "PayPal",
    "PostgreSQL",
    "PowerPoint",
    "PowerShell",
    "SharePoint",
    "SolarWinds",
    "SourceForge",
    "TeamViewer",
    "TikTok",
    "TypeScript",
    "VBScript",
    "VirusTotal",
    "WebSocket",
    "WhatsApp",
    "WordPress",
    "YouTube",
];

/// The name that the word `text[start..end]` announces, as its place in the text.
pub(super) fn announced_after(text: &str, start: usize, end: usize) -> Option<(usize, usize)> {
    let word = &text[start..end];
    if !WORDS.iter().any(|listed| word.eq_ignore_ascii_case(listed)) {
        return None;
    }
    let opening = |c: char| matches!(c, ' ' | '"' | '\'' | '“' | '‘' | '«');
    let gap = text[end..].find(|c| !opening(c))?;
    let found = coined(text, end + gap).filter(|_| (1..=5).contains(&gap))?;
    Surroundings::of(text, found.0, found.1)
        .is_announced()
        .then_some(found)
}

/// The next name in the list that `text[..end]` ends with a name of: "`HARDPULSE`, `QUIETPULSE`, and `PULSEJUMP`".
pub(super) fn listed_after(text: &str, end: usize) -> Option<(usize, usize)> {
    let rest = &text[end..];
    let gap = [", and ", ", or ", ", ", " and ", " or "]
        .iter()
        .find(|gap| rest.starts_with(**gap))?;
    coined(text, end + gap.len())
}

/// The coined word that starts at `from`, if one does and stands as a word.
fn coined(text: &str, from: usize) -> Option<(usize, usize)> {
    let length = text[from..]
        .find(|c: char| !c.is_ascii_alphanumeric())
        .unwrap_or(text.len() - from);
    let to = from + length;
    (is_coined(&text[from..to]) && placement(text, from, to) == Placement::Word)
        .then_some((from, to))
}

/// Whether a word is spelt as malware is named and words are not: `WolfsBane`, `CLRLoad`, `TOUGHPROGRESS`; unlike "DLLs".
fn is_coined(word: &str) -> bool {
    let bytes = word.as_bytes();
    let (Some(first), Some(last)) = (bytes.first(), bytes.len().checked_sub(1)) else {
        return false;
    };
    let mixed = bytes[1..].iter().any(u8::is_ascii_uppercase)
        && bytes[..last].iter().any(u8::is_ascii_lowercase);
    let capitals = bytes.len() >= 7 && bytes.iter().all(u8::is_ascii_uppercase);
    (5..=20).contains(&bytes.len())
        && first.is_ascii_alphabetic()
        && (mixed || capitals)
        && !PRODUCTS
            .iter()
            .any(|product| word.eq_ignore_ascii_case(product))
}
