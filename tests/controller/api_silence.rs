//! Connections to the API server that go silent while new ones work.

use std::time::Duration;

use flashpoint_operator::api::FlashpointFeed;
use jiff::SignedDuration;
use k8s_openapi::api::coordination::v1::Lease;
use kube::Api;
use serde_json::json;

use crate::harness::{Operator, Relay, SOON, Stage, status, until};

async fn operator(stage: &Stage, relay: &Relay, elected: bool) -> Operator {
    let mut starting = stage
        .starting()
        .env("KUBECONFIG", relay.kubeconfig.to_str().unwrap());
    if elected {
        starting = starting
            .args(&["--leader-elect"])
            .env("POD_NAME", "leader")
            .env("POD_NAMESPACE", &stage.namespace);
    }
    starting.here().await
}

fn attempted(feed: &FlashpointFeed) -> Option<jiff::Timestamp> {
    status(feed).last_attempt_time.map(|time| time.0)
}

#[tokio::test]
async fn a_feed_syncs_again_within_a_minute_of_silence_and_the_log_says_why() {
    let stage = Stage::new("silent").await;
    stage.telling_reports(3);
    let relay = Relay::start(&stage.kubeconfig).await;
    let operator = operator(&stage, &relay, false).await;
    stage.feed_with("feed", json!({"interval": "1m"})).await;
    let first = stage.until_synced("feed").await;
    let due = status(&first).next_sync_time.unwrap().0;
    // The event that follows the status has been published.
    stage.until_event("feed", "Synced").await;
    relay.go_silent();
    stage.flashpoint.post();
    let within = Duration::from_secs(60 + 60 + 30);
    let later = |feed: &FlashpointFeed| status(feed).totals.syncs > 1;
    let feed = stage.until("feed", within, later).await;
    let late = attempted(&feed).unwrap().duration_since(due);
    assert!(late < SignedDuration::from_mins(1), "{late}");
    stage.assert_clean();
    let log = operator.log();
    assert!(log.contains("gave no answer within 30 s"), "{log}");
    assert!(log.contains("failed to read the secret"), "{log}");
    // The watch was begun anew as well.
    stage.request("feed", "now").await;
    stage.until_handled("feed", "now").await;
}

#[tokio::test]
async fn what_is_asked_for_in_the_silence_is_noticed_when_the_watch_has_ended() {
    let stage = Stage::new("silent-watch").await;
    let relay = Relay::start(&stage.kubeconfig).await;
    let _operator = operator(&stage, &relay, false).await;
    stage.feed("feed").await;
    stage.until_synced("feed").await;
    stage.until_event("feed", "Synced").await;
    relay.go_silent();
    stage.request("feed", "now").await;
    let handled =
        |feed: &FlashpointFeed| status(feed).last_handled_reconcile_at.as_deref() == Some("now");
    // The watch lasts 45 s and a little, and the first call after it may take 30 s.
    stage.until("feed", Duration::from_secs(110), handled).await;
}

#[tokio::test]
async fn a_leader_renews_its_lease_by_another_connection() {
    let stage = Stage::new("silent-leader").await;
    let relay = Relay::start(&stage.kubeconfig).await;
    let mut operator = operator(&stage, &relay, true).await;
    let leases: Api<Lease> = Api::namespaced(stage.client.clone(), &stage.namespace);
    let renewed = async || {
        let lease = leases.get_opt("flashpoint-operator").await.unwrap()?;
        Some(lease.spec?.renew_time?.0)
    };
    // Once all connections that are needed are open.
    stage.feed("feed").await;
    stage.until_synced("feed").await;
    stage.until_event("feed", "Synced").await;
    let first = until("the lease is held", SOON, renewed).await;
    relay.go_silent();
    until("the lease is renewed for long", SOON, async || {
        let renewed = renewed().await?;
        (renewed.duration_since(first) > SignedDuration::from_secs(20)).then_some(())
    })
    .await;
    assert!(operator.running(), "the leader ended");
}
