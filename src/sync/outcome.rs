//! What a sync came to.

use std::time::Duration;

use jiff::Timestamp;

use super::close::Closed;
use super::listing::Listing;
use super::ports::{Fenced, JournalError, Stop};
use super::sink::WriteError;
use super::{Mode, Plan};
use crate::counts::Counts;
use crate::fault::{Fault, FaultKind, Service};
use crate::window::Window;

/// When tags are tried again on reports that the sink did not know yet.
const TAGS_FOLLOW_IN: Duration = Duration::from_secs(30);

/// What a sync came to, in the order of urgency.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Conclusion {
    /// A service is at fault, or a person must act.
    Fault(Fault),
    /// The ledger could not be stored, or does not fit.
    Journal(JournalError),
    /// Reports are pending, for this reason.
    WritesPending(String),
    /// The ledger has no room for reports that are still listed.
    LedgerFull,
    /// The latest are handled; a backlog remains.
    Draining,
    /// The latest are handled, some of them on record as failed.
    SyncedWithFailures,
    /// The latest are handled.
    Synced,
}

/// The outcome of a sync.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// What it came to.
    pub conclusion: Conclusion,
    /// What it counted, its earlier parts included; none where nothing could be listed.
    pub counts: Option<Counts>,
    /// Whether the counts include those of an earlier, unfinished sync.
    pub continued: bool,
    /// The checkpoint.
    pub window: Window,
    /// When the sync whose latest reports are now handled began.
    pub handled: Option<Timestamp>,
    /// After this, a continuation can go on.
    pub continue_in: Option<Duration>,
}

/// Why a sync has no outcome: its status is not to be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Abandoned;

/// Why nothing could be listed.
pub enum Unlisted {
    /// A service is at fault, or a person must act.
    Fault(Fault),
    /// Not even the sink can be asked before this time has passed.
    BudgetSpent(Duration),
}

impl From<Fault> for Unlisted {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

impl From<WriteError> for Unlisted {
    fn from(error: WriteError) -> Self {
        match error {
            WriteError::BudgetSpent { ready_in } => Self::BudgetSpent(ready_in),
            WriteError::Fault(fault) => Self::Fault(fault),
            other => Self::Fault(Fault {
                service: Service::Trustar,
                kind: FaultKind::UnexpectedResponse,
                message: other.to_string(),
                retry_after: None,
            }),
        }
    }
}

impl Unlisted {
    /// The outcome of a sync that has nothing to tell but this.
    pub fn outcome(self, plan: &Plan<'_>) -> Outcome {
        let (conclusion, continue_in) = match self {
            Self::Fault(fault) => (Conclusion::Fault(fault), None),
            Self::BudgetSpent(ready_in) => (
                Conclusion::WritesPending(Stop::BudgetSpent(ready_in).to_string()),
                Some(ready_in),
            ),
        };
        Outcome {
            conclusion,
            counts: None,
            continued: false,
            window: plan.window,
            handled: None,
            continue_in,
        }
    }
}

/// The outcome of a sync that ended by `stop`, if anything ended it before its time.
pub fn conclude(
    plan: &Plan<'_>,
    mut closed: Closed,
    listing: &Listing,
    stop: Option<&Stop>,
) -> Result<Outcome, Abandoned> {
    match stop {
        // Somebody else has, or will have, more to tell.
        Some(
            Stop::Fenced(Fenced::Superseded | Fenced::Deposed)
            | Stop::Journal(JournalError::Conflict),
        ) => return Err(Abandoned),
        // What the ledger does not remember is not covered.
        Some(Stop::Journal(_)) => {
            closed.window = plan.window.pinned(listing.from, listing.date);
            closed.handled = None;
        }
        _ => {}
    }
    Ok(Outcome {
        conclusion: conclusion(&closed.counts, listing, stop),
        continue_in: continue_in(&closed.counts, listing, stop),
        counts: Some(closed.counts),
        continued: plan.mode == Mode::Continuation,
        window: closed.window,
        handled: closed.handled,
    })
}

/// What a sync came to, the most urgent first.
fn conclusion(counts: &Counts, listing: &Listing, stop: Option<&Stop>) -> Conclusion {
    match stop {
        Some(Stop::Fault(fault)) => return Conclusion::Fault(fault.clone()),
        Some(Stop::Journal(JournalError::Full(_))) => return Conclusion::LedgerFull,
        Some(Stop::Journal(error)) => return Conclusion::Journal(error.clone()),
        _ => {}
    }
    if let Some(fault) = &listing.fault {
        Conclusion::Fault(fault.clone())
    } else if counts.pending > 0 {
        let why = match stop {
            Some(stop) => stop.to_string(),
            None if listing.cut_short => Stop::TimeUp.to_string(),
            None => {
                "TruSTAR does not know yet the reports just written; their tags follow".to_owned()
            }
        };
        Conclusion::WritesPending(why)
    } else if listing.ledger_full {
        Conclusion::LedgerFull
    } else if counts.backlog > 0 {
        Conclusion::Draining
    } else if counts.failed > 0 {
        Conclusion::SyncedWithFailures
    } else {
        Conclusion::Synced
    }
}

/// When what is pending can go on; nothing where a service's fault decides that.
fn continue_in(counts: &Counts, listing: &Listing, stop: Option<&Stop>) -> Option<Duration> {
    match stop {
        Some(Stop::Fault(_) | Stop::Journal(_)) => None,
        _ if counts.pending == 0 || listing.fault.is_some() => None,
        Some(Stop::BudgetSpent(ready_in)) => Some(*ready_in),
        Some(Stop::TimeUp | Stop::Fenced(_)) => Some(Duration::ZERO),
        None => Some(TAGS_FOLLOW_IN),
    }
}
