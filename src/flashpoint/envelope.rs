//! The listing's answer: parsed once into an envelope, its reports left in the text that came.

use std::ops::Range;

use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use super::{PAGE_BYTES, elements};
use crate::http::Answer;
use crate::sync::source::{Page, PageError};

/// What the API promises: `{"total":111,"limit":2,"count":2,"skip":0,"data":[…]}`.
#[derive(Deserialize)]
struct Envelope<'a> {
    total: u64,
    /// Of any type, since a page can do without.
    limit: Option<Value>,
    #[serde(borrow, deserialize_with = "elements::bounded")]
    data: Vec<&'a RawValue>,
}

/// The page in `answer`. Anything but the envelope is a fault, never an empty page.
pub(super) fn parse(mut answer: Answer) -> Result<Page, PageError> {
    let date = answer.date();
    // Each byte that is not UTF-8 becomes three.
    let text = match String::from_utf8(std::mem::take(&mut answer.body)) {
        Ok(text) => text,
        Err(error) if error.as_bytes().len() > PAGE_BYTES / 3 => {
            answer.body = error.into_bytes();
            return Err(PageError::TooLarge(answer.unlike("reports")));
        }
        Err(error) => String::from_utf8_lossy(error.as_bytes()).into_owned(),
    };
    let page = match read(text) {
        // A raw control character in one report's text would lose the whole page (RFC 8259 §7).
        Err(text) if text.bytes().any(|byte| byte < b' ') => {
            read(text.replace(|character| character < ' ', " "))
        }
        read => read,
    };
    let mut page = page.map_err(|text| {
        answer.body = text.into_bytes();
        answer.unlike("reports")
    })?;
    page.date = date;
    Ok(page)
}

/// The page that a text is.
///
/// # Errors
/// The text again where it is none.
pub fn read(text: String) -> Result<Page, String> {
    let start = text.len() - text.trim_start_matches('\u{feff}').len();
    let Ok(envelope) = serde_json::from_str::<Envelope<'_>>(text.get(start..).unwrap_or_default())
    else {
        return Err(text);
    };
    let place = |report: &&RawValue| -> Range<usize> {
        let report = report.get();
        // What is borrowed lies within the text.
        let from = (report.as_ptr() as usize).saturating_sub(text.as_ptr() as usize);
        from..from + report.len()
    };
    let reports = envelope.data.iter().map(place).collect();
    let limit = envelope.limit.and_then(|limit| limit.as_u64());
    let mut page = Page::new(envelope.total, text, reports);
    page.limit = limit;
    Ok(page)
}
