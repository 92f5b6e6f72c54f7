//! `extract`: a tool by itself.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::AsyncWriteExt as _;

use super::stage::{command, operator};

/// Something that counts and something that does not.
pub const TEXT: &str = "The C2 hxxp://badsite[.]ru/gate was seen behind 192.168.1.1.";

pub async fn extract(arguments: &[&str], input: &str) -> (i32, String, String) {
    let arguments: Vec<&str> = ["extract"].iter().chain(arguments).copied().collect();
    let run = operator(&arguments, input).await;
    (run.code, run.stdout, run.stderr)
}

fn file(name: &str, text: &str) -> (tempfile::TempDir, String) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join(name);
    std::fs::write(&path, text).unwrap();
    (directory, path.display().to_string())
}

#[tokio::test]
async fn a_pipe_gets_a_type_a_value_and_the_verdict_a_line() {
    let (code, out, error) = extract(&[], TEXT).await;
    assert_eq!((code, error.as_str()), (0, ""));
    assert_eq!(
        out,
        "URL\thttp://badsite.ru/gate\tcounts\nDomain\tbadsite.ru\tcounts\nIP\t192.168.1.1\tprivate address\n"
    );
    assert_eq!(extract(&["-"], TEXT).await.1, out);
}

#[tokio::test]
async fn a_feeds_own_rules_decide_what_counts() {
    let text = "badsite[.]ru, evil[.]top, github.com, CVE-2021-44228, Zorvex and Emotet";
    let mut own = super::stage::feed("own");
    own["spec"]["indicatorTypes"] = json!(["Domain", "Malware"]);
    own["spec"]["domains"] = json!({"ignore": ["badsite.ru"], "count": ["github.com"]});
    own["spec"]["malwareNames"] = json!({"add": ["Zorvex"], "ignore": ["Emotet"]});
    let (_directory, path) = file(
        "feeds.yaml",
        &format!("{}\n---\n{own}", super::stage::feed("other")),
    );
    let (code, out, error) = extract(&["--feed", &path, "--name", "own"], text).await;
    assert_eq!((code, error.as_str()), (0, ""));
    let expected = "Domain\tbadsite.ru\tignored domain\nDomain\tevil.top\tcounts\n\
        Domain\tgithub.com\tcounts\nCVE\tCVE-2021-44228\ttype not selected\nMalware\tZorvex\tcounts\n";
    assert_eq!(out, expected);
    let line = json!({"text": text}).to_string();
    let arguments = [
        "--jsonl",
        "--counting",
        "--feed",
        &path,
        "--name",
        "intel/own",
    ];
    let (_, out, _) = extract(&arguments, &line).await;
    let counting = |value| json!({"type": "Domain", "value": value});
    let answer: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(
        answer["indicators"],
        json!([counting("evil.top"), counting("github.com"), {"type": "Malware", "value": "Zorvex"}])
    );
    let (code, _, error) = extract(&["--feed", &path], text).await;
    assert_eq!(code, 2);
    assert!(
        error.contains("holds 2 feeds") && error.contains("choose one with --name"),
        "{error}"
    );
}

#[tokio::test]
async fn counting_lists_only_what_counts() {
    let (_, out, _) = extract(&["--counting"], TEXT).await;
    assert_eq!(
        out,
        "URL\thttp://badsite.ru/gate\tcounts\nDomain\tbadsite.ru\tcounts\n"
    );
}

#[tokio::test]
async fn files_of_text_html_and_json_are_told_apart_and_each_indicator_is_listed_with_its_file() {
    let (_html, html) = file(
        "a.html",
        "<html><body><p>bad<b>site</b>[.]ru and CVE-2021-44228</p></body></html>",
    );
    let report = json!({"id": "x", "title": "CVE-2021-44228", "body": "<p>CVE-2020-0601</p>", "asset_ids": ["CVE-2000-0001"]});
    let (_json, envelope) = file("b.json", &json!({"total": 1, "data": [report]}).to_string());
    let (code, out, error) = extract(&[&html, &envelope], "").await;
    assert_eq!((code, error.as_str()), (0, ""));
    let line = |kind, value, file: &str| format!("{kind}\t{value}\tcounts\t{file}\n");
    let expected = [
        line("Domain", "badsite.ru", &html),
        line("CVE", "CVE-2021-44228", &html),
        line("CVE", "CVE-2021-44228", &envelope),
        line("CVE", "CVE-2020-0601", &envelope),
    ];
    assert_eq!(out, expected.concat());
}

#[tokio::test]
async fn json_names_the_file_and_why_something_does_not_count() {
    let (_one, one) = file("one.txt", TEXT);
    let (_two, two) = file("two.txt", "nothing");
    let (code, out, error) = extract(&["-o", "json", &one, "/absent", &two], "").await;
    assert_eq!(code, 2, "{error}");
    let listed: Value = serde_json::from_str(&out).unwrap();
    let indicators = json!([
        {"type": "URL", "value": "http://badsite.ru/gate"},
        {"type": "Domain", "value": "badsite.ru"},
        {"type": "IP", "value": "192.168.1.1", "benign": "private address"},
    ]);
    assert_eq!(
        listed,
        json!([{"file": one, "indicators": indicators}, {"file": two, "indicators": []}])
    );
    let (_, out, _) = extract(&["-o", "json", "/absent"], "").await;
    assert_eq!(serde_json::from_str::<Value>(&out).unwrap(), json!([]));
}

#[tokio::test]
async fn a_table_can_be_had_without_a_terminal() {
    let (_, out, _) = extract(&["-o", "table"], "badsite[.]ru and 10.0.0.1").await;
    let expected = "Domain  badsite.ru  counts\nIP      10.0.0.1    private address\n2 found, 1 of them counts\n";
    assert_eq!(out, expected);
    for (text, told) in [
        (
            "badsite[.]ru and 10.0.0.1",
            "2 found, 1 of them counts; without --counting the other one is listed, and why it does not\n",
        ),
        (
            "github.com and 10.0.0.1",
            "2 found, 0 of them count; without --counting the other 2 are listed, and why they do not\n",
        ),
        ("nothing", "0 found, 0 of them count\n"),
    ] {
        let (_, out, _) = extract(&["-o", "table", "--counting"], text).await;
        assert!(out.ends_with(told) && !out.contains("10.0.0.1"), "{out}");
    }
}

#[tokio::test]
async fn the_format_can_be_said() {
    let markup = "CVE-2021-<b>44228</b>";
    assert_eq!(
        extract(&["--format", "html"], markup).await.1,
        "CVE\tCVE-2021-44228\tcounts\n"
    );
    assert_eq!(extract(&["--format", "text"], markup).await.1, "");
    // In the cells of a table words and addresses end where the cells do.
    let (table, found) = ("evil,.com,b.net\n", "Domain\tb.net\tcounts\n");
    assert_eq!(extract(&["--format", "csv"], table).await.1, found);
    let (_directory, path) = file("table.CSV", table);
    assert_eq!(extract(&[&path], "").await.1, found);
    let (code, out, error) = extract(&["--format", "json"], "no JSON").await;
    assert_eq!((code, out.as_str()), (2, ""));
    assert!(
        error.starts_with("error: standard input is not JSON"),
        "{error}"
    );
}

#[tokio::test]
async fn a_file_that_cant_be_read_does_not_hold_up_the_others() {
    let (_directory, good) = file("good.txt", TEXT);
    for mode in [&[][..], &["--jsonl"]] {
        let arguments: Vec<&str> = mode.iter().copied().chain(["/absent", &good]).collect();
        let (code, _, error) = extract(&arguments, "").await;
        assert_eq!(code, 2);
        assert!(
            error.starts_with("error: /absent can't be read: No such file"),
            "{error}"
        );
    }
    assert!(
        extract(&["/absent", &good], "")
            .await
            .1
            .contains("badsite.ru")
    );
}

#[tokio::test]
async fn jsonl_answers_each_line() {
    let lines = [
        json!({"id": "a", "text": TEXT}).to_string(),
        json!({"id": 7, "text": "nothing"}).to_string(),
        String::new(),
        json!({"text": "<p>CVE-2021-<b>44228</b></p>", "more": [1, {"text": 2}]}).to_string(),
        r#"{"id":{"a":[1]},"text":"CVE-2020-0601 \ud800"}"#.to_owned(),
    ];
    let (code, out, error) = extract(&["--jsonl"], &lines.join("\r\n")).await;
    assert_eq!((code, error.as_str()), (0, ""));
    let answers: Vec<Value> = out
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(
        answers,
        [
            json!({"id": "a", "indicators": [
                {"type": "URL", "value": "http://badsite.ru/gate"},
                {"type": "Domain", "value": "badsite.ru"},
                {"type": "IP", "value": "192.168.1.1", "benign": "private address"},
            ]}),
            json!({"id": 7, "indicators": []}),
            json!({"id": null, "indicators": [{"type": "CVE", "value": "CVE-2021-44228"}]}),
            json!({"id": {"a": [1]}, "indicators": [{"type": "CVE", "value": "CVE-2020-0601"}]}),
        ]
    );
    let (_, out, _) = extract(&["--jsonl", "--counting"], &lines[0]).await;
    assert!(
        !out.contains("benign") && out.contains("badsite.ru"),
        "{out}"
    );
}

#[tokio::test]
async fn a_line_that_is_no_document_is_named_and_the_others_go_on() {
    let input = "{\"id\":1,\"text\":\"CVE-2021-44228\"}\nnonsense\n{\"id\":3}\n{\"id\":4,\"text\":5}\n[]\n{\"id\":6,\"text\":\"\"}";
    let (code, out, error) = extract(&["--jsonl"], input).await;
    assert_eq!(code, 2);
    assert_eq!(out.lines().count(), 2, "{out}");
    let lines: Vec<&str> = error.lines().collect();
    assert_eq!(lines.len(), 4, "{error}");
    for (line, number) in lines.iter().zip([2, 3, 4, 5]) {
        assert!(
            line.starts_with(&format!("error: standard input: line {number} ")),
            "{line}"
        );
    }
}

/// As with `| head`.
#[tokio::test]
async fn a_reader_that_has_seen_enough_is_no_error() {
    let line = json!({"id": "x".repeat(1_000), "text": ""}).to_string();
    let (_directory, path) = file("many.jsonl", &vec![line; 1_000].join("\n"));
    let mut command = super::stage::command(&["extract", "--jsonl", &path]);
    let mut child = command.spawn().unwrap();
    drop(child.stdout.take());
    let run = super::stage::finish(child, "").await;
    assert_eq!((run.code, run.stderr.as_str()), (0, ""));
}

/// The cases made from the suites of other extractors, by the way that users go.
#[tokio::test]
async fn what_other_extractors_are_tested_on_is_found() {
    let cases = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/crates/indicators/fixtures/cases.jsonl"
    );
    let (code, out, error) = extract(&["--jsonl", cases], "").await;
    assert_eq!((code, error.as_str()), (0, ""));
    let set = |list: &Value| -> BTreeSet<(String, String)> {
        let text = |one: &Value, key: &str| one[key].as_str().unwrap().to_owned();
        let list = list.as_array().unwrap().iter();
        list.map(|one| (text(one, "type"), text(one, "value")))
            .collect()
    };
    let (mut right, mut missed, mut surplus) = (0, 0, 0);
    let written = std::fs::read_to_string(cases).unwrap();
    for (case, answer) in written.lines().zip(out.lines()) {
        let case: Value = serde_json::from_str(case).unwrap();
        let answer: Value = serde_json::from_str(answer).unwrap();
        assert_eq!(case["id"], answer["id"]);
        let (expected, forbidden) = (set(&case["expect"]), set(&case["forbid"]));
        let found = set(&answer["indicators"]);
        let complete = case["complete"].as_array().unwrap();
        right += expected.intersection(&found).count();
        missed += expected.difference(&found).count();
        surplus += found
            .iter()
            .filter(|one| {
                forbidden.contains(one)
                    || complete.contains(&json!(one.0)) && !expected.contains(one)
            })
            .count();
    }
    println!("{right} right, {missed} missed, {surplus} surplus");
    assert!(right > 160, "{right}");
    assert!(100 * right >= 97 * (right + missed), "recall");
    assert!(100 * right >= 98 * (right + surplus), "precision");
}

#[tokio::test]
async fn the_number_of_an_item_and_a_whole_host_are_no_half_of_one() {
    for text in [
        "C2 servers:\n1-\nevil-one[.]ru\n2-\nbad-two[.]net\n",
        "evil-one[.]ru-\nbad-two[.]net\n",
    ] {
        let (_, out, _) = extract(&[], text).await;
        assert_eq!(
            out, "Domain\tevil-one.ru\tcounts\nDomain\tbad-two.net\tcounts\n",
            "{text}"
        );
    }
}

#[tokio::test]
async fn a_blank_line_that_comes_first_and_by_itself_is_no_empty_input() {
    let mut child = command(&["extract", "--jsonl"]).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(b"\n").await.unwrap();
    stdin.flush().await.unwrap();
    tokio::time::sleep(Duration::from_secs(1)).await;
    let _ = stdin
        .write_all(b"{\"id\":1,\"text\":\"evil-site[.]ru\"}\n")
        .await;
    drop(stdin);
    let output = child.wait_with_output().await.unwrap();
    let (out, error) = (
        String::from_utf8_lossy(&output.stdout).into_owned(),
        String::from_utf8_lossy(&output.stderr).into_owned(),
    );
    assert!(out.contains("evil-site.ru"), "{out} {error}");
}
