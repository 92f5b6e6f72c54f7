//! Why a report was sent, or was not, in words for people: on one line, escaped and bounded. Pure.

use std::collections::BTreeMap;

use indicators::{Benign, Indicator};

use super::own::Own;
use super::ports::{Line, Verdict};
use crate::telemetry::shown;

/// The most bytes of an indicator that is named: a SHA-256 in hex.
const INDICATOR_BYTES: usize = 64;

/// The most bytes of a service's reason.
const REASON_BYTES: usize = 4_096;

/// So many indicators that do not count are named for each reason why not.
const NAMED: usize = 3;

/// Why a report stands as it does. `place` is where reports go, as a message calls it; `known` what decided when it was
/// examined before, where somebody remembers that.
#[must_use]
pub fn because(line: &Line<'_>, place: &str, known: Option<&str>) -> String {
    let missing = if line.without_csv {
        "; its CSV data could not be had"
    } else {
        ""
    };
    let why = match (line.verdict, line.indicators, known) {
        (Verdict::Failed(reason) | Verdict::Pending(reason), _, _) => {
            shown::line(reason, REASON_BYTES)
        }
        (Verdict::NotPublished, _, _) => "its published_status is not \"published\"".to_owned(),
        (Verdict::Skipped, _, _) => "spec.skip names it".to_owned(),
        (_, Some(indicators), _) => decided(indicators, line.own),
        (Verdict::Unchanged, None, Some(known)) => format!("in {place} as it is: {known}"),
        (Verdict::Unchanged, None, None) => format!("in {place} as it is"),
        (Verdict::WithoutIndicators, None, known) => known
            .unwrap_or("nothing counted when it was examined")
            .to_owned(),
        (Verdict::Created | Verdict::Updated, None, known) => {
            let known = known.map_or_else(String::new, |known| format!("{known}; "));
            format!("{known}it was accepted before, and the rest was still to be done")
        }
    };
    let unmapped = match line.own.map_or(0, |own| own.unmapped) {
        0 => String::new(),
        count => format!("; {count} that Flashpoint lists are not known here"),
    };
    format!("{why}{missing}{unmapped}")
}

/// The indicator that makes a report worth sending, or why there is none.
#[must_use]
pub fn decided(indicators: &[Indicator], own: Option<&Own>) -> String {
    let mut counting = indicators.iter().filter(|indicator| indicator.counts());
    if let Some(first) = counting.next() {
        let more = match counting.count() {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        let from = match own.map(|own| own.sources(first)) {
            None => "",
            Some(from) if !from.flashpoint => " (from the text)",
            Some(from) if !from.text => " (from Flashpoint)",
            Some(_) => " (from the text and Flashpoint)",
        };
        return format!("{} {}{from}{more}", first.kind, named(&first.value));
    }
    let mut reasons: BTreeMap<Benign, Vec<&str>> = BTreeMap::new();
    for indicator in indicators {
        if let Some(benign) = indicator.benign {
            let name = name(&indicator.value, benign);
            reasons.entry(benign).or_default().push(name);
        }
    }
    if reasons.is_empty() {
        return "no indicators".to_owned();
    }
    let reasons: Vec<String> = reasons
        .into_iter()
        .map(|(benign, values)| format!("{} ({})", so_many(values.len(), benign), names(&values)))
        .collect();
    format!("nothing counts: {}", reasons.join(", "))
}

/// What is named of an indicator that does not count: of a URL its host, where that is why.
fn name(value: &str, benign: Benign) -> &str {
    let by_host = matches!(
        benign,
        Benign::WellKnownSite | Benign::FlashpointHost | Benign::IgnoredDomain
    );
    let rest = value.split_once("://").filter(|_| by_host);
    rest.map_or(value, |(_, rest)| {
        rest.split(['/', '?', '#']).next().unwrap_or(rest)
    })
}

/// The first few of these, each once.
fn names(values: &[&str]) -> String {
    let mut first: Vec<&str> = Vec::new();
    for value in values {
        if first.contains(value) {
            continue;
        }
        if first.len() == NAMED {
            first.push("…");
            break;
        }
        first.push(value);
    }
    let first: Vec<String> = first.into_iter().map(named).collect();
    first.join(", ")
}

fn named(value: &str) -> String {
    shown::line(value, INDICATOR_BYTES)
}

/// `1 private address`, `3 well-known sites`.
fn so_many(count: usize, benign: Benign) -> String {
    let one = benign.as_str();
    match benign {
        _ if count == 1 => format!("1 {one}"),
        Benign::TypeNotSelected => format!("{count} of types not selected"),
        Benign::LowConfidenceName => format!("{count} names of low confidence"),
        _ if one.ends_with('s') => format!("{count} {one}es"),
        _ => format!("{count} {one}s"),
    }
}

#[cfg(test)]
mod tests {
    use indicators::{IndicatorType, Rules};

    use super::*;
    use crate::sync::own::{Detail, Listed, OwnList};

    fn domain(value: &str, benign: Option<Benign>) -> Indicator {
        Indicator {
            kind: IndicatorType::Domain,
            value: value.to_owned(),
            defanged: false,
            benign,
        }
    }

    #[test]
    fn it_names_the_deciding_indicator_or_what_did_not_count() {
        let benign = |value, kind| domain(value, Some(kind));
        let evil = domain("evil.example", None);
        let site = |value| benign(value, Benign::WellKnownSite);
        assert_eq!(
            decided(&[site("x.com"), evil.clone()], None),
            "Domain evil.example"
        );
        assert_eq!(
            decided(&[evil.clone(), evil], None),
            "Domain evil.example and 1 more"
        );
        assert_eq!(decided(&[], None), "no indicators");
        let private = benign("10.0.0.1", Benign::PrivateAddress);
        assert_eq!(
            decided(
                &[
                    site("https://x.com/a?b"),
                    private.clone(),
                    site("y.com"),
                    site("x.com")
                ],
                None
            ),
            "nothing counts: 3 well-known sites (x.com, y.com), 1 private address (10.0.0.1)"
        );
        assert_eq!(
            decided(&[private.clone(), private], None),
            "nothing counts: 2 private addresses (10.0.0.1)"
        );
    }

    #[test]
    fn what_was_still_to_be_done_is_told_in_words_that_hold_for_each_destination() {
        let line = Line {
            id: "a",
            title: "t",
            posted_at: None,
            verdict: &Verdict::Created,
            indicators: None,
            own: None,
            without_csv: false,
            written: true,
        };
        let told = because(&line, "the collection", Some("Domain evil.example"));
        assert!(told.starts_with("Domain evil.example; "), "{told}");
        assert!(!told.contains("tags"), "TruSTAR alone has them: {told}");
    }

    #[test]
    fn however_many_there_are_few_are_named_and_nothing_steers_a_terminal() {
        let sites: Vec<_> = (0..1_000)
            .map(|at| {
                domain(
                    &format!("{at}\u{1b}[2J{}", "x".repeat(200)),
                    Some(Benign::WellKnownSite),
                )
            })
            .collect();
        let told = decided(&sites, None);
        assert!(told.starts_with("nothing counts: 1000 well-known sites (0\\u{1b}"));
        assert!(told.ends_with(", …)") && told.len() < 300, "{told}");
        assert!(!told.contains('\u{1b}'));
    }

    #[test]
    fn where_an_indicator_is_from_is_told_where_flashpoint_was_asked() {
        let listed = |value: &str| Listed {
            kind: IndicatorType::Domain,
            value: value.to_owned(),
            detail: Detail::default(),
        };
        let mut found = vec![
            domain("first-site.ru", None),
            domain("second-site.ru", None),
        ];
        let list = OwnList {
            listed: ["second-site.ru", "third-site.ru", "?"]
                .map(listed)
                .to_vec(),
            unmapped: 1,
            cut: false,
        };
        let own = Own::merge(list, &mut found, &Rules::default());
        for (at, told) in [
            "Domain first-site.ru (from the text)",
            "Domain second-site.ru (from the text and Flashpoint)",
            "Domain third-site.ru (from Flashpoint)",
        ]
        .into_iter()
        .enumerate()
        {
            assert_eq!(decided(&found[at..=at], Some(&own)), told);
        }
        let line = Line {
            id: "a",
            title: "t",
            posted_at: None,
            verdict: &Verdict::Created,
            indicators: Some(&found),
            own: Some(&own),
            without_csv: false,
            written: true,
        };
        assert_eq!(
            because(&line, "MISP", None),
            "Domain first-site.ru (from the text) and 2 more; 2 that Flashpoint lists are not known here"
        );
    }
}
