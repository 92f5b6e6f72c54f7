//! Delivering a report: one call after the other, until the destination holds it as it is to be.

use indicators::Indicator;
use tokio::sync::Semaphore;

use super::destination::{Delivery, DeliveryError, Receipt, Step};
use super::handle::Handling;
use super::own::{self, Own};
use super::ports::Stop;
use super::record::{Happened, Undelivered};
use super::report::CsvData;
use super::task::Task;
use crate::http::fault::{Fault, FaultKind};

/// How often in one sync a destination is asked for what it accepted just before and does not show yet.
const LOOKS: u32 = 3;

/// A report, its CSV data and its indicators of more than this are delivered one at a time in the whole process: the same text is held
/// four times over meanwhile.
const HEAVY_BYTES: usize = 2 << 20;
static HEAVY: Semaphore = Semaphore::const_new(1);

/// What a delivery came to.
pub struct Delivered {
    pub happened: Happened,
    /// Whether this sync wrote the report.
    pub written: bool,
    /// Whether it was too large with its CSV data, and went without.
    pub left_out_csv: bool,
}

/// A delivery under way.
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a fact about the delivery, in any combination"
)]
struct Way<'a> {
    task: &'a Task,
    csv: CsvData,
    indicators: &'a [&'a Indicator],
    own: &'a Own,
    /// Whether CSV data or Flashpoint's own list is missing.
    partial: bool,
    /// What its acceptance gave.
    accepted: Option<Receipt>,
    written: bool,
    /// Whether it was there already, with nothing to be written.
    held: bool,
    left_out_csv: bool,
    /// How often it was asked for and did not show.
    looks: u32,
}

impl<'a> Way<'a> {
    fn new(
        task: &'a Task,
        csv: CsvData,
        (indicators, own): (&'a [&'a Indicator], &'a Own),
        partial: bool,
        accepted: Option<Receipt>,
    ) -> Self {
        Self {
            task,
            csv,
            indicators,
            own,
            partial,
            accepted,
            written: false,
            held: false,
            left_out_csv: false,
            looks: 0,
        }
    }
}

impl Handling<'_> {
    /// Delivers a report from the beginning; `partial` where CSV data of it, or Flashpoint's own list,
    /// could not be had.
    pub async fn deliver(
        &self,
        task: &Task,
        csv: CsvData,
        found: (&[&Indicator], &Own),
        partial: bool,
    ) -> Delivered {
        self.go(Way::new(task, csv, found, partial, None)).await
    }

    /// Does what remains of a delivery that an earlier sync had accepted.
    pub async fn complete(&self, task: &Task) -> Delivered {
        self.go(Way::new(
            task,
            CsvData::None,
            (&[], &own::NOTHING),
            false,
            task.accepted(),
        ))
        .await
    }

    async fn go(&self, mut way: Way<'_>) -> Delivered {
        let listed = way.indicators.iter().map(|found| 128 + found.value.len());
        let bytes = way.task.report.len() + way.csv.bytes() + listed.sum::<usize>();
        let _alone = if bytes > HEAVY_BYTES {
            HEAVY.acquire().await.ok()
        } else {
            None
        };
        let _turn = self.writing.acquire().await;
        let happened = loop {
            match self.step(&mut way).await {
                Ok(Some(receipt)) if way.held => break Happened::Held(receipt),
                Ok(Some(receipt)) => break Happened::Delivered(receipt),
                Ok(None) => {}
                Err(why) => {
                    break Happened::Undelivered {
                        accepted: way.accepted,
                        why,
                    };
                }
            }
        };
        Delivered {
            happened,
            written: way.written,
            left_out_csv: way.left_out_csv,
        }
    }

    /// One call; the receipt once the delivery is complete.
    async fn step(&self, way: &mut Way<'_>) -> Result<Option<Receipt>, Undelivered> {
        self.may_write()
            .map_err(|stop| Undelivered::Stopped(stop.to_string()))?;
        let delivery = Delivery {
            report: &way.task.report,
            csv: &way.csv,
            indicators: way.indicators,
            own: way.own,
            partial: way.partial,
            earlier: way.task.earlier(),
            accepted: way.accepted.as_ref(),
        };
        match self.destination.deliver(delivery).await {
            Ok(Step::Done(receipt)) => {
                way.written |= way.accepted.is_none();
                Ok(Some(receipt))
            }
            Ok(Step::Held(receipt)) => {
                way.held = !way.written;
                Ok(Some(receipt))
            }
            Ok(Step::More(receipt)) => {
                way.written |= way.accepted.is_none();
                way.accepted = Some(receipt);
                Ok(None)
            }
            Ok(Step::Later { why, again_in }) => {
                way.looks += 1;
                // Only what was accepted just now may be about to show.
                let just_now = way.accepted.is_some() && way.task.tries().is_none();
                if !just_now || way.looks >= LOOKS {
                    return Err(self.not_yet(why, way.accepted.is_some()));
                }
                tokio::time::sleep(again_in).await;
                Ok(None)
            }
            Err(DeliveryError::TooLarge(_))
                if way.accepted.is_none() && way.csv != CsvData::None =>
            {
                way.csv = CsvData::None;
                way.left_out_csv = true;
                Ok(None)
            }
            Err(error) => Err(self.sort(error)),
        }
    }

    fn not_yet(&self, why: String, is_accepted: bool) -> Undelivered {
        let as_failure = if is_accepted {
            format!("{}: {why}", self.destination.remainder().failed)
        } else {
            why.clone()
        };
        Undelivered::NotYet { why, as_failure }
    }

    /// Sorts an error by what it means for the rest of the sync; what ends the writing is noted.
    pub(super) fn sort(&self, error: DeliveryError) -> Undelivered {
        let stopped = |stop| Undelivered::Stopped(self.note(stop).to_string());
        match error {
            DeliveryError::Impossible(reason) => Undelivered::Impossible(reason),
            DeliveryError::Rejected(message) | DeliveryError::TooLarge(message) => {
                Undelivered::Doubtful {
                    fault: Fault {
                        service: self.destination.service(),
                        kind: FaultKind::UnexpectedResponse,
                        message,
                        retry_after: None,
                    },
                    rejected: true,
                }
            }
            DeliveryError::BudgetSpent { service, ready_in } => {
                stopped(Stop::BudgetSpent { service, ready_in })
            }
            // Whatever else one report is answered with may be that report's doing.
            DeliveryError::Fault(fault)
                if matches!(
                    fault.kind,
                    FaultKind::Unavailable | FaultKind::UnexpectedResponse
                ) =>
            {
                Undelivered::Doubtful {
                    fault,
                    rejected: false,
                }
            }
            DeliveryError::Fault(fault) => stopped(Stop::Fault(fault)),
        }
    }
}
