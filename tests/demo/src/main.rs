//! `make demo`: the operator at work, in two stages.
//!
//! First one sync without a cluster, between simulators of Flashpoint and each destination; then a real kube-apiserver
//! and etcd, the operator, and a feed, until it is Ready.

mod cluster;
mod elsewhere;
mod show;
mod vendors;

use std::error::Error;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use show::{heading, note};
use vendors::Vendors;

type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

/// The sample feed, as in `examples/`.
const FEED: &str = include_str!("../../../examples/kubectl/feed.yaml");

#[tokio::main]
async fn main() -> ExitCode {
    match demo().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("\nThe demo failed: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn demo() -> Outcome<()> {
    let begun = Instant::now();
    let keep = std::env::var("KEEP").is_ok_and(|keep| !matches!(keep.as_str(), "" | "0"));
    let work = tempfile::tempdir()?;
    let vendors = Vendors::start(work.path()).await?;
    first_stage(&vendors, begun).await?;
    let mut standing = match cluster::Cluster::find().await? {
        Ok(cluster) => second_stage(cluster, &vendors, begun).await?,
        Err(needed) => {
            note(&needed);
            return Ok(());
        }
    };
    if keep {
        show::how_to_play(standing.kubeconfig(), &vendors, &standing.namespace);
        tokio::signal::ctrl_c().await?;
        note("stopping");
    }
    standing.stop().await
}

async fn first_stage(vendors: &Vendors, begun: Instant) -> Outcome<()> {
    heading("1. One sync without a cluster");
    note(&format!(
        "Flashpoint and TruSTAR are simulators at {} and {}; {} reports of the last day.",
        vendors.flashpoint.url(),
        vendors.trustar.url(),
        vendors.flashpoint.reports().len(),
    ));
    let sync = [
        "sync",
        "-f",
        &vendors.feed_file,
        "--secret",
        &vendors.secret_file,
    ];
    show::command("flashpoint-operator", &sync);
    let status = vendors.operator().args(sync).status().await?;
    if !status.success() {
        return Err(format!("the sync ended with {status}").into());
    }
    show::enclave(&vendors.trustar.reports());
    elsewhere::taxii(vendors).await?;
    elsewhere::misp(vendors).await?;
    note(&format!(
        "First stage: {:.1} s.",
        begun.elapsed().as_secs_f64()
    ));
    Ok(())
}

async fn second_stage(
    cluster: cluster::Cluster,
    vendors: &Vendors,
    begun: Instant,
) -> Outcome<cluster::Standing> {
    heading("2. The operator on a real control plane");
    let standing = cluster.install(vendors).await?;
    note("The feed, as `kubectl get flashpointfeed cybercrime` prints it:");
    standing.wait_until_ready(Duration::from_mins(1)).await?;
    let verdict = vendors.verdict();
    if !verdict.is_clean() {
        return Err(format!("the enclave does not hold what it should: {verdict:#?}").into());
    }
    note(&format!(
        "The enclave holds each of the {} reports with indicators once, and no other. Whole demo: {:.1} s.",
        vendors.trustar.reports().len(),
        begun.elapsed().as_secs_f64(),
    ));
    Ok(standing)
}

/// The operator's binary, built beside this one.
fn operator_binary() -> Outcome<PathBuf> {
    let binary = std::env::current_exe()?.with_file_name("flashpoint-operator");
    if !binary.exists() {
        return Err(format!("{} is missing: run `make demo`", binary.display()).into());
    }
    Ok(binary)
}
