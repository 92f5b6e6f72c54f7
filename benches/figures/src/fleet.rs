//! What feeds cost: the operator's memory at rest, and with a scrape of its metrics, when it runs many feeds of five reports each.

use std::time::{Duration, Instant};

use control_plane::{ControlPlane, Options};
use flashpoint_operator::api::FlashpointFeed;
use futures::{StreamExt as _, TryStreamExt as _, stream};
use jiff::SignedDuration;
use kube::api::{Api, ListParams, Patch, PatchParams, PostParams};
use serde_json::json;
use simulators::flashpoint::Flashpoint;
use simulators::reports::Style;
use simulators::start;
use simulators::trustar::{ENCLAVE, Trustar};

use super::footprint::{self, Operator, install_definitions};
use super::{Outcome, credentials, show};

/// How many reports each feed's ledger holds.
const REPORTS: usize = 5;

/// How many feeds are created at once.
const AT_ONCE: usize = 8;

/// How long the operator rests before its memory is read.
const REST: Duration = Duration::from_mins(1);

/// How long the first sync of all feeds may take.
const SYNCED_WITHIN: Duration = Duration::from_mins(30);

/// Measures with so many feeds. One operator does their first sync, which writes the reports; the one that is measured finds the
/// ledgers there and every feed due, as after a restart.
pub async fn measure(count: usize) -> Outcome<()> {
    let control_plane = ControlPlane::start(Options::default()).await?;
    install_definitions(&control_plane).await?;
    let flashpoint = start(Flashpoint::default()).await?;
    let style = Style {
        csv: 0.0,
        planted: 1.0,
        ..Style::default()
    };
    flashpoint.seed(7, style);
    flashpoint.generate(REPORTS, SignedDuration::from_hours(20));
    let trustar = start(Trustar::default()).await?;
    let namespace = control_plane.namespace("fleet").await?;
    let client = control_plane.client()?;
    credentials::create(&client, &namespace, &flashpoint, &trustar).await?;
    let feeds: Api<FlashpointFeed> = Api::namespaced(client, &namespace);
    stream::iter(0..count)
        .map(|index| create(&feeds, index))
        .buffer_unordered(AT_ONCE)
        .try_collect::<Vec<()>>()
        .await?;
    let vendors = [
        "--trustar-calls-per-minute",
        "0",
        "--flashpoint-url",
        &flashpoint.url(),
        "--trustar-url",
        &trustar.url(),
    ];
    let (mut first, _) = footprint::start(&control_plane, &vendors).await?;
    until_synced(&feeds, count, 1).await?;
    first.child.kill().await?;
    stream::iter(0..count)
        .map(|index| edit(&feeds, index))
        .buffer_unordered(AT_ONCE)
        .try_collect::<Vec<()>>()
        .await?;
    let (mut operator, _) = footprint::start(&control_plane, &vendors).await?;
    until_synced(&feeds, count, 2).await?;
    tokio::time::sleep(REST).await;
    let figure = |what: &str| format!("{count} feeds: {what}");
    let goal = match count {
        1_000 => "<= 20 MiB",
        10_000 => "<= 60 MiB",
        _ => "",
    };
    let process = operator.id()?;
    let rest = memory(process, "VmRSS:")?;
    show(
        &figure("memory at rest (RSS)"),
        &format!("{rest:.1} MiB"),
        goal,
    );
    let (bytes, series) = scrape(&operator, process).await?;
    let peak = memory(process, "VmHWM:")?;
    let after = memory(process, "VmRSS:")?;
    show(
        &figure("peak with one scrape (after it)"),
        &format!("{peak:.1} MiB ({after:.1})"),
        "",
    );
    #[expect(clippy::cast_precision_loss, reason = "a figure to show")]
    let (megabytes, each) = (bytes as f64 / 1e6, series as f64 / count as f64);
    show(
        &figure("series a feed (text of a scrape)"),
        &format!("{each:.1} ({megabytes:.1} MB)"),
        "<= 20",
    );
    operator.child.kill().await?;
    control_plane.stop().await?;
    Ok(())
}

async fn create(feeds: &Api<FlashpointFeed>, index: usize) -> Outcome<()> {
    let feed: FlashpointFeed = serde_json::from_value(json!({
        "apiVersion": "flashpoint-operator.dev/v1alpha1",
        "kind": "FlashpointFeed",
        "metadata": {"name": format!("feed-{index}")},
        // None is due again before it was measured.
        "spec": {"secretRef": {"name": "credentials"}, "enclaveId": ENCLAVE, "interval": "12h"},
    }))?;
    feeds.create(&PostParams::default(), &feed).await?;
    Ok(())
}

/// Changes what changes nothing, so that the feed is due.
async fn edit(feeds: &Api<FlashpointFeed>, index: usize) -> Outcome<()> {
    let patch = Patch::Merge(json!({"spec": {"timeout": "31s"}}));
    let name = format!("feed-{index}");
    feeds.patch(&name, &PatchParams::default(), &patch).await?;
    Ok(())
}

/// Waits until the status of each feed tells of so many syncs.
async fn until_synced(feeds: &Api<FlashpointFeed>, count: usize, syncs: u64) -> Outcome<()> {
    let begun = Instant::now();
    while synced(feeds, syncs).await? < count {
        if begun.elapsed() > SYNCED_WITHIN {
            return Err("not every feed was synced".into());
        }
        tokio::time::sleep(Duration::from_secs(5)).await;
    }
    Ok(())
}

/// How many feeds were synced so often.
async fn synced(feeds: &Api<FlashpointFeed>, syncs: u64) -> Outcome<usize> {
    let mut params = ListParams::default().limit(500);
    let mut synced = 0;
    loop {
        let page = feeds.list(&params).await?;
        let is_synced = |feed: &&FlashpointFeed| {
            let status = feed.status.as_ref();
            status.is_some_and(|status| status.totals.syncs >= syncs)
        };
        synced += page.items.iter().filter(is_synced).count();
        match page.metadata.continue_ {
            Some(token) if !token.is_empty() => params = params.continue_token(&token),
            _ => return Ok(synced),
        }
    }
}

/// Scrapes the metrics, the peak of the memory counted anew; gives the size of the text, and how many series of feeds it has.
async fn scrape(operator: &Operator, process: u32) -> Outcome<(usize, usize)> {
    std::fs::write(format!("/proc/{process}/clear_refs"), "5")?;
    let url = format!("http://{}/metrics", operator.address);
    let text = reqwest::get(url).await?.error_for_status()?.text().await?;
    let series = text.lines().filter(|line| line.contains("name=\"feed-"));
    Ok((text.len(), series.count()))
}

/// A figure of `/proc/PID/status`, in MiB.
fn memory(process: u32, name: &str) -> Outcome<f64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix(name));
    let kilobytes: f64 = line
        .ok_or("no such figure")?
        .trim()
        .trim_end_matches(" kB")
        .parse()?;
    Ok(kilobytes / 1024.0)
}
