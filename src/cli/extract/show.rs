//! A list of indicators: for programs a type and a value a line, for people a table.

use std::io::{self, Write};

use crate::cli::terminal::{Look, Style, columns, padded, plain};
use indicators::Indicator;

/// Prints the list as its reader can use it.
///
/// # Errors
/// Where it can't be written.
pub fn list(indicators: &[Indicator], out: &mut impl Write) -> io::Result<()> {
    let look = Look::of(&io::stdout());
    if look.width.is_some() {
        table(indicators, look, out)
    } else {
        lines(indicators, out)
    }
}

fn lines(indicators: &[Indicator], out: &mut impl Write) -> io::Result<()> {
    for indicator in indicators {
        writeln!(out, "{}\t{}", indicator.kind, indicator.value)?;
    }
    Ok(())
}

/// Type, value, and why it would not count for the filter.
fn table(indicators: &[Indicator], look: Look, out: &mut impl Write) -> io::Result<()> {
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
        let (style, why) = indicator.benign.map_or((Style::Good, "counts"), |benign| {
            (Style::Faint, benign.as_str())
        });
        let kind = padded(indicator.kind.as_str(), kinds);
        let value = padded(&plain(&indicator.value), values);
        writeln!(
            out,
            "{kind}  {}  {}",
            look.paint(style, &value),
            look.paint(Style::Faint, why)
        )?;
    }
    let counting = indicators
        .iter()
        .filter(|indicator| indicator.counts())
        .count();
    let count = if counting == 1 { "counts" } else { "count" };
    let found = indicators.len();
    writeln!(out, "{found} found, {counting} of them {count}")
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
    fn a_program_gets_type_and_value() {
        let mut out = Vec::new();
        lines(&found(), &mut out).unwrap();
        assert_eq!(
            String::from_utf8(out).unwrap(),
            "Domain\tevil.example\nIP\t192.168.1.1\nCVE\tCVE-2021-44228\n"
        );
    }

    #[test]
    fn a_person_sees_what_does_not_count_and_why() {
        let mut out = Vec::new();
        table(
            &found(),
            Look {
                width: Some(80),
                ..Look::default()
            },
            &mut out,
        )
        .unwrap();
        let shown = String::from_utf8(out).unwrap();
        let expected = "\
Domain  evil.example    counts
IP      192.168.1.1     private address
CVE     CVE-2021-44228  counts
3 found, 2 of them count
";
        assert_eq!(shown, expected);
    }
}
