//! One report on its way through a sync: examined, delivered, recorded.

use std::collections::BTreeMap;
use std::sync::Arc;

use indicators::{Indicator, IndicatorType, Rules};
use jiff::Timestamp;
use parking_lot::Mutex;
use tokio::sync::Semaphore;
use tokio::time::Instant;

use super::deliver::Delivered;
use super::destination::Destination;
use super::examine::Examined;
use super::own::{MOST_WEIGHT, NOTHING, Own, Sources};
use super::plan::{MIN_WRITING_TIME, Plan};
use super::ports::{Fence, Stop};
use super::record::{Csv, Happened, Record, record};
use super::source::Source;
use super::task::{Criteria, Need, Task};
use super::{Ports, WRITES_AT_ONCE};

/// What the handling of every report of a sync shares.
pub struct Handling<'a> {
    /// Where CSV data comes from.
    pub source: &'a dyn Source,
    pub destination: &'a dyn Destination,
    /// Says whether a write may still happen.
    pub fence: &'a dyn Fence,
    pub rules: &'a Arc<Rules>,
    /// Where indicators are taken from.
    pub sources: Sources,
    /// As many reports as may be written at once.
    pub writing: Semaphore,
    /// As many reports as may hold CSV data.
    pub holding_csv: Semaphore,
    /// So much of Flashpoint's own lists may be held, in KiB: as many of the longest as reports may be written at once.
    pub holding_lists: Semaphore,
    /// By what was decided what each report needs, and is recorded what became of it.
    pub criteria: Criteria,
    /// After this nothing new is begun.
    pub deadline: Instant,
    /// What ended the writing, once something did.
    pub stop: Mutex<Option<Stop>>,
    /// Why the source's own list of a report is withheld, where one was.
    pub withheld: Mutex<Option<String>>,
}

#[derive(Debug)]
pub struct Handled {
    /// What was to be done.
    pub task: Task,
    /// What is remembered and told of it.
    pub record: Record,
    /// How many of what was found in it count, by type, where it was examined.
    pub counted: Option<BTreeMap<IndicatorType, u64>>,
    /// What was found in it, where it was examined and is not held for long.
    pub indicators: Option<Vec<Indicator>>,
    /// What Flashpoint says of them, where it was asked.
    pub own: Option<Own>,
    /// Whether CSV data was missing this time.
    pub without_csv: bool,
    /// Whether the destination was written to.
    pub written: bool,
}

impl Handled {
    /// How many bytes what was found in it takes, about.
    pub fn weight(&self) -> usize {
        let found = self.indicators.iter().flatten();
        let found: usize = found.map(|found| 128 + found.value.len()).sum();
        if self.own.is_some() { 2 * found } else { found }
    }
}

impl<'a> Handling<'a> {
    /// For a sync that began at `begun`; `sources` are those that the feed names.
    pub fn new(
        plan: &Plan<'a>,
        sources: Sources,
        ports: &'a Ports<'_>,
        now: Timestamp,
        begun: Instant,
    ) -> Self {
        Self {
            source: ports.source,
            destination: ports.destination,
            fence: ports.fence,
            rules: plan.rules,
            sources,
            writing: Semaphore::new(WRITES_AT_ONCE),
            holding_csv: Semaphore::new(WRITES_AT_ONCE),
            holding_lists: Semaphore::new(WRITES_AT_ONCE * (MOST_WEIGHT >> 10)),
            criteria: plan.criteria(now),
            deadline: (begun + plan.time()).max(Instant::now() + MIN_WRITING_TIME),
            stop: Mutex::new(None),
            withheld: Mutex::new(None),
        }
    }
}

impl Handling<'_> {
    pub async fn handle(&self, task: Task) -> Handled {
        match task.need {
            Need::Examine => self.examine_and_deliver(task).await,
            Need::Complete => {
                let delivered = self.complete(&task).await;
                let written = delivered.written;
                self.recorded(task, delivered.happened, written)
            }
            Need::Skipped => self.recorded(task, Happened::Skipped, false),
            _ => self.recorded(task, Happened::Nothing, false),
        }
    }

    async fn examine_and_deliver(&self, task: Task) -> Handled {
        let Examined {
            data,
            mut csv,
            indicators,
            own,
            sources,
            held: _held,
            listed: _listed,
        } = match self.examine(&task).await {
            Ok(examined) => examined,
            Err(happened) => return self.recorded(task, happened, false),
        };
        let counting: Vec<_> = indicators.iter().filter(|found| found.counts()).collect();
        let is_wanted = !counting.is_empty() || task.is_held();
        let (happened, written) = if !is_wanted {
            (not_wanted(&csv), false)
        } else if csv.missing.is_some() && task.is_sent() {
            (Happened::CsvStillMissing, false)
        } else {
            let found = (counting.as_slice(), own.as_ref().unwrap_or(&NOTHING));
            let cut = own.as_ref().is_some_and(|own| own.cut);
            let partial = csv.missing.is_some() || sources != self.sources || cut;
            let delivered = self.deliver(&task, data, found, partial).await;
            let Delivered {
                happened,
                written,
                left_out_csv,
            } = delivered;
            csv.left_out = left_out_csv;
            (happened, written)
        };
        let criteria = Criteria {
            rules: sources.digest(self.rules.digest()),
            ..self.criteria
        };
        let mut counted = BTreeMap::new();
        for found in &counting {
            *counted.entry(found.kind).or_default() += 1;
        }
        Handled {
            record: record(&task, happened, Some(&csv), &criteria),
            task,
            counted: Some(counted),
            indicators: Some(indicators),
            own,
            without_csv: csv.lacks(),
            written,
        }
    }

    fn recorded(&self, task: Task, happened: Happened, written: bool) -> Handled {
        Handled {
            record: record(&task, happened, None, &self.criteria),
            task,
            counted: None,
            indicators: None,
            own: None,
            without_csv: false,
            written,
        }
    }

    /// Whether anything may still be begun that is no call to the destination.
    pub fn may_begin(&self) -> Result<(), Stop> {
        if Instant::now() >= self.deadline {
            return Err(self.note(Stop::TimeUp));
        }
        match self.stopped() {
            // Reports go on being examined while the destination rests: that takes no call to it.
            Some(Stop::Fault(_) | Stop::BudgetSpent { .. }) | None => Ok(()),
            Some(stop) => Err(stop),
        }
    }

    /// Whether the destination may be called.
    pub fn may_write(&self) -> Result<(), Stop> {
        if let Some(stop) = self.stopped() {
            return Err(stop);
        }
        if Instant::now() >= self.deadline {
            return Err(self.note(Stop::TimeUp));
        }
        self.fence
            .check()
            .map_err(|fenced| self.note(Stop::Fenced(fenced)))
    }

    /// What ended the writing, if something did.
    pub fn stopped(&self) -> Option<Stop> {
        self.stop.lock().clone()
    }

    /// Notes what ends the writing, unless something did before; says what did.
    pub fn note(&self, stop: Stop) -> Stop {
        self.stop.lock().get_or_insert(stop).clone()
    }
}

/// What happens to a report in which nothing counts: its indicators may stand in the CSV data that could not be had, and
/// nowhere else.
fn not_wanted(csv: &Csv) -> Happened {
    match &csv.missing {
        None => Happened::NothingCounts,
        Some(missing) if missing.tried => {
            Happened::Unfit(format!("its CSV data could not be had: {}", missing.why))
        }
        Some(missing) => Happened::Left(missing.why.clone()),
    }
}
