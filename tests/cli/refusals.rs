//! One report that TruSTAR, or a gateway before it, refuses.

use simulators::faults::{Canned, Fault, Reply};
use simulators::trustar::{ENCLAVE, StoredReport};

use super::stage::{Stage, feed};

#[tokio::test]
async fn a_refused_report_is_the_only_one_that_is_not_there() {
    for status in [400, 403, 404, 405, 406, 409, 410, 413, 414, 415, 422, 451] {
        let stage = Stage::with_reports(20).await;
        // The newest with indicators, which is tried first.
        let reports = stage.flashpoint.reports();
        let telling = reports.iter().filter(|report| !report.planted.is_empty());
        let poison = telling
            .max_by_key(|report| report.posted_at)
            .unwrap()
            .id
            .clone();
        let page = Reply::json(status, "<html>Request blocked</html>");
        let fault = Fault::on("", "/api/1.3/reports").body(&poison).reply(page);
        stage.trustar.controls().faults.set(fault);
        let run = stage.synced(&["-o", "json"]).await;
        assert_eq!(run.code, 1, "{status}: {}", run.stdout);
        let counts = &run.json()["counts"];
        assert_eq!(counts["failed"], 1, "{status}: {counts}");
        let there = stage.trustar.enclave(ENCLAVE);
        assert_eq!(there.len(), stage.planted() - 1, "{status}");
        let ids = there
            .iter()
            .filter_map(|report| report.external_id.as_deref());
        assert!(ids.into_iter().all(|id| id != poison), "{status}");
    }
}

/// Answers that may be the report's doing or the service's. Two syncs, and every other report is there.
#[tokio::test]
async fn a_report_that_breaks_the_call_is_the_only_one_that_is_not_there() {
    let nonsense = Reply::Instead(Canned {
        body: "<html>Welcome</html>".into(),
        ..Canned::default()
    });
    for reply in [
        Reply::status(500),
        Reply::retry_after(503, "1"),
        Reply::Reset,
        Reply::Hang,
        Reply::redirect("https://elsewhere.example/"),
        nonsense,
    ] {
        let stage = Stage::with_reports(60).await;
        let mut feed = feed("cybercrime");
        feed["spec"]["timeout"] = "1s".into();
        stage.write("feed.yaml", &feed.to_string());
        let reports = stage.flashpoint.reports();
        let telling = reports.iter().filter(|report| !report.planted.is_empty());
        let poison = telling.max_by_key(|report| report.posted_at).unwrap();
        let case = format!("{reply:?}");
        let fault = Fault::on("", "/api/1.3/reports")
            .body(&poison.id)
            .reply(reply);
        stage.trustar.controls().faults.set(fault);
        for _ in 0..2 {
            stage.synced(&["--state", "state.json"]).await;
        }
        let there = stage.trustar.enclave(ENCLAVE);
        assert_eq!(there.len(), stage.planted() - 1, "{case}");
        let written = stage.trustar.writes().len();
        assert_eq!(
            written,
            there.len() + tagged(&there),
            "{case}: written once each"
        );
        // Well again, it arrives.
        stage.trustar.controls().faults.clear_all();
        let run = stage.synced(&["--state", "state.json"]).await;
        assert_eq!(run.code, 0, "{case}: {}", run.stdout);
        stage.assert_clean();
    }
}

fn tagged(reports: &[StoredReport]) -> usize {
    reports
        .iter()
        .filter(|report| !report.tags.is_empty())
        .count()
}
