//! What became of an envelope that was accepted (TAXII 2.1, section 4.3).

use std::collections::{BTreeSet, HashSet};
use std::sync::atomic::Ordering;
use std::time::Duration;

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;
use tokio::time::sleep;

use super::TaxiiCollection;
use super::collection::{Discovered, read};
use crate::destinations::stix::Object;
use crate::http::Answer;
use crate::sync::destination::DeliveryError;

/// How long a pending status is waited for, look by look; one look once the server was slower than all of them. A report
/// takes a turn meanwhile that others wait for.
const LOOKS: [Duration; 5] = [
    Duration::from_millis(100),
    Duration::from_millis(300),
    Duration::from_millis(600),
    Duration::from_secs(1),
    Duration::from_secs(3),
];

/// So many objects are looked up by one call: the address stays below 4,000 characters.
const LOOKED_UP: usize = 50;

#[derive(Debug, Deserialize)]
struct Status {
    id: String,
    #[serde(rename = "status")]
    state: String,
    #[serde(default)]
    failure_count: u64,
    #[serde(default)]
    failures: Option<Vec<Failure>>,
}

/// An object that was not stored.
#[derive(Debug, Deserialize)]
pub(super) struct Failure {
    #[serde(default)]
    pub(super) id: String,
    #[serde(default)]
    pub(super) message: Option<String>,
}

/// What of an envelope was not stored.
pub(super) struct NotStored {
    /// The objects that the server names.
    pub(super) named: Vec<Failure>,
    /// Whether it counts others: names are optional.
    pub(super) others: bool,
}

#[derive(Deserialize)]
struct Manifest {
    #[serde(default)]
    objects: Vec<ManifestRecord>,
}

#[derive(Deserialize)]
struct ManifestRecord {
    id: String,
    version: String,
}

impl TaxiiCollection {
    /// The objects that were not stored, by the answer to an envelope and what follows it. Where nothing is said within
    /// the wait, none is: the server has accepted them.
    pub(super) async fn not_stored(&self, answer: &Answer) -> Result<NotStored, DeliveryError> {
        let mut status: Status = read(answer, "a TAXII status")?;
        let looks = if self.is_slow.load(Ordering::Relaxed) {
            1
        } else {
            LOOKS.len()
        };
        for pause in LOOKS.into_iter().take(looks) {
            if status.state != "pending" {
                break;
            }
            sleep(pause).await;
            let path = ["status", status.id.as_str()];
            let Ok(answer) = self.api("status", &path, None, None).await else {
                break;
            };
            match read(&answer, "a TAXII status") {
                Ok(newer) if answer.succeeded() => status = newer,
                _ => break,
            }
        }
        if status.state == "pending" && !self.is_slow.swap(true, Ordering::Relaxed) {
            tracing::info!(
                server = self.server,
                collection = self.collection,
                "the TAXII server accepts objects and does not say in time what becomes of them: they count as delivered, unconfirmed"
            );
        }
        let mut named = status.failures.unwrap_or_default();
        let told = named.len();
        named.retain(|failure| !failure.id.is_empty());
        let others = named.len() < told || status.failure_count > named.len() as u64;
        Ok(NotStored { named, others })
    }

    /// Those of the failures that are none: the server has this very version.
    pub(super) async fn already_there(
        &self,
        discovered: &Discovered,
        failed: &[&Object],
    ) -> Result<HashSet<String>, DeliveryError> {
        let mut there = HashSet::new();
        if !discovered.can_read {
            return Ok(there);
        }
        for some in failed.chunks(LOOKED_UP) {
            let ids: Vec<_> = some.iter().map(|object| object.id.as_str()).collect();
            let ids = ids.join(",");
            let ids = utf8_percent_encode(&ids, NON_ALPHANUMERIC);
            // With the versions named there is one page of it: medallion gives 100 records at a time.
            let versions: BTreeSet<_> =
                some.iter().map(|object| object.modified.as_str()).collect();
            let versions = versions.into_iter().collect::<Vec<_>>().join(",");
            let versions = utf8_percent_encode(&versions, NON_ALPHANUMERIC);
            let query = format!("match%5Bid%5D={ids}&match%5Bversion%5D={versions}");
            let path = ["collections", &self.collection, "manifest"];
            let answer = self.api("manifest", &path, Some(&query), None).await?;
            if !answer.succeeded() {
                return Ok(there);
            }
            let manifest: Manifest = read(&answer, "a TAXII manifest")?;
            let is_sent = |record: &ManifestRecord| {
                let mut same = some.iter().filter(|object| object.id == record.id);
                same.any(|object| is_same_time(&object.modified, &record.version))
            };
            let stored = manifest.objects.into_iter().filter(is_sent);
            there.extend(stored.map(|record| record.id));
        }
        Ok(there)
    }
}

/// Whether two texts are one time: a server may write the fraction in another way.
fn is_same_time(one: &str, other: &str) -> bool {
    let read = |text: &str| text.parse::<jiff::Timestamp>().ok();
    one == other || read(one).is_some_and(|time| read(other) == Some(time))
}
