//! The sync of one feed: its plan, its fence, and both services.

use std::sync::Arc;

use jiff::Timestamp;

use super::audit::Audit;
use super::context::Context;
use super::decide::Occasion;
use super::feed::Feed;
use super::fence::FeedFence;
use super::prepare::Means;
use super::status::{self, Ended, Obstacle};
use super::store::Store;
use super::watched::Key;
use crate::api::FlashpointFeedStatus;
use crate::destinations::Opening;
use crate::sync::choice::Choice;
use crate::sync::ledger::Ledger;
use crate::sync::{self, Abandoned, Mode, Plan, Ports};

/// Makes one sync, unless something is in the way of it.
///
/// # Errors
/// When it was superseded: its outcome is another's to tell.
pub async fn attempt(
    feed: &Feed,
    occasion: &Occasion,
    before: &FlashpointFeedStatus,
    means: Result<Means, Obstacle>,
    store: &Store,
    context: &Context,
) -> Result<Ended, Abandoned> {
    let Means {
        credentials,
        journal,
        mut ledger,
    } = match means {
        Ok(means) => means,
        Err(obstacle) => return Ok(Ended::Obstructed(obstacle)),
    };
    let settings = &feed.settings;
    let rules = Arc::new(settings.rules());
    let choice = Choice {
        skip: settings.skip.clone(),
        resend: feed.resend(occasion.forced),
    };
    let plan = Plan {
        limit: settings.limit,
        lookback: settings.lookback,
        timeout: settings.timeout,
        rules: &rules,
        sources: settings.sources,
        window: status::window_of(before),
        choice: &choice,
        mode: mode(feed, occasion, &ledger),
    };
    let fence = FeedFence {
        process: context.process.clone(),
        store: store.clone(),
        feed: Key::new(&feed.namespace, &feed.name),
        uid: feed.uid.clone(),
        generation: feed.generation,
    };
    let destination = context.destinations.open(&Opening {
        feed: &feed.uid,
        access: &credentials.access,
        nothing_delivered: ledger.nothing_delivered(),
        timeout: settings.timeout,
    });
    let source = context
        .flashpoint
        .source(&credentials.flashpoint, settings.timeout);
    let destination_name = settings.target.identity();
    let audit = Audit {
        namespace: &feed.namespace,
        name: &feed.name,
        destination: &destination_name,
        place: settings.target.noun(),
    };
    let ports = Ports {
        source: &source,
        destination: destination.as_ref(),
        journal: &journal,
        fence: &fence,
        clock: &context.clock,
        watcher: &audit,
        cancelled: context.cancelled.clone(),
    };
    let outcome = sync::sync(&plan, &mut ledger, &ports).await?;
    Ok(Ended::Synced {
        outcome: Box::new(outcome),
        ledger: Box::new(ledger),
    })
}

/// Whether the latest reports are handled, or what an earlier sync left pending.
fn mode(feed: &Feed, occasion: &Occasion, ledger: &Ledger) -> Mode {
    let open = ledger.course().open.as_ref();
    let due = open.and_then(|open| open.started.checked_add(feed.settings.interval).ok());
    let is_due = |due: Timestamp| occasion.started >= due;
    if occasion.forced || due.is_none_or(is_due) {
        Mode::Full {
            forced: occasion.forced,
        }
    } else {
        Mode::Continuation
    }
}
