//! What counts for the filter, what does not, and why.

use crate::{Benign, Indicator, IndicatorType, Markup, RuleSettings, Rules};

fn find(text: &str, settings: RuleSettings) -> Vec<Indicator> {
    crate::find(&[(Markup::Text, text)], &Rules::new(settings))
}

/// The reason why the only indicator of a type in `text` does not count.
pub(super) fn reason(text: &str, kind: IndicatorType, settings: RuleSettings) -> Option<Benign> {
    let found = find(text, settings);
    let mut of_kind = found.iter().filter(|indicator| indicator.kind == kind);
    let only = of_kind
        .next()
        .unwrap_or_else(|| panic!("no {kind} in {text:?}"));
    assert!(of_kind.next().is_none(), "several in {text:?}: {found:?}");
    only.benign
}

#[test]
fn plain_hosts_of_everyone_do_not_count_and_defanged_ones_do() {
    use Benign::{
        DocumentationAddress, FlashpointHost, PrivateAddress, ResolverAddress, WellKnownSite,
    };
    for (host, kind, expected) in [
        ("fp.tools", IndicatorType::Domain, FlashpointHost),
        ("app.flashpoint.io", IndicatorType::Domain, FlashpointHost),
        (
            "www.flashpoint-intel.com",
            IndicatorType::Domain,
            FlashpointHost,
        ),
        ("www.nytimes.com", IndicatorType::Domain, WellKnownSite),
        (
            "www.example.com",
            IndicatorType::Domain,
            DocumentationAddress,
        ),
        ("10.1.2.3", IndicatorType::Ip, PrivateAddress),
        ("172.31.0.1", IndicatorType::Ip, PrivateAddress),
        ("192.168.0.1", IndicatorType::Ip, PrivateAddress),
        ("127.0.0.1", IndicatorType::Ip, PrivateAddress),
        ("169.254.1.1", IndicatorType::Ip, PrivateAddress),
        ("100.64.0.1", IndicatorType::Ip, PrivateAddress),
        ("224.0.0.1", IndicatorType::Ip, PrivateAddress),
        ("255.255.255.255", IndicatorType::Ip, PrivateAddress),
        ("0.0.0.0", IndicatorType::Ip, PrivateAddress),
        ("192.0.2.1", IndicatorType::Ip, DocumentationAddress),
        ("198.51.100.1", IndicatorType::Ip, DocumentationAddress),
        ("203.0.113.1", IndicatorType::Ip, DocumentationAddress),
        ("8.8.8.8", IndicatorType::Ip, ResolverAddress),
        ("1.1.1.1", IndicatorType::Ip, ResolverAddress),
    ] {
        assert_eq!(
            reason(host, kind, RuleSettings::default()),
            Some(expected),
            "{host}"
        );
        let url = format!("https://{host}/a");
        assert_eq!(
            reason(&url, IndicatorType::Url, RuleSettings::default()),
            Some(expected),
            "{url}"
        );
        let defanged = host.replace('.', "[.]");
        assert_eq!(
            reason(&defanged, kind, RuleSettings::default()),
            None,
            "{defanged}"
        );
    }
    for (address, expected) in [
        ("fe80::1", PrivateAddress),
        ("fd00::1", PrivateAddress),
        ("::1", PrivateAddress),
        ("ff02::1", PrivateAddress),
        ("::ffff:10.0.0.1", PrivateAddress),
        ("2001:db8::1", DocumentationAddress),
        ("2001:4860:4860::8888", ResolverAddress),
    ] {
        assert_eq!(
            reason(address, IndicatorType::Ip, RuleSettings::default()),
            Some(expected),
            "{address}"
        );
    }
}

#[test]
fn what_is_nobodys_counts() {
    for (text, kind) in [
        ("evil-update.com", IndicatorType::Domain),
        ("fp.tools.evil-update.com", IndicatorType::Domain),
        ("notflashpoint.io", IndicatorType::Domain),
        ("45.77.13.9", IndicatorType::Ip),
        ("172.32.0.1", IndicatorType::Ip),
        ("2a02:4780::5", IndicatorType::Ip),
        ("http://45.77.13.9/a", IndicatorType::Url),
        ("http://nytimes.com@evil-update.com/a", IndicatorType::Url),
        ("CVE-2021-44228", IndicatorType::Cve),
        (
            "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa",
            IndicatorType::BitcoinAddress,
        ),
        ("HKLM\\Software\\Evil", IndicatorType::RegistryKey),
        (
            "3395856ce81f2b7382dee72602f798b642f14140",
            IndicatorType::Sha1,
        ),
    ] {
        assert_eq!(reason(text, kind, RuleSettings::default()), None, "{text}");
    }
}

#[test]
fn the_masked_scheme_makes_a_url_and_its_host_count() {
    let found = find("hxxps://www.nytimes.com/a", RuleSettings::default());
    assert_eq!(found.len(), 2);
    assert!(
        found
            .iter()
            .all(|indicator| indicator.defanged && indicator.counts()),
        "{found:?}"
    );
}

#[test]
fn a_value_written_both_ways_is_defanged_and_counts() {
    let found = find(
        "www.nytimes.com and www[.]nytimes[.]com and www.nytimes.com",
        RuleSettings::default(),
    );
    assert_eq!(found.len(), 1);
    assert!(found[0].defanged && found[0].counts());
}

#[test]
fn digests_in_links_of_ordinary_sites_are_theirs() {
    let digest = "275a021bbfb6489e54d471899f7db9d1663fc695ec2fe2a2c4538aabf651fd0f";
    let link = |site: &str| format!("https://{site}/x/{digest}.jpg");
    let of = |text: &str| reason(text, IndicatorType::Sha256, RuleSettings::default());
    assert_eq!(of(&link("www.nytimes.com")), Some(Benign::WellKnownSite));
    assert_eq!(of(&link("www.virustotal.com")), None);
    assert_eq!(of(&link("evil-update.com")), None);
    assert_eq!(of(&format!("{} {digest}", link("www.nytimes.com"))), None);
}

#[test]
fn a_domain_in_a_link_of_an_ordinary_site_is_its_own_but_a_url_in_it_is_not() {
    let of = |text: &str, value: &str| {
        let found = find(text, RuleSettings::default());
        found
            .into_iter()
            .find(|indicator| indicator.value == value)
            .unwrap_or_else(|| panic!("no {value} in {text:?}"))
            .benign
    };
    assert_eq!(
        of(
            "https://www.nytimes.com/company/acme-startup.com",
            "acme-startup.com"
        ),
        Some(Benign::WellKnownSite)
    );
    assert_eq!(
        of(
            "https://www.virustotal.com/gui/domain/evil-update.com",
            "evil-update.com"
        ),
        None
    );
    assert_eq!(
        of(
            "https://www.nytimes.com/?u=http://evil-update.com/a",
            "evil-update.com"
        ),
        None
    );
}

#[test]
fn files_that_anyone_can_put_on_a_well_known_site_count() {
    let release = "https://github.com/someone/tool/releases/download/1.0/tool.exe";
    assert_eq!(
        reason(release, IndicatorType::Url, RuleSettings::default()),
        None
    );
    assert_eq!(
        reason(
            "https://github.com/someone/tool",
            IndicatorType::Url,
            RuleSettings::default()
        ),
        Some(Benign::WellKnownSite)
    );
}

#[test]
fn parts_are_texts_of_their_own_in_order_and_without_repeats() {
    let parts = [
        (Markup::Text, "evil"),
        (Markup::Text, ".com and b.net"),
        (Markup::Html, "<p>b.net <b>c</b>.org</p>"),
    ];
    let values: Vec<String> = crate::find(&parts, &Rules::default())
        .into_iter()
        .map(|indicator| indicator.value)
        .collect();
    assert_eq!(values, ["b.net", "c.org"]);
}

#[test]
fn a_name_is_reported_once_as_it_is_written_first_and_an_alias_by_itself() {
    let names: Vec<String> = find(
        "Emotet and EMOTET, Cobalt Strike and CobaltStrike; QakBot (aka Pinkslipbot, Qbot).",
        RuleSettings::default(),
    )
    .into_iter()
    .map(|indicator| indicator.value)
    .collect();
    assert_eq!(
        names,
        ["Emotet", "Cobalt Strike", "QakBot", "Pinkslipbot", "Qbot"]
    );
}

#[test]
fn the_names_on_the_wire_are_these() {
    let names = [
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
    for (kind, name) in IndicatorType::ALL.into_iter().zip(names) {
        assert_eq!(serde_json::to_value(kind).unwrap(), name);
        assert_eq!(name.parse(), Ok(kind));
        assert_eq!(kind.to_string(), name);
    }
    assert!(
        "ip".parse::<IndicatorType>()
            .unwrap_err()
            .to_string()
            .contains("use one of IP, Domain")
    );
}
