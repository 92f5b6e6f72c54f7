//! Examining a report: its CSV data is fetched, and the indicators in both are found.

use std::sync::Arc;

use indicators::{Indicator, Markup, Rules};
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::task::JoinError;
use tokio_util::task::AbortOnDropHandle;

use super::ask::Asked;
use super::handle::Handling;
use super::own::{Own, OwnList, Sources};
use super::ports::Stop;
use super::record::{Csv, Happened};
use super::report::{CsvData, MAX_REPORT_BYTES, Report};
use super::task::Task;
use crate::flashpoint::csv_links::{self, MAX_LINKS};
use crate::flashpoint::fields;

/// Up to so many bytes are examined on a thread that serves calls too: it takes them about a millisecond.
const SHORT: usize = 64 << 10;

/// Long ones are examined one at a time in the whole process, so that some thread is always there for all else.
static LONG: Semaphore = Semaphore::const_new(1);

/// A report that was examined.
pub struct Examined<'h> {
    pub data: CsvData,
    /// What the look for it came to.
    pub csv: Csv,
    /// What was found in both, and what Flashpoint itself lists.
    pub indicators: Vec<Indicator>,
    /// What Flashpoint says of these, where it was asked.
    pub own: Option<Own>,
    /// Where they were taken from: the text alone where Flashpoint's own list is withheld.
    pub sources: Sources,
    /// Its place among the reports that may hold CSV data.
    pub held: Option<SemaphorePermit<'h>>,
    /// Its share of what may be held of Flashpoint's own lists.
    pub listed: Option<SemaphorePermit<'h>>,
}

impl Handling<'_> {
    /// Examines a report.
    ///
    /// # Errors
    /// What happened instead.
    pub async fn examine(&self, task: &Task) -> Result<Examined<'_>, Happened> {
        let report = &task.report;
        if !report.published {
            return Err(Happened::Unpublished);
        }
        if report.len() > MAX_REPORT_BYTES {
            let megabytes = report.len() / (1024 * 1024);
            return Err(Happened::Unfit(format!(
                "it has {megabytes} MiB, more than the 16 MiB that a report may have"
            )));
        }
        let left = |stop: Stop| Happened::Left(stop.to_string());
        self.may_begin().map_err(left)?;
        let (list, sources) = match self.own_list(report).await? {
            Asked::Listed(list) => (Some(list), self.sources),
            Asked::Withheld => (None, Sources::default()),
            Asked::Not => (None, self.sources),
        };
        // Never more than there are: a list is bounded.
        let weight = list.as_ref().map_or(0, OwnList::weight) >> 10;
        let weight = u32::try_from(weight).unwrap_or(0);
        let listed = self.holding_lists.acquire_many(weight).await.ok();
        let mut links = self.source.csv_links(&csv_links::candidates(report));
        links.truncate(MAX_LINKS);
        let held = match links.as_slice() {
            [] => None,
            _ => self.holding_csv.acquire().await.ok(),
        };
        let (data, missing) = self.fetch_csv(task, &links).await;
        let search = Search {
            report: report.clone(),
            data,
            in_text: sources.text,
            list,
            rules: self.rules.clone(),
        };
        match search.apart().await {
            Ok(Found {
                data,
                indicators,
                own,
            }) => Ok(Examined {
                data,
                csv: Csv {
                    missing,
                    left_out: false,
                },
                indicators,
                own,
                sources,
                held,
                listed,
            }),
            Err(error) if error.is_panic() => {
                tracing::error!(report = %report.id, %error, "a report could not be examined; please report this");
                let reason = "it could not be examined: a defect of the operator; see its log";
                Err(Happened::Unfit(reason.to_owned()))
            }
            Err(_) => Err(left(self.note(Stop::TimeUp))),
        }
    }
}

/// One report to be looked at.
struct Search {
    report: Arc<Report>,
    data: CsvData,
    /// Whether the report and its CSV data are searched.
    in_text: bool,
    /// Flashpoint's own list, where it was asked for.
    list: Option<OwnList>,
    rules: Arc<Rules>,
}

struct Found {
    data: CsvData,
    indicators: Vec<Indicator>,
    own: Option<Own>,
}

impl Search {
    /// Looks in a task of its own: a report that makes it panic harms no other.
    async fn apart(self) -> Result<Found, JoinError> {
        let listed = self.list.as_ref().map_or(0, OwnList::weight);
        if self.report.len() + self.data.bytes() + listed <= SHORT {
            return AbortOnDropHandle::new(tokio::spawn(async { self.go() })).await;
        }
        let _turn = LONG.acquire().await;
        tokio::task::spawn_blocking(|| self.go()).await
    }

    fn go(self) -> Found {
        let mut indicators = if self.in_text {
            find(&self.report, &self.data, &self.rules)
        } else {
            Vec::new()
        };
        let list = self.list;
        let own = list.map(|list| Own::merge(list, &mut indicators, &self.rules));
        if let Some(own) = own.as_ref().filter(|own| own.unmapped > 0) {
            tracing::info!(
                report = %self.report.id, unmapped = own.unmapped,
                "some of Flashpoint's own indicators have a type or a value that is not known here: they are not sent"
            );
        }
        Found {
            data: self.data,
            indicators,
            own,
        }
    }
}

fn find(report: &Report, data: &CsvData, rules: &Rules) -> Vec<Indicator> {
    let texts = fields::parts(&report.fields);
    let parts: Vec<(Markup, &str)> = texts
        .iter()
        .map(|(markup, text)| (*markup, text.as_ref()))
        .chain(data.texts().map(|text| (Markup::Csv, text)))
        .collect();
    indicators::find(&parts, rules)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::value::RawValue;

    #[tokio::test]
    async fn csv_data_is_examined_too() {
        let json = r#"{"id":"a","title":"beacons to 45.77.1.9","body":""}"#;
        let report = Report::parse(&RawValue::from_string(json.to_owned()).unwrap());
        let data = CsvData::One("ip\n45.77.1.10\n".to_owned());
        let search = Search {
            report: Arc::new(report.unwrap()),
            data,
            in_text: true,
            list: None,
            rules: Arc::default(),
        };
        let found = search.apart().await.unwrap();
        let texts = found.data.texts().count();
        assert_eq!((texts, found.indicators.len()), (1, 2));
        assert_eq!(found.own, None);
    }
}
