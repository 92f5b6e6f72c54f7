//! `sync` into destinations that are no TruSTAR, over real sockets.

use serde_json::{Value, json};
use simulators::Server;
use simulators::misp::Misp;
use simulators::taxii::{COLLECTION, ROOT, Settings, TOKEN, Taxii};

use super::stage::{CANARIES, Run, Stage, finish};

const AUTH_KEY: &str = CANARIES[1];

/// A feed whose reports become events, with a secret of its own for MISP.
fn feed() -> Value {
    json!({
        "apiVersion": "flashpoint-operator.dev/v1alpha1",
        "kind": "FlashpointFeed",
        "metadata": {"name": "cybercrime", "namespace": "intel"},
        "spec": {
            "secretRef": {"name": "credentials"},
            "destination": {"misp": {"server": "main", "secretRef": {"name": "misp"}, "tags": ["tlp:amber"]}},
        },
    })
}

fn secret(name: &str, key: &str, value: &str) -> Value {
    json!({
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": name, "namespace": "intel"},
        "stringData": {key: value},
    })
}

async fn stage() -> (Stage, Server<Misp>) {
    let stage = Stage::with_reports(24).await;
    let misp = simulators::start(Misp::default()).await.unwrap();
    misp.configure(|settings| AUTH_KEY.clone_into(&mut settings.key));
    stage.write("feed.yaml", &feed().to_string());
    let secrets = [
        secret("credentials", "flashpoint-api-key", CANARIES[0]),
        secret("misp", "misp-auth-key", AUTH_KEY),
    ];
    stage.write(
        "secret.yaml",
        &secrets.map(|one| one.to_string()).join("\n---\n"),
    );
    (stage, misp)
}

async fn synced(stage: &Stage, misp: &Server<Misp>, arguments: &[&str]) -> Run {
    let named = format!("main={}", misp.url());
    let arguments = [&["--misp", &named], arguments].concat();
    stage.synced(&arguments).await
}

#[tokio::test]
async fn each_report_with_indicators_becomes_an_event_once() {
    let (stage, misp) = stage().await;
    let dry = synced(&stage, &misp, &["--dry-run"]).await;
    assert_eq!(dry.code, 0, "{}{}", dry.stdout, dry.stderr);
    assert!(misp.events().is_empty());
    let first = synced(&stage, &misp, &["--state", "state.json"]).await;
    assert_eq!(first.code, 0, "{}{}", first.stdout, first.stderr);
    let events = misp.events();
    assert_eq!(events.len(), stage.planted());
    assert!(events.iter().all(|event| !event.attributes.is_empty()));
    let calls = misp.controls().record.all().len();
    let second = synced(&stage, &misp, &["--state", "state.json"]).await;
    assert!(
        second.stdout.contains("in MISP as it is"),
        "{}",
        second.stdout
    );
    // Whether the key may write is asked again by a new process; nothing else is.
    let asked = misp.controls().record.all().split_off(calls);
    assert!(asked.iter().all(|call| call.method == "GET"), "{asked:?}");
    assert_eq!(misp.events().len(), events.len());
}

/// Skipped, and then no more: an event that is there as it is stays as it is, whatever analysts did beside it.
#[tokio::test]
async fn a_report_that_is_taken_up_again_makes_no_second_event() {
    let (stage, misp) = stage().await;
    let remembered = ["--state", "state.json"];
    synced(&stage, &misp, &remembered).await;
    let events = misp.events().len();
    let told = stage.flashpoint.reports();
    let id = &told
        .iter()
        .find(|report| !report.planted.is_empty())
        .unwrap()
        .id;
    let mut skipping = feed();
    skipping["spec"]["skip"] = json!([id]);
    stage.write("feed.yaml", &skipping.to_string());
    let skipped = synced(&stage, &misp, &remembered).await;
    assert_eq!(skipped.code, 0, "{}{}", skipped.stdout, skipped.stderr);
    assert!(
        skipped.stdout.contains("  spec.skip names it\n"),
        "{}",
        skipped.stdout
    );
    stage.write("feed.yaml", &feed().to_string());
    let posts = || misp.controls().record.count("POST", "/events/", "");
    let posted = posts();
    let again = synced(&stage, &misp, &remembered).await;
    assert_eq!(again.code, 0, "{}{}", again.stdout, again.stderr);
    let line = again
        .stdout
        .lines()
        .find(|line| line.starts_with(id.as_str()))
        .unwrap();
    assert!(line.contains("  unchanged  "), "{line}");
    assert!(posts() <= posted + 1, "more than one add was tried");
    assert_eq!(misp.events().len(), events);
}

#[tokio::test]
async fn what_is_wrong_with_key_or_name_is_told_with_the_next_step() {
    let (stage, misp) = stage().await;
    misp.configure(|settings| "another".clone_into(&mut settings.key));
    let refused = synced(&stage, &misp, &[]).await;
    assert_eq!(refused.code, 1);
    assert!(
        refused.ready().contains("DestinationUnauthorized"),
        "{}",
        refused.stdout
    );
    assert!(
        refused.stdout.contains("misp-auth-key"),
        "{}",
        refused.stdout
    );
    let unnamed = stage.synced(&[]).await;
    assert_eq!(unnamed.code, 1);
    assert!(
        unnamed.ready().contains("DestinationNotFound"),
        "{}",
        unnamed.stdout
    );
    assert!(
        unnamed.stdout.contains("--misp main=URL"),
        "{}",
        unnamed.stdout
    );
    let odd = format!("Main={}", misp.url());
    let mut odd = stage.sync(&["-f", "feed.yaml", "--secret", "secret.yaml", "--misp", &odd]);
    let odd = finish(odd.spawn().unwrap(), "").await;
    assert_eq!(odd.code, 2);
    assert!(odd.stderr.contains("write NAME=URL"), "{}", odd.stderr);
}

#[tokio::test]
async fn a_secret_that_lacks_the_key_is_named() {
    let (stage, misp) = stage().await;
    let secrets = [
        secret("credentials", "flashpoint-api-key", CANARIES[0]),
        secret("misp", "misp-auth-kye", AUTH_KEY),
    ];
    stage.write(
        "secret.yaml",
        &secrets.map(|one| one.to_string()).join("\n---\n"),
    );
    let run = synced(&stage, &misp, &[]).await;
    assert_eq!(run.code, 2);
    for part in ["Secret intel/misp", "misp-auth-key", "MISP_AUTH_KEY"] {
        assert!(run.stderr.contains(part), "{}", run.stderr);
    }
    stage.write(
        "secret.yaml",
        &secret("credentials", "flashpoint-api-key", CANARIES[0]).to_string(),
    );
    let run = synced(&stage, &misp, &[]).await;
    assert_eq!(run.code, 2);
    assert!(
        run.stderr.contains("does not hold the Secret misp"),
        "{}",
        run.stderr
    );
}

/// A feed whose reports go into a TAXII collection, and the server.
async fn collection() -> (Stage, Server<Taxii>, String) {
    let (stage, _) = stage().await;
    let taxii = simulators::start(Taxii::new(Settings::default()))
        .await
        .unwrap();
    let mut feed = feed();
    feed["spec"]["destination"] =
        json!({"taxii": {"server": "opencti", "collection": COLLECTION, "tlp": "Green"}});
    stage.write("feed.yaml", &feed.to_string());
    let mut secret = secret("credentials", "flashpoint-api-key", CANARIES[0]);
    secret["stringData"]["taxii-token"] = json!(TOKEN);
    stage.write("secret.yaml", &secret.to_string());
    let named = format!("opencti={}{ROOT}", taxii.url());
    (stage, taxii, named)
}

/// The ids of the stored objects of a type, each once.
fn ids(taxii: &Taxii, kind: &str) -> std::collections::BTreeSet<String> {
    let stored = taxii.stored();
    let of_kind = stored.iter().filter(|object| object["type"] == kind);
    of_kind
        .map(|object| object["id"].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn each_report_with_indicators_reaches_a_collection_once() {
    let (stage, taxii, named) = collection().await;
    let arguments = ["--taxii", &named, "--state", "state.json"];
    let dry = stage.synced(&["--taxii", &named, "--dry-run"]).await;
    assert_eq!(dry.code, 0, "{}{}", dry.stdout, dry.stderr);
    assert!(taxii.stored().is_empty());
    let first = stage.synced(&arguments).await;
    assert_eq!(first.code, 0, "{}{}", first.stdout, first.stderr);
    assert_eq!(ids(&taxii, "report").len(), stage.planted());
    assert!(!ids(&taxii, "indicator").is_empty());
    let posts = || taxii.controls().record.count("POST", ROOT, "/");
    let posted = posts();
    let second = stage.synced(&arguments).await;
    assert_eq!(second.code, 0, "{}{}", second.stdout, second.stderr);
    assert!(
        second.stdout.contains("in the collection as it is"),
        "{}",
        second.stdout
    );
    assert_eq!(posts(), posted);
    // Without what the first run left, all is sent again as the same versions: nothing is there twice.
    let again = stage.synced(&["--taxii", &named]).await;
    assert_eq!(again.code, 0, "{}{}", again.stdout, again.stderr);
    assert_eq!(ids(&taxii, "report").len(), stage.planted());
}

#[tokio::test]
async fn what_is_wrong_with_a_collection_is_told_with_the_next_step() {
    let (stage, _taxii, named) = collection().await;
    let mut feed = feed();
    feed["spec"]["destination"] = json!({"taxii": {"server": "opencti", "collection": "another"}});
    stage.write("feed.yaml", &feed.to_string());
    let unknown = stage.synced(&["--taxii", &named]).await;
    assert_eq!(unknown.code, 1);
    assert!(
        unknown.ready().contains("DestinationNotFound"),
        "{}",
        unknown.stdout
    );
    let mut secret = secret("credentials", "flashpoint-api-key", CANARIES[0]);
    secret["stringData"]["taxii-username"] = json!("someone");
    stage.write("secret.yaml", &secret.to_string());
    let half = stage.synced(&["--taxii", &named]).await;
    assert_eq!(half.code, 2);
    assert!(half.stderr.contains("taxii-password"), "{}", half.stderr);
    secret["stringData"]["taxii-password"] = json!(CANARIES[2]);
    stage.write("secret.yaml", &secret.to_string());
    let refused = stage.synced(&["--taxii", &named]).await;
    assert_eq!(refused.code, 1);
    assert!(
        refused.ready().contains("DestinationUnauthorized"),
        "{}",
        refused.stdout
    );
}
