//! Fetching the CSV data that a report links to.

use super::handle::Handling;
use super::ledger::{RETRY_AFTER, Tries};
use super::report::CsvData;
use super::task::Task;

/// The most bytes of CSV data that go with one report. TruSTAR takes 2 MB in all.
const MOST_CSV: usize = 16 << 20;

/// Why CSV data of a report is missing.
#[derive(Debug)]
pub struct Missing {
    pub why: String,
    /// The attempts in vain, this one included.
    pub tries: Tries,
    /// Whether it was asked for this time.
    pub tried: bool,
}

impl Handling<'_> {
    /// The CSV data of a report, and what is missing of it.
    pub async fn fetch_csv(&self, task: &Task, links: &[String]) -> (CsvData, Option<Missing>) {
        let now = self.criteria.now;
        let earlier = task.csv_tries();
        let mut texts = Vec::with_capacity(links.len());
        let mut missing = None;
        let mut held = 0;
        for link in links {
            if let Err(stop) = self.may_begin() {
                missing = Some(Missing {
                    why: stop.to_string(),
                    tries: earlier.unwrap_or(Tries {
                        attempts: 0,
                        first: now,
                        next: now,
                    }),
                    tried: false,
                });
                break;
            }
            match self.source.csv(link).await {
                Ok(text) if held + text.len() > MOST_CSV => {
                    missing = Some(Missing {
                        why: "it has more than the 16 MiB that a report's CSV data may have"
                            .to_owned(),
                        tries: Tries::HOPELESS,
                        tried: true,
                    });
                    break;
                }
                Ok(text) => {
                    held += text.len();
                    texts.push(text);
                }
                Err(fault) => {
                    tracing::debug!(report = %task.report.id, error = %fault, "CSV data could not be had");
                    missing = Some(Missing {
                        why: fault.message,
                        tries: Tries::after(earlier, now, RETRY_AFTER),
                        tried: true,
                    });
                }
            }
        }
        let csv = match (links.len(), texts.pop()) {
            (_, None) => CsvData::None,
            (1, Some(text)) => CsvData::One(text),
            (_, Some(last)) => {
                texts.push(last);
                CsvData::Several(texts)
            }
        };
        (csv, missing)
    }
}
