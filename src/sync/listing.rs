//! Which reports a sync takes on: the latest, and then, page by page, what the ledger does not know.

use std::cmp::Reverse;
use std::collections::HashSet;
use std::sync::Arc;

use jiff::Timestamp;
use serde_json::value::RawValue;
use tokio::time::Instant;

use super::pager::{Pager, Seen};
use super::ports::Clock;
use super::proof::{self, Proof};
use super::source::{Page, Source};
use super::task::{Criteria, Task};
use super::{Mode, Plan};
use crate::http::fault::Fault;
use crate::sync::ledger::{Entry, Known, Ledger, MAX_REPORTS, State};
use crate::sync::report::{
    Defect, Digest, MAX_REPORT_BYTES, Report, ReportId, Unreadable, order_of,
};
use crate::sync::window::{Moment, OVERLAP, TOLERANCE};

/// The most bytes of reports that one sync holds; what is beyond them is left for the next.
const MAX_BYTES_HELD: usize = 64 << 20;

/// After so many bytes of a page were read, other tasks have their turn: it takes about half a millisecond.
const SHARE: usize = 256 << 10;

/// An element of the listing that can't be handled.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unlistable {
    /// It is no report.
    #[error(transparent)]
    Unreadable(#[from] Unreadable),
    /// It alone is too large.
    #[error("{0}")]
    TooLarge(String),
}

/// What a sync takes on.
#[derive(Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a fact about the listing, in any combination"
)]
pub struct Listing {
    /// Reports to handle: those that were not tried before first, and of these the newest.
    pub tasks: Vec<Task>,
    /// Elements that are no reports, and single ones that can't be had. A continuation has none:
    /// they were counted by the sync that it continues.
    pub unlistable: Vec<Unlistable>,
    /// How many reports the service says the window holds.
    pub total: u64,
    /// How many are known of in the window, be it from here or from before.
    pub known: Known,
    /// Reports known to exist in the window that are neither taken on nor known.
    pub backlog: u64,
    /// When the listing began.
    pub moment: Moment,
    /// Where the window begins.
    pub from: Timestamp,
    /// Every id that was listed.
    pub listed: HashSet<ReportId>,
    /// The ids of the reports to handle.
    pub taken_on: HashSet<ReportId>,
    /// Whether the walk came to an end, be it the right one.
    pub ended: bool,
    /// Whether all of the window was read, and it shows.
    pub proof: Proof,
    /// Reports that want something done and are not listed.
    pub gone: Vec<ReportId>,
    /// Whether more was to be read.
    pub cut_short: bool,
    /// What cut it short, other than time; the latest reports were had.
    pub fault: Option<Fault>,
    /// Whether reports were left because the ledger has no room.
    pub ledger_full: bool,
    /// How many settled reports the ledger must forget to take these on.
    pub evicted: usize,
    /// Whether nearly every report that is in the enclave differs from what was sent.
    pub all_differ: bool,
}

/// Reads the listing, asking for no page after `deadline`.
///
/// # Errors
/// When not even the latest reports could be had.
pub async fn list(
    plan: &Plan<'_>,
    ledger: &Ledger,
    source: &dyn Source,
    clock: &dyn Clock,
    deadline: Instant,
) -> Result<Listing, Fault> {
    let (mut pager, first) = Pager::open(plan, source, clock, deadline).await?;
    if ledger.reading().is_some_and(|reading| reading.distrusted) {
        pager.distrust_total();
    }
    let mut selection = Selection::new(plan, ledger, &pager);
    let first = match pager.turn_to_newest(&first, plan.limit).await {
        Some(newest) => newest,
        None => first,
    };
    pager.saw(selection.take_page(first, true).await);
    while pager.goes_on() {
        let latest = pager.is_latest(selection.seen(), plan.limit);
        if !latest && !selection.wants_more(pager.total) {
            break;
        }
        let page = pager.next().await;
        selection.too_large = pager.too_large.len() as u64;
        if let Some(page) = page {
            pager.saw(selection.take_page(page, latest).await);
        }
    }
    Ok(selection.close(pager))
}

fn newest_first(report: &Report) -> Reverse<Option<Timestamp>> {
    Reverse(report.posted_at.or(report.filed_at))
}

/// Whether the listing is read to its end although nothing says that it holds anything new.
///
/// Counts can't tell a report that came from one that went meanwhile, nor can they show that one was
/// edited. So now and then every page is read: whenever a report's stay in the overlap has passed.
fn is_read_through(plan: &Plan<'_>, moment: Moment) -> bool {
    let period = OVERLAP.min(plan.lookback).as_secs().max(1).cast_signed();
    let at = |time: Timestamp| time.as_second().div_euclid(period);
    plan.window
        .covered_to
        .is_none_or(|covered| at(covered) != at(moment.earliest))
}

/// Picks from the pages what the sync takes on.
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a fact about the listing, in any combination"
)]
struct Selection<'a> {
    plan: &'a Plan<'a>,
    ledger: &'a Ledger,
    criteria: Criteria,
    tasks: Vec<Task>,
    /// Bytes of the reports held with all their fields.
    held: usize,
    unlistable: Vec<Unlistable>,
    listed: HashSet<ReportId>,
    /// The elements listed that are no reports.
    unreadable: HashSet<Digest>,
    /// How many single reports are too large to be had.
    too_large: u64,
    /// Reports of the window that the ledger knows.
    remembered: u64,
    /// Unknown reports taken on.
    taken: u64,
    /// Unknown reports seen and not taken on.
    left: u64,
    /// Whether an unknown report was filed before the previous reading began, so that it should have listed it.
    overlooked: bool,
    /// Listed reports filed before the previous reading began.
    older: u64,
    /// Listed reports filed since it was noted how many are known of in the window.
    fresh: u64,
    /// Whether the page last seen held an unknown report.
    page_had_unknown: bool,
    /// Reports that want something done and have not been seen yet.
    wanted: HashSet<&'a ReportId>,
    /// Whether only the end of the listing shows that all is seen.
    to_the_end: bool,
    /// Whether reports were left because too many bytes would be held.
    held_full: bool,
    ledger_full: bool,
    /// Filing times of settled reports, oldest first; filled only when the ledger has less room than `limit`.
    evictable: Vec<Timestamp>,
    /// How many of these are forgotten to make room.
    evicted: usize,
    /// Of the reports in the enclave: how many were listed, and how many of these differ.
    sent: usize,
    differ: usize,
}

impl<'a> Selection<'a> {
    fn new(plan: &'a Plan<'a>, ledger: &'a Ledger, pager: &Pager<'_>) -> Self {
        let (moment, from) = (pager.moment, pager.from);
        let criteria = plan.criteria(moment.now);
        let wanted = ledger
            .entries()
            .filter(|(_, entry)| match (plan.mode, &entry.state) {
                (_, State::Pending { .. } | State::Accepted { .. }) => true,
                (Mode::Full { .. }, _) => {
                    entry.filed_at >= from && criteria.need_of_unchanged(entry).is_work()
                }
                (Mode::Continuation, _) => false,
            });
        let nearly_full = ledger.room() < plan.limit as usize;
        Self {
            plan,
            ledger,
            criteria,
            tasks: Vec::new(),
            held: 0,
            unlistable: Vec::new(),
            listed: HashSet::new(),
            unreadable: HashSet::new(),
            too_large: pager.too_large.len() as u64,
            remembered: ledger.count_since(from),
            taken: 0,
            left: 0,
            overlooked: false,
            older: 0,
            fresh: 0,
            page_had_unknown: false,
            wanted: wanted.map(|(id, _)| id).collect(),
            to_the_end: pager.is_wide
                || plan.window.since.is_some()
                || is_read_through(plan, moment),
            held_full: false,
            ledger_full: false,
            evictable: if nearly_full {
                ledger.settled_times()
            } else {
                Vec::new()
            },
            evicted: 0,
            sent: 0,
            differ: 0,
        }
    }

    /// How many different elements were listed.
    fn seen(&self) -> usize {
        self.listed.len() + self.unreadable.len()
    }

    /// How many elements of the window are accounted for.
    fn known(&self) -> u64 {
        self.remembered + self.taken + self.unlistable.len() as u64 + self.too_large
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
            // This sync takes no more. Read on only if `total` does not show a backlog already.
            total <= self.known()
        }
    }

    fn may_take(&self) -> bool {
        self.taken < u64::from(self.plan.limit) && !self.held_full
    }

    /// Takes what a page holds: of the `latest` ones all are considered, of others those that want something done.
    async fn take_page(&mut self, page: Page, latest: bool) -> Seen {
        self.page_had_unknown = false;
        let before = self.seen();
        let elements: Vec<&str> = page.reports().collect();
        let was_seen = |json: Option<&&str>| json.is_none_or(|json| self.knows(json));
        let (first, last) = (was_seen(elements.first()), was_seen(elements.last()));
        let mut order: Vec<_> = elements
            .iter()
            .map(|json| (order_of(json), *json))
            .collect();
        order.sort_by_key(|(time, _)| Reverse(*time));
        let mut read = 0;
        for (_, json) in order {
            read += json.len();
            if read >= SHARE {
                tokio::task::yield_now().await;
                read = 0;
            }
            self.take_element(json, latest && self.seen() < self.plan.limit as usize);
        }
        Seen {
            anything_new: self.seen() > before,
            length: elements.len(),
            first,
            last,
        }
    }

    /// Whether an element was listed before.
    fn knows(&self, json: &str) -> bool {
        match parse(json) {
            Ok(report) => self.listed.contains(&report.id),
            Err(unreadable) => self.unreadable.contains(&unreadable.digest),
        }
    }

    fn take_element(&mut self, json: &str, latest: bool) {
        match parse(json) {
            Ok(report) => self.take(report, latest),
            Err(unreadable) => {
                // Two pages may show the same one.
                if self.unreadable.insert(unreadable.digest) {
                    self.unlistable.push(unreadable.into());
                }
            }
        }
    }

    fn take(&mut self, report: Report, latest: bool) {
        if !self.listed.insert(report.id.clone()) {
            return;
        }
        self.wanted.remove(&report.id);
        let filed_at = report.filed_at.unwrap_or(Timestamp::MAX);
        let began = self.ledger.reading().map(|reading| reading.began);
        self.older += u64::from(began.is_some_and(|began| filed_at <= began));
        let known = self.ledger.known();
        let is_fresh = known
            .zip(report.filed_at)
            .is_some_and(|(known, filed_at)| filed_at > known.at);
        self.fresh += u64::from(is_fresh);
        let Some(known) = self.ledger.get(&report.id) else {
            if self.plan.mode != Mode::Continuation {
                self.take_unknown(report);
            }
            return;
        };
        if known.delivered {
            self.sent += 1;
            self.differ += usize::from(known.digest != report.digest);
        }
        let need = self.criteria.need_of(&report, Some(known));
        let considered = if self.plan.mode == Mode::Continuation {
            known.is_unfinished()
        } else {
            latest || need.is_work()
        };
        if !considered {
            return;
        }
        let known = Some(known.clone());
        let report = if need.is_work() {
            if !self.hold(&report) {
                self.left += 1;
                return;
            }
            trimmed(report)
        } else {
            report.without_content()
        };
        self.tasks.push(Task {
            report: Arc::new(report),
            known,
            need,
        });
    }

    fn take_unknown(&mut self, report: Report) {
        self.page_had_unknown = true;
        let filed_at = report.filed_at.unwrap_or(Timestamp::MAX);
        if let Some(reading) = self.ledger.reading() {
            self.overlooked |= filed_at <= reading.began;
        }
        let overflow = self.ledger.overflow();
        if overflow.is_some_and(|overflow| filed_at <= overflow.forgotten_to) {
            // It was forgotten to make room, or lies beyond what was.
            self.ledger_full = true;
            self.left += 1;
        } else if !self.may_take() || !self.has_room(filed_at) || !self.hold(&report) {
            self.left += 1;
        } else {
            self.taken += 1;
            self.tasks.push(Task {
                need: self.criteria.need_of(&report, None),
                report: Arc::new(trimmed(report)),
                known: None,
            });
        }
    }

    /// Whether the ledger can remember one more report, if need be in place of an older one that is settled.
    fn has_room(&mut self, filed_at: Timestamp) -> bool {
        let taken = usize::try_from(self.taken).unwrap_or(usize::MAX);
        if self.ledger.len().saturating_add(taken) < MAX_REPORTS.saturating_add(self.evicted) {
            return true;
        }
        let is_newer = |oldest: &Timestamp| *oldest < filed_at;
        let has = self.evictable.get(self.evicted).is_some_and(is_newer);
        self.evicted += usize::from(has);
        // Something does not fit either way: the older of both.
        self.ledger_full = true;
        has
    }

    /// Whether one more report can be held. The first always can.
    fn hold(&mut self, report: &Report) -> bool {
        // One that is larger than any may be is only recorded as failed.
        let bytes = report.len().min(MAX_REPORT_BYTES);
        if self.held + bytes > MAX_BYTES_HELD {
            self.held_full = true;
            return false;
        }
        self.held += bytes;
        true
    }

    /// Whether so few were listed that the listing is not what it was. Within the lookback a report may leave it before the
    /// ledger forgets it, and is listed again if it comes back; what lies beyond, or was never taken on, would be lost.
    fn lists_less(&self, listed: u64, pager: &Pager<'_>) -> bool {
        let least = if pager.is_catch_up {
            self.remembered
        } else {
            self.remembered.div_ceil(2)
        };
        let least = least.max(self.known_before());
        let out_of_reach = pager.moment.out_of_reach(self.plan.lookback);
        let is_missed = |(id, entry): (&ReportId, &Entry)| {
            (pager.from..out_of_reach).contains(&entry.filed_at) && !self.listed.contains(id)
        };
        !self.wanted.is_empty()
            || listed < least
            || pager.is_wide && self.ledger.entries().any(is_missed)
    }

    /// What is known of the window if `count` reports are, filed up to `now`.
    fn known_now(&self, count: u64, now: Timestamp) -> Known {
        match self.ledger.known() {
            Some(before) => Known {
                count: before.count.max(count.saturating_sub(self.fresh)),
                at: before.at.min(now),
            },
            None => Known { count, at: now },
        }
    }

    /// How many reports there are at least in a window that is not covered, by what was known and what came since.
    fn known_before(&self) -> u64 {
        let before = self.ledger.known().map_or(0, |known| known.count);
        before.saturating_add(self.fresh)
    }

    fn close(mut self, pager: Pager<'_>) -> Listing {
        let mode = self.plan.mode;
        let cut_short = !pager.ended && self.wants_more(pager.total);
        let known = self.known();
        let listed = self.listed.len() + self.unlistable.len() + pager.too_large.len();
        let listed = listed as u64;
        let is_less = self.lists_less(listed, &pager);
        let too_large = pager.too_large.into_values().map(Unlistable::TooLarge);
        self.unlistable.extend(too_large);
        let proof = proof::of(proof::Evidence {
            ended: pager.ended,
            complete: self.left == 0 && pager.fault.is_none() && mode != Mode::Continuation,
            total: pager.total,
            listed,
            moved: pager.total_moved,
            has_gap: pager.has_gap,
            overlooked: self.overlooked,
            older: self.older + self.unlistable.len() as u64,
            is_wide: pager.is_catch_up,
            is_less,
            now: pager.moment.earliest,
            earlier: self.ledger.reading(),
        });
        let distrusted = self
            .ledger
            .reading()
            .is_some_and(|reading| reading.distrusted);
        let unseen = match proof {
            // Nothing is known to be missing.
            Proof::Shown | Proof::Accepted { .. } => 0,
            // Within the lookback it is read through again and again.
            Proof::Doubtful { .. } if distrusted || !pager.is_catch_up => 0,
            Proof::Doubtful { .. } => pager.total.saturating_sub(listed),
            Proof::None if pager.ended => 0,
            Proof::None => pager.total.saturating_sub(known).max(cut_short.into()),
        };
        let backlog = self.left.max(unseen);
        // A report may be filed a little ahead of the service's clock.
        let now = pager.moment.now;
        let now = now.checked_add(TOLERANCE).unwrap_or(now);
        let known = if proof.is_end() {
            // What is no longer listed is no longer there.
            Known {
                count: listed,
                at: now,
            }
        } else {
            self.known_now(known.saturating_add(backlog), now)
        };
        // What failed before must not keep what was never tried from its turn.
        let tried = |task: &Task| {
            task.known.as_ref().is_some_and(|entry| {
                entry.tries.is_some() || matches!(entry.state, State::Failed(_))
            })
        };
        self.tasks
            .sort_by_cached_key(|task| (tried(task), newest_first(&task.report)));
        if mode == Mode::Continuation {
            self.unlistable.clear();
        }
        Listing {
            taken_on: self
                .tasks
                .iter()
                .map(|task| task.report.id.clone())
                .collect(),
            tasks: self.tasks,
            unlistable: self.unlistable,
            total: pager.total,
            known,
            backlog,
            moment: pager.moment,
            from: pager.from,
            listed: self.listed,
            gone: if proof.is_end() {
                self.wanted.into_iter().cloned().collect()
            } else {
                Vec::new()
            },
            ended: pager.ended,
            proof,
            cut_short,
            fault: pager.fault,
            ledger_full: self.ledger_full,
            evicted: self.evicted,
            all_differ: self.sent >= MANY && self.differ * 10 > self.sent * 9,
        }
    }
}

/// The report as it is held: of one that is too large only what is recorded of it.
fn trimmed(report: Report) -> Report {
    if report.len() > MAX_REPORT_BYTES {
        report.without_content()
    } else {
        report
    }
}

/// So many reports must differ at once before it is taken for the service's doing.
const MANY: usize = 20;

/// The report that an element is.
fn parse(json: &str) -> Result<Report, Unreadable> {
    match serde_json::from_str::<&RawValue>(json) {
        Ok(raw) => Report::parse(raw),
        Err(_) => Err(Unreadable {
            defect: Defect::NotAnObject,
            digest: Digest::of(json.as_bytes()),
        }),
    }
}
