//! Flashpoint's own indicators of a report: `GET /technical-intelligence/v2/indicators`, which Ignite alone has.
//!
//! Built from what Flashpoint's connectors send and from samples of their packages; no live Ignite was at hand. That
//! `tags=report:<id>` leads from a report to its indicators is one of the things that only the samples say.

mod page;
mod right;

use std::collections::HashSet;

use jiff::{SignedDuration, Timestamp};
use reqwest::Url;
use tokio::time::Instant;

use super::{Api, FlashpointSource, refusal};
use crate::http::fault::{Fault, FaultKind};
use crate::http::{Answer, hash};
use crate::sync::own::{MOST_LISTED, OwnList};
use crate::sync::report::Report;
use crate::sync::source::{OwnError, PageError};
use page::Page;
pub(super) use right::Right;

/// Where it is, below Ignite's origin.
pub(super) const PATH: &str = "/technical-intelligence/v2/indicators";

/// The most indicators of a page; and the fewest, to which it is halved where a page is too large.
const PAGE_SIZE: usize = 500;
const SMALLEST_PAGE: usize = 31;

/// The most bytes of a page, decoded: 8 KiB for each indicator.
const PAGE_BYTES: usize = 4 << 20;

/// The most pages of one report. The rest is left out, and told.
const MOST_PAGES: usize = 20;

/// How far before its posting a report's indicators may have been seen last. Without a date Ignite gives those of the last 30
/// days.
const SEEN_WITHIN: SignedDuration = SignedDuration::from_hours(5 * 366 * 24);

/// What is told where the API has none.
const NOT_IN_V4: &str = "spec.indicatorSources names Flashpoint, whose own indicators v4 does not have: set flashpoint.api=ignite (on \
     the command line --flashpoint-api ignite), or leave Flashpoint out; until then the text alone is looked at";

impl FlashpointSource {
    /// Why Flashpoint's own indicators are withheld from this key, as far as that is known.
    pub(super) fn own_withheld(&self) -> Option<String> {
        match self.shared.api {
            Api::V4 => Some(NOT_IN_V4.to_owned()),
            Api::Ignite => self.gates.own.withheld(),
        }
    }

    /// Flashpoint's own list of a report's indicators: all of its pages, within the time of one call.
    pub(super) async fn own_list(&self, report: &Report) -> Result<OwnList, OwnError> {
        if let Some(why) = self.own_withheld() {
            return Err(OwnError::Withheld(why));
        }
        let deadline = Instant::now() + self.timeout;
        let mut size = PAGE_SIZE;
        loop {
            if let Some(list) = self.own_pages(report, size, deadline).await? {
                return Ok(list);
            }
            size /= 2;
        }
    }

    /// The same, in pages of this size; nothing where these are too large.
    async fn own_pages(
        &self,
        report: &Report,
        size: usize,
        deadline: Instant,
    ) -> Result<Option<OwnList>, OwnError> {
        let mut list = OwnList::default();
        let (mut entries, mut total) = (HashSet::new(), 0);
        let mut next = first(&self.shared.own, report, size);
        for _ in 0..MOST_PAGES {
            let Some(url) = next else { break };
            let page = self.own_page(url, size, report, deadline).await?;
            let Some(page) = page else { return Ok(None) };
            entries.extend(page.entries);
            total = total.max(page.total);
            list.listed.extend(page.list.listed);
            list.unmapped += page.list.unmapped;
            list.bound();
            next = page
                .next
                .filter(|_| !list.cut && entries.len() <= MOST_LISTED);
        }
        let (taken, read) = (list.listed.len(), entries.len());
        if next.is_some() || list.cut || (read as u64) < total {
            // One that is modified while the list is read moves to its end, and the next one to where was read before.
            list.cut = true;
            tracing::warn!(
                report = %report.id, taken, read, total,
                "Flashpoint lists more indicators of a report than are taken, or they changed while they were read: some may be \
                 missing"
            );
        }
        Ok(Some(list))
    }

    /// One page; nothing where it is too large, and may be smaller.
    async fn own_page(
        &self,
        url: Url,
        size: usize,
        report: &Report,
        deadline: Instant,
    ) -> Result<Option<Page>, OwnError> {
        let gate = &self.gates.listing;
        gate.pass()?;
        let within = deadline.saturating_duration_since(Instant::now());
        let answer = self
            .call("own_indicators", url.clone(), PAGE_BYTES, within)
            .await;
        let answer = match answer {
            Err(PageError::TooLarge(_)) if size > SMALLEST_PAGE => return Ok(None),
            answer => answer.map_err(unanswered)?,
        };
        if answer.succeeded() {
            gate.succeeded();
            self.gates.own.grant();
            let page = page::read(&answer, &url);
            return page.map(Some).map_err(OwnError::Rejected);
        }
        let error = refused(&answer);
        if let OwnError::Withheld(why) = &error {
            self.gates.own.refuse(&report.id, why);
        }
        if let OwnError::Fault(Fault {
            retry_after: Some(wait),
            ..
        }) = &error
        {
            let item = hash(report.id.as_str().as_bytes());
            gate.heed(answer.status, *wait, item);
        }
        Err(error)
    }
}

/// What an answer that is no success means. A 403 or 521 that explains itself is about the key's rights; without that, it is the
/// edge's own.
fn refused(answer: &Answer) -> OwnError {
    let (status, fault) = (answer.status, refusal::of_call(answer));
    match status {
        403 | 521 if answer.json().is_object() => OwnError::Withheld(format!(
            "Flashpoint withholds its own indicators ({status}): {}; ask Flashpoint for technical intelligence, or take Flashpoint \
             out of spec.indicatorSources; until then the text alone is looked at",
            answer.said()
        )),
        401 => OwnError::Fault(fault),
        _ if answer.is_of_service() => OwnError::Fault(fault),
        _ => OwnError::Rejected(Fault {
            kind: FaultKind::UnexpectedResponse,
            ..fault
        }),
    }
}

/// What it means that there is no whole answer. One that is too large is this report's.
fn unanswered(error: PageError) -> OwnError {
    match error {
        PageError::TooLarge(fault) => OwnError::Rejected(fault),
        PageError::Late(fault) | PageError::Fault(fault) => OwnError::Fault(fault),
    }
}

/// The first request for a report's indicators; none where its id is not of the kind that Ignite has, and a tag would not name it
/// alone.
fn first(endpoint: &Url, report: &Report, size: usize) -> Option<Url> {
    let id = report.id.as_str();
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    if id.len() > 128 || !id.bytes().all(is_plain) {
        return None;
    }
    let posted = report.posted_at.or(report.filed_at).unwrap_or_default();
    let seen_after = posted.saturating_sub(SEEN_WITHIN).unwrap_or_default();
    let seen_after = seen_after.max(Timestamp::UNIX_EPOCH);
    let seen_after = seen_after.strftime("%Y-%m-%dT%H:%M:%SZ");
    let mut url = endpoint.clone();
    url.set_query(Some(&format!(
        "tags=report:{id}&size={size}&sort=modified_at:asc&last_seen_after={seen_after}"
    )));
    Some(url)
}

#[cfg(test)]
mod tests {
    use serde_json::value::RawValue;
    use serde_json::{Value, json};

    use super::*;

    fn report(json: &Value) -> Report {
        Report::parse(&RawValue::from_string(json.to_string()).unwrap()).unwrap()
    }

    #[test]
    fn the_request_is_the_documented_one() {
        let endpoint = Url::parse("https://api.flashpoint.io/technical-intelligence/v2/indicators");
        let endpoint = endpoint.unwrap();
        let asked = |json: Value| first(&endpoint, &report(&json), PAGE_SIZE).map(String::from);
        assert_eq!(
            asked(
                json!({"id": "6n_wnmYvXNS6lA4-QbSlzA", "posted_at": "2026-05-28T21:12:56+00:00"})
            )
            .unwrap(),
            "https://api.flashpoint.io/technical-intelligence/v2/indicators?tags=report:6n_wnmYvXNS6lA4-QbSlzA\
             &size=500&sort=modified_at:asc&last_seen_after=2021-05-24T21:12:56Z"
        );
        let undated = asked(json!({"id": "a"})).unwrap();
        assert!(
            undated.ends_with("last_seen_after=1970-01-01T00:00:00Z"),
            "{undated}"
        );
        for id in ["a,b", "a&b", "ä", &"a".repeat(129)] {
            assert_eq!(asked(json!({"id": id})), None);
        }
    }
}
