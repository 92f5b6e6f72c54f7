//! A report's text as an event report.

use super::event::EventReport;
use super::ids;
use super::text::{readable, storable};
use crate::flashpoint::images::without_images;
use crate::sync::report::{Digest, Report, text};

/// The longest name of an event report, in characters.
const MAX_NAME_CHARS: usize = 255;

/// The most bytes of the text. Old schemas hold 65,535, what is added included.
const MAX_CONTENT_BYTES: usize = 60_000;

/// What begins the last line: a link reference that nothing refers to, which Markdown does not show (`CommonMark` §4.7).
const SEAL: &str = "[//]: # (flashpoint-operator ";

/// The event report of a report: where it is, its summary, its body.
pub(super) fn event_report(report: &Report, title: &str) -> EventReport {
    let field = |name| text(&report.fields, name).map(|field| readable(&without_images(&field)));
    let link = report.deeplink.as_deref();
    let link = link.filter(|url| url.starts_with("https://"));
    let parts = [link.map(Into::into), field("summary"), field("body")];
    let parts: Vec<String> = parts
        .into_iter()
        .flatten()
        .filter(|part| !part.is_empty())
        .collect();
    let content = storable(&parts.join("\n\n"), MAX_CONTENT_BYTES);
    let name: String = title.chars().take(MAX_NAME_CHARS).collect();
    EventReport {
        uuid: ids::event_report(&report.id),
        name: storable(&name, usize::MAX),
        content: sealed(&content),
        distribution: "5",
        timestamp: String::new(),
    }
}

/// The text with a last line by which it is known later whether anyone changed it.
fn sealed(content: &str) -> String {
    let Digest(digest) = Digest::of(content.as_bytes());
    format!("{content}\n\n{SEAL}{digest:016x})\n")
}

/// Whether a stored text is as this operator wrote it.
pub(super) fn is_as_sent(stored: &str) -> bool {
    stored
        .rsplit_once("\n\n[//]: ")
        .is_some_and(|(content, _)| sealed(content).trim_end() == stored.trim_end())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::event::tests::report;
    use super::*;

    #[test]
    fn it_holds_link_summary_and_text_and_tells_a_change() {
        let report = report(&json!({
            "id": "a",
            "platform_url": "https://fp.tools/home/report/a",
            "summary": "<p>Short &amp; sweet 🙂</p>",
            "body": "<p>One</p><img src='data:image/png;base64,AAAA'><p>Two</p>",
        }));
        let made = event_report(&report, &"🙂".repeat(300));
        let text = "https://fp.tools/home/report/a\n\nShort & sweet \u{fffd}\n\nOne";
        assert!(made.content.starts_with(text), "{}", made.content);
        assert!(made.content.contains("Two") && !made.content.contains("AAAA"));
        assert_eq!(made.name.chars().count(), 255);
        assert!(is_as_sent(&made.content));
        for changed in [
            made.content.replace("Two", "Three"),
            format!("{}a note", made.content),
            "no seal".to_owned(),
            String::new(),
        ] {
            assert!(!is_as_sent(&changed), "{changed}");
        }
    }

    #[test]
    fn it_fits_the_column_of_old_schemas() {
        let report = report(&json!({"id": "a", "body": "é ".repeat(100_000)}));
        assert!(event_report(&report, "t").content.len() <= 65_535);
    }
}
