//! Feeds and ledgers that are deleted, created again, corrupted or written to by others.

use std::time::Duration;

use flashpoint_operator::api::{FlashpointFeed, FlashpointLedger, Reason};
use jiff::{SignedDuration, Timestamp};
use kube::api::{DeleteParams, Patch, PatchParams};
use serde_json::json;

use crate::harness::{Call, SOON, Stage, counts, message, reason, status, until, watch_rules};

#[tokio::test]
async fn a_feed_deleted_in_mid_sync_ends_with_its_series_and_without_a_fuss() {
    let stage = Stage::new("deleted").await;
    stage.telling_reports(80);
    stage.slow_writes(400);
    let operator = stage.operator().await;
    stage.feed("doomed").await;
    stage.until_upserts(3).await;
    assert!(operator.metrics().await.contains("name=\"doomed\""));
    stage.delete("doomed").await;
    let gone = async || (!operator.metrics().await.contains("name=\"doomed\"")).then_some(());
    until("the feed's series end", SOON, gone).await;
    // The writes that were under way take 400 ms; then nothing goes on about it.
    tokio::time::sleep(Duration::from_secs(1)).await;
    let written = stage.upserts().len();
    assert!(written < 80);
    let mark = stage.audit.mark();
    stage.feed_with("another", json!({"suspend": true})).await;
    stage.until_reason("another", Reason::Suspended).await;
    assert_eq!(stage.upserts().len(), written);
    let log = operator.log();
    let complaints: Vec<_> = log
        .lines()
        .filter(|line| line.contains("doomed") && !line.contains("\"level\":\"DEBUG\""))
        .filter(|line| line.contains("WARN") || line.contains("ERROR"))
        .collect();
    assert_eq!(complaints, Vec::<&str>::new());
    let calls = stage.audit.calls_since(mark);
    assert!(
        calls
            .iter()
            .all(|call| call.code < 400 || call.code == 404 || call.code == 409),
        "{calls:?}"
    );
}

/// Foreground deletion, or another's finalizer.
#[tokio::test]
async fn a_feed_whose_deletion_is_held_up_rests() {
    let stage = Stage::new("held-up").await;
    stage.telling_reports(2);
    let operator = stage.operator().await;
    stage.feed("feed").await;
    stage.until_synced("feed").await;
    let finalizers = |names: &[&str]| Patch::Merge(json!({"metadata": {"finalizers": names}}));
    let feeds = stage.feeds();
    feeds
        .patch(
            "feed",
            &PatchParams::default(),
            &finalizers(&["example.org/hold"]),
        )
        .await
        .unwrap();
    stage.delete("feed").await;
    assert!(
        stage
            .get("feed")
            .await
            .metadata
            .deletion_timestamp
            .is_some()
    );
    stage.request("feed", "now").await;
    stage.fall_due("feed").await;
    // What comes after it in the operator's queue has been handled.
    stage.feed("another").await;
    stage.until_synced("another").await;
    assert_eq!(stage.listings().len(), 2);
    assert!(!operator.log().contains("could not be reconciled"));
    feeds
        .patch("feed", &PatchParams::default(), &finalizers(&[]))
        .await
        .unwrap();
}

#[tokio::test]
async fn a_feed_created_again_writes_every_report_once() {
    let stage = Stage::new("again").await;
    stage.telling_reports(6);
    let _operator = stage.operator().await;
    stage.feed("feed").await;
    let first = stage.until_synced("feed").await;
    stage.delete("feed").await;
    stage.feed("feed").await;
    let second = stage.until_synced("feed").await;
    assert_ne!(first.metadata.uid, second.metadata.uid);
    assert_eq!(
        (counts(&second).created, status(&second).totals.submitted),
        (6, 6)
    );
    assert_eq!(status(&second).totals.syncs, 1);
    stage.assert_clean();
    let ledger = stage.ledgers().get("feed").await.unwrap();
    assert_eq!(
        ledger.metadata.owner_references.unwrap()[0].uid,
        second.metadata.uid.unwrap()
    );
}

#[tokio::test]
async fn a_ledger_belongs_to_its_feed_and_does_not_hold_up_its_end() {
    let stage = Stage::new("owner").await;
    let _operator = stage.operator().await;
    stage.feed("feed").await;
    let feed = stage.until_synced("feed").await;
    // It is there even where nothing was listed, so that an edited enclave is known for one.
    let ledger = stage.ledgers().get("feed").await.unwrap();
    let owner = &ledger.metadata.owner_references.unwrap()[0];
    assert_eq!(
        (owner.kind.as_str(), owner.name.as_str()),
        ("FlashpointFeed", "feed")
    );
    assert_eq!(owner.uid, feed.metadata.uid.unwrap());
    assert_eq!(owner.block_owner_deletion, None);
    assert!(feed.metadata.finalizers.is_none());
}

#[tokio::test]
async fn a_deleted_ledger_costs_writes_but_no_duplicates() {
    let stage = Stage::new("no-ledger").await;
    stage.telling_reports(5);
    let _operator = stage.operator().await;
    stage.feed("feed").await;
    let before = status(&stage.until_synced("feed").await);
    stage
        .ledgers()
        .delete("feed", &DeleteParams::default())
        .await
        .unwrap();
    synced_again(&stage).await;
    let after = status(&stage.get("feed").await);
    stage.assert_clean();
    assert_eq!(stage.upserts().len(), 10);
    assert_eq!(after.totals.syncs, before.totals.syncs + 1);
    assert_eq!(after.totals.submitted, 10);
    assert!(stage.ledgers().get_opt("feed").await.unwrap().is_some());
}

#[tokio::test]
async fn a_corrupted_ledger_is_an_empty_one() {
    let stage = Stage::new("bad-ledger").await;
    stage.telling_reports(5);
    let _operator = stage.operator().await;
    stage.feed("feed").await;
    stage.until_synced("feed").await;
    let intact = ledger(&stage).await;
    let half: String = intact.chars().take(intact.len() / 2).collect();
    for (index, data) in ["", "not a ledger", "AAAA", &half].into_iter().enumerate() {
        let patch = Patch::Merge(json!({"data": data}));
        stage
            .ledgers()
            .patch("feed", &PatchParams::default(), &patch)
            .await
            .unwrap();
        synced_again(&stage).await;
        stage.assert_clean();
        assert_eq!(stage.upserts().len(), 5 * (index + 2), "{data:?}");
    }
    assert_ne!(ledger(&stage).await, half);
}

/// Another replica, or a person: what the other one wrote is not overwritten, and the outcome is told by a sync that
/// read it.
#[tokio::test]
async fn a_ledger_written_by_another_in_mid_sync_is_not_overwritten() {
    let stage = Stage::new("two-hands").await;
    stage.telling_reports(3);
    let _operator = stage.operator().await;
    stage.feed("feed").await;
    stage.until_synced("feed").await;
    stage.reports(12);
    stage.slow_writes(300);
    let mark = stage.audit.mark();
    stage.request("feed", "more").await;
    stage.until_upserts(5).await;
    let touch = Patch::Merge(json!({"metadata": {"labels": {"touched": "yes"}}}));
    stage
        .ledgers()
        .patch("feed", &PatchParams::default(), &touch)
        .await
        .unwrap();
    stage.until_handled("feed", "more").await;
    stage.until_synced("feed").await;
    stage.assert_clean();
    let calls = stage.audit.calls_since(mark);
    let conflict = |call: &Call| {
        call.verb == "update" && call.resource == "flashpointledgers" && call.code == 409
    };
    let told = |call: &Call| call.resource == "flashpointfeeds/status";
    let conflicts = calls
        .iter()
        .position(conflict)
        .expect("the ledger's version was not checked");
    // What the first sync told may be in the audit log only after the mark.
    let begun = |call: &Call| call.verb == "get" && call.resource == "secrets";
    let begun = calls.iter().position(begun).unwrap();
    assert!(!calls[begun..conflicts].iter().any(told), "{calls:?}");
}

async fn ledger(stage: &Stage) -> String {
    let ledger: FlashpointLedger = stage.ledgers().get("feed").await.unwrap();
    ledger.spec.data
}

/// Lets one more sync happen, not a forced one.
async fn synced_again(stage: &Stage) -> FlashpointFeed {
    let syncs = status(&stage.get("feed").await).totals.syncs;
    stage.fall_due("feed").await;
    let again = |feed: &FlashpointFeed| {
        status(feed).totals.syncs > syncs && reason(feed) == Some(Reason::Synced)
    };
    stage.until("feed", SOON, again).await
}

#[tokio::test]
async fn a_status_corrupted_by_hand_stops_no_feed() {
    let stage = Stage::new("bad-status").await;
    stage.telling_reports(4);
    let _operator = stage.operator().await;
    stage.feed("feed").await;
    stage.until_synced("feed").await;
    let corruptions = [
        json!({"nextSyncTime": "2099-01-01T00:00:00Z"}),
        json!({"nextSyncTime": "2099-01-01T00:00:00Z", "lastAttemptTime": "2098-01-01T00:00:00Z"}),
        json!({"window": {"since": "2099-01-01T00:00:00Z", "coveredTo": "2099-01-01T00:00:00Z"},
               "nextSyncTime": "2026-01-01T00:00:00Z"}),
        json!({"window": null, "conditions": null, "lastSync": null, "nextSyncTime": null, "observedGeneration": -1}),
        json!({"observedGeneration": 99}),
    ];
    for (index, corruption) in corruptions.into_iter().enumerate() {
        stage.flashpoint.post();
        let written = 4 + index + 1;
        stage.edit_status("feed", corruption.clone()).await;
        stage.until_upserts(written).await;
        let told = |feed: &FlashpointFeed| {
            reason(feed) == Some(Reason::Synced)
                && feed.status.as_ref().is_some_and(|status| {
                    status.totals.submitted == written as u64 && status.observed_generation == 1
                })
        };
        let feed = stage.until("feed", SOON, told).await;
        let covered = status(&feed).window.unwrap().covered_to.unwrap().0;
        assert!(covered <= jiff::Timestamp::now(), "{corruption}");
        stage.assert_clean();
    }
}

/// Others write labels, annotations and even the status, ten times a second.
#[tokio::test]
async fn a_feed_that_others_write_to_all_the_time_is_synced_and_told() {
    let stage = Stage::new("conflicts").await;
    stage.telling_reports(6);
    let operator = stage.operator().await;
    stage.feed("feed").await;
    stage.until_synced("feed").await;
    let feeds = stage.feeds();
    let meddler = tokio::spawn(async move {
        for count in 0_u64.. {
            let touch =
                json!({"metadata": {"annotations": {"example.org/commit": count.to_string()}}});
            let _ = feeds
                .patch("feed", &PatchParams::default(), &Patch::Merge(touch))
                .await;
            let now = jiff::Timestamp::now().to_string();
            let status = json!({"status": {"lastSubmittedTime": now}});
            let _ = feeds
                .patch_status("feed", &PatchParams::default(), &Patch::Merge(status))
                .await;
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    });
    for value in ["one", "two", "three"] {
        stage.flashpoint.post();
        stage.request("feed", value).await;
        let feed = stage.until_handled("feed", value).await;
        assert_eq!(reason(&feed), Some(Reason::Synced));
    }
    meddler.abort();
    // A conflict is settled at once: it is no error.
    assert!(!operator.log().contains("could not be reconciled"));
    let feed = stage.get("feed").await;
    assert_eq!(
        (status(&feed).totals.submitted, status(&feed).totals.syncs),
        (9, 4)
    );
    assert!(
        feed.metadata
            .annotations
            .unwrap()
            .contains_key("example.org/commit")
    );
    // What others write is no reason to sync.
    assert_eq!(stage.listings().len(), 4);
    stage.assert_clean();
}

/// Both happen while no operator runs: what the status knows is kept, since a lost ledger says nothing of the enclave.
#[tokio::test]
async fn a_ledger_lost_along_with_an_edit_keeps_window_and_totals() {
    let stage = Stage::new("lost-edited").await;
    stage.telling_reports(3);
    let operator = stage.operator().await;
    stage.feed("feed").await;
    stage.until_synced("feed").await;
    operator.kill();
    let covered = Timestamp::now() - SignedDuration::from_hours(5 * 24);
    let covered = Timestamp::from_second(covered.as_second()).unwrap();
    let window = json!({"coveredTo": covered.to_string()});
    stage.edit_status("feed", json!({"window": window})).await;
    stage
        .ledgers()
        .delete("feed", &DeleteParams::default())
        .await
        .unwrap();
    stage.edit("feed", json!({"interval": "20m"})).await;
    let _next = stage.operator().await;
    let feed = stage.until_synced("feed").await;
    // The outage is listed from before its beginning, not from a lookback ago.
    let listing = stage.listings().pop().unwrap();
    let mut parameters = listing.parameters().into_iter();
    let since = parameters.find(|(name, _)| name == "since");
    let since: Timestamp = since.unwrap().1.parse().unwrap();
    assert!(since < covered, "{since}");
    assert_eq!(status(&feed).totals.submitted, 6);
}

/// A ledger that can't be read is told, after an edit as well; and the window outlives it.
#[tokio::test]
async fn a_ledger_that_may_not_be_read_after_an_edit_is_told() {
    let stage = Stage::new("no-read").await;
    stage.telling_reports(3);
    let _operator = stage.operator().await;
    stage.feed("feed").await;
    let before = stage.until_synced("feed").await;
    let rules = watch_rules();
    stage.forbid("flashpointledgers").await;
    stage.edit("feed", json!({"interval": "20m"})).await;
    let feed = stage.until_reason("feed", Reason::LedgerUnavailable).await;
    assert!(message(&feed).contains("403"), "{}", message(&feed));
    assert_eq!(status(&feed).window, status(&before).window);
    assert_eq!(status(&feed).totals, status(&before).totals);
    stage.allow(&rules).await;
    stage.request("feed", "now").await;
    stage.until_synced("feed").await;
    assert_eq!(stage.upserts().len(), 3);
}

/// Names of 253 characters, as long as Kubernetes has them.
#[tokio::test]
async fn a_feed_of_the_longest_name_has_events_of_its_own() {
    let stage = Stage::new("long-names").await;
    stage.telling_reports(1);
    let _operator = stage.operator().await;
    let stem = "a-feed.with-a-long-name.".repeat(12);
    let names = ["one", "two"].map(|end| format!("{}{end}", &stem[..250]));
    for name in &names {
        stage.feed(name).await;
    }
    for name in &names {
        stage.until_synced(name).await;
        stage.until_event(name, "Submitted").await;
        stage.until_event(name, "Synced").await;
    }
}

/// An annotation may hold far more than a status.
#[tokio::test]
async fn a_request_of_many_kilobytes_is_handled_once_and_told_short() {
    let stage = Stage::new("long-request").await;
    stage.telling_reports(1);
    let _operator = stage.operator().await;
    stage.feed("feed").await;
    stage.until_synced("feed").await;
    stage.request("feed", &"r".repeat(100_000)).await;
    let handled = |feed: &FlashpointFeed| status(feed).last_handled_reconcile_at.is_some();
    let feed = stage.until("feed", SOON, handled).await;
    assert!(serde_json::to_vec(&feed.status).unwrap().len() < 8 * 1024);
    stage.request("feed", "short").await;
    stage.until_handled("feed", "short").await;
    assert_eq!(stage.listings().len(), 3);
}
