//! A feed into a MISP, whose key is in a Secret of its own.

use flashpoint_operator::api::Reason;
use k8s_openapi::api::core::v1::Secret;
use kube::api::{Api, Patch, PatchParams};
use serde_json::{Value, from_value, json};
use simulators::Server;
use simulators::misp::{KEY, Misp};

use crate::harness::{Operator, SOON, Stage, counts, message, reason, status, until};

async fn put_key(stage: &Stage, key: &str) {
    let secret = json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "misp"}, "stringData": {"misp-auth-key": key}});
    let secrets: Api<Secret> = Api::namespaced(stage.client.clone(), &stage.namespace);
    let secret: Secret = from_value(secret).unwrap();
    let patch = Patch::Apply(&secret);
    let parameters = PatchParams::apply("test").force();
    secrets.patch("misp", &parameters, &patch).await.unwrap();
}

fn spec() -> Value {
    json!({
        "enclaveId": null,
        "destination": {"misp": {"server": "main", "secretRef": {"name": "misp"}, "publish": true}},
    })
}

/// A stage with a MISP, and an operator that knows it as `main`.
async fn staged(prefix: &str) -> (Stage, Server<Misp>, Operator) {
    let stage = Stage::new(prefix).await;
    let misp = simulators::start(Misp::default()).await.unwrap();
    let named = format!("main={}", misp.url());
    let operator = stage.starting().env("MISP_SERVERS", &named).here().await;
    (stage, misp, operator)
}

#[tokio::test]
async fn a_feed_fills_a_misp_and_a_rotated_key_is_noticed() {
    let (stage, misp, operator) = staged("misp").await;
    stage.telling_reports(6);
    stage.feed_with("feed", spec()).await;
    let waits = stage.until_reason("feed", Reason::SecretNotFound).await;
    assert!(
        message(&waits).contains("/misp does not exist"),
        "{}",
        message(&waits)
    );
    put_key(&stage, "not-the-key").await;
    let refused = stage
        .until("feed", SOON, |feed| {
            reason(feed) == Some(Reason::DestinationUnauthorized)
        })
        .await;
    assert!(
        message(&refused).contains("misp-auth-key"),
        "{}",
        message(&refused)
    );
    put_key(&stage, KEY).await;
    let synced = stage.until_synced("feed").await;
    assert_eq!(counts(&synced).created, 6);
    let events = misp.events();
    assert_eq!(events.len(), 6);
    assert!(events.iter().all(|event| event.published));
    // The event follows the status.
    let wrote = "wrote 6 reports to MISP";
    until(wrote, SOON, async || {
        let told = stage.events("feed").await;
        told.into_iter()
            .find(|event| event.note.as_deref() == Some(wrote))
    })
    .await;
    // Nothing new: nothing is sent.
    let calls = misp.controls().record.all().len();
    stage.request("feed", "again").await;
    stage.until_handled("feed", "again").await;
    assert_eq!(misp.controls().record.all().len(), calls);
    assert!(!operator.log().contains(KEY));
}

#[tokio::test]
async fn another_place_is_a_new_feed() {
    let (stage, misp, _operator) = staged("misp-moves").await;
    stage.telling_reports(4);
    put_key(&stage, KEY).await;
    stage.feed("feed").await;
    stage.until_synced("feed").await;
    assert!(misp.events().is_empty());
    stage.edit("feed", spec()).await;
    let moved = stage.until_synced("feed").await;
    assert_eq!(misp.events().len(), 4);
    assert_eq!(status(&moved).totals.submitted, 4, "counted anew");
}
