//! Control planes of their own: resources that are not there yet, stored objects that are no longer allowed, an API
//! server that is frozen or forgets.

use std::time::Duration;

use flashpoint_operator::api::{FlashpointFeed, Reason, definitions};
use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::{
    CustomResourceDefinition, JSONSchemaProps,
};
use kube::api::{ApiResource, DeleteParams, DynamicObject, Patch, PatchParams, PostParams};
use kube::core::GroupVersionKind;
use kube::{Api, ResourceExt as _};
use serde_json::{Value, from_value, json};
use simulators::trustar::ENCLAVE;

use crate::harness::{Cluster, SECRET, SOON, Stage, message, status, until};

/// A stage in a namespace of a control plane, whose operator watches all namespaces.
async fn stage(cluster: &Cluster, prefix: &str) -> Stage {
    let namespace = cluster.plane.namespace(prefix).await.unwrap();
    cluster.create_account(&namespace).await;
    cluster.authorize_everywhere(&namespace).await;
    let kubeconfig = cluster.kubeconfig(&namespace).await;
    Stage::at(cluster, namespace, kubeconfig).await
}

/// The definitions, with a schema that takes anything.
fn anything_goes() -> Vec<CustomResourceDefinition> {
    let mut definitions = definitions();
    for version in definitions
        .iter_mut()
        .flat_map(|definition| &mut definition.spec.versions)
    {
        let anything = json!({"type": "object", "x-kubernetes-preserve-unknown-fields": true});
        let schema: JSONSchemaProps = from_value(anything).unwrap();
        version.schema.as_mut().unwrap().open_api_v3_schema = Some(schema);
    }
    definitions
}

async fn store(stage: &Stage, name: &str, spec: Value) {
    let kind = GroupVersionKind::gvk("flashpoint-operator.dev", "v1alpha1", "FlashpointFeed");
    let resource = ApiResource::from_gvk(&kind);
    let feeds: Api<DynamicObject> =
        Api::namespaced_with(stage.client.clone(), &stage.namespace, &resource);
    let feed = json!({
        "apiVersion": "flashpoint-operator.dev/v1alpha1", "kind": "FlashpointFeed",
        "metadata": {"name": name}, "spec": spec,
    });
    feeds
        .create(&PostParams::default(), &from_value(feed).unwrap())
        .await
        .unwrap();
}

/// The operator starts before its resources are defined, and feeds were stored that no longer fit them.
#[tokio::test]
async fn feeds_that_cannot_be_read_hide_no_others_and_missing_definitions_are_waited_for() {
    let cluster = Cluster::start().await;
    let stage = stage(&cluster, "stored").await;
    stage.telling_reports(3);
    let operator = stage.starting().everywhere().await;
    assert_eq!(operator.get("/livez").await.0, 200);
    until("it says what is missing", SOON, async || {
        let (code, body) = operator.get("/readyz").await;
        assert_eq!(code, 503);
        body.contains("CRDs").then_some(())
    })
    .await;

    cluster.define(anything_goes()).await;
    let fine = json!({"secretRef": {"name": SECRET}, "enclaveId": ENCLAVE});
    let with = |field: &str, value: Value| {
        let mut spec = fine.clone();
        spec[field] = value;
        spec
    };
    let malformed = [
        ("no-spec", json!(null)),
        ("text", json!("text")),
        ("no-enclave", json!({"secretRef": {"name": SECRET}})),
        ("number", with("interval", json!(15))),
        ("no-duration", with("interval", json!("soon"))),
        ("hasty", with("interval", json!("1s"))),
        ("greedy", with("limit", json!(100_000))),
        ("odd-enclave", with("enclaveId", json!("../../etc"))),
        ("odd-type", with("indicatorTypes", json!(["Telephone"]))),
    ];
    for (name, spec) in malformed {
        store(&stage, name, spec).await;
    }
    store(&stage, "fine", fine).await;
    until("the operator is ready", SOON, async || {
        (operator.get("/readyz").await.0 == 200).then_some(())
    })
    .await;
    stage.until_synced("fine").await;
    for name in [
        "no-enclave",
        "number",
        "no-duration",
        "greedy",
        "odd-enclave",
        "odd-type",
    ] {
        let event = stage.until_event(name, "Unreadable").await;
        assert_eq!(event.type_.as_deref(), Some("Warning"));
        let metrics = operator.metrics().await;
        let series = |metric: &str| {
            let labels = format!(
                "{metric}{{namespace=\"{}\",name=\"{name}\"}}",
                stage.namespace
            );
            let mut lines = metrics.lines();
            lines.find_map(|line| {
                line.strip_prefix(&labels)
                    .map(|value| value.trim().to_owned())
            })
        };
        assert_eq!(
            series("flashpoint_operator_feed_ready").as_deref(),
            Some("0"),
            "{name}"
        );
        assert_eq!(
            series("flashpoint_operator_feed_stalled").as_deref(),
            Some("1"),
            "{name}"
        );
        assert_eq!(
            series("flashpoint_operator_feed_interval_seconds"),
            None,
            "{name}"
        );
    }
    cluster.define(definitions()).await;
    stage.flashpoint.post();
    let mark = stage.audit.mark();
    stage.request("fine", "now").await;
    stage.until_handled("fine", "now").await;
    stage.assert_clean();
    // What can't be read costs nothing until it changes.
    assert!(
        stage.audit.calls_since(mark).len() < 20,
        "{:?}",
        stage.audit.calls_since(mark)
    );
    stage.edit("hasty", json!({"interval": "5m"})).await;
    stage.until_synced("hasty").await;
}

/// Ledgers are not defined at first; later both kinds go, and come back.
#[tokio::test]
async fn definitions_that_are_missing_or_go_are_told_and_cost_no_writes() {
    let cluster = Cluster::start().await;
    let (ledgers, feeds): (Vec<_>, Vec<_>) = definitions()
        .into_iter()
        .partition(|definition| definition.spec.names.kind == "FlashpointLedger");
    cluster.define(feeds).await;
    let stage = stage(&cluster, "undefined").await;
    stage.telling_reports(3);
    let operator = stage.starting().everywhere().await;
    stage.feed("feed").await;
    let feed = stage.until_reason("feed", Reason::LedgerUnavailable).await;
    assert!(
        message(&feed).contains("kubectl apply -k crds"),
        "{}",
        message(&feed)
    );
    assert!(stage.upserts().is_empty());
    cluster.define(ledgers).await;
    stage.until_synced("feed").await;
    assert_eq!(stage.upserts().len(), 3);

    assert_eq!(operator.get("/readyz").await.0, 200);
    let api: Api<CustomResourceDefinition> = Api::all(cluster.client());
    for definition in definitions() {
        let parameters = DeleteParams::default();
        api.delete(&definition.name_any(), &parameters)
            .await
            .unwrap();
    }
    until("the operator is no longer ready", SOON, async || {
        (operator.get("/readyz").await.0 == 503).then_some(())
    })
    .await;
    assert_eq!(operator.get("/livez").await.0, 200);
    cluster.define(definitions()).await;
    until("the operator is ready again", SOON, async || {
        (operator.get("/readyz").await.0 == 200).then_some(())
    })
    .await;
    stage.feed("feed").await;
    stage
        .until("feed", Duration::from_mins(2), |feed| {
            status(feed).totals.syncs > 0
        })
        .await;
    stage.assert_clean();
}

/// The API server freezes in mid-sync, and later starts anew with watches that have run out.
#[tokio::test]
async fn an_api_server_that_freezes_or_forgets_costs_no_report() {
    let mut cluster = Cluster::start_with(&["--watch-cache=false"]).await;
    cluster.define(definitions()).await;
    let stage = stage(&cluster, "frozen").await;
    stage.telling_reports(20);
    stage.slow_writes(100);
    let operator = stage.starting().everywhere().await;
    stage.feed("feed").await;
    stage.until_upserts(4).await;
    cluster.plane.pause_apiserver().unwrap();
    // The sync goes on meanwhile.
    stage.until_upserts(20).await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    cluster.plane.resume_apiserver().unwrap();
    let first = stage.until_synced("feed").await;
    assert_eq!(status(&first).totals.submitted, 20);
    stage.trustar.controls().faults.clear_all();

    let noise: Api<k8s_openapi::api::core::v1::ConfigMap> =
        Api::namespaced(stage.client.clone(), &stage.namespace);
    for count in 0..10 {
        let patch = Patch::Apply(json!({
            "apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "noise"}, "data": {"count": count.to_string()},
        }));
        noise
            .patch("noise", &PatchParams::apply("tests"), &patch)
            .await
            .unwrap();
    }
    cluster.plane.compact_etcd().await.unwrap();
    cluster.plane.restart_apiserver().await.unwrap();
    stage.flashpoint.post();
    stage.request("feed", "after the restart").await;
    stage.until_handled("feed", "after the restart").await;
    stage.feed("another").await;
    let another = stage.until_synced("another").await;
    assert!(another.status.is_some());
    stage.assert_clean();
    let metrics = operator.metrics().await;
    assert!(metrics.contains("name=\"another\""));
    let feeds: Api<FlashpointFeed> = stage.feeds();
    assert_eq!(
        status(&feeds.get("feed").await.unwrap()).totals.submitted,
        21
    );
}
