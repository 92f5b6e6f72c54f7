//! The two text formats in which scrapers take metrics.

use std::fmt::{self, Write as _};
use std::mem;

use prometheus_client::encoding::text;

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

    /// Takes an OpenMetrics exposition and keeps it in this format.
    pub const fn writer(self) -> Exposition {
        Exposition {
            format: self,
            text: String::new(),
            line: String::new(),
            help: String::new(),
        }
    }
}

/// An exposition that is being written, and taken part by part. The older format is made line by line, of OpenMetrics.
pub struct Exposition {
    format: Format,
    text: String,
    /// The line that has not ended yet.
    line: String,
    /// Of the family whose type comes next.
    help: String,
}

impl Exposition {
    /// How many bytes are written and not taken yet.
    pub const fn len(&self) -> usize {
        self.text.len()
    }

    /// Takes what is written, up to the last line that ended in the older format.
    pub fn take(&mut self) -> String {
        mem::take(&mut self.text)
    }

    /// For lines of samples, which are the same in both formats; to be used between lines alone.
    pub const fn samples(&mut self) -> &mut String {
        &mut self.text
    }

    /// Says that the exposition is whole, where the format has a word for it.
    ///
    /// # Errors
    /// Never in practice: it is written to memory.
    pub fn end(&mut self) -> fmt::Result {
        match self.format {
            Format::OpenMetrics => text::encode_eof(self),
            Format::Text => Ok(()),
        }
    }

    /// The older format knows neither infos nor units, and names a family as its series are named.
    fn end_line(&mut self) -> fmt::Result {
        let Self {
            text, line, help, ..
        } = self;
        let Some(comment) = line.strip_prefix("# ") else {
            return writeln!(text, "{line}");
        };
        let mut words = comment.splitn(3, ' ');
        match (words.next(), words.next(), words.next()) {
            // It comes before the type, which decides on the name.
            (Some("HELP"), Some(_), told) => told.unwrap_or_default().clone_into(help),
            (Some("TYPE"), Some(family), Some(kind)) => {
                let (suffix, kind) = match kind {
                    "counter" => ("_total", "counter"),
                    "info" => ("_info", "gauge"),
                    other => ("", other),
                };
                writeln!(text, "# HELP {family}{suffix} {help}")?;
                writeln!(text, "# TYPE {family}{suffix} {kind}")?;
            }
            _ => {}
        }
        Ok(())
    }
}

impl fmt::Write for Exposition {
    fn write_str(&mut self, part: &str) -> fmt::Result {
        if self.format == Format::OpenMetrics {
            self.text.push_str(part);
            return Ok(());
        }
        for part in part.split_inclusive('\n') {
            match part.strip_suffix('\n') {
                Some(end) => {
                    self.line.push_str(end);
                    self.end_line()?;
                    self.line.clear();
                }
                None => self.line.push_str(part),
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
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
        let mut written = Format::Text.writer();
        for part in open_metrics.split_inclusive(' ') {
            written.write_str(part).unwrap();
        }
        written.end().unwrap();
        assert_eq!(written.take(), expected);
    }
}
