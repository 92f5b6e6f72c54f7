//! A sync's results: for people as a table or, of one report, all there is; or as JSON.

mod json;
mod one;
#[cfg(test)]
mod tests;

use std::io::{self, Write};

use super::watch::Row;
use crate::api::Reason;
use crate::cli::terminal::{Look, Style, columns, cut, padded, plain};
use crate::controller::standing::Standing;
use crate::sync::counts::Counts;
use crate::sync::ports::Verdict;

/// The widest that a title is shown where no terminal sets a limit.
const TITLE: usize = 60;

/// A title that has less room than this beside its reason has the line for itself, and the reason the next one.
const NARROW: usize = 24;

/// How far a reason on a line of its own is set in.
const INDENT: usize = 4;

const HEADER: [&str; 5] = ["ID", "POSTED", "TITLE", "VERDICT", "REASON"];

/// What is shown of a sync.
#[derive(Debug)]
pub struct Results<'a> {
    /// The feed's namespace and name.
    pub feed: &'a str,
    /// Whether nothing was written.
    pub dry_run: bool,
    /// A row for each report.
    pub rows: &'a [Row],
    /// The id of the only report to be shown, if only one is.
    pub only: Option<&'a str>,
    /// What was counted; none where nothing could be listed.
    pub counts: Option<&'a Counts>,
    /// What the Ready condition would say.
    pub standing: &'a Standing,
    /// What its message says besides: all that is told of it where a dry run found nothing in the way.
    pub notes: &'a [String],
}

/// The widths of the columns on a terminal.
struct Widths {
    id: usize,
    title: usize,
    verdict: usize,
    /// Columns for the reason.
    why: usize,
    /// Whether the reason has a line of its own.
    apart: bool,
}

impl Results<'_> {
    /// Prints what is for people: the reports, then the counts, then what the Ready condition would say.
    ///
    /// # Errors
    /// Where it can't be written.
    pub fn table(&self, look: Look, out: &mut impl Write) -> io::Result<()> {
        if let Some(id) = self.only {
            for row in self.rows.iter().filter(|row| row.id == id) {
                one::show(row, self.verdict(row), look, out)?;
            }
        } else {
            self.lines(look, out)?;
        }
        if let Some(counts) = self.counts {
            writeln!(out, "{}", counted(counts, self.dry_run))?;
        }
        self.conclusion(look, out)?;
        out.flush()
    }

    /// One line a report, or two.
    fn lines(&self, look: Look, out: &mut impl Write) -> io::Result<()> {
        if self.rows.is_empty() {
            return Ok(());
        }
        let lines: Vec<[String; 5]> = self.rows.iter().map(|row| self.cells(row)).collect();
        let widths = Widths::of(&lines, look.width);
        let header = HEADER.map(str::to_owned);
        let reason = if widths.apart { "" } else { "REASON" };
        let header = widths.line(&header, &padded("VERDICT", widths.verdict), reason);
        writeln!(out, "{}", look.paint(Style::Faint, header.trim_end()))?;
        for (cells, row) in lines.iter().zip(self.rows) {
            let [_, _, _, verdict, why] = cells;
            let verdict = look.paint(style(&row.verdict), &padded(verdict, widths.verdict));
            // What someone must see to is worth as many lines as it takes.
            let whole = matches!(row.verdict, Verdict::Failed(_) | Verdict::Pending(_));
            let why = if whole {
                why.clone()
            } else {
                cut(why, widths.why)
            };
            if widths.apart {
                writeln!(out, "{}", widths.line(cells, &verdict, "").trim_end())?;
                writeln!(out, "{}{why}", " ".repeat(INDENT))?;
            } else {
                writeln!(out, "{}", widths.line(cells, &verdict, &why))?;
            }
        }
        writeln!(out)
    }

    /// What the Ready condition would say; of a dry run that found nothing in the way there is none, for nothing was done.
    fn conclusion(&self, look: Look, out: &mut impl Write) -> io::Result<()> {
        let Standing { reason, message } = self.standing;
        if self.dry_run {
            if reason.ready() {
                for note in self.notes {
                    writeln!(out, "note: {}", plain(note))?;
                }
            }
            writeln!(out, "dry run: nothing was written")?;
            match reason {
                Reason::Suspended => return writeln!(out, "{}", plain(message)),
                _ if reason.ready() => return Ok(()),
                _ => {}
            }
        }
        let (ready, style) = if reason.ready() {
            ("True", Style::Good)
        } else {
            ("False", Style::Bad)
        };
        let condition = look.paint(style, &format!("Ready={ready} {}", reason.as_str()));
        writeln!(out, "{condition}: {}", plain(message))
    }

    fn cells(&self, row: &Row) -> [String; 5] {
        let id = if row.id.is_empty() {
            "-".to_owned()
        } else {
            plain(&row.id)
        };
        let posted = row.posted_at.map_or_else(
            || "-".to_owned(),
            |time| time.strftime("%Y-%m-%d").to_string(),
        );
        [
            id,
            posted,
            plain(&row.title),
            self.verdict(row).to_owned(),
            row.why.clone(),
        ]
    }

    fn verdict(&self, row: &Row) -> &'static str {
        match (&row.verdict, self.dry_run) {
            (Verdict::Created, true) => "would create",
            (Verdict::Updated, true) => "would update",
            (Verdict::WithoutIndicators, _) => "no indicators",
            (Verdict::NotPublished, _) => "not published",
            (verdict, _) => verdict.as_str(),
        }
    }
}

impl Widths {
    fn of(lines: &[[String; 5]], width: Option<usize>) -> Self {
        let widest = |at: usize| {
            let cells = lines.iter().filter_map(|line| line.get(at));
            let heading = HEADER.get(at).map_or(0, |heading| heading.len());
            cells.map(|cell| columns(cell)).fold(heading, usize::max)
        };
        let (id, title, verdict, why) = (widest(0), widest(2), widest(3), widest(4));
        let together = Self {
            id,
            title: title.min(TITLE),
            verdict,
            why: usize::MAX,
            apart: false,
        };
        let Some(width) = width else {
            return together;
        };
        // A date has ten columns, and two stand between any two cells.
        let left = width.saturating_sub(id + 10 + verdict + 6);
        let beside = left.saturating_sub(why + 2).min(title);
        if beside >= NARROW.min(title) {
            return Self {
                title: beside,
                ..together
            };
        }
        Self {
            title: left.max(NARROW / 2).min(title),
            why: width.saturating_sub(INDENT),
            apart: true,
            ..together
        }
    }

    fn line(&self, cells: &[String; 5], verdict: &str, why: &str) -> String {
        let [id, posted, title, ..] = cells;
        let title = padded(&cut(title, self.title), self.title);
        format!(
            "{}  {}  {title}  {verdict}  {why}",
            padded(id, self.id),
            padded(posted, 10)
        )
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

fn counted(counts: &Counts, dry_run: bool) -> String {
    let (created, updated) = if dry_run {
        ("to create", "to update")
    } else {
        ("created", "updated")
    };
    let sometimes = [
        (counts.failed, "failed"),
        (counts.pending, "pending"),
        (counts.backlog, "in the backlog"),
        (counts.without_csv, "without their CSV data"),
    ];
    let always = [
        (counts.matched, "matched"),
        (counts.created, created),
        (counts.updated, updated),
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
