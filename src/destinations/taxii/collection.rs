//! Whether the collection is there and can be written to, and how much it takes at once.

use std::time::Duration;

use serde::Deserialize;
use tokio::time::Instant;

use super::TaxiiCollection;
use crate::http::Answer;
use crate::http::fault::FaultKind;
use crate::sync::destination::DeliveryError;

/// How long an answer counts.
const COUNTS_FOR: Duration = Duration::from_hours(1);

/// What a server says of an API root and of a collection in it, as far as it matters here.
#[derive(Clone, Copy, Debug)]
pub(super) struct Discovered {
    /// The most bytes of a request, where it says so.
    pub(super) max_content_length: Option<u64>,
    /// Whether objects can be read back. `OpenCTI`'s collections for ingestion can only be written to.
    pub(super) can_read: bool,
}

/// TAXII 2.1, section 4.2.
#[derive(Deserialize)]
struct ApiRoot {
    #[serde(default)]
    max_content_length: Option<u64>,
}

/// TAXII 2.1, section 5.2.
#[derive(Deserialize)]
struct Collection {
    can_read: bool,
    can_write: bool,
}

impl TaxiiCollection {
    /// What the server said within the last hour, or says now.
    pub(super) async fn discovered(&self) -> Result<Discovered, DeliveryError> {
        let usable = |_: &Discovered, at: Instant| at.elapsed() < COUNTS_FOR;
        self.known.get(usable, Box::pin(self.discover())).await
    }

    /// What the server says from now on.
    pub(super) async fn discovered_anew(&self) -> Result<Discovered, DeliveryError> {
        let fetch = Box::pin(self.discover());
        self.known.begun_since(Instant::now(), fetch).await
    }

    async fn discover(&self) -> Result<Discovered, DeliveryError> {
        let answer = self.api("api_root", &[], None, None).await?;
        let root: ApiRoot = match answer.status {
            200..=299 => read(&answer, "a TAXII API root")?,
            403 => return Err(self.unauthorized(&answer)),
            404 => {
                let happened = format!("knows no such API root: check {}", super::TAXII.address);
                return Err(answer.fault(FaultKind::TargetNotFound, &happened).into());
            }
            _ => return Err(answer.fault_of_status().into()),
        };
        let path = ["collections", &self.collection];
        let answer = self.api("collection", &path, None, None).await?;
        let collection: Collection = match answer.status {
            200..=299 => read(&answer, "a TAXII collection")?,
            403 => return Err(self.unauthorized(&answer)),
            404 => return Err(self.not_found(&answer)),
            _ => return Err(answer.fault_of_status().into()),
        };
        if !collection.can_write {
            return Err(self.not_writable(&answer));
        }
        Ok(Discovered {
            max_content_length: root.max_content_length,
            can_read: collection.can_read,
        })
    }

    pub(super) fn not_found(&self, answer: &Answer) -> DeliveryError {
        self.known.forget();
        let happened = format!(
            "shows this credential no collection {}: set spec.destination.taxii.collection to the id of one that is \
             running and that it may write to",
            answer.shown(&self.collection)
        );
        answer.fault(FaultKind::TargetNotFound, &happened).into()
    }

    pub(super) fn not_writable(&self, answer: &Answer) -> DeliveryError {
        self.known.forget();
        let happened = format!(
            "does not let this credential write to the collection {}: give it the right, or set \
             spec.destination.taxii.collection to another",
            answer.shown(&self.collection)
        );
        answer.fault(FaultKind::TargetNotWritable, &happened).into()
    }
}

/// A success's body, as what it should be.
pub(super) fn read<'a, T: Deserialize<'a>>(
    answer: &'a Answer,
    what: &str,
) -> Result<T, DeliveryError> {
    serde_json::from_slice(&answer.body).map_err(|_| answer.unlike(what).into())
}
