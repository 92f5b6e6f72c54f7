//! Which names are domains, and which are files, methods, namespaces or sentences.

mod masked;

use memchr::memrchr;

use super::terms::Terms;
use super::{filename, member, tlds};

/// The most bytes of a name and of a label (RFC 1035, section 2.3.4).
const MOST_BYTES: usize = 253;
const MOST_LABEL_BYTES: usize = 63;

/// The domain that `name` is, in lower case with plain dots, taken on trust: it was defanged, or part of a URL or an address.
/// What can't belong to it is cut off on the left (`stix_import.com` is `import.com`) and on the right (`evil.com--`).
pub fn named(name: &str) -> Option<&str> {
    let bytes = name.as_bytes();
    let bytes = bytes.get(..bytes.iter().rposition(|byte| *byte != b'-')? + 1)?;
    let dot = memrchr(b'.', bytes)?;
    let top = name.get(dot + 1..bytes.len())?;
    if !tlds::is_known(top) || top == "xxx" && masked::is_address(name) {
        return None;
    }
    let mut labels = Labels {
        rest: bytes.get(..dot),
    };
    let (second_start, second) = labels.next()?;
    let second = name.get(second_start..second_start + second.len())?;
    let registered = usize::from(tlds::is_second_level(second, top));
    let mut start = None;
    for (place, (label_start, label)) in (Labels {
        rest: bytes.get(..dot),
    })
    .enumerate()
    {
        if label.is_empty() || label.len() > MOST_LABEL_BYTES || label.ends_with(b"-") {
            break;
        }
        // Only below the registered domain may labels hold underscores.
        let underscore = if place <= registered {
            memrchr(b'_', label)
        } else {
            None
        };
        let cut = underscore.map_or(0, |at| at + 1);
        let kept = label.iter().skip(cut).position(|byte| *byte != b'-');
        let Some(dashes) = kept else { break };
        start = Some((place, label_start + cut + dashes));
        if cut + dashes > 0 {
            break;
        }
    }
    let (place, start) = start?;
    let domain = name.get(start..bytes.len())?;
    (domain.len() <= MOST_BYTES && place >= registered).then_some(domain)
}

/// The labels of a name from its end, each with its place.
struct Labels<'n> {
    rest: Option<&'n [u8]>,
}

impl<'n> Iterator for Labels<'n> {
    type Item = (usize, &'n [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let rest = self.rest?;
        let dot = memrchr(b'.', rest);
        let start = dot.map_or(0, |at| at + 1);
        self.rest = dot.and_then(|dot| rest.get(..dot));
        Some((start, rest.get(start..)?))
    }
}

/// A name that stands plainly in a text, and may be a domain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Judged<'n> {
    /// What it is if it is a domain.
    pub domain: &'n str,
    /// What it may be as well: then what stands around it must say that it is a host.
    pub doubt: Doubt,
}

/// What a name may be besides a domain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Doubt {
    /// Nothing else.
    None,
    /// A file.
    File,
    /// A field or a member.
    Member,
}

/// What `name` is when it stands plainly in a text. `written`: the same as it is written there.
pub fn judge<'n>(name: &'n str, written: &str) -> Option<Judged<'n>> {
    let domain = named(name)?;
    let (rest, top) = domain.rsplit_once('.')?;
    let refused = tlds::is_outside(top)
        || is_sentence(written, top)
        || is_detection(written, top)
        || tlds::is_brand(top)
        || filename::is_disguised(rest, top)
        || is_reversed(rest)
        || is_product(domain)
        || is_number(rest, top)
        || (top == "onion" && !is_onion(rest));
    let doubt = || {
        if member::is_likely(rest, top, written) {
            Doubt::Member
        } else if filename::is_likely(rest, top, written) {
            Doubt::File
        } else {
            Doubt::None
        }
    };
    (!refused).then(|| Judged {
        domain,
        doubt: doubt(),
    })
}

/// The domain that `name` is by itself when it stands plainly in a text.
pub fn plain<'n>(name: &'n str, written: &str) -> Option<&'n str> {
    judge(name, written)
        .filter(|judged| judged.doubt == Doubt::None)
        .map(|judged| judged.domain)
}

/// Words before "dot" in prose: `a dot matrix`, `the dot com boom`.
const ARTICLES: [&str; 14] = [
    "a", "an", "and", "as", "big", "every", "in", "new", "of", "old", "or", "that", "the", "this",
];

/// Whether a domain spelt with ` dot ` is meant as one: in prose most are not.
pub fn is_spoken(domain: &str) -> bool {
    let first = domain.split('.').next().unwrap_or_default();
    let top = domain.rsplit('.').next().unwrap_or_default();
    let country = top.len() == 2 && !tlds::is_word(top) && !tlds::is_extension(top);
    let article = ARTICLES.contains(&first);
    (tlds::is_common(top) || country) && !article
}

/// Whether it may as well be a method that is called: `request.open(`.
pub fn is_method(domain: &str) -> bool {
    domain
        .split_once('.')
        .is_some_and(|(_, top)| !top.contains('.') && top.len() > 2 && !tlds::is_common(top))
}

/// Whether its end is rather that of a member of an object than a top-level domain.
pub fn may_be_member(domain: &str) -> bool {
    member::may_end_with(domain.rsplit('.').next().unwrap_or_default())
}

/// Whether the last label begins a sentence: `found it.In the end`.
fn is_sentence(written: &str, top: &str) -> bool {
    let last = written.rsplit('.').next().unwrap_or_default().as_bytes();
    let capital = matches!(last, [first, second, ..] if first.is_ascii_uppercase() && second.is_ascii_lowercase());
    capital && tlds::is_word(top)
}

/// What begins the name that a scanner gives.
const DETECTED: [&str; 8] = [
    "Adware",
    "Backdoor",
    "Downloader",
    "Exploit",
    "HackTool",
    "Ransom",
    "Trojan",
    "Worm",
];

/// Whether it is a name that a scanner gives: `JS_POWMET.DE`, `Emotet.IN`, `Win32.Foo.to`.
fn is_detection(written: &str, top: &str) -> bool {
    let has_lower = written.bytes().any(|byte| byte.is_ascii_lowercase());
    let variant = !written
        .rsplit('.')
        .next()
        .unwrap_or_default()
        .bytes()
        .any(|byte| byte.is_ascii_lowercase());
    let first = written.split('.').next().unwrap_or_default();
    let platform = ["win32", "win64", "w32", "w64", "msil"]
        .iter()
        .any(|known| first.eq_ignore_ascii_case(known))
        || first.starts_with("Trojan-")
        || written.matches('.').count() > 1 && !tlds::is_common(top) && DETECTED.contains(&first)
        || written
            .split('.')
            .skip(1)
            .any(|label| matches!(label, "AndroidOS" | "Win32" | "Win64" | "MSIL"));
    platform
        || (has_lower && variant && !tlds::is_common(top) && !is_registered(written, top))
        || (!has_lower && written.contains('_'))
}

/// Whether the last two labels are a public suffix, whatever their case: `Co.UK`.
fn is_registered(written: &str, top: &str) -> bool {
    let second = written.rsplit('.').nth(1).unwrap_or_default();
    tlds::is_second_level(&second.to_ascii_lowercase(), top)
}

/// Products and namespaces that are spelt like domains.
static PRODUCTS: Terms = Terms::of(include_str!("../lists/terms/dotted-products.txt"));

/// Whether it is a product or a namespace that is spelt like a domain.
fn is_product(domain: &str) -> bool {
    PRODUCTS.hold(domain)
}

/// Whether it is a reversed domain, as packages and bundles are named: `com.example.app`.
fn is_reversed(rest: &str) -> bool {
    let first = rest.split('.').next().unwrap_or_default();
    matches!(first, "com" | "org" | "net" | "edu" | "gov")
        || (first == "android" && first.len() < rest.len())
}

/// Whether it is a number with a word: `10.am`, `2.in`.
fn is_number(rest: &str, top: &str) -> bool {
    top.len() == 2 && rest.len() <= 2 && rest.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether a name ends in that of a Tor service, version 2 or 3. Those that stand in a URL or are defanged may be cut short.
fn is_onion(name: &str) -> bool {
    let label = name.rsplit('.').next().unwrap_or_default();
    matches!(label.len(), 16 | 56)
        && label
            .bytes()
            .all(|byte| matches!(byte, b'a'..=b'z' | b'2'..=b'7'))
}
