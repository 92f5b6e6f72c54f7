//! `sync` with Flashpoint's own indicators, from Ignite into each destination, over real sockets.

use serde_json::{Value, json};
use simulators::Server;
use simulators::faults::{Fault, Reply};
use simulators::flashpoint::{Settings, own_indicator};
use simulators::misp::{Event, KEY, Misp};
use simulators::taxii::{COLLECTION, ROOT, TOKEN, Taxii};

use super::stage::{CANARIES, Run, Stage, feed};
use super::sync::report;

const PATH: &str = "/technical-intelligence/v2/indicators";

/// Ignite with three reports: one whose text tells, one of which Flashpoint tells, one of which nobody does.
async fn stage(destination: Option<Value>, sources: &[&str]) -> Stage {
    let stage = Stage::with_reports(0).await;
    stage.flashpoint.configure(|settings| {
        *settings = Settings {
            api_key: settings.api_key.clone(),
            ..Settings::ignite()
        };
    });
    for (id, body) in [
        ("told-by-text", "It calls evil-site.ru."),
        ("told-by-flashpoint", "It calls home."),
        ("told-by-nobody", "It calls nobody."),
    ] {
        let json = json!({"title": id, "body": body});
        stage.flashpoint.put(report(id, &json));
    }
    let domain = own_indicator("domain", "Evil-Site.RU", "suspicious");
    stage.flashpoint.list_own("told-by-text", [domain]);
    stage.flashpoint.list_own(
        "told-by-flashpoint",
        [
            own_indicator("ipv4", "45.77.1.9", "malicious"),
            own_indicator("domain", "www.google.com", "malicious"),
            own_indicator("file", &"a".repeat(32), "malicious"),
        ],
    );
    let mut feed = feed("cybercrime");
    feed["spec"]["indicatorSources"] = json!(sources);
    if let Some(destination) = destination {
        feed["spec"]["enclaveId"] = Value::Null;
        feed["spec"]["destination"] = destination;
    }
    let [flashpoint, key, secret] = CANARIES;
    let secret = json!({
        "apiVersion": "v1", "kind": "Secret", "metadata": {"name": "credentials", "namespace": "intel"},
        "stringData": {
            "flashpoint-api-key": flashpoint, "trustar-api-key": key, "trustar-api-secret": secret,
            "misp-auth-key": KEY, "taxii-token": TOKEN,
        },
    });
    stage.write("feed.yaml", &feed.to_string());
    stage.write("secret.yaml", &secret.to_string());
    stage
}

async fn synced(stage: &Stage, more: &[&str]) -> Run {
    let arguments = ["--flashpoint-api", "ignite", "--state", "state.json"];
    stage.synced(&[&arguments, more].concat()).await
}

fn own_calls(stage: &Stage) -> usize {
    stage.flashpoint.controls().record.count("GET", PATH, "")
}

fn line<'r>(run: &'r Run, id: &str) -> &'r str {
    let lines = run.stdout.lines();
    let mut lines = lines.filter(|line| line.starts_with(id));
    lines
        .next()
        .unwrap_or_else(|| panic!("{}{}", run.stdout, run.stderr))
}

const BOTH: [&str; 2] = ["Text", "Flashpoint"];

#[tokio::test]
async fn each_line_says_where_the_deciding_indicator_is_from() {
    let stage = stage(None, &BOTH).await;
    let run = synced(&stage, &[]).await;
    assert_eq!(run.code, 0, "{}{}", run.stdout, run.stderr);
    let told = line(&run, "told-by-text");
    assert!(
        told.ends_with("Domain evil-site.ru (from the text and Flashpoint)"),
        "{told}"
    );
    let told = line(&run, "told-by-flashpoint");
    assert!(
        told.ends_with(
            "IP 45.77.1.9 (from Flashpoint); 1 that Flashpoint lists are not known here"
        ),
        "{told}"
    );
    let told = line(&run, "told-by-nobody");
    assert!(told.ends_with("no indicators"), "{told}");
    assert!(!run.ready().contains("Flashpoint"), "{}", run.ready());
    // The body that TruSTAR gets is the report's, and nothing more.
    let reports = stage.trustar.reports();
    assert_eq!(reports.len(), 2);
    assert!(
        reports
            .iter()
            .all(|report| !report.body.contains("45.77.1.9"))
    );
    assert_eq!(own_calls(&stage), 3);
    // Nothing new: nothing is asked or sent.
    let writes = || {
        stage
            .trustar
            .controls()
            .record
            .count("POST", "/api/1.3/reports/upsert", "")
    };
    let before = writes();
    let run = synced(&stage, &[]).await;
    assert_eq!(run.code, 0, "{}{}", run.stdout, run.stderr);
    assert_eq!((own_calls(&stage), writes()), (3, before));
}

#[tokio::test]
async fn a_feed_of_texts_asks_and_tells_as_ever() {
    let stage = stage(None, &["Text"]).await;
    let run = synced(&stage, &[]).await;
    assert_eq!(run.code, 0, "{}{}", run.stdout, run.stderr);
    let told = line(&run, "told-by-text");
    assert!(told.ends_with("Domain evil-site.ru"), "{told}");
    assert_eq!(own_calls(&stage), 0);
    assert_eq!(stage.trustar.reports().len(), 1);
    let json = synced(&stage, &["-o", "json"]).await.json();
    assert!(!json.to_string().contains("sources"), "{json}");
}

#[tokio::test]
async fn stix_has_score_times_and_origin() {
    let destination =
        json!({"taxii": {"server": "hub", "collection": COLLECTION, "validFor": {"IP": "30d"}}});
    let stage = stage(Some(destination), &BOTH).await;
    let taxii = simulators::start(Taxii::default()).await.unwrap();
    let root = format!("hub={}{ROOT}", taxii.url());
    let run = synced(&stage, &["--taxii", &root]).await;
    assert_eq!(run.code, 0, "{}{}", run.stdout, run.stderr);
    let objects = taxii.stored();
    let indicator = |pattern: &str| {
        let found = objects.iter().find(|one| one["pattern"] == pattern);
        found
            .unwrap_or_else(|| panic!("{pattern}: {objects:?}"))
            .clone()
    };
    let ip = indicator("[ipv4-addr:value = '45.77.1.9']");
    assert_eq!(ip["confidence"], 85);
    assert_eq!(
        ip["labels"],
        json!(["source:flashpoint", "score:malicious"])
    );
    assert_eq!(ip["valid_from"], "2025-12-18T10:00:09.192Z");
    assert_eq!(
        indicator("[domain-name:value = 'evil-site.ru']")["confidence"],
        50
    );
    assert!(
        objects
            .iter()
            .all(|one| !one.to_string().contains("google"))
    );
}

/// The attributes of a report's event: value, comment, and when it was seen first.
fn attributes(misp: &Server<Misp>) -> Vec<(String, String, bool)> {
    let events = misp.events();
    let live = events.iter().flat_map(Event::live);
    let mut all: Vec<_> = live
        .filter(|one| one.kind != "link")
        .map(|one| {
            (
                one.value.clone(),
                one.comment.clone(),
                one.first_seen.is_some(),
            )
        })
        .collect();
    all.sort();
    all
}

#[tokio::test]
async fn misp_has_score_and_times_and_keeps_what_is_withheld_later() {
    let stage = stage(Some(json!({"misp": {"server": "main"}})), &BOTH).await;
    let misp = simulators::start(Misp::default()).await.unwrap();
    let server = format!("main={}", misp.url());
    let run = synced(&stage, &["--misp", &server]).await;
    assert_eq!(run.code, 0, "{}{}", run.stdout, run.stderr);
    let expected = [
        ("45.77.1.9", "Flashpoint: listed as malicious"),
        ("evil-site.ru", "Flashpoint: listed as suspicious"),
    ]
    .map(|(value, comment)| (value.to_owned(), comment.to_owned(), true));
    assert_eq!(attributes(&misp), expected);

    // The right is lost, and the report edited: nothing says that Flashpoint took anything away.
    stage
        .flashpoint
        .configure(|settings| settings.withholds_own = Some(403));
    let edit = |text: &str| {
        assert!(stage.flashpoint.edit("told-by-flashpoint", |fields| {
            fields.insert("title".to_owned(), json!(text));
        }));
    };
    edit("Edited");
    let run = synced(&stage, &["--misp", &server]).await;
    assert_eq!(run.code, 0, "{}{}", run.stdout, run.stderr);
    assert!(
        run.ready().contains("withholds its own indicators (403)"),
        "{}",
        run.ready()
    );
    assert_eq!(attributes(&misp), expected);

    // It is had again, and Flashpoint took one away: it is withdrawn.
    stage
        .flashpoint
        .configure(|settings| settings.withholds_own = None);
    stage.flashpoint.forget_own();
    edit("Edited again");
    let run = synced(&stage, &["--misp", &server]).await;
    assert_eq!(run.code, 0, "{}{}", run.stdout, run.stderr);
    let left: Vec<_> = attributes(&misp)
        .into_iter()
        .map(|(value, ..)| value)
        .collect();
    assert_eq!(left, ["evil-site.ru"]);
}

#[tokio::test]
async fn without_the_right_the_text_decides_and_it_is_said_once() {
    for status in [403, 521] {
        let stage = stage(None, &BOTH).await;
        stage
            .flashpoint
            .configure(|settings| settings.withholds_own = Some(status));
        let run = synced(&stage, &[]).await;
        assert_eq!(run.code, 0, "{}{}", run.stdout, run.stderr);
        assert_eq!(stage.trustar.reports().len(), 1);
        assert!(
            run.ready().starts_with("Ready=True Synced"),
            "{}",
            run.ready()
        );
        let said = "until then the text alone is looked at";
        assert!(run.ready().contains(said), "{}", run.ready());
        assert_eq!(run.stderr.matches(said).count(), 1, "{}", run.stderr);
    }
}

#[tokio::test]
async fn with_v4_the_setting_is_named_and_the_text_decides() {
    let stage = stage(None, &BOTH).await;
    stage.flashpoint.configure(|settings| {
        *settings = Settings {
            api_key: settings.api_key.clone(),
            ..Settings::default()
        };
    });
    let run = stage.synced(&["--state", "state.json"]).await;
    assert_eq!(run.code, 0, "{}{}", run.stdout, run.stderr);
    assert!(
        run.ready().contains("set flashpoint.api=ignite"),
        "{}",
        run.ready()
    );
    assert_eq!(stage.trustar.reports().len(), 1);
}

#[tokio::test]
async fn a_fault_leaves_reports_pending() {
    let stage = stage(None, &BOTH).await;
    let down = Fault::on("GET", PATH).reply(Reply::status(503));
    let id = stage.flashpoint.controls().faults.set(down);
    let run = synced(&stage, &[]).await;
    assert_eq!(run.code, 1);
    assert!(
        run.ready().starts_with("Ready=False FlashpointUnavailable"),
        "{}",
        run.ready()
    );
    assert!(stage.trustar.reports().is_empty());
    assert!(!run.stdout.contains("no indicators"), "{}", run.stdout);
    stage.flashpoint.controls().faults.clear(id);
    let run = synced(&stage, &[]).await;
    assert_eq!(run.code, 0, "{}{}", run.stdout, run.stderr);
    assert_eq!(stage.trustar.reports().len(), 2);
}

#[tokio::test]
async fn one_report_whose_list_is_refused_stops_no_other() {
    let stage = stage(None, &BOTH).await;
    let refused = Fault::on("GET", PATH)
        .query("told-by-flashpoint")
        .reply(Reply::status(422));
    stage.flashpoint.controls().faults.set(refused);
    let run = synced(&stage, &[]).await;
    assert!(
        line(&run, "told-by-flashpoint").contains("failed"),
        "{}",
        run.stdout
    );
    assert_eq!(stage.trustar.reports().len(), 1);
}

/// Flashpoint still lists all four; one was modified, and so moved to the end, between two pages of the second reading.
#[tokio::test]
async fn what_flashpoint_still_lists_is_not_withdrawn() {
    let stage = stage(Some(json!({"misp": {"server": "main"}})), &BOTH).await;
    let misp = simulators::start(Misp::default()).await.unwrap();
    let server = format!("main={}", misp.url());
    let item = |last: u8| own_indicator("ipv4", &format!("45.77.1.{last}"), "malicious");
    stage.flashpoint.forget_own();
    stage
        .flashpoint
        .list_own("told-by-flashpoint", [item(1), item(2), item(3), item(4)]);
    synced(&stage, &["--misp", &server]).await;
    assert!(stage.flashpoint.edit("told-by-flashpoint", |fields| {
        fields.insert("title".to_owned(), json!("Edited"));
    }));
    let next = json!({"next": format!("{PATH}?from=2")});
    let first = json!({"items": [item(1), item(2)], "total": 4, "pagination": next});
    let second = json!({"items": [item(4), item(1)], "total": 4, "pagination": {"next": null}});
    let faults = &stage.flashpoint.controls().faults;
    for (query, page) in [("tags=", first), ("from=2", second)] {
        let reply = Reply::json(200, &page.to_string());
        faults.set(Fault::on("GET", PATH).query(query).reply(reply));
    }
    let run = synced(&stage, &["--misp", &server]).await;
    let live: Vec<_> = attributes(&misp)
        .into_iter()
        .map(|(value, ..)| value)
        .collect();
    assert!(
        live.contains(&"45.77.1.3".to_owned()),
        "{}: live in MISP: {live:?}",
        run.ready()
    );
}
