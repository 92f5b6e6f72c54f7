//! One row: a subject with so many feeds, from its start to the apply of further feeds.

use std::time::Duration;

use control_plane::ControlPlane;
use serde_json::{Map, Value, json};
use tokio::time::{sleep, timeout};

use super::stage::Stage;
use super::subject::{Running, Subject};
use super::{apply, window};
use crate::{Outcome, percentile, rounded};

/// How long a subject without feeds rests before its memory is read.
const REST: Duration = Duration::from_mins(1);

/// How long a subject rests after its restart, before it is observed: half the shortest interval, so that feeds which were all
/// due at once aren't due again at either end of the window.
const PAUSE: Duration = Duration::from_secs(30);

/// From so many feeds on an interval is five minutes: as many at a minute are more than two cores do with an API server beside
/// them.
const MANY: usize = 10_000;

/// What a row holds beside its subject and its number of feeds; null where it could not be measured. MiB, and seconds unless
/// the name says otherwise.
const FIGURES: [&str; 23] = [
    "interval_s",
    "ready_ms",
    "first_sync_s",
    "restart_s",
    "syncs",
    "cpu_s_per_1000",
    "get_per_sync",
    "patch_per_sync",
    "other_per_sync",
    "wire_per_sync",
    "lateness_p50_s",
    "lateness_p99_s",
    "early_max_s",
    "spread",
    "rss_mib",
    "pss_mib",
    "peak_mib",
    "after_scrape_mib",
    "scrape_ms",
    "scrape_mb",
    "series",
    "apply_p50_ms",
    "apply_p99_ms",
];

/// The figures of one subject with so many feeds.
pub struct Row(Map<String, Value>);

impl Row {
    fn new(subject: &str, feeds: usize) -> Self {
        let keys = [("subject", json!(subject)), ("feeds", json!(feeds))];
        let figures = FIGURES.map(|name| (name, Value::Null));
        let members = keys.into_iter().chain(figures);
        Self(members.map(|(name, of)| (name.to_owned(), of)).collect())
    }

    pub fn set(&mut self, name: &str, figure: impl Into<Value>) {
        self.0.insert(name.to_owned(), figure.into());
    }
}

/// Between two syncs of a feed.
pub fn interval(feeds: usize) -> Duration {
    Duration::from_mins(if feeds < MANY { 1 } else { 5 })
}

/// About how long a row takes.
pub fn estimate(feeds: usize) -> Duration {
    let each = Duration::from_millis(25).saturating_mul(u32::try_from(feeds).unwrap_or(0));
    let observed = if feeds == 0 {
        REST
    } else {
        PAUSE + window::length(interval(feeds))
    };
    observed + each + Duration::from_secs(15)
}

/// Measures it; what could not be measured stays null, and whether all was is given too.
///
/// # Errors
/// When the next subject would find this one's feeds.
pub async fn measure(
    control_plane: &ControlPlane,
    subject: &Subject,
    feeds: usize,
) -> Outcome<(Value, bool)> {
    let mut row = Row::new(subject.name, feeds);
    let interval = interval(feeds);
    row.set("interval_s", interval.as_secs());
    let limit = estimate(feeds) * 4;
    let staging = Stage::new(control_plane, subject, feeds, interval);
    let stage = timeout(limit, staging).await??;
    let measured = timeout(limit, measure_on(&stage, &mut row)).await;
    let measured = measured.unwrap_or_else(|over| Err(over.into()));
    let whole = measured.is_ok();
    if let Err(error) = measured {
        let log = subject.log()?;
        eprintln!(
            "{} with {feeds} feeds: {error}; its output is in {}",
            subject.name,
            log.display()
        );
    }
    timeout(limit, stage.clear()).await??;
    Ok((Value::Object(row.0), whole))
}

async fn measure_on(stage: &Stage<'_>, row: &mut Row) -> Outcome<()> {
    let (mut running, ready, first) = stage.first_sync().await?;
    row.set("ready_ms", rounded(ready.as_secs_f64() * 1_000.0));
    if stage.fleet.count > 0 {
        row.set("first_sync_s", rounded(first.as_secs_f64()));
        let again;
        (running, again) = stage.restart(running).await?;
        row.set("restart_s", rounded(again.as_secs_f64()));
        sleep(PAUSE).await;
    } else {
        sleep(REST).await;
    }
    let process = running.process()?;
    let Stage { fleet, vendors, .. } = stage;
    let observed = window::length(fleet.interval);
    // Each of few feeds is synced within a minute after the window; of many, the further ones are a hundredth in it.
    let (mut times, after) = match fleet.count {
        0 => (Vec::new(), Duration::from_secs(5)),
        few if few < MANY => {
            window::measure(stage, process, row).await?;
            (Vec::new(), fleet.interval)
        }
        _ => {
            let applied = apply::measure(fleet, vendors, observed.mul_f64(0.95));
            let (applied, measured) = tokio::join!(applied, window::measure(stage, process, row));
            measured?;
            (applied?, Duration::ZERO)
        }
    };
    row.set("rss_mib", rounded(process.resident()?));
    row.set("pss_mib", rounded(process.proportional()?));
    // Not every framework serves metrics by itself.
    if let Err(error) = scrape(&running, stage.fleet.count, row).await {
        eprintln!("no scrape: {error}");
    }
    if times.is_empty() {
        times = apply::measure(fleet, vendors, after).await?;
    }
    row.set("apply_p50_ms", rounded(percentile(&mut times, 0.5)));
    row.set("apply_p99_ms", rounded(percentile(&mut times, 0.99)));
    running.stop().await?;
    Ok(())
}

/// What one scrape of its metrics is, and what it adds to the memory.
async fn scrape(running: &Running, feeds: usize, row: &mut Row) -> Outcome<()> {
    let process = running.process()?;
    process.forget_peak()?;
    let scrape = running.scrape().await?;
    row.set("peak_mib", rounded(process.peak()?));
    row.set("after_scrape_mib", rounded(process.resident()?));
    row.set("scrape_ms", rounded(scrape.took.as_secs_f64() * 1_000.0));
    let series = scrape.text.lines().filter(|line| line.contains("\"feed-"));
    #[expect(clippy::cast_precision_loss, reason = "counts far below 2^52")]
    let (bytes, series, feeds) = (
        scrape.text.len() as f64,
        series.count() as f64,
        feeds as f64,
    );
    row.set("scrape_mb", rounded(bytes / 1e6));
    if feeds > 0.0 {
        row.set("series", rounded(series / feeds));
    }
    Ok(())
}
