//! What Flashpoint says of the indicators that it lists itself.

use indicators::{Indicator, IndicatorType, Rules};
use serde_json::{Value, json};

use super::{mapped, mapped_with, report, value};
use crate::sync::own::{Detail, Listed, Own, OwnList, Score};

/// A list of one address.
fn list(value: &str, score: Option<Score>, seen: [&str; 2]) -> OwnList {
    let [first_seen, last_seen] = seen.map(|time| time.parse().ok());
    let listed = Listed {
        kind: IndicatorType::Ip,
        value: value.to_owned(),
        detail: Detail {
            score,
            first_seen,
            last_seen,
        },
    };
    OwnList {
        listed: vec![listed],
        unmapped: 0,
        cut: false,
    }
}

/// A domain of the text, and what Flashpoint says of one address.
fn listed(value: &str, score: Option<Score>, seen: [&str; 2]) -> (Vec<Indicator>, Own) {
    let list = list(value, score, seen);
    let mut found = vec![super::found(IndicatorType::Domain, "evil-site.ru")];
    let own = Own::merge(list, &mut found, &Rules::default());
    (found, own)
}

#[test]
fn what_flashpoint_says_of_its_own_is_told_and_of_others_nothing() {
    let seen = ["2026-02-01T00:00:00Z", "2026-06-01T00:00:00Z"];
    let (found, own) = listed("45.77.1.9", Some(Score::Malicious), seen);
    let of_text = mapped(&report(|_| ()), &found);
    let of_both = mapped_with(&report(|_| ()), &found, &own, None);
    assert_eq!(of_both.objects[1], of_text.objects[1], "the text's");
    assert_eq!(of_both.objects[0], of_text.objects[0], "the identity");
    assert_eq!(of_both.report, of_text.report);
    let told = value(&of_both.objects[2]);
    assert_eq!(told["id"], value(&of_text.objects[2])["id"]);
    assert_eq!(told["valid_from"], "2026-02-01T00:00:00.000Z");
    // 30 days, as the feed says, after it was seen last.
    assert_eq!(told["valid_until"], "2026-07-01T00:00:00.000Z");
    assert_eq!(told["confidence"], 85);
    let labels = json!(["source:flashpoint", "score:malicious"]);
    assert_eq!(told["labels"], labels);
}

#[test]
fn an_indicator_ends_after_it_begins_and_has_no_confidence_without_a_score() {
    // Seen first long after the report was posted, and after the feed's 30 days.
    let seen = ["2027-02-01T00:00:00Z", "no time"];
    let (found, own) = listed("45.77.1.9", None, seen);
    let told = value(&mapped_with(&report(|_| ()), &found, &own, None).objects[2]);
    assert_eq!(told["valid_from"], "2027-02-01T00:00:00.000Z");
    assert_eq!(told["valid_until"], "2027-03-03T00:00:00.000Z");
    assert_eq!(told["confidence"], Value::Null);
    assert_eq!(told["labels"], json!(["source:flashpoint"]));
}

#[test]
fn another_word_of_flashpoints_is_a_later_version() {
    let seen = ["2026-02-01T00:00:00Z", "2026-06-01T00:00:00Z"];
    let (found, own) = listed("45.77.1.9", Some(Score::Suspicious), seen);
    let first = mapped_with(&report(|_| ()), &found, &own, None);
    let second = mapped_with(&report(|_| ()), &found, &own, Some(&first.memory));
    assert!(second.report.modified > first.report.modified);
    let same = mapped_with(&report(|_| ()), &found, &own, Some(&second.memory));
    assert_eq!(same, second);
    let (found, worse) = listed("45.77.1.9", Some(Score::Malicious), seen);
    let third = mapped_with(&report(|_| ()), &found, &worse, Some(&second.memory));
    assert!(third.report.modified > second.report.modified);
}

#[test]
fn that_the_text_holds_an_indicator_too_is_told_to_nobody_and_is_no_other_version() {
    let seen = ["2026-02-01T00:00:00Z", "2026-06-01T00:00:00Z"];
    let [of_list, of_both] = [false, true].map(|in_text| {
        let mut found = vec![super::found(IndicatorType::Domain, "evil-site.ru")];
        if in_text {
            found.push(super::found(IndicatorType::Ip, "45.77.1.9"));
        }
        let own = Own::merge(list("45.77.1.9", None, seen), &mut found, &Rules::default());
        (found, own)
    });
    let sent = |(found, own): &(Vec<Indicator>, Own), earlier| {
        mapped_with(&report(|_| ()), found, own, earlier)
    };
    let first = sent(&of_list, None);
    let known = sent(&of_list, Some(&first.memory));
    assert_eq!(sent(&of_both, Some(&known.memory)), known);
}
