//! The memory that 1,000 feeds may take, as a check.

use std::time::Duration;

use control_plane::{ControlPlane, Options};
use tokio::time::sleep;

use super::row::interval;
use super::stage::Stage;
use super::subject::Subject;
use crate::Outcome;
use crate::footprint::install_definitions;

/// How many feeds the operator runs.
const FEEDS: usize = 1_000;

/// The most that is resident, in MiB.
const LIMIT: f64 = 20.0;

/// How long the operator rests before its memory is read.
const REST: Duration = Duration::from_secs(30);

/// Fails where the operator's resident set is over the limit after a restart in which each feed was due.
pub async fn check() -> Outcome<()> {
    let control_plane = ControlPlane::start(Options::default()).await?;
    install_definitions(&control_plane).await?;
    let subject = Subject::ours()?;
    let stage = Stage::new(&control_plane, &subject, FEEDS, interval(FEEDS)).await?;
    let (running, _, _) = stage.first_sync().await?;
    let (running, _) = stage.restart(running).await?;
    sleep(REST).await;
    let resident = running.process()?.resident()?;
    running.stop().await?;
    control_plane.stop().await?;
    println!("{FEEDS} feeds: {resident:.2} MiB resident, at most {LIMIT} are allowed");
    if resident > LIMIT {
        return Err(format!("{FEEDS} feeds take {resident:.2} MiB, over {LIMIT}").into());
    }
    Ok(())
}
