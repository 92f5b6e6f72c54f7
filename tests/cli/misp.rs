//! `sync` into a MISP where something is in the way: CSV data, one report, a write, over real sockets.

use serde_json::{Value, json};
use simulators::Server;
use simulators::faults::{Fault, Reply};
use simulators::flashpoint::Settings;
use simulators::misp::{KEY, Misp};

use super::stage::{CANARIES, Run, Stage};
use super::sync::report;

async fn stage() -> (Stage, Server<Misp>) {
    let stage = Stage::with_reports(0).await;
    let misp = simulators::start(Misp::default()).await.unwrap();
    let feed = json!({
        "apiVersion": "flashpoint-operator.dev/v1alpha1",
        "kind": "FlashpointFeed",
        "metadata": {"name": "cybercrime", "namespace": "intel"},
        "spec": {"secretRef": {"name": "credentials"}, "destination": {"misp": {"server": "main"}}},
    });
    let secret = json!({
        "apiVersion": "v1", "kind": "Secret",
        "metadata": {"name": "credentials", "namespace": "intel"},
        "stringData": {"flashpoint-api-key": CANARIES[0], "misp-auth-key": KEY},
    });
    stage.write("feed.yaml", &feed.to_string());
    stage.write("secret.yaml", &secret.to_string());
    (stage, misp)
}

async fn synced(stage: &Stage, misp: &Server<Misp>, more: &[&str]) -> Run {
    let server = format!("main={}", misp.url());
    let arguments = [&["--misp", &server, "--state", "state.json"], more].concat();
    stage.synced(&arguments).await
}

fn edit(stage: &Stage, id: &str, field: &str, value: Value) {
    assert!(stage.flashpoint.edit(id, |fields| {
        fields.insert(field.to_owned(), value);
    }));
}

/// CSV data that can't be had for once takes no indicator away in MISP: they are in the report still.
#[tokio::test]
async fn a_csv_that_fails_withdraws_nothing() {
    let (stage, misp) = stage().await;
    stage.flashpoint.seed(
        3,
        simulators::reports::Style {
            csv: 1.0,
            body_bytes: 600,
            ..Default::default()
        },
    );
    stage
        .flashpoint
        .generate(12, jiff::SignedDuration::from_hours(20));
    let run = synced(&stage, &misp, &[]).await;
    assert_eq!(run.code, 0, "{}{}", run.stdout, run.stderr);
    let live = |misp: &Server<Misp>| -> usize {
        misp.events().iter().map(|event| event.live().count()).sum()
    };
    let before = live(&misp);
    let gone = Fault::on("GET", "/")
        .suffix(".csv")
        .reply(Reply::status(503));
    stage.flashpoint.controls().faults.set(gone);
    for one in stage.flashpoint.reports() {
        edit(&stage, &one.id, "title", json!("A typo mended"));
    }
    let run = synced(&stage, &misp, &[]).await;
    let withdrawn: Vec<_> = misp
        .events()
        .iter()
        .flat_map(|event| event.attributes.clone())
        .filter(|one| one.deleted)
        .map(|one| (one.kind, one.value, one.comment))
        .collect();
    assert_eq!(
        live(&misp),
        before,
        "{} {} {:?}",
        run.stdout,
        withdrawn.len(),
        withdrawn.first()
    );
}

/// No write succeeded, so a 500 on each write is MISP's fault: pending, and `DestinationUnavailable`.
#[tokio::test]
async fn a_delivery_that_wrote_nothing_proves_nothing() {
    let (stage, misp) = stage().await;
    stage.flashpoint.put(report(
        "known",
        &json!({"title": "t", "body": "CVE-2021-44228"}),
    ));
    let run = synced(&stage, &misp, &[]).await;
    assert_eq!(run.code, 0, "{}{}", run.stdout, run.stderr);
    // An edit that changes nothing of the event.
    edit(&stage, "known", "version", json!(2));
    stage.flashpoint.put(report(
        "new",
        &json!({"title": "t", "body": "CVE-2021-44229"}),
    ));
    let before = misp.controls().record.all().len();
    let down = Fault::on("POST", "/events").reply(Reply::status(500));
    misp.controls().faults.set(down);
    let run = synced(&stage, &misp, &[]).await;
    let calls: Vec<_> = misp
        .controls()
        .record
        .all()
        .split_off(before)
        .iter()
        .map(|one| format!("{} {}", one.method, one.target))
        .collect();
    assert!(
        run.ready().contains("DestinationUnavailable"),
        "{calls:#?}\n{}\n{}",
        run.stdout,
        run.stderr
    );
}

/// What is counted as written was written.
#[tokio::test]
async fn nothing_written_is_not_submitted() {
    let (stage, misp) = stage().await;
    stage.flashpoint.put(report(
        "known",
        &json!({"title": "t", "body": "CVE-2021-44228"}),
    ));
    synced(&stage, &misp, &[]).await;
    edit(&stage, "known", "version", json!(2));
    let before = misp.controls().record.all().len();
    let run = synced(&stage, &misp, &["-o", "json"]).await;
    let writes = misp.controls().record.all()[before..]
        .iter()
        .filter(|one| one.method == "POST")
        .count();
    let counts = &run.json()["counts"];
    assert_eq!(counts["updated"], writes, "{}", run.stdout);
}

/// Ignite's deeplinks go to MISP too.
#[tokio::test]
async fn ignites_deeplink_goes_to_misp() {
    let (stage, misp) = stage().await;
    stage.flashpoint.configure(|settings| {
        *settings = Settings {
            api_key: settings.api_key.clone(),
            ..Settings::ignite()
        };
    });
    stage
        .flashpoint
        .generate(5, jiff::SignedDuration::from_hours(20));
    let run = synced(&stage, &misp, &["--flashpoint-api", "ignite"]).await;
    assert_eq!(run.code, 0, "{}{}", run.stdout, run.stderr);
    for event in misp.events() {
        for link in event.live().filter(|one| one.kind == "link") {
            assert!(
                link.value.starts_with("https://app.flashpoint.io/"),
                "{}",
                link.value
            );
        }
    }
}

/// One report that a gateway refuses in its own words holds up no other.
#[tokio::test]
async fn one_poisoned_report_holds_up_no_other() {
    let (stage, misp) = stage().await;
    for number in 0..10 {
        let title = if number == 9 { "POISON" } else { "t" };
        let body = format!("CVE-2021-4422{number}");
        stage.flashpoint.put(report(&format!("r{number}"), &json!({"title": title, "body": body,
            "posted_at": format!("{}", jiff::Timestamp::now() - jiff::SignedDuration::from_mins(60 - number))})));
    }
    let said = r#"{"message":"You do not have permission to access this resource."}"#;
    let gateway = Fault::on("POST", "/events/add")
        .body("POISON")
        .reply(Reply::json(403, said));
    misp.controls().faults.set(gateway);
    let run = synced(&stage, &misp, &[]).await;
    assert_eq!(misp.events().len(), 9, "{}", run.stdout);
}

/// A tag that an analyst took off stays off, though the edit had to be repeated.
#[tokio::test]
async fn a_tag_that_was_taken_off_stays_off_over_a_500() {
    let (stage, misp) = stage().await;
    let fields = json!({"title": "t", "body": "CVE-2021-44228", "tags": ["Fraud"]});
    stage.flashpoint.put(report("known", &fields));
    synced(&stage, &misp, &[]).await;
    let uuid = misp.events().remove(0).uuid;
    misp.analyst(|event, _| event.tags.clear());
    edit(&stage, "known", "title", json!("Edited"));
    let once = misp
        .controls()
        .faults
        .set(Fault::on("POST", "/events/edit").reply(Reply::status(500)));
    let first = synced(&stage, &misp, &[]).await;
    misp.controls().faults.clear(once);
    let run = synced(&stage, &misp, &[]).await;
    let event = misp
        .events()
        .into_iter()
        .find(|event| event.uuid == uuid)
        .unwrap();
    assert_eq!(
        (event.info.as_str(), event.tags.len()),
        ("Edited", 0),
        "{:?} {} {}",
        event.tags,
        first.stdout,
        run.stdout
    );
}

/// The feed that the pages apply, by Ignite.
#[tokio::test]
async fn the_feed_of_the_pages_goes_from_ignite_to_a_misp() {
    let (stage, misp) = stage().await;
    let api_key = CANARIES[0].to_owned();
    stage.flashpoint.configure(|settings| {
        *settings = Settings {
            api_key,
            ..Settings::ignite()
        };
    });
    stage
        .flashpoint
        .generate(6, jiff::SignedDuration::from_hours(20));
    for file in ["feed.yaml", "secret.yaml"] {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/misp");
        let text = std::fs::read_to_string(path.join(file)).unwrap();
        let text = text.replace(
            "flashpoint-api-key: replace-me",
            &format!("flashpoint-api-key: {}", CANARIES[0]),
        );
        let text = text.replace(
            "misp-auth-key: replace-me",
            &format!("misp-auth-key: {KEY}"),
        );
        stage.write(file, &text);
    }
    let run = synced(&stage, &misp, &["--flashpoint-api", "ignite"]).await;
    assert_eq!(run.code, 0, "{}{}", run.stdout, run.stderr);
    assert!(stage.planted() > 0);
    assert_eq!(misp.events().len(), stage.planted());
}
