//! What the API server makes of a feed: defaults, status, columns, names.

use std::collections::BTreeMap;

use flashpoint_operator::api::{
    FlashpointFeed, FlashpointFeedStatus, Reason, SyncFailure, SyncTotals, SyncWindow, conditions,
    definitions,
};
use flashpoint_operator::sync::counts::Counts;
use indicators::IndicatorType;
use jiff::Timestamp;
use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use kube::api::{Patch, PatchParams, PostParams};
use kube::client::Body;
use kube::core::Request;
use kube::{Api, Client};
use serde_json::{Value, json};

use super::cases::{changed, feed};
use super::served::{get, served};

/// A namespace of its own: its name, feeds in it, and a client.
async fn namespace(prefix: &str) -> (String, Api<FlashpointFeed>, Client) {
    let (plane, client) = served().await;
    let namespace = plane.namespace(prefix).await.unwrap();
    (
        namespace.clone(),
        Api::namespaced(client.clone(), &namespace),
        client,
    )
}

async fn create(feeds: &Api<FlashpointFeed>, feed: Value) -> FlashpointFeed {
    feeds
        .create(
            &PostParams::default(),
            &serde_json::from_value(feed).unwrap(),
        )
        .await
        .unwrap()
}

/// A feed as the API server has it, not as our types read it.
async fn stored(client: &Client, namespace: &str, name: &str) -> Value {
    get(client, &path(namespace, name), "application/json").await
}

fn path(namespace: &str, name: &str) -> String {
    format!("/apis/flashpoint-operator.dev/v1alpha1/namespaces/{namespace}/flashpointfeeds/{name}")
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// A status with every field.
fn full_status() -> FlashpointFeedStatus {
    let time = |text: &str| Some(Time(at(text)));
    FlashpointFeedStatus {
        observed_generation: 1,
        conditions: conditions(
            &[],
            Reason::SecretKeyMissing,
            "no key trustar-api-key",
            1,
            at("2026-01-01T00:00:00Z"),
        ),
        last_attempt_time: time("2026-01-01T00:00:01Z"),
        last_sync_time: time("2026-01-01T00:00:02Z"),
        next_sync_time: time("2026-01-01T00:00:03Z"),
        last_posted_time: time("2026-01-01T00:00:04Z"),
        last_submitted_time: time("2026-01-01T00:00:05Z"),
        last_sync: Some(Counts {
            total: 1,
            considered: 2,
            matched: 3,
            created: 4,
            updated: 5,
            unchanged: 6,
            without_indicators: 7,
            without_csv: 8,
            failed: 9,
            pending: 10,
            backlog: 11,
            indicators: BTreeMap::from([(IndicatorType::Ip, 3), (IndicatorType::Sha256, 1)]),
        }),
        totals: SyncTotals {
            syncs: 1,
            submitted: 42,
            failed: 3,
        },
        window: Some(SyncWindow {
            since: time("2026-01-01T00:00:06Z"),
            covered_to: time("2026-01-01T00:00:07Z"),
        }),
        consecutive_failures: 2,
        failures: vec![SyncFailure::new(
            "id",
            "title",
            "reason",
            5,
            Time(at("2026-01-01T00:00:08Z")),
        )],
        last_handled_reconcile_at: Some("now".to_owned()),
    }
}

#[tokio::test]
async fn what_is_left_out_has_its_default() {
    let (namespace, feeds, client) = namespace("defaults").await;
    create(&feeds, feed("minimal")).await;
    let stored = stored(&client, &namespace, "minimal").await;
    assert_eq!(
        stored["spec"],
        json!({
            "secretRef": {"name": "flashpoint-credentials"},
            "enclaveId": "3f1d2c84-6a0b-4c57-9e3a-b2d7c1f08e65",
            "interval": "15m",
            "limit": 500,
            "lookback": "1d",
            "timeout": "30s",
            "suspend": false,
            "indicatorTypes": ["IP", "Domain", "URL", "BitcoinAddress", "SHA1", "SHA256", "CVE", "RegistryKey", "Malware"],
            "indicatorSources": ["Text"],
            "malwareNames": {"add": [], "ignore": []},
            "domains": {"ignore": [], "count": []},
        })
    );
    assert_eq!(stored["status"], json!({"observedGeneration": -1}));
}

#[tokio::test]
async fn every_field_may_be_edited_and_an_edit_is_a_generation() {
    let (_, feeds, _) = namespace("edits").await;
    create(&feeds, feed("edited")).await;
    let edit =
        json!({"spec": {"enclaveId": "another", "interval": "1h", "secretRef": {"name": "other"}}});
    let edited = feeds
        .patch("edited", &PatchParams::default(), &Patch::Merge(&edit))
        .await
        .unwrap();
    assert_eq!(edited.spec.identity().as_deref(), Some("another"));
    assert_eq!(edited.metadata.generation, Some(2));
}

#[tokio::test]
async fn the_status_is_kept_whole_and_apart() {
    let (namespace, feeds, client) = namespace("status").await;
    let mut written = feed("told");
    written["status"] = json!({"observedGeneration": 99, "consecutiveFailures": 7});
    assert_eq!(
        create(&feeds, written)
            .await
            .status
            .unwrap()
            .observed_generation,
        -1
    );
    let status = full_status();
    let patch = json!({"status": status});
    let told = feeds
        .patch_status("told", &PatchParams::default(), &Patch::Merge(&patch))
        .await
        .unwrap();
    assert_eq!(told.status, Some(status.clone()));
    assert_eq!(told.metadata.generation, Some(1));
    assert_eq!(
        stored(&client, &namespace, "told").await["status"],
        serde_json::to_value(&status).unwrap()
    );
}

#[tokio::test]
async fn kubectl_get_shows_the_columns() {
    let (namespace, feeds, client) = namespace("columns").await;
    create(
        &feeds,
        changed("shown", &json!({"spec": {"interval": "1h"}})),
    )
    .await;
    let patch = json!({"status": full_status()});
    feeds
        .patch_status("shown", &PatchParams::default(), &Patch::Merge(&patch))
        .await
        .unwrap();
    let table = "application/json;as=Table;v=v1;g=meta.k8s.io";
    let table: Value = get(&client, &path(&namespace, "shown"), table).await;
    let columns = table["columnDefinitions"].as_array().unwrap().iter();
    let columns: Vec<(&str, bool)> = columns
        .map(|column| (column["name"].as_str().unwrap(), column["priority"] == 0))
        .collect();
    assert_eq!(
        columns,
        [
            ("Name", true),
            ("Enclave", false),
            ("Server", false),
            ("Interval", true),
            ("Suspended", false),
            ("Ready", true),
            ("Reason", true),
            ("Submitted", true),
            ("Last Posted", true),
            ("Last Sync", true),
            ("Age", true),
            ("Message", false),
        ]
    );
    let cells = table["rows"][0]["cells"].as_array().unwrap();
    let shown: Vec<Value> = cells
        .iter()
        .enumerate()
        .filter(|(at, _)| ![8, 9, 10].contains(at))
        .map(|(_, cell)| cell.clone())
        .collect();
    assert_eq!(
        json!(shown),
        json!([
            "shown",
            "3f1d2c84-6a0b-4c57-9e3a-b2d7c1f08e65",
            null,
            "1h",
            false,
            "False",
            "SecretKeyMissing",
            42,
            "no key trustar-api-key"
        ])
    );
    // Dates are shown as ages.
    for cell in &cells[8..11] {
        assert!(!cell.as_str().unwrap().contains('T'), "{cell}");
    }
}

#[tokio::test]
async fn the_enclave_is_shown_however_it_is_named() {
    let (namespace, feeds, client) = namespace("destinations").await;
    let destination =
        json!({"spec": {"enclaveId": null, "destination": {"trustar": {"enclaveId": "e-1"}}}});
    create(&feeds, changed("long-form", &destination)).await;
    let table = "application/json;as=Table;v=v1;g=meta.k8s.io";
    let table: Value = get(&client, &path(&namespace, "long-form"), table).await;
    assert_eq!(table["rows"][0]["cells"][1], "e-1");
}

#[tokio::test]
async fn it_is_known_by_its_short_name_and_category() {
    let (_, client) = served().await;
    let resources: Value = get(
        &client,
        "/apis/flashpoint-operator.dev/v1alpha1",
        "application/json",
    )
    .await;
    let resources = resources["resources"].as_array().unwrap();
    let find = |name: &str| {
        resources
            .iter()
            .find(|resource| resource["name"] == name)
            .unwrap()
    };
    let feeds = find("flashpointfeeds");
    assert_eq!(feeds["shortNames"], json!(["fpf"]));
    assert_eq!(feeds["categories"], json!(["flashpoint"]));
    assert_eq!(feeds["namespaced"], json!(true));
    find("flashpointfeeds/status");
    assert!(
        !resources
            .iter()
            .any(|resource| resource["name"] == "flashpointledgers/status")
    );
}

#[tokio::test]
async fn the_api_server_has_no_warning_about_the_definitions() {
    let (_, client) = served().await;
    for mut definition in definitions() {
        // It warns where a definition is new to it.
        definition.spec.group = "warnings.example".to_owned();
        let name = format!("{}.warnings.example", definition.spec.names.plural);
        definition.metadata.name = Some(name.clone());
        let path = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
        let body = serde_json::to_vec(&definition).unwrap();
        let params = PostParams {
            dry_run: true,
            ..PostParams::default()
        };
        let request = Request::new(path).create(&params, body).unwrap();
        let answer = client.send(request.map(Body::from)).await.unwrap();
        assert!(answer.status().is_success(), "{name}: {}", answer.status());
        assert_eq!(answer.headers().get("warning"), None, "{name}");
    }
}

#[tokio::test]
async fn the_schemas_are_structural() {
    let (_, client) = served().await;
    let api: Api<CustomResourceDefinition> = Api::all(client);
    for definition in definitions() {
        let stored = api
            .get(definition.metadata.name.as_deref().unwrap())
            .await
            .unwrap();
        let conditions = stored.status.unwrap().conditions.unwrap_or_default();
        assert!(
            !conditions
                .iter()
                .any(|condition| condition.type_ == "NonStructuralSchema"),
            "{conditions:?}"
        );
        assert!(
            !conditions
                .iter()
                .any(|condition| condition.type_ == "KubernetesAPIApprovalPolicyConformant")
        );
    }
}

#[tokio::test]
async fn every_field_is_explained() {
    fn unexplained(path: &str, schema: &Value, found: &mut Vec<String>) {
        for (name, property) in schema["properties"].as_object().into_iter().flatten() {
            let path = format!("{path}.{name}");
            if property["description"].as_str().is_none_or(str::is_empty) {
                found.push(path.clone());
            }
            unexplained(&path, property, found);
            unexplained(&format!("{path}[]"), &property["items"], found);
        }
    }
    for definition in definitions() {
        let schema = serde_json::to_value(&definition.spec.versions[0].schema).unwrap();
        let mut found = Vec::new();
        unexplained("", &schema["openAPIV3Schema"], &mut found);
        assert_eq!(found, Vec::<String>::new());
    }
}
