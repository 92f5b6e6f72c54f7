//! One report that is refused or fails, whatever the answer, leaves all others alone.

use std::time::Duration;

use flashpoint_operator::destinations::trustar::WriteError;
use flashpoint_operator::destinations::trustar::{Target, TrustarEnclave};
use flashpoint_operator::http::fault::FaultKind;
use flashpoint_operator::sync::destination::{DeliveryError, Destination as _};
use simulators::faults::{Calls, Fault as Scripted, Reply};
use simulators::trustar::{ENCLAVE, Settings};

use super::trustar_stage::{Setup, Submit, delivery, fault, refused, submission, tags};

/// What the client makes of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Made {
    Refused,
    TooLarge,
    Fault(FaultKind),
}

const REPORTS: &str = "/api/1.3/reports";
const POISON: &str = "poison";

impl Setup {
    /// A sink that does not wait long.
    fn impatient(&self) -> TrustarEnclave {
        let delivery = Target {
            timeout: Duration::from_millis(400),
            ..delivery(ENCLAVE)
        };
        self.client.enclave(&self.credential(), &delivery)
    }

    /// Strikes what is sent of one report.
    fn poison(&self, reply: Reply) {
        let fault = Scripted::on("", REPORTS).body(POISON).reply(reply);
        self.server.controls().faults.set(fault);
    }
}

fn made<T: std::fmt::Debug>(outcome: Result<T, WriteError>) -> (Made, String) {
    match outcome {
        Err(WriteError::Failed(DeliveryError::Rejected(reason))) => (Made::Refused, reason),
        Err(WriteError::Failed(DeliveryError::TooLarge(reason))) => (Made::TooLarge, reason),
        Err(WriteError::Failed(DeliveryError::Fault(fault))) => {
            (Made::Fault(fault.kind), fault.message)
        }
        other => panic!("{other:?}"),
    }
}

/// A refusal as a gateway words it.
fn blocked(status: u16) -> Reply {
    let page = "<html><body>Request blocked</body></html>";
    Reply::json(status, page).header("content-type", "text/html")
}

/// Each answer that a report may get, and what it says of the report or the service.
fn answers() -> Vec<(Reply, Made)> {
    let refused = [400, 402, 403, 404, 405, 406, 409, 410, 411, 412, 414];
    let refused = refused.into_iter().chain([415, 421, 422, 423, 451]);
    let mut answers: Vec<_> = refused
        .map(|status| (blocked(status), Made::Refused))
        .collect();
    let unavailable = Made::Fault(FaultKind::Unavailable);
    let unexpected = Made::Fault(FaultKind::UnexpectedResponse);
    answers.extend([
        (blocked(413), Made::TooLarge),
        (blocked(407), unexpected),
        (blocked(408), unavailable),
        (blocked(425), unavailable),
        (blocked(500), unavailable),
        (Reply::retry_after(503, "3600"), unavailable),
        (Reply::Reset, unavailable),
        (Reply::Hang, unavailable),
        (Reply::web_page(), unexpected),
        (Reply::redirect("https://elsewhere.example/"), unexpected),
    ]);
    answers
}

#[tokio::test]
async fn an_answer_to_one_reports_write_is_not_the_others() {
    for (reply, expected) in answers() {
        let what = format!("{reply:?}");
        let setup = Setup::new(|_| ()).await;
        let sink = setup.impatient();
        sink.check().await.unwrap();
        setup.poison(reply);
        let outcome = sink.submit(&submission(POISON)).await;
        let (made, message) = made(outcome);
        assert_eq!(made, expected, "{what}: {message}");
        if let (Made::Refused, Some(status)) = (made, what.split("status: ").nth(1)) {
            let status = &status[..3];
            assert!(message.contains(status), "{status}: {message}");
        }
        sink.submit(&submission("good")).await.unwrap();
        setup.impatient().check().await.unwrap();
        let stored = setup.server.reports();
        let ids: Vec<_> = stored.iter().map(|report| &report.external_id).collect();
        assert_eq!(ids, [&Some("good".to_owned())], "{what}");
    }
}

#[tokio::test]
async fn an_answer_to_one_reports_tags_is_not_the_others() {
    for (reply, expected) in answers() {
        let what = format!("{reply:?}");
        let setup = Setup::new(|_| ()).await;
        let sink = setup.impatient();
        sink.check().await.unwrap();
        let poison = sink.submit(&submission(POISON)).await.unwrap();
        let good = sink.submit(&submission("good")).await.unwrap();
        setup.poison(reply);
        let outcome = sink.alter_tags(&poison, &tags(&[POISON], &[], &[])).await;
        if let Err(WriteError::NotYet(reason)) = &outcome {
            assert!(reason.contains("404"), "{what}: {reason}");
        } else {
            let (made, message) = made(outcome);
            assert_eq!(made, expected, "{what}: {message}");
        }
        let change = tags(&["Tag"], &[], &[]);
        sink.alter_tags(&good, &change).await.unwrap();
    }
}

#[tokio::test]
async fn a_403_is_the_enclaves_if_the_enclave_says_so() {
    let setup = Setup::new(|_| ()).await;
    let sink = setup.sink();
    sink.check().await.unwrap();
    let take = |change: fn(&mut Settings)| setup.server.configure(change);

    // The list that is at hand says that all is well: only a new one tells.
    take(|settings| settings.enclaves[0].create = false);
    let not_writable = fault(sink.submit(&submission("a")).await);
    assert_eq!(not_writable.kind, FaultKind::TargetNotWritable);
    assert!(not_writable.message.contains(ENCLAVE), "{not_writable}");
    take(|settings| settings.enclaves[0].create = true);
    setup.strike("POST", REPORTS, Calls::Nth(1), Reply::status(403));
    take(|settings| settings.enclaves[0].id = "another".to_owned());
    let gone = fault(sink.submit(&submission("a")).await);
    assert_eq!(gone.kind, FaultKind::TargetNotFound);
}

#[tokio::test]
async fn refusals_that_come_together_share_their_looks() {
    let setup = Setup::new(|_| ()).await;
    let sink = setup.sink();
    sink.check().await.unwrap();
    setup.strike("POST", REPORTS, Calls::All, Reply::status(403));
    let delay = Duration::from_millis(100);
    let slow = Scripted::on("GET", "/api/1.3/enclaves").delay(delay);
    setup.server.controls().faults.set(slow);
    let reports: Vec<_> = (0..8).map(|n| submission(&n.to_string())).collect();
    let writes = reports.iter().map(|report| sink.submit(report));
    for outcome in futures::future::join_all(writes).await {
        refused(outcome);
    }
    let record = &setup.server.controls().record;
    let looks = record.count("GET", "/api/1.3/enclaves", "");
    assert!((2..=3).contains(&looks), "{looks} looks");
}

#[tokio::test]
async fn a_wait_that_one_report_is_answered_with_holds_up_the_others_only_when_others_get_it_too() {
    let setup = Setup::new(|_| ()).await;
    let sink = setup.sink();
    setup.poison(Reply::retry_after(503, "3600"));
    let hour = Some(Duration::from_hours(1));
    // Again and again, as long as others go through.
    for id in ["a", "b", "c"] {
        let own = fault(sink.submit(&submission(POISON)).await);
        assert_eq!((own.kind, own.retry_after), (FaultKind::Unavailable, hour));
        sink.submit(&submission(id)).await.unwrap();
    }
    // Five different ones in a row speak for the service.
    for number in 0..5 {
        let other = format!("{POISON} {number}");
        fault(sink.submit(&submission(&other)).await);
    }
    let closed = fault(sink.submit(&submission("d")).await);
    assert_eq!(closed.kind, FaultKind::RateLimited);

    // What is not about a report is about all.
    let setup = Setup::new(|_| ()).await;
    let reply = Reply::retry_after(503, "3600");
    setup.strike("POST", "/oauth/token", Calls::Nth(1), reply);
    let first = fault(setup.sink().check().await);
    assert_eq!(first.retry_after, hour);
    let calls = setup.lines().len();
    fault(setup.sink().check().await);
    assert_eq!(setup.lines().len(), calls, "nothing on the wire");
}
