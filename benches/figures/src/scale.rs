//! The operator beside operators of other frameworks that do the same work, on one API server, with more and more feeds.

mod apply;
pub mod contract;
mod fleet;
pub mod memory;
mod requests;
mod row;
mod stage;
pub mod subject;
pub mod vendors;
mod watch;
mod window;

use std::time::Duration;

use control_plane::{ControlPlane, Options};

use self::row::{estimate, measure as measure_row};
use self::subject::Subject;
use super::Outcome;
use super::footprint::install_definitions;
use super::results::Results;

/// With how many feeds, where the arguments do not say.
const FEEDS: [usize; 4] = [0, 100, 1_000, 10_000];

/// Measures these subjects with so many feeds, or all with each number; the subjects one after the other with each, so that
/// what is compared was measured at about the same time.
pub async fn measure(counts: &[usize], names: &[&str]) -> Outcome<()> {
    let subjects = Subject::build_all(names).await?;
    let counts = if counts.is_empty() { &FEEDS } else { counts };
    // As in production, a write to the API server is one to the disk.
    let options = Options {
        fsync: true,
        ..Options::default()
    };
    let control_plane = ControlPlane::start(options).await?;
    install_definitions(&control_plane).await?;
    let mut results = Results::new("scale", &["subject", "feeds"]);
    let mut failed = Vec::new();
    let mut left: Duration = counts.iter().map(|count| estimate(*count)).sum();
    left = left.saturating_mul(u32::try_from(subjects.len())?);
    for count in counts {
        for subject in &subjects {
            eprintln!(
                "{} with {count} feeds: about {} s, {} min to go",
                subject.name,
                estimate(*count).as_secs(),
                left.as_secs().div_ceil(60),
            );
            let (row, whole) = measure_row(&control_plane, subject, *count).await?;
            // A row without its memory has nothing of worth, and an earlier one may have.
            if !row["rss_mib"].is_null() {
                results.add(row)?;
            }
            if !whole {
                failed.push(format!("{} with {count} feeds", subject.name));
            }
            left = left.saturating_sub(estimate(*count));
        }
    }
    control_plane.stop().await?;
    if failed.is_empty() {
        Ok(())
    } else {
        Err(format!("could not be measured whole: {}", failed.join(", ")).into())
    }
}
