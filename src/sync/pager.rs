//! Walks the pages of one window, from the newest report towards the oldest.
//!
//! Positions in a listing shift while it is read: a report that is withdrawn moves all behind it up, one that comes late
//! moves them down. So each page but the first begins with an element of the one before (it *overlaps* it): if that
//! element was not seen before, something may lie between, and the walk steps back.

mod requests;

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use tokio::time::Instant;

use super::Plan;
use super::ledger::Place;
use super::ports::Clock;
use super::source::{Page, Since, Source, Terms};
use crate::http::fault::{Fault, FaultKind};
use crate::sync::report::{order_of, updated_at};
use crate::sync::window::{Moment, Start, TOLERANCE};

/// The most requests for one listing; a listing that has not ended by then goes on next time.
const MAX_REQUESTS: u32 = 2_000;

/// The most single reports of one listing that may be too large: with more, the service is at
/// fault rather than the reports.
const MAX_TOO_LARGE: usize = 20;

/// How often a page that came too late is asked for in halves: a service that hangs does so whatever is asked for.
const MAX_LATE: u32 = 2;

/// How often a page that is empty before `total` is reached is asked for again before it counts as an end.
const MAX_EMPTY: u32 = 3;

/// A window that was pinned for a reading in doubt is wider than the lookback by less than this.
const IN_DOUBT: Duration = Duration::from_hours(3);

/// How often a walk steps back where a page did not overlap the one before.
const MAX_STEPS_BACK: u32 = 3;

/// A full page with no new element ends the walk if it has at least this many: the service ignores `skip`.
const SKIP_IGNORED_AT: usize = 50;

/// Smaller pages may show nothing new because reports arrived meanwhile; this many in a row end the walk.
const MAX_STALE: u32 = 3;

/// A service that gives fewer than this at a time would be slowed down by overlapping pages.
const SMALLEST_OVERLAPPING: u64 = 4;

/// Walks the pages of one window.
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a fact about the walk, in any combination"
)]
pub struct Pager<'a> {
    /// Where the reports come from.
    pub source: &'a dyn Source,
    /// On which terms.
    pub terms: Terms,
    since: Since,
    /// After this no further page is asked for.
    deadline: Instant,
    pub moment: Moment,
    pub from: Timestamp,
    /// Whether it reaches back further than the lookback does.
    pub is_wide: bool,
    /// Whether it does so by more than what a reading in doubt takes: what is passed over then is not listed again.
    pub is_catch_up: bool,
    /// How many reports the service says the window holds.
    pub total: u64,
    /// What ended the walk early.
    pub fault: Option<Fault>,
    /// Whether the older end is reached.
    pub ended: bool,
    /// Whether `total` changed from one page to another.
    pub total_moved: bool,
    /// Whether something may lie between two of the pages read.
    pub has_gap: bool,
    /// Single reports that are too large, by their place, and why.
    pub too_large: BTreeMap<u64, String>,
    /// Where the next page lies.
    pub place: Place,
    /// Whether it passed over what an earlier walk had read.
    pub resumed: bool,
    /// Where a listing that comes oldest first is being read at its newest end: what lies before
    /// this place comes after that.
    before: Option<u64>,
    /// How many elements the next page shares with those read before.
    overlap: u64,
    /// Whether pages are large enough for it.
    overlaps: bool,
    /// Whether a single report that is too large was passed just now.
    passed_one: bool,
    /// How the last page was to meet those read before.
    border: Option<Border>,
    /// The largest page that the service gives.
    cap: u32,
    /// The largest page to ask for: less than the cap where pages were too large.
    size: u32,
    halved: bool,
    answered: bool,
    last_was_full: bool,
    late: u32,
    empty: u32,
    most_empty: u32,
    stale: u32,
    steps_back: u32,
    /// Up to here a step back reads again.
    read_to: u64,
    requests: u32,
}

/// Where a window begins, and whether it reaches back beyond the lookback: at all, and by more than doubt may widen it.
fn reach(plan: &Plan<'_>, start: Start, moment: Moment) -> (Timestamp, bool, bool) {
    let doubted = plan.lookback.saturating_add(IN_DOUBT);
    (
        start.time(plan.lookback, moment),
        matches!(start, Start::At(_)),
        start.reaches_beyond(doubted, moment),
    )
}

/// Which element of a page was to be seen before.
#[derive(Clone, Copy, Debug)]
enum Border {
    First,
    Last,
}

/// What a page showed of the walk.
#[derive(Clone, Copy, Debug)]
pub struct Seen {
    /// Whether it held anything that was not seen before.
    pub anything_new: bool,
    /// How many elements it has.
    pub length: usize,
    /// Whether its first and its last element were seen before.
    pub first: bool,
    pub last: bool,
}

impl<'a> Pager<'a> {
    /// Opens the window, and reads its first page.
    ///
    /// # Errors
    /// When the first page could not be had.
    pub async fn open(
        plan: &Plan<'_>,
        source: &'a dyn Source,
        clock: &dyn Clock,
        deadline: Instant,
    ) -> Result<(Self, Page), Fault> {
        let guess = Moment::new(clock.now(), Some(clock.service_now()));
        let start = plan.window.start(plan.lookback, guess);
        let mut pager = Self::new(plan, source, start, guess, deadline);
        let mut first = pager.first(plan.limit).await?;
        if let Some(date) = first.date {
            clock.learn(date);
        }
        let moment = Moment::new(clock.now(), first.date);
        // The window is the service's, and the clocks may have told another time.
        let right = plan.window.start(plan.lookback, moment);
        if !covers(pager.since, plan.since(right, moment, pager.terms)) {
            pager = Self::new(plan, source, right, moment, deadline);
            first = pager.first(plan.limit).await?;
        }
        pager.settle(plan, right, moment);
        Ok((pager, first))
    }

    fn new(
        plan: &Plan<'_>,
        source: &'a dyn Source,
        start: Start,
        moment: Moment,
        deadline: Instant,
    ) -> Self {
        let (from, is_wide, is_catch_up) = reach(plan, start, moment);
        let terms = source.terms();
        Self {
            source,
            terms,
            since: plan.since(start, moment, terms),
            deadline,
            moment,
            from,
            is_wide,
            is_catch_up,
            total: 0,
            fault: None,
            ended: false,
            total_moved: false,
            has_gap: false,
            too_large: BTreeMap::new(),
            place: Place::From(0),
            resumed: false,
            before: None,
            overlap: 0,
            overlaps: true,
            passed_one: false,
            border: None,
            cap: terms.page,
            size: terms.page,
            halved: false,
            answered: false,
            last_was_full: false,
            late: 0,
            empty: 0,
            most_empty: MAX_EMPTY,
            stale: 0,
            steps_back: 0,
            read_to: 0,
            requests: 0,
        }
    }

    /// Corrects what was made of the clocks before the first answer.
    fn settle(&mut self, plan: &Plan<'_>, start: Start, moment: Moment) {
        self.moment = moment;
        (self.from, self.is_wide, self.is_catch_up) = reach(plan, start, moment);
    }

    /// Says that `total` was found wrong before, so that an empty page is likely the end.
    pub fn distrust_total(&mut self) {
        self.most_empty = 1;
    }

    /// Whether there may be more, and it may be asked for.
    pub fn goes_on(&self) -> bool {
        !self.ended && self.fault.is_none() && !self.spent()
    }

    /// The next page; nothing where it could not be had, or was a single report that is too large.
    pub async fn next(&mut self) -> Option<Page> {
        self.last_was_full = false;
        match self.read(self.terms.page).await {
            Ok(page) => page,
            Err(fault) => {
                self.fault = Some(fault);
                None
            }
        }
    }

    /// Takes in what the last page showed: ends the walk where the service ignores `skip`, and steps back where the page
    /// does not overlap the one before.
    pub fn saw(&mut self, seen: Seen) {
        // What is read again after a step back is nothing new, and says nothing of what follows.
        let is_beyond = matches!(self.place, Place::From(place) if place > self.read_to);
        if is_beyond && self.last_was_full && !seen.anything_new {
            self.stale += 1;
            if seen.length >= SKIP_IGNORED_AT || self.stale >= MAX_STALE {
                self.end();
            }
            return;
        }
        self.stale = 0;
        let met = match self.border {
            None => true,
            Some(Border::First) => seen.first,
            Some(Border::Last) => seen.last,
        };
        if met {
            return;
        }
        if self.steps_back >= MAX_STEPS_BACK {
            self.has_gap = true;
            return;
        }
        self.steps_back += 1;
        if let Place::From(place) = self.place {
            self.read_to = self.read_to.max(place);
        }
        self.ended = false;
        let pages = 2 * u64::from(self.size);
        self.place = match self.place {
            Place::From(place) => Place::From(place.saturating_sub(pages)),
            Place::UpTo(place) => Place::UpTo(place.saturating_add(pages)),
        };
        // Before the first element there is none to meet.
        if matches!(self.place, Place::From(0)) {
            self.overlap = 0;
        }
    }

    /// Turns to the newest end of a listing that comes oldest first, given its first page. Says whether it did: then the
    /// page comes again in its turn.
    pub async fn turn_to_newest(&mut self, first: &Page, limit: u32) -> Option<Page> {
        let length = first.len() as u64;
        if self.total <= length || !oldest_first(first, self.terms) {
            return None;
        }
        if length < u64::from(limit) && !self.halved {
            self.cut_to(length);
        }
        let newest = self.total.saturating_sub(limit.min(self.size).into());
        (self.place, self.before, self.overlap) = (Place::From(newest), Some(newest), 0);
        let tail = self.next().await.filter(|page| !page.is_empty());
        if tail.is_none() && self.fault.as_ref().is_none_or(is_of_place) {
            self.fault = None;
            // `total` is too high to find the other end by, or the service gives no page from so far: it is read from here on.
            (self.place, self.before, self.ended) = (Place::From(length), None, false);
            (self.overlap, self.empty) = (u64::from(length > 0), 0);
        }
        tail
    }

    /// Whether the next page belongs to the latest reports, of which so many are had.
    pub fn is_latest(&self, had: usize, limit: u32) -> bool {
        if self.before.is_some() {
            // A page beyond `total` that is empty proves that the newest are had.
            had <= limit as usize
        } else {
            // A page that had to be halved is made up for.
            self.halved && had < limit as usize
        }
    }
}

/// Whether a listing that was asked for from one time serves as one from the right one.
fn covers(asked: Since, right: Since) -> bool {
    match (asked, right) {
        (Since::Lookback(_), Since::Lookback(_)) => true,
        (Since::At(asked), Since::At(right)) => asked.duration_since(right) <= TOLERANCE,
        _ => false,
    }
}

/// Whether a page may be refused for its place alone: Ignite's other listings give nothing beyond 10,000.
fn is_of_place(fault: &Fault) -> bool {
    fault.kind == FaultKind::UnexpectedResponse
}

/// Whether reports come in rising order of time, on the whole. A source that was asked for that order is believed as long as
/// what comes does not contradict it.
fn oldest_first(page: &Page, terms: Terms) -> bool {
    let time = if terms.by_update {
        updated_at
    } else {
        order_of
    };
    let times: Vec<Timestamp> = page.reports().filter_map(time).collect();
    let count =
        |rises: fn(&[Timestamp]) -> bool| times.windows(2).filter(|pair| rises(pair)).count();
    let rising = count(|pair| pair.first() < pair.last());
    let falling = count(|pair| pair.first() > pair.last());
    rising > falling || terms.by_update && rising == falling
}
