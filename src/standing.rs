//! What a sync's outcome says of its feed: the reason and the message of the Ready condition. Pure.

use crate::api::Reason;
use crate::fault::{Fault, FaultKind, Service};
use crate::sync::{Conclusion, Outcome};

/// Why a feed is ready, or is not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// The condition's reason, which also says whether it is true.
    pub reason: Reason,
    /// What happened, where, and the next step.
    pub message: String,
}

impl Standing {
    /// How a feed stands after a sync.
    #[must_use]
    pub fn after(outcome: &Outcome) -> Self {
        let (reason, message) = match &outcome.conclusion {
            Conclusion::Fault(fault) => (reason_of(fault), fault.message.clone()),
            Conclusion::Journal(error) => (
                Reason::LedgerUnavailable,
                format!("{error}; it is tried again"),
            ),
            Conclusion::WritesPending(why) => {
                let pending = outcome.counts.as_ref().map_or(0, |counts| counts.pending);
                (
                    Reason::WritesPending,
                    format!("{pending} reports are still to be written: {why}"),
                )
            }
            Conclusion::LedgerFull => {
                let message = "the window holds more reports than the 20,000 that a ledger remembers; \
                               set a shorter spec.lookback, or wait until older reports have left it";
                (Reason::LedgerFull, message.to_owned())
            }
            Conclusion::Draining => (Reason::Draining, summary(outcome)),
            Conclusion::SyncedWithFailures => (Reason::SyncedWithFailures, summary(outcome)),
            Conclusion::Synced => (Reason::Synced, summary(outcome)),
        };
        Self { reason, message }
    }

    /// How a feed stands that is told to rest.
    #[must_use]
    pub fn suspended() -> Self {
        let message = "suspended by spec.suspend; set it to false to resume".to_owned();
        Self {
            reason: Reason::Suspended,
            message,
        }
    }
}

fn reason_of(fault: &Fault) -> Reason {
    match (fault.kind, fault.service) {
        (FaultKind::Unauthorized, Service::Flashpoint) => Reason::FlashpointUnauthorized,
        (FaultKind::Unauthorized, Service::Trustar) => Reason::TrustarUnauthorized,
        (FaultKind::EnclaveNotFound, _) => Reason::EnclaveNotFound,
        (FaultKind::EnclaveNotWritable, _) => Reason::EnclaveNotWritable,
        (FaultKind::ExternalIdConflict, _) => Reason::ExternalIdConflict,
        (FaultKind::RateLimited, _) => Reason::RateLimited,
        (FaultKind::Unavailable, Service::Flashpoint) => Reason::FlashpointUnavailable,
        (FaultKind::Unavailable, Service::Trustar) => Reason::TrustarUnavailable,
        (FaultKind::UnexpectedResponse, _) => Reason::UnexpectedResponse,
    }
}

/// The latest reports in a sentence.
fn summary(outcome: &Outcome) -> String {
    let Some(counts) = &outcome.counts else {
        return String::new();
    };
    let mut parts = vec![
        format!("{} created", counts.created),
        format!("{} updated", counts.updated),
        format!("{} unchanged", counts.unchanged),
        format!("{} without indicators", counts.without_indicators),
    ];
    if counts.failed > 0 {
        parts.push(format!("{} failed (see status.failures)", counts.failed));
    }
    if counts.backlog > 0 {
        parts.push(format!("a backlog of {} follows", counts.backlog));
    }
    format!(
        "{} reports considered: {}",
        counts.considered,
        parts.join(", ")
    )
}
