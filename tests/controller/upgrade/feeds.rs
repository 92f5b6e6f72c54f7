//! Feeds of the earlier operator, each in another state when it is replaced.

use std::time::Duration;

use flashpoint_operator::api::{FlashpointFeed, FlashpointFeedStatus, Reason};
use jiff::SignedDuration;
use serde_json::json;
use simulators::faults::{Fault, Reply};
use simulators::reports::Report;

use super::handover::{Handover, stop, writes_since, written};
use crate::harness::{Stage, counts, reason, status, until};

const FEED: &str = "feed";

/// Longer than three tries at a report's tags take, on a busy machine.
const TAGS_TRIED: Duration = Duration::from_mins(2);

/// The reports that belong in the enclave, newest first.
fn planted(stage: &Stage) -> Vec<Report> {
    let mut reports = stage.flashpoint.reports();
    reports.retain(|report| !report.planted.is_empty());
    reports
}

/// Lets the feed's interval have passed, and waits until it was synced once more.
async fn next_sync(stage: &Stage) -> FlashpointFeed {
    let syncs = status(&stage.get(FEED).await).totals.syncs;
    stage.fall_due(FEED).await;
    let synced = |feed: &FlashpointFeed| status(feed).totals.syncs == syncs + 1;
    stage.until(FEED, TAGS_TRIED, synced).await
}

/// Lets the feed's interval have passed: the next sync must find all as it was told before, and write nothing.
async fn nothing_changes(stage: &Stage, before: &FlashpointFeedStatus) {
    let mark = stage.trustar.controls().record.len();
    let feed = next_sync(stage).await;
    let calls = writes_since(&stage.trustar, mark);
    assert!(calls.is_empty(), "{calls:#?}");
    let after = status(&feed);
    assert_eq!(reason(&feed), Reason::of(&before.conditions));
    assert_eq!(
        after.conditions[0].last_transition_time,
        before.conditions[0].last_transition_time
    );
    assert_eq!(
        (after.totals.submitted, after.totals.failed),
        (before.totals.submitted, before.totals.failed)
    );
    assert_eq!(after.failures, before.failures);
    assert_eq!(after.last_posted_time, before.last_posted_time);
    assert_eq!(after.last_submitted_time, before.last_submitted_time);
    let [after_window, before_window] =
        [&after, before].map(|status| status.window.clone().unwrap());
    assert_eq!(after_window.since, before_window.since);
    assert!(after_window.covered_to >= before_window.covered_to);
    let (now, then) = (after.last_sync.unwrap(), before.last_sync.clone().unwrap());
    assert_eq!((now.total, now.considered), (then.total, then.considered));
    assert_eq!((now.created, now.updated), (0, 0));
    assert_eq!(now.unchanged, then.created + then.updated + then.unchanged);
    assert_eq!(now.without_indicators, then.without_indicators);
    assert_eq!((now.failed, now.pending), (then.failed, 0));
}

/// Sent, sent without its CSV data, without indicators, failed. A rollback is an upgrade, too.
#[tokio::test]
#[ignore = "builds an earlier commit: make test-all"]
async fn what_was_sent_is_not_sent_again() {
    let handover = Handover::new().await;
    let stage = &handover.stage;
    stage.reports(24);
    let [refused, without_csv] = [0, 1].map(|index| planted(stage)[index].id.clone());
    let refusal = Fault::on("POST", "/api/1.3/reports/upsert")
        .body(&refused)
        .reply(Reply::status(400));
    stage.trustar.controls().faults.set(refusal);
    let gone = format!("{}/gone.csv", stage.flashpoint.url());
    stage.flashpoint.edit(&without_csv, |fields| {
        fields.insert("sources".to_owned(), json!([gone]));
    });
    let earlier = handover.earlier().await;
    stage.feed(FEED).await;
    let feed = stage.until_reason(FEED, Reason::SyncedWithFailures).await;
    let (before, counted) = (status(&feed), counts(&feed));
    let planted = stage.planted() as u64;
    assert_eq!((counted.created, counted.failed), (planted - 1, 1));
    assert_eq!(
        (counted.without_indicators, counted.without_csv),
        (24 - planted, 1)
    );
    assert_eq!(before.failures[0].id, refused);
    let pinned = before.window.clone().unwrap().since;
    assert!(pinned.is_some(), "a failed report keeps its window");

    stop(earlier).await;
    let present = handover.present().await;
    nothing_changes(stage, &before).await;
    stop(present).await;
    let earlier = handover.earlier().await;
    nothing_changes(stage, &before).await;

    // What failed is remembered as failed, not as sent.
    stage.trustar.controls().faults.clear_all();
    stop(earlier).await;
    let _present = handover.present().await;
    stage.flashpoint.post();
    stage.request(FEED, "now").await;
    stage.until_handled(FEED, "now").await;
    let feed = stage.until_synced(FEED).await;
    assert_eq!(status(&feed).totals.syncs, 4);
    assert!(status(&feed).failures.is_empty());
    stage.assert_clean();
    for (id, times) in written(&stage.trustar) {
        assert_eq!(times, 1, "{id}");
    }
}

/// Stopped in mid-sync: written, written without its tags, not written yet.
#[tokio::test]
#[ignore = "builds an earlier commit: make test-all"]
async fn what_was_begun_is_finished_and_nothing_is_written_twice() {
    const TAG: &str = "Nowhere to be found";
    let handover = Handover::new().await;
    let stage = &handover.stage;
    stage.telling_reports(40);
    let untagged = planted(stage)[0].id.clone();
    stage.flashpoint.edit(&untagged, |fields| {
        fields.insert("tags".to_owned(), json!([TAG]));
    });
    stage.slow_writes(1_500);
    let not_found = Fault::on("POST", "/api/1.3/reports/")
        .suffix("/alter-tags")
        .body(TAG)
        .reply(Reply::status(404));
    stage.trustar.controls().faults.set(not_found);
    let earlier = handover.earlier().await;
    stage.feed(FEED).await;
    let tries = || {
        let record = &stage.trustar.controls().record;
        let mut calls = record.matching("POST", "/api/1.3/reports/", "/alter-tags");
        calls.retain(|call| call.text().contains(TAG));
        calls.len()
    };
    until("tags are tried three times", TAGS_TRIED, async || {
        (tries() >= 3).then_some(())
    })
    .await;
    // By then the third refusal has been taken in, too.
    stage.until_upserts(stage.upserts().len() + 3).await;
    stop(earlier).await;
    let before = status(&stage.get(FEED).await);
    let partial = before.last_sync.unwrap();
    assert_eq!(partial.created + partial.pending, 40);
    assert!(partial.created >= 4 && partial.pending >= 5, "{partial:?}");
    assert_eq!(before.totals.submitted, partial.created);

    // What is slow no longer is; the one report's tags are still refused, and its next try is not due.
    stage.slow_writes(0);
    let _present = handover.present().await;
    let all_but_one = |feed: &FlashpointFeed| counts(feed).created == 39;
    let feed = stage.until(FEED, TAGS_TRIED, all_but_one).await;
    assert_eq!(reason(&feed), Some(Reason::WritesPending));
    assert_eq!((counts(&feed).pending, tries()), (1, 3));
    stage.trustar.controls().faults.clear_all();
    stage.request(FEED, "now").await;
    stage.until_handled(FEED, "now").await;
    let feed = stage.until_synced(FEED).await;
    assert_eq!(tries(), 4);
    assert_eq!(status(&feed).totals.submitted, 40);
    stage.assert_clean();
    for (id, times) in written(&stage.trustar) {
        assert_eq!(times, 1, "{id}");
    }
}

/// More reports than a sync takes on, some of which leave the lookback before they are taken on: the window stays where the
/// earlier operator pinned it.
#[tokio::test]
#[ignore = "builds an earlier commit: make test-all"]
async fn a_backlog_is_worked_off_from_where_it_stood() {
    let handover = Handover::new().await;
    let stage = &handover.stage;
    stage.telling_reports(0);
    stage
        .flashpoint
        .generate(80, SignedDuration::from_hours(24));
    let earlier = handover.earlier().await;
    stage.feed_with(FEED, json!({"limit": 20})).await;
    let feed = stage.until_reason(FEED, Reason::Draining).await;
    let before = status(&feed);
    assert_eq!((counts(&feed).created, counts(&feed).backlog), (20, 60));
    let pinned = before.window.unwrap().since;
    assert!(pinned.is_some());

    stop(earlier).await;
    // As far as clocks may differ and still be believed.
    let clock = &stage.flashpoint.controls().clock;
    clock.set_skew(SignedDuration::from_mins(50));
    let _present = handover.present().await;
    for submitted in [40, 60] {
        let feed = next_sync(stage).await;
        let after = status(&feed);
        assert_eq!(reason(&feed), Some(Reason::Draining));
        assert_eq!(after.window.unwrap().since, pinned);
        assert_eq!(after.totals.submitted, submitted);
        assert_eq!(counts(&feed).backlog, 80 - submitted);
    }
    let feed = next_sync(stage).await;
    let last = status(&feed);
    assert_eq!(reason(&feed), Some(Reason::Synced));
    assert_eq!((last.totals.submitted, last.totals.syncs), (80, 4));
    let window = last.window.unwrap();
    assert!(window.since.is_none() && window.covered_to.is_some());
    stage.assert_clean();
    for (id, times) in written(&stage.trustar) {
        assert_eq!(times, 1, "{id}");
    }
}
