//! What it takes to look at 16 MiB of any text: read, searched for links, examined and mapped.

use std::hint::black_box;
use std::process::{Command, Stdio};

use flashpoint_operator::destinations::trustar::mapping;
use flashpoint_operator::flashpoint::{csv_links, fields};
use flashpoint_operator::sync::report::CsvData;
use flashpoint_operator::sync::report::{MAX_REPORT_BYTES, Report};
use indicators::{Markup, Rules};
use serde_json::value::RawValue;

use super::process;

/// The most that a report's text may take, in milliseconds.
const MOST_MS: u128 = 1_000;

/// Names the text that a process of its own is to look at.
const CASE: &str = "BOUNDS_CASE";

/// Texts by what they are repetitions of, in a field of a report; `#` stands for another number in each.
const CASES: [(&str, &str, &str); 29] = [
    ("links, each another", "body", "https://a#.com/a.csv "),
    ("addresses, each another", "body", "2001:db8::# "),
    ("domains, each another", "body", "a#.com "),
    ("characters of no width", "body", "a\u{200b}"),
    ("escapes", "body", "a\n"),
    ("links", "body", "https://fp.tools/a.csv "),
    ("links in a list", "body", "https://fp.tools/a.csv,"),
    ("attributes", "body", "<a href='/a.csv'>a</a>"),
    ("commas", "body", ","),
    ("http", "body", "http"),
    ("href=", "body", "href="),
    ("one word", "body", "a"),
    ("tags that open", "body", "<"),
    ("entities", "body", "&"),
    ("entities whole", "body", "&amp;"),
    ("dots in brackets", "body", "[.]"),
    ("quotes", "body", "\""),
    ("single quotes", "body", "'"),
    ("digits", "body", "1"),
    ("addresses", "body", "8.8.8.8 "),
    ("dots", "body", "."),
    ("names", "body", "a.b."),
    ("elements", "body", "<p>word</p>"),
    ("line feeds", "body", "\n"),
    ("letters beyond ASCII", "body", "\u{4e2d}"),
    ("title", "title", "word "),
    ("tags", "tags", r#""a","#),
    ("nested arrays", "sources", "[[[[[[[\"csv\"]]]]]]],"),
    ("objects", "sources", r#"{"a":"csv"},"#),
];

/// A report of 16 MiB, whose field is so many repetitions.
fn report(field: &str, piece: &str) -> Box<RawValue> {
    let array = matches!(field, "tags" | "sources");
    let json = if array {
        piece.to_owned()
    } else {
        let quoted = serde_json::to_string(piece).unwrap();
        quoted[1..quoted.len() - 1].to_owned()
    };
    let bytes = MAX_REPORT_BYTES - 200;
    let mut text = String::with_capacity(bytes);
    for at in 0.. {
        let piece = json.replace('#', &format!("{at:x}"));
        if text.len() + piece.len() > bytes {
            break;
        }
        text.push_str(&piece);
    }
    let value = if array {
        format!("[{}]", text.trim_end_matches(','))
    } else {
        // With it the search for links has something to find.
        format!("\"{text} .csv\"")
    };
    RawValue::from_string(format!(r#"{{"id":"a","{field}":{value}}}"#)).unwrap()
}

/// Looks at a report as a sync does.
fn look(report: &Report, rules: &Rules) {
    black_box(csv_links::candidates(report));
    {
        let texts = fields::parts(&report.fields);
        let parts: Vec<(Markup, &str)> = texts
            .iter()
            .map(|(markup, text)| (*markup, text.as_ref()))
            .collect();
        black_box(indicators::find(&parts, rules));
    }
    black_box(mapping::map(report, &CsvData::None));
}

/// Looks at one text in this process, which is nothing but that, and prints milliseconds and bytes: what it takes to read
/// the report and to look at it, and what is held meanwhile besides the report.
#[test]
#[ignore = "release only: make test-all"]
fn look_at_one() {
    let Ok(name) = std::env::var(CASE) else {
        return;
    };
    let (_, field, piece) = CASES.iter().find(|(case, ..)| *case == name).unwrap();
    let rules = Rules::default();
    let small = r#"{"id":"a","body":"CVE-2021-1 a.com"}"#.to_owned();
    let small = RawValue::from_string(small).unwrap();
    // Lists are unpacked once in a process.
    look(&Report::parse(&small).unwrap(), &rules);
    let raw = report(field, piece);
    let begun = process::ran();
    let report = Report::parse(&raw).unwrap();
    drop(raw);
    process::forget_peak();
    let held = process::held("self").unwrap();
    look(&report, &rules);
    let took = process::ran().saturating_sub(begun).as_millis();
    let peak = process::peak("self").unwrap();
    println!("\n{CASE} {took} {}", peak.saturating_sub(held));
}

#[test]
#[ignore = "release only: make test-all"]
fn sixteen_mib_of_any_text_take_a_second_and_twice_their_size() {
    let mut missed = Vec::new();
    for (name, ..) in CASES {
        let one = Command::new(std::env::current_exe().unwrap())
            .args(["--ignored", "--exact", "--nocapture", "text::look_at_one"])
            .env(CASE, name)
            // What is free is given back at once, so that only what is held counts.
            .env("MALLOC_MMAP_THRESHOLD_", "131072")
            .stderr(Stdio::inherit())
            .output()
            .unwrap();
        let told = String::from_utf8(one.stdout).unwrap();
        let line = told.lines().find_map(|line| line.strip_prefix(CASE));
        let (took, bytes) = line.unwrap().trim().split_once(' ').unwrap();
        let (took, bytes): (u128, u64) = (took.parse().unwrap(), bytes.parse().unwrap());
        let times = bytes * 100 / MAX_REPORT_BYTES as u64;
        let line = format!(
            "{name}: {took} ms, {}.{:02} times its size besides",
            times / 100,
            times % 100
        );
        println!("{line}");
        if took > MOST_MS || times >= 200 {
            missed.push(line);
        }
    }
    assert!(missed.is_empty(), "too much: {missed:#?}");
}
