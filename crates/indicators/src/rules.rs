//! What counts for the filter: every report links to something, so most of what is found must not decide.

use std::collections::HashSet;
use std::fmt;
use std::net::IpAddr;

use super::names::NameSettings;
use super::scan::{Hit, Page};
use super::{IndicatorType, addresses, analysis, known_sites};

/// What the extractor's rules and lists were when it was built: `build.rs` digests them.
const BUILT: &str = env!("RULES_DIGEST");

/// Flashpoint's own hosts, subdomains included: every report links to them.
const FLASHPOINT: [&str; 3] = ["fp.tools", "flashpoint.io", "flashpoint-intel.com"];

/// Domains set aside for documentation (RFC 2606, RFC 6761).
const DOCUMENTATION: [&str; 4] = ["example.com", "example.net", "example.org", "example.edu"];

/// SHA-1 and SHA-256 of nothing (FIPS 180-4): what a failed download leaves behind.
const EMPTY: [&str; 2] = [
    "da39a3ee5e6b4b0d3255bfef95601890afd80709",
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
];

/// Why an indicator does not count for the filter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Benign {
    /// Its type is not among the feed's `indicatorTypes`.
    TypeNotSelected,
    /// The feed's `domains.ignore` names it or a parent.
    IgnoredDomain,
    /// One of Flashpoint's own hosts.
    FlashpointHost,
    /// A site that everyone links to.
    WellKnownSite,
    /// An address of a private or reserved network.
    PrivateAddress,
    /// An address or domain set aside for documentation.
    DocumentationAddress,
    /// A public resolver.
    ResolverAddress,
    /// A tool that administrators use as well, where nothing says that an attacker did.
    LowConfidenceName,
    /// The digest of a file without content.
    EmptyFile,
}

impl Benign {
    /// A short phrase for people.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::TypeNotSelected => "type not selected",
            Self::IgnoredDomain => "ignored domain",
            Self::FlashpointHost => "Flashpoint's own host",
            Self::WellKnownSite => "well-known site",
            Self::PrivateAddress => "private address",
            Self::DocumentationAddress => "documentation address",
            Self::ResolverAddress => "public resolver",
            Self::LowConfidenceName => "name of low confidence",
            Self::EmptyFile => "empty file",
        }
    }
}

impl fmt::Display for Benign {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// A feed's say in what counts, as it writes it.
#[derive(Clone, Debug)]
pub struct RuleSettings {
    /// The types that count.
    pub types: Vec<IndicatorType>,
    /// Malware names besides the embedded ones.
    pub names_add: Vec<String>,
    /// Malware names never to be found.
    pub names_ignore: Vec<String>,
    /// Domains that never count, subdomains included.
    pub domains_ignore: Vec<String>,
    /// Domains that always count, subdomains included; stronger than every other rule about hosts.
    pub domains_count: Vec<String>,
}

impl Default for RuleSettings {
    fn default() -> Self {
        Self {
            types: IndicatorType::ALL.to_vec(),
            names_add: Vec::new(),
            names_ignore: Vec::new(),
            domains_ignore: Vec::new(),
            domains_count: Vec::new(),
        }
    }
}

/// What is found and what counts, for one feed. The default: all nine types, and no exceptions.
#[derive(Clone, Debug)]
pub struct Rules {
    pub(super) names: NameSettings,
    types: u16,
    ignore: HashSet<String>,
    count: HashSet<String>,
    digest: u64,
}

impl Default for Rules {
    fn default() -> Self {
        Self::new(RuleSettings::default())
    }
}

impl Rules {
    /// The rules that a feed's settings make.
    #[must_use]
    pub fn new(settings: RuleSettings) -> Self {
        Self {
            digest: digest(&settings),
            names: NameSettings::new(&settings.names_add, &settings.names_ignore),
            types: settings
                .types
                .into_iter()
                .fold(0, |mask, kind| mask | bit(kind)),
            ignore: domains(&settings.domains_ignore),
            count: domains(&settings.domains_count),
        }
    }

    /// A digest of the extractor's rules, its embedded lists and these settings: as long as it stays the same, a text
    /// that did not count will not count.
    #[must_use]
    pub fn digest(&self) -> u64 {
        self.digest
    }

    /// Why a hit does not count. `page`: the URL in whose path it stands.
    pub(super) fn judge(&self, hit: &Hit, page: Option<&Page>) -> Option<Benign> {
        if self.types & bit(hit.kind) == 0 {
            return Some(Benign::TypeNotSelected);
        }
        match hit.kind {
            IndicatorType::Ip | IndicatorType::Domain => {
                let page = page.filter(|_| hit.in_path);
                self.host(&hit.value, hit.defanged)
                    .or_else(|| self.page(page))
            }
            IndicatorType::Url => {
                let page = page.filter(|_| hit.in_path);
                self.host(host_of(&hit.value), hit.defanged)
                    .filter(|why| {
                        *why != Benign::WellKnownSite || !known_sites::is_download(&hit.value)
                    })
                    .or_else(|| self.page(page))
            }
            IndicatorType::Sha1 | IndicatorType::Sha256 if EMPTY.contains(&hit.value.as_str()) => {
                Some(Benign::EmptyFile)
            }
            IndicatorType::Sha1 | IndicatorType::Sha256 => self.page(page),
            IndicatorType::Malware => (!hit.confident).then_some(Benign::LowConfidenceName),
            IndicatorType::BitcoinAddress | IndicatorType::Cve | IndicatorType::RegistryKey => None,
        }
    }

    /// Why an indicator on `host` (a name or an address, in lower case) does not count.
    fn host(&self, host: &str, defanged: bool) -> Option<Benign> {
        if within(&self.count, host) {
            return None;
        }
        if within(&self.ignore, host) {
            return Some(Benign::IgnoredDomain);
        }
        if defanged { None } else { ordinary(host) }
    }

    /// Why what stands in a URL's path does not count: the numbers and names in the links of ordinary sites are their own.
    fn page(&self, page: Option<&Page>) -> Option<Benign> {
        let page = page.filter(|page| !analysis::is_about_indicators(&page.host))?;
        self.host(&page.host, page.defanged)
    }
}

/// The host of a URL as it is reported, without brackets around an address.
fn host_of(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = authority
        .rsplit_once('@')
        .map_or(authority, |(_, host)| host);
    match host.strip_prefix('[') {
        Some(address) => address.split(']').next().unwrap_or_default(),
        None => host.split(':').next().unwrap_or_default(),
    }
}

/// Why a host written plainly is no sign of an attack by itself.
fn ordinary(host: &str) -> Option<Benign> {
    if host.starts_with(|c: char| c.is_ascii_digit()) || host.contains(':') {
        // No domain has a colon, but some begin with a digit.
        if let Ok(ip) = host.parse::<IpAddr>() {
            return ordinary_address(ip);
        }
    }
    if FLASHPOINT.iter().any(|own| is_within(host, own)) {
        Some(Benign::FlashpointHost)
    } else if DOCUMENTATION.iter().any(|domain| is_within(host, domain)) {
        Some(Benign::DocumentationAddress)
    } else if known_sites::is_known(host) {
        Some(Benign::WellKnownSite)
    } else {
        None
    }
}

fn ordinary_address(ip: IpAddr) -> Option<Benign> {
    if addresses::is_documentation(ip) {
        Some(Benign::DocumentationAddress)
    } else if addresses::is_private(ip) {
        Some(Benign::PrivateAddress)
    } else if known_sites::is_resolver(ip) {
        Some(Benign::ResolverAddress)
    } else {
        None
    }
}

/// Whether `host` is `domain` or below it.
fn is_within(host: &str, domain: &str) -> bool {
    host.strip_suffix(domain)
        .is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}

/// Whether `host` or one of its parents is in the set.
fn within(set: &HashSet<String>, host: &str) -> bool {
    let mut rest = Some(host);
    while let Some(name) = rest.filter(|_| !set.is_empty()) {
        if set.contains(name) {
            return true;
        }
        rest = name.split_once('.').map(|(_, parent)| parent);
    }
    false
}

/// Domains as people write them (`*.Example.com`, `example[.]com`), in the form that hosts are compared in.
fn domains(written: &[String]) -> HashSet<String> {
    let clean = |domain: &String| {
        let lower = domain.trim().to_lowercase().replace("[.]", ".");
        lower.trim_start_matches("*.").trim_matches('.').to_owned()
    };
    written
        .iter()
        .map(clean)
        .filter(|domain| !domain.is_empty())
        .collect()
}

fn bit(kind: IndicatorType) -> u16 {
    1 << kind as u16
}

/// The offset basis of FNV-1a, which a digest begins with.
const FNV_START: u64 = 0xcbf2_9ce4_8422_2325;

/// An FNV-1a digest that goes on with `bytes`.
fn fnv(hash: u64, bytes: &[u8]) -> u64 {
    let step = |hash: u64, byte: &u8| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
    bytes.iter().fold(hash, step)
}

/// FNV-1a over the rules, the lists and the settings, whatever the order in which those are written.
fn digest(settings: &RuleSettings) -> u64 {
    let mut hash = fnv(FNV_START, BUILT.as_bytes());
    let types: Vec<String> = settings
        .types
        .iter()
        .map(|kind| kind.as_str().to_owned())
        .collect();
    for list in [
        &types,
        &settings.names_add,
        &settings.names_ignore,
        &settings.domains_ignore,
        &settings.domains_count,
    ] {
        let mut sorted: Vec<&str> = list.iter().map(|entry| entry.trim()).collect();
        sorted.sort_unstable();
        sorted.dedup();
        for entry in sorted {
            hash = fnv(hash, entry.as_bytes());
            hash = fnv(hash, &[0]);
        }
        hash = fnv(hash, &[1]);
    }
    hash
}
