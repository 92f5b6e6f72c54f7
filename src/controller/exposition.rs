//! The two text formats in which scrapers take metrics.

use std::fmt::{self, Write as _};

/// A text format, as the scraper's `Accept` header chooses it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// What Prometheus asks for by name.
    OpenMetrics,
    /// What everybody reads, `promtool check metrics` and a person with curl among them.
    Text,
}

impl Format {
    /// The format for a scraper that accepts these types.
    pub fn accepted(types: &str) -> Self {
        if types.contains("application/openmetrics-text") {
            Self::OpenMetrics
        } else {
            Self::Text
        }
    }

    /// Its media type.
    pub const fn content_type(self) -> &'static str {
        match self {
            Self::OpenMetrics => "application/openmetrics-text; version=1.0.0; charset=utf-8",
            Self::Text => "text/plain; version=0.0.4; charset=utf-8",
        }
    }

    /// An OpenMetrics exposition in this format.
    ///
    /// # Errors
    /// Never in practice: it is written to memory.
    pub fn written(self, exposition: String) -> Result<String, fmt::Error> {
        match self {
            Self::OpenMetrics => Ok(exposition),
            Self::Text => text(&exposition),
        }
    }
}

/// The older format knows neither infos nor units, and names a family as its series are named.
fn text(open_metrics: &str) -> Result<String, fmt::Error> {
    let mut out = String::with_capacity(open_metrics.len());
    let mut help = "";
    for line in open_metrics.lines() {
        let Some(comment) = line.strip_prefix("# ") else {
            writeln!(out, "{line}")?;
            continue;
        };
        let mut words = comment.splitn(3, ' ');
        match (words.next(), words.next(), words.next()) {
            // It comes before the type, which decides on the name.
            (Some("HELP"), Some(_), text) => help = text.unwrap_or_default(),
            (Some("TYPE"), Some(family), Some(kind)) => {
                let (suffix, kind) = match kind {
                    "counter" => ("_total", "counter"),
                    "info" => ("_info", "gauge"),
                    other => ("", other),
                };
                writeln!(out, "# HELP {family}{suffix} {help}")?;
                writeln!(out, "# TYPE {family}{suffix} {kind}")?;
            }
            _ => {}
        }
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn openmetrics_is_for_who_asks_for_it() {
        let prometheus = "application/openmetrics-text;version=1.0.0,text/plain;q=0.5,*/*;q=0.1";
        assert_eq!(Format::accepted(prometheus), Format::OpenMetrics);
        assert_eq!(Format::accepted("*/*"), Format::Text);
        assert_eq!(Format::accepted(""), Format::Text);
    }

    #[test]
    fn each_kind_of_family_in_the_older_format() {
        let open_metrics = "\
# HELP build The version that runs.
# TYPE build info
build_info{version=\"1\"} 1
# HELP syncs Syncs.
# TYPE syncs counter
syncs_total{result=\"# TYPE a b\"} 2
# HELP wait_seconds How long.
# TYPE wait_seconds histogram
# UNIT wait_seconds seconds
wait_seconds_sum 1.5
# EOF
";
        let expected = "\
# HELP build_info The version that runs.
# TYPE build_info gauge
build_info{version=\"1\"} 1
# HELP syncs_total Syncs.
# TYPE syncs_total counter
syncs_total{result=\"# TYPE a b\"} 2
# HELP wait_seconds How long.
# TYPE wait_seconds histogram
wait_seconds_sum 1.5
";
        assert_eq!(text(open_metrics).unwrap(), expected);
    }
}
