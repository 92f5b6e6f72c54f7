//! One feed's reconcile, in five steps: read the feed, decide what it is due for, prepare a sync, make it, and publish the status
//! that follows from it.

use std::time::Duration;

use jiff::Timestamp;

use super::attempt::attempt;
use super::context::Context;
use super::decide::{self, Decision, UNTOLD_RETRY, decide};
use super::feed::{Feed, UnreadableFeed};
use super::memory::Told;
use super::prepare::{PrepareError, Prepared, prepare, secret_changed};
use super::publish::{self, PublishError};
use super::queue::Action;
use super::status;
use super::store::Store;
use super::watched::Watched;

/// When a feed is looked at again after a defect: the next look is likely to meet it again.
const BROKEN_RETRY: Duration = Duration::from_mins(15);

/// Why a feed could not be reconciled, and its status not told: the step that failed.
#[derive(Debug, thiserror::Error)]
pub enum ReconcileError {
    /// The feed can't be read.
    #[error(transparent)]
    Read(#[from] UnreadableFeed),
    /// What a sync needs could not be asked for.
    #[error(transparent)]
    Prepare(#[from] PrepareError),
    /// The status could not be written.
    #[error(transparent)]
    Publish(#[from] PublishError),
    /// A defect of the operator's.
    #[error("the reconcile broke off; please report this with the log")]
    Broken,
}

impl ReconcileError {
    /// When it is worth another look.
    pub fn action(&self) -> Action {
        match self {
            Self::Read(_) => Action::await_change(),
            Self::Publish(PublishError::Refused { pause, .. }) => Action::requeue(*pause),
            Self::Prepare(_) | Self::Publish(PublishError::Unwritten(_)) => {
                Action::requeue(UNTOLD_RETRY)
            }
            Self::Broken => Action::requeue(BROKEN_RETRY),
        }
    }
}

/// Reconciles one feed.
///
/// # Errors
/// When its status can't say what is wrong; an event does where only a person can mend it.
pub async fn reconcile(
    watched: &Watched,
    store: &Store,
    context: &Context,
) -> Result<Action, ReconcileError> {
    // Read the feed, once (no client required).
    let feed = match Feed::read(watched, &context.memory) {
        Ok(Some(feed)) => feed,
        Ok(None) => return Ok(Action::await_change()),
        Err(error) => {
            publish::unreadable(watched, &error, context).await;
            return Err(error.into());
        }
    };
    // Decide what it is due for (no client required; one to look at a secret that it waits for).
    let occasion = match decide(&feed, &context.memory, Timestamp::now()) {
        Decision::Rest(action) => return Ok(action),
        Decision::Tell(told, action) => {
            publish::status(&feed, *told, context).await?;
            return Ok(action);
        }
        Decision::Look(_, action) if !secret_changed(&feed, context).await => return Ok(action),
        Decision::Look(occasion, _) | Decision::Sync(occasion) => occasion,
    };
    let Some(_slot) = context.slot().await else {
        return Ok(Action::await_change());
    };
    let occasion = publish::began(&feed, occasion, context);
    // Prepare a sync: credentials and ledger (client required).
    let Prepared { before, means } = prepare(&feed, context).await?;
    // Sync (services required, and a client for the ledger).
    let synced = Box::pin(attempt(&feed, &occasion, &before, means, store, context));
    let Ok(ended) = synced.await else {
        // The outcome is not ours to tell: what superseded it has queued another look.
        return Ok(Action::requeue(UNTOLD_RETRY));
    };
    // Work out the status (no client required).
    let status = status::after(&before, &occasion.ended(&feed, Timestamp::now()), &ended);
    let next = decide::next_look(&feed, &status, &context.memory, Timestamp::now());
    // Publish it: status, events, log and metrics (client required).
    let told = Told::new(before, status);
    publish::ended(&feed, &occasion, told, &ended, context).await?;
    let left = next.map(|next| next.duration_since(Timestamp::now()));
    let left = left.map_or(UNTOLD_RETRY, |left| left.try_into().unwrap_or_default());
    Ok(Action::requeue(left))
}
