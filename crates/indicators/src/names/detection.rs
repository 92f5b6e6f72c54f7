//! What vendors call what they detect: `Trojan:Win32/Emotet.A!MTB`, `HEUR:Trojan-Banker.AndroidOS.Asacub.a`, `Android/AdDisplay.Ashas`.
//!
//! A type and a system, in either order, then the family, then its variant. Which signs join them tells the vendor, and which of them
//! may be absent.

use super::lexicon::{meaning, says};
use super::placement::{self, Placement};

/// What joins the pieces of a detection's name.
const JOINTS: [char; 7] = ['.', ':', '/', '!', '_', '-', '@'];
/// The longest detection's name that is read.
const LONGEST: usize = 96;

/// What stands before a family in a detection's name.
#[derive(Default, Clone, Copy)]
struct Head {
    /// What the file does: `Trojan`.
    kind: bool,
    /// What it runs on: `AndroidOS`.
    system: bool,
    /// A system that is named in detections only: `Win32`.
    telling: bool,
}

/// The family in the detection's name that starts with the word `text[start..end]`, whether a list has it or not.
pub(super) fn family_after(text: &str, start: usize, end: usize) -> Option<(usize, usize)> {
    let [joint, next, ..] = text.as_bytes().get(end..)? else {
        return None;
    };
    if !next.is_ascii_alphanumeric() || !JOINTS.contains(&char::from(*joint)) {
        return None;
    }
    let before = text.get(..start)?.chars().next_back();
    if before.is_some_and(|c| c != ':' && !placement::is_gap(c)) {
        return None;
    }
    let rest = text.get(start..)?;
    let near = rest.get(..rest.floor_char_boundary(LONGEST))?;
    let length = near.find(placement::is_gap);
    let length = length.or_else(|| (near.len() == rest.len()).then_some(near.len()))?;
    let name = rest
        .get(..length)?
        .trim_end_matches(['.', ',', ':', ';', '!', '?', '-']);
    let (from, to) = family_in(name)?;
    let (from, to) = (start + from, start + to);
    (placement::placement(text, from, to) == Placement::Label).then_some((from, to))
}

/// Where a detection's name has its family.
fn family_in(name: &str) -> Option<(usize, usize)> {
    let mut head = Head::default();
    let mut at = 0;
    loop {
        let rest = name.get(at..)?;
        let length = rest.find(JOINTS).unwrap_or(rest.len());
        let piece = rest.get(..length)?;
        let says = meaning(piece);
        if says & says::LABEL == 0 {
            let joint = name.get(..at)?.chars().next_back()?;
            let fits = is_family(piece) && head.fits(joint, piece, rest.get(length..)?);
            return fits.then_some((at, at + length));
        }
        // "Gen:Heur.Ransom.Imps.1" has the name of a rule, no family's.
        if piece.eq_ignore_ascii_case("heur") && rest.get(length..)?.starts_with('.') {
            return None;
        }
        head.kind |= says & says::SYSTEM == 0;
        head.system |= says & says::SYSTEM != 0;
        head.telling |= says & says::PLATFORM != 0;
        at += length + 1;
    }
}

impl Head {
    /// Whether `piece`, which `joint` joins to this and which `rest` follows, is a family.
    fn fits(self, joint: char, piece: &str, rest: &str) -> bool {
        match (self.kind, self.system) {
            (true, true) => matches!(joint, '.' | '/' | ':'),
            // `Ransom.LockBit`, `BackDoor.Tordev.976`; what a missing space has joined is no family: "a trojan.The".
            (true, false) => {
                joint == '.' && (is_number(rest) || rest.is_empty() && is_mixed(piece))
                    || joint == '_' && is_variant(rest)
            }
            // `MSIL/Evilnum.A`, `Win32/Mebroot`, `Android.Joker.242.origin`, unlike `linux/amd64`.
            (false, true) => {
                joint == '/' && (self.telling || is_variant(rest))
                    || joint == '.' && is_number(rest)
            }
            (false, false) => false,
        }
    }
}

/// A word that can be a family's name, and is no word for all that a vendor has no name for.
fn is_family(piece: &str) -> bool {
    const GENERIC: [&str; 10] = [
        "agent",
        "clicker",
        "downloader",
        "dropper",
        "fake",
        "gen",
        "generic",
        "heur",
        "inject",
        "malicious",
    ];
    let generic = |start: &&str| {
        piece
            .get(..start.len())
            .is_some_and(|head| head.eq_ignore_ascii_case(start))
    };
    (4..=20).contains(&piece.len())
        && piece.starts_with(|c: char| c.is_ascii_uppercase())
        && piece.bytes().all(|byte| byte.is_ascii_alphanumeric())
        && meaning(piece) == 0
        && !GENERIC.iter().any(generic)
}

/// `.A`, `.ZXZ`, `.B!MTB`: a family's variant.
fn is_variant(rest: &str) -> bool {
    rest.strip_prefix('.').is_some_and(|rest| {
        let letters = rest.split(JOINTS).next().unwrap_or_default();
        (1..=4).contains(&letters.len())
            && letters.bytes().all(|byte| byte.is_ascii_uppercase())
            && meaning(letters) & says::ENDING == 0
    })
}

/// `.242`, `.242.origin`: a variant that is a number.
fn is_number(rest: &str) -> bool {
    rest.strip_prefix('.').is_some_and(|rest| {
        let (number, origin) = rest.split_once('.').unwrap_or((rest, "origin"));
        !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()) && origin == "origin"
    })
}

fn is_mixed(piece: &str) -> bool {
    let mut rest = piece.bytes().skip(1);
    rest.any(|byte| byte.is_ascii_uppercase())
        && piece.bytes().any(|byte| byte.is_ascii_lowercase())
}

/// How the listed name between `left` and `right` stands in a detection's name; `None` if that is none.
pub(super) fn placement_in(left: &str, right: &str) -> Option<Placement> {
    let mut pieces = left.split(JOINTS).filter(|piece| !piece.is_empty());
    let head = meaning(pieces.next().unwrap_or_default());
    let rest = pieces.clone().next().is_some();
    let joined = left.ends_with(JOINTS);
    let telling = left.ends_with(['.', ':', '!', '_'])
        || head & says::PLATFORM != 0
        || rest
        || head & says::SYSTEM != 0 && is_variant(right);
    if head & says::LABEL == 0 || !joined || !telling {
        return None;
    }
    // What follows a family is a variant: `Win32/Agent.ZXZ`.
    let labels = pieces.all(|piece| meaning(piece) & says::LABEL != 0);
    Some(if labels {
        Placement::Label
    } else {
        Placement::Variant
    })
}
