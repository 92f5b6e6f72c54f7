//! Where reports go: an external id names no enclave.

use flashpoint_operator::destinations::trustar::{Guid, Write, WriteError, Written};
use flashpoint_operator::destinations::trustar::{
    Target, Trustar, TrustarEnclave, TrustarSettings,
};
use flashpoint_operator::http::fault::FaultKind;
use flashpoint_operator::sync::destination::Destination as _;
use simulators::faults::{Calls, Reply};
use simulators::trustar::{Duplicates, ENCLAVE, Operation, Scope, Settings, Upsert};

use super::http;
use super::trustar_stage::{
    OTHER, Setup, Submit, delivery, fault, refused, submission, two_enclaves,
};

fn company(settings: &mut Settings) {
    two_enclaves(settings);
    settings.scope = Scope::Company;
}

impl Setup {
    /// A process that was started just now, and its sync of a feed.
    fn restarted(&self, enclave: &str, ledger_is_new: bool) -> TrustarEnclave {
        let settings = TrustarSettings {
            url: self.server.url().parse().unwrap(),
            calls_per_minute: 0,
        };
        let client = Trustar::new(&settings, http(), self.heard.clone());
        let delivery = Target {
            ledger_is_new,
            ..delivery(enclave)
        };
        client.enclave(&self.credential(), &delivery)
    }

    /// How many reports were read back so far.
    fn read_back(&self) -> usize {
        let lines = self.lines();
        let back = |line: &&String| line.starts_with("GET") && line.ends_with("?idType=internal");
        lines.iter().filter(back).count()
    }
}

/// A write of a report that the ledger knows, in the enclave by this GUID.
async fn again(
    sink: &TrustarEnclave,
    id: &str,
    guid: Option<&Guid>,
) -> Result<Written, WriteError> {
    let submission = submission(id);
    let write = Write {
        submission: &submission,
        is_new: false,
        guid,
    };
    sink.write_report(write).await
}

async fn first(sink: &TrustarEnclave, id: &str) -> Result<Written, WriteError> {
    let submission = submission(id);
    let write = Write {
        submission: &submission,
        is_new: true,
        guid: None,
    };
    sink.write_report(write).await
}

#[tokio::test]
async fn an_enclave_edited_while_nobody_looked_is_told() {
    // The new process knows nothing of the old enclave, whether it looks at the list or not.
    for looked in [true, false] {
        let setup = Setup::new(company).await;
        let before = setup.restarted(ENCLAVE, true);
        for id in ["a", "b"] {
            before.submit(&submission(id)).await.unwrap();
        }
        let after = setup.restarted(OTHER, true);
        if looked {
            after.check().await.unwrap();
        }
        for _ in 0..2 {
            let fault = fault(after.submit(&submission("a")).await);
            assert_eq!(fault.kind, FaultKind::Conflict);
            assert!(
                fault.message.contains(ENCLAVE) && fault.message.contains(OTHER),
                "{fault}"
            );
        }
        let updates = setup.server.writes();
        let updates = updates
            .iter()
            .filter(|write| write.operation == Operation::Update);
        assert_eq!(updates.count(), 1, "no more was sent after the first");
    }
}

/// An answer that names no enclave says nothing of where the report is.
#[tokio::test]
async fn a_report_read_back_without_an_enclave_leaves_the_question_open() {
    for body in [
        r#"{"id":"c0ffee00"}"#,
        r#"{"id":"c0ffee00","enclaveIds":null}"#,
        r#"{"id":"c0ffee00","enclaveIds":[]}"#,
    ] {
        let setup = Setup::new(|_| ()).await;
        let reply = Reply::json(200, body);
        setup.strike("GET", "/api/1.3/reports/", Calls::All, reply);
        let sink = setup.restarted(ENCLAVE, true);
        sink.submit(&submission("a")).await.unwrap();
        assert_eq!(setup.read_back(), 1);
    }
}

/// Looks that are not answered hold up no report, and end.
#[tokio::test]
async fn a_look_that_is_not_answered_holds_up_nothing() {
    let setup = Setup::new(|_| ()).await;
    let reply = Reply::status(500);
    setup.strike("GET", "/api/1.3/reports/", Calls::All, reply);
    let sink = setup.restarted(ENCLAVE, true);
    for id in ["a", "b", "c", "d"] {
        sink.submit(&submission(id)).await.unwrap();
    }
    assert_eq!(setup.read_back(), 2);
}

/// Two reports that are answered with a wait, however often and however soon, stop no other, and no proof of life.
#[tokio::test]
async fn a_wait_that_two_reports_get_stops_no_other() {
    let setup = Setup::new(two_enclaves).await;
    let sink = setup.sink();
    sink.check().await.unwrap();
    let waits = Reply::retry_after(503, "86400");
    setup.strike("POST", "/api/1.3/reports/upsert", Calls::First(6), waits);
    for id in ["poison 1", "poison 2"].repeat(3) {
        sink.submit(&submission(id)).await.unwrap_err();
    }
    sink.check_anew().await.unwrap();
    let other = setup.sink_of(OTHER);
    other.submit(&submission("good")).await.unwrap();
}

#[tokio::test]
async fn a_created_report_is_read_back_where_it_may_have_strayed() {
    for (ledger_is_new, enclaves, reads) in
        [(true, 1, 1), (true, 2, 2), (false, 2, 1), (false, 1, 0)]
    {
        let setup = Setup::new(|settings| {
            if enclaves == 2 {
                two_enclaves(settings);
            }
        })
        .await;
        let sink = setup.restarted(ENCLAVE, ledger_is_new);
        sink.check().await.unwrap();
        again(&sink, "known", None).await.unwrap();
        assert_eq!(setup.read_back(), 0, "it is no new one");
        for id in ["a", "b", "c"] {
            sink.submit(&submission(id)).await.unwrap();
        }
        let case = format!("new: {ledger_is_new}, {enclaves} enclaves");
        assert_eq!(setup.read_back(), reads, "{case}");
    }
}

#[tokio::test]
async fn reports_written_at_once_wait_for_one_answer() {
    let setup = Setup::new(company).await;
    let before = setup.restarted(ENCLAVE, true);
    let reports = ["a", "b", "c", "d"].map(submission);
    let submit = async |sink: &TrustarEnclave| {
        let writes = reports.iter().map(|report| sink.submit(report));
        futures::future::join_all(writes).await
    };
    assert!(submit(&before).await.iter().all(Result::is_ok));
    assert_eq!(setup.read_back(), 1);

    let after = setup.restarted(OTHER, true);
    for outcome in submit(&after).await {
        assert_eq!(fault(outcome).kind, FaultKind::Conflict);
    }
    assert_eq!(setup.read_back(), 2);
}

#[tokio::test]
async fn the_question_stays_open_until_one_shows() {
    let setup = Setup::new(|_| ()).await;
    let sink = setup.restarted(ENCLAVE, true);
    // Not shown yet; not to be read.
    for (id, status) in [("a", 404), ("b", 403)] {
        let reply = Reply::status(status);
        let path = "/api/1.3/reports/";
        setup.server.controls().faults.clear_all();
        setup.strike("GET", path, Calls::All, reply);
        sink.submit(&submission(id)).await.unwrap();
    }
    setup.server.controls().faults.clear_all();
    for id in ["c", "d"] {
        sink.submit(&submission(id)).await.unwrap();
    }
    assert_eq!(setup.read_back(), 3);
}

#[tokio::test]
async fn a_report_read_back_as_nonsense_is_the_services_fault() {
    for body in [
        "[]",
        r#"{"id":"../enclaves","enclaveIds":["x"]}"#,
        "<html>Sign in</html>",
        "",
    ] {
        let setup = Setup::new(|_| ()).await;
        let path = "/api/1.3/reports/";
        setup.strike("GET", path, Calls::All, Reply::json(200, body));
        let sink = setup.restarted(ENCLAVE, true);
        let fault = fault(sink.submit(&submission("a")).await);
        assert_eq!(fault.kind, FaultKind::UnexpectedResponse, "{body}: {fault}");
    }
}

#[tokio::test]
async fn a_report_known_for_another_enclave_is_looked_at_before_it_is_a_conflict() {
    let setup = Setup::new(company).await;
    for id in ["a", "b"] {
        setup.sink().submit(&submission(id)).await.unwrap();
    }
    // The first that the other feed sends is one that only it has: it arrives, and is believed.
    let other = setup.sink_of(OTHER);
    other.submit(&submission("only here")).await.unwrap();
    let calls = setup.lines().len();
    let fault = fault(other.submit(&submission("a")).await);
    assert_eq!(fault.kind, FaultKind::Conflict);
    assert!(
        fault.message.contains(ENCLAVE) && fault.message.contains(OTHER),
        "{fault}"
    );
    assert_eq!(setup.lines().len(), calls + 2, "the write and a look");
}

/// As bad as it gets: each POST is one more report.
fn two_enclaves_without_upsert(settings: &mut Settings) {
    two_enclaves(settings);
    settings.upsert = Upsert::Missing;
    settings.duplicates = Duplicates::Accepted;
}

#[tokio::test]
async fn without_upsert_both_enclaves_of_a_credential_are_kept_current() {
    let setup = Setup::new(two_enclaves_without_upsert).await;
    let (here, there) = (setup.sink(), setup.sink_of(OTHER));
    let one = first(&there, "a").await.unwrap();
    let two = first(&here, "a").await.unwrap();
    assert!(one.keep_guid && two.keep_guid);
    for _ in 0..2 {
        let edited = again(&there, "a", Some(&one.guid)).await.unwrap();
        assert_eq!(edited, one);
        let edited = again(&here, "a", Some(&two.guid)).await.unwrap();
        assert_eq!(edited, two);
    }
    let counts = [ENCLAVE, OTHER].map(|enclave| setup.server.enclave(enclave).len());
    assert_eq!(counts, [1, 1]);

    // One that somebody deleted is written as if it had never been.
    let gone = Guid("c0ffee00-0000-0000-0000-000000000000".to_owned());
    let anew = first(&here, "b").await.unwrap();
    let found = again(&here, "b", Some(&gone)).await.unwrap();
    assert_eq!(found.guid, anew.guid);
}

#[tokio::test]
async fn the_ledger_need_not_keep_what_an_external_id_leads_to() {
    for upsert in [Upsert::Bare, Upsert::Missing] {
        let setup = Setup::new(|settings| settings.upsert = upsert).await;
        let sink = setup.restarted(ENCLAVE, true);
        sink.check().await.unwrap();
        assert!(!first(&sink, "a").await.unwrap().keep_guid);
        assert!(!again(&sink, "a", None).await.unwrap().keep_guid);
    }
}

#[tokio::test]
async fn ids_reach_the_service_as_they_are() {
    let setup = Setup::new(|settings| settings.upsert = Upsert::Missing).await;
    let sink = setup.sink();
    sink.submit(&submission("ab")).await.unwrap();
    let ids = [
        "a\tb", "a\nb", "\t..", "a/../b", "..\\x", "%2e%2e", " a ", "a?b#c", "\u{feff}",
    ];
    for id in ids {
        let created = sink.submit(&submission(id)).await.unwrap();
        let updated = sink.submit(&submission(id)).await.unwrap();
        assert_eq!(created, updated, "{id:?}");
    }
    let stored = setup.server.reports();
    let stored: Vec<_> = stored
        .iter()
        .filter_map(|report| report.external_id.as_deref())
        .collect();
    assert_eq!(stored[0], "ab");
    assert_eq!(stored[1..], ids);
    let outside = setup.lines();
    let outside = outside
        .iter()
        .filter(|line| !line.contains("/api/1.3/reports"));
    assert_eq!(outside.count(), 1, "the token");
    for id in [".", ".."] {
        let reason = refused(sink.submit(&submission(id)).await);
        assert!(reason.contains(&format!("{id:?}")), "{reason}");
    }
}

#[tokio::test]
async fn upsert_is_given_up_after_three_in_a_row_only() {
    let setup = Setup::new(|_| ()).await;
    let sink = setup.sink();
    let upserts = || {
        let record = &setup.server.controls().record;
        record.count("POST", "/api/1.3/reports/upsert", "")
    };
    let strike = |calls| {
        let faults = &setup.server.controls().faults;
        faults.clear_all();
        let path = "/api/1.3/reports/upsert";
        setup.strike("POST", path, calls, Reply::status(405));
    };
    // A gateway's moment: the report goes by the fallback, the next ones by upsert.
    strike(Calls::First(2));
    for id in ["a", "b", "c", "d"] {
        sink.submit(&submission(id)).await.unwrap();
    }
    assert_eq!(upserts(), 4);
    strike(Calls::All);
    for id in ["e", "f", "g", "h", "i"] {
        sink.submit(&submission(id)).await.unwrap();
    }
    assert_eq!(upserts(), 7);
    assert_eq!(setup.server.reports().len(), 9);
}

/// A report that was written before is not written anew because its GUID is unknown for once.
#[tokio::test]
async fn one_404_on_a_put_makes_no_second_report() {
    let setup = Setup::new(two_enclaves_without_upsert).await;
    let (here, there) = (setup.sink(), setup.sink_of(OTHER));
    let one = first(&there, "a").await.unwrap();
    let two = first(&here, "a").await.unwrap();
    again(&here, "a", Some(&two.guid)).await.unwrap();
    for (sink, guid) in [(&there, &one.guid), (&here, &two.guid)] {
        setup.server.controls().faults.clear_all();
        let first_call = Calls::First(1);
        setup.strike("PUT", "/api/1.3/reports/", first_call, Reply::status(404));
        assert!(again(sink, "a", Some(guid)).await.is_err());
        again(sink, "a", Some(guid)).await.unwrap();
    }
    let reports = [ENCLAVE, OTHER].map(|enclave| setup.server.enclave(enclave).len());
    assert_eq!(reports, [1, 1]);
}
