//! What the words beside a name say of it: that it is a host, a file, or a version.

use super::scan::last_bytes;

/// What a word, a label or the heading of a column announces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Says {
    /// A name or an address on the network.
    Host,
    /// A file, a program, or a digest of one.
    File,
    /// A version of a product.
    Version,
    /// Something that versions share with hosts: what is affected, fixed or vulnerable may be either.
    Affected,
}

/// Words for what is on the network, sorted.
const HOST: [&str; 72] = [
    "address",
    "addresses",
    "beacon",
    "beacons",
    "c2",
    "c2s",
    "callback",
    "callbacks",
    "cn",
    "cname",
    "cnames",
    "cnc",
    "communicated",
    "communicates",
    "connect",
    "connected",
    "connecting",
    "connection",
    "connections",
    "connects",
    "contacted",
    "contacts",
    "dig",
    "dns",
    "domain",
    "domainname",
    "domains",
    "endpoint",
    "fqdn",
    "fqdns",
    "host",
    "hostname",
    "hostnames",
    "hosts",
    "infrastructure",
    "ip",
    "ips",
    "ipv4",
    "lookalike",
    "mx",
    "nameserver",
    "nameservers",
    "network",
    "nslookup",
    "phishing",
    "ping",
    "queried",
    "queries",
    "redirects",
    "registered",
    "resolve",
    "resolved",
    "resolves",
    "rrname",
    "server",
    "servers",
    "sinkholed",
    "site",
    "sites",
    "sni",
    "subdomain",
    "subdomains",
    "traffic",
    "typosquatted",
    "url",
    "urls",
    "visited",
    "website",
    "websites",
    "whois",
    "www",
    "zone",
];

/// Words for files, and for what is done with them, sorted.
const FILE: [&str; 60] = [
    "app",
    "apps",
    "archive",
    "archives",
    "attachment",
    "attachments",
    "bash",
    "binary",
    "bundle",
    "chmod",
    "class",
    "crate",
    "dll",
    "document",
    "documents",
    "drops",
    "file",
    "filename",
    "filenames",
    "filepath",
    "files",
    "folder",
    "gcc",
    "hash",
    "hashes",
    "import",
    "include",
    "libraries",
    "library",
    "md5",
    "module",
    "modules",
    "open",
    "opens",
    "package",
    "packages",
    "path",
    "paths",
    "perl",
    "plugin",
    "process",
    "program",
    "project",
    "python",
    "repository",
    "require",
    "run",
    "runs",
    "script",
    "scripts",
    "sh",
    "sha1",
    "sha256",
    "source",
    "sources",
    "ssdeep",
    "sudo",
    "unzip",
    "zip",
    "zips",
];

/// Words for versions, sorted.
const VERSION: [&str; 19] = [
    "build",
    "builds",
    "downgrade",
    "downgraded",
    "firmware",
    "hotfix",
    "oid",
    "prior",
    "release",
    "released",
    "releases",
    "upgrade",
    "upgraded",
    "upgrades",
    "upgrading",
    "ver",
    "version",
    "versions",
    "workaround",
];

/// Words that versions and hosts share, sorted.
const AFFECTED: [&str; 15] = [
    "affected",
    "affects",
    "fix",
    "fixed",
    "fixes",
    "impacted",
    "mitigated",
    "patch",
    "patched",
    "patches",
    "unaffected",
    "unpatched",
    "update",
    "updated",
    "vulnerable",
];

/// The longest word that is looked up.
const MOST_WORD: usize = 24;

/// What one word says.
#[must_use]
pub fn word(word: &str) -> Option<Says> {
    if !word.starts_with(|c: char| c.is_ascii_alphabetic()) {
        return None;
    }
    let mut lower = [0; MOST_WORD];
    let lower = lower.get_mut(..word.len())?;
    lower.copy_from_slice(word.as_bytes());
    lower.make_ascii_lowercase();
    let lower = std::str::from_utf8(lower).ok()?;
    let lists: [(&[&str], Says); 4] = [
        (&HOST, Says::Host),
        (&FILE, Says::File),
        (&VERSION, Says::Version),
        (&AFFECTED, Says::Affected),
    ];
    lists
        .into_iter()
        .find(|(list, _)| list.binary_search(&lower).is_ok())
        .map(|(_, says)| says)
        // `ProductVersion`
        .or_else(|| lower.ends_with("version").then_some(Says::Version))
}

/// The words of a text, from its front or its end.
pub fn words(text: &str) -> impl DoubleEndedIterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
}

/// The most words of a label.
const MOST_WORDS: usize = 6;

/// What a label says: a heading, the name of a column, a cell for the type of its neighbour. `None` if it is no label, or says
/// two things at once.
#[must_use]
pub fn label(text: &str) -> Option<Says> {
    let text = text.trim();
    if text.len() > 96 || words(text).nth(MOST_WORDS).is_some() {
        return None;
    }
    if is_command(text) {
        return Some(Says::Host);
    }
    let (mut last, mut host, mut file, mut affected) = (None, false, false, None);
    for says in words(text).filter_map(word) {
        match says {
            Says::Affected => affected = Some(says),
            _ => last = Some(says),
        }
        host |= says == Says::Host;
        file |= says == Says::File;
    }
    match (host, file) {
        (true, true) => None,
        (false, true) => Some(Says::File),
        // A "server version" is a version, and the "C2s of this build" are hosts.
        _ => last.or(affected),
    }
}

/// Whether a text ends with `C&C`, which is no word.
fn is_command(text: &str) -> bool {
    let text = text.trim_end_matches([':', ' ', '-']);
    text.len()
        .checked_sub(3)
        .and_then(|at| text.get(at..))
        .is_some_and(|end| end.eq_ignore_ascii_case("c&c"))
}

/// The most bytes of a sentence before what it speaks of.
const MOST_SENTENCE: usize = 128;

/// The part of a sentence that ends a text.
#[must_use]
pub fn sentence_before(text: &str) -> &str {
    let text = last_bytes(text, MOST_SENTENCE);
    let line = text.rsplit('\n').next().unwrap_or_default();
    let start = [". ", "! ", "? "]
        .into_iter()
        .filter_map(|end| line.rfind(end))
        .max()
        .map_or(0, |end| end + 2);
    line.get(start..).unwrap_or_default()
}

/// The part of a sentence that begins a text.
#[must_use]
pub fn sentence_after(text: &str) -> &str {
    let line = text.split('\n').next().unwrap_or_default();
    let end = [". ", "! ", "? "]
        .into_iter()
        .filter_map(|end| line.find(end))
        .min();
    line.get(..end.unwrap_or(line.len())).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    #![allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        reason = "tests"
    )]
    use super::*;

    #[test]
    fn the_lists_are_sorted_and_short() {
        for list in [&HOST[..], &FILE, &VERSION, &AFFECTED] {
            assert!(list.is_sorted(), "{list:?}");
            assert!(list.iter().all(|word| word.len() <= MOST_WORD));
        }
    }

    #[test]
    fn labels_say_what_they_announce() {
        for (text, says) in [
            ("Domains:", Some(Says::Host)),
            ("Malicious domain names", Some(Says::Host)),
            ("C&C:", Some(Says::Host)),
            ("domain-name", Some(Says::Host)),
            ("File name", Some(Says::File)),
            ("SHA256", Some(Says::File)),
            ("Fixed in version", Some(Says::Version)),
            ("Server version", Some(Says::Version)),
            ("Release build C2s", Some(Says::Host)),
            ("Affected", Some(Says::Affected)),
            ("Affected hosts", Some(Says::Host)),
            ("Domains and files", None),
            ("Description", None),
        ] {
            assert_eq!(label(text), says, "{text}");
        }
    }
}
