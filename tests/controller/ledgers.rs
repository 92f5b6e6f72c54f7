//! A feed's ledger is an object among those of others: they label it, and they have policies.

use std::collections::BTreeMap;
use std::time::Duration;

use flashpoint_operator::api::Reason;
use kube::api::{Patch, PatchParams};
use serde_json::{Value, json};

use crate::harness::{Stage, counts, message};

async fn patch(stage: &Stage, name: &str, metadata: Value) {
    let patch = Patch::Merge(json!({"metadata": metadata}));
    let parameters = PatchParams::default();
    stage
        .ledgers()
        .patch(name, &parameters, &patch)
        .await
        .unwrap();
}

#[tokio::test]
async fn what_others_set_on_a_ledger_stays_and_it_is_labelled_as_its_feed() {
    let stage = Stage::new("labels").await;
    stage.telling_reports(4);
    stage.feed("feed").await;
    let labels =
        json!({"metadata": {"labels": {"app.kubernetes.io/part-of": "intel", "team": "x"}}});
    let parameters = PatchParams::default();
    let feeds = stage.feeds();
    feeds
        .patch("feed", &parameters, &Patch::Merge(labels))
        .await
        .unwrap();
    let _operator = stage.operator().await;
    stage.until_synced("feed").await;
    patch(
        &stage,
        "feed",
        json!({"labels": {"cost-centre": "7"}, "annotations": {"policies.example/checked": "yes"}}),
    )
    .await;
    let before = stage.ledgers().get("feed").await.unwrap();
    stage.flashpoint.post();
    stage.request("feed", "one").await;
    stage.until_handled("feed", "one").await;
    let after = stage.ledgers().get("feed").await.unwrap();
    assert_ne!(before.spec.data, after.spec.data);
    let expected = [
        ("app.kubernetes.io/managed-by", "flashpoint-operator"),
        ("app.kubernetes.io/part-of", "intel"),
        ("cost-centre", "7"),
    ];
    let expected: BTreeMap<_, _> = expected
        .map(|(key, value)| (key.to_owned(), value.to_owned()))
        .into();
    assert_eq!(after.metadata.labels.unwrap(), expected);
    assert_eq!(
        after.metadata.annotations.unwrap()["policies.example/checked"],
        "yes"
    );
    assert_eq!(after.metadata.owner_references.unwrap().len(), 1);
}

/// A controller that annotates every object whenever it changes costs no sync its outcome.
#[tokio::test]
async fn somebody_who_annotates_a_ledger_all_the_time_is_no_other_writer() {
    let stage = Stage::new("annotated").await;
    stage.telling_reports(4);
    stage.feed("feed").await;
    let _operator = stage.operator().await;
    stage.until_synced("feed").await;
    stage.telling_reports(250);
    let annotate = async {
        for number in 0.. {
            let annotations = json!({"annotations": {"number": number.to_string()}});
            patch(&stage, "feed", annotations).await;
            tokio::time::sleep(Duration::from_millis(30)).await;
        }
    };
    let synced = async {
        stage.request("feed", "one").await;
        stage.until_handled("feed", "one").await
    };
    let feed = tokio::select! {
        feed = synced => feed,
        () = annotate => unreachable!(),
    };
    assert_eq!(counts(&feed).created + counts(&feed).updated, 250);
    stage.assert_clean();
}

/// A policy that refuses ledgers costs at most one round of writes, and none before it is told where there was no ledger.
#[tokio::test]
async fn a_policy_that_refuses_ledgers_is_not_paid_with_repeated_writes() {
    let stage = Stage::new("refused-ledger").await;
    stage.telling_reports(6);
    stage.forbid("flashpointledgers").await;
    let _operator = stage.operator().await;
    stage.feed("feed").await;
    let feed = stage.until_reason("feed", Reason::LedgerUnavailable).await;
    assert!(message(&feed).contains("forbidden"), "{}", message(&feed));
    for value in ["one", "two"] {
        stage.request("feed", value).await;
        stage.until_handled("feed", value).await;
    }
    assert!(stage.trustar.writes().is_empty());
}
