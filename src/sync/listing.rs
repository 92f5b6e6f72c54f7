//! Reading the listing, page by page, and what that says of the window.

use std::cmp::Reverse;
use std::collections::HashSet;

use jiff::Timestamp;
use tokio::time::Instant;

use super::ledger::{Entry, Known, Ledger, Place, State};
use super::pager::Pager;
use super::ports::Clock;
use super::proof::{self, Proof};
use super::report::{Report, ReportId, Unreadable};
use super::selection::Selection;
use super::source::Source;
use super::task::Task;
use super::window::Moment;
use super::{Mode, Plan};
use crate::http::fault::Fault;

/// An element of the listing that can't be handled.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unlistable {
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
    pub moment: Moment,
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
    /// Where the next walk goes on, if this one could not come to its end in one sync.
    pub walked: Option<Place>,
    /// Whether it went on from where something may have been passed over.
    pub passed_over: bool,
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
    if ledger
        .course()
        .reading
        .is_some_and(|reading| reading.distrusted)
    {
        pager.distrust_total();
    }
    let mut selection = Selection::new(plan, ledger, &pager);
    let first = match pager.turn_to_newest(&first, plan.limit).await {
        Some(newest) => newest,
        None => first,
    };
    pager.saw(selection.take_page(first, true).await);
    let mut walked = ledger.course().walked;
    let (mut was_resumed, mut passed_over) = (false, false);
    while pager.goes_on() {
        let latest = pager.is_latest(selection.seen(), plan.limit);
        if !latest && !selection.wants_more(pager.total) {
            break;
        }
        if !latest {
            walked = walked.filter(|place| !pager.resume(*place));
        }
        let just_resumed = pager.resumed && !was_resumed;
        was_resumed = pager.resumed;
        let place = pager.place;
        let page = pager.next().await;
        selection.too_large = pager.too_large.len() as u64;
        if let Some(page) = page {
            if just_resumed {
                passed_over = match place {
                    Place::From(_) => selection.begins_unknown(page.reports()),
                    Place::UpTo(_) => selection.begins_unknown(page.reports().rev()),
                };
            }
            pager.saw(selection.take_page(page, latest).await);
        }
    }
    Ok(selection.close(pager, passed_over))
}

/// So many reports must differ at once before it is taken for the service's doing.
const MANY: usize = 20;

fn newest_first(report: &Report) -> Reverse<Option<Timestamp>> {
    Reverse(report.posted_at.or(report.filed_at))
}

impl Selection<'_> {
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

    /// What is known of the window if `count` reports are, those filed ahead of the clock included: these are counted as
    /// fresh by whoever goes on from here.
    fn known_now(&self, count: u64, now: Timestamp) -> Known {
        match self.ledger.course().known {
            Some(before) if before.at <= now => Known {
                count: before.count.max(count.saturating_sub(self.fresh)),
                at: before.at,
            },
            // The clock is behind itself: what it counted since is fresh again.
            before => Known {
                count: before
                    .map_or(count, |before| before.count.max(count))
                    .saturating_sub(self.ahead),
                at: now,
            },
        }
    }

    /// How many reports there are at least in a window that is not covered, by what was known and what came since.
    fn known_before(&self) -> u64 {
        let before = self.ledger.course().known.map_or(0, |known| known.count);
        before.saturating_add(self.fresh)
    }

    fn close(mut self, pager: Pager<'_>, passed_over: bool) -> Listing {
        let mode = self.plan.mode;
        let cut_short = !pager.ended && self.wants_more(pager.total);
        let goes_on = !passed_over
            && self.left == 0
            && (pager.resumed || pager.fault.is_none() && pager.spent());
        let walked = (goes_on && !pager.ended).then_some(pager.place);
        let known = self.known();
        let listed = self.listed.len() + self.unlistable.len() + pager.too_large.len();
        let listed = listed as u64;
        let is_less = self.lists_less(listed, &pager);
        let too_large = pager.too_large.into_values().map(Unlistable::TooLarge);
        self.unlistable.extend(too_large);
        let proof = proof::of(proof::Evidence {
            ended: pager.ended,
            complete: self.left == 0
                && pager.fault.is_none()
                && !pager.resumed
                && mode != Mode::Continuation,
            total: pager.total,
            listed,
            moved: pager.total_moved,
            has_gap: pager.has_gap,
            overlooked: self.overlooked,
            older: self.older + self.unlistable.len() as u64,
            is_wide: pager.is_catch_up,
            is_less,
            now: pager.moment.earliest,
            earlier: self.ledger.course().reading,
        });
        let distrusted = self
            .ledger
            .course()
            .reading
            .is_some_and(|reading| reading.distrusted);
        let unseen = match proof {
            // Nothing is known to be missing.
            Proof::Shown | Proof::Accepted { .. } => 0,
            // Within the lookback it is read through again and again.
            Proof::Doubtful { .. } if distrusted || !pager.is_catch_up => 0,
            Proof::Doubtful { .. } => pager.total.saturating_sub(listed),
            Proof::None if pager.ended && !pager.resumed => 0,
            Proof::None => pager.total.saturating_sub(known).max(cut_short.into()),
        };
        let backlog = self.left.max(unseen).max(passed_over.into());
        let known = if proof.is_end() {
            // What is no longer listed is no longer there.
            Known {
                count: listed.saturating_sub(self.ahead),
                at: self.listed_to,
            }
        } else {
            self.known_now(known.saturating_add(backlog), self.listed_to)
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
            walked,
            passed_over,
            cut_short,
            fault: pager.fault,
            ledger_full: self.ledger_full,
            evicted: self.evicted,
            all_differ: self.sent >= MANY && self.differ * 10 > self.sent * 9,
        }
    }
}
