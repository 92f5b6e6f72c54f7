//! The requests of a walk: how large each is, where it begins, and what its answer says of where the next one does.

use tokio::time::Instant;

use super::{Border, MAX_LATE, MAX_REQUESTS, MAX_TOO_LARGE, Pager, SMALLEST_OVERLAPPING};
use crate::http::fault::Fault;
use crate::sync::ledger::Place;
use crate::sync::source::{Page, PageError, PageRequest};

/// How many elements of an earlier walk are read again by one that goes on from it: so many may have been withdrawn, or
/// filed late, since.
const MARGIN: u64 = 50;

impl Pager<'_> {
    pub(super) async fn first(&mut self, limit: u32) -> Result<Page, Fault> {
        loop {
            // Before the first answer there are at most single reports that are too large.
            if let Some(page) = self.read(limit).await? {
                return Ok(page);
            }
        }
    }

    /// One page, or nothing where that is a single report that is too large.
    pub(super) async fn read(&mut self, limit: u32) -> Result<Option<Page>, Fault> {
        loop {
            let most = limit.min(self.size);
            let (skip, asked) = self.ask(most);
            self.requests += 1;
            let request = PageRequest {
                since: self.since,
                limit: asked,
                skip,
            };
            match self.source.page(request).await {
                Ok(page) => {
                    self.take_in(&page, skip, asked);
                    return Ok(Some(page));
                }
                Err(PageError::TooLarge(_)) if asked > 1 && !self.spent() => {
                    self.halve(asked);
                }
                // However long the first page may take, a smaller one is tried: else no sync would ever see a report.
                Err(PageError::Late(_))
                    if asked > 1 && self.late < MAX_LATE && !(self.answered && self.spent()) =>
                {
                    self.late += 1;
                    self.halve(asked);
                }
                Err(PageError::TooLarge(fault))
                    if asked == 1 && self.too_large.len() < MAX_TOO_LARGE && !self.spent() =>
                {
                    self.too_large.insert(skip, fault.message);
                    self.size = self.cap;
                    self.pass(skip, 1);
                    (self.overlap, self.passed_one) = (0, true);
                    return Ok(None);
                }
                Err(
                    PageError::TooLarge(fault) | PageError::Late(fault) | PageError::Fault(fault),
                ) => return Err(fault),
            }
        }
    }

    /// Where the next page begins, and how many elements it is to have.
    fn ask(&mut self, most: u32) -> (u64, u32) {
        if !self.overlaps || most < 2 {
            self.overlap = 0;
        }
        self.border = (self.overlap > 0).then_some(match self.place {
            Place::From(_) => Border::First,
            Place::UpTo(_) => Border::Last,
        });
        match self.place {
            Place::From(skip) => (skip.saturating_sub(self.overlap), most),
            Place::UpTo(end) => {
                let end = end.saturating_add(self.overlap);
                let asked = u32::try_from(end).map_or(most, |end| most.min(end));
                (end - u64::from(asked), asked)
            }
        }
    }

    fn halve(&mut self, asked: u32) {
        self.size = asked.div_ceil(2);
        self.halved = true;
    }

    fn take_in(&mut self, page: &Page, skip: u64, asked: u32) {
        let length = page.len() as u64;
        let asked = u64::from(asked);
        let most = page.limit.map_or(asked, |limit| limit.min(asked));
        self.total_moved |= self.answered && self.total != page.total;
        // What is not seen to follow the page before may not.
        let unmet = self.border.is_none() && length > 0 && skip > 0;
        // A single report that is too large is read past alone: there `total` has to do.
        // The newest page of a listing that comes oldest first stands for itself: the walk up from it meets what was before.
        let is_far = self.before == Some(skip);
        self.has_gap |= self.answered && unmet && !is_far && asked > 1 && !self.passed_one;
        self.passed_one = false;
        self.answered = true;
        self.total = page.total;
        self.last_was_full = length >= most;
        let reached = skip.saturating_add(length) >= page.total;
        let short = length < asked && !reached;
        let is_empty = length <= u64::from(self.border.is_some());
        if short && !is_empty && length < SMALLEST_OVERLAPPING {
            self.overlaps = false;
        }
        if is_empty && !reached {
            // Nothing, where there should be something.
            self.empty += 1;
            if self.empty <= self.most_empty {
                return;
            }
        }
        match self.place {
            // Less than there is: asked again in pages of this size, so that no gap stays.
            Place::UpTo(_) if !is_empty && length < asked => {
                self.cut_to(length);
                self.border = None;
            }
            _ => self.pass(skip, length),
        }
        let last = is_empty || (!self.last_was_full && reached);
        if last && matches!(self.place, Place::From(_)) {
            self.end();
        }
    }

    /// Goes on from where an earlier walk had to end, a little before it, as places shift. Says whether that is settled: while
    /// the newest end of a listing that comes oldest first is read, it is not.
    pub fn resume(&mut self, walked: Place) -> bool {
        let place = match (self.place, walked) {
            (Place::From(_), _) if self.before.is_some() => return false,
            (Place::From(at), Place::From(walked)) if at.saturating_add(MARGIN) < walked => {
                Place::From(walked - MARGIN)
            }
            (Place::UpTo(at), Place::UpTo(walked)) if walked.saturating_add(MARGIN) < at => {
                Place::UpTo(walked.saturating_add(MARGIN))
            }
            _ => return true,
        };
        (self.place, self.overlap, self.resumed) = (place, 0, true);
        true
    }

    /// Goes past `length` elements from `skip` on.
    fn pass(&mut self, skip: u64, length: u64) {
        self.overlap = u64::from(length > 0);
        match self.place {
            Place::From(_) => self.place = Place::From(skip.saturating_add(length)),
            Place::UpTo(_) => {
                self.place = Place::UpTo(skip);
                self.ended = skip == 0;
            }
        }
    }

    /// The service gives no larger pages than this.
    pub(super) fn cut_to(&mut self, length: u64) {
        self.cap = u32::try_from(length)
            .map_or(self.cap, |length| length.min(self.cap))
            .max(1);
        self.size = self.size.min(self.cap);
    }

    /// The end of a listing that is read forwards.
    pub(super) fn end(&mut self) {
        match self.before.take() {
            Some(before) if before > 0 => {
                (self.place, self.overlap, self.empty) = (Place::UpTo(before), 1, 0);
            }
            _ => self.ended = true,
        }
    }

    /// Whether no further page may be asked for.
    pub fn spent(&self) -> bool {
        self.requests >= MAX_REQUESTS || Instant::now() >= self.deadline
    }
}
