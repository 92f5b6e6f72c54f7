//! The process stopped, killed, frozen and doubled: nothing is lost, nothing happens twice.

use std::time::{Duration, Instant};

use flashpoint_operator::api::{FlashpointFeed, Reason};
use k8s_openapi::api::coordination::v1::Lease;
use kube::Api;
use kube::api::{Patch, PatchParams};
use rustix::process::Signal;
use serde_json::json;
use simulators::faults::{Fault, Reply};

use crate::harness::{Operator, SOON, Stage, counts, message, reason, status, until};

/// The longest that a replica may need to take over from one that is dead: the lease and a bit.
const TAKEOVER: Duration = Duration::from_secs(25);

#[tokio::test]
async fn a_stop_in_mid_sync_tells_what_was_done_and_the_next_start_does_the_rest() {
    let stage = Stage::new("term").await;
    stage.telling_reports(50);
    stage.slow_writes(250);
    let mut operator = stage.operator().await;
    stage.feed("feed").await;
    stage.until_upserts(6).await;
    operator.signal(Signal::TERM);
    assert_eq!(
        operator.ended(Duration::from_secs(10)).await.code(),
        Some(0)
    );
    let feed = stage.get("feed").await;
    assert_eq!(
        reason(&feed),
        Some(Reason::WritesPending),
        "{}",
        message(&feed)
    );
    let partial = counts(&feed);
    assert_eq!(partial.created + partial.pending, 50);
    assert_eq!(
        (status(&feed).totals.submitted, partial.considered),
        (partial.created, 50)
    );
    // What was under way is written; its tags may follow.
    let written = stage.upserts().len() as u64;
    assert!(
        (partial.created..=partial.created + 4).contains(&written),
        "{written}, {partial:?}"
    );

    stage.trustar.controls().faults.clear_all();
    let _next = stage.operator().await;
    let feed = stage.until_synced("feed").await;
    assert_eq!((counts(&feed).created, counts(&feed).considered), (50, 50));
    assert_eq!(
        (status(&feed).totals.submitted, status(&feed).totals.syncs),
        (50, 1)
    );
    assert_eq!(stage.upserts().len(), 50);
    stage.assert_clean();
}

#[tokio::test]
async fn a_stop_does_not_wait_for_a_vendor_that_never_answers() {
    let stage = Stage::new("term-hang").await;
    stage.telling_reports(10);
    stage.trustar.controls().faults.set(
        Fault::on("POST", "/api/1.3/reports/upsert")
            .nth(3)
            .reply(Reply::Hang),
    );
    stage.slow_writes(50);
    let mut operator = stage.operator().await;
    stage.feed("feed").await;
    stage.until_upserts(6).await;
    operator.signal(Signal::TERM);
    assert_eq!(
        operator.ended(Duration::from_secs(10)).await.code(),
        Some(0)
    );
    let feed = stage.get("feed").await;
    let partial = counts(&feed);
    assert_eq!(partial.created + partial.pending, 10);
    assert!(partial.created <= stage.upserts().len() as u64);
    stage.trustar.controls().faults.clear_all();
    let _next = stage.operator().await;
    stage.until_synced("feed").await;
    stage.assert_clean();
}

#[tokio::test]
async fn an_idle_operator_stops_at_once() {
    let stage = Stage::new("term-idle").await;
    let mut operator = stage.operator().await;
    stage.feed("feed").await;
    stage.until_synced("feed").await;
    operator.signal(Signal::TERM);
    assert_eq!(operator.ended(Duration::from_secs(5)).await.code(), Some(0));
}

#[tokio::test]
async fn a_kill_in_mid_sync_loses_nothing_and_doubles_nothing() {
    let stage = Stage::new("kill").await;
    stage.telling_reports(40);
    stage.slow_writes(100);
    let operator = stage.operator().await;
    stage.feed("feed").await;
    stage.until_upserts(10).await;
    operator.kill();
    stage.trustar.controls().faults.clear_all();
    let _next = stage.operator().await;
    let feed = stage.until_synced("feed").await;
    assert_eq!(counts(&feed).considered, 40);
    assert!(status(&feed).totals.submitted <= stage.upserts().len() as u64);
    stage.assert_clean();
}

#[tokio::test]
async fn a_restart_makes_no_feed_due() {
    let stage = Stage::new("restart").await;
    stage.telling_reports(2);
    let operator = stage.operator().await;
    stage.feed("feed").await;
    let before = stage.until_synced("feed").await;
    operator.kill();
    let next = stage.operator().await;
    stage.feed("another").await;
    stage.until_synced("another").await;
    assert_eq!(stage.get("feed").await.status, before.status);
    assert!(next.metrics().await.contains("feed_ready{"));
}

/// Two releases of the chart that watch the same namespace, without an election between them.
#[tokio::test]
async fn two_operators_by_mistake_double_nothing_and_come_to_rest() {
    let stage = Stage::new("mistake").await;
    stage.telling_reports(20);
    stage.slow_writes(100);
    let _first = stage.operator().await;
    let _second = stage.operator().await;
    stage.feed("feed").await;
    stage.until_synced("feed").await;
    stage.assert_clean();
    stage.trustar.controls().faults.clear_all();
    stage.flashpoint.post();
    stage.request("feed", "once more").await;
    stage.until_handled("feed", "once more").await;
    let feed = stage.until_synced("feed").await;
    assert_eq!(status(&feed).last_sync.unwrap().total, 21);
    stage.assert_clean();
}

async fn replica(stage: &Stage, name: &str) -> Operator {
    let starting = stage
        .starting()
        .args(&["--leader-elect"])
        .env("POD_NAME", name);
    starting.env("POD_NAMESPACE", &stage.namespace).here().await
}

/// Waits until a replica holds the lease.
async fn until_leads(stage: &Stage, name: &str, within: Duration) {
    let leases: Api<Lease> = Api::namespaced(stage.client.clone(), &stage.namespace);
    until(&format!("{name} leads"), within, async || {
        let lease = leases.get_opt("flashpoint-operator").await.unwrap()?;
        (lease.spec?.holder_identity.as_deref() == Some(name)).then_some(())
    })
    .await;
}

#[tokio::test]
async fn of_two_replicas_one_works_and_a_stopped_leader_hands_over() {
    let stage = Stage::new("handover").await;
    stage.telling_reports(4);
    let mut first = replica(&stage, "first").await;
    until_leads(&stage, "first", SOON).await;
    let second = replica(&stage, "second").await;
    // One that stands by is ready to.
    until("the second is ready", SOON, async || {
        (second.get("/readyz").await.0 == 200).then_some(())
    })
    .await;
    stage.feed("feed").await;
    stage.until_synced("feed").await;
    assert_eq!(stage.listings().len(), 1);
    assert!(
        first
            .metrics()
            .await
            .contains("flashpoint_operator_leader 1")
    );
    assert!(
        second
            .metrics()
            .await
            .contains("flashpoint_operator_leader 0")
    );
    first.signal(Signal::TERM);
    assert_eq!(first.ended(Duration::from_secs(10)).await.code(), Some(0));
    // Released, not run out.
    until_leads(&stage, "second", Duration::from_secs(8)).await;
    stage.flashpoint.post();
    stage.request("feed", "new leader").await;
    stage.until_handled("feed", "new leader").await;
    stage.assert_clean();
}

#[tokio::test]
async fn a_leader_killed_in_mid_sync_is_replaced_and_nothing_doubled() {
    let stage = Stage::new("takeover").await;
    stage.telling_reports(30);
    stage.slow_writes(100);
    let first = replica(&stage, "first").await;
    until_leads(&stage, "first", SOON).await;
    let _second = replica(&stage, "second").await;
    stage.feed("feed").await;
    stage.until_upserts(6).await;
    first.kill();
    until_leads(&stage, "second", TAKEOVER).await;
    stage.until_synced("feed").await;
    stage.assert_clean();
}

#[tokio::test]
async fn a_leader_frozen_past_its_lease_ends_and_moves_no_checkpoint_back() {
    let stage = Stage::new("frozen").await;
    stage.telling_reports(30);
    stage.slow_writes(100);
    let mut first = replica(&stage, "first").await;
    until_leads(&stage, "first", SOON).await;
    let _second = replica(&stage, "second").await;
    stage.feed("feed").await;
    stage.until_upserts(6).await;
    first.signal(Signal::STOP);
    until_leads(&stage, "second", TAKEOVER).await;
    let synced = stage.until_synced("feed").await;
    first.signal(Signal::CONT);
    let ended = first.ended(SOON).await;
    assert!(!ended.success(), "{ended}");
    let after = stage.get("feed").await;
    assert_eq!(after.status, synced.status);
    // Its ledger is the new leader's, too: nothing is new.
    stage.request("feed", "check").await;
    let checked = stage.until_handled("feed", "check").await;
    let unchanged = |feed: &FlashpointFeed| counts(feed).unchanged;
    assert_eq!(unchanged(&checked), 30);
    stage.assert_clean();
}

/// Somebody labels and annotates the lease all the time: a conflict is no other leader.
#[tokio::test]
async fn a_lease_that_others_write_to_is_kept() {
    let stage = Stage::new("annotated").await;
    let mut leader = replica(&stage, "leader").await;
    until_leads(&stage, "leader", SOON).await;
    let leases: Api<Lease> = Api::namespaced(stage.client.clone(), &stage.namespace);
    let began = Instant::now();
    let mut writes = 0_u32;
    while began.elapsed() < Duration::from_secs(15) {
        writes += 1;
        let patch =
            json!({"metadata": {"annotations": {"example.com/writes": writes.to_string()}}});
        let parameters = PatchParams::default();
        leases
            .patch("flashpoint-operator", &parameters, &Patch::Merge(patch))
            .await
            .unwrap();
    }
    assert!(writes > 300, "{writes}");
    let conflicts = stage.audit.calls_since(0);
    let conflicts = conflicts
        .iter()
        .filter(|call| call.resource == "leases" && call.code == 409);
    assert!(conflicts.count() > 0, "no renewal met a write");
    assert!(leader.running(), "the leader ended");
    until_leads(&stage, "leader", SOON).await;
    // Another holder ends it.
    let patch = json!({"spec": {"holderIdentity": "another"}});
    leases
        .patch(
            "flashpoint-operator",
            &PatchParams::default(),
            &Patch::Merge(patch),
        )
        .await
        .unwrap();
    assert_eq!(leader.ended(Duration::from_secs(10)).await.code(), Some(1));
}
