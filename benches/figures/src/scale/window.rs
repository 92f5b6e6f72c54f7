//! What a subject takes while its feeds are synced at their intervals and nothing is new.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::time::sleep;

use super::requests::Requests;
use super::row::Row;
use super::stage::Stage;
use super::watch::Sync;
use crate::process::Process;
use crate::{Outcome, percentile, rounded};

/// How long it is observed: longer than an interval, so that each feed is synced in it.
pub fn length(interval: Duration) -> Duration {
    (interval * 2).min(interval + Duration::from_mins(1))
}

/// Observes the subject and puts into the row what it took.
pub async fn measure(stage: &Stage<'_>, process: Process, row: &mut Row) -> Outcome<()> {
    let (fleet, vendors) = (&stage.fleet, &stage.vendors);
    let requests = Requests::count(&fleet.client).await?;
    let (begin, calls, seconds) = (
        Instant::now(),
        vendors.calls(),
        process.processor_seconds()?,
    );
    sleep(length(fleet.interval)).await;
    let (end, calls) = (Instant::now(), vendors.calls() - calls);
    let seconds = process.processor_seconds()? - seconds;
    let requests = Requests::count(&fleet.client).await? - requests;
    let syncs = stage.watch.between(begin, end);
    if syncs.is_empty() {
        return Err("no feed was synced in the window".into());
    }
    #[expect(clippy::cast_precision_loss, reason = "counts far below 2^52")]
    let (count, calls) = (syncs.len() as f64, calls as f64);
    row.set("syncs", syncs.len());
    row.set("cpu_s_per_1000", rounded(seconds * 1_000.0 / count));
    row.set("get_per_sync", rounded(requests.get / count));
    row.set("patch_per_sync", rounded(requests.patch / count));
    row.set("other_per_sync", rounded(requests.other / count));
    row.set("wire_per_sync", rounded(calls / count));
    punctuality(&syncs, fleet.interval, row);
    row.set("spread", spread(&syncs, begin, end));
    Ok(())
}

/// How late a sync reached the status, an interval after the one before it; and how early.
fn punctuality(syncs: &[Sync], interval: Duration, row: &mut Row) {
    let late = |gap: Duration| gap.as_secs_f64() - interval.as_secs_f64();
    let mut lateness: Vec<f64> = syncs.iter().filter_map(|sync| sync.gap).map(late).collect();
    row.set("lateness_p50_s", rounded(percentile(&mut lateness, 0.5)));
    row.set("lateness_p99_s", rounded(percentile(&mut lateness, 0.99)));
    let earliest = percentile(&mut lateness, 0.0);
    row.set("early_max_s", rounded((-earliest).max(0.0)));
}

/// The syncs in the busiest second, as a multiple of the mean.
fn spread(syncs: &[Sync], begin: Instant, end: Instant) -> Value {
    let mut seconds = vec![0_u32; usize::try_from((end - begin).as_secs()).unwrap_or(0) + 1];
    for sync in syncs {
        let second = usize::try_from((sync.at - begin).as_secs()).unwrap_or(0);
        if let Some(second) = seconds.get_mut(second) {
            *second += 1;
        }
    }
    #[expect(clippy::cast_precision_loss, reason = "counts far below 2^52")]
    let mean = syncs.len() as f64 / (end - begin).as_secs_f64();
    let busiest = seconds.into_iter().max().unwrap_or(0);
    json!(rounded(f64::from(busiest) / mean))
}
