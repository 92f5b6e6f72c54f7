//! Statuses that the API server refuses.

use flashpoint_operator::api::FlashpointFeed;
use k8s_openapi::api::admissionregistration::v1::{
    ValidatingAdmissionPolicy, ValidatingAdmissionPolicyBinding,
};
use kube::Api;
use kube::api::{DeleteParams, PostParams};
use serde_json::{from_value, json};
use simulators::faults::{Fault, Reply};

use crate::harness::{SOON, Stage, counts, message, status, until};

/// Has the API server refuse, in the stage's namespace, statuses of which this CEL expression is not true.
async fn only_statuses(stage: &Stage, expression: &str) {
    let name = &stage.namespace;
    let selector = json!({"matchLabels": {"kubernetes.io/metadata.name": name}});
    let policy = json!({"metadata": {"name": name}, "spec": {
        "failurePolicy": "Fail",
        "matchConstraints": {"namespaceSelector": selector, "resourceRules": [{
            "apiGroups": ["flashpoint-operator.dev"], "apiVersions": ["*"], "operations": ["UPDATE"],
            "resources": ["flashpointfeeds/status"],
        }]},
        "validations": [{"expression": expression, "message": "not in this cluster"}],
    }});
    let policies: Api<ValidatingAdmissionPolicy> = Api::all(stage.client.clone());
    let parameters = PostParams::default();
    policies
        .create(&parameters, &from_value(policy).unwrap())
        .await
        .unwrap();
    let binding = json!({"metadata": {"name": name}, "spec": {"policyName": name, "validationActions": ["Deny"]}});
    let bindings: Api<ValidatingAdmissionPolicyBinding> = Api::all(stage.client.clone());
    bindings
        .create(&parameters, &from_value(binding).unwrap())
        .await
        .unwrap();
    // The API server takes a moment to heed it: until then it takes a status that it must refuse.
    until("the policy is in force", SOON, async || {
        let refused = json!({"status": {"lastSync": {"total": 99}, "totals": {"syncs": 99}}});
        let patch = kube::api::Patch::Merge(refused);
        let parameters = kube::api::PatchParams {
            dry_run: true,
            ..Default::default()
        };
        let answer = stage
            .feeds()
            .patch_status("probe", &parameters, &patch)
            .await;
        answer.is_err().then_some(())
    })
    .await;
}

async fn anything_again(stage: &Stage) {
    let bindings: Api<ValidatingAdmissionPolicyBinding> = Api::all(stage.client.clone());
    bindings
        .delete(&stage.namespace, &DeleteParams::default())
        .await
        .unwrap();
}

/// A stage with a feed that no operator touches, to try statuses on.
async fn stage(prefix: &str) -> Stage {
    let stage = Stage::new(prefix).await;
    stage.feed_with("probe", json!({"suspend": true})).await;
    stage
}

#[tokio::test]
async fn a_status_that_is_refused_for_its_counts_is_told_without_them() {
    let stage = stage("refused-counts").await;
    stage.telling_reports(3);
    only_statuses(&stage, "!has(object.status.lastSync)").await;
    let operator = stage.operator().await;
    stage.feed("feed").await;
    let feed = stage.until_synced("feed").await;
    let told = status(&feed);
    assert_eq!((told.totals.submitted, told.last_sync), (3, None));
    assert!(told.window.is_some());
    let message = message(&feed);
    assert!(
        message.contains("counts and failures are left out"),
        "{message}"
    );
    assert!(message.contains("not in this cluster"), "{message}");
    assert!(operator.log().contains("the status was refused"));
    // The feed goes on by its interval, and tells all once it can.
    assert_eq!(stage.listings().len(), 1);
    anything_again(&stage).await;
    stage.request("feed", "now").await;
    let feed = stage.until_handled("feed", "now").await;
    assert!(status(&feed).totals.syncs > 1);
}

#[tokio::test]
async fn a_status_that_is_refused_without_them_too_is_conditions_alone() {
    let stage = stage("refused-totals").await;
    stage.telling_reports(3);
    only_statuses(
        &stage,
        "!has(object.status.totals) || object.status.totals.syncs == 0",
    )
    .await;
    let _operator = stage.operator().await;
    stage.feed("feed").await;
    let feed = stage.until_synced("feed").await;
    let told = status(&feed);
    assert_eq!((told.totals.syncs, told.window), (0, None));
    assert!(told.next_sync_time.is_some());
    let message = message(&feed);
    assert!(
        message.contains("all but the conditions is left out"),
        "{message}"
    );
    stage.request("feed", "now").await;
    stage.until_handled("feed", "now").await;
    assert_eq!((stage.listings().len(), stage.upserts().len()), (2, 3));
}

/// Refused in every form, it is not told for ever: the feed goes on.
#[tokio::test]
async fn a_status_that_is_refused_altogether_is_dropped_in_the_end() {
    let stage = stage("refused-all").await;
    stage.telling_reports(3);
    only_statuses(
        &stage,
        "object.status.observedGeneration < 1 && !has(object.status.lastSync)",
    )
    .await;
    let operator = stage.operator().await;
    stage.feed("feed").await;
    until("it is refused in every form, twice", SOON, async || {
        (operator.log().matches("refused in every form").count() >= 2).then_some(())
    })
    .await;
    assert_eq!(stage.listings().len(), 1);
    anything_again(&stage).await;
    let feed: FlashpointFeed = stage.until_synced("feed").await;
    assert_eq!(counts(&feed).created, 3);
    assert_eq!((stage.listings().len(), stage.upserts().len()), (1, 3));
}

/// A vendor's number that no integer of the status holds, once.
#[tokio::test]
async fn an_absurd_total_stops_no_feed() {
    let stage = Stage::new("absurd").await;
    stage.telling_reports(3);
    let body = r#"{"total":18446744073709551615,"limit":500,"count":0,"skip":0,"data":[]}"#;
    let absurd = Fault::on("GET", "/api/v4/").nth(1);
    let faults = &stage.flashpoint.controls().faults;
    faults.set(absurd.reply(Reply::json(200, body)));
    let _operator = stage.operator().await;
    stage.feed("feed").await;
    let told = |feed: &FlashpointFeed| {
        status(feed).observed_generation > 0 && status(feed).last_attempt_time.is_some()
    };
    stage.until("feed", SOON, told).await;
    stage.request("feed", "now").await;
    stage.until_handled("feed", "now").await;
    stage.until_synced("feed").await;
    stage.assert_clean();
}
