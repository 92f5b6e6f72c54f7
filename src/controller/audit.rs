//! The audit trail: what became of each report of a feed, as log lines.

use crate::sync::because::{because, decided};
use crate::sync::ports::{Line, Watcher};
use crate::telemetry::shown;

/// The most bytes of a report's id and of a reason in a log line.
const ID_BYTES: usize = 512;
const REASON_BYTES: usize = 512;

/// Tells at info of each write, and at debug of every report.
pub struct Audit<'a> {
    pub namespace: &'a str,
    pub name: &'a str,
    /// What names the place that reports go to, for ever.
    pub destination: &'a str,
    /// The same, as a message calls it.
    pub place: &'static str,
}

impl Watcher for Audit<'_> {
    fn report(&self, line: Line<'_>) {
        let (namespace, name) = (self.namespace, self.name);
        let report = shown::line(line.id, ID_BYTES);
        let verdict = line.verdict.as_str();
        if line.written {
            let destination = self.destination;
            let decided = |found| decided(found, line.own);
            let because = line.indicators.map(decided).unwrap_or_default();
            tracing::info!(
                namespace,
                name,
                report,
                destination,
                verdict,
                because,
                "a report was written"
            );
        }
        if tracing::enabled!(tracing::Level::DEBUG) {
            let because = shown::line(&because(&line, self.place, None), REASON_BYTES);
            tracing::debug!(
                namespace,
                name,
                report,
                verdict,
                because,
                "a report was looked at"
            );
        }
    }
}
