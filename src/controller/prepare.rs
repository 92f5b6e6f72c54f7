//! What a sync needs of the cluster: the credentials, the ledger, and what the stored status is trusted to say.

use super::context::Context;
use super::feed::Feed;
use super::journal::ClusterJournal;
use super::refusal::Refusal;
use super::secret::{self, Found, SecretError};
use super::status::Obstacle;
use super::trust;
use crate::api::credentials::Credentials;
use crate::api::{FlashpointFeedStatus, Reason};
use crate::sync::ledger::{Ledger, Owner};

/// Why nothing is known of a feed's secret: the API server gave no answer, which says nothing of the secret.
#[derive(Debug, thiserror::Error)]
#[error("failed to read the secret: {0}")]
pub struct PrepareError(#[source] Refusal);

/// What an attempt begins with.
pub struct Prepared {
    /// The status, as far as it speaks of this feed and its destination.
    pub before: FlashpointFeedStatus,
    /// What a sync works with, or why there is none.
    pub means: Result<Means, Obstacle>,
}

/// What a sync works with.
pub struct Means {
    /// The keys to both services.
    pub credentials: Credentials,
    /// Where the ledger is stored.
    pub journal: ClusterJournal,
    pub ledger: Ledger,
}

/// Reads secret and ledger.
///
/// # Errors
/// When the API server did not answer for the secret.
pub async fn prepare(feed: &Feed, context: &Context) -> Result<Prepared, PrepareError> {
    let owner = Owner {
        uid: feed.uid.clone(),
        destination: feed.settings.target.identity().into_owned(),
    };
    let (found, opened) = tokio::join!(
        secret::read(&context.cluster, &feed.namespace, &feed.settings),
        ClusterJournal::open(&context.cluster, &feed.resource, owner),
    );
    let stored = feed.status();
    let (before, opened) = match opened {
        Ok((journal, ledger, provenance)) => {
            let before = trust::trusted(&feed.resource, stored, &provenance);
            let ledger = trust::completed(ledger, &before, &provenance);
            (before, Ok((journal, ledger)))
        }
        // Whether the enclave was edited shows once the ledger can be read.
        Err(error) => {
            let message = format!("the ledger could not be read: {error}; it is tried again");
            let reason = Reason::LedgerUnavailable;
            (stored, Err(Obstacle { reason, message }))
        }
    };
    let means = match tried(feed, found, context)? {
        Ok(found) => opened.map(|(journal, ledger)| Means {
            credentials: found.credentials,
            journal,
            ledger,
        }),
        Err(obstacle) => Err(obstacle),
    };
    Ok(Prepared { before, means })
}

/// Remembers which version of the secret is tried now.
fn tried(
    feed: &Feed,
    found: Result<Found, SecretError>,
    context: &Context,
) -> Result<Result<Found, Obstacle>, PrepareError> {
    let tried = |version: Option<&str>| context.memory.tried_secret(&feed.uid, version);
    let error = match found {
        Ok(found) => {
            tried(Some(&found.version));
            return Ok(Ok(found));
        }
        Err(error) => error,
    };
    let message = error.to_string();
    let reason = match error {
        SecretError::NotFound { .. } => {
            tried(None);
            Reason::SecretNotFound
        }
        SecretError::KeyMissing { version, .. } => {
            tried(Some(&version));
            Reason::SecretKeyMissing
        }
        SecretError::Unavailable { cause, .. } if cause.is_silence() => {
            return Err(PrepareError(cause));
        }
        SecretError::Forbidden { .. } | SecretError::Unavailable { .. } => {
            context.memory.tried_no_secret(&feed.uid);
            Reason::SecretUnavailable
        }
    };
    Ok(Err(Obstacle { reason, message }))
}

/// Whether the secret that a feed waits for is another than the one tried last. One that can't be read is none: the feed's
/// status says so already, or will with the next sync.
pub async fn secret_changed(feed: &Feed, context: &Context) -> bool {
    match secret::version(&context.cluster, &feed.namespace, &feed.settings).await {
        Ok(version) => context.memory.secret_differs(&feed.uid, version.as_deref()),
        Err(SecretError::Unavailable { cause, .. }) => {
            let (namespace, name) = (&feed.namespace, &feed.name);
            tracing::info!(namespace, name, error = %cause, "the secret could not be looked at");
            false
        }
        Err(_) => false,
    }
}
