//! One report that TruSTAR, or a gateway before it, refuses.

use simulators::faults::{Fault, Reply};
use simulators::trustar::ENCLAVE;

use super::stage::Stage;

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
