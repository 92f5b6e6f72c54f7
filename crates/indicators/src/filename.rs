//! Names of files that are spelt like domains: `setup.py`, `03.07.2023.zip`, `invoice.pdf.zip`.

use super::terms::Terms;
use super::tlds;

/// Whether a name has an extension of files before its last one, which is no sure top-level domain: `invoice.pdf.zip`,
/// `a.jpg.play`.
pub fn is_disguised(rest: &str, top: &str) -> bool {
    !tlds::is_common(top)
        && rest
            .rsplit_once('.')
            .is_some_and(|(_, inner)| tlds::is_inner_extension(inner))
}

/// Whether a name may as well be a file's. `rest`: what precedes its top-level domain `top`; `written`: the name as it is written.
pub fn is_likely(rest: &str, top: &str, written: &str) -> bool {
    if !tlds::is_extension(top) {
        if top.len() == 2 && is_random(written) {
            return true;
        }
        return top == "cf" && matches!(rest, "main" | "master" | "sendmail" | "submit");
    }
    let Some((first, _)) = rest.split_once('.') else {
        return true;
    };
    if is_service(first) {
        return false;
    }
    matches!(top, "cab" | "mov" | "zip")
        || written.contains('_')
        || rest.split('.').any(is_version)
        || top == "one" && written.bytes().any(|byte| byte.is_ascii_uppercase())
}

/// Whether the only label before the last is a random name with capitals inside of it, as those of files are: `k3Yq7Lm.cr`.
fn is_random(written: &str) -> bool {
    let Some((stem, top)) = written.split_once('.') else {
        return false;
    };
    let bytes = stem.as_bytes();
    let capital = bytes.windows(2).any(|pair| {
        matches!(pair, [first, second] if !first.is_ascii_uppercase() && second.is_ascii_uppercase())
    });
    capital && !top.contains('.') && bytes.iter().any(u8::is_ascii_digit)
}

/// First labels of hosts that name a service.
const SERVICES: [&str; 12] = [
    "api", "cdn", "ftp", "login", "m", "mail", "ns1", "ns2", "smtp", "vpn", "webmail", "www",
];

/// Whether a label names a service, as the first labels of hosts do.
fn is_service(label: &str) -> bool {
    SERVICES.contains(&label)
}

/// Whether a label is a part of a date or a version: digits, after a `v` or not.
fn is_version(label: &str) -> bool {
    let digits = label.strip_prefix('v').unwrap_or(label);
    !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
}

/// What people call files of source code and configuration.
static SOURCES: Terms = Terms::of(include_str!("../lists/terms/source-files.txt"));

/// Whether a name is what people call files of source code and configuration.
pub fn is_of_source(name: &str) -> bool {
    let (stem, _) = name.rsplit_once('.').unwrap_or_default();
    let stem = &stem.to_ascii_lowercase();
    stem.starts_with("lib") || stem.starts_with("test") || SOURCES.hold(stem)
}
