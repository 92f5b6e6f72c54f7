//! What reports and services say, as a status, an event and the log show it.

use flashpoint_operator::api::Reason;
use serde_json::json;
use simulators::faults::{Fault, Reply};
use simulators::reports::Report;

use crate::harness::{Stage, status};

/// Breaks a line, steers a terminal, turns text around and hides it.
const FORGED: &str =
    "r1\n2026-01-01T00:00:00Z ERROR forged\u{1b}[2J\u{202e}gpj\u{2028}\u{200b}\u{9b}2J\u{e0041}";

/// Of finding 30: bidirectional and zero-width characters of ids and titles reached the status.
#[tokio::test]
async fn no_text_from_outside_turns_hides_or_breaks_a_line() {
    let stage = Stage::new("outside").await;
    let now = jiff::Timestamp::now().to_string();
    let fields = json!({"id": FORGED, "title": FORGED, "posted_at": now, "body": "CVE-2021-44228"});
    stage.flashpoint.put(Report::new(&fields, Vec::new()));
    let refusal = json!({"message": FORGED}).to_string();
    let refused = Fault::on("POST", "/api/1.3/reports").reply(Reply::json(422, &refusal));
    stage.trustar.controls().faults.set(refused);
    let _operator = stage.operator().await;
    stage.feed("feed").await;
    let feed = stage.until_reason("feed", Reason::SyncedWithFailures).await;
    let [failure] = status(&feed).failures.try_into().unwrap();
    let shown = "r1 2026-01-01T00:00:00Z ERROR forged\\u{1b}[2J\\u{202e}gpj \\u{200b}\\u{9b}2J";
    assert!(failure.id.starts_with(shown), "{}", failure.id);
    assert!(failure.title.starts_with(shown), "{}", failure.title);
    let unseen = [
        '\u{1b}',
        '\u{202e}',
        '\u{2028}',
        '\u{200b}',
        '\u{9b}',
        '\u{e0041}',
        '\n',
    ];
    let all = [failure.id, failure.title, failure.reason];
    assert!(!all.concat().contains(unseen), "{all:?}");
}
