//! Mistakes that people make with `sync` and `ledger`, and what they are told: what is wrong, with what, and the next step.

use serde_json::{Value, json};

use super::stage::{Run, Stage, feed, finish, operator};

/// What is said of a mistake, and by which code.
fn assert_told(run: &Run, code: i32, told: &[&str]) {
    assert_eq!(run.code, code, "{}{}", run.stdout, run.stderr);
    for text in told {
        assert!(run.stderr.contains(text), "{text:?}: {}", run.stderr);
    }
}

/// A sync of a feed with this spec in place of the usual one.
async fn with_spec(stage: &Stage, field: &str, value: Value, arguments: &[&str]) -> Run {
    let mut changed = feed("cybercrime");
    changed["spec"][field] = value;
    stage.write("changed.yaml", &changed.to_string());
    let mut sync = stage.sync(&["-f", "changed.yaml", "--secret", "secret.yaml"]);
    finish(sync.args(arguments).spawn().unwrap(), "").await
}

#[tokio::test]
async fn slips_in_the_arguments() {
    for (arguments, told) in [
        (
            &["sync", "cybercrime"][..],
            &["unexpected argument 'cybercrime'"][..],
        ),
        (&["sync", "-f", "feed.yaml", "--dryrun"], &["'--dry-run'"]),
        (
            &["sync", "-f", "feed.yaml", "--reports", "a"],
            &["'--report'"],
        ),
        (
            &["sync", "-f", "feed.yaml", "-o", "yaml"],
            &["possible values: table, json"],
        ),
        (&["sync", "-f", "feed.yaml", "--report"], &["--report <ID>"]),
        (&["ledger"], &["<NAME>"]),
        (&["ledgers", "cybercrime"], &["'ledger'"]),
        (
            &["ledger", "intel/cybercrime"],
            &["error: intel/cybercrime is no feed's name: write ledger -n intel cybercrime"],
        ),
        (
            &["ledger", "flashpointfeed/cybercrime"],
            &[
                "error: flashpointfeed/cybercrime is no feed's name: write ledger -n NAMESPACE cybercrime",
            ],
        ),
        (
            &["ledger", "-n", "intel", "Cyber Crime"],
            &[
                "error: Cyber Crime is no feed's name: it has lower-case letters, digits, '-' and '.'",
            ],
        ),
        (
            &["ledger", "cybercrime", "-o", "wide"],
            &["possible values: table, json"],
        ),
    ] {
        assert_told(&operator(arguments, "").await, 2, told);
    }
}

#[tokio::test]
async fn slips_in_what_is_skipped() {
    let stage = Stage::with_reports(1).await;
    let link = "https://fp.tools/home/intelligence/reports/report/6n_wnmYvXNS6lA4-QbSlzA";
    for (value, told) in [
        (
            json!("a"),
            "spec.skip: must be a list, not \"a\" (a list of one is [value])",
        ),
        (json!([5]), "spec.skip[0]: must be text, not 5"),
        (
            json!(["a", link]),
            "spec.skip[1]: skip names reports by their ids",
        ),
        (
            json!(["Phishing in March"]),
            "not by title or address; it is \"Phishing in March\"",
        ),
        (
            json!(vec!["a"; 101]),
            "spec.skip: must have at most 100 entries; it has 101",
        ),
    ] {
        let run = with_spec(&stage, "skip", value, &[]).await;
        assert_told(&run, 2, &[told]);
    }
    let run = with_spec(&stage, "skips", json!(["a"]), &[]).await;
    assert_told(
        &run,
        2,
        &["spec.skips: unknown field; did you mean \"skip\"?"],
    );
}

#[tokio::test]
async fn slips_with_files_and_ids() {
    let stage = Stage::with_reports(2).await;
    let reports = stage.flashpoint.reports();
    let title = reports[0].fields()["title"].as_str().unwrap().to_owned();
    let run = stage.synced(&["--dry-run", "--report", &title]).await;
    assert_told(
        &run,
        1,
        &[
            "is not among the 2 that were considered",
            "without --report they are listed",
        ],
    );

    // The operator's log kept as the state, the secret, and the output of the run before.
    stage.write(
        "sync.json",
        "{\"feed\": \"intel/cybercrime\", \"dryRun\": false}",
    );
    for file in ["secret.yaml", "feed.yaml", "sync.json", "."] {
        let run = stage.synced(&["--state", file]).await;
        assert_told(&run, 2, &["error: ", "name another", "by --state"]);
    }
    assert!(stage.trustar.reports().is_empty());

    let suspended = with_spec(&stage, "suspend", json!(true), &["--dry-run"]).await;
    assert_eq!(suspended.code, 0, "{}", suspended.stderr);
    assert!(
        suspended
            .stdout
            .ends_with("suspended by spec.suspend; set it to false to resume\n")
            && !suspended.stdout.contains("Ready=True"),
        "{}",
        suspended.stdout
    );
}
