use indicators::{Benign, Markup, RuleSettings, find};

use super::*;

fn time(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn listed(kind: IndicatorType, value: &str, score: Score) -> Listed {
    Listed {
        kind,
        value: value.to_owned(),
        detail: Detail {
            score: Some(score),
            ..Detail::default()
        },
    }
}

fn list(listed: Vec<Listed>) -> OwnList {
    OwnList {
        listed,
        unmapped: 0,
        cut: false,
    }
}

#[test]
fn the_digest_is_that_of_the_rules_where_the_text_is_all() {
    let of = |named: &[IndicatorSource]| Sources::from(named).digest(7);
    let (text, own) = (IndicatorSource::Text, IndicatorSource::Flashpoint);
    assert_eq!(of(&[text]), 7);
    assert_eq!(of(&[text, own]), of(&[own, text]));
    let all = [of(&[text]), of(&[text, own]), of(&[own])];
    assert!(all[0] != all[1] && all[1] != all[2] && all[0] != all[2]);
}

#[test]
fn both_sources_are_one_list_by_type_and_value() {
    let rules = Rules::default();
    let text = "It talks to evil-site.ru and 2001:470:0:0:0:0:0:9 and https://www.google.com/.";
    let mut found = find(&[(Markup::Text, text)], &rules);
    let before = found.len();
    let own = Own::merge(
        list(vec![
            listed(IndicatorType::Domain, "EVIL-site.ru", Score::Suspicious),
            listed(IndicatorType::Ip, "2001:470::9", Score::Malicious),
            listed(IndicatorType::Domain, "other-site.ru", Score::Malicious),
            listed(IndicatorType::Domain, "www.google.com", Score::Malicious),
            listed(IndicatorType::Domain, "no name", Score::Malicious),
        ]),
        &mut found,
        &rules,
    );
    assert_eq!(own.unmapped, 1);
    assert_eq!(found.len(), before + 1);
    let detail = |value: &str| {
        let found = found.iter().find(|found| found.value == value).unwrap();
        let score = own.detail(found).and_then(|detail| detail.score);
        let Sources { text, flashpoint } = own.sources(found);
        (found.benign, score, [text, flashpoint])
    };
    assert_eq!(
        detail("evil-site.ru"),
        (None, Some(Score::Suspicious), [true, true])
    );
    let address = "2001:470:0:0:0:0:0:9";
    assert_eq!(
        detail(address),
        (None, Some(Score::Malicious), [true, true])
    );
    assert_eq!(
        detail("other-site.ru"),
        (None, Some(Score::Malicious), [false, true])
    );
    assert_eq!(
        detail("www.google.com"),
        (
            Some(Benign::WellKnownSite),
            Some(Score::Malicious),
            [true, true]
        )
    );
    assert_eq!(detail("https://www.google.com/").1, None);
}

#[test]
fn a_type_that_is_not_selected_does_not_count() {
    let rules = Rules::new(RuleSettings {
        types: vec![IndicatorType::Sha256],
        ..RuleSettings::default()
    });
    let mut found = Vec::new();
    let domain = listed(IndicatorType::Domain, "evil-site.ru", Score::Malicious);
    let _ = Own::merge(list(vec![domain]), &mut found, &rules);
    assert_eq!(found[0].benign, Some(Benign::TypeNotSelected));
}

#[test]
fn two_entries_of_one_value_are_one_with_the_worst_score_and_all_its_time() {
    let entry = |score, first, last| Listed {
        kind: IndicatorType::Domain,
        value: "evil-site.ru".to_owned(),
        detail: Detail {
            score,
            first_seen: first,
            last_seen: last,
        },
    };
    let mut found = Vec::new();
    let early = Some(time("2026-01-02T00:00:00Z"));
    let late = Some(time("2026-03-04T00:00:00Z"));
    let own = Own::merge(
        list(vec![
            entry(Some(Score::Informational), late, early),
            entry(None, early, None),
        ]),
        &mut found,
        &Rules::default(),
    );
    assert_eq!(
        own.detail(&found[0]),
        Some(&Detail {
            score: Some(Score::Informational),
            first_seen: early,
            last_seen: late,
        })
    );
    assert_eq!(found.len(), 1);
}

#[test]
fn the_first_time_of_merged_entries_is_never_after_the_last() {
    let of = |first_seen, last_seen| Listed {
        kind: IndicatorType::Domain,
        value: "evil-site.ru".to_owned(),
        detail: Detail {
            first_seen,
            last_seen,
            ..Detail::default()
        },
    };
    let (early, late) = (time("2025-01-01T00:00:00Z"), time("2027-01-01T00:00:00Z"));
    let mut found = Vec::new();
    let own = Own::merge(
        list(vec![of(Some(late), None), of(None, Some(early))]),
        &mut found,
        &Rules::default(),
    );
    let detail = own.detail(&found[0]).unwrap();
    assert!(detail.first_seen <= detail.last_seen, "{detail:?}");
}

#[test]
fn a_list_has_bounds() {
    let of = |count: usize, bytes: usize| {
        let one = |_| listed(IndicatorType::Url, &"a".repeat(bytes), Score::Malicious);
        let mut list = list((0..count).map(one).collect());
        list.bound();
        (list.listed.len(), list.cut)
    };
    assert_eq!(of(MOST_LISTED, 100), (MOST_LISTED, false));
    assert_eq!(of(MOST_LISTED + 1, 100), (MOST_LISTED, true));
    assert_eq!(of(1_024, 4_096 - 128), (1_024, false));
    assert_eq!(of(1_025, 4_096 - 128), (1_024, true));
}
