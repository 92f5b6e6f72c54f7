//! The first sync of one and of many feeds into each destination, against a loop of nothing but reqwest that makes the same calls.

mod bare;
mod ours;
mod vendors;

use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::future::try_join_all;
use serde_json::{Value, json};
use tokio::runtime::{Builder, Runtime};

use super::results::Results;
use super::{Outcome, percentile, rounded};
use vendors::{Kind, Vendors};

/// `OpenCTI`'s collection is left out: there the operator waits 100 ms between envelopes.
const KINDS: [Kind; 3] = [Kind::Trustar, Kind::Taxii, Kind::Misp];

/// How long the services take to answer, in milliseconds, and how often each side runs, in turns: a shorter run varies more.
const LATENCIES: [(u64, usize); 3] = [(1, 5), (5, 5), (50, 3)];

/// How many feeds are synced at once, and how many reports each lists, six in ten with indicators.
const FEEDS: [(usize, usize); 4] = [(1, 500), (4, 250), (16, 100), (64, 30)];

/// The names of the threads that one side runs on; the services' have another.
const CLIENT: &str = "client";

/// One run of one side.
struct Run {
    took: Duration,
    /// Processor time of the side alone.
    cpu: Duration,
}

/// Measures each destination at each latency and with each number of feeds.
pub async fn measure() -> Outcome<()> {
    let mut results = Results::new("limit", &["destination", "latency_ms", "feeds"]);
    let (client, services) = (runtime(CLIENT)?, runtime("services")?);
    for kind in KINDS {
        for (latency, turns) in LATENCIES {
            for (feeds, reports) in FEEDS {
                let case = Case {
                    kind,
                    latency,
                    feeds,
                    reports,
                };
                results.add(case.measure(turns, &client, &services).await?)?;
            }
        }
    }
    client.shutdown_background();
    services.shutdown_background();
    Ok(())
}

/// A runtime as the operator's: two workers. Its threads stay, so that none takes its processor time with it.
fn runtime(name: &str) -> Outcome<Runtime> {
    let runtime = Builder::new_multi_thread()
        .worker_threads(2)
        .thread_name(name)
        .thread_keep_alive(Duration::from_hours(1))
        .enable_all()
        .build()?;
    Ok(runtime)
}

#[derive(Clone, Copy)]
struct Case {
    kind: Kind,
    latency: u64,
    feeds: usize,
    reports: usize,
}

impl Case {
    async fn measure(self, turns: usize, client: &Runtime, services: &Runtime) -> Outcome<Value> {
        let (mut ratios, mut ours, mut bare) = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..turns {
            let vendors = self.vendors(services).await?;
            let run = client.spawn(ours::run(Arc::clone(&vendors))).await??;
            let records: Vec<_> = vendors.iter().map(Vendors::record).collect();
            let again = self.vendors(services).await?;
            let limit = client.spawn(bare::run(again, records)).await??;
            ratios.push(limit.took.as_secs_f64() / run.took.as_secs_f64());
            ours.push(run);
            bare.push(limit);
        }
        let reports = self.feeds * self.reports;
        Ok(json!({
            "destination": self.kind.name(),
            "latency_ms": self.latency,
            "feeds": self.feeds,
            "reports": reports,
            "reports_per_s": rate(reports, &ours),
            "loop_reports_per_s": rate(reports, &bare),
            "ratio_median": rounded(percentile(&mut ratios, 0.5)),
            "ratio_low": rounded(percentile(&mut ratios, 0.0)),
            "ratio_high": rounded(percentile(&mut ratios, 1.0)),
            "cpu_ms_per_report": cost(reports, &ours),
            "loop_cpu_ms_per_report": cost(reports, &bare),
        }))
    }

    /// Services of its own for each feed.
    async fn vendors(self, services: &Runtime) -> Outcome<Arc<Vec<Vendors>>> {
        let started =
            (0..self.feeds).map(|seed| Vendors::new(self.kind, self.latency, self.reports, seed));
        let started: Vec<_> = started.map(|starting| services.spawn(starting)).collect();
        let vendors = try_join_all(started).await?;
        Ok(Arc::new(vendors.into_iter().collect::<Outcome<_>>()?))
    }
}

/// Runs what is given, each in a task of its own, as the operator runs its feeds.
async fn timed<T, F>(feeds: Vec<F>) -> Outcome<(Run, Vec<T>)>
where
    T: Send + 'static,
    F: Future<Output = Outcome<T>> + Send + 'static,
{
    let (begun, before) = (Instant::now(), client_cpu()?);
    let feeds: Vec<_> = feeds.into_iter().map(tokio::spawn).collect();
    let ended = try_join_all(feeds).await?;
    let run = Run {
        took: begun.elapsed(),
        cpu: client_cpu()?.saturating_sub(before),
    };
    Ok((run, ended.into_iter().collect::<Outcome<_>>()?))
}

/// The processor time so far of the threads that a side runs on.
fn client_cpu() -> Outcome<Duration> {
    let mut nanoseconds = 0;
    for thread in std::fs::read_dir("/proc/self/task")? {
        let thread = thread?.path();
        // A thread that ended meanwhile is none of a side's.
        let name = std::fs::read_to_string(thread.join("comm")).unwrap_or_default();
        if name.trim_end() == CLIENT {
            let times = std::fs::read_to_string(thread.join("schedstat"))?;
            let running = times.split(' ').next().unwrap_or_default();
            nanoseconds += running.parse::<u64>()?;
        }
    }
    Ok(Duration::from_nanos(nanoseconds))
}

/// Reports a second, the median.
#[expect(clippy::cast_precision_loss, reason = "a figure to show")]
fn rate(reports: usize, runs: &[Run]) -> f64 {
    let mut times: Vec<_> = runs.iter().map(|run| run.took.as_secs_f64()).collect();
    (reports as f64 / percentile(&mut times, 0.5)).round()
}

/// Milliseconds of the processor for each report, the median.
#[expect(clippy::cast_precision_loss, reason = "a figure to show")]
fn cost(reports: usize, runs: &[Run]) -> f64 {
    let mut times: Vec<_> = runs.iter().map(|run| run.cpu.as_secs_f64()).collect();
    rounded(percentile(&mut times, 0.5) * 1_000.0 / reports as f64)
}
