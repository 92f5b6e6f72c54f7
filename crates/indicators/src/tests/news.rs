//! Ordinary texts with links: none of them may make a report worth sending.

use serde::Deserialize;

use crate::{Markup, Rules};

const TEXTS: &str = include_str!("../../fixtures/news.jsonl");

#[derive(Deserialize)]
struct News {
    markup: String,
    text: String,
}

#[test]
fn nothing_in_ordinary_texts_counts() {
    let mut wrong = Vec::new();
    for line in TEXTS.lines() {
        let news: News = serde_json::from_str(line).unwrap();
        let markup = if news.markup == "html" {
            Markup::Html
        } else {
            Markup::Text
        };
        let found = crate::find(&[(markup, &news.text)], &Rules::default());
        wrong.extend(
            found
                .into_iter()
                .filter(crate::Indicator::counts)
                .map(|indicator| {
                    format!("{} {} in {}", indicator.kind, indicator.value, news.text)
                }),
        );
    }
    assert!(
        wrong.is_empty(),
        "{} counted:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}
