//! A feed that asks Ignite for Flashpoint's own indicators.

use flashpoint_operator::api::Reason;
use serde_json::{Value, json};
use simulators::faults::{Fault, Reply};
use simulators::flashpoint::{Settings, own_indicator};
use simulators::reports::Report;

use crate::harness::{Operator, Stage, counts, message};

const PATH: &str = "/technical-intelligence/v2/indicators";
const WITHHELD: &str = "until then the text alone is looked at";

/// A stage with Ignite, whose one report tells nothing, and Flashpoint of it an address.
async fn staged(prefix: &str) -> (Stage, Operator) {
    let stage = Stage::new(prefix).await;
    stage.flashpoint.configure(|settings| {
        *settings = Settings {
            api_key: settings.api_key.clone(),
            ..Settings::ignite()
        };
    });
    put(&stage, "silent", "It calls home.");
    let address = own_indicator("ipv4", "45.77.1.9", "malicious");
    stage.flashpoint.list_own("silent", [address]);
    let operator = stage
        .starting()
        .env("FLASHPOINT_API", "ignite")
        .here()
        .await;
    stage.put_secret(&stage.keys()).await;
    (stage, operator)
}

fn put(stage: &Stage, id: &str, body: &str) {
    let now = jiff::Timestamp::now().to_string();
    let report = json!({"id": id, "title": id, "body": body, "posted_at": now, "updated_at": now});
    stage.flashpoint.put(Report::new(&report, Vec::new()));
}

fn sources(named: &[&str]) -> Value {
    json!({"indicatorSources": named})
}

#[tokio::test]
async fn a_feed_takes_them_up_by_an_edit_and_survives_their_outage() {
    let (stage, _operator) = staged("own").await;
    stage.feed("feed").await;
    let synced = stage.until_synced("feed").await;
    assert_eq!(counts(&synced).without_indicators, 1);
    let asked = || stage.flashpoint.controls().record.count("GET", PATH, "");
    assert_eq!(asked(), 0);

    let down = Fault::on("GET", PATH).reply(Reply::status(503));
    let down = stage.flashpoint.controls().faults.set(down);
    stage.edit("feed", sources(&["Text", "Flashpoint"])).await;
    let failed = stage
        .until_reason("feed", Reason::FlashpointUnavailable)
        .await;
    assert_eq!(counts(&failed).pending, 1);
    assert!(stage.upserts().is_empty());
    stage.flashpoint.controls().faults.clear(down);
    stage.request("feed", "now").await;
    stage.until_handled("feed", "now").await;
    let synced = stage.until_synced("feed").await;
    assert_eq!(counts(&synced).matched, 1);
    assert_eq!(stage.upserts().len(), 1);

    // Nothing new: nothing is asked, and nothing is sent.
    let before = asked();
    stage.request("feed", "again").await;
    stage.until_handled("feed", "again").await;
    assert_eq!((asked(), stage.upserts().len()), (before, 1));
}

#[tokio::test]
async fn without_the_right_the_feed_is_ready_and_says_so() {
    let (stage, operator) = staged("own-withheld").await;
    stage
        .flashpoint
        .configure(|settings| settings.withholds_own = Some(403));
    put(&stage, "telling", "It calls evil-site.ru.");
    put(&stage, "silent-too", "It calls home.");
    stage
        .feed_with("feed", sources(&["Text", "Flashpoint"]))
        .await;
    let synced = stage.until_synced("feed").await;
    assert_eq!(counts(&synced).created, 1);
    assert!(message(&synced).contains(WITHHELD), "{}", message(&synced));
    let told = stage.until_event("feed", "Synced").await;
    assert!(told.note.unwrap_or_default().contains(WITHHELD));
    // It goes on saying so, and asks no more.
    let asked = stage.flashpoint.controls().record.count("GET", PATH, "");
    stage.request("feed", "again").await;
    let again = stage.until_handled("feed", "again").await;
    assert!(message(&again).contains(WITHHELD), "{}", message(&again));
    assert_eq!(
        stage.flashpoint.controls().record.count("GET", PATH, ""),
        asked
    );
    let log = operator.log();
    let warned = log
        .lines()
        .filter(|line| line.contains("WARN") && line.contains(WITHHELD));
    assert_eq!(warned.count(), 1, "{log}");
}
