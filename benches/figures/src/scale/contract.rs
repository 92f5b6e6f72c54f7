//! What makes the subjects comparable, as a check: each syncs each feed, writes each report once, and nothing early.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use control_plane::{ControlPlane, Options};
use flashpoint_operator::api::FlashpointFeed;
use kube::api::{Api, DynamicObject};
use kube::core::ApiResource;
use tokio::time::{sleep, timeout};

use super::row::interval;
use super::stage::Stage;
use super::subject::{OURS, Subject};
use super::vendors::REPORTS;
use crate::Outcome;
use crate::footprint::install_definitions;

/// How many feeds each has.
const FEEDS: usize = 20;

/// How long it is watched after a restart: a part of the interval that is left of it.
const WATCHED: Duration = Duration::from_secs(15);

/// How long the whole of a check may take.
const LIMIT: Duration = Duration::from_mins(10);

/// A status may be smaller or larger than ours by so much, as a share.
const SIZES: std::ops::Range<f64> = 0.75..1.33;

/// Fails where one of these subjects, or of all, does less or more than it should; all are looked at.
pub async fn check(names: &[&str]) -> Outcome<()> {
    let subjects = Subject::build_all(names).await?;
    let control_plane = ControlPlane::start(Options::default()).await?;
    install_definitions(&control_plane).await?;
    let (mut failed, mut ours) = (0, None);
    for subject in &subjects {
        let size = match Box::pin(check_one(&control_plane, subject)).await {
            Ok(size) => size,
            Err(error) => {
                let log = subject.log()?;
                eprintln!(
                    "{}: {error}; its output is in {}",
                    subject.name,
                    log.display()
                );
                failed += 1;
                continue;
            }
        };
        println!("{}: as agreed; a status has {size} bytes", subject.name);
        if subject.name == OURS {
            ours = Some(size);
        } else if ours.is_some_and(|ours| !SIZES.contains(&(size / ours))) {
            eprintln!("{}: its status is unlike ours in size", subject.name);
            failed += 1;
        }
    }
    control_plane.stop().await?;
    if failed > 0 {
        return Err(format!("{failed} of {} are not as agreed", subjects.len()).into());
    }
    Ok(())
}

/// Gives the size of a status, in bytes of JSON.
async fn check_one(control_plane: &ControlPlane, subject: &Subject) -> Outcome<f64> {
    let staging = Stage::new(control_plane, subject, FEEDS, interval(FEEDS));
    let stage = timeout(LIMIT, staging).await??;
    let checked = timeout(LIMIT, check_on(&stage)).await;
    timeout(LIMIT, stage.clear()).await??;
    checked?
}

async fn check_on(stage: &Stage<'_>) -> Outcome<f64> {
    let (running, _, _) = stage.first_sync().await?;
    written_once(stage)?;
    // The second sync, which an edit makes due.
    let (running, _) = stage.restart(running).await?;
    written_once(stage)?;
    if !running.stop().await? {
        return Err("it did not end in time after SIGTERM".into());
    }
    let mut running = stage.start()?;
    running.ready(WATCHED).await?;
    sleep(WATCHED).await;
    let early = stage.watch.between(running.started, Instant::now()).len();
    if early > 0 {
        return Err(format!("{early} feeds were synced early after a restart").into());
    }
    written_once(stage)?;
    running.stop().await?;
    status_size(stage).await
}

/// Fails unless each report was written once for each feed, and all are there.
fn written_once(stage: &Stage<'_>) -> Outcome<()> {
    let mut writes: HashMap<Option<String>, usize> = HashMap::new();
    for write in stage.vendors.trustar.writes() {
        *writes.entry(write.external_id).or_default() += 1;
    }
    if writes.len() == REPORTS && writes.values().all(|count| *count == FEEDS) {
        return Ok(());
    }
    let counts: Vec<_> = writes.values().collect();
    Err(
        format!("reports were written {counts:?} times, not each of {REPORTS} {FEEDS} times")
            .into(),
    )
}

#[expect(clippy::cast_precision_loss, reason = "a size below 2^52")]
async fn status_size(stage: &Stage<'_>) -> Outcome<f64> {
    let kind = ApiResource::erase::<FlashpointFeed>(&());
    let (client, namespace) = (stage.fleet.client.clone(), &stage.fleet.namespace);
    let feeds: Api<DynamicObject> = Api::namespaced_with(client, namespace, &kind);
    let feed = feeds.get("feed-0").await?;
    Ok(feed.data["status"].to_string().len() as f64)
}
