//! What the running operator takes while it brings a feed's backlog to TruSTAR: 20,000 reports, 500 in each sync.

use std::time::{Duration, Instant};

use control_plane::{ControlPlane, Options};
use flashpoint_operator::api::{FlashpointFeed, REQUESTED_AT};
use jiff::SignedDuration;
use kube::api::{Api, Patch, PatchParams, PostParams};
use serde_json::json;
use simulators::flashpoint::Flashpoint;
use simulators::record::Keep;
use simulators::start;
use simulators::trustar::{ENCLAVE, Trustar};
use tokio::time::sleep;

use super::Results;
use crate::footprint::install_definitions;
use crate::scale::subject::Subject;
use crate::{Outcome, credentials, rounded};

/// The most reports that a ledger remembers.
const REPORTS: usize = 20_000;

/// How long the operator may take to be ready.
const READY_WITHIN: Duration = Duration::from_secs(10);

/// How long the operator rests before its memory is read.
const REST: Duration = Duration::from_mins(1);

/// How long the whole of it may take.
const LONGEST: Duration = Duration::from_mins(20);

const NAME: &str = "backfill";

/// Measures it. Each sync is asked for as soon as the one before it is told of: at the shortest interval, a minute, forty of
/// them would take forty minutes, most of it at rest.
pub async fn measure(results: &mut Results) -> Outcome<()> {
    let control_plane = ControlPlane::start(Options::default()).await?;
    install_definitions(&control_plane).await?;
    let flashpoint = start(Flashpoint::default()).await?;
    flashpoint.generate(REPORTS, SignedDuration::from_hours(20));
    let trustar = start(Trustar::default()).await?;
    for controls in [flashpoint.controls(), trustar.controls()] {
        controls.record.keep(Keep::Nothing);
    }
    let namespace = control_plane.namespace(NAME).await?;
    let client = control_plane.client()?;
    credentials::create(&client, &namespace, &flashpoint, &trustar).await?;
    let feeds: Api<FlashpointFeed> = Api::namespaced(client, &namespace);
    let kubeconfig = control_plane.kubeconfig();
    let mut operator = Subject::ours()?.start(kubeconfig, &flashpoint.url(), &trustar.url())?;
    operator.ready(READY_WITHIN).await?;
    let process = operator.process()?;
    sleep(REST).await;
    let rest = process.resident()?;
    process.forget_peak()?;
    let begun = Instant::now();
    create(&feeds).await?;
    let syncs = drain(&feeds, begun).await?;
    let wall = begun.elapsed().as_secs_f64();
    let most = process.peak()?;
    operator.stop().await?;
    control_plane.stop().await?;
    results.add(json!({
        "curve": "backfill",
        "x": REPORTS,
        "syncs": syncs,
        "wall_s": rounded(wall),
        "rest_mib": rounded(rest),
        "peak_over_rest_mib": rounded(most - rest),
    }))
}

async fn create(feeds: &Api<FlashpointFeed>) -> Outcome<()> {
    let feed: FlashpointFeed = serde_json::from_value(json!({
        "apiVersion": "flashpoint-operator.dev/v1alpha1",
        "kind": "FlashpointFeed",
        "metadata": {"name": NAME},
        "spec": {"secretRef": {"name": "credentials"}, "enclaveId": ENCLAVE, "interval": "12h"},
    }))?;
    feeds.create(&PostParams::default(), &feed).await?;
    Ok(())
}

/// Asks for one sync after the other until the feed is `Synced`; gives how many there were.
async fn drain(feeds: &Api<FlashpointFeed>, begun: Instant) -> Outcome<u64> {
    let mut asked = 0;
    while begun.elapsed() < LONGEST {
        sleep(Duration::from_millis(20)).await;
        let Some(status) = feeds.get_status(NAME).await?.status else {
            continue;
        };
        let ready = status.conditions.iter().find(|one| one.type_ == "Ready");
        let reason = ready.map_or("", |ready| &ready.reason);
        if reason == "Synced" {
            return Ok(status.totals.syncs);
        }
        if reason == "Draining" && status.totals.syncs > asked {
            asked = status.totals.syncs;
            let annotation =
                json!({"metadata": {"annotations": {REQUESTED_AT: asked.to_string()}}});
            let patch = Patch::Merge(annotation);
            feeds.patch(NAME, &PatchParams::default(), &patch).await?;
        }
    }
    Err("the backlog was not drained in time".into())
}
