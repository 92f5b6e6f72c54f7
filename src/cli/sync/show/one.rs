//! One report of a sync, all of it: verdict, reason, and each indicator.

use std::io::{self, Write};

use indicators::{Benign, Indicator};

use crate::cli::sync::watch::Row;
use crate::cli::terminal::{Look, Style, padded, plain};

/// The widest name of a type of indicators, and two spaces.
const KIND: usize = 15;

/// Prints what there is to say of it.
///
/// # Errors
/// Where it can't be written.
pub fn show(row: &Row, verdict: &str, look: Look, out: &mut impl Write) -> io::Result<()> {
    let posted = row
        .posted_at
        .map_or_else(|| "unknown".to_owned(), |time| time.to_string());
    for (what, text) in [
        ("report", plain(&row.id)),
        ("title", plain(&row.title)),
        ("posted", posted),
        ("verdict", verdict.to_owned()),
        ("reason", row.why.clone()),
    ] {
        writeln!(out, "{}{text}", padded(what, 9))?;
    }
    match &row.indicators {
        Some(found) => indicators(found, look, out)?,
        None => writeln!(
            out,
            "its indicators were not looked for this time; a dry run without --state lists them"
        )?,
    }
    writeln!(out)
}

/// Those that count, and then those that do not, each with the reason.
fn indicators(found: &[Indicator], look: Look, out: &mut impl Write) -> io::Result<()> {
    let (counting, others): (Vec<_>, Vec<_>) = found.iter().partition(|found| found.counts());
    writeln!(
        out,
        "indicators: {} that count, {} that do not",
        counting.len(),
        others.len()
    )?;
    for found in counting.into_iter().chain(others) {
        let kind = padded(found.kind.as_str(), KIND);
        let value = plain(&found.value);
        match found.benign.map(Benign::as_str) {
            Some(why) => writeln!(
                out,
                "{}",
                look.paint(
                    Style::Faint,
                    &format!("  {kind}{value}  does not count: {why}")
                )
            )?,
            None => writeln!(out, "  {kind}{value}")?,
        }
    }
    Ok(())
}
