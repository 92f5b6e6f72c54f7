//! What the operator takes: bytes on disk, memory at rest, time to be ready.

use std::time::{Duration, Instant};

use control_plane::{ControlPlane, Options};
use flashpoint_operator::api::definitions;
use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::ResourceExt as _;
use kube::api::{Api, PostParams};
use kube::runtime::wait::{await_condition, conditions};
use tokio::process::{Child, Command};

use super::{Outcome, operator, percentile, show};

/// How often the start is timed.
const STARTS: usize = 10;

/// How long the operator rests before its memory is read.
const REST: Duration = Duration::from_mins(1);

/// Measures all three.
pub async fn measure() -> Outcome<()> {
    #[expect(clippy::cast_precision_loss, reason = "a size to show")]
    let size = std::fs::metadata(operator()?)?.len() as f64 / f64::from(1 << 20);
    show("stripped binary", &format!("{size:.1} MiB"), "<= 10 MiB");
    let control_plane = ControlPlane::start(Options::default()).await?;
    install_definitions(&control_plane).await?;
    let mut starts = Vec::new();
    for _ in 0..STARTS {
        let (mut operator, took) = start(&control_plane, &[]).await?;
        starts.push(took.as_secs_f64() * 1_000.0);
        operator.child.kill().await?;
    }
    let worst = percentile(&mut starts, 1.0);
    show(
        "exec to ready, median (worst)",
        &format!("{:.0} ms ({worst:.0})", percentile(&mut starts, 0.5)),
        "<= 150 ms",
    );
    let (mut operator, _) = start(&control_plane, &[]).await?;
    tokio::time::sleep(REST).await;
    let pss = proportional_set_size(operator.id()?)?;
    show(
        "memory at rest (PSS after a minute)",
        &format!("{pss:.1} MiB"),
        "<= 8 MiB",
    );
    operator.child.kill().await?;
    control_plane.stop().await?;
    Ok(())
}

/// Applies the CRDs and waits until they are served.
pub async fn install_definitions(control_plane: &ControlPlane) -> Outcome<()> {
    let api: Api<CustomResourceDefinition> = Api::all(control_plane.client()?);
    for definition in definitions() {
        api.create(&PostParams::default(), &definition).await?;
        await_condition(
            api.clone(),
            &definition.name_any(),
            conditions::is_crd_established(),
        )
        .await?;
    }
    Ok(())
}

/// A running operator.
pub struct Operator {
    /// The process, which is killed when this is dropped.
    pub child: Child,
    /// Where its endpoints are served.
    pub address: String,
}

impl Operator {
    /// The id of its process.
    pub fn id(&self) -> Outcome<u32> {
        Ok(self.child.id().ok_or("the operator ended")?)
    }
}

/// Starts an operator with these arguments too, and waits until it is ready; gives the time that took.
pub async fn start(
    control_plane: &ControlPlane,
    arguments: &[&str],
) -> Outcome<(Operator, Duration)> {
    let port = std::net::TcpListener::bind("127.0.0.1:0")?
        .local_addr()?
        .port();
    let address = format!("127.0.0.1:{port}");
    let begun = Instant::now();
    let child = Command::new(operator()?)
        .args(["run", "--http-addr", &address, "--log-filter", "warn"])
        .args(arguments)
        .env("KUBECONFIG", control_plane.kubeconfig())
        .kill_on_drop(true)
        .spawn()?;
    let ready = format!("http://{address}/readyz");
    while !reqwest::get(&ready)
        .await
        .is_ok_and(|answer| answer.status().is_success())
    {
        if begun.elapsed() > Duration::from_secs(10) {
            return Err("the operator did not get ready".into());
        }
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    let took = begun.elapsed();
    Ok((Operator { child, address }, took))
}

/// In MiB.
fn proportional_set_size(process: u32) -> Outcome<f64> {
    let rollup = std::fs::read_to_string(format!("/proc/{process}/smaps_rollup"))?;
    let line = rollup
        .lines()
        .find_map(|line| line.strip_prefix("Pss:"))
        .ok_or("no PSS")?;
    let kilobytes: f64 = line.trim().trim_end_matches(" kB").parse()?;
    Ok(kilobytes / 1024.0)
}
