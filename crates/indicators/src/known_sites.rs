//! Well-known sites and resolvers: what every report links to, and what is no sign of an attack by itself.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::OnceLock;

/// A host a line, in order; `!` marks one that is not well known, below one that is. `lists/generate.py` writes it, `lists/README.md` says of what.
const TEXT: &str = include_str!("../lists/known-sites.txt");

/// Public resolvers, which malware asks and reports mention: Google, Cloudflare, Quad9, OpenDNS, Level 3, Verisign, Neustar, `AdGuard`,
/// `CleanBrowsing`, Comodo, Control D, dns0, DNS.Watch, Yandex, 114DNS, Alibaba, `DNSPod`.
const RESOLVERS: &str = "
    8.8.8.8 8.8.4.4 1.1.1.1 1.0.0.1 1.1.1.2 1.0.0.2 1.1.1.3 1.0.0.3 9.9.9.9 9.9.9.10 9.9.9.11 9.9.9.12 149.112.112.9 149.112.112.10
    149.112.112.11 149.112.112.12 149.112.112.112 208.67.222.222 208.67.220.220 208.67.222.220 208.67.220.222 208.67.222.123 208.67.220.123
    4.2.2.1 4.2.2.2 4.2.2.3 4.2.2.4 4.2.2.5 4.2.2.6 64.6.64.6 64.6.65.6 156.154.70.1 156.154.71.1 94.140.14.14 94.140.15.15 94.140.14.140
    94.140.14.141 185.228.168.9 185.228.169.9 8.26.56.26 8.20.247.20 76.76.2.0 76.76.10.0 193.110.81.0 185.253.5.0 84.200.69.80 84.200.70.40
    77.88.8.8 77.88.8.1 114.114.114.114 114.114.115.115 223.5.5.5 223.6.6.6 119.29.29.29
    2001:4860:4860::8888 2001:4860:4860::8844 2606:4700:4700::1111 2606:4700:4700::1001 2606:4700:4700::1112 2606:4700:4700::1002
    2606:4700:4700::1113 2606:4700:4700::1003 2620:fe::fe 2620:fe::9 2620:fe::fe:9 2620:fe::10 2620:fe::11 2620:119:35::35 2620:119:53::53
    2a10:50c0::ad1:ff 2a10:50c0::ad2:ff 2a0d:2a00:1::2 2a02:6b8::feed:ff 2400:3200::1";

/// Whether `host`, in lower case, or a domain it belongs to, is a well-known site. The nearest listed domain decides, so that
/// `docs.google.com`, where anyone can put something, is not well known in spite of `google.com`.
pub fn is_known(host: &str) -> bool {
    let mut rest = Some(host.trim_end_matches('.'));
    while let Some(domain) = rest.filter(|domain| domain.contains('.')) {
        if let Some(known) = listed(domain) {
            return known;
        }
        rest = domain.split_once('.').map(|(_, parent)| parent);
    }
    false
}

/// Whether a URL (host in lower case) downloads a file that anyone can have put on a site which is well known for other things:
/// a release or a raw file on GitHub. Such a URL is not made ordinary by its host.
pub fn is_download(url: &str) -> bool {
    const GITHUB: [&str; 7] = [
        "/releases/download/",
        "/releases/latest/download/",
        "/raw/",
        "/archive/",
        "/zipball/",
        "/files/",
        "?raw=true",
    ];
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let rest = rest.strip_prefix("www.").unwrap_or(rest);
    rest.strip_prefix("github.com")
        .is_some_and(|path| GITHUB.iter().any(|place| path.contains(place)))
}

/// Whether `ip` is a well-known public resolver.
pub fn is_resolver(ip: IpAddr) -> bool {
    static ADDRESSES: OnceLock<Vec<IpAddr>> = OnceLock::new();
    let addresses = ADDRESSES.get_or_init(|| {
        RESOLVERS
            .split_ascii_whitespace()
            .filter_map(|ip| ip.parse().ok())
            .collect()
    });
    addresses.contains(&ip.to_canonical())
}

/// What the list says of `domain` itself.
fn listed(domain: &str) -> Option<bool> {
    static SITES: OnceLock<HashMap<&str, bool>> = OnceLock::new();
    let sites = SITES.get_or_init(|| {
        let known = |line: &'static str| match line.strip_prefix('!') {
            Some(host) => (host, false),
            None => (line, true),
        };
        TEXT.lines().map(known).collect()
    });
    sites.get(domain).copied()
}

#[cfg(test)]
mod tests;
