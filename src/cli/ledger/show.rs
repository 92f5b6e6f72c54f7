//! A ledger for people, or as JSON.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::io::{self, Write};

use jiff::Timestamp;
use serde::Serialize;

use crate::cli::terminal::{Look, Style, columns, cut, padded, plain};
use crate::sync::choice::{is_left_alone, is_to_be_resent};
use crate::sync::ledger::{Entry, Ledger, State, Tries};
use crate::telemetry::shown::Json;

/// What is shown of a ledger.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Shown<'a> {
    /// The feed's namespace and name.
    feed: String,
    /// The UID of the feed that it was written for.
    uid: &'a str,
    destination: &'a str,
    totals: crate::sync::ledger::Totals,
    /// The newest first.
    reports: Vec<Row<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Row<'a> {
    id: &'a str,
    state: Standing,
    /// The newest of the report's times.
    filed_at: Timestamp,
    why: String,
    /// The attempts in vain at what is still to be done, or at a report that failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    attempts: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_attempt: Option<Timestamp>,
}

/// What a report's state is to people, and as the status' counts name it.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
enum Standing {
    Sent,
    Accepted,
    Skipped,
    ToBeResent,
    WithoutIndicators,
    Pending,
    Failed,
}

impl Standing {
    fn of(entry: &Entry) -> Self {
        match &entry.state {
            State::Sent => Self::Sent,
            State::Accepted { .. } => Self::Accepted,
            state if is_left_alone(state) => Self::Skipped,
            state if is_to_be_resent(state) => Self::ToBeResent,
            State::WithoutIndicators { .. } => Self::WithoutIndicators,
            State::Pending { .. } => Self::Pending,
            State::Failed(_) => Self::Failed,
        }
    }

    const fn as_str(self) -> &'static str {
        match self {
            Self::Sent => "sent",
            Self::Accepted => "accepted",
            Self::Skipped => "skipped",
            Self::ToBeResent => "to be resent",
            Self::WithoutIndicators => "without indicators",
            Self::Pending => "pending",
            Self::Failed => "failed",
        }
    }

    const fn style(self) -> Style {
        match self {
            Self::Sent => Style::Good,
            Self::Failed => Style::Bad,
            Self::Accepted | Self::Pending => Style::Open,
            Self::Skipped | Self::ToBeResent | Self::WithoutIndicators => Style::Faint,
        }
    }
}

impl<'a> Row<'a> {
    fn new(id: &'a str, entry: &'a Entry) -> Self {
        let tries = match &entry.state {
            State::Failed(failure) => Some(failure.tries()),
            _ => entry.tries,
        };
        Self {
            id,
            state: Standing::of(entry),
            filed_at: entry.filed_at,
            why: why(entry, tries),
            attempts: tries.map(|tries| tries.attempts),
            next_attempt: tries.map(|tries| tries.next),
        }
    }
}

impl<'a> Shown<'a> {
    pub fn new(namespace: &str, name: &str, ledger: &'a Ledger) -> Self {
        let mut reports: Vec<Row<'_>> = ledger
            .entries()
            .map(|(id, entry)| Row::new(id.as_str(), entry))
            .collect();
        reports.sort_by_key(|row| (Reverse(row.filed_at), row.id));
        Self {
            feed: format!("{namespace}/{name}"),
            uid: &ledger.owner.uid,
            destination: &ledger.owner.destination,
            totals: ledger.totals,
            reports,
        }
    }

    /// Prints one line a report, then how many there are in each state.
    ///
    /// # Errors
    /// Where it can't be written.
    pub fn table(&self, look: Look, out: &mut impl Write) -> io::Result<()> {
        let ids: Vec<String> = self.reports.iter().map(|row| plain(row.id)).collect();
        let id = ids
            .iter()
            .map(|id| columns(id))
            .max()
            .unwrap_or_default()
            .max(2);
        let states = self.reports.iter().map(|row| columns(row.state.as_str()));
        let state = states.max().unwrap_or_default().max(5);
        // `2026-01-10T00:10:00Z`
        let when = 20;
        let left = look.width.map_or(usize::MAX, |width| {
            width.saturating_sub(id + when + state + 6).max(24)
        });
        let header = format!(
            "{}  {}  {}  WHY",
            padded("ID", id),
            padded("FILED", when),
            padded("STATE", state)
        );
        writeln!(out, "{}", look.paint(Style::Faint, &header))?;
        for (shown, row) in ids.iter().zip(&self.reports) {
            let filed = row.filed_at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
            let judged = look.paint(row.state.style(), &padded(row.state.as_str(), state));
            let why = cut(&plain(&row.why), left);
            writeln!(out, "{}  {filed}  {judged}  {why}", padded(shown, id))?;
        }
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        for row in &self.reports {
            *counts.entry(row.state.as_str()).or_default() += 1;
        }
        let counts: Vec<String> = counts
            .iter()
            .map(|(state, count)| format!("{count} {state}"))
            .collect();
        writeln!(
            out,
            "\nfeed {}, to {}: {} reports: {}",
            self.feed,
            plain(self.destination),
            self.reports.len(),
            counts.join(", ")
        )?;
        out.flush()
    }

    /// Prints one JSON document.
    ///
    /// # Errors
    /// Where it can't be written.
    pub fn json(&self, out: &mut impl Write) -> io::Result<()> {
        serde_json::to_writer_pretty(Json(&mut *out), self)?;
        writeln!(out)?;
        out.flush()
    }
}

/// Why a report stands as it does, and what follows.
fn why(entry: &Entry, tries: Option<Tries>) -> String {
    let again = tries.map_or_else(String::new, |tries| {
        let times = if tries.attempts == 1 { "time" } else { "times" };
        let next = tries.next.strftime("%Y-%m-%dT%H:%M:%SZ");
        format!("; tried {} {times}, again at {next}", tries.attempts)
    });
    let held = if entry.delivered {
        "; the destination holds a form of it"
    } else {
        ""
    };
    match &entry.state {
        State::Sent if entry.csv.is_some() => {
            "at the destination as it was received, without some of its CSV data".to_owned()
        }
        State::Sent => "at the destination as it was received".to_owned(),
        State::Accepted { .. } => {
            format!("the destination took it, and has more to be told of it{again}")
        }
        state if is_left_alone(state) => {
            format!("spec.skip named it{held}")
        }
        state if is_to_be_resent(state) => {
            format!("it is sent once more when it is listed again{held}")
        }
        State::WithoutIndicators { .. } => {
            "nothing in it counts, or it is not published".to_owned()
        }
        State::Pending { .. } => format!("taken on, not finished{again}{held}"),
        State::Failed(failure) => format!("{}{again}{held}", plain(&failure.reason)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_reads_states_as_names() {
        for (state, name) in [
            (Standing::Sent, "sent"),
            (Standing::ToBeResent, "toBeResent"),
            (Standing::WithoutIndicators, "withoutIndicators"),
        ] {
            assert_eq!(serde_json::to_value(state).unwrap(), name);
        }
    }
}
