//! The words that say of a name beside them that it is a host, a file or a version.

use super::Says;

/// Words for what is on the network, sorted.
const HOST: [&str; 75] = [
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
    "dst",
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
    "panel",
    "phishing",
    "ping",
    "queried",
    "queries",
    "query",
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
const FILE: [&str; 59] = [
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
const VERSION: [&str; 10] = [
    "build", "builds", "firmware", "hotfix", "oid", "release", "releases", "ver", "version",
    "versions",
];

/// Words for what is done about versions, sorted.
const ABOUT_VERSIONS: [&str; 9] = [
    "downgrade",
    "downgraded",
    "prior",
    "released",
    "upgrade",
    "upgraded",
    "upgrades",
    "upgrading",
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

/// Whether it is a word for a version, in whatever case.
#[must_use]
pub fn is_version(word: &str) -> bool {
    VERSION.iter().any(|known| known.eq_ignore_ascii_case(word))
}

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
    let lists: [(&[&str], Says); 5] = [
        (&HOST, Says::Host),
        (&FILE, Says::File),
        (&VERSION, Says::Version),
        (&ABOUT_VERSIONS, Says::Version),
        (&AFFECTED, Says::Affected),
    ];
    lists
        .into_iter()
        .find(|(list, _)| list.binary_search(&lower).is_ok())
        .map(|(_, says)| says)
        .or_else(|| last_part(lower))
}

/// What the last part of a key says that is several words: `ProductVersion`, `RemoteUrl`.
fn last_part(key: &str) -> Option<Says> {
    let of = |parts: &[&str]| parts.iter().any(|part| key.ends_with(part));
    if key.len() < 6 || !key.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        None
    } else if of(&["domain", "hostname", "url"]) || key.starts_with("dns") {
        Some(Says::Host)
    } else if of(&["filename", "filepath"]) {
        Some(Says::File)
    } else {
        key.ends_with("version").then_some(Says::Version)
    }
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
        for list in [&HOST[..], &FILE, &VERSION, &ABOUT_VERSIONS, &AFFECTED] {
            assert!(list.is_sorted(), "{list:?}");
            assert!(list.iter().all(|word| word.len() <= MOST_WORD));
        }
    }
}
