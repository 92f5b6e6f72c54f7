//! The elements of a page, read at the edge: reports, and what can't be handled as one.

use std::ops::Range;
use std::sync::Arc;

use serde_json::value::RawValue;
use tokio_util::task::AbortOnDropHandle;

use crate::report::{Report, Unreadable};

/// As many bytes are read in one task, which takes about half a millisecond.
const SHARE: usize = 256 << 10;

/// An element of the listing.
pub type Element = Result<Report, Unlistable>;

/// An element of the listing that can't be handled.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unlistable {
    /// It is no report.
    #[error(transparent)]
    Unreadable(#[from] Unreadable),
    /// It alone is too large, or does not come in time.
    #[error("{0}")]
    TooLarge(String),
}

/// Reads what a page holds, in its order; a large page in several tasks, so that it holds up nothing else for long.
pub async fn read(page: Vec<Box<RawValue>>) -> Vec<Element> {
    let page = Arc::new(page);
    let mut shares = shares(&page);
    let last = shares.pop();
    let reading: Vec<_> = shares
        .into_iter()
        .map(|share| {
            let (page, range) = (Arc::clone(&page), share.clone());
            let task = tokio::spawn(async move { parse(&page, range) });
            (share, AbortOnDropHandle::new(task))
        })
        .collect();
    let rest = last.map(|share| parse(&page, share));
    let mut elements = Vec::with_capacity(page.len());
    for (share, task) in reading {
        // Without its task, a share is read here.
        let read = task.await.unwrap_or_else(|_| parse(&page, share));
        elements.extend(read);
    }
    elements.extend(rest.into_iter().flatten());
    elements
}

fn parse(page: &[Box<RawValue>], share: Range<usize>) -> Vec<Element> {
    let share = page.get(share).unwrap_or_default();
    share.iter().map(|raw| Ok(Report::parse(raw)?)).collect()
}

/// The page in parts of [`SHARE`] bytes or little more.
fn shares(page: &[Box<RawValue>]) -> Vec<Range<usize>> {
    let mut shares = Vec::new();
    let (mut start, mut bytes) = (0, 0);
    for (index, raw) in page.iter().enumerate() {
        bytes += raw.get().len();
        if bytes >= SHARE {
            shares.push(start..index + 1);
            (start, bytes) = (index + 1, 0);
        }
    }
    shares.push(start..page.len());
    shares
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[tokio::test]
    async fn a_large_page_is_read_whole_and_in_order() {
        let body = "x".repeat(3_000);
        let page: Vec<_> = (0..500)
            .map(|id| match id {
                123 => RawValue::from_string("[]".to_owned()).unwrap(),
                _ => RawValue::from_string(format!(r#"{{"id":"{id}","body":"{body}"}}"#)).unwrap(),
            })
            .collect();
        assert!(shares(&page).len() > 4);
        let elements = read(page).await;
        let ids: Vec<_> = elements
            .iter()
            .map(|element| element.as_ref().map_or("none", |report| report.id.as_str()))
            .collect();
        let expected: Vec<_> = (0..500)
            .map(|id| {
                if id == 123 {
                    "none".to_owned()
                } else {
                    id.to_string()
                }
            })
            .collect();
        assert_eq!(ids, expected);
    }
}
