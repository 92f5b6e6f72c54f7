//! The examples for users are what really happens.

use crate::{Markup, Rules};

const PAGE: &str = include_str!("../../../../docs/indicators.md");

#[test]
fn the_examples_are_true() {
    let blocks: Vec<(&str, String)> = blocks(PAGE);
    let mut examples = 0;
    for pair in blocks.windows(2) {
        let [("input", input), ("found", expected)] = pair else {
            continue;
        };
        let found: Vec<String> = crate::find(&[(Markup::detect(input), input)], &Rules::default())
            .into_iter()
            .map(|indicator| {
                let why = indicator.benign.map_or("", crate::Benign::as_str);
                format!("{} {} {why}", indicator.kind, indicator.value)
                    .trim_end()
                    .to_owned()
            })
            .collect();
        let expected: Vec<String> = expected
            .lines()
            .map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "))
            .collect();
        assert_eq!(found, expected, "{input}");
        examples += 1;
    }
    let inputs = blocks
        .iter()
        .filter(|(language, _)| *language == "input")
        .count();
    assert!(examples == inputs && examples > 5, "{examples} of {inputs}");
}

/// The fenced blocks of a page: language and content.
fn blocks(page: &str) -> Vec<(&str, String)> {
    let mut blocks = Vec::new();
    let mut lines = page.lines();
    while let Some(line) = lines.next() {
        if let Some(language) = line.strip_prefix("```") {
            let content: Vec<&str> = lines.by_ref().take_while(|line| *line != "```").collect();
            blocks.push((language, content.join("\n")));
        }
    }
    blocks
}
