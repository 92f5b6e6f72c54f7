//! From the apply of a feed to its first report in the enclave.

use std::time::Duration;

use control_plane::{ControlPlane, Options};
use flashpoint_operator::api::FlashpointFeed;
use jiff::{SignedDuration, Timestamp};
use kube::api::{Api, PostParams};
use serde_json::json;
use simulators::flashpoint::Flashpoint;
use simulators::start;
use simulators::trustar::{ENCLAVE, Trustar};
use tokio::process::Command;

use super::footprint::install_definitions;
use super::{Outcome, credentials, operator, percentile, show};

/// How many feeds are applied, one after the other.
const FEEDS: usize = 100;

/// Measures it.
pub async fn measure() -> Outcome<()> {
    let control_plane = ControlPlane::start(Options::default()).await?;
    install_definitions(&control_plane).await?;
    let flashpoint = start(Flashpoint::default()).await?;
    flashpoint.generate(10, SignedDuration::from_hours(20));
    let trustar = start(Trustar::default()).await?;
    let namespace = control_plane.namespace("latency").await?;
    let client = control_plane.client()?;
    credentials::create(&client, &namespace, &flashpoint, &trustar).await?;
    let mut operator = Command::new(operator()?)
        .args([
            "run",
            "--http-addr",
            "127.0.0.1:0",
            "--log-filter",
            "warn",
            "--trustar-calls-per-minute",
            "0",
        ])
        .args([
            "--flashpoint-url",
            &flashpoint.url(),
            "--trustar-url",
            &trustar.url(),
        ])
        .env("KUBECONFIG", control_plane.kubeconfig())
        .kill_on_drop(true)
        .spawn()?;
    tokio::time::sleep(Duration::from_secs(2)).await;
    let feeds: Api<FlashpointFeed> = Api::namespaced(client, &namespace);
    let mut times = Vec::new();
    for index in 0..FEEDS {
        let feed: FlashpointFeed = serde_json::from_value(json!({
            "apiVersion": "flashpoint-operator.dev/v1alpha1",
            "kind": "FlashpointFeed",
            "metadata": {"name": format!("feed-{index}")},
            "spec": {"secretRef": {"name": "credentials"}, "enclaveId": ENCLAVE},
        }))?;
        let before = trustar.controls().record.len();
        let applied = Timestamp::now();
        feeds.create(&PostParams::default(), &feed).await?;
        let written = first_write(&trustar, before).await?;
        times.push(written.duration_since(applied).as_secs_f64() * 1_000.0);
    }
    operator.kill().await?;
    control_plane.stop().await?;
    let (half, most) = (percentile(&mut times, 0.5), percentile(&mut times, 0.99));
    show(
        "apply to first report in the enclave, p50",
        &format!("{half:.0} ms"),
        "<= 100 ms",
    );
    show(
        "apply to first report in the enclave, p99",
        &format!("{most:.0} ms"),
        "<= 500 ms",
    );
    Ok(())
}

/// When the first report was written after so many calls.
async fn first_write(trustar: &Trustar, calls: usize) -> Outcome<Timestamp> {
    for _ in 0..20_000 {
        let written = trustar
            .controls()
            .record
            .since(calls)
            .into_iter()
            .find(|call| call.effect && call.path().ends_with("/upsert"));
        if let Some(written) = written {
            return Ok(written.at);
        }
        tokio::time::sleep(Duration::from_micros(500)).await;
    }
    Err("no report reached the enclave within 10 s".into())
}
