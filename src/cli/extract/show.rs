//! What was found in a document: a table for people, or lines or JSON for programs.

use std::io::{self, Write};

use crate::cli::terminal::{Look, Style, columns, padded, plain};
use crate::telemetry::shown::Json;
use indicators::Indicator;

/// What a program reads in the third column of an indicator that counts.
const COUNTS: &str = "counts";

/// A line for each: type, value, why it does not count or that it counts, and where the document is one of several its name.
///
/// # Errors
/// Where it can't be written.
pub fn lines(document: Option<&str>, found: &[Indicator], out: &mut impl Write) -> io::Result<()> {
    for indicator in found {
        write!(
            out,
            "{}\t{}\t{}",
            indicator.kind,
            indicator.value,
            why(indicator)
        )?;
        if let Some(document) = document {
            write!(out, "\t{}", plain(document))?;
        }
        writeln!(out)?;
    }
    Ok(())
}

fn why(indicator: &Indicator) -> &'static str {
    indicator.benign.map_or(COUNTS, |benign| benign.as_str())
}

/// An element of a JSON array: the document's name, and its indicators.
///
/// # Errors
/// Where it can't be written.
pub fn element(document: &str, found: &[Indicator], out: &mut impl Write) -> io::Result<()> {
    let mut out = Json(out);
    out.write_all(b"{\"file\":")?;
    serde_json::to_writer(&mut out, document)?;
    out.write_all(b",")?;
    indicators(found.iter(), &mut out)?;
    out.write_all(b"}")
}

/// The member `"indicators"` of a JSON object.
///
/// # Errors
/// Where it can't be written.
pub fn indicators<'a>(
    found: impl Iterator<Item = &'a Indicator>,
    out: &mut impl Write,
) -> io::Result<()> {
    out.write_all(b"\"indicators\":[")?;
    for (place, indicator) in found.enumerate() {
        let comma = if place == 0 { "" } else { "," };
        write!(out, "{comma}{{\"type\":\"{}\",\"value\":", indicator.kind)?;
        serde_json::to_writer(&mut *out, &indicator.value)?;
        if let Some(benign) = indicator.benign {
            out.write_all(b",\"benign\":")?;
            serde_json::to_writer(&mut *out, benign.as_str())?;
        }
        out.write_all(b"}")?;
    }
    out.write_all(b"]")
}

/// Type, value, and why it would not count for the filter; above them the name of a document that is one of several, below them how many
/// there are with those that are left out because they do not count.
///
/// # Errors
/// Where it can't be written.
pub fn table(
    document: Option<&str>,
    indicators: &[Indicator],
    left_out: usize,
    look: Look,
    out: &mut impl Write,
) -> io::Result<()> {
    if let Some(document) = document {
        writeln!(out, "{}:", plain(document))?;
    }
    let kinds = indicators
        .iter()
        .map(|indicator| columns(indicator.kind.as_str()))
        .max();
    // One long URL would push the last column off the screen for all.
    let longest = look.width.unwrap_or(80) / 2;
    let values = indicators
        .iter()
        .map(|indicator| columns(&indicator.value))
        .filter(|width| *width <= longest)
        .max();
    let (kinds, values) = (kinds.unwrap_or_default(), values.unwrap_or_default());
    for indicator in indicators {
        let style = if indicator.counts() {
            Style::Good
        } else {
            Style::Faint
        };
        let kind = padded(indicator.kind.as_str(), kinds);
        let value = padded(&plain(&indicator.value), values);
        writeln!(
            out,
            "{kind}  {}  {}",
            look.paint(style, &value),
            look.paint(Style::Faint, why(indicator))
        )?;
    }
    let counting = indicators
        .iter()
        .filter(|indicator| indicator.counts())
        .count();
    let count = if counting == 1 { "counts" } else { "count" };
    let found = indicators.len() + left_out;
    write!(out, "{found} found, {counting} of them {count}")?;
    match left_out {
        0 => writeln!(out),
        1 => writeln!(
            out,
            "; without --counting the other one is listed, and why it does not"
        ),
        more => writeln!(
            out,
            "; without --counting the other {more} are listed, and why they do not"
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use indicators::{Benign, IndicatorType};

    fn found() -> Vec<Indicator> {
        let indicator = |kind, value: &str, benign| Indicator {
            kind,
            value: value.to_owned(),
            defanged: false,
            benign,
        };
        vec![
            indicator(IndicatorType::Domain, "evil.example", None),
            indicator(
                IndicatorType::Ip,
                "192.168.1.1",
                Some(Benign::PrivateAddress),
            ),
            indicator(IndicatorType::Cve, "CVE-2021-44228", None),
        ]
    }

    #[test]
    fn a_program_gets_type_value_verdict_and_the_file_that_is_one_of_several() {
        let shown = |document| {
            let mut out = Vec::new();
            lines(document, &found()[..2], &mut out).unwrap();
            String::from_utf8(out).unwrap()
        };
        assert_eq!(
            shown(None),
            "Domain\tevil.example\tcounts\nIP\t192.168.1.1\tprivate address\n"
        );
        assert_eq!(
            shown(Some("a\tb\u{1b}.txt")),
            "Domain\tevil.example\tcounts\ta b\\u{1b}.txt\nIP\t192.168.1.1\tprivate address\ta b\\u{1b}.txt\n"
        );
    }

    #[test]
    fn a_person_sees_what_does_not_count_and_why() {
        let mut out = Vec::new();
        table(
            Some("a.txt"),
            &found(),
            0,
            Look {
                width: Some(80),
                ..Look::default()
            },
            &mut out,
        )
        .unwrap();
        let shown = String::from_utf8(out).unwrap();
        let expected = "\
a.txt:
Domain  evil.example    counts
IP      192.168.1.1     private address
CVE     CVE-2021-44228  counts
3 found, 2 of them count
";
        assert_eq!(shown, expected);
    }
}
