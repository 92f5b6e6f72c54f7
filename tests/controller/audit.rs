//! Why a report was sent, or was not: the log, and the ledger as a person sees it.

use std::process::Output;

use flashpoint_operator::api::Reason;
use serde_json::{Value, json};
use simulators::faults::{Calls, Fault, Reply};
use simulators::reports::Report;
use simulators::trustar::ENCLAVE;

use crate::harness::{Operator, Stage, reason};

fn report(id: &str, body: &str) -> Report {
    let now = jiff::Timestamp::now().to_string();
    let fields = json!({"id": id, "title": id, "posted_at": now, "updated_at": now, "body": body});
    Report::new(&fields, Vec::new())
}

/// What the log says of reports with this message.
fn lines(operator: &Operator, message: &str) -> Vec<Value> {
    let log = operator.log();
    let lines = log.lines().map(|line| serde_json::from_str(line).unwrap());
    lines
        .filter(|line: &Value| line["message"] == message)
        .collect()
}

fn texts(line: &Value, fields: &[&str]) -> Vec<String> {
    fields
        .iter()
        .map(|field| line[field].as_str().unwrap_or_default().to_owned())
        .collect()
}

#[tokio::test]
async fn every_write_and_every_verdict_has_a_line_that_nothing_outside_can_break() {
    let stage = Stage::new("audit").await;
    stage
        .flashpoint
        .put(report("evil", "C2 at hxxp://badsite[.]ru/a\u{202e}"));
    stage.flashpoint.put(report("ordinary", "see 10.0.0.1"));
    stage.flashpoint.put(report("b\u{1b}[2J", "CVE-2021-44228"));
    let operator = stage.operator().await;
    stage.feed("feed").await;
    stage.until_synced("feed").await;
    stage.request("feed", "one").await;
    stage.until_handled("feed", "one").await;

    let mut written: Vec<_> = lines(&operator, "a report was written")
        .iter()
        .map(|line| {
            assert_eq!(
                (&line["level"], &line["name"]),
                (&json!("INFO"), &json!("feed"))
            );
            assert_eq!(line["namespace"], stage.namespace);
            texts(line, &["report", "destination", "verdict", "because"])
        })
        .collect();
    written.sort_unstable();
    assert_eq!(
        written,
        [
            ["b\\u{1b}[2J", ENCLAVE, "created", "CVE CVE-2021-44228"],
            [
                "evil",
                ENCLAVE,
                "created",
                "URL http://badsite.ru/a and 1 more"
            ],
        ]
    );
    let looked = lines(&operator, "a report was looked at");
    assert!(looked.iter().all(|line| line["level"] == "DEBUG"));
    let of = |id: &str| {
        let lines = looked.iter().filter(|line| line["report"] == id);
        lines
            .map(|line| texts(line, &["verdict", "because"]))
            .collect::<Vec<_>>()
    };
    assert_eq!(
        of("ordinary"),
        [
            [
                "withoutIndicators",
                "nothing counts: 1 private address (10.0.0.1)"
            ],
            ["withoutIndicators", "nothing counted when it was examined"],
        ]
    );
    assert_eq!(of("evil")[1], ["unchanged", "in the enclave as it is"]);
}

async fn ledger(stage: &Stage, arguments: &[&str]) -> Output {
    tokio::process::Command::new(env!("CARGO_BIN_EXE_flashpoint-operator"))
        .arg("ledger")
        .args(arguments)
        .env_clear()
        .env("KUBECONFIG", &stage.kubeconfig)
        .output()
        .await
        .unwrap()
}

fn said(output: &Output) -> (Option<i32>, String, String) {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    (
        output.status.code(),
        text(&output.stdout),
        text(&output.stderr),
    )
}

#[tokio::test]
async fn a_ledger_is_printed_as_people_read_it_and_as_json() {
    let stage = Stage::new("ledger-shown").await;
    stage.flashpoint.put(report("evil", "CVE-2021-44228"));
    stage.flashpoint.put(report("ordinary", "see 10.0.0.1"));
    stage.flashpoint.put(report("refused", "CVE-2021-44229"));
    stage.flashpoint.put(report("skipped", "CVE-2021-44230"));
    let refused = Fault::on("POST", "/api/1.3/reports").body("\"refused\"");
    let refused = refused.calls(Calls::All).reply(Reply::status(422));
    stage.trustar.controls().faults.set(refused);
    let _operator = stage.operator().await;
    stage.feed_with("feed", json!({"skip": ["skipped"]})).await;
    let feed = stage.until_reason("feed", Reason::SyncedWithFailures).await;
    assert_eq!(reason(&feed), Some(Reason::SyncedWithFailures));

    let namespace = stage.namespace.as_str();
    let (code, table, error) = said(&ledger(&stage, &["-n", namespace, "feed"]).await);
    assert_eq!((code, error.as_str()), (Some(0), ""), "{table}");
    let row = |id: &str| {
        let row = table.lines().find(|line| line.starts_with(id));
        row.unwrap_or_else(|| panic!("{id}: {table}")).to_owned()
    };
    assert!(row("ID ").ends_with("STATE               WHY"), "{table}");
    assert!(
        row("evil ").contains("  sent                at the destination as it was received"),
        "{table}"
    );
    assert!(
        row("ordinary ").contains("  without indicators  nothing in it counts"),
        "{table}"
    );
    let failed = row("refused ");
    assert!(
        failed.contains("  failed ")
            && failed.contains("422")
            && failed.contains("; tried 1 time, again at "),
        "{table}"
    );
    assert!(
        row("skipped ").contains("  skipped             spec.skip named it"),
        "{table}"
    );
    let end = format!(
        "feed {namespace}/feed, to {ENCLAVE}: 4 reports: 1 failed, 1 sent, 1 skipped, 1 without indicators\n"
    );
    assert!(table.ends_with(&end), "{table}");

    let (code, json, _) =
        said(&ledger(&stage, &["--namespace", namespace, "feed", "-o", "json"]).await);
    let json: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(code, Some(0));
    assert_eq!(json["feed"], format!("{namespace}/feed"));
    assert_eq!(json["totals"]["submitted"], 1);
    let reports = json["reports"].as_array().unwrap();
    let failed = reports
        .iter()
        .find(|report| report["id"] == "refused")
        .unwrap();
    assert_eq!(
        (&failed["state"], &failed["attempts"]),
        (&json!("failed"), &json!(1))
    );
    let ordinary = reports.iter().find(|report| report["id"] == "ordinary");
    assert_eq!(ordinary.unwrap()["state"], "withoutIndicators");
    assert!(failed["nextAttempt"].is_string() && failed["filedAt"].is_string());
}

#[tokio::test]
async fn who_asks_for_a_ledger_that_is_not_there_is_told_what_is() {
    let stage = Stage::new("ledger-absent").await;
    stage.feed("feed").await;
    let namespace = stage.namespace.as_str();
    let (code, out, error) = said(&ledger(&stage, &["-n", namespace, "fed"]).await);
    assert_eq!((code, out.as_str()), (Some(2), ""));
    let told = format!(
        "error: there is no ledger {namespace}/fed: kubectl -n {namespace} get flashpointfeeds shows the feeds there"
    );
    assert!(error.starts_with(&told), "{error}");

    let (code, _, error) = said(&ledger(&stage, &["-n", "kube-system", "feed"]).await);
    assert_eq!(code, Some(1));
    assert!(
        error.contains("forbidden") && error.contains("the right to get flashpointledgers.flashpoint-operator.dev in namespace kube-system"),
        "{error}"
    );

    let missing = stage.kubeconfig.with_file_name("no-such-kubeconfig");
    let nowhere = tokio::process::Command::new(env!("CARGO_BIN_EXE_flashpoint-operator"))
        .args(["ledger", "feed"])
        .env_clear()
        .env("KUBECONFIG", missing)
        .output();
    let (code, _, error) = said(&nowhere.await.unwrap());
    assert_eq!(code, Some(1));
    assert!(
        error.starts_with("error: failed to find a cluster: ")
            && error
                .trim_end()
                .ends_with("set KUBECONFIG to a file that leads there"),
        "{error}"
    );
    let (code, _, error) = said(&ledger(&stage, &["-n", namespace]).await);
    assert_eq!(code, Some(2));
    assert!(error.contains("<NAME>"), "{error}");
}
