//! How the cost of a sync grows: with the reports of a window, and with the size of a report; and what a backfill takes of the
//! running operator's memory.

mod backfill;
mod stage;

use serde_json::json;

use super::results::Results;
use super::{Outcome, rounded};
use stage::{Stage, Style, Sync};

/// How many reports the window holds.
const REPORTS: [usize; 6] = [10, 100, 500, 1_000, 5_000, 20_000];

/// The bytes of each body, and how many reports there are: at most 50 MB in all.
const BODIES: [(usize, usize); 5] = [
    (1_000, 200),
    (10_000, 200),
    (100_000, 100),
    (1_000_000, 30),
    (5_000_000, 10),
];

/// The most unknown reports that one sync takes on.
const TAKEN_ON: usize = 500;

/// Measures what syncs take of a growing window, and of growing reports.
pub async fn measure() -> Outcome<()> {
    let mut results = results();
    for count in REPORTS {
        reports(count, &mut results).await?;
    }
    for (bytes, count) in BODIES {
        bodies(bytes, count, &mut results).await?;
    }
    Ok(())
}

/// Measures what a backfill takes of the running operator's memory.
pub async fn backfill() -> Outcome<()> {
    backfill::measure(&mut results()).await
}

fn results() -> Results {
    Results::new("growth", &["curve", "x"])
}

/// The first syncs of a window, until nothing of it is left, and one after them, which finds nothing new.
async fn reports(count: usize, results: &mut Results) -> Outcome<()> {
    let stage = Stage::new().await?;
    stage.generate(count, Style::default());
    let mut first = Sync::default();
    let mut syncs = 0;
    while first.reason != "Synced" {
        // What an edit or a doubt leaves takes a sync or two more.
        if syncs > count / TAKEN_ON + 3 {
            return Err(format!("{count} reports end as {}", first.reason).into());
        }
        first.add(stage.sync().await?);
        syncs += 1;
    }
    let quiet = stage.sync().await?;
    results.add(json!({
        "curve": "reports",
        "x": count,
        "syncs": syncs,
        "wall_s": rounded(first.run.wall),
        "cpu_s": rounded(first.run.cpu),
        "calls": first.calls,
        "peak_mib": rounded(first.run.peak),
        "state_bytes": stage.state_bytes()?,
        "quiet_wall_s": rounded(quiet.run.wall),
        "quiet_cpu_s": rounded(quiet.run.cpu),
        "quiet_calls": quiet.calls,
        "quiet_peak_mib": rounded(quiet.run.peak),
    }))
}

/// One sync of reports with bodies of a size, against one of a single short report.
async fn bodies(bytes: usize, count: usize, results: &mut Results) -> Outcome<()> {
    let rest = first_sync(1, 100).await?.run;
    let first = first_sync(count, bytes).await?;
    let run = first.run;
    #[expect(clippy::cast_precision_loss, reason = "a figure to show")]
    let megabytes = (bytes * count) as f64 / 1e6;
    results.add(json!({
        "curve": "body",
        "x": bytes,
        "reports": count,
        "wall_s": rounded(run.wall),
        "cpu_s": rounded(run.cpu),
        "cpu_s_a_mb": rounded((run.cpu - rest.cpu) / megabytes),
        "calls": first.calls,
        "peak_over_rest_mib": rounded(run.peak - rest.peak),
    }))
}

/// One sync of so many reports with indicators and such bodies, which leaves nothing.
async fn first_sync(count: usize, body_bytes: usize) -> Outcome<Sync> {
    let stage = Stage::new().await?;
    let style = Style {
        planted: 1.0,
        body_bytes,
        ..Style::default()
    };
    stage.generate(count, style);
    let sync = stage.sync().await?;
    match sync.reason.as_str() {
        "Synced" => Ok(sync),
        other => Err(format!("{count} bodies of {body_bytes} bytes end as {other}").into()),
    }
}
