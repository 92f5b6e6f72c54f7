//! What happens in a sync, as it happens: a row for each report, and progress on a terminal.

use std::io::{Write as _, stderr};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::cli::terminal::{Look, cut};
use crate::indicators::Indicator;
use crate::sync::ports::{Line, Verdict, Watcher};

/// One report and what became of it.
#[derive(Clone, Debug)]
pub struct Row {
    /// Flashpoint's id; empty where it has none.
    pub id: String,
    /// Its title.
    pub title: String,
    /// What became of it.
    pub verdict: Verdict,
    /// What was found in it, where it was examined.
    pub indicators: Option<Vec<Indicator>>,
    /// Whether CSV data it links to could not be had.
    pub without_csv: bool,
}

/// Keeps what a sync and its continuations tell.
pub struct Watch {
    /// Where progress is shown: on a terminal only.
    look: Look,
    told: Mutex<Told>,
}

#[derive(Default)]
struct Told {
    rows: Vec<Row>,
    considered: usize,
    total: u64,
}

impl Watch {
    /// Watches, and shows progress on standard error if that is a terminal.
    pub fn new() -> Self {
        Self {
            look: Look::of(&stderr()),
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
        std::mem::take(&mut self.told().rows)
    }

    /// Rewrites the one line of progress.
    pub fn show(&self, progress: &str) {
        if let Some(width) = self.look.width {
            // Nothing depends on it being seen.
            let _ = write!(stderr().lock(), "\r\u{1b}[2K{}", cut(progress, width - 1));
        }
    }

    fn told(&self) -> MutexGuard<'_, Told> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Told {
    fn progress(&self) -> String {
        let open = self
            .rows
            .iter()
            .filter(|row| matches!(row.verdict, Verdict::Pending(_)))
            .count();
        format!(
            "listed {} of {}, handled {}",
            self.considered,
            self.total,
            self.rows.len() - open
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
        let mut row = Row {
            id: line.id.to_owned(),
            title: line.title.to_owned(),
            verdict: line.verdict.clone(),
            indicators: line.indicators.map(<[_]>::to_vec),
            without_csv: line.without_csv,
        };
        let mut told = self.told();
        let earlier = told
            .rows
            .iter_mut()
            .find(|earlier| earlier.id == row.id && !row.id.is_empty());
        match earlier {
            // A continuation finished, or met again, what was pending.
            Some(earlier) => {
                row.indicators = row.indicators.or(earlier.indicators.take());
                *earlier = row;
            }
            None => told.rows.push(row),
        }
        self.show(&told.progress());
    }
}
