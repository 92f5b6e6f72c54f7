//! A sync's results as one JSON document.

use std::io::{self, Write};

use indicators::{Benign, Indicator};
use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Value, json};

use super::Results;
use crate::api::Reason;
use crate::cli::sync::watch::Row;
use crate::sync::own::IndicatorSource;
use crate::sync::ports::Verdict;
use crate::telemetry::shown::Json;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Document<'a> {
    feed: &'a str,
    dry_run: bool,
    reports: Vec<ReportResult<'a>>,
    counts: Value,
    /// Left out, as is what follows, of a dry run that found nothing in the way: it makes no feed ready.
    #[serde(skip_serializing_if = "Option::is_none")]
    ready: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<&'a str>,
    /// What is to be known besides, of a dry run that found nothing in the way.
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    notes: &'a [String],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ReportResult<'a> {
    id: &'a str,
    title: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    posted_at: Option<Timestamp>,
    verdict: &'static str,
    why: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    indicators: Option<Vec<Found<'a>>>,
    without_csv: bool,
}

#[derive(Serialize)]
struct Found<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    value: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    benign: Option<&'static str>,
    /// Where it is from, where Flashpoint was asked for its own.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    sources: Vec<IndicatorSource>,
}

impl Results<'_> {
    /// Prints one JSON document.
    ///
    /// # Errors
    /// Where it can't be written.
    pub fn json(&self, out: &mut impl Write) -> io::Result<()> {
        let rows = self.rows.iter();
        let rows = rows.filter(|row| self.only.is_none_or(|id| row.id == id));
        let reason = self.standing.reason;
        let told = !(self.dry_run && reason.ready());
        let document = Document {
            feed: self.feed,
            dry_run: self.dry_run,
            reports: rows.map(|row| self.report(row)).collect(),
            counts: self.counts(),
            ready: told.then_some(reason.ready()),
            reason: told.then_some(reason.as_str()),
            message: (told || reason == Reason::Suspended).then_some(&self.standing.message),
            notes: if told { &[] } else { self.notes },
        };
        serde_json::to_writer_pretty(Json(&mut *out), &document)?;
        writeln!(out)?;
        out.flush()
    }

    /// The counts by the names that the status has; in a dry run nothing is created.
    fn counts(&self) -> Value {
        let mut counts = json!(self.counts);
        if let Some(counts) = counts.as_object_mut().filter(|_| self.dry_run) {
            for (was, would) in [("created", "wouldCreate"), ("updated", "wouldUpdate")] {
                if let Some(count) = counts.remove(was) {
                    counts.insert(would.to_owned(), count);
                }
            }
        }
        counts
    }

    fn report<'a>(&self, row: &'a Row) -> ReportResult<'a> {
        let found = |indicator: &'a Indicator| Found {
            kind: indicator.kind.as_str(),
            value: &indicator.value,
            benign: indicator.benign.map(Benign::as_str),
            sources: row
                .own
                .as_ref()
                .map_or_else(Vec::new, |own| own.sources(indicator).names().collect()),
        };
        let indicators = row.indicators.as_ref();
        ReportResult {
            id: &row.id,
            title: &row.title,
            posted_at: row.posted_at,
            verdict: match (&row.verdict, self.dry_run) {
                (Verdict::Created, true) => "wouldCreate",
                (Verdict::Updated, true) => "wouldUpdate",
                (verdict, _) => verdict.as_str(),
            },
            why: &row.why,
            indicators: indicators.map(|all| all.iter().map(found).collect()),
            without_csv: row.without_csv,
        }
    }
}
