//! `sync`: a whole sync without a cluster.

use serde_json::{Value, json};
use simulators::faults::{Fault, Reply};
use simulators::reports::Report;

use super::stage::{CANARIES, Stage, VARIABLES, feed, finish, secret_of};

/// The lines of a table about one report.
pub fn line<'a>(table: &'a str, id: &str) -> &'a str {
    table
        .lines()
        .find(|line| line.starts_with(id))
        .unwrap_or_else(|| panic!("no line for {id}: {table}"))
}

pub fn report(id: &str, fields: &Value) -> Report {
    let now = jiff::Timestamp::now().to_string();
    let mut report =
        json!({"id": id, "title": format!("Title of {id}"), "posted_at": now, "updated_at": now});
    report
        .as_object_mut()
        .unwrap()
        .extend(fields.as_object().unwrap().clone());
    Report::new(&report, Vec::new())
}

#[tokio::test]
async fn the_first_sync_fills_the_enclave_and_the_second_writes_nothing() {
    let stage = Stage::with_reports(20).await;
    let first = stage.synced(&["--state", "state.json"]).await;
    assert_eq!(
        (first.code, first.stderr.as_str()),
        (0, ""),
        "{}",
        first.stdout
    );
    stage.assert_clean();
    let planted = stage.planted();
    let ready = format!(
        "Ready=True Synced: 20 reports considered: {planted} created, 0 updated, 0 unchanged, "
    );
    assert!(first.ready().starts_with(&ready), "{}", first.stdout);
    for report in stage.flashpoint.reports() {
        let verdict = if report.planted.is_empty() {
            "  no indicators  "
        } else {
            "  created  "
        };
        assert!(
            line(&first.stdout, &report.id)
                .replace("      ", "")
                .contains(verdict.trim()),
            "{}",
            first.stdout
        );
    }

    let writes = stage.trustar.writes().len();
    let second = stage.synced(&["--state", "state.json"]).await;
    assert_eq!(second.code, 0);
    assert_eq!(stage.trustar.writes().len(), writes);
    assert!(
        second
            .ready()
            .contains(&format!("0 created, 0 updated, {planted} unchanged, ")),
        "{}",
        second.stdout
    );

    let edited = stage
        .flashpoint
        .reports()
        .into_iter()
        .find(|report| !report.planted.is_empty())
        .unwrap();
    stage.flashpoint.edit(&edited.id, |fields| {
        fields.insert("title".to_owned(), json!("Edited"));
    });
    let third = stage.synced(&["--state", "state.json"]).await;
    assert!(
        line(&third.stdout, &edited.id).contains("updated"),
        "{}",
        third.stdout
    );
    stage.assert_clean();
}

#[tokio::test]
async fn json_is_one_document_with_all_there_is() {
    let stage = Stage::with_reports(12).await;
    let run = stage.synced(&["-o", "json"]).await;
    let results = run.json();
    let reports = results["reports"].as_array().unwrap();
    let planted = stage.planted();
    assert_eq!(reports.len(), 12);
    assert_eq!(results["counts"]["created"], planted);
    assert_eq!(
        reports
            .iter()
            .filter(|report| report["verdict"] == "created")
            .count(),
        planted
    );
    assert_eq!(
        (&results["ready"], &results["reason"]),
        (&json!(true), &json!("Synced"))
    );
    assert!(
        results["message"]
            .as_str()
            .unwrap()
            .starts_with("12 reports considered")
    );
    for report in reports {
        let counts = |indicator: &Value| indicator["benign"].is_null();
        let matched = report["indicators"].as_array().unwrap().iter().any(counts);
        assert_eq!(matched, report["verdict"] == "created", "{report}");
    }
}

#[tokio::test]
async fn a_dry_run_checks_everything_and_writes_nothing() {
    let stage = Stage::with_reports(9).await;
    let run = stage.synced(&["--dry-run", "--state", "state.json"]).await;
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert!(stage.trustar.reports().is_empty());
    assert!(!stage.is_there("state.json"));
    assert_eq!(
        run.stdout.matches("  would create  ").count(),
        stage.planted()
    );
    let json = stage.synced(&["--dry-run", "-o", "json"]).await;
    assert_eq!(json.json()["counts"]["wouldCreate"], stage.planted());
    for said in [&run.stdout, &json.stdout] {
        for done in ["created", "Synced", "Ready=True", "\"ready\""] {
            assert!(!said.contains(done), "{done}: {said}");
        }
    }
    assert!(
        run.stdout.contains("\ndry run: nothing was written\n"),
        "{}",
        run.stdout
    );
    assert!(
        !stage
            .trustar
            .controls()
            .record
            .matching("GET", "/api/1.3/enclaves", "")
            .is_empty()
    );

    let mut other = feed("cybercrime");
    other["spec"]["enclaveId"] = json!("another");
    stage.write("feed.yaml", &other.to_string());
    let run = stage.synced(&["--dry-run"]).await;
    assert_eq!(run.code, 1);
    assert!(
        run.ready().starts_with("Ready=False EnclaveNotFound: "),
        "{}",
        run.stdout
    );
}

#[tokio::test]
async fn a_refused_key_is_named_by_whom_refuses_it() {
    let stage = Stage::with_reports(1).await;
    for (at, reason) in [
        (0, "FlashpointUnauthorized"),
        (1, "TrustarUnauthorized"),
        (2, "TrustarUnauthorized"),
    ] {
        let mut values = CANARIES;
        values[at] = "wrong";
        stage.write("secret.yaml", &secret_of(&values).to_string());
        let run = stage.synced(&[]).await;
        assert_eq!(run.code, 1);
        assert!(
            run.ready().starts_with(&format!("Ready=False {reason}: ")),
            "{}",
            run.stdout
        );
    }
    assert!(stage.trustar.reports().is_empty());
}

#[tokio::test]
async fn a_report_that_is_refused_makes_the_sync_partial() {
    let stage = Stage::with_reports(0).await;
    stage
        .flashpoint
        .put(report("bad", &json!({"body": "CVE-2021-44228"})));
    stage
        .flashpoint
        .put(report("good", &json!({"body": "CVE-2021-44229"})));
    let refused = Fault::on("POST", "/api/1.3/reports")
        .query("")
        .nth(1)
        .reply(Reply::status(422));
    stage.trustar.controls().faults.set(refused);
    let run = stage.synced(&["--state", "state.json"]).await;
    assert_eq!(run.code, 1);
    assert!(
        run.ready().starts_with("Ready=True SyncedWithFailures: "),
        "{}",
        run.stdout
    );
    assert!(run.stdout.contains("  failed   "), "{}", run.stdout);
    let again = stage.synced(&["--state", "state.json"]).await;
    assert_eq!(
        again.code, 0,
        "a person who runs it again wants it tried again: {}",
        again.stdout
    );
    assert_eq!(stage.trustar.reports().len(), 2);
}

#[tokio::test]
async fn a_vendor_that_fails_is_to_be_retried() {
    let stage = Stage::with_reports(3).await;
    stage
        .flashpoint
        .controls()
        .faults
        .set(Fault::on("GET", "/api/v4/reports/").reply(Reply::status(503)));
    let run = stage.synced(&[]).await;
    assert_eq!(run.code, 1);
    assert!(
        run.ready()
            .starts_with("Ready=False FlashpointUnavailable: "),
        "{}",
        run.stdout
    );
}

#[tokio::test]
async fn no_credential_shows_at_any_level() {
    let stage = Stage::with_reports(4).await;
    let mut trace = stage.sync(&["-f", "feed.yaml", "--secret", "secret.yaml"]);
    let run = finish(trace.env("RUST_LOG", "trace").spawn().unwrap(), "").await;
    assert_eq!(run.code, 0);
    assert!(run.stderr.contains("TRACE"), "{}", run.stderr);
    let mut from_variables = stage.sync(&["-f", "feed.yaml", "--help"]);
    let run = finish(
        from_variables
            .envs(VARIABLES.into_iter().zip(CANARIES))
            .spawn()
            .unwrap(),
        "",
    )
    .await;
    assert_eq!(run.code, 0);
}
