//! What happens at certain requests of the listing: reports come, go and change between two pages, and a page is
//! shorter or its `total` another than they should be.

use serde::Deserialize;
use serde_json::{Map, Value};

use super::Total;
use crate::reports::{Planted, Report};

/// A moment in the listing's life, its answers being counted from 1 since the script's line was set. Requests that are
/// refused, or answered by a fault instead, don't count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Moment {
    /// Just before the nth answer's page is made.
    Before(u64),
    /// Just after it was made.
    After(u64),
}

/// A change of what the listing holds.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// A report comes, or takes the place of the one of its id. As JSON: `{"report": {…}, "planted": []}`.
    Put(#[serde(deserialize_with = "report")] Report),
    /// The report of this id is edited: these fields are set, and `updated_at`.
    Edit(String, Map<String, Value>),
    /// The report of this id is gone.
    Remove(String),
}

/// Which answers differ, counted as by [`Moment`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answers {
    /// The nth.
    Nth(u64),
    /// The nth and all that follow.
    From(u64),
}

/// How an answer differs; what is left out stays as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Difference {
    /// The most reports that the page holds; `count` says how many there are, `total` and `limit` are as ever.
    pub at_most: Option<usize>,
    /// What `total` says.
    pub total: Option<Total>,
}

/// The lines that are set, with how many answers each has seen.
#[derive(Debug, Default)]
pub(super) struct Script {
    changes: Vec<(Moment, u64, Change)>,
    differences: Vec<(Answers, u64, Difference)>,
}

impl Script {
    pub fn change(&mut self, moment: Moment, change: Change) {
        self.changes.push((moment, 0, change));
    }

    pub fn differ(&mut self, answers: Answers, difference: Difference) {
        self.differences.push((answers, 0, difference));
    }

    pub fn clear(&mut self) {
        *self = Self::default();
    }

    /// Counts one more answer, and takes out the changes that come before it.
    pub fn begin(&mut self) -> Vec<Change> {
        for (_, seen, _) in &mut self.changes {
            *seen += 1;
        }
        for (_, seen, _) in &mut self.differences {
            *seen += 1;
        }
        self.take(Moment::Before)
    }

    /// Takes out the changes that come after this answer.
    pub fn end(&mut self) -> Vec<Change> {
        self.take(Moment::After)
    }

    /// How this answer differs; of two lines that say so, the later set wins.
    pub fn difference(&self) -> Difference {
        let applies = |answers: Answers, seen: u64| match answers {
            Answers::Nth(n) => seen == n,
            Answers::From(n) => seen >= n,
        };
        let lines = self.differences.iter();
        let now = lines.filter(|(answers, seen, _)| applies(*answers, *seen));
        now.fold(Difference::default(), |sum, (_, _, line)| Difference {
            at_most: line.at_most.or(sum.at_most),
            total: line.total.or(sum.total),
        })
    }

    fn take(&mut self, moment: impl Fn(u64) -> Moment) -> Vec<Change> {
        let due = self
            .changes
            .extract_if(.., |(when, seen, _)| *when == moment(*seen));
        due.map(|(_, _, change)| change).collect()
    }
}

fn report<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Report, D::Error> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Put {
        report: Value,
        #[serde(default)]
        planted: Vec<Planted>,
    }
    let put = Put::deserialize(deserializer)?;
    Ok(Report::new(&put.report, put.planted))
}
