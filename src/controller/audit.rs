//! The audit trail: what became of each report of a feed, as log lines.

use crate::sync::because::because;
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
        if !line.written && !tracing::enabled!(tracing::Level::DEBUG) {
            return;
        }
        let because = shown::line(&because(&line, self.place, None), REASON_BYTES);
        if line.written {
            let destination = self.destination;
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

#[cfg(test)]
mod tests {
    use std::io;
    use std::sync::Arc;

    use indicators::{Indicator, IndicatorType};
    use parking_lot::Mutex;

    use super::*;
    use crate::sync::ports::Verdict;

    #[derive(Clone, Default)]
    struct Log(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Log {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_write_that_failed_in_the_end_and_one_that_was_completed_say_why() {
        let log = Log::default();
        let writer = log.clone();
        let lines = tracing_subscriber::fmt().with_writer(move || writer.clone());
        let audit = Audit {
            namespace: "intel",
            name: "feed",
            destination: "enclave",
            place: "the enclave",
        };
        let found = [Indicator {
            kind: IndicatorType::Domain,
            value: "evil.example".to_owned(),
            defanged: false,
            benign: None,
        }];
        let failed = Verdict::Failed("its tags could not be set".to_owned());
        tracing::subscriber::with_default(lines.with_ansi(false).finish(), || {
            for (verdict, indicators) in [(&failed, Some(&found[..])), (&Verdict::Created, None)] {
                audit.report(Line {
                    id: "a",
                    title: "t",
                    posted_at: None,
                    verdict,
                    indicators,
                    own: None,
                    without_csv: false,
                    written: true,
                });
            }
        });
        let log = String::from_utf8(log.0.lock().clone()).unwrap();
        assert!(log.contains("its tags could not be set"), "{log}");
        assert!(!log.contains("because=\"\""), "{log}");
    }
}
