//! What a sync came to.

use std::time::Duration;

use jiff::Timestamp;

use super::close::{Closed, RESTLESS};
use super::destination::{DeliveryError, Destination};
use super::listing::Listing;
use super::ports::{Fenced, JournalError, Stop};
use super::proof::Proof;
use super::{Mode, Plan};
use crate::flashpoint::FLASHPOINT;
use crate::http::fault::{Fault, FaultKind, Service};
use crate::sync::counts::Counts;
use crate::sync::ledger::{Ledger, Trouble};
use crate::sync::report::ReportId;
use crate::sync::window::Window;

/// What is pending is gone on with after this at the earliest where nothing else says when.
const FOLLOW_IN: Duration = Duration::from_secs(30);

/// What people should know besides the conclusion.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Note {
    /// Flashpoint's `total` is not what its listing comes to, however often it is read.
    WrongTotal { total: u64, listed: u64 },
    /// The listing changed while it was read: it is read again.
    ReadAgain,
    /// Nearly every report differs in each answer, and is written again.
    EveryReportDiffers,
    /// The feed asks for the source's own indicators, and they are withheld: why, and the next step.
    OwnWithheld(String),
    /// So many reports of the window are left alone, as a person said.
    Skipped(u64),
    /// So many reports that a person wants sent once more are not listed.
    NotListed(u64),
    /// Elements of the listing that can't be named in the status' failures, and why the first can't be handled.
    Unnamed {
        count: u64,
        /// Why the first.
        why: String,
    },
}

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
    Synced,
}

/// The outcome of a sync.
#[derive(Clone, Debug)]
pub struct Outcome {
    pub conclusion: Conclusion,
    /// What it counted, its earlier parts included; none where nothing could be listed.
    pub counts: Option<Counts>,
    /// Whether the counts include those of an earlier, unfinished sync.
    pub continued: bool,
    pub window: Window,
    /// When the sync whose latest reports are now handled began.
    pub handled: Option<Timestamp>,
    /// After this, a continuation can go on.
    pub continue_in: Option<Duration>,
    /// After this, what is pending is tried again, if no sync is due sooner.
    pub retry_in: Option<Duration>,
    /// What people should know besides.
    pub notes: Vec<Note>,
    /// Everything before this time was given up, by a lookback made shorter.
    pub given_up: Option<Timestamp>,
}

/// Why a sync has no outcome: its status is not to be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Abandoned;

/// Why nothing could be listed.
pub enum Unlisted {
    /// A service is at fault, or a person must act.
    Fault(Fault),
    /// Not even the destination can be asked before this time has passed.
    BudgetSpent(&'static Service, Duration),
    /// The ledger can't be stored, which is found out before anything is written.
    Journal(JournalError),
}

impl From<Fault> for Unlisted {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

impl Unlisted {
    /// A check of the destination failed.
    pub fn unchecked(error: DeliveryError, destination: &dyn Destination) -> Self {
        match error {
            DeliveryError::BudgetSpent { service, ready_in } => {
                Self::BudgetSpent(service, ready_in)
            }
            DeliveryError::Fault(fault) => Self::Fault(fault),
            other => Self::Fault(Fault {
                service: destination.service(),
                kind: FaultKind::UnexpectedResponse,
                message: other.to_string(),
                retry_after: None,
            }),
        }
    }

    /// The outcome of a sync that has nothing to tell but this.
    pub fn outcome(self, plan: &Plan<'_>) -> Outcome {
        let (conclusion, continue_in) = match self {
            Self::Fault(fault) => (Conclusion::Fault(fault), None),
            Self::BudgetSpent(service, ready_in) => (
                Conclusion::WritesPending(Stop::BudgetSpent { service, ready_in }.to_string()),
                Some(ready_in),
            ),
            Self::Journal(JournalError::Full(_)) => (Conclusion::LedgerFull, None),
            Self::Journal(error) => (Conclusion::Journal(error), None),
        };
        Outcome {
            conclusion,
            counts: None,
            continued: false,
            window: plan.window,
            handled: None,
            continue_in,
            retry_in: None,
            notes: Vec::new(),
            given_up: None,
        }
    }
}

/// The outcome of a sync that ended by `stop`, if anything ended it before its time.
pub fn conclude(
    plan: &Plan<'_>,
    mut closed: Closed,
    listing: &Listing,
    ledger: &Ledger,
    stop: Option<&Stop>,
    destination: &dyn Destination,
) -> Result<Outcome, Abandoned> {
    match stop {
        // Somebody else has, or will have, more to tell.
        Some(
            Stop::Fenced(Fenced::Superseded | Fenced::Deposed)
            | Stop::Journal(JournalError::Conflict),
        ) => return Err(Abandoned),
        // What the ledger does not remember is not covered.
        Some(Stop::Journal(_)) => {
            closed.window = plan.window.pinned(listing.from, listing.moment);
            closed.handled = None;
        }
        _ => {}
    }
    let until_next_try = ledger.next_try().map(|next| {
        let wait = next.duration_since(listing.moment.now);
        Duration::try_from(wait).unwrap_or_default().max(FOLLOW_IN)
    });
    let (continue_in, retry_in) = waits(&closed.counts, listing, ledger, stop, until_next_try);
    Ok(Outcome {
        conclusion: conclusion(&closed.counts, listing, ledger, stop, destination),
        continue_in,
        retry_in,
        counts: Some(closed.counts),
        window: closed.window,
        handled: closed.handled,
        continued: plan.mode == Mode::Continuation,
        notes: notes(plan, listing, ledger),
        given_up: None,
    })
}

fn notes(plan: &Plan<'_>, listing: &Listing, ledger: &Ledger) -> Vec<Note> {
    let mut notes = Vec::new();
    let skipped = plan.choice.skipped(ledger);
    if skipped > 0 {
        notes.push(Note::Skipped(skipped));
    }
    let is_listed = |id: &&String| ReportId::new(id).is_some_and(|id| listing.listed.contains(&id));
    let resend = &plan.choice.resend;
    let missing = resend.len() - resend.iter().filter(is_listed).count();
    if missing > 0 {
        notes.push(Note::NotListed(missing as u64));
    }
    match listing.proof {
        Proof::Accepted {
            listed,
            count_in_doubt: true,
        } if listed != listing.total => notes.push(Note::WrongTotal {
            total: listing.total,
            listed,
        }),
        Proof::Doubtful { .. } => notes.push(Note::ReadAgain),
        _ => {}
    }
    if ledger.course().restless >= RESTLESS {
        notes.push(Note::EveryReportDiffers);
    }
    if let Some(first) = listing.unlistable.first() {
        notes.push(Note::Unnamed {
            count: listing.unlistable.len() as u64,
            why: first.to_string(),
        });
    }
    notes
}

/// What a sync came to, the most urgent first.
fn conclusion(
    counts: &Counts,
    listing: &Listing,
    ledger: &Ledger,
    stop: Option<&Stop>,
    destination: &dyn Destination,
) -> Conclusion {
    match stop {
        Some(Stop::Fault(fault)) => return Conclusion::Fault(fault.clone()),
        Some(Stop::Journal(JournalError::Full(_))) => return Conclusion::LedgerFull,
        Some(Stop::Journal(error)) => return Conclusion::Journal(error.clone()),
        _ => {}
    }
    if let Some(fault) = &listing.fault {
        Conclusion::Fault(fault.clone())
    } else if let (true, None, Some(trouble)) =
        (counts.pending > 0, stop, ledger.course().trouble.as_ref())
    {
        // Nothing was tried this time, and nothing is known to be better.
        Conclusion::Fault(fault_of(trouble, destination.service()))
    } else if counts.pending > 0 {
        let why = match stop {
            Some(stop) => stop.to_string(),
            None if listing.cut_short => Stop::TimeUp.to_string(),
            None if !ledger.course().unseen.is_empty() => format!(
                "Flashpoint does not list {} of the reports that are not finished; they are dropped once that is certain",
                ledger.course().unseen.len()
            ),
            None => destination.remainder().pending.to_owned(),
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

/// When what is pending can go on, and when it is tried again if no sync is due sooner; nothing where a service's fault
/// decides that.
fn waits(
    counts: &Counts,
    listing: &Listing,
    ledger: &Ledger,
    stop: Option<&Stop>,
    next_try: Option<Duration>,
) -> (Option<Duration>, Option<Duration>) {
    match stop {
        Some(Stop::Fault(_) | Stop::Journal(_)) => (None, None),
        _ if counts.pending == 0 || listing.fault.is_some() => (None, None),
        Some(Stop::BudgetSpent { ready_in, .. }) => (Some(*ready_in), None),
        Some(Stop::TimeUp | Stop::Fenced(_)) => (Some(Duration::ZERO), None),
        // The fault that is told decides.
        None if ledger.course().trouble.as_ref().is_some() => (None, None),
        None => match next_try {
            Some(next) if next > FOLLOW_IN => (None, Some(next)),
            _ => (Some(FOLLOW_IN), None),
        },
    }
}

/// The fault that left reports pending, told again.
fn fault_of(trouble: &Trouble, service: &'static Service) -> Fault {
    Fault {
        service: if trouble.of_source {
            &FLASHPOINT
        } else {
            service
        },
        kind: if trouble.unexpected {
            FaultKind::UnexpectedResponse
        } else {
            FaultKind::Unavailable
        },
        message: trouble.message.clone(),
        retry_after: None,
    }
}
