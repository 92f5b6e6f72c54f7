//! Tricky texts, each with the only indicators of its type, and the reason.

use serde::Deserialize;

use crate::{IndicatorType, Markup, Rules};

const CASES: &str = include_str!("../../fixtures/tricky.jsonl");

#[derive(Deserialize)]
struct Case {
    r#type: IndicatorType,
    text: String,
    expect: Vec<String>,
    why: String,
}

#[test]
fn each_text_holds_what_it_holds_and_no_more() {
    let mut wrong = Vec::new();
    for line in CASES.lines() {
        let case: Case = serde_json::from_str(line).unwrap();
        let found: Vec<String> = crate::find(&[(Markup::Text, &case.text)], &Rules::default())
            .into_iter()
            .filter(|indicator| indicator.kind == case.r#type)
            .map(|indicator| indicator.value)
            .collect();
        if found != case.expect {
            wrong.push(format!(
                "{} ({}): {:?} gave {found:?}, not {:?}",
                case.r#type, case.why, case.text, case.expect
            ));
        }
    }
    assert!(
        wrong.is_empty(),
        "{} wrong:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}
