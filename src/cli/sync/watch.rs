//! What happens in a sync, as it happens: a row for each report, and progress on a terminal.

use std::collections::{BTreeMap, HashMap};
use std::io::{Write as _, stderr};

use crate::cli::terminal::{Look, cut};
use crate::sync::because::because;
use crate::sync::own::Own;
use crate::sync::ports::{Line, Verdict, Watcher};
use indicators::Indicator;
use jiff::Timestamp;
use parking_lot::{Mutex, MutexGuard};

/// One report and what became of it.
#[derive(Clone, Debug)]
pub struct Row {
    /// Flashpoint's id; empty where it has none.
    pub id: String,
    pub title: String,
    /// Its `posted_at`, where it is readable.
    pub posted_at: Option<Timestamp>,
    pub verdict: Verdict,
    /// Why it stands so.
    pub why: String,
    /// What was found in it, where it was examined.
    pub indicators: Option<Vec<Indicator>>,
    /// What Flashpoint itself says of them, where it was asked.
    pub own: Option<Own>,
    /// Whether CSV data it links to could not be had.
    pub without_csv: bool,
    /// Whether the destination was written to, by this run.
    pub written: bool,
}

impl Row {
    fn line(&self) -> Line<'_> {
        Line {
            id: &self.id,
            title: &self.title,
            posted_at: self.posted_at,
            verdict: &self.verdict,
            indicators: self.indicators.as_deref(),
            own: self.own.as_ref(),
            without_csv: self.without_csv,
            written: self.written,
        }
    }

    fn is_open(&self) -> bool {
        matches!(self.verdict, Verdict::Pending(_))
    }
}

/// Keeps what a sync and its continuations tell.
pub struct Watch {
    /// Where progress is shown: on a terminal only.
    look: Look,
    /// Where reports go, as a message calls it.
    place: &'static str,
    /// What decided on reports that earlier runs examined, by id.
    known: BTreeMap<String, String>,
    told: Mutex<Told>,
}

#[derive(Default)]
struct Told {
    rows: Vec<Row>,
    /// Where the row of each id is.
    places: HashMap<String, usize>,
    /// How many rows are pending.
    open: usize,
    considered: usize,
    total: u64,
}

impl Watch {
    /// Watches, and shows progress on standard error if that is a terminal.
    pub fn new(place: &'static str, known: BTreeMap<String, String>) -> Self {
        Self {
            look: Look::of(&stderr()),
            place,
            known,
            told: Mutex::default(),
        }
    }

    /// Shows that the sync waits before it goes on.
    pub fn waiting(&self, seconds: u64) {
        let told = self.told();
        self.show(&format!(
            "{}; the next goes out in {seconds} s",
            told.progress()
        ));
    }

    /// Takes the progress away, and gives what was told.
    pub fn rows(&self) -> Vec<Row> {
        self.show("");
        let mut rows = std::mem::take(&mut *self.told()).rows;
        for row in &mut rows {
            let known = self.known.get(&row.id).map(String::as_str);
            row.why = because(&row.line(), self.place, known);
        }
        rows
    }

    /// Rewrites the one line of progress.
    pub fn show(&self, progress: &str) {
        if let Some(width) = self.look.width {
            // Nothing depends on it being seen.
            let _ = write!(stderr().lock(), "\r\u{1b}[2K{}", cut(progress, width - 1));
        }
    }

    /// Says something on a line of its own.
    pub fn say(&self, text: &str) {
        self.show("");
        let _ = writeln!(stderr().lock(), "{text}");
    }

    fn told(&self) -> MutexGuard<'_, Told> {
        self.told.lock()
    }
}

impl Told {
    /// Takes what became of a report: a continuation finished, or met again, what was pending.
    fn take(&mut self, mut row: Row) {
        self.open += usize::from(row.is_open());
        let place = self.places.get(&row.id);
        if let Some(earlier) = place.and_then(|place| self.rows.get_mut(*place)) {
            self.open -= usize::from(earlier.is_open());
            row.indicators = row.indicators.or(earlier.indicators.take());
            row.own = row.own.or(earlier.own.take());
            row.written |= earlier.written;
            *earlier = row;
            return;
        }
        if !row.id.is_empty() {
            self.places.insert(row.id.clone(), self.rows.len());
        }
        self.rows.push(row);
    }

    fn progress(&self) -> String {
        format!(
            "listed {} of {}, handled {}",
            self.considered,
            self.total,
            self.rows.len() - self.open
        )
    }
}

impl Watcher for Watch {
    fn listed(&self, considered: usize, total: u64) {
        let mut told = self.told();
        told.considered = told.considered.max(considered);
        told.total = total;
        self.show(&told.progress());
    }

    fn report(&self, line: Line<'_>) {
        let row = Row {
            id: line.id.to_owned(),
            title: line.title.to_owned(),
            posted_at: line.posted_at,
            verdict: line.verdict.clone(),
            why: String::new(),
            indicators: line.indicators.map(<[_]>::to_vec),
            own: line.own.cloned(),
            without_csv: line.without_csv,
            written: line.written,
        };
        let mut told = self.told();
        told.take(row);
        self.show(&told.progress());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(id: &str, verdict: Verdict) -> Row {
        Row {
            id: id.to_owned(),
            title: String::new(),
            posted_at: None,
            verdict,
            why: String::new(),
            indicators: None,
            own: None,
            without_csv: false,
            written: false,
        }
    }

    #[test]
    fn a_report_has_one_row_however_often_it_is_met() {
        let mut told = Told::default();
        told.take(row("a", Verdict::Pending(String::new())));
        told.take(row("", Verdict::Failed(String::new())));
        told.take(row("", Verdict::Failed(String::new())));
        told.take(row("b", Verdict::Created));
        assert!(told.progress().ends_with("handled 3"));
        told.take(row("a", Verdict::Updated));
        assert!(told.progress().ends_with("handled 4"));
        let rows: Vec<_> = told
            .rows
            .iter()
            .map(|row| (&*row.id, &row.verdict))
            .collect();
        let failed = Verdict::Failed(String::new());
        assert_eq!(
            rows,
            [
                ("a", &Verdict::Updated),
                ("", &failed),
                ("", &failed),
                ("b", &Verdict::Created)
            ]
        );
    }

    #[test]
    fn rows_are_kept_in_linear_time() {
        growth::assert_linear("rows", 2_000, |count| {
            let mut told = Told::default();
            growth::processor_time(|| {
                for at in 0..count {
                    told.take(row(&at.to_string(), Verdict::Created));
                    std::hint::black_box(told.progress());
                }
            })
        });
    }
}
