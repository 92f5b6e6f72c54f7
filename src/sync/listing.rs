//! Which reports a sync takes on: the latest, and then, page by page, what the ledger does not know.

use std::cmp::Reverse;
use std::collections::HashSet;

use jiff::Timestamp;
use tokio::time::Instant;

use super::decision::Criteria;
use super::elements::{Element, Unlistable};
use super::pager::{PAGE, Pager};
use super::ports::Clock;
use super::source::Source;
use super::{Mode, Plan};
use crate::fault::Fault;
use crate::ledger::{Ledger, State};
use crate::report::{Digest, Report, ReportId};
use crate::window::OVERLAP;

/// What a sync takes on.
#[derive(Debug)]
pub struct Listing {
    /// Reports to handle, newest first.
    pub reports: Vec<Report>,
    /// Elements that are no reports, and single ones that can't be had. A continuation has none:
    /// they were counted by the sync that it continues.
    pub unlistable: Vec<Unlistable>,
    /// How many reports the service says the window holds.
    pub total: u64,
    /// Reports known to exist in the window that are neither taken on nor known.
    pub backlog: u64,
    /// When the listing began, by the service's clock.
    pub date: Timestamp,
    /// Where the window begins.
    pub from: Timestamp,
    /// Every id that was listed.
    pub listed: HashSet<ReportId>,
    /// Whether every page was read to the end.
    pub to_the_end: bool,
    /// Reports that want something done and are not listed.
    pub gone: Vec<ReportId>,
    /// Whether more was to be read.
    pub cut_short: bool,
    /// What cut it short, other than time; the latest reports were had.
    pub fault: Option<Fault>,
    /// Whether reports were left because the ledger has no room.
    pub ledger_full: bool,
}

/// Reads the listing, asking for no page after `deadline`.
///
/// # Errors
/// When not even the latest reports could be had.
pub async fn list(
    plan: &Plan<'_>,
    ledger: &Ledger,
    source: &impl Source,
    clock: &impl Clock,
    deadline: Instant,
) -> Result<Listing, Fault> {
    let (mut pager, latest) = Pager::open(plan, source, clock, deadline).await?;
    let mut selection = Selection::new(plan, ledger, pager.date, pager.from);
    selection.take_latest(latest);
    while pager.goes_on() && selection.wants_more(pager.total) {
        let page = pager.next(PAGE).await;
        if !selection.take_older(page) {
            pager.saw_nothing_new();
        }
    }
    let cut_short = !pager.ended && selection.wants_more(pager.total);
    let backlog = if pager.ended {
        selection.left
    } else {
        let unseen = pager.total.saturating_sub(selection.known());
        selection.left.max(unseen).max(cut_short.into())
    };
    selection.reports.sort_by_key(newest_first);
    if plan.mode == Mode::Continuation {
        selection.unlistable.clear();
    }
    Ok(Listing {
        reports: selection.reports,
        unlistable: selection.unlistable,
        total: pager.total,
        backlog,
        date: pager.date,
        from: pager.from,
        listed: selection.listed,
        to_the_end: pager.ended,
        gone: if pager.ended {
            selection.wanted.into_iter().cloned().collect()
        } else {
            Vec::new()
        },
        cut_short,
        fault: pager.fault,
        ledger_full: selection.ledger_full,
    })
}

fn newest_first(report: &Report) -> Reverse<Option<Timestamp>> {
    Reverse(report.posted_at.or(report.filed_at))
}

/// Whether the listing is read to its end although nothing says that it holds anything new.
///
/// Counts can't tell a report that came from one that went meanwhile, nor can they show that one was
/// edited. So now and then every page is read: whenever a report's stay in the overlap has passed.
fn is_read_through(plan: &Plan<'_>, now: Timestamp) -> bool {
    let period = OVERLAP.min(plan.lookback).as_secs().max(1).cast_signed();
    let at = |time: Timestamp| time.as_second().div_euclid(period);
    plan.window
        .covered_to
        .is_none_or(|covered| at(covered) != at(now))
}

/// Picks from the pages what the sync takes on.
struct Selection<'a> {
    plan: &'a Plan<'a>,
    ledger: &'a Ledger,
    criteria: Criteria,
    reports: Vec<Report>,
    unlistable: Vec<Unlistable>,
    listed: HashSet<ReportId>,
    /// The elements listed that are no reports.
    unreadable: HashSet<Digest>,
    /// Reports of the window that the ledger knows.
    remembered: u64,
    /// Unknown reports taken on.
    taken: u64,
    /// Unknown reports seen and not taken on.
    left: u64,
    /// Whether the page last seen held an unknown report.
    page_had_unknown: bool,
    /// Reports that want something done and have not been seen yet.
    wanted: HashSet<&'a ReportId>,
    /// Whether only the end of the listing shows that all is seen.
    to_the_end: bool,
    ledger_full: bool,
}

impl<'a> Selection<'a> {
    fn new(plan: &'a Plan<'a>, ledger: &'a Ledger, now: Timestamp, from: Timestamp) -> Self {
        let criteria = plan.criteria(now);
        let wanted = ledger
            .entries()
            .filter(|(_, entry)| match (plan.mode, &entry.state) {
                (_, State::Pending { .. } | State::TagsPending { .. }) => true,
                (Mode::Full { .. }, _) => {
                    entry.filed_at >= from && criteria.of_known(entry).is_work()
                }
                (Mode::Continuation, _) => false,
            });
        Self {
            plan,
            ledger,
            criteria,
            reports: Vec::new(),
            unlistable: Vec::new(),
            listed: HashSet::new(),
            unreadable: HashSet::new(),
            remembered: ledger.count_since(from),
            taken: 0,
            left: 0,
            page_had_unknown: false,
            wanted: wanted.map(|(id, _)| id).collect(),
            to_the_end: plan.window.since.is_some() || is_read_through(plan, now),
            ledger_full: false,
        }
    }

    /// How many elements of the window are accounted for.
    fn known(&self) -> u64 {
        self.remembered + self.taken + self.unlistable.len() as u64
    }

    fn wants_more(&self, total: u64) -> bool {
        if !self.wanted.is_empty() {
            return true;
        }
        if self.plan.mode == Mode::Continuation || self.left > 0 {
            return false;
        }
        if self.may_take() {
            self.page_had_unknown || total != self.known() || self.to_the_end
        } else {
            // As many as one sync takes: is there anything beyond what `total` admits?
            total <= self.known()
        }
    }

    fn may_take(&self) -> bool {
        self.taken < u64::from(self.plan.limit) && !self.ledger_full
    }

    /// Takes the latest reports: all of them are considered.
    fn take_latest(&mut self, elements: Vec<Element>) {
        let reports = self.read(elements);
        let limit = self.plan.limit as usize;
        for (place, report) in reports.into_iter().enumerate() {
            self.take(report, place < limit);
        }
    }

    /// Takes from a page beyond the latest reports what wants something done.
    /// Returns whether it held anything that was not listed before.
    fn take_older(&mut self, elements: Vec<Element>) -> bool {
        let before = self.listed.len() + self.unreadable.len();
        self.page_had_unknown = false;
        for report in self.read(elements) {
            self.take(report, false);
        }
        self.listed.len() + self.unreadable.len() > before
    }

    /// The reports among the elements, newest first.
    fn read(&mut self, elements: Vec<Element>) -> Vec<Report> {
        let mut reports = Vec::with_capacity(elements.len());
        for element in elements {
            match element {
                Ok(report) => reports.push(report),
                Err(unlistable) => {
                    if let Unlistable::Unreadable(element) = &unlistable {
                        self.unreadable.insert(element.digest);
                    }
                    self.unlistable.push(unlistable);
                }
            }
        }
        reports.sort_by_key(newest_first);
        reports
    }

    fn take(&mut self, report: Report, latest: bool) {
        if !self.listed.insert(report.id.clone()) {
            return;
        }
        self.wanted.remove(&report.id);
        let known = self.ledger.get(&report.id);
        let wanted = match (self.plan.mode, known) {
            (Mode::Continuation, None) => false,
            (Mode::Continuation, Some(entry)) => {
                matches!(
                    entry.state,
                    State::Pending { .. } | State::TagsPending { .. }
                )
            }
            (Mode::Full { .. }, None) => return self.take_unknown(report),
            (Mode::Full { .. }, Some(_)) => {
                latest || self.criteria.decide(&report, known).is_work()
            }
        };
        if wanted {
            self.reports.push(report);
        }
    }

    fn take_unknown(&mut self, report: Report) {
        self.page_had_unknown = true;
        self.ledger_full |= self.taken >= self.ledger.room() as u64;
        if self.may_take() {
            self.taken += 1;
            self.reports.push(report);
        } else {
            self.left += 1;
        }
    }
}
