//! Which of the listed reports a sync takes on: the latest, and of the rest what the ledger does not know.

use std::cmp::Reverse;
use std::collections::HashSet;
use std::sync::Arc;

use jiff::Timestamp;

use super::ledger::{Ledger, MAX_REPORTS, State};
use super::listing::Unlistable;
use super::pager::{Pager, Seen};
use super::report::{Digest, MAX_REPORT_BYTES, Report, ReportId, order_of};
use super::source::{Page, Source};
use super::task::{Criteria, Task};
use super::{Mode, Plan};

/// The most bytes of reports that one sync holds; what is beyond them is left for the next.
const MAX_BYTES_HELD: usize = 64 << 20;

/// After so many bytes of a page were read, other tasks have their turn: it takes about half a millisecond.
const SHARE: usize = 256 << 10;

/// Picks from the pages what the sync takes on.
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a fact about the listing, in any combination"
)]
pub struct Selection<'a> {
    pub plan: &'a Plan<'a>,
    pub source: &'a dyn Source,
    /// Whether what is new or edited stands together at the newest end of the listing.
    pub by_update: bool,
    pub ledger: &'a Ledger,
    pub criteria: Criteria,
    pub tasks: Vec<Task>,
    /// Bytes of the reports held with all their fields.
    pub held: usize,
    pub unlistable: Vec<Unlistable>,
    pub listed: HashSet<ReportId>,
    /// The elements listed that are no reports.
    pub unreadable: HashSet<Digest>,
    /// How many single reports are too large to be had.
    pub too_large: u64,
    /// Reports of the window that the ledger knows.
    pub remembered: u64,
    /// Unknown reports taken on.
    pub taken: u64,
    /// Unknown reports seen and not taken on.
    pub left: u64,
    /// Whether an unknown report was filed before the previous reading began, so that it should have listed it.
    pub overlooked: bool,
    /// Listed reports filed before the previous reading began.
    pub older: u64,
    /// Listed reports filed since it was noted how many are known of in the window.
    pub fresh: u64,
    /// Up to when reports were filed that the listing can hold.
    pub listed_to: Timestamp,
    /// Listed reports that were filed later all the same.
    pub ahead: u64,
    /// Whether the page last seen held an unknown report, or, where a listing has these together, an edited one.
    pub page_had_news: bool,
    /// Reports that want something done and have not been seen yet.
    pub wanted: HashSet<&'a ReportId>,
    /// Whether only the end of the listing shows that all is seen.
    pub to_the_end: bool,
    /// Whether reports were left because too many bytes would be held.
    pub held_full: bool,
    pub ledger_full: bool,
    /// Filing times of settled reports, oldest first; filled only when the ledger has less room than `limit`.
    pub evictable: Vec<Timestamp>,
    /// How many of these are forgotten to make room.
    pub evicted: usize,
    /// Of the reports in the enclave: how many were listed, and how many of these differ.
    pub sent: usize,
    pub differ: usize,
}

impl<'a> Selection<'a> {
    pub fn new(plan: &'a Plan<'a>, ledger: &'a Ledger, pager: &Pager<'a>) -> Self {
        let (moment, from) = (pager.moment, pager.from);
        let criteria = plan.criteria(moment.now);
        let wanted = ledger
            .entries()
            .filter(|(id, _)| !plan.choice.skips(id))
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
            source: pager.source,
            by_update: pager.terms.by_update,
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
            listed_to: moment.listed_to(),
            ahead: 0,
            page_had_news: false,
            wanted: wanted.map(|(id, _)| id).collect(),
            to_the_end: pager.is_wide || plan.window.since.is_some() || plan.reads_through(moment),
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
    pub fn seen(&self) -> usize {
        self.listed.len() + self.unreadable.len()
    }

    /// How many elements of the window are accounted for.
    pub fn known(&self) -> u64 {
        self.remembered + self.taken + self.unlistable.len() as u64 + self.too_large
    }

    pub fn wants_more(&self, total: u64) -> bool {
        if !self.wanted.is_empty() {
            return true;
        }
        if self.plan.mode == Mode::Continuation || self.left > 0 {
            return false;
        }
        if self.may_take() {
            self.page_had_news || total != self.known() || self.to_the_end
        } else {
            // This sync takes no more. Read on only if `total` does not show a backlog already.
            total <= self.known()
        }
    }

    fn may_take(&self) -> bool {
        self.taken < u64::from(self.plan.limit) && !self.held_full
    }

    /// Takes what a page holds: of the `latest` ones all are considered, of others those that want something done.
    pub async fn take_page(&mut self, page: Page, latest: bool) -> Seen {
        let had_news = std::mem::take(&mut self.page_had_news);
        let before = self.seen();
        let elements: Vec<&str> = page.reports().collect();
        // Of what comes first none can have been seen.
        let knows = |json: &&str| before > 0 && self.knows(json);
        let was_seen = |json: Option<&&str>| json.is_none_or(knows);
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
        let anything_new = self.seen() > before;
        if self.by_update && !anything_new {
            // A page that only overlaps those before it says nothing of what follows.
            self.page_had_news = had_news;
        }
        Seen {
            anything_new,
            length: elements.len(),
            first,
            last,
        }
    }

    /// Whether an element was listed before.
    fn knows(&self, json: &str) -> bool {
        match Report::outline(json) {
            Ok(report) => self.listed.contains(&report.id),
            Err(unreadable) => self.unreadable.contains(&unreadable.digest),
        }
    }

    /// Whether the first readable one of these is unknown: then what a resumed walk passed over before it may be, too.
    pub fn begins_unknown<'j>(&self, mut elements: impl Iterator<Item = &'j str>) -> bool {
        let first = elements.find_map(|json| Report::outline(json).ok());
        first.is_some_and(|report| self.ledger.get(&report.id).is_none())
    }

    fn take_element(&mut self, json: &str, latest: bool) {
        match Report::outline(json) {
            Ok(mut report) => {
                report.deeplink = self.source.deeplink(&report);
                self.take(report, json, latest);
            }
            Err(unreadable) => {
                // Two pages may show the same one.
                if self.unreadable.insert(unreadable.digest) {
                    self.unlistable.push(unreadable.into());
                }
            }
        }
    }

    fn take(&mut self, report: Report, json: &str, latest: bool) {
        if !self.listed.insert(report.id.clone()) {
            return;
        }
        self.wanted.remove(&report.id);
        let filed_at = report.filed_at.unwrap_or(Timestamp::MAX);
        let began = self.ledger.course().reading.map(|reading| reading.began);
        self.older += u64::from(began.is_some_and(|began| filed_at <= began));
        let known = self.ledger.course().known;
        let is_fresh = known
            .zip(report.filed_at)
            .is_some_and(|(known, filed_at)| filed_at > known.at);
        self.fresh += u64::from(is_fresh);
        self.ahead += u64::from(
            report
                .filed_at
                .is_some_and(|filed_at| filed_at > self.listed_to),
        );
        let Some(known) = self.ledger.get(&report.id) else {
            if self.plan.mode != Mode::Continuation {
                self.take_unknown(report, json);
            }
            return;
        };
        let differs = known.digest != report.digest;
        self.page_had_news |= self.by_update && differs;
        if known.delivered {
            self.sent += 1;
            self.differ += usize::from(differs);
        }
        let choice = self.plan.choice;
        let need = choice.need_of(&report, Some(known), &self.criteria);
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
            held(report, json)
        } else {
            report.without_content()
        };
        self.tasks.push(Task {
            report: Arc::new(report),
            known,
            need,
        });
    }

    fn take_unknown(&mut self, report: Report, json: &str) {
        self.page_had_news = true;
        let filed_at = report.filed_at.unwrap_or(Timestamp::MAX);
        if let Some(reading) = self.ledger.course().reading {
            self.overlooked |= filed_at <= reading.began;
        }
        let overflow = self.ledger.course().overflow;
        if overflow.is_some_and(|overflow| filed_at <= overflow.forgotten_to) {
            // It was forgotten to make room, or lies beyond what was.
            self.ledger_full = true;
            self.left += 1;
        } else if !self.may_take() || !self.has_room(filed_at) || !self.hold(&report) {
            self.left += 1;
        } else {
            self.taken += 1;
            self.tasks.push(Task {
                need: self.plan.choice.need_of(&report, None, &self.criteria),
                report: Arc::new(held(report, json)),
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
}

/// The report as it is held: of one that is too large only what is recorded of it.
fn held(report: Report, json: &str) -> Report {
    if report.len() > MAX_REPORT_BYTES {
        report.without_content()
    } else {
        report.with_content(json)
    }
}
