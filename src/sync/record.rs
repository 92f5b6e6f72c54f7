//! What is remembered and told of a report after a sync did what it could. Pure.

use jiff::{SignedDuration, Timestamp};

use super::choice;
use super::csv::Missing;
use super::destination::Receipt;
use super::ledger::{Entry, Failure, RETRY_AFTER, State, Tries};
use super::ports::Verdict;
use super::task::{Criteria, Need, Task};
use crate::http::fault::Fault;
use crate::telemetry::shown;

/// The longest text of a failure that is remembered, in bytes.
const MAX_REASON_BYTES: usize = 128;

/// When what was accepted and did not show is asked for again first.
pub const FOLLOWS_IN: SignedDuration = SignedDuration::from_secs(30);

/// So many attempts at a pending report may follow each other as the feed's retries do; later ones are spaced, however
/// short its interval.
const QUICK_ATTEMPTS: u32 = 4;

/// What happened to one report in a sync.
#[derive(Debug)]
pub enum Happened {
    /// Nothing: it needed nothing.
    Nothing,
    /// Nothing: it is to be left alone.
    Skipped,
    /// It is not published, so that nothing of it is sent or changed.
    Unpublished,
    /// It can't be handled, whatever the services do, and why.
    Unfit(String),
    /// The sync did not come to it, or was cut off, and why.
    Left(String),
    /// Nothing in it counts.
    NothingCounts,
    /// It is at the destination as it is; the CSV data that it lacks could not be had this time either.
    CsvStillMissing,
    /// The destination holds it as it is to be.
    Delivered(Receipt),
    /// The same, and did so before: nothing was written.
    Held(Receipt),
    /// It was not delivered, or not all of it.
    Undelivered {
        /// Where it was accepted, by this sync or an earlier one: what that gave.
        accepted: Option<Receipt>,
        /// Why it is not done.
        why: Undelivered,
    },
}

/// Why a report is not delivered.
#[derive(Debug, thiserror::Error)]
pub enum Undelivered {
    /// It can't be, whatever becomes of others.
    #[error("{0}")]
    Impossible(String),
    /// An attempt failed, and more of the sync will show whose doing that is.
    #[error("{fault}")]
    Doubtful {
        /// What is told of it.
        fault: Fault,
        /// Whether the service refused it, as opposed to failing on it.
        rejected: bool,
    },
    /// What was accepted does not show yet; and what is told if it never does.
    #[error("{why}")]
    NotYet {
        why: String,
        /// The same as the reason of a failure.
        as_failure: String,
    },
    /// The sync wrote no more, and why.
    #[error("{0}")]
    Stopped(String),
}

/// What a look for a report's CSV data came to.
#[derive(Debug, Default)]
pub struct Csv {
    /// What is missing of it.
    pub missing: Option<Missing>,
    /// Whether the report was too large for the destination with it, and went without.
    pub left_out: bool,
}

impl Csv {
    /// Whether the report is without CSV data this time.
    pub fn lacks(&self) -> bool {
        self.missing.is_some() || self.left_out
    }
}

/// What is remembered and told of a report.
#[derive(Debug)]
pub struct Record {
    pub verdict: Verdict,
    /// What to remember of it.
    pub entry: Entry,
    /// Whether this was an attempt that failed.
    pub attempted: bool,
    /// What kept it from being done, where it is not clear yet whose doing that is; till then it counts as pending.
    pub doubt: Option<Box<Doubt>>,
}

/// An attempt that failed for a reason that more of the sync will show: the report's own, or the service's.
#[derive(Clone, Debug)]
pub struct Doubt {
    /// Whether the service refused it, as opposed to failing on it.
    pub rejected: bool,
    /// What is told of it.
    pub fault: Fault,
    /// What is remembered if it is the report's own.
    pub failure: Failure,
    /// The same where it was tried long enough for that to be shown without the success of another.
    pub exhausted: Option<Failure>,
}

/// What is remembered and told of a report. `csv`: what a look for its CSV data came to, if there was one.
pub fn record(task: &Task, happened: Happened, csv: Option<&Csv>, criteria: &Criteria) -> Record {
    let Criteria { now, rules, .. } = *criteria;
    let without_indicators = State::WithoutIndicators { rules };
    let mut record = match happened {
        Happened::Nothing => nothing(task),
        // One without a date would be filed anew by each sync, and the ledger stored for that.
        Happened::Skipped if task.is_left_alone() => nothing(task),
        Happened::Skipped => ended(task, Verdict::Skipped, choice::left_alone()),
        Happened::Unpublished if task.is_held() => ended(task, Verdict::Unchanged, State::Sent),
        Happened::Unpublished => ended(task, Verdict::NotPublished, without_indicators),
        Happened::Unfit(reason) => failed(task, task.failed_tries(), now, reason),
        Happened::Left(reason) => pending(task, reason),
        Happened::NothingCounts => ended(task, Verdict::WithoutIndicators, without_indicators),
        Happened::CsvStillMissing => ended(task, Verdict::Unchanged, State::Sent),
        Happened::Delivered(receipt) => delivered(task, &receipt),
        Happened::Held(receipt) => Record {
            verdict: Verdict::Unchanged,
            ..delivered(task, &receipt)
        },
        Happened::Undelivered { accepted, why } => undelivered(task, accepted.as_ref(), why, now),
    };
    if let Some(csv) = csv.filter(|_| record.entry.delivered) {
        record.entry.csv = if csv.left_out {
            Some(Tries::HOPELESS)
        } else {
            csv.missing.as_ref().map(|missing| missing.tries)
        };
    }
    record
}

/// It ends here for this sync, and stands as `state`.
fn ended(task: &Task, verdict: Verdict, state: State) -> Record {
    let report = &task.report;
    let earlier = task.earlier();
    Record {
        verdict,
        entry: Entry {
            digest: report.digest,
            filed_at: report.filed_at.unwrap_or(Timestamp::MAX),
            state,
            delivered: earlier.held,
            labels: earlier.labels.to_vec(),
            csv: None,
            tries: None,
            handle: earlier.handle.map(str::to_owned),
        },
        attempted: false,
        doubt: None,
    }
}

/// Nothing was done; the ledger goes on saying what it said.
fn nothing(task: &Task) -> Record {
    let Some(entry) = task.same() else {
        return pending(task, "it was not looked at".to_owned());
    };
    let verdict = match (task.need, &entry.state) {
        (Need::Skipped, _) => Verdict::Skipped,
        (Need::WithoutIndicators, _) if !task.report.published => Verdict::NotPublished,
        (Need::WithoutIndicators, _) => Verdict::WithoutIndicators,
        (Need::StillFailed, State::Failed(failure)) => Verdict::Failed(failure.reason.clone()),
        (Need::StillPending, _) => {
            let next = entry.tries.map(|tries| tries.next);
            let next = next.map_or_else(String::new, |next| {
                format!(" at {}", next.strftime("%H:%M:%SZ"))
            });
            Verdict::Pending(format!("tried in vain; it is tried again{next}"))
        }
        _ => Verdict::Unchanged,
    };
    as_before(task, verdict, entry)
}

fn as_before(task: &Task, verdict: Verdict, entry: &Entry) -> Record {
    Record {
        entry: entry.clone(),
        ..ended(task, verdict, entry.state.clone())
    }
}

/// One more attempt failed after `earlier` ones at the same content, for a reason of the report's own.
fn failed(task: &Task, earlier: Option<Tries>, now: Timestamp, reason: String) -> Record {
    let state = State::Failed(Box::new(failure(task, earlier, now, &reason)));
    Record {
        attempted: true,
        ..ended(task, Verdict::Failed(reason), state)
    }
}

fn failure(task: &Task, earlier: Option<Tries>, now: Timestamp, reason: &str) -> Failure {
    let title = task.report.title.as_deref().unwrap_or_default();
    let mut failure = Failure::after(earlier, now, cut(title), cut(reason));
    let known = task.known.as_ref().map(|entry| &entry.state);
    if let (None, Some(State::Failed(before))) = (earlier, known) {
        // An edit is a fresh start, and yet it is known since when it fails.
        failure.first = failure.first.min(before.first);
    }
    failure
}

/// It is still to be delivered.
fn pending(task: &Task, reason: String) -> Record {
    let mut record = match task.same() {
        // It stays on record as failed: a service's fault in between is no fresh start.
        Some(entry) if matches!(entry.state, State::Failed(_)) => {
            as_before(task, Verdict::Failed(reason), entry)
        }
        _ => {
            let known = !task.is_new();
            ended(task, Verdict::Pending(reason), State::Pending { known })
        }
    };
    record.entry.csv = task.csv_tries();
    record.entry.tries = task.tries();
    record
}

fn delivered(task: &Task, receipt: &Receipt) -> Record {
    let verdict = if task.is_new() {
        Verdict::Created
    } else {
        Verdict::Updated
    };
    let mut record = ended(task, verdict, State::Sent);
    note(task, receipt, &mut record.entry);
    record
}

fn undelivered(
    task: &Task,
    accepted: Option<&Receipt>,
    why: Undelivered,
    now: Timestamp,
) -> Record {
    let mut record = match (why, accepted) {
        (Undelivered::Impossible(reason), _) => failed(task, task.failed_tries(), now, reason),
        (Undelivered::NotYet { as_failure, .. }, _) if had_its_chances(task, now) => {
            let earlier = task.failed_tries().or(task.tries());
            failed(task, earlier, now, as_failure)
        }
        (why, accepted) => {
            let reason = why.to_string();
            let mut record = match accepted {
                Some(receipt) => incomplete(task, receipt, reason),
                None => pending(task, reason),
            };
            match why {
                Undelivered::NotYet { .. } => record.entry.tries = Some(one_more_look(task, now)),
                Undelivered::Doubtful { fault, rejected } => {
                    doubtful(task, &mut record, now, fault, rejected);
                }
                Undelivered::Impossible(_) | Undelivered::Stopped(_) => {}
            }
            record
        }
    };
    if let Some(receipt) = accepted {
        note(task, receipt, &mut record.entry);
    }
    record
}

/// It is accepted, and something is still to be done about it.
fn incomplete(task: &Task, receipt: &Receipt, reason: String) -> Record {
    let state = State::Accepted {
        handle: receipt.handle.clone(),
        created: task.is_new(),
    };
    let mut record = ended(task, Verdict::Pending(reason), state);
    record.entry.tries = task.tries();
    record
}

/// Notes in an entry what a receipt says.
fn note(task: &Task, receipt: &Receipt, entry: &mut Entry) {
    entry.delivered = true;
    entry.handle = receipt.keep_handle.then(|| receipt.handle.clone());
    entry.labels.clone_from(&receipt.labels);
    entry.csv = task.csv_tries();
}

/// Whether what was accepted was asked for so long that it was delivered once more, or failed before.
fn had_its_chances(task: &Task, now: Timestamp) -> bool {
    task.failed_tries().is_some() || task.tries().is_some_and(|tries| tries.exhausted(now))
}

/// One more look for what was accepted found nothing.
fn one_more_look(task: &Task, now: Timestamp) -> Tries {
    let pause = if task.tries().is_none() {
        FOLLOWS_IN
    } else {
        RETRY_AFTER
    };
    Tries::after(task.tries(), now, pause)
}

/// Notes an attempt that failed. Whether that is the report's own doing, more of the sync will show.
fn doubtful(task: &Task, record: &mut Record, now: Timestamp, fault: Fault, rejected: bool) {
    let tries = task.tries();
    let quick = tries.is_none_or(|tries| tries.attempts < QUICK_ATTEMPTS);
    let pause = if quick {
        SignedDuration::ZERO
    } else {
        RETRY_AFTER
    };
    let failed = task.failed_tries();
    let set_aside = failed.filter(|tries| tries.exhausted(now));
    let earlier = set_aside.or(tries).or(failed);
    let exhausted = Tries::after(earlier, now, pause).exhausted(now);
    record.entry.tries = Some(Tries::after(tries, now, pause));
    record.doubt = Some(Box::new(Doubt {
        rejected,
        exhausted: exhausted.then(|| failure(task, earlier, now, &fault.message)),
        failure: failure(task, failed, now, &fault.message),
        fault,
    }));
}

/// A text as it is remembered of a failure.
fn cut(text: &str) -> String {
    shown::line(text, MAX_REASON_BYTES)
}
