//! Texts longer than what is searched at once, and more indicators than are listed.

use crate::{Markup, Rules};

#[test]
fn a_long_text_is_searched_to_its_end() {
    let rules = Rules::default();
    for separator in ["\n", " ", ","] {
        let hosts: Vec<_> = (0..60_000)
            .map(|at| format!("host{at}.example.com"))
            .collect();
        let text = hosts.join(separator);
        assert!(text.len() > 4 * crate::text::PIECE);
        let found = crate::find_all(&[(Markup::Text, &text)], &rules);
        // Where nothing ends a word, a piece may.
        let torn = if separator == "," {
            2 * text.len() / crate::text::PIECE
        } else {
            0
        };
        let listed: std::collections::HashSet<_> =
            found.iter().map(|found| found.value.as_str()).collect();
        let missing = hosts
            .iter()
            .filter(|host| !listed.contains(host.as_str()))
            .count();
        assert!(
            missing <= torn,
            "{missing} are missing between {separator:?}"
        );
    }
}

#[test]
fn indicators_have_an_end_and_one_that_counts_is_told_nevertheless() {
    let rules = Rules::default();
    let ordinary = |at: u32| format!("10.{}.{}.{}\n", at >> 16, at >> 8 & 255, at & 255);
    let mut text: String = (0..50_000).map(ordinary).collect();
    text.push_str("evil-site.ru");
    let parts = [(Markup::Text, text.as_str())];
    let found = crate::find(&parts, &rules);
    assert_eq!(found.len(), crate::MOST_INDICATORS / 2 + 1);
    assert!(found.last().unwrap().counts());
    assert_eq!(crate::find_all(&parts, &rules).len(), 50_001);
}
