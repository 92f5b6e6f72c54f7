//! Looking at reports ahead of writing them, several in one task, so that the calls under way go on meanwhile.

use std::iter;
use std::sync::Arc;

use futures::{Stream, StreamExt as _, stream};
use tokio::sync::Semaphore;
use tokio::task::JoinError;
use tokio_util::task::AbortOnDropHandle;

use super::decision::{Criteria, Decision};
use crate::flashpoint::csv_links;
use crate::flashpoint::fields;
use crate::sync::ledger::Entry;
use crate::sync::report::{CsvData, Report};
use indicators::{Indicator, Markup, Rules};

/// Up to so many bytes take about a millisecond to examine.
const SHORT: usize = 64 << 10;

/// Long ones are examined one at a time in the whole process, so that some thread is always there for all else.
static LONG: Semaphore = Semaphore::const_new(1);

/// How many batches are examined ahead of what is being handled: of the latest 500 reports that is nearly all of them, so
/// that no processor is idle while the first calls wait for their answers.
const BATCHES_AHEAD: usize = 64;

/// The most indicators of a report that are held until its turn comes; one with more is examined then.
const MAX_INDICATORS_HELD: usize = 200;

/// A report, and what a look at it gave.
#[derive(Debug)]
pub struct Looked {
    /// The report.
    pub report: Arc<Report>,
    /// What the ledger knew of it.
    pub known: Option<Entry>,
    /// What was found, where it is short, is to be examined, has no links to CSV data, and does not hold too much.
    pub found: Option<Vec<Indicator>>,
}

/// Looks at reports in their order, and a little ahead of whoever takes them.
pub fn ahead(
    reports: Vec<(Report, Option<Entry>)>,
    criteria: Criteria,
    rules: Arc<Rules>,
) -> impl Stream<Item = Looked> {
    let mut reports = reports.into_iter().peekable();
    let batches = iter::from_fn(move || {
        let (first, known) = reports.next()?;
        let mut bytes = first.len();
        let mut batch = vec![Looked::new(first, known)];
        while let Some((report, known)) = reports.next_if(|(report, _)| {
            bytes += report.len();
            bytes <= SHORT
        }) {
            batch.push(Looked::new(report, known));
        }
        Some(batch)
    });
    stream::iter(batches)
        .map(move |batch| look_at(batch, &criteria, &rules))
        .buffered(BATCHES_AHEAD)
        .flat_map(stream::iter)
}

impl Looked {
    fn new(report: Report, known: Option<Entry>) -> Self {
        Self {
            report: Arc::new(report),
            known,
            found: None,
        }
    }

    fn is_to_be_examined(&self, criteria: &Criteria) -> bool {
        self.report.published
            && self.report.len() <= SHORT
            && criteria.decide(&self.report, self.known.as_ref()) == Decision::Examine
    }
}

/// Begins at once; the future only waits for the end.
fn look_at(
    mut batch: Vec<Looked>,
    criteria: &Criteria,
    rules: &Arc<Rules>,
) -> impl Future<Output = Vec<Looked>> + use<> {
    let reports: Vec<Option<Arc<Report>>> = batch
        .iter()
        .map(|looked| {
            looked
                .is_to_be_examined(criteria)
                .then(|| Arc::clone(&looked.report))
        })
        .collect();
    let task = reports.iter().any(Option::is_some).then(|| {
        let rules = Arc::clone(rules);
        AbortOnDropHandle::new(tokio::spawn(async move {
            let found = reports.iter().map(|report| look(report.as_ref()?, &rules));
            found.collect::<Vec<_>>()
        }))
    });
    async move {
        let Some(task) = task else { return batch };
        // Without the task, each is examined by itself: one that can't be does no harm to the others.
        for (looked, found) in batch.iter_mut().zip(task.await.unwrap_or_default()) {
            looked.found = found;
        }
        batch
    }
}

/// What is found in a report that has no links to CSV data, and is not too much to hold.
fn look(report: &Report, rules: &Rules) -> Option<Vec<Indicator>> {
    let found = csv_links::candidates(report)
        .is_empty()
        .then(|| find(report, &CsvData::None, rules));
    found.filter(|found| found.len() <= MAX_INDICATORS_HELD)
}

/// What is found in one report and its CSV data, in a task of its own.
///
/// # Errors
/// When the task panicked, or the process ends.
pub async fn examine(
    report: Arc<Report>,
    csv: CsvData,
    rules: Arc<Rules>,
) -> Result<(CsvData, Vec<Indicator>), JoinError> {
    let bytes = report.len() + csv.texts().map(str::len).sum::<usize>();
    let finding = move || {
        let found = find(&report, &csv, &rules);
        (csv, found)
    };
    if bytes <= SHORT {
        return AbortOnDropHandle::new(tokio::spawn(async { finding() })).await;
    }
    let _turn = LONG.acquire().await;
    tokio::task::spawn_blocking(finding).await
}

fn find(report: &Report, csv: &CsvData, rules: &Rules) -> Vec<Indicator> {
    let texts = fields::parts(&report.fields);
    let parts: Vec<(Markup, &str)> = texts
        .iter()
        .map(|(markup, text)| (*markup, text.as_ref()))
        .chain(csv.texts().map(|text| (Markup::Csv, text)))
        .collect();
    indicators::find(&parts, rules)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;
    use crate::sync::ledger::State;
    use serde_json::value::RawValue;

    fn report(id: &str, rest: &str) -> Report {
        let json = format!(r#"{{"id":"{id}","title":"beacons to 45.77.1.9",{rest}}}"#);
        Report::parse(&RawValue::from_string(json).unwrap()).unwrap()
    }

    #[tokio::test]
    async fn reports_keep_their_order_and_only_those_that_need_nothing_else_are_looked_at() {
        let rules = Arc::new(Rules::default());
        let criteria = Criteria {
            rules: rules.digest(),
            now: "2026-01-01T00:00:00Z".parse().unwrap(),
            forced: false,
        };
        let sent = report("sent", r#""body":"""#);
        let entry = Entry {
            digest: sent.digest,
            filed_at: criteria.now,
            state: State::Sent,
            delivered: true,
            labels: Vec::new(),
            csv: None,
            tries: None,
            handle: None,
        };
        let long = format!(r#""body":"{}""#, "x".repeat(SHORT));
        let address = |at| format!("45.77.{}.{}", at / 100 + 2, at % 100 + 1);
        let addresses: Vec<_> = (0..=MAX_INDICATORS_HELD).map(address).collect();
        let rich = format!(r#""body":"{}""#, addresses.join(" "));
        let mut reports = vec![
            (report("short", r#""body":"""#), None),
            (report("csv", r#""body":"https://fp.tools/a.csv""#), None),
            (
                report("withdrawn", r#""published_status":"archived""#),
                None,
            ),
            (report("long", &long), None),
            (report("rich", &rich), None),
            (sent, Some(entry)),
        ];
        let body = format!(r#""body":"{}""#, "y".repeat(SHORT / 3));
        reports.extend((0..200).map(|id| (report(&id.to_string(), &body), None)));
        let looked: Vec<_> = ahead(reports, criteria, rules).collect().await;
        let looked: Vec<_> = looked
            .iter()
            .map(|looked| {
                (
                    looked.report.id.as_str(),
                    looked.found.as_ref().map(Vec::len),
                )
            })
            .collect();
        let named = ["short", "csv", "withdrawn", "long", "rich", "sent"];
        let found = [Some(1), None, None, None, None, None];
        let numbered: Vec<_> = (0..200).map(|id| id.to_string()).collect();
        let mut expected: Vec<_> = named.into_iter().zip(found).collect();
        expected.extend(numbered.iter().map(|id| (id.as_str(), Some(1))));
        assert_eq!(looked, expected);
    }

    #[tokio::test]
    async fn csv_data_is_examined_too() {
        let report = Arc::new(report("a", r#""body":"""#));
        let csv = CsvData::One("ip\n45.77.1.10\n".to_owned());
        let (csv, found) = examine(report, csv, Arc::default()).await.unwrap();
        assert_eq!((csv.texts().count(), found.len()), (1, 2));
    }
}
