//! `validate`, and the Secrets beside the feeds. The feeds themselves are validated with the resource.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::stage::{CANARIES, Run, feed, operator, secret_of};

/// Validates objects in a file, which is given without a flag.
async fn validated(objects: &[Value]) -> (i32, String) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("all.yaml");
    let documents: Vec<String> = objects.iter().map(Value::to_string).collect();
    std::fs::write(&path, documents.join("\n---\n")).unwrap();
    let path = path.display().to_string();
    let Run {
        code,
        stdout,
        stderr,
    } = operator(&["validate", &path], "").await;
    assert_eq!(stderr, "");
    (code, stdout.replace(&path, "all.yaml"))
}

fn taxii(secret: &str) -> Value {
    let mut feed = feed("cybercrime");
    feed["spec"] = json!({
        "secretRef": {"name": "credentials"},
        "destination": {"taxii": {"server": "opencti", "collection": "c1", "secretRef": {"name": secret}}},
    });
    feed
}

#[tokio::test]
async fn a_secret_beside_its_feed_holds_what_the_destination_needs() {
    let (code, out) = validated(&[secret_of(&CANARIES), feed("cybercrime")]).await;
    let expected = "all.yaml: document 2: FlashpointFeed intel/cybercrime is valid\n\
        all.yaml: Secret intel/credentials has the keys that the feed needs\n";
    assert_eq!((code, out.as_str()), (0, expected));
    let (code, out) = validated(&[feed("cybercrime")]).await;
    assert_eq!(
        (code, out.lines().count()),
        (0, 1),
        "a Secret elsewhere: {out}"
    );
}

#[tokio::test]
async fn what_a_secret_lacks_is_named_and_no_value_shown() {
    let mut lacking = secret_of(&CANARIES);
    lacking["stringData"]["trustar-api-key"] = json!("");
    let mut encoded = secret_of(&CANARIES);
    encoded["data"] =
        json!({"trustar-api-key": STANDARD.encode(CANARIES[1]), "trustar-api-secret": CANARIES[2]});
    encoded["stringData"] = json!({"flashpoint-api-key": CANARIES[0]});
    let mut own = secret_of(&CANARIES);
    own["metadata"]["name"] = json!("opencti");
    own["stringData"] = json!({"taxii-username": "me"});
    for (objects, problem) in [
        (
            vec![feed("a"), lacking],
            "Secret intel/credentials in all.yaml lacks a usable value for trustar-api-key: add it",
        ),
        (
            vec![feed("a"), encoded],
            "Secret intel/credentials in all.yaml: trustar-api-secret under data is not base64",
        ),
        (
            vec![taxii("credentials"), secret_of(&CANARIES)],
            "lacks a usable value for taxii-token, or taxii-username and taxii-password",
        ),
        (
            vec![taxii("opencti"), secret_of(&CANARIES), own],
            "Secret intel/opencti in all.yaml lacks a usable value for taxii-password",
        ),
    ] {
        let (code, out) = validated(&objects).await;
        assert_eq!(code, 2, "{out}");
        assert!(out.contains(problem), "{out}");
    }
}

#[tokio::test]
async fn a_secret_that_no_feed_names_is_passed_over() {
    let mut elsewhere = secret_of(&CANARIES);
    elsewhere["metadata"]["namespace"] = json!("elsewhere");
    let (code, out) = validated(&[feed("a"), elsewhere]).await;
    assert_eq!(code, 0);
    let told = "all.yaml: passed over, no valid feed here names Secret elsewhere/credentials";
    assert!(out.contains(told), "{out}");
}
