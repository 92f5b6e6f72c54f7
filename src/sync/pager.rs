//! Walks the pages of one window, from the newest report towards the oldest.

use jiff::Timestamp;
use tokio::time::Instant;

use super::Plan;
use super::elements::{self, Element, Unlistable};
use super::ports::Clock;
use super::source::{Page, PageError, PageRequest, Since, Source};
use crate::fault::Fault;

/// The size of the pages after the first.
pub const PAGE: u32 = 500;

/// The most requests for one listing; a listing that has not ended by then goes on next time.
const MAX_REQUESTS: u32 = 2_000;

/// The most single reports of one listing that may be too large: with more, the service is at
/// fault rather than the reports.
const MAX_TOO_LARGE: u32 = 20;

/// Walks the pages of one window.
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a fact about the walk, in any combination"
)]
pub struct Pager<'a, S> {
    source: &'a S,
    since: Since,
    /// After this no further page is asked for.
    deadline: Instant,
    /// When the listing began, by the service's clock.
    pub date: Timestamp,
    /// Where the window begins.
    pub from: Timestamp,
    /// How many reports the service says the window holds.
    pub total: u64,
    /// What ended the walk early.
    pub fault: Option<Fault>,
    /// Whether the older end is reached.
    pub ended: bool,
    place: Place,
    /// Where a listing that comes oldest first is being read at its newest end: what lies before
    /// this place comes after that.
    before: Option<u64>,
    /// The largest page that the service gives.
    cap: u32,
    /// The largest page to ask for: less than the cap where pages were too large.
    size: u32,
    halved: bool,
    answered: bool,
    last_was_full: bool,
    too_large: u32,
    requests: u32,
}

/// Where the next page lies.
#[derive(Clone, Copy, Debug)]
enum Place {
    /// From here on.
    From(u64),
    /// Just before this: the listing comes oldest first.
    UpTo(u64),
}

impl<'a, S: Source> Pager<'a, S> {
    /// Opens the window, and reads the latest reports of it: the plan's limit, or a few more.
    ///
    /// # Errors
    /// When the first page could not be had.
    pub async fn open(
        plan: &Plan<'_>,
        source: &'a S,
        clock: &impl Clock,
        deadline: Instant,
    ) -> Result<(Self, Vec<Element>), Fault> {
        let start = plan.window.start(plan.lookback, clock.service_now());
        let mut pager = Self::new(source, plan.since(start), deadline);
        let (mut first, date) = pager.first(plan.limit).await?;
        if let Some(date) = date {
            clock.learn(date);
        }
        let date = date.unwrap_or_else(|| clock.service_now());
        // The window is the service's, and the local clock may have told another time.
        let right = plan.window.start(plan.lookback, date);
        if right != start {
            pager = Self::new(source, plan.since(right), deadline);
            (first, _) = pager.first(plan.limit).await?;
        }
        pager.date = date;
        pager.from = right.time(plan.lookback, date);
        let latest = pager.latest(first, plan.limit).await;
        Ok((pager, latest))
    }

    fn new(source: &'a S, since: Since, deadline: Instant) -> Self {
        Self {
            source,
            since,
            deadline,
            date: Timestamp::UNIX_EPOCH,
            from: Timestamp::UNIX_EPOCH,
            total: 0,
            fault: None,
            ended: false,
            place: Place::From(0),
            before: None,
            cap: PAGE,
            size: PAGE,
            halved: false,
            answered: false,
            last_was_full: false,
            too_large: 0,
            requests: 0,
        }
    }

    /// Whether there may be more, and it may be asked for.
    pub fn goes_on(&self) -> bool {
        !self.ended && self.fault.is_none() && !self.spent()
    }

    /// The next page; nothing where it could not be had.
    pub async fn next(&mut self, limit: u32) -> Vec<Element> {
        self.last_was_full = false;
        match self.read(limit).await {
            Ok((elements, _)) => elements,
            Err(fault) => {
                self.fault = Some(fault);
                Vec::new()
            }
        }
    }

    /// Says that the last page held nothing new. A full one that goes forward means that the
    /// service passes nothing over: there is nothing further to be had.
    pub fn saw_nothing_new(&mut self) {
        if self.last_was_full && matches!(self.place, Place::From(_)) {
            self.end();
        }
    }

    /// The first page, and the service's time.
    async fn first(&mut self, limit: u32) -> Result<(Vec<Element>, Option<Timestamp>), Fault> {
        let mut elements = Vec::new();
        loop {
            // Before the first answer there are at most single reports that are too large.
            let (more, date) = self.read(limit).await?;
            elements.extend(more);
            if self.answered {
                return Ok((elements, date));
            }
        }
    }

    /// The latest reports, given the first page.
    async fn latest(&mut self, first: Vec<Element>, limit: u32) -> Vec<Element> {
        let length = first.len();
        let mut elements = first;
        if self.total > length as u64 && oldest_first(&elements) {
            if length < limit as usize && !self.halved {
                self.cut_to(length as u64);
            }
            let newest = self.total.saturating_sub(limit.min(self.size).into());
            self.place = Place::From(newest);
            self.before = Some(newest);
            let tail = self.next(PAGE).await;
            if tail.is_empty() {
                // `total` is too high to find the other end by.
                self.place = Place::From(length as u64);
                self.before = None;
                self.ended = false;
            } else {
                elements = tail;
            }
        }
        while self.goes_on() && self.wants_latest(elements.len(), limit as usize) {
            let more = self.next(PAGE).await;
            elements.extend(more);
        }
        elements
    }

    /// Whether more pages belong to the latest reports, of which so many are had.
    fn wants_latest(&self, had: usize, limit: usize) -> bool {
        if self.before.is_some() {
            // A page beyond `total` that is empty proves that the newest are had.
            had <= limit
        } else {
            // A page that had to be halved is made up for.
            self.halved && had < limit
        }
    }

    /// One page, or a single report that is too large; and the time of the answer.
    async fn read(&mut self, limit: u32) -> Result<(Vec<Element>, Option<Timestamp>), Fault> {
        loop {
            let asked = limit.min(self.size);
            let (skip, asked) = match self.place {
                Place::From(skip) => (skip, asked),
                Place::UpTo(end) => {
                    let asked = u32::try_from(end).map_or(asked, |end| asked.min(end));
                    (end - u64::from(asked), asked)
                }
            };
            self.requests += 1;
            let request = PageRequest {
                since: self.since,
                limit: asked,
                skip,
            };
            match self.source.page(request).await {
                Ok(page) => {
                    self.take_in(&page, skip, asked);
                    return Ok((elements::read(page.reports).await, page.date));
                }
                Err(PageError::TooLarge(_)) if asked > 1 && !self.spent() => {
                    self.size = asked.div_ceil(2);
                    self.halved = true;
                }
                Err(PageError::TooLarge(fault))
                    if asked == 1 && self.too_large < MAX_TOO_LARGE && !self.spent() =>
                {
                    self.too_large += 1;
                    self.size = self.cap;
                    self.pass(skip, 1);
                    return Ok((vec![Err(Unlistable::TooLarge(fault.message))], None));
                }
                Err(PageError::TooLarge(fault) | PageError::Fault(fault)) => return Err(fault),
            }
        }
    }

    fn take_in(&mut self, page: &Page, skip: u64, asked: u32) {
        let length = page.reports.len() as u64;
        let asked = u64::from(asked);
        let most = page.limit.map_or(asked, |limit| limit.min(asked));
        self.answered = true;
        self.total = page.total;
        self.last_was_full = length >= most;
        match self.place {
            // Less than there is: asked again in pages of this size, so that no gap stays.
            Place::UpTo(_) if length > 0 && length < asked => self.cut_to(length),
            _ => self.pass(skip, length),
        }
        let beyond = skip.saturating_add(length) >= page.total;
        let last = length == 0 || (!self.last_was_full && beyond);
        if last && matches!(self.place, Place::From(_)) {
            self.end();
        }
    }

    /// Goes past `length` elements from `skip` on.
    fn pass(&mut self, skip: u64, length: u64) {
        match self.place {
            Place::From(_) => self.place = Place::From(skip.saturating_add(length)),
            Place::UpTo(_) => {
                self.place = Place::UpTo(skip);
                self.ended = skip == 0;
            }
        }
    }

    /// The service gives no larger pages than this.
    fn cut_to(&mut self, length: u64) {
        self.cap = u32::try_from(length)
            .map_or(self.cap, |length| length.min(self.cap))
            .max(1);
        self.size = self.size.min(self.cap);
    }

    /// The end of a listing that is read forwards.
    fn end(&mut self) {
        match self.before.take() {
            Some(before) if before > 0 => self.place = Place::UpTo(before),
            _ => self.ended = true,
        }
    }

    fn spent(&self) -> bool {
        self.requests >= MAX_REQUESTS || Instant::now() >= self.deadline
    }
}

/// Whether reports come in rising order of time, on the whole.
fn oldest_first(elements: &[Element]) -> bool {
    let times: Vec<Timestamp> = elements
        .iter()
        .filter_map(|element| element.as_ref().ok()?.posted_at)
        .collect();
    let count =
        |rises: fn(&[Timestamp]) -> bool| times.windows(2).filter(|pair| rises(pair)).count();
    count(|pair| pair.first() < pair.last()) > count(|pair| pair.first() > pair.last())
}
