//! What the API server makes of a ledger.

use flashpoint_operator::api::{FlashpointLedger, FlashpointLedgerData};
use flashpoint_operator::sync::ledger::MAX_BYTES;
use kube::Api;
use kube::api::PostParams;
use serde_json::{Value, json};

use super::served::{get, served};

#[tokio::test]
async fn a_ledger_holds_one_field() {
    let (plane, client) = served().await;
    let namespace = plane.namespace("ledgers").await.unwrap();
    let ledgers: Api<FlashpointLedger> = Api::namespaced(client.clone(), &namespace);
    let ledger = FlashpointLedger::new(
        "cybercrime",
        FlashpointLedgerData {
            data: "eJw=".to_owned(),
        },
    );
    let stored = ledgers
        .create(&PostParams::default(), &ledger)
        .await
        .unwrap();
    assert_eq!(stored.spec.data, "eJw=");
    let path = format!(
        "/apis/flashpoint-operator.dev/v1alpha1/namespaces/{namespace}/flashpointledgers/cybercrime"
    );
    let stored: Value = get(&client, &path, "application/json").await;
    let mut fields: Vec<&str> = stored
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect();
    fields.sort_unstable();
    assert_eq!(fields, ["apiVersion", "data", "kind", "metadata"]);
    assert_eq!(stored["data"], json!("eJw="));
}

#[tokio::test]
async fn the_largest_ledger_fits() {
    let (plane, client) = served().await;
    let namespace = plane.namespace("ledgers").await.unwrap();
    let ledgers: Api<FlashpointLedger> = Api::namespaced(client, &namespace);
    let ledger = FlashpointLedger::new(
        "full",
        FlashpointLedgerData {
            data: "A".repeat(MAX_BYTES),
        },
    );
    assert_eq!(
        ledgers
            .create(&PostParams::default(), &ledger)
            .await
            .unwrap()
            .spec
            .data
            .len(),
        MAX_BYTES
    );
}
