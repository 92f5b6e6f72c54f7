use super::*;
use crate::api::Reason;
use crate::sync::own::{Detail, Listed, OwnList};
use indicators::{IndicatorType, Rules};

fn indicator(kind: IndicatorType, value: &str, benign: Option<Benign>) -> Indicator {
    Indicator {
        kind,
        value: value.to_owned(),
        defanged: false,
        benign,
    }
}

fn row(id: &str, title: &str, verdict: Verdict, indicators: Option<Vec<Indicator>>) -> Row {
    Row {
        id: id.to_owned(),
        title: title.to_owned(),
        verdict,
        indicators,
        own: None,
        without_csv: false,
    }
}

fn table(rows: &[Row], look: Look) -> String {
    let standing = Standing {
        reason: Reason::Synced,
        message: "done".to_owned(),
    };
    let results = Results {
        feed: "intel/a",
        place: "the enclave",
        dry_run: false,
        rows,
        counts: None,
        standing: &standing,
    };
    let mut out = Vec::new();
    results.table(look, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn why_names_the_deciding_indicator_or_what_did_not_count() {
    let benign = |kind| indicator(IndicatorType::Domain, "x", Some(kind));
    let evil = indicator(IndicatorType::Domain, "evil.example", None);
    assert_eq!(
        decided(&[benign(Benign::WellKnownSite), evil.clone()], None),
        "Domain evil.example"
    );
    assert_eq!(
        decided(&[evil.clone(), evil], None),
        "Domain evil.example and 1 more"
    );
    assert_eq!(decided(&[], None), "no indicators");
    let ordinary = [
        Benign::WellKnownSite,
        Benign::PrivateAddress,
        Benign::WellKnownSite,
    ]
    .map(benign);
    assert_eq!(
        decided(&ordinary, None),
        "nothing counts: 2 well-known sites, 1 private address"
    );
    let private = [Benign::PrivateAddress; 2].map(benign);
    assert_eq!(
        decided(&private, None),
        "nothing counts: 2 private addresses"
    );
}

#[test]
fn where_an_indicator_is_from_is_told_where_flashpoint_was_asked() {
    let listed = |value: &str| Listed {
        kind: IndicatorType::Domain,
        value: value.to_owned(),
        detail: Detail::default(),
    };
    let mut found = ["first-site.ru", "second-site.ru"]
        .map(|value| indicator(IndicatorType::Domain, value, None))
        .to_vec();
    let list = OwnList {
        listed: ["second-site.ru", "third-site.ru", "?"]
            .map(listed)
            .to_vec(),
        unmapped: 1,
    };
    let own = Own::merge(list, &mut found, &Rules::default());
    let told = |at: usize| decided(&found[at..=at], Some(&own));
    assert_eq!(told(0), "Domain first-site.ru (from the text)");
    assert_eq!(
        told(1),
        "Domain second-site.ru (from the text and Flashpoint)"
    );
    assert_eq!(told(2), "Domain third-site.ru (from Flashpoint)");
    let mut row = row("a", "t", Verdict::Created, Some(found));
    row.own = Some(own);
    assert_eq!(
        why(&row, "MISP"),
        "Domain first-site.ru (from the text) and 2 more; 2 that Flashpoint lists are not known here"
    );
    let json = serde_json::to_value(ReportResult::new(&row, "MISP")).unwrap();
    let sources = |at: usize| json["indicators"][at]["sources"].clone();
    assert_eq!(sources(0), serde_json::json!(["Text"]));
    assert_eq!(sources(1), serde_json::json!(["Text", "Flashpoint"]));
    assert_eq!(sources(2), serde_json::json!(["Flashpoint"]));
}

#[test]
fn lines_are_aligned_and_titles_cut_to_the_terminal() {
    let rows = [
        row("a", &"long title ".repeat(20), Verdict::Unchanged, None),
        row(
            "bcd",
            "漢字",
            Verdict::Failed("no\u{1b}[31m".to_owned()),
            None,
        ),
    ];
    let shown = table(
        &rows,
        Look {
            width: Some(72),
            ..Look::default()
        },
    );
    let lines: Vec<&str> = shown.lines().take(2).collect();
    let at = |line: &str, text: &str| columns(line.split(text).next().unwrap());
    assert_eq!(at(lines[0], "unchanged"), at(lines[1], "failed"), "{shown}");
    assert!(columns(lines[0]) <= 72 && lines[0].contains('…'), "{shown}");
    assert!(!shown.contains('\u{1b}'), "{shown}");
}
