//! What the operator takes before it has a feed: bytes on disk, as a binary and as an image, and time to be ready.

use std::path::PathBuf;
use std::time::Duration;

use control_plane::{ControlPlane, Options};
use flashpoint_operator::api::definitions;
use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::ResourceExt as _;
use kube::api::{Api, PostParams};
use kube::runtime::wait::{await_condition, conditions};
use serde_json::{Value, json};
use tokio::process::Command;
use tokio::time::timeout;

use super::results::Results;
use super::scale::subject::{OURS, Subject};
use super::scale::vendors::Vendors;
use super::{Outcome, operator, percentile, rounded};

/// How often the start is timed.
const STARTS: usize = 10;

/// How long a start may take.
const READY_WITHIN: Duration = Duration::from_secs(10);

/// The image that is built to be measured.
const IMAGE: &str = "flashpoint-operator:footprint";

/// How long the image may take to be built, its static binary included.
const BUILT_WITHIN: Duration = Duration::from_mins(15);

/// Measures all three.
pub async fn measure() -> Outcome<()> {
    let mut starts = starts().await?;
    let mut results = Results::new("footprint", &["subject"]);
    results.add(json!({
        "subject": OURS,
        "binary_mib": mebibytes(std::fs::metadata(operator()?)?.len()),
        "image_mib": image().await?,
        "ready_p50_ms": rounded(percentile(&mut starts, 0.5)),
        "ready_max_ms": rounded(percentile(&mut starts, 1.0)),
    }))
}

/// From exec to `/readyz`, in milliseconds, each time.
async fn starts() -> Outcome<Vec<f64>> {
    let control_plane = ControlPlane::start(Options::default()).await?;
    install_definitions(&control_plane).await?;
    let (operator, vendors) = (Subject::ours()?, Vendors::start().await?);
    let mut starts = Vec::new();
    let (flashpoint, trustar) = (vendors.flashpoint.url(), vendors.trustar.url());
    for _ in 0..STARTS {
        let mut running = operator.start(control_plane.kubeconfig(), &flashpoint, &trustar)?;
        let took = running.ready(READY_WITHIN).await?;
        starts.push(took.as_secs_f64() * 1_000.0);
        running.stop().await?;
    }
    control_plane.stop().await?;
    Ok(starts)
}

/// The image as an archive, its layers compressed as a registry's are. Null, which is told, where it can't be built here.
async fn image() -> Outcome<Value> {
    let repository = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut building = Command::new(repository.join("tests/image/build"));
    building.arg(IMAGE);
    let archive = std::env::temp_dir().join(format!("footprint-{}.tar", std::process::id()));
    let mut packing = Command::new("buildah");
    let target = format!("oci-archive:{}", archive.display());
    packing.args(["push", "--quiet", IMAGE, &target]);
    let mut removing = Command::new("buildah");
    removing.args(["rmi", IMAGE]);
    for mut step in [building, packing, removing] {
        step.stdout(std::process::Stdio::null()).kill_on_drop(true);
        let ended = timeout(BUILT_WITHIN, step.status()).await;
        if !matches!(ended, Ok(Ok(status)) if status.success()) {
            eprintln!("the image could not be built, and its size is not known");
            return Ok(Value::Null);
        }
    }
    let bytes = std::fs::metadata(&archive)?.len();
    std::fs::remove_file(archive)?;
    Ok(json!(mebibytes(bytes)))
}

fn mebibytes(bytes: u64) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "a size to show")]
    rounded(bytes as f64 / f64::from(1 << 20))
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
