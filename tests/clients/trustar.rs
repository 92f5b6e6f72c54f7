//! The TruSTAR client.

use std::time::Duration;

use flashpoint_operator::destinations::trustar::mapping::Submission;
use flashpoint_operator::destinations::trustar::{Credential, Target, Trustar, TrustarSettings};
use flashpoint_operator::destinations::trustar::{Guid, WriteError};
use flashpoint_operator::http::fault::FaultKind;
use flashpoint_operator::sync::destination::{DeliveryError, Destination as _};
use jiff::SignedDuration;
use secrecy::SecretString;
use simulators::faults::{Calls, Fault as Scripted, Reply};
use simulators::record::Exchange;
use simulators::trustar::{
    Duplicates, ENCLAVE, Enclave, Operation, Scope, Settings, Settling, TagPolicy, Upsert,
};

use super::http;
use super::trustar_stage::{
    MINUTE, OTHER, Setup, Submit, delivery, fault, refused, submission, tags,
};

#[tokio::test]
async fn a_report_is_written_as_documented() {
    let setup = Setup::new(|_| ()).await;
    let sink = setup.sink();
    sink.check().await.unwrap();
    let guid = sink.submit(&submission("VsYw1x9QTkK0")).await.unwrap();
    sink.alter_tags(&guid, &tags(&["Hospitality & Gaming", "b"], &["c"], &[]))
        .await
        .unwrap();

    let guid = &guid.0;
    assert_eq!(
        setup.lines(),
        [
            "POST /oauth/token".to_owned(),
            "GET /api/1.3/enclaves".to_owned(),
            "POST /api/1.3/reports/upsert?idType=external&mode=OVERRIDE".to_owned(),
            format!("POST /api/1.3/reports/{guid}/alter-tags?idType=internal"),
        ]
    );
    let record = setup.record();
    let header = |exchange: &Exchange, name: &str| {
        let value = exchange.headers.get(name);
        value.map(|value| value.to_str().unwrap().to_owned())
    };
    assert_eq!(record[0].body, "grant_type=client_credentials");
    assert!(
        header(&record[0], "authorization")
            .unwrap()
            .starts_with("Basic ")
    );
    for name in ["client-type", "client-version", "client-metatag"] {
        assert_eq!(header(&record[0], name), None, "not on the token call");
    }
    for call in &record[1..] {
        assert!(
            header(call, "authorization")
                .unwrap()
                .starts_with("Bearer ")
        );
        assert_eq!(header(call, "client-type").unwrap(), "API");
        assert_eq!(header(call, "client-version").unwrap(), "1.3");
        let metatag = header(call, "client-metatag").unwrap();
        assert!(metatag.starts_with("flashpoint-operator/"), "{metatag}");
    }
    assert_eq!(
        record[2].json(),
        serde_json::json!({
            "title": "Lessons \"Ünïcode\"",
            "reportBody": "{\"summary\":\"s\",\"id\":\"a\"}",
            "enclaveIds": [ENCLAVE],
            "externalTrackingId": "VsYw1x9QTkK0",
            "externalUrl": "https://fp.tools/home/report/a#detail",
            "timeBegan": "2018-11-29T20:18:32.000+00:00",
            "distributionType": "ENCLAVE",
        })
    );
    assert_eq!(
        String::from_utf8_lossy(&record[3].body),
        r#"{"addedTags":[{"name":"Hospitality & Gaming"},{"name":"b"}],"removedTags":[{"name":"c"}]}"#
    );
    assert_eq!(
        setup.operations(),
        ["token", "list_enclaves", "upsert_report", "alter_tags"]
    );

    let bare = Submission {
        time_began: None,
        deeplink: None,
        ..submission("b")
    };
    sink.submit(&bare).await.unwrap();
    let sent = setup.record().pop().unwrap().json();
    assert!(sent.get("timeBegan").is_none() && sent.get("externalUrl").is_none());
}

#[tokio::test]
async fn each_form_of_upserts_answer_is_read() {
    for upsert in [Upsert::Bare, Upsert::Quoted, Upsert::Object] {
        let setup = Setup::new(|settings| settings.upsert = upsert).await;
        let guid = setup.sink().submit(&submission("a")).await.unwrap();
        assert_eq!(setup.server.reports()[0].guid, guid.0);
    }

    // Nothing at all: the report is looked up.
    let setup = Setup::new(|_| ()).await;
    let empty = Scripted::on("POST", "/api/1.3/reports/upsert")
        .after_effect()
        .reply(Reply::json(200, ""));
    setup.server.controls().faults.set(empty);
    let guid = setup.sink().submit(&submission("a")).await.unwrap();
    assert_eq!(setup.server.reports()[0].guid, guid.0);

    let setup = Setup::new(|_| ()).await;
    setup.strike("POST", "/api/1.3/reports", Calls::All, Reply::web_page());
    let fault = fault(setup.sink().submit(&submission("a")).await);
    assert_eq!(fault.kind, FaultKind::UnexpectedResponse);
    assert!(fault.message.contains("HTML"), "{fault}");
}

#[tokio::test]
async fn a_token_is_shared_by_all_sinks_of_a_credential() {
    let setup = Setup::new(|_| ()).await;
    let sinks = [setup.sink(), setup.sink(), setup.sink()];
    let [a, b, c] = ["a", "b", "c"].map(submission);
    let outcome = futures::join!(
        sinks[0].submit(&a),
        sinks[1].submit(&b),
        sinks[2].submit(&c)
    );
    assert!(matches!(outcome, (Ok(_), Ok(_), Ok(_))));
    let tokens = setup
        .server
        .controls()
        .record
        .count("POST", "/oauth/token", "");
    assert_eq!(tokens, 1);
}

#[tokio::test]
async fn a_token_is_used_until_a_minute_before_its_end() {
    let setup = Setup::new(|_| ()).await;
    let token = |life: u64| {
        let grant =
            format!(r#"{{"access_token":"t{life}","token_type":"bearer","expires_in":{life}}}"#);
        setup.server.controls().faults.clear_all();
        setup.strike("POST", "/oauth/token", Calls::All, Reply::json(200, &grant));
        setup.strike("GET", "/api/1.3/reports", Calls::All, Reply::status(404));
        setup.strike(
            "POST",
            "/api/1.3/reports",
            Calls::All,
            Reply::json(200, "\"guid\""),
        );
    };
    for (life, tokens) in [(60, 2), (61, 1), (599, 1)] {
        token(life);
        let credential = Credential {
            key: SecretString::from(format!("life {life}")),
            ..setup.credential()
        };
        let sink = setup.client.enclave(&credential, &delivery(ENCLAVE));
        let before = setup.operations().len();
        for id in ["a", "b"] {
            sink.submit(&submission(id)).await.unwrap();
        }
        let operations = setup.operations().split_off(before);
        let asked = operations.iter().filter(|name| **name == "token").count();
        assert_eq!(asked, tokens, "expires_in {life}: {operations:?}");
    }
}

#[tokio::test]
async fn an_expired_token_is_renewed_and_the_call_replayed_once() {
    for status in [400, 401] {
        let setup = Setup::new(|settings| settings.bad_token_status = status).await;
        let sink = setup.sink();
        sink.submit(&submission("a")).await.unwrap();
        setup.server.expire_tokens();
        let ids = ["b", "c", "d"].map(submission);
        let outcome = futures::join!(
            sink.submit(&ids[0]),
            sink.submit(&ids[1]),
            sink.submit(&ids[2])
        );
        assert!(matches!(outcome, (Ok(_), Ok(_), Ok(_))), "{outcome:?}");
        assert_eq!(setup.server.reports().len(), 4);
        let tokens = setup
            .server
            .controls()
            .record
            .count("POST", "/oauth/token", "");
        assert_eq!(tokens, 2, "one for all who met the old one");
    }
}

#[tokio::test]
async fn a_token_refused_for_good_needs_a_person() {
    let setup = Setup::new(|_| ()).await;
    let reply = Reply::json(
        400,
        r#"{"error":"x","error_description":"Invalid oaut2 Access Token"}"#,
    );
    setup.strike("POST", "/api/1.3/reports/upsert", Calls::All, reply);
    let fault = fault(setup.sink().submit(&submission("a")).await);
    assert_eq!(fault.kind, FaultKind::Unauthorized);
    assert_eq!(
        setup.operations(),
        ["token", "upsert_report", "token", "upsert_report"]
    );

    // A message that still speaks of tokens after that may be about the report.
    setup.server.controls().faults.clear_all();
    let reply = Reply::json(400, r#"{"message":"no reports about access tokens"}"#);
    setup.strike("POST", "/api/1.3/reports/upsert", Calls::All, reply);
    refused(setup.sink().submit(&submission("a")).await);
}

#[tokio::test]
async fn bad_credentials_need_a_person() {
    for status in [400, 401, 403] {
        let setup = Setup::new(|settings| settings.bad_credentials_status = status).await;
        let wrong = Credential {
            secret: SecretString::from("wrong"),
            ..setup.credential()
        };
        let sink = setup.client.enclave(&wrong, &delivery(ENCLAVE));
        let fault = fault(sink.check().await);
        assert_eq!(fault.kind, FaultKind::Unauthorized, "{status}");
        for says in [
            "Bad client credentials",
            "trustar-api-key",
            "trustar-api-secret",
        ] {
            assert!(fault.message.contains(says), "{fault}");
        }
    }
}

#[tokio::test]
async fn an_enclave_that_cant_be_written_to_is_explained() {
    let setup = Setup::new(|settings| {
        settings.enclaves = (1..=5)
            .map(|n| Enclave::writable(&format!("id-{n}"), &format!("Enclave\u{7} {n}")))
            .collect();
        settings.enclaves[0].update = false;
    })
    .await;
    let unknown = fault(setup.sink().check().await);
    assert_eq!(unknown.kind, FaultKind::TargetNotFound);
    let unwritable = fault(setup.sink_of("id-1").check().await);
    assert_eq!(unwritable.kind, FaultKind::TargetNotWritable);
    assert!(
        unwritable.message.contains("only create, not update"),
        "{unwritable}"
    );
    for fault in [&unknown, &unwritable] {
        assert!(fault.message.contains("Enclave\\u{7} 2 (id-2)"), "{fault}");
        assert!(fault.message.contains("and 1 more"), "{fault}");
        assert!(!fault.message.contains("id-5"), "{fault}");
    }
    setup.sink_of("id-3").check().await.unwrap();
}

#[tokio::test]
async fn a_verified_enclave_costs_no_call_until_a_refusal() {
    let setup = Setup::new(|_| ()).await;
    let verify = async || setup.sink().check().await;
    let listings = || {
        setup
            .server
            .controls()
            .record
            .count("GET", "/api/1.3/enclaves", "")
    };
    verify().await.unwrap();
    verify().await.unwrap();
    assert_eq!(listings(), 1);

    setup.strike(
        "POST",
        "/api/1.3/reports/upsert",
        Calls::Nth(1),
        Reply::status(403),
    );
    // Whose refusal it is only a new list tells, which counts from then on.
    refused(setup.sink().submit(&submission("a")).await);
    assert_eq!(listings(), 2);
    verify().await.unwrap();
    assert_eq!(listings(), 2);

    // What was not there is looked for again.
    for listed in [3, 4] {
        setup.sink_of(OTHER).check().await.unwrap_err();
        assert_eq!(listings(), listed);
    }
}

#[tokio::test]
async fn without_upsert_reports_are_looked_up() {
    for upsert in [Upsert::Missing, Upsert::NotAllowed] {
        let setup = Setup::new(|settings| settings.upsert = upsert).await;
        let sink = setup.sink();
        let created = sink.submit(&submission("a/b ü%?")).await.unwrap();
        let updated = sink.submit(&submission("a/b ü%?")).await.unwrap();
        assert_eq!(created, updated);
        assert_eq!(setup.server.reports().len(), 1);
        let upsert = "POST /api/1.3/reports/upsert?idType=external&mode=OVERRIDE".to_owned();
        let get = "GET /api/1.3/reports/a%2Fb%20%C3%BC%25%3F?idType=external".to_owned();
        assert_eq!(
            setup.lines()[1..],
            [
                upsert.clone(),
                get.clone(),
                "POST /api/1.3/reports".to_owned(),
                upsert,
                get,
                format!("PUT /api/1.3/reports/{}?idType=internal", created.0),
            ]
        );
        assert_eq!(
            setup.operations()[2..],
            [
                "get_report",
                "submit_report",
                "upsert_report",
                "get_report",
                "update_report"
            ]
        );
    }
}

#[tokio::test]
async fn one_external_id_is_never_created_twice() {
    // A server that would take duplicates: only taking turns prevents them.
    let setup = Setup::new(|settings| {
        settings.upsert = Upsert::Missing;
        settings.duplicates = Duplicates::Accepted;
    })
    .await;
    let sinks: Vec<_> = (0..8).map(|_| setup.sink()).collect();
    let report = submission("a");
    let outcomes = futures::future::join_all(sinks.iter().map(|sink| sink.submit(&report))).await;
    assert!(outcomes.iter().all(Result::is_ok), "{outcomes:?}");
    assert_eq!(setup.server.reports().len(), 1);
}

#[tokio::test]
async fn a_report_that_may_exist_is_looked_for_again() {
    for duplicates in [Duplicates::Conflict, Duplicates::BadRequest] {
        let setup = Setup::new(|settings| {
            settings.upsert = Upsert::Missing;
            settings.duplicates = duplicates;
        })
        .await;
        let created = setup.sink().submit(&submission("a")).await.unwrap();
        // The first look comes before the report shows.
        setup.strike(
            "GET",
            "/api/1.3/reports/",
            Calls::Nth(1),
            Reply::status(404),
        );
        let updated = setup.sink().submit(&submission("a")).await.unwrap();
        assert_eq!(created, updated);
        let last = setup.server.writes().pop().unwrap();
        assert_eq!(last.operation, Operation::Update);

        // And a refusal that is none of that is the report's own.
        setup.strike("POST", "/api/1.3/reports", Calls::All, Reply::status(400));
        refused(setup.sink().submit(&submission("b")).await);
    }
}

#[tokio::test]
async fn another_enclaves_report_is_never_overwritten() {
    for (scope, taken) in [(Scope::CompanyAndEnclave, true), (Scope::Company, false)] {
        let setup = Setup::new(|settings| {
            settings.upsert = Upsert::Missing;
            settings.scope = scope;
            settings.enclaves.push(Enclave::writable(OTHER, "Other"));
        })
        .await;
        setup.sink_of(OTHER).submit(&submission("a")).await.unwrap();
        let outcome = setup.sink().submit(&submission("a")).await;
        assert_eq!(setup.server.enclave(OTHER).len(), 1);
        assert!(
            setup
                .server
                .writes()
                .iter()
                .all(|write| write.operation == Operation::Create)
        );
        if taken {
            outcome.unwrap();
            assert_eq!(setup.server.enclave(ENCLAVE).len(), 1);
        } else {
            let Err(WriteError::Failed(DeliveryError::Impossible(reason))) = outcome else {
                panic!("{outcome:?}");
            };
            assert!(reason.contains(OTHER), "{reason}");
        }
    }
}

#[tokio::test]
async fn with_two_enclaves_the_first_write_is_read_back() {
    let two = |scope| {
        Setup::new(move |settings| {
            settings.scope = scope;
            settings.enclaves.push(Enclave::writable(OTHER, "Other"));
        })
    };
    let setup = two(Scope::CompanyAndEnclave).await;
    let first = setup.sink();
    first.submit(&submission("a")).await.unwrap();
    let second = setup.sink_of(OTHER);
    for id in ["a", "b"] {
        second.submit(&submission(id)).await.unwrap();
        first.submit(&submission(id)).await.unwrap();
    }
    let reads: Vec<_> = setup
        .server
        .controls()
        .record
        .matching("GET", "/api/1.3/reports/", "");
    assert_eq!(reads.len(), 2, "one for each enclave, once there are two");
    assert!(
        reads
            .iter()
            .all(|read| read.target.ends_with("?idType=internal"))
    );

    let setup = two(Scope::Company).await;
    setup.sink().submit(&submission("a")).await.unwrap();
    let outcome = setup.sink_of(OTHER).submit(&submission("a")).await;
    let fault = fault(outcome);
    assert_eq!(fault.kind, FaultKind::Conflict);
    assert!(
        fault.message.contains(ENCLAVE) && fault.message.contains(OTHER),
        "{fault}"
    );
}

#[tokio::test]
async fn ids_that_no_path_can_carry_are_refused() {
    let setup = Setup::new(|settings| settings.upsert = Upsert::Missing).await;
    for id in [".", ".."] {
        refused(setup.sink().submit(&submission(id)).await);
    }
    assert!(setup.server.reports().is_empty());
}

#[tokio::test]
async fn tags_follow_the_policy_that_is_met() {
    let strict = |settings: &mut Settings| settings.tags = TagPolicy::Strict;
    let setup = Setup::new(strict).await;
    let sink = setup.sink();
    let guid = sink.submit(&submission("a")).await.unwrap();
    let first = tags(&["Cyber Threats", "Fraud & Theft", "plain"], &[], &[]);
    sink.alter_tags(&guid, &first).await.unwrap();
    let stored = || {
        setup.server.reports()[0]
            .tags
            .iter()
            .cloned()
            .collect::<Vec<_>>()
    };
    assert_eq!(stored(), ["cyber-threats", "fraud---theft", "plain"]);
    let before = setup.lines().len();
    // The form is remembered; a removed tag that looks like one that stays is left alone.
    let second = tags(
        &["New One"],
        &["Fraud & Theft", "cyber.threats"],
        &["Cyber Threats", "plain"],
    );
    sink.alter_tags(&guid, &second).await.unwrap();
    assert_eq!(setup.lines().len(), before + 1);
    assert_eq!(stored(), ["cyber-threats", "new-one", "plain"]);

    // Another process, which has yet to learn the form, removes what this one has set.
    let settings = TrustarSettings {
        url: setup.server.url().parse().unwrap(),
        calls_per_minute: 0,
    };
    let restarted = Trustar::new(&settings, http(), setup.heard.clone());
    let sink = restarted.enclave(&setup.credential(), &delivery(ENCLAVE));
    let third = tags(&[], &["New One"], &["Cyber Threats", "plain"]);
    sink.alter_tags(&guid, &third).await.unwrap();
    assert_eq!(stored(), ["cyber-threats", "plain"]);

    sink.alter_tags(&guid, &tags(&[], &[], &["x"]))
        .await
        .unwrap();
    assert_eq!(
        setup.lines().len(),
        before + 3,
        "nothing to say, and a token"
    );

    setup.strike("POST", "/api/1.3/reports/", Calls::All, Reply::status(400));
    refused(sink.alter_tags(&guid, &tags(&["Too Bad"], &[], &[])).await);
}

#[tokio::test]
async fn a_report_that_does_not_show_yet_can_be_tagged_later() {
    let setup = Setup::new(|settings| settings.settling = Settling::Calls(1)).await;
    let sink = setup.sink();
    let guid = sink.submit(&submission("a")).await.unwrap();
    let change = tags(&["a"], &[], &[]);
    let outcome = sink.alter_tags(&guid, &change).await;
    assert!(matches!(outcome, Err(WriteError::NotYet(_))), "{outcome:?}");
    sink.alter_tags(&guid, &change).await.unwrap();
    let outcome = sink
        .alter_tags(&Guid("../enclaves".to_owned()), &change)
        .await;
    assert!(matches!(outcome, Err(WriteError::NotYet(_))), "{outcome:?}");
    assert!(
        setup
            .lines()
            .pop()
            .unwrap()
            .contains("/reports/..%2Fenclaves/alter-tags")
    );
}

#[tokio::test]
async fn statuses_tell_reports_from_the_service() {
    let setup = Setup::new(|_| ()).await;
    let outcome = async |reply: Reply| {
        let faults = &setup.server.controls().faults;
        faults.clear_all();
        faults.set(Scripted::on("POST", "/api/1.3/reports").reply(reply));
        // Each with a credential of its own, so that no gate is in the way.
        setup.sink().submit(&submission("a")).await
    };
    for status in [400, 403, 410, 422] {
        let reason = refused(outcome(Reply::status(status)).await);
        assert!(reason.contains(&status.to_string()) && reason.contains("scripted fault"));
    }
    let too_large = outcome(Reply::status(413)).await;
    assert!(
        matches!(
            too_large,
            Err(WriteError::Failed(DeliveryError::TooLarge(_)))
        ),
        "{too_large:?}"
    );
    for (reply, kind) in [
        (
            Reply::redirect("https://elsewhere.example/api"),
            FaultKind::UnexpectedResponse,
        ),
        (Reply::status(500), FaultKind::Unavailable),
        (Reply::status(504), FaultKind::Unavailable),
        (Reply::Reset, FaultKind::Unavailable),
    ] {
        let what = format!("{reply:?}");
        let fault = fault(outcome(reply).await);
        assert_eq!(fault.kind, kind, "{what}: {fault}");
        if what.contains("elsewhere") {
            assert!(
                fault
                    .message
                    .contains("set trustar.url to https://elsewhere.example"),
                "{fault}"
            );
        }
    }
    // Neither a look, but for the 403, nor a replay by ourselves.
    let mut operations = setup.operations();
    operations.retain(|name| *name != "upsert_report");
    assert_eq!(operations, ["token", "list_enclaves"]);

    let impatient = Target {
        timeout: Duration::from_millis(200),
        ..delivery(ENCLAVE)
    };
    let impatient = setup.client.enclave(&setup.credential(), &impatient);
    setup.server.controls().faults.clear_all();
    setup.strike("POST", "/api/1.3/reports", Calls::All, Reply::Hang);
    let fault = fault(impatient.submit(&submission("a")).await);
    assert_eq!(fault.kind, FaultKind::Unavailable);
    assert!(fault.message.contains("within 0.2 s"), "{fault}");
}

#[tokio::test]
async fn a_429_says_when_and_closes_the_gate() {
    for (reply, wait) in [
        (Reply::wait_time(90_500), Duration::from_millis(90_500)),
        (Reply::retry_after(429, "120"), Duration::from_mins(2)),
        (Reply::wait_time(u64::MAX), Duration::from_hours(24)),
    ] {
        let setup = Setup::new(|_| ()).await;
        setup.strike("POST", "/api/1.3/reports", Calls::Nth(1), reply);
        let first = fault(setup.sink().submit(&submission("a")).await);
        assert_eq!(first.retry_after, Some(wait), "{first}");
        let calls = setup.lines().len();
        let second = fault(setup.sink().submit(&submission("a")).await);
        assert_eq!(second.kind, FaultKind::RateLimited);
        let remaining = second.retry_after.unwrap();
        assert!(
            remaining <= wait && remaining + MINUTE > wait,
            "{remaining:?}"
        );
        assert_eq!(setup.lines().len(), calls, "nothing on the wire");

        let other = Credential {
            key: SecretString::from("other"),
            ..setup.credential()
        };
        let other = setup.client.enclave(&other, &delivery(ENCLAVE));
        assert_eq!(
            fault(other.check().await).kind,
            FaultKind::Unauthorized,
            "on the wire"
        );
    }
}

#[tokio::test]
async fn a_spent_budget_ends_at_once_and_without_a_call() {
    let setup = Setup::limited(6, |_| ()).await;
    let sink = setup.sink();
    for id in ["a", "b", "c", "d", "e"] {
        sink.submit(&submission(id)).await.unwrap();
    }
    assert_eq!(setup.lines().len(), 6, "a token and five reports");
    let outcome = sink.submit(&submission("f")).await;
    let Err(WriteError::Failed(DeliveryError::BudgetSpent { ready_in, .. })) = outcome else {
        panic!("{outcome:?}");
    };
    assert!((55..=60).contains(&ready_in.as_secs()), "{ready_in:?}");
    assert_eq!(setup.lines().len(), 6);

    // A limit that the service sets lower empties what is left here.
    let setup = Setup::limited(60, |settings| settings.calls_per_minute = Some(1)).await;
    let sink = setup.sink();
    sink.submit(&submission("a")).await.unwrap();
    let fault = fault(sink.submit(&submission("b")).await);
    assert_eq!(fault.kind, FaultKind::RateLimited);
    assert!(
        fault.retry_after.unwrap() > Duration::from_secs(30),
        "{fault}"
    );
}

#[tokio::test]
async fn a_feed_that_keeps_coming_pushes_no_other_out() {
    let setup = Setup::limited(6, |_| ()).await;
    let ready_in = async |feed| {
        let delivery = Target {
            feed,
            ..delivery(ENCLAVE)
        };
        // A sink for each sync.
        let sink = setup.client.enclave(&setup.credential(), &delivery);
        match sink.submit(&submission("a")).await {
            Err(WriteError::Failed(DeliveryError::BudgetSpent { ready_in, .. })) => Some(ready_in),
            outcome => outcome.map(|_| None).unwrap(),
        }
    };
    let mut spent = None;
    while spent.is_none() {
        spent = ready_in("forced").await;
    }
    for _ in 0..100 {
        let again = ready_in("forced").await;
        assert!(again <= spent, "{again:?} after {spent:?}");
    }
    let other = ready_in("other").await.unwrap();
    assert!(other <= 3 * MINUTE, "{other:?}");
}

#[tokio::test]
async fn the_servers_clock_does_not_matter() {
    let setup = Setup::new(|_| ()).await;
    setup
        .server
        .controls()
        .clock
        .set_skew(SignedDuration::from_hours(-24));
    setup.sink().check().await.unwrap();
    setup.sink().submit(&submission("a")).await.unwrap();
}

#[tokio::test]
async fn what_answers_tokens_or_enclaves_with_nonsense_is_named() {
    for (method, path, reply) in [
        ("POST", "/oauth/token", Reply::web_page()),
        ("POST", "/oauth/token", Reply::json(200, "")),
        (
            "POST",
            "/oauth/token",
            Reply::json(200, r#"{"access_token":""}"#),
        ),
        (
            "POST",
            "/oauth/token",
            Reply::json(400, r#"{"error":"invalid_request"}"#),
        ),
        ("POST", "/oauth/token", Reply::status(404)),
        ("GET", "/api/1.3/enclaves", Reply::web_page()),
        ("GET", "/api/1.3/enclaves", Reply::json(200, "{}")),
        ("GET", "/api/1.3/enclaves", Reply::status(404)),
    ] {
        let setup = Setup::new(|_| ()).await;
        let what = format!("{path} {reply:?}");
        setup.strike(method, path, Calls::All, reply);
        let fault = fault(setup.sink().check().await);
        assert_eq!(fault.kind, FaultKind::UnexpectedResponse, "{what}: {fault}");
        assert!(
            fault.message.contains("check trustar.url"),
            "{what}: {fault}"
        );
    }
}

#[tokio::test]
async fn the_credential_is_shown_nowhere() {
    let (key, secret) = ("canary-4711-key", "canary-4712-secret");
    let basic = "Y2FuYXJ5LTQ3MTEta2V5OmNhbmFyeS00NzEyLXNlY3JldA==";
    let setup = Setup::new(|settings| {
        settings.credentials[0] = simulators::trustar::Credential {
            key: key.to_owned(),
            secret: secret.to_owned(),
        };
    })
    .await;
    let sink = setup.sink();
    let mut shown = format!("{:?}", setup.credential());
    let echo = |status| Reply::json(status, &format!("{key} {secret} {basic}"));
    for status in [401, 404, 500] {
        setup.server.controls().faults.clear_all();
        setup.strike("POST", "/oauth/token", Calls::All, echo(status));
        let error = sink.check().await.unwrap_err();
        shown = format!("{shown} {error} {error:?}");
    }
    setup.server.controls().faults.clear_all();
    sink.check().await.unwrap();
    let bearer = setup.record().pop().unwrap().headers["authorization"].clone();
    let token = bearer.to_str().unwrap().trim_start_matches("Bearer ");
    for status in [200, 400, 403, 413, 500] {
        let reply = Reply::json(status, &format!("you sent {token} {key}"));
        setup.server.controls().faults.clear_all();
        setup.strike("POST", "/api/1.3/reports", Calls::All, reply);
        let error = sink.submit(&submission("a")).await.unwrap_err();
        shown = format!("{shown} {error} {error:?}");
    }
    for canary in [key, secret, basic, token] {
        assert!(!shown.contains(canary), "{canary} in {shown}");
    }
    assert!(shown.contains("[redacted]"));
}
