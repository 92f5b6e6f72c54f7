//! Text from outside in logs and results: no report forges a line, turns the text around or steers the terminal.

use serde_json::{Value, json};
use simulators::faults::{Fault, Reply};

use super::stage::{Run, Stage, command, finish};
use super::sync::report;

/// An id with what breaks a line, steers a terminal, turns text around and hides it.
const FORGED: &str = "r1\n2026-01-01T00:00:00Z ERROR forged: the feed is gone\u{1b}[2J\u{202e}gpj\u{2028}\u{200b}\u{9b}2J\u{e0041}";

const UNSEEN: [char; 7] = [
    '\u{1b}',
    '\u{202e}',
    '\u{2028}',
    '\u{200b}',
    '\u{9b}',
    '\u{e0041}',
    '\0',
];

fn assert_seen(text: &str) {
    assert!(!text.contains(UNSEEN), "{text:?}");
    let forged = text.lines().find(|line| line.starts_with("2026-01-01"));
    assert_eq!(forged, None, "{text}");
}

/// A sync of one report with that id and title, whose CSV can't be had and whose writes are refused in such words.
async fn synced(arguments: &[&str]) -> Run {
    let stage = Stage::with_reports(0).await;
    let link = format!("{}/gone.csv", stage.flashpoint.url());
    let fields = json!({"title": FORGED, "body": format!("CVE-2021-44228 {link}")});
    stage.flashpoint.put(report(FORGED, &fields));
    let refusal = json!({"message": FORGED}).to_string();
    let refused = Fault::on("POST", "/api/1.3/reports").reply(Reply::json(422, &refusal));
    stage.trustar.controls().faults.set(refused);
    let mut sync = stage.sync(&["-f", "feed.yaml", "--secret", "secret.yaml"]);
    sync.args(arguments).env("RUST_LOG", "debug");
    finish(sync.spawn().unwrap(), "").await
}

#[tokio::test]
async fn a_reports_id_forges_no_line_of_the_log() {
    let run = synced(&[]).await;
    assert!(
        run.stderr.contains("CSV data could not be had") && run.stderr.contains("ERROR forged"),
        "the log speaks of the report: {}",
        run.stderr
    );
    assert_seen(&run.stderr);
}

#[tokio::test]
async fn nor_of_the_results() {
    let run = synced(&[]).await;
    assert!(run.stdout.contains("r1 2026-01-01T00:00:00Z ERROR forged"));
    assert!(run.stdout.contains("\\u{202e}gpj"), "{}", run.stdout);
    assert_seen(&run.stdout);
    let run = synced(&["-o", "json"]).await;
    assert_seen(&run.stdout);
    assert_eq!(run.json()["reports"][0]["id"], FORGED);
}

/// The operator itself, of which the one text from outside without a cluster is its configuration.
#[tokio::test]
async fn nor_of_the_operators_log_in_either_format() {
    for format in ["text", "json"] {
        let directory = tempfile::tempdir().unwrap();
        let configuration = json!({
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": "here",
            "contexts": [{"name": "here", "context": {"cluster": FORGED, "user": "me"}}],
            "clusters": [],
            "users": [],
        });
        let file = directory.path().join("config");
        std::fs::write(&file, configuration.to_string()).unwrap();
        let mut run = command(&["run", "--log-format", format]);
        run.env("KUBECONFIG", &file);
        run.env_remove("KUBERNETES_SERVICE_HOST");
        let run = finish(run.spawn().unwrap(), "").await;
        assert_eq!(run.code, 1);
        assert!(run.stderr.contains("forged"), "{}", run.stderr);
        assert_seen(&run.stderr);
        if format == "json" {
            for line in run.stderr.lines() {
                serde_json::from_str::<Value>(line).unwrap();
            }
        }
    }
}

#[tokio::test]
async fn nor_of_what_extract_prints_as_json() {
    let id = json!({"id": FORGED, "text": "CVE-2021-44228"});
    let run = super::operator(&["extract", "--jsonl"], &id.to_string()).await;
    assert_seen(&run.stdout);
    assert_eq!(run.json()["id"], FORGED);
}
