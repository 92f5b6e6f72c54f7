//! The Secret of the feeds that a figure is measured with.

use k8s_openapi::api::core::v1::Secret;
use kube::Client;
use kube::api::{Api, PostParams};
use serde_json::{Value, json};
use simulators::Server;
use simulators::flashpoint::Flashpoint;
use simulators::trustar::Trustar;

use super::Outcome;

/// The Secret `credentials`, with keys that both simulators accept.
pub fn secret(flashpoint: &Server<Flashpoint>, trustar: &Server<Trustar>) -> Outcome<Value> {
    let credential = trustar.credential().ok_or("no credential")?;
    Ok(json!({
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "credentials"},
        "stringData": {
            "flashpoint-api-key": flashpoint.api_key(),
            "trustar-api-key": credential.key,
            "trustar-api-secret": credential.secret,
        },
    }))
}

/// Creates it in a namespace.
pub async fn create(
    client: &Client,
    namespace: &str,
    flashpoint: &Server<Flashpoint>,
    trustar: &Server<Trustar>,
) -> Outcome<()> {
    let secret: Secret = serde_json::from_value(secret(flashpoint, trustar)?)?;
    Api::namespaced(client.clone(), namespace)
        .create(&PostParams::default(), &secret)
        .await?;
    Ok(())
}
