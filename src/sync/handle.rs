//! One report: fetch its CSV data, examine it, deliver it.

use std::sync::{Arc, Mutex};

use tokio::sync::Semaphore;
use tokio::time::Instant;

use super::decision::{Criteria, Decision};
use super::destination::{Delivery, DeliveryError, Destination, Receipt, Step};
use super::examine::{self, Looked};
use super::ports::{Fence, Stop, Verdict};
use super::source::Source;
use super::work::{Handled, Work};
use crate::flashpoint::csv_links::{self, MAX_LINKS};
use crate::http::fault::{Fault, FaultKind};
use crate::sync::ledger::{State, Tries};
use crate::sync::report::{CsvData, MAX_REPORT_BYTES};
use indicators::{Indicator, Rules};

/// How often in one sync a destination is asked for what it accepted just before and does not show yet.
const LOOKS: u32 = 3;

/// A report and its CSV data of more than this are mapped and written one at a time in the whole process: the same text
/// is held four times over meanwhile.
const HEAVY_BYTES: usize = 2 << 20;
static HEAVY: Semaphore = Semaphore::const_new(1);

/// What the handling of every report of a sync shares.
pub struct Handling<'a> {
    /// Where CSV data comes from.
    pub source: &'a dyn Source,
    /// Where reports go to.
    pub destination: &'a dyn Destination,
    /// Says whether a write may still happen.
    pub fence: &'a dyn Fence,
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

impl Handling<'_> {
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
            (Decision::Complete, State::Accepted { handle, created }) => {
                let accepted = Accepted {
                    receipt: work.receipt(handle),
                    created: *created,
                };
                let csv = CsvData::None;
                self.deliver(&work, csv, &[], Some(accepted)).await
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
            return if work.is_held() {
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
        let mut handled = if matched || work.is_held() {
            if missing.is_some() && work.is_sent() {
                work.done(Verdict::Unchanged, State::Sent)
            } else {
                let counting: Vec<_> = indicators.iter().filter(|found| found.counts()).collect();
                self.deliver(work, csv, &counting, None).await
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
        if handled.entry.delivered {
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

    /// Delivers a report, from the beginning or, where it was accepted before, from there.
    async fn deliver(
        &self,
        work: &Work<'_>,
        mut csv: CsvData,
        indicators: &[&Indicator],
        accepted: Option<Accepted>,
    ) -> Handled {
        let bytes = work.report.len() + csv.texts().map(str::len).sum::<usize>();
        let _alone = if bytes > HEAVY_BYTES {
            HEAVY.acquire().await.ok()
        } else {
            None
        };
        let _turn = self.writing.acquire().await;
        let mut way = Way::from(accepted, work.is_new());
        let mut without_csv = false;
        let failed = loop {
            match self.step(work, &csv, indicators, &mut way).await {
                Ok(Some(receipt)) => break Ok(receipt),
                Ok(None) => {}
                Err(Failed::TooLarge(_)) if way.receipt.is_none() && csv != CsvData::None => {
                    csv = CsvData::None;
                    without_csv = true;
                }
                Err(failed) => break Err(failed),
            }
        };
        let mut handled = match failed {
            Ok(receipt) => work.delivered(&receipt, way.creates),
            Err(failed) => self.not_delivered(work, failed, way.receipt.as_ref(), way.creates),
        };
        handled.written = way.written;
        handled.without_csv = without_csv;
        handled
    }

    /// One call on the way of a delivery; the receipt once it is complete.
    async fn step(
        &self,
        work: &Work<'_>,
        csv: &CsvData,
        indicators: &[&Indicator],
        way: &mut Way,
    ) -> Result<Option<Receipt>, Failed> {
        self.may_write()?;
        let delivery = Delivery {
            report: work.report,
            csv,
            indicators,
            earlier: work.earlier(),
            accepted: way.receipt.as_ref(),
        };
        match self.destination.deliver(delivery).await {
            Ok(Step::Done(receipt)) => {
                way.written |= way.receipt.is_none();
                Ok(Some(receipt))
            }
            Ok(Step::More(receipt)) => {
                way.written |= way.receipt.is_none();
                way.receipt = Some(receipt);
                Ok(None)
            }
            Ok(Step::Later { why, again_in }) => {
                way.looks += 1;
                // Only what was accepted just now may be about to show.
                let just_now = way.receipt.is_some() && work.tries().is_none();
                if !just_now || way.looks >= LOOKS {
                    return Err(Failed::NotYet(why));
                }
                tokio::time::sleep(again_in).await;
                Ok(None)
            }
            Err(error) => Err(self.sort(error)),
        }
    }

    /// What becomes of a report whose delivery failed, at once or after it was accepted.
    fn not_delivered(
        &self,
        work: &Work<'_>,
        failed: Failed,
        accepted: Option<&Receipt>,
        creates: bool,
    ) -> Handled {
        let now = self.criteria.now;
        let not_yet = matches!(failed, Failed::NotYet(_));
        let mut handled = match (failed, accepted) {
            (Failed::NotYet(reason), _) if work.remainder_had_its_chances(now) => {
                let reason = match accepted {
                    Some(_) => format!("{}: {reason}", self.destination.remainder().failed),
                    None => reason,
                };
                work.remainder_failed(now, reason)
            }
            (failed, _) => {
                let reason = failed.to_string();
                let pending = match accepted {
                    Some(receipt) => work.accepted(receipt, creates, reason),
                    None => work.pending(reason),
                };
                let mut handled = self.not_done(work, failed, pending);
                if not_yet {
                    handled.entry.tries = Some(work.one_more_look(now));
                }
                handled
            }
        };
        if let Some(receipt) = accepted {
            work.note(receipt, &mut handled.entry);
        }
        handled
    }

    /// What becomes of a report that something failed for; `pending` if it is to be gone on with.
    fn not_done(&self, work: &Work<'_>, failed: Failed, pending: Handled) -> Handled {
        let now = self.criteria.now;
        match failed {
            Failed::Own(reason) => work.failed(now, reason),
            Failed::Rejected(message) | Failed::TooLarge(message) => {
                let fault = Fault {
                    service: self.destination.service(),
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
    fn sort(&self, error: DeliveryError) -> Failed {
        match error {
            DeliveryError::Rejected(reason) => Failed::Rejected(reason),
            DeliveryError::Impossible(reason) => Failed::Own(reason),
            DeliveryError::TooLarge(reason) => Failed::TooLarge(reason),
            DeliveryError::BudgetSpent { service, ready_in } => {
                self.end(Stop::BudgetSpent { service, ready_in })
            }
            // Whatever else one report is answered with may be that report's doing.
            DeliveryError::Fault(fault)
                if matches!(
                    fault.kind,
                    FaultKind::Unavailable | FaultKind::UnexpectedResponse
                ) =>
            {
                Failed::Broke(fault)
            }
            DeliveryError::Fault(fault) => self.end(Stop::Fault(fault)),
        }
    }

    /// Whether anything may still be begun that is no call to the sink.
    pub fn may_begin(&self) -> Result<(), Stop> {
        if Instant::now() >= self.deadline {
            return Err(self.note(Stop::TimeUp));
        }
        match self.stopped() {
            // Reports go on being examined while the sink rests: that takes no call to it.
            Some(Stop::Fault(_) | Stop::BudgetSpent { .. }) | None => Ok(()),
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

/// A report that an earlier sync had accepted.
struct Accepted {
    receipt: Receipt,
    /// Whether that created it, as opposed to updating it.
    created: bool,
}

/// How far the delivery of one report is on its way.
struct Way {
    /// What its acceptance gave.
    receipt: Option<Receipt>,
    /// Whether it creates the report, as opposed to updating it.
    creates: bool,
    /// Whether this sync wrote it.
    written: bool,
    /// How often it was asked for and did not show.
    looks: u32,
}

impl Way {
    fn from(accepted: Option<Accepted>, is_new: bool) -> Self {
        let (receipt, creates) = match accepted {
            Some(Accepted { receipt, created }) => (Some(receipt), created),
            None => (None, is_new),
        };
        Self {
            receipt,
            creates,
            written: false,
            looks: 0,
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
    Rejected(String),
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
