//! A report's text for people: its summary, else its body, without markup and images.

use indicators::{Markup, html};

use crate::flashpoint::images::without_images;
use crate::sync::report::{Report, text};

/// The most bytes of a description: a reader wants the gist, and each version is kept by the server.
pub(super) const MAX_BYTES: usize = 16 * 1024;

/// The most bytes of a summary or body that are read for it. Images within may take most of them.
const MAX_SOURCE_BYTES: usize = 4 << 20;

/// The most Bitcoin addresses that are listed.
const MAX_ADDRESSES: usize = 100;

/// The text of a report and the Bitcoin addresses in it, which STIX has no object for; none where there is neither.
pub(super) fn description(report: &Report, addresses: &[&str]) -> Option<String> {
    let mut all = ["summary", "body"]
        .into_iter()
        .filter_map(|field| text(&report.fields, field))
        .map(|source| plain(&without_images(&source)))
        .find(|text| !text.is_empty())
        .unwrap_or_default();
    if !addresses.is_empty() {
        let listed: Vec<_> = addresses.iter().copied().take(MAX_ADDRESSES).collect();
        let gap = if all.is_empty() { "" } else { "\n\n" };
        all = format!("{all}{gap}Bitcoin addresses: {}", listed.join(", "));
        if addresses.len() > MAX_ADDRESSES {
            all = format!("{all} and {} more", addresses.len() - MAX_ADDRESSES);
        }
    }
    (!all.is_empty()).then_some(all)
}

/// Text or HTML as lines of text, at most [`MAX_BYTES`] of it.
fn plain(source: &str) -> String {
    let source = start(source, MAX_SOURCE_BYTES);
    if Markup::detect(source) == Markup::Text {
        return lines(source);
    }
    let mut text = String::new();
    html::to_text(source, &mut text, &mut String::new());
    lines(&text)
}

/// Lines without the space around and within them, and at most one empty one between two.
fn lines(text: &str) -> String {
    let mut all = String::new();
    let mut is_gap = false;
    for line in text.lines() {
        let words = line
            .split(|c: char| c.is_whitespace() || c.is_control())
            .filter(|word| !word.is_empty())
            .map(without_image);
        let line = words.collect::<Vec<_>>().join(" ");
        if line.trim().is_empty() {
            is_gap = !all.is_empty();
            continue;
        }
        if !all.is_empty() {
            all.push_str(if is_gap { "\n\n" } else { "\n" });
        }
        is_gap = false;
        all.push_str(&line);
        if all.len() > MAX_BYTES {
            let cut = start(&all, MAX_BYTES - '…'.len_utf8());
            return format!("{cut}…");
        }
    }
    all
}

/// A word without the image that is written out in it.
fn without_image(word: &str) -> &str {
    let image = word.find("data:image/").and_then(|at| word.get(..at));
    image.unwrap_or(word)
}

/// The start of a text, at most so many bytes of it.
pub(super) fn start(text: &str, bytes: usize) -> &str {
    text.get(..text.floor_char_boundary(bytes)).unwrap_or(text)
}
