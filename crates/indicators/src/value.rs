//! A value that somebody else, such as a vendor's feed, lists as an indicator of some type.

use std::net::IpAddr;

use super::scan::{Hit, Scan};
use super::{Indicator, IndicatorType, Rules};

/// The longest value that is read, in bytes: no URL of an attack comes near it.
const MOST_BYTES: usize = 4_096;

/// The indicator that a value of this type is, in the form that [`find`](super::find) gives it, judged by `rules`; an IPv6
/// address in that of RFC 5952, while texts keep the one they have. None where the value is anything else, or holds more than
/// that: a part of it may be another's.
///
/// Names of malware and keys of the registry are none: what they are shows in a text alone.
#[must_use]
pub fn read_value(kind: IndicatorType, value: &str, rules: &Rules) -> Option<Indicator> {
    let value = value.trim();
    if value.len() > MOST_BYTES {
        return None;
    }
    let value = match kind {
        IndicatorType::Ip => value.parse::<IpAddr>().ok()?.to_string(),
        IndicatorType::Domain => domain(value)?,
        IndicatorType::Url => url(value)?,
        IndicatorType::Sha1
        | IndicatorType::Sha256
        | IndicatorType::BitcoinAddress
        | IndicatorType::Cve => whole(kind, value)?,
        IndicatorType::RegistryKey | IndicatorType::Malware => return None,
    };
    // Whoever lists it says nothing by the way it is written.
    let hit = Hit::new(0, kind, value, false);
    let benign = rules.judge(&hit, None);
    Some(Indicator {
        kind,
        value: hit.value,
        defanged: false,
        benign,
    })
}

/// A name that is known to be one of a host, unlike the same in a text, which may be a file's.
fn domain(name: &str) -> Option<String> {
    const BEFORE: &str = "http://";
    let name = name.strip_suffix('.').unwrap_or(name);
    // A port or a user is none of the name's.
    if name.contains([':', '@']) {
        return None;
    }
    let scan = Scan::of(&format!("{BEFORE}{name}/"));
    let page = scan.pages.first()?;
    let is_whole = page.start == 0 && page.path == BEFORE.len() + name.len();
    let found = scan.hits.into_iter().nth(1)?;
    let is_domain = found.kind == IndicatorType::Domain && found.value == page.host;
    (is_whole && is_domain).then_some(found.value)
}

fn url(text: &str) -> Option<String> {
    let scan = Scan::of(text);
    let page = scan.pages.first()?;
    let is_whole = page.start == 0 && page.end == text.len();
    let found = scan.hits.into_iter().next()?;
    (is_whole && found.kind == IndicatorType::Url).then_some(found.value)
}

/// What is found in a text that is nothing else.
fn whole(kind: IndicatorType, text: &str) -> Option<String> {
    let mut hits = Scan::of(text).hits.into_iter();
    let found = hits.next()?;
    let is_whole = found.at == 0 && found.value.len() == text.len();
    (is_whole && found.kind == kind).then_some(found.value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Benign, Markup, RuleSettings, find};

    fn read(kind: IndicatorType, value: &str) -> Option<String> {
        read_value(kind, value, &Rules::default()).map(|found| found.value)
    }

    #[test]
    fn values_have_the_form_that_texts_give_them() {
        let sha1 = "DA39A3EE5E6B4B0D3255BFEF95601890AFD80709";
        let sha256 = &"AB".repeat(32);
        for (kind, value) in [
            (IndicatorType::Ip, "45.77.1.9"),
            (IndicatorType::Ip, "2001:DB8::1"),
            (IndicatorType::Domain, "evil-site.ru"),
            (IndicatorType::Domain, "a.b.evil-site.co.uk"),
            (IndicatorType::Url, "HTTP://Evil-Site.RU/Path/x.php?a=B"),
            (IndicatorType::Url, "http://45.77.1.9:8080/bin.sh"),
            (IndicatorType::Sha1, sha1),
            (IndicatorType::Sha256, sha256),
            (IndicatorType::Cve, "cve-2021-44228"),
        ] {
            let text = format!("It talks to {value} then.");
            let found = find(&[(Markup::Text, &text)], &Rules::default());
            let found = found.into_iter().find(|found| found.kind == kind);
            let found = found.unwrap_or_else(|| panic!("{value}"));
            assert_eq!(read(kind, value), Some(found.value));
        }
    }

    #[test]
    fn a_host_needs_no_text_around_it() {
        // In a text each of them may be a file or a number.
        for host in ["evil.zip", "install.sh", "archive.py"] {
            assert_eq!(read(IndicatorType::Domain, host).as_deref(), Some(host));
        }
        assert_eq!(
            read(IndicatorType::Domain, "Evil-Site[.]RU.").as_deref(),
            Some("evil-site.ru")
        );
        assert_eq!(
            read(IndicatorType::Ip, "1.2.3.4").as_deref(),
            Some("1.2.3.4")
        );
    }

    #[test]
    fn what_is_another_thing_or_more_than_one_is_none() {
        for (kind, value) in [
            (IndicatorType::Ip, "45.77.1.0/24"),
            (IndicatorType::Ip, "45.77.1.9:80"),
            (IndicatorType::Ip, "evil-site.ru"),
            (IndicatorType::Domain, ""),
            (IndicatorType::Domain, "evil-site.ru/path"),
            (IndicatorType::Domain, "evil-site.ru other-site.ru"),
            (IndicatorType::Domain, "evil-site.ru:8080"),
            (IndicatorType::Domain, "user@evil-site.ru"),
            (IndicatorType::Domain, "name.nosuchtop"),
            (IndicatorType::Domain, "45.77.1.9"),
            (IndicatorType::Url, "evil-site.ru"),
            (IndicatorType::Url, "http://evil-site.ru/a http://b.ru/"),
            (IndicatorType::Url, "javascript:alert(1)"),
            (IndicatorType::Sha1, &"a".repeat(32)),
            (IndicatorType::Sha1, &"0".repeat(40)),
            (IndicatorType::Sha256, &"a".repeat(40)),
            (
                IndicatorType::Url,
                &format!("http://a.ru/{}", "a".repeat(5_000)),
            ),
            (IndicatorType::Malware, "Emotet"),
        ] {
            assert_eq!(read(kind, value), None, "{value}");
        }
    }

    #[test]
    fn the_rules_apply() {
        let rules = Rules::new(RuleSettings {
            types: vec![IndicatorType::Domain, IndicatorType::Ip, IndicatorType::Url],
            domains_ignore: vec!["corp.ru".to_owned()],
            ..RuleSettings::default()
        });
        let benign = |kind, value: &str| read_value(kind, value, &rules).unwrap().benign;
        assert_eq!(benign(IndicatorType::Domain, "evil-site.ru"), None);
        for (kind, value, why) in [
            (
                IndicatorType::Domain,
                "www.google.com",
                Benign::WellKnownSite,
            ),
            (IndicatorType::Domain, "google[.]com", Benign::WellKnownSite),
            (
                IndicatorType::Url,
                "hxxps://www.google.com/x",
                Benign::WellKnownSite,
            ),
            (IndicatorType::Domain, "a.corp.ru", Benign::IgnoredDomain),
            (IndicatorType::Ip, "8.8.8.8", Benign::ResolverAddress),
            (IndicatorType::Ip, "10.0.0.1", Benign::PrivateAddress),
            (
                IndicatorType::Cve,
                "CVE-2021-44228",
                Benign::TypeNotSelected,
            ),
        ] {
            assert_eq!(benign(kind, value), Some(why), "{value}");
        }
    }
}
