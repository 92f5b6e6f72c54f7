//! One report on its way, and what came of it.

use std::collections::HashSet;
use std::sync::Arc;

use indexmap::IndexSet;
use jiff::Timestamp;

use super::ports::Verdict;
use super::sink::{Guid, TagChange};
use crate::fault::Fault;
use crate::indicators::Indicator;
use crate::ledger::{Entry, Failure, MAX_CSV_ATTEMPTS, State};
use crate::mapping::MAX_TAGS;
use crate::report::{Report, ReportId};

/// The longest text of a failure that is remembered, in bytes.
const MAX_REASON_BYTES: usize = 128;

/// One report, handled.
#[derive(Debug)]
pub struct Handled {
    /// Its id.
    pub id: ReportId,
    /// Its title, or nothing.
    pub title: String,
    /// What became of it.
    pub verdict: Verdict,
    /// What to remember of it.
    pub entry: Entry,
    /// What was found in it, where it was examined.
    pub indicators: Option<Vec<Indicator>>,
    /// Whether CSV data was missing this time.
    pub without_csv: bool,
    /// Whether the enclave was written to.
    pub written: bool,
    /// Whether this was an attempt that failed.
    pub attempted: bool,
    /// The service's fault that kept it from being done, where it may be the report's own;
    /// with what to remember if it is.
    pub transient: Option<Box<(Fault, Failure)>>,
    /// When it was posted.
    pub posted_at: Option<Timestamp>,
}

/// A report on its way, with what the ledger knew of it.
pub struct Work<'a> {
    /// The report.
    pub report: &'a Arc<Report>,
    /// What the ledger knew.
    pub known: Option<&'a Entry>,
    /// The same, where it speaks of the same content.
    pub same: Option<&'a Entry>,
}

impl<'a> Work<'a> {
    pub fn new(report: &'a Arc<Report>, known: Option<&'a Entry>) -> Self {
        let same = known.filter(|entry| entry.digest == report.digest);
        Self {
            report,
            known,
            same,
        }
    }

    /// Whether the enclave holds some version of it.
    pub fn in_enclave(&self) -> bool {
        self.known.is_some_and(|entry| entry.in_enclave)
    }

    /// Whether it is in the enclave as it is, its CSV data aside.
    pub fn is_sent(&self) -> bool {
        self.same.is_some_and(|entry| entry.state == State::Sent)
    }

    /// Whether a write counts as created: the ledger did not know it before it was taken on.
    pub fn is_new(&self) -> bool {
        match self.known.map(|entry| &entry.state) {
            None | Some(State::Pending { known: false }) => true,
            Some(State::TagsPending { created, .. }) => *created,
            Some(_) => false,
        }
    }

    /// What is said of it if nothing in it is sent.
    pub fn nothing_sent(&self) -> Verdict {
        if self.report.published {
            Verdict::WithoutIndicators
        } else {
            Verdict::NotPublished
        }
    }

    /// How often the CSV data was asked for in vain.
    pub fn csv_attempts(&self) -> u8 {
        self.same.map_or(0, |entry| entry.csv_attempts)
    }

    /// How often that is, after one more time.
    pub fn csv_attempts_after(&self, missing: bool) -> u8 {
        if missing {
            self.csv_attempts().saturating_add(1).min(MAX_CSV_ATTEMPTS)
        } else {
            0
        }
    }

    /// What turns the tags that are set into those that it has now.
    pub fn tag_change(&self, now: &[String]) -> TagChange {
        let before = self
            .known
            .map(|entry| entry.tags.as_slice())
            .unwrap_or_default();
        // Until its last write and its tags succeeded, those remembered may or may not be set.
        let sure = self.known.is_some_and(|entry| entry.state == State::Sent);
        let had: HashSet<&String> = before.iter().filter(|_| sure).collect();
        let has: HashSet<&String> = now.iter().collect();
        TagChange {
            added: now
                .iter()
                .filter(|tag| !had.contains(tag))
                .cloned()
                .collect(),
            removed: before
                .iter()
                .filter(|tag| !has.contains(tag))
                .cloned()
                .collect(),
            kept: now
                .iter()
                .filter(|tag| had.contains(tag))
                .cloned()
                .collect(),
        }
    }

    /// The tags that may be set after a change to `now` that did not succeed.
    pub fn tags_that_may_be_set(&self, now: &[String]) -> Vec<String> {
        let before = self.known.map(|entry| entry.tags.as_slice());
        let tags = before.unwrap_or_default().iter().chain(now);
        let tags: IndexSet<&String> = tags.collect();
        // One edit after the other may fail: what is remembered has an end.
        tags.into_iter().take(2 * MAX_TAGS).cloned().collect()
    }

    /// The failure that one more attempt makes.
    pub fn failure(&self, now: Timestamp, reason: &str) -> Failure {
        let earlier = match self.same.map(|entry| &entry.state) {
            Some(State::Failed(failure)) => Some(failure),
            _ => None,
        };
        let title = self.report.title.as_deref().unwrap_or_default();
        Failure::after(earlier, now, cut(title), cut(reason))
    }

    /// It ends here for this sync, and stands as `state`.
    pub fn done(&self, verdict: Verdict, state: State) -> Handled {
        Handled {
            id: self.report.id.clone(),
            title: self.report.title.clone().unwrap_or_default(),
            verdict,
            entry: Entry {
                digest: self.report.digest,
                filed_at: self.report.filed_at.unwrap_or(Timestamp::MAX),
                state,
                in_enclave: self.in_enclave(),
                csv_attempts: 0,
                tags: self
                    .known
                    .map(|entry| entry.tags.clone())
                    .unwrap_or_default(),
            },
            indicators: None,
            without_csv: false,
            written: false,
            attempted: false,
            transient: None,
            posted_at: self.report.posted_at,
        }
    }

    /// Nothing was done; the ledger goes on saying `entry`.
    pub fn as_before(&self, verdict: Verdict, entry: &Entry) -> Handled {
        Handled {
            entry: entry.clone(),
            ..self.done(verdict, entry.state.clone())
        }
    }

    /// Another attempt at it failed.
    pub fn failed(&self, now: Timestamp, reason: String) -> Handled {
        let failure = self.failure(now, &reason);
        let mut handled = self.done(Verdict::Failed(reason), State::Failed(failure));
        handled.attempted = true;
        handled
    }

    /// It is still to be written.
    pub fn pending(&self, reason: String) -> Handled {
        let mut handled = match self.same {
            // It stays on record as failed: a service's fault in between is no fresh start.
            Some(entry) if matches!(entry.state, State::Failed(_)) => {
                self.as_before(Verdict::Failed(reason), entry)
            }
            _ => self.done(
                Verdict::Pending(reason),
                State::Pending {
                    known: !self.is_new(),
                },
            ),
        };
        handled.entry.csv_attempts = self.csv_attempts();
        handled
    }

    /// It is written, and its tags are still to be set.
    pub fn tags_pending(&self, guid: Guid, created: bool, reason: String) -> Handled {
        self.done(
            Verdict::Pending(reason),
            State::TagsPending {
                guid: guid.0,
                created,
            },
        )
    }

    /// A service's fault kept it from being done. Whether it is the report's own, more of the sync
    /// will show: until then it stands as `handled` says.
    pub fn transient(&self, mut handled: Handled, now: Timestamp, fault: Fault) -> Handled {
        let failure = self.failure(now, &fault.message);
        handled.transient = Some(Box::new((fault, failure)));
        handled
    }
}

/// The start of a text, at most 128 bytes of it.
fn cut(text: &str) -> String {
    let end = (0..=MAX_REASON_BYTES.min(text.len()))
        .rev()
        .find(|end| text.is_char_boundary(*end));
    text.get(..end.unwrap_or(0)).unwrap_or_default().to_owned()
}
