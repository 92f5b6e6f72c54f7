//! The TAXII client.

use std::sync::Arc;
use std::time::Duration;

use flashpoint_operator::destinations::stix::{Tlp, ValidFor};
use flashpoint_operator::destinations::taxii::{
    Credential, Target, Taxii, TaxiiCollection, TaxiiSettings,
};
use flashpoint_operator::http::fault::{Fault, FaultKind};
use flashpoint_operator::sync::destination::{
    Delivery, DeliveryError, Destination as _, Earlier, Receipt, Step,
};
use flashpoint_operator::sync::own::NOTHING;
use flashpoint_operator::sync::report::{CsvData, Report};
use indicators::{Indicator, IndicatorType};
use secrecy::SecretString;
use serde_json::value::RawValue;
use serde_json::{Value, json};
use simulators::Server;
use simulators::faults::{Fault as Scripted, Reply};
use simulators::taxii::{COLLECTION, Product, ROOT, Settings, TOKEN, Taxii as Simulator};

use super::{Heard, http};

struct Setup {
    server: Server<Simulator>,
    client: Taxii,
    heard: Arc<Heard>,
}

impl Setup {
    async fn new(change: impl FnOnce(&mut Settings)) -> Self {
        let server = simulators::start(Simulator::default()).await.unwrap();
        server.configure(change);
        let heard = Heard::new();
        let root = format!("{}{ROOT}", server.url()).parse().unwrap();
        let settings = TaxiiSettings {
            servers: [("main".to_owned(), root)].into(),
        };
        let client = Taxii::new(&settings, http(), heard.clone());
        Self {
            server,
            client,
            heard,
        }
    }

    fn open(&self, server: &str, collection: &str, token: &str) -> TaxiiCollection {
        let target = Target {
            server,
            collection,
            tlp: Tlp::Amber,
            valid_for: &ValidFor::new(),
            timeout: Duration::from_secs(10),
        };
        self.client
            .collection(&Credential::Token(SecretString::from(token)), &target)
    }

    fn collection(&self) -> TaxiiCollection {
        self.open("main", COLLECTION, TOKEN)
    }

    fn posts(&self) -> Vec<usize> {
        let posts = self
            .server
            .controls()
            .record
            .matching("POST", ROOT, "/objects/");
        let count = |body: Value| body["objects"].as_array().map_or(0, Vec::len);
        posts.iter().map(|post| count(post.json())).collect()
    }

    fn of_type(&self, kind: &str) -> Vec<Value> {
        let stored = self.server.stored().into_iter();
        stored.filter(|object| object["type"] == kind).collect()
    }

    fn strike(&self, reply: Reply) {
        let fault = Scripted::on("POST", ROOT).reply(reply);
        self.server.controls().faults.set(fault);
    }
}

fn domains(count: usize) -> Vec<Indicator> {
    let found = |kind, value: String| Indicator {
        kind,
        value,
        defanged: true,
        benign: None,
    };
    let domains = (0..count).map(|at| found(IndicatorType::Domain, format!("evil{at}.example")));
    domains
        .chain([found(IndicatorType::Cve, "CVE-2021-44228".to_owned())])
        .collect()
}

async fn send(
    to: &TaxiiCollection,
    id: &str,
    found: &[Indicator],
) -> Result<Receipt, DeliveryError> {
    let json = json!({"id": id, "title": "T", "posted_at": "2026-05-01T00:00:00Z"});
    send_json(to, json, found, None).await
}

fn fault<T: std::fmt::Debug>(outcome: Result<T, DeliveryError>) -> Fault {
    match outcome {
        Err(DeliveryError::Fault(fault)) => fault,
        other => panic!("no fault: {other:?}"),
    }
}

#[tokio::test]
async fn a_report_is_one_envelope_whose_status_is_asked_for() {
    let setup = Setup::new(|_| ()).await;
    let to = setup.collection();
    to.check().await.unwrap();
    send(&to, "a", &domains(3)).await.unwrap();
    assert_eq!(setup.posts(), [6]);
    let operations: Vec<_> = setup.heard.calls().into_iter().map(|call| call.0).collect();
    assert_eq!(
        operations,
        ["api_root", "collection", "add_objects", "status", "status"]
    );
    assert_eq!(
        setup.of_type("report")[0]["object_refs"]
            .as_array()
            .unwrap()
            .len(),
        4
    );
}

#[tokio::test]
async fn what_never_completes_counts_as_delivered_and_is_waited_for_once() {
    let setup = Setup::new(|settings| settings.pending_for = u32::MAX).await;
    let to = setup.collection();
    send(&to, "a", &domains(1)).await.unwrap();
    let before = setup.heard.calls().len();
    send(&to, "b", &domains(1)).await.unwrap();
    assert_eq!(setup.heard.calls().len(), before + 2, "one look");
}

#[tokio::test]
async fn a_version_that_is_there_is_no_failure() {
    let setup = Setup::new(|settings| settings.product = Product::Strict).await;
    let to = setup.collection();
    let receipt = send(&to, "a", &domains(2)).await.unwrap();
    // Identity and CVE are those of the report before; then everything is.
    send(&to, "b", &domains(2)).await.unwrap();
    assert_eq!(send(&to, "a", &domains(2)).await.unwrap(), receipt);
    assert_eq!(setup.of_type("report").len(), 2);
    assert_eq!(setup.of_type("vulnerability").len(), 1);
}

#[tokio::test]
async fn envelopes_stay_below_what_the_server_takes() {
    let setup = Setup::new(|settings| {
        settings.max_content_length = 65_536;
        settings.takes = 65_536;
    })
    .await;
    send(&setup.collection(), "a", &domains(200)).await.unwrap();
    assert!(setup.posts().len() > 1, "{:?}", setup.posts());
    assert_eq!(setup.of_type("indicator").len(), 200);

    // A server that takes less than it says.
    let setup = Setup::new(|settings| settings.takes = 20_000).await;
    send(&setup.collection(), "a", &domains(200)).await.unwrap();
    assert_eq!(setup.of_type("indicator").len(), 200);
    assert_eq!(setup.of_type("report").len(), 1);
}

#[tokio::test]
async fn an_object_that_is_refused_is_left_out_and_the_others_are_delivered() {
    let refuses = |settings: &mut Settings| settings.refuses = vec!["evil77.example".to_owned()];
    let setup = Setup::new(refuses).await;
    send(&setup.collection(), "a", &domains(100)).await.unwrap();
    assert_eq!(setup.of_type("indicator").len(), 99);
    assert_eq!(setup.of_type("report").len(), 1);
    assert!(setup.posts().len() < 20, "{:?}", setup.posts());
}

#[tokio::test]
async fn a_report_that_is_refused_itself_is_rejected() {
    let setup = Setup::new(|settings| settings.refuses = vec!["threat-report".to_owned()]).await;
    let outcome = send(&setup.collection(), "a", &domains(3)).await;
    assert!(
        matches!(outcome, Err(DeliveryError::Rejected(_))),
        "{outcome:?}"
    );
    // Where everything is, it ends.
    let setup = Setup::new(|settings| settings.refuses = vec!["spec_version".to_owned()]).await;
    let outcome = send(&setup.collection(), "a", &domains(5_000)).await;
    assert!(
        matches!(outcome, Err(DeliveryError::Rejected(_))),
        "{outcome:?}"
    );
    assert!(setup.posts().len() < 110, "{}", setup.posts().len());
}

#[tokio::test]
async fn what_a_person_must_mend_is_told_by_the_check() {
    let setup = Setup::new(|_| ()).await;
    for (server, collection, token, kind, names) in [
        (
            "main",
            COLLECTION,
            "wrong",
            FaultKind::Unauthorized,
            "taxii-token",
        ),
        ("main", "other", TOKEN, FaultKind::TargetNotFound, "other"),
        ("main", "..", TOKEN, FaultKind::TargetNotFound, ".."),
        (
            "none",
            COLLECTION,
            TOKEN,
            FaultKind::TargetNotFound,
            "--taxii NAME=API-ROOT",
        ),
    ] {
        let fault = fault(setup.open(server, collection, token).check().await);
        assert_eq!(fault.kind, kind, "{fault}");
        assert!(fault.message.contains(names), "{fault}");
        assert!(
            !fault.message.contains(TOKEN) && !fault.message.contains("wrong"),
            "{fault}"
        );
    }
    setup
        .server
        .configure(|settings| settings.can_write = false);
    let fault = fault(setup.collection().check().await);
    assert_eq!(fault.kind, FaultKind::TargetNotWritable, "{fault}");
}

#[tokio::test]
async fn what_changes_after_the_check_is_told_by_the_delivery() {
    let setup = Setup::new(|_| ()).await;
    let to = setup.collection();
    to.check().await.unwrap();
    to.check().await.unwrap();
    assert_eq!(setup.heard.calls().len(), 2, "remembered");
    setup.server.configure(|settings| settings.running = false);
    assert_eq!(
        fault(send(&to, "a", &[]).await).kind,
        FaultKind::TargetNotFound
    );
    assert_eq!(fault(to.check().await).kind, FaultKind::TargetNotFound);

    let setup = Setup::new(|_| ()).await;
    let to = setup.collection();
    to.check().await.unwrap();
    setup
        .server
        .configure(|settings| settings.can_write = false);
    assert_eq!(
        fault(send(&to, "a", &[]).await).kind,
        FaultKind::TargetNotWritable
    );

    let setup = Setup::new(|_| ()).await;
    let to = setup.collection();
    to.check().await.unwrap();
    setup
        .server
        .configure(|settings| settings.token = "another".to_owned());
    assert_eq!(
        fault(send(&to, "a", &[]).await).kind,
        FaultKind::Unauthorized
    );
    assert_eq!(fault(to.check_anew().await).kind, FaultKind::Unauthorized);
}

#[tokio::test]
async fn faults_of_the_service_are_its_own() {
    for (reply, kind) in [
        (Reply::retry_after(429, "60"), FaultKind::RateLimited),
        (Reply::status(503), FaultKind::Unavailable),
        (Reply::status(415), FaultKind::UnexpectedResponse),
        (Reply::redirect("/elsewhere"), FaultKind::UnexpectedResponse),
        (Reply::web_page(), FaultKind::UnexpectedResponse),
        (Reply::Reset, FaultKind::Unavailable),
    ] {
        let setup = Setup::new(|_| ()).await;
        setup.strike(reply.clone());
        let fault = fault(send(&setup.collection(), "a", &domains(1)).await);
        assert_eq!(fault.kind, kind, "{reply:?}: {fault}");
        assert_eq!(setup.posts().len(), 1);
    }
    let setup = Setup::new(|_| ()).await;
    setup.strike(Reply::retry_after(429, "60"));
    let to = setup.collection();
    fault(send(&to, "a", &domains(1)).await);
    let closed = fault(send(&to, "b", &domains(1)).await);
    assert!(closed.retry_after.is_some(), "{closed}");
    assert_eq!(setup.posts().len(), 1, "left alone");
}

#[tokio::test]
async fn a_lost_answer_is_repaired_by_the_same_again() {
    let setup = Setup::new(|settings| settings.product = Product::Strict).await;
    let lost = Scripted::on("POST", ROOT)
        .nth(1)
        .after_effect()
        .reply(Reply::Reset);
    setup.server.controls().faults.set(lost);
    let to = setup.collection();
    fault(send(&to, "a", &domains(3)).await);
    send(&to, "a", &domains(3)).await.unwrap();
    assert_eq!(setup.server.stored().len(), 6);
}

// ---- second reader r4 ----

async fn send_json(
    to: &TaxiiCollection,
    json: Value,
    found: &[Indicator],
    earlier: Option<&Receipt>,
) -> Result<Receipt, DeliveryError> {
    let report = Report::parse(&RawValue::from_string(json.to_string()).unwrap()).unwrap();
    let indicators: Vec<_> = found.iter().collect();
    let earlier = earlier.map_or_else(Earlier::default, after);
    let delivery = Delivery {
        partial: false,
        report: &report,
        csv: &CsvData::None,
        indicators: &indicators,
        own: &NOTHING,
        earlier,
        accepted: None,
    };
    match to.deliver(delivery).await? {
        Step::Done(receipt) => Ok(receipt),
        other => panic!("{other:?}"),
    }
}

/// What the ledger remembers after a delivery that was completed.
pub fn after(receipt: &Receipt) -> Earlier<'_> {
    Earlier {
        held: true,
        handle: receipt.keep_handle.then_some(receipt.handle.as_str()),
        labels: &receipt.labels,
        complete: true,
    }
}

fn v(title: &str, updated: &str) -> Value {
    json!({"id": "a", "title": title, "posted_at": "2026-05-01T00:00:00Z", "updated_at": updated})
}

/// TAXII 2.1, section 4.3: `failure_count` is required, `failures` optional.
#[tokio::test]
async fn a_status_that_counts_failures_and_names_none_is_no_success() {
    let setup = Setup::new(|_| ()).await;
    let status = r#"{"id":"w","status":"complete","request_timestamp":"2026-01-01T00:00:00.000Z","total_count":6,"success_count":0,"failure_count":6,"pending_count":0}"#;
    setup.strike(Reply::json(202, status));
    let outcome = send(&setup.collection(), "a", &domains(3)).await;
    assert!(setup.server.stored().is_empty());
    assert!(outcome.is_err(), "nothing is stored: {outcome:?}");
}

/// The same where the status is asked for.
#[tokio::test]
async fn a_status_that_turns_out_failed_is_no_success() {
    let setup = Setup::new(|_| ()).await;
    let status = r#"{"id":"w","status":"complete","total_count":6,"success_count":0,"failure_count":6,"pending_count":0,"failures":[{"message":"no id"}]}"#;
    let fault = Scripted::on("GET", ROOT).reply(Reply::json(200, status));
    let to = setup.collection();
    to.check().await.unwrap();
    setup.server.controls().faults.set(fault);
    let outcome = send(&to, "a", &domains(3)).await;
    assert!(outcome.is_err(), "all failed: {outcome:?}");
}

#[tokio::test]
async fn null_for_no_failures_is_no_failure() {
    let setup = Setup::new(|_| ()).await;
    let status = r#"{"id":"w","status":"complete","total_count":6,"success_count":6,"failure_count":0,"pending_count":0,"failures":null}"#;
    setup.strike(Reply::json(202, status));
    send(&setup.collection(), "a", &domains(3)).await.unwrap();
}

/// medallion: pages of 100, oldest first.
#[tokio::test]
async fn a_version_that_is_there_is_found_beyond_the_first_page() {
    let setup = Setup::new(|settings| settings.product = Product::Strict).await;
    let to = setup.collection();
    let one = send_json(&to, v("T1", "2026-05-01T00:00:00Z"), &domains(40), None)
        .await
        .unwrap();
    let two = send_json(
        &to,
        v("T2", "2026-05-02T00:00:00Z"),
        &domains(40),
        Some(&one),
    )
    .await
    .unwrap();
    let three = || v("T3", "2026-05-03T00:00:00Z");
    send_json(&to, three(), &domains(40), Some(&two))
        .await
        .unwrap();
    // Killed before the ledger was stored: the same once more.
    let again = send_json(&to, three(), &domains(40), Some(&two)).await;
    assert!(again.is_ok(), "it is there: {again:?}");
}

/// Twelve of five thousand.
#[tokio::test]
async fn a_dozen_poison_patterns_do_not_hold_up_the_report() {
    let poison: Vec<_> = (0..12)
        .map(|at| format!("'evil{}.example", at * 400 + 7))
        .collect();
    let setup = Setup::new(|settings| settings.refuses = poison).await;
    let outcome = send(&setup.collection(), "a", &domains(5_000)).await;
    assert!(
        outcome.is_ok(),
        "{outcome:?}, {} posts",
        setup.posts().len()
    );
}
