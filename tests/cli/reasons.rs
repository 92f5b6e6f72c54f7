//! `sync` says of each report why it was sent, or was not.

use serde_json::json;

use super::stage::{Stage, feed};
use super::sync::{line, report};

#[tokio::test]
async fn every_line_says_why() {
    let stage = Stage::with_reports(0).await;
    for (id, fields) in [
        (
            "evil",
            json!({"body": "<p>C2 at hxxp://badsite[.]ru/a and CVE-2021-44228</p>"}),
        ),
        (
            "ordinary",
            json!({"body": "<p>see 192.168.1.1, 10.0.0.1 and <a href=\"https://twitter.com/x\">x</a></p>"}),
        ),
        (
            "empty",
            json!({"body": "<p>nothing</p>", "title": "a\u{1b}[2Jb"}),
        ),
        (
            "retracted",
            json!({"body": "CVE-2021-44228", "published_status": "archived"}),
        ),
    ] {
        stage.flashpoint.put(report(id, &fields));
    }
    let run = stage.synced(&[]).await;
    assert_eq!(run.code, 0, "{}{}", run.stdout, run.stderr);
    assert!(
        line(&run.stdout, "evil").ends_with("created        URL http://badsite.ru/a and 2 more"),
        "{}",
        run.stdout
    );
    let ordinary = line(&run.stdout, "ordinary");
    assert!(
        ordinary.contains("no indicators  nothing counts: "),
        "{}",
        run.stdout
    );
    assert!(
        ordinary.contains("2 private addresses") && ordinary.contains("well-known site"),
        "{}",
        run.stdout
    );
    assert!(
        line(&run.stdout, "empty").ends_with("no indicators  no indicators"),
        "{}",
        run.stdout
    );
    assert!(
        line(&run.stdout, "retracted").contains("not published  its published_status"),
        "{}",
        run.stdout
    );
    assert!(!run.stdout.contains('\u{1b}'));
}

#[tokio::test]
async fn one_report_is_shown_with_all_that_was_found_in_it() {
    let stage = Stage::with_reports(3).await;
    let body = json!({"body": "<p>C2 at hxxp://badsite[.]ru/a, see 10.0.0.1</p>"});
    stage.flashpoint.put(report("evil", &body));
    let run = stage.synced(&["--report", "evil", "--dry-run"]).await;
    assert_eq!(run.code, 0, "{}", run.stderr);
    for line in [
        "report   evil",
        "title    Title of evil",
        "verdict  would create",
        "reason   URL http://badsite.ru/a and 1 more",
        "indicators: 2 that count, 1 that do not",
        "  URL            http://badsite.ru/a",
        "  IP             10.0.0.1  does not count: private address",
    ] {
        assert!(
            run.stdout.lines().any(|told| told == line),
            "{line}: {}",
            run.stdout
        );
    }
    assert!(
        run.stdout.contains("\n4 in the window, 4 considered: "),
        "{}",
        run.stdout
    );
    let json = stage
        .synced(&["--report", "evil", "-o", "json", "--dry-run"])
        .await
        .json();
    assert_eq!(json["reports"].as_array().unwrap().len(), 1);

    let run = stage.synced(&["--report", "Evil", "--dry-run"]).await;
    assert_eq!(run.code, 1);
    assert!(
        run.stderr.contains(
            "error: report Evil is not among the 4 that were considered: a longer spec.lookback"
        ),
        "{}",
        run.stderr
    );
}

#[tokio::test]
async fn the_reason_of_what_is_known_is_told_by_the_runs_that_follow() {
    let stage = Stage::with_reports(0).await;
    for (id, body) in [
        ("evil", "C2 at hxxp://badsite[.]ru/a"),
        (
            "ordinary",
            "see <a href=\"https://twitter.com/x\">x</a> and 10.0.0.1",
        ),
    ] {
        stage.flashpoint.put(report(id, &json!({"body": body})));
    }
    for _ in 0..3 {
        let run = stage.synced(&["--state", "state.json"]).await;
        assert_eq!(run.code, 0, "{}", run.stderr);
        assert!(
            run.stdout.starts_with("ID        POSTED      TITLE"),
            "{}",
            run.stdout
        );
        let evil = line(&run.stdout, "evil");
        assert!(evil.contains("URL http://badsite.ru/a"), "{evil}");
        let ordinary = line(&run.stdout, "ordinary");
        assert!(
            ordinary.contains("nothing counts: ")
                && ordinary.contains("1 private address (10.0.0.1)"),
            "{ordinary}"
        );
    }
    let run = stage.synced(&["--state", "state.json"]).await;
    assert!(
        line(&run.stdout, "evil")
            .ends_with("in the enclave as it is: URL http://badsite.ru/a and 1 more"),
        "{}",
        run.stdout
    );
}

#[tokio::test]
async fn a_report_that_the_feed_skips_is_not_sent_and_says_so() {
    let stage = Stage::with_reports(0).await;
    stage
        .flashpoint
        .put(report("evil", &json!({"body": "CVE-2021-44228"})));
    let mut skipping = feed("cybercrime");
    skipping["spec"]["skip"] = json!(["evil"]);
    stage.write("feed.yaml", &skipping.to_string());
    let run = stage.synced(&["--state", "state.json"]).await;
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert!(
        line(&run.stdout, "evil").ends_with("  skipped  spec.skip names it"),
        "{}",
        run.stdout
    );
    assert!(
        run.ready().ends_with("; 1 skipped by spec.skip"),
        "{}",
        run.stdout
    );
    assert!(stage.trustar.reports().is_empty());
}
