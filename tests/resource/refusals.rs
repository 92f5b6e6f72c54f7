//! The API server and `validate` take the same feeds, and refuse the same for the same reasons.

use flashpoint_operator::api::{Checked, Checker, FeedSettings, FlashpointFeed};
use kube::api::{ApiResource, DynamicObject, Patch, PatchParams, PostParams, ValidationDirective};
use kube::{Api, Error};
use serde_json::{Value, json};

use super::cases::{Refusal, accepted, changed, refused};
use super::served::served;

/// Feeds as anything that can be written.
async fn feeds(namespace: &str) -> Api<DynamicObject> {
    let (plane, client) = served().await;
    let namespace = plane.namespace(namespace).await.unwrap();
    Api::namespaced_with(
        client,
        &namespace,
        &ApiResource::erase::<FlashpointFeed>(&()),
    )
}

/// What the API server refuses, as `(field, message)`.
fn causes(error: Error) -> Vec<(String, String)> {
    let Error::Api(status) = error else {
        panic!("{error}")
    };
    assert_eq!(status.code, 422, "{}", status.message);
    let causes = status.details.unwrap().causes;
    causes
        .into_iter()
        .map(|cause| (cause.field, cause.message))
        .collect()
}

#[tokio::test]
async fn the_api_server_takes_good_feeds() {
    let feeds = feeds("good").await;
    let params = PostParams {
        dry_run: true,
        ..PostParams::default()
    };
    for (at, change) in accepted().into_iter().enumerate() {
        let feed = changed(&format!("feed-{at}"), &change);
        let taken = feeds
            .create(&params, &serde_json::from_value(feed).unwrap())
            .await
            .unwrap_or_else(|error| panic!("{change}: {error}"));
        let taken: FlashpointFeed =
            serde_json::from_value(serde_json::to_value(taken).unwrap()).unwrap();
        FeedSettings::try_from(&taken.spec).unwrap_or_else(|error| panic!("{change}: {error}"));
    }
}

#[test]
fn validate_takes_good_feeds() {
    let checker = Checker::default();
    for change in accepted() {
        match checker.check(&changed("feed", &change)) {
            Checked::Feed(feed) => drop(FeedSettings::try_from(&feed.spec).unwrap()),
            other => panic!("{change}: {other:?}"),
        }
    }
}

#[tokio::test]
async fn the_api_server_refuses_bad_feeds_with_one_clear_message() {
    let feeds = feeds("bad").await;
    let params = PostParams {
        dry_run: true,
        ..PostParams::default()
    };
    for refusal in refused() {
        let change = &refusal.change;
        let error = feeds
            .create(
                &params,
                &serde_json::from_value(changed("bad", change)).unwrap(),
            )
            .await;
        let mut causes = causes(error.expect_err(&change.to_string()));
        // Without a field it remarks on itself: that it runs no rules on what has the wrong shape.
        causes.retain(|(field, _)| field != "<nil>");
        let [(field, message)] = causes.as_slice() else {
            panic!("{change}: {causes:?}")
        };
        assert_eq!(field, refusal.field, "{change}: {message}");
        assert!(message.contains(refusal.server), "{change}: {message}");
    }
}

#[test]
fn validate_refuses_bad_feeds_with_one_clear_message() {
    let checker = Checker::default();
    for refusal in refused() {
        let change = &refusal.change;
        let Checked::Refused(problems) = checker.check(&changed("bad", change)) else {
            panic!("{change} is taken")
        };
        let [problem] = problems.as_slice() else {
            panic!("{change}: {problems:?}")
        };
        assert_eq!(problem.path, refusal.field, "{change}: {problem}");
        assert!(
            problem.message.contains(refusal.offline),
            "{change}: {problem}"
        );
    }
}

#[test]
fn settings_refuse_what_rules_refuse() {
    let by_rule =
        |refusal: &Refusal| refusal.server == refusal.offline && !refusal.field.ends_with(']');
    for refusal in refused().into_iter().filter(by_rule) {
        let feed =
            serde_json::from_value::<FlashpointFeed>(changed("bad", &refusal.change)).unwrap();
        match FeedSettings::try_from(&feed.spec) {
            Err(error) => assert_eq!(
                (error.path, error.reason.as_str()),
                (refusal.field, refusal.offline)
            ),
            Ok(_) => panic!("{} is taken", refusal.change),
        }
    }
}

#[tokio::test]
async fn misspelt_and_foreign_fields_are_refused_under_strict_validation() {
    let feeds = feeds("strict").await;
    let checker = Checker::default();
    for (change, path) in [
        (json!({"spec": {"intervall": "5m"}}), "spec.intervall"),
        (
            json!({"spec": {"secretRef": {"namespace": "other"}}}),
            "spec.secretRef.namespace",
        ),
        (
            json!({"metadata": {"anotations": {"a": "b"}}}),
            "metadata.anotations",
        ),
    ] {
        let feed = changed("strict", &change);
        let params = PatchParams {
            field_validation: Some(ValidationDirective::Strict),
            ..PatchParams::apply("tests")
        };
        let Error::Api(status) = feeds
            .patch("strict", &params, &Patch::Apply(&feed))
            .await
            .expect_err("taken")
        else {
            panic!("no answer")
        };
        let expected = [
            format!("unknown field \"{path}\""),
            format!(".{path}: field not declared in schema"),
        ];
        assert!(
            expected
                .iter()
                .any(|expected| status.message.contains(expected)),
            "{}",
            status.message
        );
        let Checked::Refused(problems) = checker.check(&feed) else {
            panic!("{change} is taken")
        };
        assert_eq!(problems.len(), 1, "{problems:?}");
        assert_eq!(problems[0].path, path);
        assert!(
            problems[0].message.starts_with("unknown field; "),
            "{problems:?}"
        );
    }
}

#[test]
fn validate_tells_the_wrong_version_and_kind_from_other_objects() {
    let checker = Checker::default();
    let check = |change: Value| checker.check(&changed("feed", &change));
    for (change, field) in [
        (
            json!({"apiVersion": "flashpoint-operator.dev/v1"}),
            "apiVersion",
        ),
        (json!({"apiVersion": "v1"}), "apiVersion"),
        (json!({"kind": "FlashPointFeed"}), "kind"),
        (json!({"kind": "Feed"}), "kind"),
        (json!({"kind": null}), "kind"),
        (json!({"metadata": {"name": "Not_A_Name"}}), "metadata.name"),
        (json!({"metadata": {"name": null}}), "metadata.name"),
    ] {
        let Checked::Refused(problems) = check(change.clone()) else {
            panic!("{change} is taken")
        };
        assert_eq!(problems.len(), 1, "{problems:?}");
        assert_eq!(problems[0].path, field);
    }
    let other = check(json!({"apiVersion": "v1", "kind": "ConfigMap"}));
    assert!(
        matches!(&other, Checked::Other(name) if name == "ConfigMap feed"),
        "{other:?}"
    );
    let ledger = check(json!({"kind": "FlashpointLedger"}));
    assert!(
        matches!(&ledger, Checked::Other(name) if name == "FlashpointLedger feed"),
        "{ledger:?}"
    );
}
