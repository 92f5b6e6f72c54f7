//! The MISP client.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use flashpoint_operator::destinations::misp::{Credential, Distribution, Target};
use flashpoint_operator::http::fault::FaultKind;
use flashpoint_operator::sync::destination::{DeliveryError, Destination as _, Step};
use flashpoint_operator::sync::own::Score;
use indicators::IndicatorType;
use jiff::SignedDuration;
use serde_json::json;
use simulators::faults::{Fault as Scripted, Reply};
use simulators::misp::Attribute;

use super::misp_stage::{
    DOMAIN, EVENT, ID, Sent, Setup, deliver, fault, impossible, listed, target,
};

/// What is logged.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    fn take(&self) -> String {
        String::from_utf8(std::mem::take(&mut *self.0.lock().unwrap())).unwrap()
    }
}

impl std::io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn every_type_is_taken_and_told_apart() {
    let setup = Setup::new(|settings| settings.tags = vec!["tlp:amber".to_owned()]).await;
    let sha256 = "a".repeat(64);
    let sha1 = "b".repeat(40);
    let sent = Sent::new(&[
        (IndicatorType::Ip, "45.77.1.9"),
        (IndicatorType::Ip, "2001:db8:0:0::1"),
        (DOMAIN, "evil.example"),
        (IndicatorType::Url, "https://evil.example/A?b=c"),
        (IndicatorType::Sha1, &sha1),
        (IndicatorType::Sha256, &sha256),
        (
            IndicatorType::BitcoinAddress,
            "1BoatSLRHtKNngkdXEeobR76b53LETtpyT",
        ),
        (IndicatorType::Cve, "CVE-2021-44228"),
        (IndicatorType::RegistryKey, r"HKLM\Software\Run\x"),
        (IndicatorType::Malware, "Emotet"),
    ]);
    let tags = ["TLP:AMBER".to_owned()];
    let target = Target {
        publish: true,
        tags: &tags,
        distribution: Distribution::Community,
        ..target()
    };
    let events = setup.events(&target);
    events.check().await.unwrap();
    events.check().await.unwrap();
    let Ok(Step::Done(receipt) | Step::Held(receipt)) = deliver(&events, &sent).await else {
        panic!("not done")
    };
    assert_eq!(receipt.handle, EVENT);
    assert!(!receipt.keep_handle);
    assert_eq!(receipt.labels, ["TLP:AMBER", "Fraud"]);
    assert_eq!(setup.operations(), [("view_user", 200), ("add_event", 200)]);
    let event = setup.event();
    assert_eq!(event.uuid, EVENT);
    assert_eq!(
        (event.info.as_str(), event.date.as_str()),
        ("A report", "2026-11-20")
    );
    assert_eq!((event.distribution.as_str(), event.published), ("1", true));
    assert_eq!(event.tags, ["tlp:amber", "Fraud"]);
    assert_eq!(event.live().count(), 10, "{:?}", setup.live());
    let of = |kind: &str| event.live().filter(|one| one.kind == kind).count();
    assert_eq!(
        (of("ip-dst"), of("btc"), of("malware-type"), of("regkey")),
        (2, 1, 1, 1)
    );
    assert_eq!(event.reports[0].distribution, "5");
    assert!(event.reports[0].content.starts_with("Short\n\nLong"));
    for exchange in setup.record() {
        let header = |name: &str| {
            exchange
                .headers
                .get(name)
                .map(|value| value.to_str().unwrap())
        };
        assert_eq!(header("accept"), Some("application/json"));
        assert!(!header("authorization").unwrap().contains(' '));
    }
}

#[tokio::test]
async fn an_edit_sends_the_difference_and_nothing_for_naught() {
    let setup = Setup::new(|_| ()).await;
    let sent = Sent::new(&[(DOMAIN, "a.example"), (DOMAIN, "b.example")]);
    let receipt = setup.done(&sent).await;
    let before = setup.event();

    setup
        .done(&sent.next(&receipt, &["a.example", "b.example"]))
        .await;
    assert_eq!(setup.operations().split_off(1), [("view_event", 200)]);
    assert_eq!(setup.event().timestamp, before.timestamp);

    let mut next = sent.next(&receipt, &["b.example", "c.example"]);
    next.fields["title"] = json!("Another title");
    next.fields["tags"] = json!(["Phishing"]);
    let receipt = setup.done(&next).await;
    let edit = setup.last();
    assert_eq!(edit["Attribute"].as_array().unwrap().len(), 2, "{edit}");
    assert_eq!(edit["EventReport"][0]["name"], "Another title");
    assert!(
        edit.get("distribution").is_none(),
        "people decide who sees it"
    );
    let event = setup.event();
    assert_eq!(setup.live(), ["b.example", "c.example"]);
    assert!(event.timestamp > before.timestamp);
    let kept = |event: &simulators::misp::Event| event.attribute("b.example").unwrap().timestamp;
    assert_eq!(
        kept(&event),
        kept(&before),
        "an attribute's time moves only with its content"
    );
    assert_eq!(event.info, "Another title");
    assert_eq!(event.tags, ["Phishing"]);

    // What was taken away and comes back is restored.
    setup
        .done(&next.next(&receipt, &["a.example", "b.example", "c.example"]))
        .await;
    assert_eq!(setup.live(), ["a.example", "b.example", "c.example"]);
    // Nothing was removed by its absence, and no event deleted.
    assert_eq!(setup.event().attributes.len(), 3);
}

#[tokio::test]
async fn what_analysts_did_stays() {
    let setup = Setup::new(|_| ()).await;
    let names = ["a.example", "b.example", "c.example"];
    let sent = Sent::new(&names.map(|name| (DOMAIN, name)));
    let receipt = setup.done(&sent).await;
    setup.server.analyst(|event, now| {
        event.attributes[0].comment = "sinkhole".to_owned();
        event.attributes[0].timestamp = now;
        event.attributes[1].deleted = true;
        event.attributes[1].timestamp = now;
        event.attributes.push(Attribute {
            uuid: "9e1d2c84-6a0b-4c57-9e3a-b2d7c1f08e65".to_owned(),
            value: "own.example".to_owned(),
            comment: String::new(),
            timestamp: now,
            ..event.attributes[2].clone()
        });
        event.reports[0].content.push_str("A note");
        event.reports[0].timestamp = now;
        event.tags = vec!["reviewed".to_owned()];
        event.threat_level = "1".to_owned();
    });
    let stored = setup.event().timestamp;
    // The report loses one that an analyst changed, and names one that an analyst entered.
    let mut next = sent.next(&receipt, &["b.example", "own.example", "d.example"]);
    next.fields["body"] = json!("<p>Edited</p>");
    setup.done(&next).await;
    let event = setup.event();
    assert!(event.timestamp > stored);
    assert_eq!(setup.live(), ["a.example", "own.example", "d.example"]);
    assert_eq!(event.attribute("a.example").unwrap().comment, "sinkhole");
    assert!(
        event.attribute("b.example").unwrap().deleted,
        "it stays deleted"
    );
    assert!(
        event.attribute("c.example").unwrap().deleted,
        "ours, and withdrawn"
    );
    assert!(event.reports[0].content.ends_with("A note"));
    assert_eq!(
        event.tags,
        ["reviewed"],
        "what an analyst took off stays off"
    );
    assert_eq!(event.threat_level, "1");
}

#[tokio::test]
async fn the_text_of_a_report_is_kept_current() {
    let setup = Setup::new(|_| ()).await;
    let sent = Sent::new(&[(DOMAIN, "a.example")]);
    let receipt = setup.done(&sent).await;
    let mut next = sent.next(&receipt, &["a.example"]);
    next.fields["body"] = json!("<p>Edited</p>");
    setup.done(&next).await;
    assert!(
        setup.event().reports[0]
            .content
            .starts_with("Short\n\nEdited")
    );
    assert!(setup.last().get("Attribute").is_none());
}

#[tokio::test]
async fn a_write_that_failed_in_the_middle_is_completed() {
    let setup = Setup::new(|_| ()).await;
    let sent = Sent::new(&[
        (DOMAIN, "a.example"),
        (DOMAIN, "b.example"),
        (DOMAIN, "c.example"),
    ]);
    setup.server.fail_at_attribute(1);
    assert_eq!(
        fault(setup.deliver(&sent).await).kind,
        FaultKind::Unavailable
    );
    assert_eq!(setup.live(), ["a.example"]);
    let half = setup.event().timestamp;
    let receipt = setup.done(&sent).await;
    assert_eq!(setup.live(), ["a.example", "b.example", "c.example"]);
    assert_eq!(setup.event().reports.len(), 1);
    assert!(setup.event().timestamp > half);

    // In the middle of an edit the new time is stored already: only a later one repairs it.
    let next = sent.next(&receipt, &["a.example", "d.example", "e.example"]);
    setup.server.fail_at_attribute(1);
    assert_eq!(
        fault(setup.deliver(&next).await).kind,
        FaultKind::Unavailable
    );
    setup.done(&next).await;
    assert_eq!(setup.live(), ["a.example", "d.example", "e.example"]);
}

#[tokio::test]
async fn an_event_that_is_still_being_written_is_left_alone() {
    let setup =
        Setup::new(|settings| settings.per_attribute = SignedDuration::from_millis(700)).await;
    let lost = Scripted::on("POST", "/events/add").nth(1).after_effect();
    setup.server.controls().faults.set(lost.reply(Reply::Reset));
    let names: Vec<String> = (0..4).map(|at| format!("n{at}.example")).collect();
    let names: Vec<_> = names.iter().map(|name| (DOMAIN, name.as_str())).collect();
    let sent = Sent::new(&names);
    assert_eq!(
        fault(setup.deliver(&sent).await).kind,
        FaultKind::Unavailable
    );
    let step = setup.deliver(&sent).await.unwrap();
    assert!(matches!(step, Step::Later { .. }), "{step:?}");
    tokio::time::sleep(Duration::from_secs(2)).await;
    setup.done(&sent).await;
    assert_eq!(setup.live().len(), 4);
    let edits = setup
        .operations()
        .into_iter()
        .filter(|call| call.0 == "edit_event");
    assert_eq!(edits.count(), 0, "nothing was missing");
}

#[tokio::test]
async fn a_deleted_event_stays_deleted() {
    let setup = Setup::new(|_| ()).await;
    let sent = Sent::new(&[(DOMAIN, "a.example")]);
    let receipt = setup.done(&sent).await;
    setup.server.delete_first();
    let reason = impossible(setup.deliver(&sent.next(&receipt, &["b.example"])).await);
    assert!(reason.contains("blocklist"), "{reason}");
    assert!(setup.server.events().is_empty());
}

#[tokio::test]
async fn an_event_of_others_is_left_alone() {
    for distribution in ["0", "1"] {
        let setup = Setup::new(|_| ()).await;
        let sent = Sent::new(&[(DOMAIN, "a.example")]);
        setup.done(&sent).await;
        let mut event = setup.event();
        let setup = Setup::new(|_| ()).await;
        event.organisation = "11111111-2222-4333-8444-555555555555".to_owned();
        distribution.clone_into(&mut event.distribution);
        setup.server.put(event);
        let other = Sent::new(&[(DOMAIN, "b.example")]);
        let reason = impossible(setup.deliver(&other).await);
        assert!(reason.contains(EVENT), "{reason}");
        assert_eq!(setup.live(), ["a.example"]);
        assert!(setup.operations().len() <= 4, "it does not loop");
    }
}

#[tokio::test]
async fn parallel_deliveries_make_one_event() {
    let setup = Setup::new(|_| ()).await;
    let [a, b, c, d] =
        ["a", "b", "c", "d"].map(|name| Sent::new(&[(DOMAIN, &format!("{name}.example"))]));
    let each = futures::join!(
        setup.deliver(&a),
        setup.deliver(&b),
        setup.deliver(&c),
        setup.deliver(&d)
    );
    for step in [each.0, each.1, each.2, each.3] {
        assert!(
            matches!(step, Ok(Step::Done(_) | Step::Held(_))),
            "{step:?}"
        );
    }
    assert_eq!(setup.live().len(), 1);
    let added = setup
        .operations()
        .into_iter()
        .filter(|call| *call == ("add_event", 200));
    assert_eq!(added.count(), 1);
}

#[tokio::test]
async fn an_analyst_in_between_two_calls_is_no_refusal() {
    let setup = Setup::new(|_| ()).await;
    let sent = Sent::new(&[(DOMAIN, "a.example")]);
    let receipt = setup.done(&sent).await;
    let newer = r#"{"saved":false,"name":"Could not edit Event","message":"Could not edit Event",
        "errors":"Event could not be saved: Event in the request not newer than the local copy."}"#;
    let once = Scripted::on("POST", "/events/edit")
        .nth(1)
        .reply(Reply::json(403, newer));
    setup.server.controls().faults.set(once);
    let next = sent.next(&receipt, &["b.example"]);
    setup.done(&next).await;
    assert_eq!(setup.live(), ["b.example"]);
    let always = Scripted::on("POST", "/events/edit").reply(Reply::json(403, newer));
    setup.server.controls().faults.set(always);
    let outcome = setup.deliver(&sent.next(&receipt, &["c.example"])).await;
    assert!(
        matches!(outcome, Err(DeliveryError::Rejected(_))),
        "{outcome:?}"
    );
}

#[tokio::test]
async fn what_is_dropped_in_silence_does_not_fail_the_report() {
    let setup = Setup::new(|settings| {
        settings.perm_tag_editor = false;
        settings.perm_publish = false;
    })
    .await;
    // The simulator takes no name of one label, as MISP does not.
    let sent = Sent::new(&[(DOMAIN, "a.example"), (DOMAIN, "localhost")]);
    let target = Target {
        publish: true,
        ..target()
    };
    let log = Log::default();
    let lines = tracing_subscriber::fmt().with_writer({
        let log = log.clone();
        move || log.clone()
    });
    let listening = tracing::subscriber::set_default(lines.with_ansi(false).finish());
    let events = setup.events(&target);
    let step = deliver(&events, &sent).await.unwrap();
    assert!(matches!(step, Step::Done(_) | Step::Held(_)));
    assert_eq!(setup.live(), ["a.example"]);
    assert!(setup.event().tags.is_empty() && !setup.event().published);
    let sent_and_told = log.take();
    let told = "1 attributes, 1 tags, the publication";
    assert!(sent_and_told.contains(told), "{sent_and_told}");
    assert!(sent_and_told.contains("sent=2"), "{sent_and_told}");
    // What holds for every event is told once.
    let mut another = Sent::new(&[(DOMAIN, "a.example")]);
    another.fields["id"] = json!("another");
    deliver(&events, &another).await.unwrap();
    assert_eq!(log.take(), "");
    drop(listening);
}

#[tokio::test]
async fn hostile_text_never_makes_misp_fail() {
    let setup = Setup::new(|_| ()).await;
    let mut sent = Sent::new(&[
        (IndicatorType::Malware, "Bad🙂"),
        (IndicatorType::Url, "http://e.example/🙂"),
        (IndicatorType::RegistryKey, &"x".repeat(70_000)),
    ]);
    sent.fields["title"] = json!("🙂".repeat(10_000));
    sent.fields["body"] = json!(format!("<p>{}</p>", "🙂é ".repeat(200_000)));
    sent.fields["tags"] = json!(["🙂", "x".repeat(300)]);
    setup.done(&sent).await;
    assert_eq!(setup.live(), ["http://e.example/%F0%9F%99%82"]);
    assert_eq!(setup.event().reports.len(), 1);
}

#[tokio::test]
async fn the_meanings_of_403_and_302_are_told_apart() {
    type Change = fn(&mut simulators::misp::Settings);
    let cases: [(Change, FaultKind, &str); 6] = [
        (
            |settings| "other".clone_into(&mut settings.key),
            FaultKind::Unauthorized,
            "misp-auth-key",
        ),
        (
            |settings| settings.disabled = true,
            FaultKind::Unauthorized,
            "disabled",
        ),
        (
            |settings| settings.other_address = true,
            FaultKind::Unauthorized,
            "IP address",
        ),
        (
            |settings| settings.perm_add = false,
            FaultKind::TargetNotWritable,
            "perm_add",
        ),
        (
            |settings| settings.perm_modify = false,
            FaultKind::TargetNotWritable,
            "perm_modify",
        ),
        (
            |settings| settings.maintenance = true,
            FaultKind::Unavailable,
            "not logged in",
        ),
    ];
    for (change, kind, says) in cases {
        let setup = Setup::new(change).await;
        let fault = fault(setup.events(&target()).check().await);
        assert_eq!(fault.kind, kind, "{fault}");
        assert!(fault.message.contains(says), "{fault}");
        assert!(!fault.message.contains(simulators::misp::KEY), "{fault}");
    }
    // A read-only key shows the rights of its user: only the write is refused.
    let setup = Setup::new(|settings| settings.read_only_key = true).await;
    let events = setup.events(&target());
    events.check().await.unwrap();
    let refused = fault(deliver(&events, &Sent::new(&[(DOMAIN, "a.example")])).await);
    assert_eq!(refused.kind, FaultKind::TargetNotWritable);
    assert!(refused.message.contains("read-only"), "{refused}");
    // A gateway's 403 on one report is that report's.
    let setup = Setup::new(|_| ()).await;
    let page = Reply::json(403, "<html>blocked</html>");
    setup
        .server
        .controls()
        .faults
        .set(Scripted::on("POST", "/events").reply(page));
    let outcome = setup.deliver(&Sent::new(&[(DOMAIN, "a.example")])).await;
    assert!(
        matches!(outcome, Err(DeliveryError::Rejected(_))),
        "{outcome:?}"
    );
}

#[tokio::test]
async fn a_server_that_nobody_named_is_no_target() {
    let setup = Setup::new(|_| ()).await;
    let target = Target {
        server: "other",
        ..target()
    };
    let events = setup.client.server(&Credential("k".into()), &target);
    let fault = fault(events.check().await);
    assert_eq!(fault.kind, FaultKind::TargetNotFound);
    assert!(fault.message.contains("--misp other=URL"), "{fault}");
    assert!(setup.record().is_empty());
}

#[tokio::test]
async fn other_answers_are_no_success() {
    let reply = [
        Reply::web_page(),
        Reply::json(200, "{}"),
        Reply::json(404, "{}"),
        Reply::status(503),
    ];
    for reply in reply {
        let setup = Setup::new(|_| ()).await;
        setup
            .server
            .controls()
            .faults
            .set(Scripted::on("", "/events").reply(reply));
        let outcome = setup.deliver(&Sent::new(&[(DOMAIN, "a.example")])).await;
        assert!(
            matches!(outcome, Err(DeliveryError::Fault(_))),
            "{outcome:?} {ID}"
        );
    }
}

/// What `tests/misp/run` reads with pymisp: a life of an event at the simulator in `MISP_URL`, with the key in `MISP_KEY`.
#[tokio::test]
#[ignore = "tests/misp/run starts it"]
async fn pymisp_reads_what_is_sent() {
    let url = std::env::var("MISP_URL").unwrap();
    let key = std::env::var("MISP_KEY").unwrap();
    let settings = flashpoint_operator::destinations::misp::MispSettings {
        servers: [("main".to_owned(), url.parse().unwrap())].into(),
    };
    let heard = super::Heard::new();
    let client =
        flashpoint_operator::destinations::misp::Misp::new(&settings, super::http(), heard);
    let events = client.server(&Credential(key.as_str().into()), &target());
    let mut sent = Sent::new(&[
        (IndicatorType::Ip, "45.77.1.9"),
        (IndicatorType::Url, "https://evil.example/A"),
        (IndicatorType::Cve, "CVE-2021-44228"),
        (IndicatorType::Malware, "Emotet"),
        (DOMAIN, "a.example"),
        (DOMAIN, "b.example"),
    ]);
    sent.own = listed(IndicatorType::Ip, "45.77.1.9", Score::Malicious);
    let Ok(Step::Done(receipt) | Step::Held(receipt)) = deliver(&events, &sent).await else {
        panic!("not done")
    };
    let next = sent.next(&receipt, &["b.example", "c.example"]);
    deliver(&events, &next).await.unwrap();
    let names: Vec<String> = (0..1_000).map(|at| format!("n{at}.example")).collect();
    let names: Vec<_> = names.iter().map(|name| (DOMAIN, name.as_str())).collect();
    let mut large = Sent::new(&names);
    large.fields["id"] = json!("large");
    deliver(&events, &large).await.unwrap();
}
