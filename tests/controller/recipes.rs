//! The recipes for a running feed: what `docs/recipes.md` tells kubectl to do, done to the API server.

use std::path::Path;

use flashpoint_operator::api::{FlashpointFeed, Reason};
use kube::api::{Patch, PatchParams};
use serde_json::{Map, Value, json};
use simulators::faults::{Calls, Fault, Reply};
use simulators::reports::Report;

use crate::harness::{SOON, Stage, counts, message, reason, status};

/// The id that the page takes for a report's.
const ID: &str = "6n_wnmYvXNS6lA4-QbSlzA";

/// The changes to the feed under a heading of the page, in order, as merge patches.
fn changes(heading: &str) -> Vec<Value> {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/recipes.md");
    let page = std::fs::read_to_string(page).unwrap();
    let (_, section) = page.split_once(&format!("\n## {heading}\n")).unwrap();
    let section = section.split("\n## ").next().unwrap();
    let kubectl = section
        .lines()
        .filter_map(|line| line.strip_prefix("kubectl -n intel "));
    kubectl.filter_map(change).collect()
}

/// What `kubectl annotate` or `kubectl patch` does to the feed.
fn change(command: &str) -> Option<Value> {
    if let Some(annotations) =
        command.strip_prefix("annotate flashpointfeed cybercrime --overwrite ")
    {
        let now = "$(date -u +%Y-%m-%dT%H:%M:%SZ)";
        let annotations = annotations
            .replace(now, "now")
            .replace("$now", "now")
            .replace('"', "");
        let annotations: Map<String, Value> = annotations
            .split(' ')
            .map(|pair| pair.split_once('=').unwrap())
            .map(|(key, value)| (key.to_owned(), json!(value)))
            .collect();
        return Some(json!({"metadata": {"annotations": annotations}}));
    }
    let patch = command.strip_prefix("patch flashpointfeed cybercrime --type merge -p '")?;
    Some(serde_json::from_str(patch.strip_suffix('\'').unwrap()).unwrap())
}

async fn make(stage: &Stage, change: &Value) -> FlashpointFeed {
    let patch = Patch::Merge(change);
    let parameters = PatchParams::default();
    stage
        .feeds()
        .patch("cybercrime", &parameters, &patch)
        .await
        .unwrap()
}

/// The report that the page names, so old.
fn list(stage: &Stage, id: &str, days: i64) {
    let at = jiff::Timestamp::now() - jiff::SignedDuration::from_hours(24 * days);
    let at = at.to_string();
    let fields =
        json!({"id": id, "title": id, "posted_at": at, "updated_at": at, "body": "CVE-2021-44228"});
    stage.flashpoint.put(Report::new(&fields, Vec::new()));
}

#[tokio::test]
async fn one_report_is_sent_once_more() {
    let stage = Stage::new("recipe-resend").await;
    list(&stage, ID, 0);
    list(&stage, "other", 0);
    let _operator = stage.operator().await;
    stage.feed("cybercrime").await;
    stage.until_synced("cybercrime").await;
    let before = stage.upserts().len();
    let changes = changes("Send one report once more");
    assert_eq!(changes.len(), 1);
    make(&stage, &changes[0]).await;
    let feed = stage.until_handled("cybercrime", "now").await;
    assert_eq!((counts(&feed).updated, counts(&feed).unchanged), (1, 1));
    assert_eq!(stage.upserts().len(), before + 1);
    assert_eq!(reason(&feed), Some(Reason::Synced));
    assert_eq!(stage.trustar.reports().len(), 2);
}

#[tokio::test]
async fn one_report_is_skipped_and_taken_up_again() {
    let stage = Stage::new("recipe-skip").await;
    list(&stage, ID, 0);
    let refused = Fault::on("POST", "/api/1.3/reports").calls(Calls::All);
    let refused = stage
        .trustar
        .controls()
        .faults
        .set(refused.reply(Reply::status(422)));
    let _operator = stage.operator().await;
    stage.feed("cybercrime").await;
    let feed = stage
        .until_reason("cybercrime", Reason::SyncedWithFailures)
        .await;
    assert_eq!(status(&feed).failures.len(), 1);
    let changes = changes("Skip one report");
    assert_eq!(changes.len(), 2);
    make(&stage, &changes[0]).await;
    let feed = stage.until_reason("cybercrime", Reason::Synced).await;
    assert!(status(&feed).failures.is_empty());
    assert!(
        message(&feed).contains("1 skipped by spec.skip"),
        "{}",
        message(&feed)
    );
    stage.trustar.controls().faults.clear(refused);
    make(&stage, &changes[1]).await;
    stage
        .until("cybercrime", SOON, |feed| counts(feed).submitted() == 1)
        .await;
    assert_eq!(stage.trustar.reports().len(), 1);
}

#[tokio::test]
async fn thirty_days_are_backfilled_and_nothing_is_sent_twice() {
    let stage = Stage::new("recipe-backfill").await;
    list(&stage, ID, 0);
    for day in 2..29 {
        list(&stage, &format!("old-{day}"), day);
    }
    let _operator = stage.operator().await;
    stage.feed_with("cybercrime", json!({"limit": 20})).await;
    let feed = stage.until_synced("cybercrime").await;
    assert_eq!(counts(&feed).created, 1);
    let changes = changes("Backfill 30 days");
    assert_eq!(changes.len(), 2);
    make(&stage, &changes[0]).await;
    let feed = stage.until_reason("cybercrime", Reason::Draining).await;
    assert_eq!((counts(&feed).created, counts(&feed).backlog), (20, 7));
    // As the interval would.
    stage.request("cybercrime", "next").await;
    let feed = stage.until_handled("cybercrime", "next").await;
    assert_eq!((counts(&feed).created, counts(&feed).backlog), (7, 0));
    assert_eq!(reason(&feed), Some(Reason::Synced));
    make(&stage, &changes[1]).await;
    let feed = stage
        .until("cybercrime", SOON, |feed| counts(feed).total == 1)
        .await;
    assert_eq!(
        (counts(&feed).submitted(), reason(&feed)),
        (0, Some(Reason::Synced))
    );
    assert_eq!(stage.upserts().len(), 28);
    assert_eq!(stage.trustar.reports().len(), 28);
}

#[tokio::test]
async fn a_key_is_rotated_without_a_restart() {
    let stage = Stage::new("recipe-rotate").await;
    list(&stage, ID, 0);
    let _operator = stage.operator().await;
    stage.feed("cybercrime").await;
    stage.until_synced("cybercrime").await;
    stage
        .flashpoint
        .configure(|settings| settings.api_key = "the-new-key".to_owned());
    stage.put_secret(&stage.keys()).await;
    let changes = changes("Rotate a key");
    assert_eq!(changes.len(), 1);
    make(&stage, &changes[0]).await;
    let feed = stage.until_handled("cybercrime", "now").await;
    assert_eq!(reason(&feed), Some(Reason::Synced));
    let last = stage.listings().pop().unwrap();
    assert_eq!(last.header("authorization"), Some("Bearer the-new-key"));
}
