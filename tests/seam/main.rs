//! A destination of another kind, written against the public seam alone: a file, a line for each report. It takes a report
//! by one call and confirms it by a second, and does not show it at once.
#![allow(clippy::unwrap_used, reason = "tests")]

mod lines;

use std::sync::Arc;
use std::time::Duration;

use flashpoint_operator::flashpoint::{Api, ApiKey, Flashpoint, FlashpointSettings};
use flashpoint_operator::http::call::Unobserved;
use flashpoint_operator::http::{HttpSettings, client};
use flashpoint_operator::sync::choice::Choice;
use flashpoint_operator::sync::clock::ServiceClock;
use flashpoint_operator::sync::ledger::{Ledger, Owner};
use flashpoint_operator::sync::own::Sources;
use flashpoint_operator::sync::ports::{Fence, Fenced, Journal, JournalError, Watcher};
use flashpoint_operator::sync::window::Window;
use flashpoint_operator::sync::{Conclusion, Mode, Outcome, Plan, Ports, sync};
use futures::future::BoxFuture;
use indicators::Rules;
use jiff::SignedDuration;
use lines::Lines;
use serde_json::json;
use simulators::flashpoint::Flashpoint as Simulator;
use tokio_util::sync::CancellationToken;

/// Nothing keeps a sync from writing, and nobody is told or stores anything.
struct Alone;

impl Fence for Alone {
    fn check(&self) -> Result<(), Fenced> {
        Ok(())
    }
}

impl Journal for Alone {
    fn save<'a>(&'a self, _: &'a Ledger) -> BoxFuture<'a, Result<(), JournalError>> {
        Box::pin(std::future::ready(Ok(())))
    }
}

impl Watcher for Alone {}

/// One full sync of the listing into the file.
async fn full_sync(
    flashpoint: &Flashpoint,
    key: &str,
    lines: &Lines,
    ledger: &mut Ledger,
) -> Outcome {
    let timeout = Duration::from_secs(30);
    let plan = Plan {
        limit: 500,
        lookback: Duration::from_hours(24),
        timeout,
        rules: &Arc::new(Rules::default()),
        sources: Sources::default(),
        window: Window::default(),
        choice: &Choice::default(),
        mode: Mode::Full { forced: false },
    };
    let ports = Ports {
        source: &flashpoint.source(&ApiKey(key.into()), timeout),
        destination: lines,
        journal: &Alone,
        fence: &Alone,
        clock: &ServiceClock::default(),
        watcher: &Alone,
        cancelled: CancellationToken::new(),
    };
    Box::pin(sync(&plan, ledger, &ports)).await.unwrap()
}

#[tokio::test]
async fn a_destination_needs_nothing_but_the_seam() {
    let server = simulators::start(Simulator::default()).await.unwrap();
    server.generate(40, SignedDuration::from_hours(2));
    let settings = FlashpointSettings {
        api: Api::V4,
        url: server.url().parse().unwrap(),
        path: "/api/v4/reports/".to_owned(),
    };
    let http = client(&HttpSettings::default()).unwrap();
    let flashpoint = Flashpoint::new(&settings, http, Arc::new(Unobserved));
    let directory = tempfile::tempdir().unwrap();
    let lines = Lines::new(directory.path().join("reports.tsv"));
    let mut ledger = Ledger::new(Owner {
        uid: "uid".to_owned(),
        destination: "reports.tsv".to_owned(),
    });

    let first = full_sync(&flashpoint, &server.api_key(), &lines, &mut ledger).await;
    assert_eq!(first.conclusion, Conclusion::Synced);
    let counts = first.counts.unwrap();
    let written = lines.read();
    assert!(
        counts.created > 10 && counts.without_indicators > 0,
        "{counts:?}"
    );
    assert_eq!(written.len() as u64, counts.created);

    let second = full_sync(&flashpoint, &server.api_key(), &lines, &mut ledger).await;
    assert_eq!(second.counts.unwrap().unchanged, counts.created);
    assert_eq!(lines.read(), written, "nothing is delivered twice");

    let (edited, _) = written[0].split_once('\t').unwrap();
    assert!(server.edit(edited, |fields| {
        fields.insert(
            "title".to_owned(),
            json!("Edited, still about CVE-2021-44228"),
        );
    }));
    let third = full_sync(&flashpoint, &server.api_key(), &lines, &mut ledger).await;
    assert_eq!(third.counts.unwrap().updated, 1);
    assert_eq!(lines.read().len(), written.len() + 1);
}
