//! One report that is made to do harm: it costs what its size says, and holds up nothing.

use serde_json::json;
use simulators::faults::{Fault, Reply};
use simulators::trustar::ENCLAVE;

use super::stage::{Run, Stage};
use super::sync::report;

/// A sync that ends with a signal where it takes more than 256 MiB, which is of addresses: a process takes more than it uses.
async fn synced_in_256_mib(stage: &Stage) -> Run {
    let script = "ulimit -v 262144; exec \"$0\" \"$@\"";
    stage.synced_by(script, &[]).await
}

/// Finding 2: each `http` began a link that ran to the end of all, and each was held.
#[tokio::test]
async fn links_within_links_take_no_more_memory_than_any_text() {
    let stage = Stage::with_reports(0).await;
    let body = format!("CVE-2021-44228 {}.csv", "http".repeat(16_000));
    stage
        .flashpoint
        .put(report("links", &json!({"body": body})));
    let run = synced_in_256_mib(&stage).await;
    assert_eq!(run.code, 0, "{}{}", run.stdout, run.stderr);
    assert!(run.ready().contains("1 created"), "{}", run.stdout);
}

/// Finding 13: all tags were set and remembered, until no ledger could hold them.
#[tokio::test]
async fn of_very_many_tags_the_first_hundred_are_set_and_remembered() {
    let stage = Stage::with_reports(0).await;
    let tags: Vec<_> = (0..60_000).map(|at| format!("tag-{at:012}")).collect();
    let fields = json!({"body": "CVE-2021-44228", "tags": tags});
    stage.flashpoint.put(report("tagged", &fields));
    let run = stage.synced(&["--state", "state.json"]).await;
    assert_eq!(run.code, 0, "{}", run.stdout);
    let [set] = stage.trustar.enclave(ENCLAVE).try_into().unwrap();
    let first = tags[..100].iter().cloned().collect();
    assert_eq!((set.tags.len(), set.tags == first), (100, true));
    assert!(stage.read("state.json").len() < 10_000);
    let again = stage.synced(&["--state", "state.json"]).await;
    assert!(again.ready().contains("1 unchanged"), "{}", again.stdout);
}

/// Of the kind of finding 2: each element of a page takes far more than the two bytes that it may have.
#[tokio::test]
async fn a_page_of_elements_beyond_measure_is_no_page() {
    let stage = Stage::with_reports(1).await;
    let data = vec!["1"; 4 << 20].join(",");
    let page = format!(r#"{{"total":1,"limit":500,"data":[{data}]}}"#);
    let listing = Fault::on("GET", "/api/v4/reports/").reply(Reply::json(200, &page));
    stage.flashpoint.controls().faults.set(listing);
    let run = synced_in_256_mib(&stage).await;
    assert_eq!(run.code, 1, "{}", run.stderr);
    assert!(
        run.ready().starts_with("Ready=False UnexpectedResponse: "),
        "{}",
        run.stdout
    );
}
