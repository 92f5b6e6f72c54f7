//! The listing's answer: parsed once into an envelope, its reports kept as they came.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use super::{PAGE_BYTES, elements};
use crate::http::Answer;
use crate::sync::source::{Page, PageError};

/// What the API promises: `{"total":111,"limit":2,"count":2,"skip":0,"data":[…]}`.
#[derive(Deserialize)]
struct Envelope {
    total: u64,
    /// Of any type, since a page can do without.
    limit: Option<Value>,
    #[serde(deserialize_with = "elements::bounded")]
    data: Vec<Box<RawValue>>,
}

/// The page in `answer`. Anything but the envelope is a fault, never an empty page.
pub(super) fn parse(answer: &Answer) -> Result<Page, PageError> {
    let unlike = || answer.unlike("reports");
    // Each byte that is not UTF-8 becomes three.
    let text = match str::from_utf8(&answer.body) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) if answer.body.len() > PAGE_BYTES / 3 => {
            return Err(PageError::TooLarge(unlike()));
        }
        Err(_) => String::from_utf8_lossy(&answer.body),
    };
    let text = text.trim_start_matches('\u{feff}');
    let envelope: Envelope = serde_json::from_str(text)
        // A raw control character in one report's text would lose the whole page (RFC 8259 §7).
        .or_else(|_| serde_json::from_str(&text.replace(|character| character < ' ', " ")))
        .map_err(|_| unlike())?;
    Ok(Page {
        total: envelope.total,
        limit: envelope.limit.and_then(|limit| limit.as_u64()),
        reports: envelope.data,
        date: answer.date(),
    })
}
