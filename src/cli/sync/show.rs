//! A sync's results, for people or as JSON.

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::io::{self, Write};

use serde::Serialize;

use super::watch::Row;
use crate::cli::terminal::{Look, Style, columns, cut, padded, plain};
use crate::controller::standing::Standing;
use crate::sync::counts::Counts;
use crate::sync::own::{IndicatorSource, Own};
use crate::sync::ports::Verdict;
use crate::telemetry::shown::Json;
use indicators::{Benign, Indicator};

/// The widest that a title is shown where no terminal sets a limit.
const TITLE: usize = 60;

/// A terminal with less left for title and reason than this does better by wrapping lines.
const NARROW: usize = 32;

/// The widest that a deciding indicator is shown: a SHA-256 in hex.
const INDICATOR: usize = 64;

/// What is shown of a sync.
#[derive(Debug)]
pub struct Results<'a> {
    /// The feed's namespace and name.
    pub feed: &'a str,
    /// Where its reports go, as a message calls it.
    pub place: &'static str,
    /// Whether nothing was written.
    pub dry_run: bool,
    /// A row for each report.
    pub rows: &'a [Row],
    /// What was counted; none where nothing could be listed.
    pub counts: Option<&'a Counts>,
    /// What the Ready condition would say.
    pub standing: &'a Standing,
}

impl Results<'_> {
    /// Prints one line a report, then the counts, then what the Ready condition would say.
    ///
    /// # Errors
    /// Where it can't be written.
    pub fn table(&self, look: Look, out: &mut impl Write) -> io::Result<()> {
        let lines: Vec<[String; 4]> = self.rows.iter().map(|row| self.line(row)).collect();
        let widest = |column: usize| {
            let cells = lines.iter().filter_map(|line| line.get(column));
            cells.map(|cell| columns(cell)).max().unwrap_or_default()
        };
        let (id, verdict) = (widest(0), widest(2));
        let left = look
            .width
            .map(|width| width.saturating_sub(id + verdict + 6));
        let left = left.filter(|left| *left >= NARROW);
        let (title, why) = left.map_or((TITLE, usize::MAX), |left| {
            let title = left.saturating_sub(widest(3)).max(left / 2).min(widest(1));
            (title, left - title)
        });
        let title = title.min(widest(1));
        for ([report, name, judged, reason], row) in lines.iter().zip(self.rows) {
            let (report, name) = (padded(report, id), padded(&cut(name, title), title));
            let judged = look.paint(style(&row.verdict), &padded(judged, verdict));
            // What someone must see to is worth a second line.
            let whole = matches!(row.verdict, Verdict::Failed(_) | Verdict::Pending(_));
            let reason = if whole {
                reason.clone()
            } else {
                cut(reason, why)
            };
            writeln!(out, "{report}  {name}  {judged}  {reason}")?;
        }
        if !lines.is_empty() {
            writeln!(out)?;
        }
        if let Some(counts) = self.counts {
            writeln!(out, "{}", counted(counts))?;
        }
        if self.dry_run {
            writeln!(out, "dry run: nothing was written")?;
        }
        let Standing { reason, message } = self.standing;
        let (ready, style) = if reason.ready() {
            ("True", Style::Good)
        } else {
            ("False", Style::Bad)
        };
        let condition = look.paint(style, &format!("Ready={ready} {}", reason.as_str()));
        writeln!(out, "{condition}: {}", plain(message))?;
        out.flush()
    }

    /// Prints one JSON document.
    ///
    /// # Errors
    /// Where it can't be written.
    pub fn json(&self, out: &mut impl Write) -> io::Result<()> {
        let document = Document {
            feed: self.feed,
            dry_run: self.dry_run,
            reports: self
                .rows
                .iter()
                .map(|row| ReportResult::new(row, self.place))
                .collect(),
            counts: self.counts,
            ready: self.standing.reason.ready(),
            reason: self.standing.reason.as_str(),
            message: &self.standing.message,
        };
        serde_json::to_writer_pretty(Json(&mut *out), &document)?;
        writeln!(out)?;
        out.flush()
    }

    fn line(&self, row: &Row) -> [String; 4] {
        let id = if row.id.is_empty() {
            "-".to_owned()
        } else {
            plain(&row.id)
        };
        let verdict = match (&row.verdict, self.dry_run) {
            (Verdict::Created, true) => "would be created",
            (Verdict::Updated, true) => "would be updated",
            (Verdict::WithoutIndicators, _) => "no indicators",
            (Verdict::NotPublished, _) => "not published",
            (verdict, _) => word(verdict),
        };
        [
            id,
            plain(&row.title),
            verdict.to_owned(),
            why(row, self.place),
        ]
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Document<'a> {
    feed: &'a str,
    dry_run: bool,
    reports: Vec<ReportResult<'a>>,
    counts: Option<&'a Counts>,
    ready: bool,
    reason: &'static str,
    message: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ReportResult<'a> {
    id: &'a str,
    title: &'a str,
    verdict: &'static str,
    why: String,
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

impl<'a> ReportResult<'a> {
    fn new(row: &'a Row, place: &str) -> Self {
        let found = |indicator: &'a Indicator| Found {
            kind: indicator.kind.as_str(),
            value: &indicator.value,
            benign: indicator.benign.map(Benign::as_str),
            sources: row
                .own
                .as_ref()
                .map_or_else(Vec::new, |own| named(sources(indicator, own))),
        };
        Self {
            id: &row.id,
            title: &row.title,
            verdict: word(&row.verdict),
            why: why(row, place),
            indicators: row
                .indicators
                .as_ref()
                .map(|indicators| indicators.iter().map(found).collect()),
            without_csv: row.without_csv,
        }
    }
}

fn named([text, flashpoint]: [bool; 2]) -> Vec<IndicatorSource> {
    [
        (text, IndicatorSource::Text),
        (flashpoint, IndicatorSource::Flashpoint),
    ]
    .into_iter()
    .filter_map(|(is_from, source)| is_from.then_some(source))
    .collect()
}

/// A verdict as the status' counts name it.
fn word(verdict: &Verdict) -> &'static str {
    match verdict {
        Verdict::Created => "created",
        Verdict::Updated => "updated",
        Verdict::Unchanged => "unchanged",
        Verdict::WithoutIndicators => "withoutIndicators",
        Verdict::NotPublished => "notPublished",
        Verdict::Skipped => "skipped",
        Verdict::Failed(_) => "failed",
        Verdict::Pending(_) => "pending",
    }
}

fn style(verdict: &Verdict) -> Style {
    match verdict {
        Verdict::Created | Verdict::Updated => Style::Good,
        Verdict::Unchanged
        | Verdict::WithoutIndicators
        | Verdict::NotPublished
        | Verdict::Skipped => Style::Faint,
        Verdict::Failed(_) => Style::Bad,
        Verdict::Pending(_) => Style::Open,
    }
}

/// Why a report was sent to the place, or was not.
fn why(row: &Row, place: &str) -> String {
    let missing = if row.without_csv {
        "; its CSV data could not be had"
    } else {
        ""
    };
    let why = match (&row.verdict, &row.indicators) {
        (Verdict::Failed(reason) | Verdict::Pending(reason), _) => plain(reason),
        (Verdict::NotPublished, _) => "its published_status is not \"published\"".to_owned(),
        (Verdict::Skipped, _) => "spec.skip names it".to_owned(),
        (Verdict::Unchanged, None) => format!("in {place} as it is"),
        (Verdict::WithoutIndicators, None) => "nothing counted when it was examined".to_owned(),
        (Verdict::Created | Verdict::Updated, None) => "its tags were still to be set".to_owned(),
        (_, Some(indicators)) => decided(indicators, row.own.as_ref()),
    };
    let unmapped = match row.own.as_ref().map_or(0, |own| own.unmapped) {
        0 => String::new(),
        count => format!("; {count} that Flashpoint lists are not known here"),
    };
    format!("{why}{missing}{unmapped}")
}

/// Whether the text holds an indicator, and whether Flashpoint lists it.
fn sources(found: &Indicator, own: &Own) -> [bool; 2] {
    let listed = own.detail(found);
    [listed.is_none_or(|listed| listed.in_text), listed.is_some()]
}

/// The indicator that makes a report worth sending, or why there is none.
fn decided(indicators: &[Indicator], own: Option<&Own>) -> String {
    let mut counting = indicators.iter().filter(|indicator| indicator.counts());
    if let Some(first) = counting.next() {
        let more = match counting.count() {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        let from = match own.map(|own| sources(first, own)) {
            None => "",
            Some([_, false]) => " (from the text)",
            Some([false, true]) => " (from Flashpoint)",
            Some([true, true]) => " (from the text and Flashpoint)",
        };
        return format!(
            "{} {}{from}{more}",
            first.kind,
            cut(&plain(&first.value), INDICATOR)
        );
    }
    let mut reasons: BTreeMap<Benign, usize> = BTreeMap::new();
    for benign in indicators.iter().filter_map(|indicator| indicator.benign) {
        *reasons.entry(benign).or_default() += 1;
    }
    if reasons.is_empty() {
        return "no indicators".to_owned();
    }
    let reasons: Vec<String> = reasons
        .into_iter()
        .map(|(benign, count)| so_many(count, benign))
        .collect();
    format!("nothing counts: {}", reasons.join(", "))
}

/// `1 private address`, `3 well-known sites`.
fn so_many(count: usize, benign: Benign) -> String {
    let one = benign.as_str();
    match benign {
        _ if count == 1 => format!("1 {one}"),
        Benign::TypeNotSelected => format!("{count} of types not selected"),
        Benign::LowConfidenceName => format!("{count} names of low confidence"),
        _ if one.ends_with('s') => format!("{count} {one}es"),
        _ => format!("{count} {one}s"),
    }
}

fn counted(counts: &Counts) -> String {
    let sometimes = [
        (counts.failed, "failed"),
        (counts.pending, "pending"),
        (counts.backlog, "in the backlog"),
        (counts.without_csv, "without their CSV data"),
    ];
    let always = [
        (counts.matched, "matched"),
        (counts.created, "created"),
        (counts.updated, "updated"),
        (counts.unchanged, "unchanged"),
        (counts.without_indicators, "without indicators"),
    ];
    let some = sometimes.into_iter().filter(|(count, _)| *count > 0);
    let parts: Vec<String> = always
        .into_iter()
        .chain(some)
        .map(|(count, what)| format!("{count} {what}"))
        .collect();
    let indicators: Vec<String> = counts
        .indicators
        .iter()
        .map(|(kind, count)| format!("{count} {kind}"))
        .collect();
    let indicators = if indicators.is_empty() {
        String::new()
    } else {
        format!("\nindicators that count: {}", indicators.join(", "))
    };
    format!(
        "{} in the window, {} considered: {}{indicators}",
        counts.total,
        counts.considered,
        parts.join(", ")
    )
}
