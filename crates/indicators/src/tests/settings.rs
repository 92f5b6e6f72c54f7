//! What a feed's settings change of what counts, and the digest that tells that they did.

use super::counting::reason;
use crate::{Benign, IndicatorType, RuleSettings, Rules};

#[test]
fn the_feed_says_what_never_and_what_always_counts() {
    let settings = |ignore: &[&str], count: &[&str]| RuleSettings {
        domains_ignore: ignore.iter().map(|domain| (*domain).to_owned()).collect(),
        domains_count: count.iter().map(|domain| (*domain).to_owned()).collect(),
        ..RuleSettings::default()
    };
    let of = |host: &str, ignore: &[&str], count: &[&str]| {
        reason(host, IndicatorType::Domain, settings(ignore, count))
    };
    assert_eq!(
        of("evil.com", &["evil.com"], &[]),
        Some(Benign::IgnoredDomain)
    );
    assert_eq!(
        of("a.b.evil.com", &["evil.com"], &[]),
        Some(Benign::IgnoredDomain)
    );
    assert_eq!(of("notevil.com", &["evil.com"], &[]), None);
    assert_eq!(
        of("evil[.]com", &["evil.com"], &[]),
        Some(Benign::IgnoredDomain)
    );
    assert_eq!(
        of("evil.com", &["*.EVIL.com"], &[]),
        Some(Benign::IgnoredDomain)
    );
    assert_eq!(
        of("evil.com", &["evil[.]com "], &[]),
        Some(Benign::IgnoredDomain)
    );
    assert_eq!(of("www.nytimes.com", &[], &["nytimes.com"]), None);
    assert_eq!(of("a.evil.com", &["evil.com"], &["a.evil.com"]), None);
    assert_eq!(of("app.flashpoint.io", &[], &["flashpoint.io"]), None);
    let url = |ignore: &[&str]| {
        reason(
            "http://cdn.evil.com/a",
            IndicatorType::Url,
            settings(ignore, &[]),
        )
    };
    assert_eq!(
        (url(&[]), url(&["evil.com"])),
        (None, Some(Benign::IgnoredDomain))
    );
}

#[test]
fn types_that_were_not_selected_are_found_but_do_not_count() {
    let settings = || RuleSettings {
        types: vec![IndicatorType::Cve],
        ..RuleSettings::default()
    };
    assert_eq!(
        reason("CVE-2021-44228", IndicatorType::Cve, settings()),
        None
    );
    assert_eq!(
        reason("evil[.]com", IndicatorType::Domain, settings()),
        Some(Benign::TypeNotSelected)
    );
    let always = RuleSettings {
        domains_count: vec!["evil.com".to_owned()],
        ..settings()
    };
    assert_eq!(
        reason("evil[.]com", IndicatorType::Domain, always),
        Some(Benign::TypeNotSelected)
    );
}

#[test]
fn the_digest_changes_with_the_settings_and_only_with_them() {
    let digest = |settings: RuleSettings| Rules::new(settings).digest();
    let plain = digest(RuleSettings::default());
    assert_eq!(plain, Rules::default().digest());
    let ignoring = |domains: &[&str]| RuleSettings {
        domains_ignore: domains.iter().map(|domain| (*domain).to_owned()).collect(),
        ..RuleSettings::default()
    };
    assert_ne!(plain, digest(ignoring(&["a.com"])));
    assert_ne!(digest(ignoring(&["a.com"])), digest(ignoring(&["b.com"])));
    assert_eq!(
        digest(ignoring(&["a.com", "b.com"])),
        digest(ignoring(&["b.com", "a.com", "a.com"]))
    );
    let counting = RuleSettings {
        domains_count: vec!["a.com".to_owned()],
        ..RuleSettings::default()
    };
    assert_ne!(digest(ignoring(&["a.com"])), digest(counting));
    let fewer = RuleSettings {
        types: vec![IndicatorType::Ip],
        ..RuleSettings::default()
    };
    assert_ne!(plain, digest(fewer));
    let mut reversed = IndicatorType::ALL.to_vec();
    reversed.reverse();
    assert_eq!(
        plain,
        digest(RuleSettings {
            types: reversed,
            ..RuleSettings::default()
        })
    );
}
