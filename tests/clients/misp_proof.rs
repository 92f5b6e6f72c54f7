//! What a MISP must not be made to lose or keep: gates, keys, titles, links over real sockets.

use flashpoint_operator::http::fault::FaultKind;
use flashpoint_operator::sync::destination::{Delivery, DeliveryError, Destination as _, Earlier};
use flashpoint_operator::sync::own::{NOTHING, Score};
use flashpoint_operator::sync::report::{CsvData, Report};
use indicators::Indicator;
use serde_json::json;
use serde_json::value::RawValue;
use simulators::faults::{Fault as Scripted, Reply};

use super::misp_stage::{DOMAIN, Sent, Setup, listed, target};

/// 503 with Retry-After on each write: after five different events nothing more is sent (as at TruSTAR).
#[tokio::test]
async fn retry_after_on_writes_closes_the_gate() {
    let setup = Setup::new(|_| ()).await;
    let fault = Scripted::on("POST", "/events/add").reply(Reply::retry_after(503, "600"));
    setup.server.controls().faults.set(fault);
    for number in 0..20 {
        let mut sent = Sent::new(&[(DOMAIN, "a.example")]);
        sent.fields["id"] = json!(format!("report-{number}"));
        let _ = setup.deliver(&sent).await;
    }
    let calls = setup.record().len();
    assert_eq!(
        calls, 5,
        "asked to be left alone for 600 s, called {calls} times"
    );
}

/// The same for edits: the view before each succeeds.
#[tokio::test]
async fn retry_after_on_edits_closes_the_gate() {
    let setup = Setup::new(|_| ()).await;
    let mut all = Vec::new();
    for number in 0..20 {
        let mut sent = Sent::new(&[(DOMAIN, "a.example")]);
        sent.fields["id"] = json!(format!("report-{number}"));
        let receipt = setup.done(&sent).await;
        all.push(sent.next(&receipt, &["b.example"]));
    }
    let before = setup.record().len();
    let fault = Scripted::on("POST", "/events/edit").reply(Reply::retry_after(503, "600"));
    setup.server.controls().faults.set(fault);
    for sent in &all {
        let _ = setup.deliver(sent).await;
    }
    let edits = setup.record()[before..]
        .iter()
        .filter(|one| one.target.starts_with("/events/edit"))
        .count();
    assert_eq!(
        edits, 5,
        "asked to be left alone for 600 s, edited {edits} times"
    );
}

/// A gateway's 403 on one report is that report's.
#[tokio::test]
async fn a_gateways_403_is_not_the_keys() {
    let setup = Setup::new(|_| ()).await;
    let said = r#"{"message":"You do not have permission to access /events/add on this server."}"#;
    let fault = Scripted::on("POST", "/events/add").reply(Reply::json(403, said));
    setup.server.controls().faults.set(fault);
    let outcome = setup.deliver(&Sent::new(&[(DOMAIN, "a.example")])).await;
    assert!(
        matches!(outcome, Err(DeliveryError::Rejected(_))),
        "{outcome:?}"
    );
}

/// The next step of a redirect is one that exists.
#[tokio::test]
async fn a_redirect_names_a_setting_that_exists() {
    let setup = Setup::new(|_| ()).await;
    let reply = Reply::redirect("https://misp.example.org/users/view/me");
    setup
        .server
        .controls()
        .faults
        .set(Scripted::on("GET", "/users").reply(reply));
    let Err(DeliveryError::Fault(fault)) = setup.events(&target()).check().await else {
        panic!("no fault")
    };
    assert_eq!(fault.kind, FaultKind::UnexpectedResponse);
    assert!(!fault.message.contains("set misp.url"), "{}", fault.message);
}

/// What an analyst wrote into the event itself stays, as what they did elsewhere in it.
#[tokio::test]
async fn an_analysts_title_and_date_stay() {
    let setup = Setup::new(|_| ()).await;
    let sent = Sent::new(&[(DOMAIN, "a.example")]);
    let receipt = setup.done(&sent).await;
    setup.server.analyst(|event, _| {
        event.info = "[TRIAGED] A report".to_owned();
        event.date = "2026-11-01".to_owned();
    });
    let mut next = sent.next(&receipt, &["a.example"]);
    next.fields["body"] = json!("<p>Edited</p>");
    setup.done(&next).await;
    let event = setup.event();
    assert_eq!(
        (event.info.as_str(), event.date.as_str()),
        ("[TRIAGED] A report", "2026-11-01")
    );
}

/// A title that a write stored before it failed is no analyst's: the next edit replaces it, also after a second failure.
#[tokio::test]
async fn a_title_of_a_half_written_edit_is_not_taken_for_an_analysts() {
    let setup = Setup::new(|_| ()).await;
    let sent = Sent::new(&[(DOMAIN, "a.example")]);
    let receipt = setup.done(&sent).await;
    let titled = |title: &str| {
        let mut next = sent.next(&receipt, &["a.example", "b.example"]);
        next.fields["title"] = json!(title);
        next
    };
    setup.server.fail_at_attribute(0);
    setup.deliver(&titled("Second")).await.unwrap_err();
    assert_eq!(setup.event().info, "Second");
    let down = Scripted::on("POST", "/events/edit")
        .nth(1)
        .reply(Reply::status(503));
    setup.server.controls().faults.set(down);
    setup.deliver(&titled("Third")).await.unwrap_err();
    setup.done(&titled("Fourth")).await;
    assert_eq!(setup.event().info, "Fourth");
}

/// What Flashpoint's client says the deeplink is goes to MISP (Ignite's is no fp.tools).
#[tokio::test]
async fn the_link_is_the_deeplink() {
    let setup = Setup::new(|_| ()).await;
    let mut sent = Sent::new(&[(DOMAIN, "a.example")]);
    sent.fields["platform_url"] = json!("https://fp.tools/home/intelligence/reports/report/x");
    let mut report =
        Report::parse(&RawValue::from_string(sent.fields.to_string()).unwrap()).unwrap();
    report.deeplink = Some("https://app.flashpoint.io/cti/intelligence/report/x".into());
    let indicators: Vec<&Indicator> = sent.indicators.iter().collect();
    let delivery = Delivery {
        partial: false,
        report: &report,
        csv: &CsvData::None,
        indicators: &indicators,
        own: &NOTHING,
        earlier: Earlier::default(),
        accepted: None,
    };
    setup.events(&target()).deliver(delivery).await.unwrap();
    let event = setup.event();
    let link = event
        .live()
        .find(|one| one.kind == "link")
        .unwrap()
        .value
        .clone();
    assert!(
        link.contains("app.flashpoint.io"),
        "{link} {}",
        event.reports[0].content
    );
}

/// What Flashpoint says of an indicator is written when its score changes, unless an analyst has written something else.
#[tokio::test]
async fn another_score_is_written_and_an_analysts_comment_stays() {
    let setup = Setup::new(|_| ()).await;
    let domains = ["first-site.ru", "second-site.ru"];
    let sent = Sent::new(&domains.map(|value| (DOMAIN, value)));
    let receipt = setup.done(&sent).await;
    let next = |score| {
        let mut next = sent.next(&receipt, &domains);
        next.own = listed(DOMAIN, "first-site.ru", score);
        next
    };
    let told = || {
        let event = setup.event();
        let first = event.live().find(|one| one.value == "first-site.ru");
        let first = first.unwrap().clone();
        (first.comment, first.first_seen.map(|time| time.to_string()))
    };
    let seen = Some("2025-12-18T10:00:09.192Z".to_owned());
    setup.done(&next(Score::Suspicious)).await;
    let suspicious = "Flashpoint: listed as suspicious".to_owned();
    assert_eq!(told(), (suspicious, seen.clone()));
    assert_eq!(setup.last()["Attribute"].as_array().unwrap().len(), 1);
    // The same again: nothing is sent.
    let writes = || {
        let record = setup.record();
        record.iter().filter(|call| call.method == "POST").count()
    };
    let before = writes();
    setup.done(&next(Score::Suspicious)).await;
    assert_eq!(writes(), before);
    setup.server.analyst(|event, time| {
        let first = event.attributes.iter_mut();
        let mut first = first.filter(|one| one.value == "first-site.ru");
        let first = first.next().unwrap();
        "seen in our logs".clone_into(&mut first.comment);
        first.timestamp = time;
    });
    setup.done(&next(Score::Malicious)).await;
    assert_eq!(told(), ("seen in our logs".to_owned(), seen));
}
