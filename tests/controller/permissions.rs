//! The operator may do what the chart lets it and no more, and it asks for no more.

use k8s_openapi::api::authorization::v1::SubjectAccessReview;
use kube::Api;
use kube::api::PostParams;
use serde_json::{Value, from_value, json};

use crate::harness::{SOON, Stage, election_rules, status, until, user, watch_rules};

const VERBS: [&str; 8] = [
    "get",
    "list",
    "watch",
    "create",
    "update",
    "patch",
    "delete",
    "deletecollection",
];

/// Group, resource, and the verbs on it that the documentation names.
const DOCUMENTED: [(&str, &str, &[&str]); 10] = [
    (
        "flashpoint-operator.dev",
        "flashpointfeeds",
        &["get", "list", "watch"],
    ),
    (
        "flashpoint-operator.dev",
        "flashpointfeeds/status",
        &["patch"],
    ),
    ("flashpoint-operator.dev", "flashpointfeeds/finalizers", &[]),
    // Deletion: some clusters let only those set an owner who may delete.
    (
        "flashpoint-operator.dev",
        "flashpointledgers",
        &["get", "create", "update", "delete"],
    ),
    ("", "secrets", &["get"]),
    ("", "configmaps", &[]),
    ("", "pods", &[]),
    ("events.k8s.io", "events", &["create", "patch"]),
    ("coordination.k8s.io", "leases", &["create"]),
    ("rbac.authorization.k8s.io", "roles", &[]),
];

async fn allowed(stage: &Stage, attributes: Value) -> bool {
    let reviews: Api<SubjectAccessReview> = Api::all(stage.client.clone());
    let groups = ["system:serviceaccounts", "system:authenticated"];
    let spec =
        json!({"user": user(&stage.namespace), "groups": groups, "resourceAttributes": attributes});
    let review = from_value(json!({"spec": spec, "metadata": {}})).unwrap();
    let review = reviews
        .create(&PostParams::default(), &review)
        .await
        .unwrap();
    review.status.unwrap().allowed
}

#[tokio::test]
async fn the_service_account_may_do_what_is_documented_and_no_more() {
    let stage = Stage::new("rights").await;
    for (group, resource, documented) in DOCUMENTED {
        let (resource, subresource) = resource.split_once('/').unwrap_or((resource, ""));
        for verb in VERBS {
            let mut attributes = json!({
                "group": group, "resource": resource, "subresource": subresource, "verb": verb,
                "namespace": stage.namespace, "name": "any",
            });
            let may = allowed(&stage, attributes.clone()).await;
            assert_eq!(
                may,
                documented.contains(&verb),
                "{verb} {group}/{resource}/{subresource}"
            );
            attributes["namespace"] = json!("kube-system");
            assert!(
                !allowed(&stage, attributes).await,
                "{verb} {group}/{resource} of another namespace"
            );
        }
    }
    for verb in VERBS {
        let lease = json!({
            "group": "coordination.k8s.io", "resource": "leases", "verb": verb,
            "namespace": stage.namespace, "name": "flashpoint-operator",
        });
        let documented = ["get", "create", "update"].contains(&verb);
        assert_eq!(
            allowed(&stage, lease).await,
            documented,
            "{verb} its own lease"
        );
    }
}

/// A rule of the chart that nothing needs would not be seen elsewhere.
#[tokio::test]
async fn the_charts_rules_have_no_wildcards_and_name_no_cluster_wide_resource() {
    for rules in [watch_rules(), election_rules()] {
        for rule in rules.as_array().unwrap() {
            let all = rule.to_string();
            assert!(!all.contains('*'), "{all}");
            for resource in rule["resources"].as_array().unwrap() {
                let documented = DOCUMENTED
                    .iter()
                    .any(|(_, name, verbs)| resource == name && !verbs.is_empty());
                assert!(documented, "{resource}");
            }
        }
    }
}

/// All that a working life asks for is allowed, in the operator's namespace alone.
#[tokio::test]
async fn nothing_that_the_operator_asks_for_is_forbidden() {
    let stage = Stage::new("asked").await;
    stage.telling_reports(4);
    let starting = stage
        .starting()
        .args(&["--leader-elect"])
        .env("POD_NAME", "replica");
    let _operator = starting.env("POD_NAMESPACE", &stage.namespace).here().await;
    stage.feed("feed").await;
    stage.until_synced("feed").await;
    stage.request("feed", "again").await;
    stage.until_handled("feed", "again").await;
    stage.edit("feed", json!({"suspend": true})).await;
    stage.until_event("feed", "Suspended").await;
    stage
        .feed_with("waiting", json!({"secretRef": {"name": "absent"}}))
        .await;
    stage.until_event("waiting", "SecretNotFound").await;
    stage.delete("feed").await;
    let calls = stage.audit.calls_since(0);
    assert!(calls.len() > 10);
    let forbidden: Vec<_> = calls
        .iter()
        .filter(|call| call.code == 403 || call.namespace != stage.namespace)
        .collect();
    assert!(forbidden.is_empty(), "{forbidden:?}");
    // Secrets are read by name, never listed or watched.
    let on_secrets = calls.iter().filter(|call| call.resource == "secrets");
    assert!(on_secrets.clone().count() >= 2);
    assert!(on_secrets.clone().all(|call| call.verb == "get"));
}

/// A sync whose outcome can't be told is not repeated: that would call the vendors every few seconds.
#[tokio::test]
async fn a_status_that_may_not_be_written_costs_the_vendors_nothing() {
    let stage = Stage::new("untold").await;
    stage.telling_reports(3);
    stage.forbid("flashpointfeeds/status").await;
    let operator = stage.operator().await;
    stage.feed("feed").await;
    let complaints = || operator.log().matches("failed to write the status").count();
    until("the status was refused twice", SOON, async || {
        (complaints() >= 2).then_some(())
    })
    .await;
    stage.allow(&watch_rules()).await;
    let feed = stage.until_synced("feed").await;
    assert_eq!((stage.listings().len(), stage.upserts().len()), (1, 3));
    assert_eq!(status(&feed).totals.submitted, 3);
    stage.until_event("feed", "Submitted").await;
}
