//! What a sync's outcome says of its feed: the reason and the message of the Ready condition. Pure.

use crate::api::Reason;
use crate::destinations;
use crate::flashpoint::FLASHPOINT;
use crate::http::fault::{Fault, FaultKind};
use crate::sync::{Conclusion, Note, Outcome};

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
                let are = if pending == 1 { "is" } else { "are" };
                (
                    Reason::WritesPending,
                    format!("{} {are} still to be written: {why}", reports(pending)),
                )
            }
            Conclusion::LedgerFull => {
                let message = "the window holds more reports than fit a ledger (20,000, fewer where they are long named): \
                               what is newest is sent, what is older is not; a shorter spec.lookback ends this, and \
                               gives up what lies before it";
                (Reason::LedgerFull, message.to_owned())
            }
            Conclusion::Draining => (Reason::Draining, summary(outcome)),
            Conclusion::SyncedWithFailures => (Reason::SyncedWithFailures, summary(outcome)),
            Conclusion::Synced => (Reason::Synced, summary(outcome)),
        };
        let notes = Self::notes(outcome);
        let message = notes
            .iter()
            .fold(message, |message, note| format!("{message}; {note}"));
        Self { reason, message }
    }

    /// What else people should know of a sync, whatever it came to; the message ends with it.
    #[must_use]
    pub fn notes(outcome: &Outcome) -> Vec<String> {
        outcome.notes.iter().map(told).collect()
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
    match fault.kind {
        FaultKind::Unauthorized if *fault.service == FLASHPOINT => Reason::FlashpointUnauthorized,
        FaultKind::Unavailable if *fault.service == FLASHPOINT => Reason::FlashpointUnavailable,
        _ => destinations::reason(fault),
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
    let unnamed = outcome.notes.iter().map(|note| match note {
        Note::Unnamed { count, .. } => *count,
        _ => 0,
    });
    let unnamed = unnamed.sum::<u64>().min(counts.failed);
    match (counts.failed, counts.failed - unnamed) {
        (0, _) => {}
        (failed, 0) => parts.push(format!("{failed} failed")),
        (failed, _) => parts.push(format!("{failed} failed (see status.failures)")),
    }
    if counts.backlog > 0 {
        parts.push(format!("a backlog of {} follows", counts.backlog));
    }
    format!(
        "{} considered: {}",
        reports(counts.considered),
        parts.join(", ")
    )
}

/// So many reports, in words.
fn reports(count: u64) -> String {
    let noun = if count == 1 { "report" } else { "reports" };
    format!("{count} {noun}")
}

/// What else people should know.
fn told(note: &Note) -> String {
    match note {
        Note::WrongTotal { total, listed } => format!(
            "Flashpoint says that the window holds {total}, and lists {listed} however often it is read"
        ),
        Note::ReadAgain => {
            "the listing changed while it was read, and is read again by the next sync".to_owned()
        }
        Note::Skipped(count) => format!("{count} skipped by spec.skip"),
        Note::NotListed(count) => format!(
            "{} to be sent once more {} not in the window that was read: a longer spec.lookback lists what is older",
            reports(*count),
            if *count == 1 { "is" } else { "are" }
        ),
        Note::EveryReportDiffers => {
            "nearly every report differs in each of Flashpoint's answers, so each is written again every time: ask \
             Flashpoint which field changes"
                .to_owned()
        }
        Note::OwnWithheld(why) => why.clone(),
        Note::Unnamed { count: 1, why } => {
            format!("one element of the listing has no name to show in status.failures: {why}")
        }
        Note::Unnamed { count, why } => format!(
            "{count} elements of the listing have no name to show in status.failures, the first: {why}"
        ),
    }
}
