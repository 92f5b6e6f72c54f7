//! One report: fetch its CSV data, map, write, tag.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::time::Instant;

use super::decision::{Criteria, Decision};
use super::examine::{self, Looked};
use super::ports::{Fence, Stop, Verdict};
use super::sink::{Guid, Sink, Write, WriteError, Written};
use super::source::Source;
use super::work::{Handled, Work};
use crate::destinations::trustar::mapping::{self, CsvData, Submission};
use crate::flashpoint::csv_links::{self, MAX_LINKS};
use crate::http::fault::{Fault, FaultKind, Service};
use crate::sync::ledger::{State, Tries};
use crate::sync::report::MAX_REPORT_BYTES;
use indicators::{Indicator, Rules};

/// How often, and how far apart, tags are tried on a report that was written just before.
const TAG_TRIES: u32 = 3;
const TAG_PAUSE: Duration = Duration::from_secs(2);

/// A report and its CSV data of more than this are mapped and written one at a time in the whole process: the same text
/// is held four times over meanwhile.
const HEAVY_BYTES: usize = 2 << 20;
static HEAVY: Semaphore = Semaphore::const_new(1);

/// What the handling of every report of a sync shares.
pub struct Handling<'a, S, K, F> {
    /// Where CSV data comes from.
    pub source: &'a S,
    /// Where reports go to.
    pub sink: &'a K,
    /// Says whether a write may still happen.
    pub fence: &'a F,
    /// What counts.
    pub rules: &'a Arc<Rules>,
    /// As many reports as may be written at once.
    pub writing: Semaphore,
    /// As many reports as may hold CSV data.
    pub holding_csv: Semaphore,
    /// By what is decided what a report needs.
    pub criteria: Criteria,
    /// After this nothing new is begun.
    pub deadline: Instant,
    /// What ended the writing, once something did.
    pub stop: Mutex<Option<Stop>>,
}

impl<S: Source, K: Sink, F: Fence> Handling<'_, S, K, F> {
    /// Handles one report.
    pub async fn handle(&self, looked: Looked) -> Handled {
        let Looked {
            report,
            known,
            found,
        } = looked;
        let work = Work::new(&report, known.as_ref());
        let Some(entry) = work.same else {
            return self.examine(&work, found).await;
        };
        match (self.criteria.of_known(entry), &entry.state) {
            (Decision::Unchanged, _) => work.as_before(Verdict::Unchanged, entry),
            (Decision::WithoutIndicators, _) => work.as_before(work.nothing_sent(), entry),
            (Decision::StillFailed, State::Failed(failure)) => {
                work.as_before(Verdict::Failed(failure.reason.clone()), entry)
            }
            (Decision::StillPending, _) => {
                let next = entry.tries.map(|tries| tries.next);
                let next = next.map_or_else(String::new, |next| {
                    format!(" at {}", next.strftime("%H:%M:%SZ"))
                });
                let why = format!("tried in vain; it is tried again{next}");
                work.as_before(Verdict::Pending(why), entry)
            }
            (Decision::Tags, State::TagsPending { guid, created }) => {
                let tags = mapping::tags(&report);
                let _turn = self.writing.acquire().await;
                self.tag(&work, Guid(guid.clone()), &tags, *created).await
            }
            _ => self.examine(&work, found).await,
        }
    }

    async fn examine(&self, work: &Work<'_>, found: Option<Vec<Indicator>>) -> Handled {
        let report = work.report;
        let without_indicators = State::WithoutIndicators {
            rules: self.criteria.rules,
        };
        if !report.published {
            return if work.in_enclave() {
                work.done(Verdict::Unchanged, State::Sent)
            } else {
                work.done(Verdict::NotPublished, without_indicators)
            };
        }
        if report.len() > MAX_REPORT_BYTES {
            let megabytes = report.len() / (1024 * 1024);
            let reason =
                format!("it has {megabytes} MiB, more than the 16 MiB that a report may have");
            return work.failed(self.criteria.now, reason);
        }
        if let Err(stop) = self.may_begin() {
            return work.pending(stop.to_string());
        }
        let mut links = match &found {
            Some(_) => Vec::new(),
            None => self.source.csv_links(&csv_links::candidates(report)),
        };
        links.truncate(MAX_LINKS);
        let _held = match links.as_slice() {
            [] => None,
            _ => self.holding_csv.acquire().await.ok(),
        };
        let (csv, missing) = self.fetch_csv(work, &links).await;
        let (csv, indicators) = match found {
            Some(found) => (csv, found),
            None => match examine::examine(report.clone(), csv, self.rules.clone()).await {
                Ok(examined) => examined,
                Err(error) if error.is_panic() => {
                    tracing::error!(report = %report.id, %error, "a report could not be examined; please report this");
                    let reason = "it could not be examined: a defect of the operator; see its log";
                    return work.failed(self.criteria.now, reason.to_owned());
                }
                Err(_) => return work.pending(self.note(Stop::TimeUp).to_string()),
            },
        };
        let matched = indicators.iter().any(Indicator::counts);
        let mut handled = if matched || work.in_enclave() {
            if missing.is_some() && work.is_sent() {
                work.done(Verdict::Unchanged, State::Sent)
            } else {
                self.submit(work, csv).await
            }
        } else {
            match &missing {
                None => work.done(Verdict::WithoutIndicators, without_indicators),
                // Its indicators may stand there and nowhere else.
                Some(missing) if missing.tried => {
                    let reason = format!("its CSV data could not be had: {}", missing.why);
                    work.failed(self.criteria.now, reason)
                }
                Some(missing) => work.pending(missing.why.clone()),
            }
        };
        if handled.entry.in_enclave {
            handled.entry.csv = if handled.without_csv {
                Some(Tries::HOPELESS)
            } else {
                missing.as_ref().map(|missing| missing.tries)
            };
        }
        handled.without_csv |= missing.is_some();
        handled.indicators = Some(indicators);
        handled
    }

    async fn submit(&self, work: &Work<'_>, csv: CsvData) -> Handled {
        let bytes = work.report.len() + csv.texts().map(str::len).sum::<usize>();
        let _alone = if bytes > HEAVY_BYTES {
            HEAVY.acquire().await.ok()
        } else {
            None
        };
        let _turn = self.writing.acquire().await;
        let mut submission = mapping::map(work.report, &csv);
        let mut written = self.write(work, &submission).await;
        let too_large_with_csv =
            csv != CsvData::None && matches!(written, Err(Failed::TooLarge(_)));
        if too_large_with_csv {
            submission = mapping::map(work.report, &CsvData::None);
            written = self.write(work, &submission).await;
        }
        let mut handled = match written {
            Ok(Written { guid, keep_guid }) => {
                let kept = keep_guid.then(|| guid.0.clone());
                let mut handled = self.tag(work, guid, &submission.tags, work.is_new()).await;
                handled.written = true;
                handled.entry.guid = kept;
                handled
            }
            // Taken, and not to be found: like tags that find no report.
            Err(Failed::NotYet(reason)) if work.tags_had_their_chances(self.criteria.now) => {
                work.tags_failed(self.criteria.now, reason)
            }
            Err(failed) => {
                let not_yet = matches!(failed, Failed::NotYet(_));
                let reason = failed.to_string();
                let mut handled = self.not_done(work, failed, work.pending(reason));
                if not_yet {
                    handled.entry.tries = Some(work.one_more_try_at_tags(self.criteria.now));
                }
                handled
            }
        };
        handled.without_csv = too_large_with_csv;
        handled
    }

    async fn write(&self, work: &Work<'_>, submission: &Submission) -> Result<Written, Failed> {
        self.may_write()?;
        let earlier = work.guid();
        let write = Write {
            submission,
            is_new: !work.in_enclave(),
            guid: earlier.as_ref(),
        };
        let written = self.sink.write(write).await;
        written.map_err(|error| self.sort(error))
    }

    /// Sets the tags of a report that is in the enclave; with that it is done.
    async fn tag(&self, work: &Work<'_>, guid: Guid, tags: &[String], created: bool) -> Handled {
        let mut handled = match self.alter_tags(work, &guid, tags).await {
            Ok(()) => {
                let verdict = if created {
                    Verdict::Created
                } else {
                    Verdict::Updated
                };
                let mut handled = work.done(verdict, State::Sent);
                handled.entry.tags = tags.to_vec();
                handled
            }
            Err(Failed::NotYet(reason)) if work.tags_had_their_chances(self.criteria.now) => {
                let reason = format!("its tags could not be set: {reason}");
                let mut handled = work.tags_failed(self.criteria.now, reason);
                handled.entry.tags = work.tags_that_may_be_set(tags);
                handled
            }
            Err(failed) => {
                let not_yet = matches!(failed, Failed::NotYet(_));
                let pending = work.tags_pending(guid, created, failed.to_string());
                let mut handled = self.not_done(work, failed, pending);
                handled.entry.tags = work.tags_that_may_be_set(tags);
                if not_yet {
                    handled.entry.tries = Some(work.one_more_try_at_tags(self.criteria.now));
                }
                handled
            }
        };
        handled.entry.in_enclave = true;
        handled.entry.csv = work.csv();
        handled
    }

    async fn alter_tags(
        &self,
        work: &Work<'_>,
        guid: &Guid,
        tags: &[String],
    ) -> Result<(), Failed> {
        let change = work.tag_change(tags);
        if change.is_empty() {
            return Ok(());
        }
        let mut tries = 0;
        loop {
            self.may_write()?;
            let error = match self.sink.alter_tags(guid, &change).await {
                Ok(()) => return Ok(()),
                Err(error) => self.sort(error),
            };
            tries += 1;
            // Only what was just written may be about to show.
            let most = if work.tries().is_none() { TAG_TRIES } else { 1 };
            if !matches!(error, Failed::NotYet(_)) || tries >= most {
                return Err(error);
            }
            tokio::time::sleep(TAG_PAUSE).await;
        }
    }

    /// What becomes of a report that something failed for; `pending` if it is to be gone on with.
    fn not_done(&self, work: &Work<'_>, failed: Failed, pending: Handled) -> Handled {
        let now = self.criteria.now;
        match failed {
            Failed::Own(reason) => work.failed(now, reason),
            Failed::Refused(message) | Failed::TooLarge(message) => {
                let fault = Fault {
                    service: Service::Trustar,
                    kind: FaultKind::UnexpectedResponse,
                    message,
                    retry_after: None,
                };
                work.doubtful(pending, now, fault, true)
            }
            Failed::Broke(fault) => work.doubtful(pending, now, fault, false),
            Failed::NotYet(_) | Failed::Stopped(_) => pending,
        }
    }

    /// Sorts an error by what it means for the rest of the sync; what ends the writing is noted.
    fn sort(&self, error: WriteError) -> Failed {
        match error {
            WriteError::Refused(reason) => Failed::Refused(reason),
            WriteError::InOtherEnclave(reason) => Failed::Own(reason),
            WriteError::TooLarge(reason) => Failed::TooLarge(reason),
            WriteError::NotYet(reason) => Failed::NotYet(reason),
            WriteError::BudgetSpent { ready_in } => self.end(Stop::BudgetSpent(ready_in)),
            // Whatever else one report is answered with may be that report's doing.
            WriteError::Fault(fault)
                if matches!(
                    fault.kind,
                    FaultKind::Unavailable | FaultKind::UnexpectedResponse
                ) =>
            {
                Failed::Broke(fault)
            }
            WriteError::Fault(fault) => self.end(Stop::Fault(fault)),
        }
    }

    /// Whether anything may still be begun that is no call to the sink.
    pub fn may_begin(&self) -> Result<(), Stop> {
        if Instant::now() >= self.deadline {
            return Err(self.note(Stop::TimeUp));
        }
        match self.stopped() {
            // Reports go on being examined while the sink rests: that takes no call to it.
            Some(Stop::Fault(_) | Stop::BudgetSpent(_)) | None => Ok(()),
            Some(stop) => Err(stop),
        }
    }

    fn may_write(&self) -> Result<(), Failed> {
        if let Some(stop) = self.stopped() {
            return Err(Failed::Stopped(stop));
        }
        if Instant::now() >= self.deadline {
            return Err(self.end(Stop::TimeUp));
        }
        self.fence
            .check()
            .map_err(|fenced| self.end(Stop::Fenced(fenced)))
    }

    /// What ended the writing, if something did.
    pub fn stopped(&self) -> Option<Stop> {
        self.stop
            .lock()
            .map_or(Some(Stop::TimeUp), |stop| stop.clone())
    }

    fn end(&self, stop: Stop) -> Failed {
        Failed::Stopped(self.note(stop))
    }

    /// Notes what ends the writing, unless something did before; says what did.
    pub fn note(&self, stop: Stop) -> Stop {
        match self.stop.lock() {
            Ok(mut noted) => noted.get_or_insert(stop).clone(),
            Err(_) => stop,
        }
    }
}

/// Why a report is not done.
#[derive(Debug, thiserror::Error)]
enum Failed {
    /// The report can't be written, whatever becomes of others.
    #[error("{0}")]
    Own(String),
    /// The report was refused.
    #[error("{0}")]
    Refused(String),
    /// It is too large.
    #[error("{0}")]
    TooLarge(String),
    /// What was written can't be found yet.
    #[error("{0}")]
    NotYet(String),
    /// The service failed, or the report makes it fail.
    #[error(transparent)]
    Broke(Fault),
    /// The writing ended.
    #[error("{0}")]
    Stopped(Stop),
}
