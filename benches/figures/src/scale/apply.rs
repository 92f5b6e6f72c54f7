//! From the apply of a feed to its first report at TruSTAR, with all the other feeds there.

use std::time::{Duration, Instant};

use futures::{StreamExt as _, TryStreamExt as _, stream};
use tokio::time::{sleep, timeout};

use super::fleet::Fleet;
use super::vendors::Vendors;
use crate::Outcome;

/// How many feeds are applied.
const FEEDS: usize = 100;

/// The most that wait for their first report: the next is applied when one has it.
const AT_ONCE: usize = 4;

/// How long a first report may take.
const SENT_WITHIN: Duration = Duration::from_secs(30);

/// The names of the feeds that are applied; each has an enclave of the same name, which its report is told by.
pub fn names() -> Vec<String> {
    (0..FEEDS).map(|index| format!("further-{index}")).collect()
}

/// Applies them, evenly over a time in which the other feeds are synced, and gives how long each took, in milliseconds.
pub async fn measure(fleet: &Fleet, vendors: &Vendors, over: Duration) -> Outcome<Vec<f64>> {
    let names = names();
    vendors.add_enclaves(names.iter().map(String::as_str));
    let pause = over / u32::try_from(FEEDS)?;
    stream::iter(names)
        .then(async |name| {
            sleep(pause).await;
            name
        })
        .map(|name| first_report(fleet, vendors, name))
        .buffer_unordered(AT_ONCE)
        .try_collect()
        .await
}

async fn first_report(fleet: &Fleet, vendors: &Vendors, name: String) -> Outcome<f64> {
    let report = vendors.first_report(&name);
    let applied = Instant::now();
    let enclave = name.clone();
    fleet.apply(name, &enclave).await?;
    let arrived = timeout(SENT_WITHIN, report)
        .await
        .map_err(|_| format!("{enclave} sent no report within {SENT_WITHIN:?}"))??;
    Ok((arrived - applied).as_secs_f64() * 1_000.0)
}
