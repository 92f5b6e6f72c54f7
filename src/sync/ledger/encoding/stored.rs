//! The form in which a ledger is stored, before it is packed.

use std::collections::{BTreeMap, HashMap};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::sync::ledger::{
    Course, Entry, Failure, Known, Ledger, OpenSync, Overflow, Owner, Place, Reading, State,
    Totals, Tries, Trouble,
};
use crate::sync::report::{Digest, ReportId};

/// The only version so far: what is added is passed over by earlier operators.
pub(super) const VERSION: u32 = 1;

/// A ledger as it is stored. Its names are those of the first version; the golden files hold them.
#[derive(Serialize, Deserialize)]
pub(super) struct Stored {
    pub(super) v: u32,
    pub(super) owner: Owner,
    pub(super) totals: Totals,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    open: Option<OpenSync>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    last_posted: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    last_submitted: Option<Timestamp>,
    /// Each label once.
    #[serde(rename = "tags")]
    labels: Vec<String>,
    /// Each digest of rules once.
    rules: Vec<u64>,
    /// By time, oldest first.
    reports: Vec<Row>,
    /// What only few reports have, by id. Earlier versions of the operator pass over this field and those below.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    more: BTreeMap<String, More>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    reading: Option<Reading>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    known: Option<Known>,
    /// Which of the reports readings no longer list, by equal attempts: after an empty answer that may be all of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    unseen: Vec<(Tries, Vec<usize>)>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    walked: Option<Place>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    overflow: Option<Overflow>,
    #[serde(default, skip_serializing_if = "is_zero")]
    restless: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    trouble: Option<Trouble>,
}

/// What only few reports have.
#[derive(Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
struct More {
    /// The row counts the attempts for earlier versions; this says when they were made.
    #[serde(skip_serializing_if = "Option::is_none")]
    csv: Option<Tries>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tries: Option<Tries>,
    #[serde(rename = "guid", skip_serializing_if = "Option::is_none")]
    handle: Option<String>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks by reference")]
fn is_zero(number: &u32) -> bool {
    *number == 0
}

/// id, digest, seconds since the row before, whether delivered, CSV attempts, indices of labels, state
#[derive(Serialize, Deserialize)]
struct Row(String, String, i64, u8, u8, Vec<usize>, StoredState);

#[derive(Serialize, Deserialize)]
enum StoredState {
    #[serde(rename = "s")]
    Sent,
    #[serde(rename = "t")]
    Accepted(String, bool),
    #[serde(rename = "w")]
    WithoutIndicators(usize),
    #[serde(rename = "p")]
    Pending(bool),
    #[serde(rename = "f")]
    Failed(Box<Failure>),
}

/// Values in order of first use, and each one's index.
struct Table<T>(Vec<T>, HashMap<T, usize>);

impl<T: Clone + Eq + std::hash::Hash> Table<T> {
    fn new() -> Self {
        Self(Vec::new(), HashMap::new())
    }

    fn index(&mut self, value: &T) -> usize {
        if let Some(index) = self.1.get(value) {
            return *index;
        }
        let index = self.0.len();
        self.0.push(value.clone());
        self.1.insert(value.clone(), index);
        index
    }
}

/// The stored form of a ledger.
pub(super) fn to_stored(ledger: &Ledger) -> Stored {
    let mut labels = Table::new();
    let mut rules = Table::new();
    let mut entries: Vec<(&ReportId, &Entry)> = ledger.entries.iter().collect();
    entries.sort_by_key(|(id, entry)| (entry.filed_at, *id));
    let mut unseen: Vec<(Tries, Vec<usize>)> = Vec::new();
    for (index, (id, _)) in entries.iter().enumerate() {
        let Some(tries) = ledger.course.unseen.get(*id) else {
            continue;
        };
        match unseen.iter_mut().find(|(others, _)| others == tries) {
            Some((_, indices)) => indices.push(index),
            None => unseen.push((*tries, vec![index])),
        }
    }
    let mut previous = 0;
    let mut more = BTreeMap::new();
    let rows = entries.into_iter().map(|(id, entry)| {
        let seconds = entry.filed_at.as_second();
        let delta = seconds - previous;
        previous = seconds;
        let rare = More {
            csv: entry.csv.filter(|csv| *csv != Tries::HOPELESS),
            tries: entry.tries,
            handle: entry.handle.clone(),
        };
        if rare != More::default() {
            more.insert(id.as_str().to_owned(), rare);
        }
        let csv_attempts = entry.csv.map_or(0, |csv| csv.attempts);
        Row(
            id.as_str().to_owned(),
            STANDARD_NO_PAD.encode(entry.digest.0.to_be_bytes()),
            delta,
            u8::from(entry.delivered),
            u8::try_from(csv_attempts).unwrap_or(u8::MAX),
            entry
                .labels
                .iter()
                .map(|label| labels.index(label))
                .collect(),
            match &entry.state {
                State::Sent => StoredState::Sent,
                State::Accepted { handle, created } => {
                    StoredState::Accepted(handle.clone(), *created)
                }
                State::WithoutIndicators { rules: digest } => {
                    StoredState::WithoutIndicators(rules.index(digest))
                }
                State::Pending { known } => StoredState::Pending(*known),
                State::Failed(failure) => StoredState::Failed(failure.clone()),
            },
        )
    });
    let reports = rows.collect();
    Stored {
        v: VERSION,
        owner: ledger.owner.clone(),
        totals: ledger.totals,
        open: ledger.course.open.clone(),
        last_posted: ledger.last_posted,
        last_submitted: ledger.last_submitted,
        labels: labels.0,
        rules: rules.0,
        reports,
        more,
        reading: ledger.course.reading,
        known: ledger.course.known,
        unseen,
        walked: ledger.course.walked,
        overflow: ledger.course.overflow,
        restless: ledger.course.restless,
        trouble: ledger.course.trouble.clone(),
    }
}

/// The ledger of a stored form.
pub(super) fn from_stored(stored: Stored) -> Ledger {
    let Stored {
        v: _,
        owner,
        totals,
        open,
        last_posted,
        last_submitted,
        labels,
        rules,
        reports,
        mut more,
        reading,
        known,
        unseen,
        walked,
        overflow,
        restless,
        trouble,
    } = stored;
    let id_of = |index: usize| reports.get(index).and_then(|row| ReportId::new(&row.0));
    let unseen = unseen
        .into_iter()
        .flat_map(|(tries, indices)| indices.into_iter().map(move |index| (index, tries)))
        .filter_map(|(index, tries)| Some((id_of(index)?, tries)))
        .collect();
    let mut ledger = Ledger {
        totals,
        last_posted,
        last_submitted,
        course: Course {
            open,
            reading,
            known,
            walked,
            unseen,
            overflow,
            restless,
            trouble,
        },
        ..Ledger::new(owner)
    };
    let mut seconds = 0_i64;
    for row in reports {
        seconds = seconds.saturating_add(row.2);
        // A row that can't be read is a report not known: it is looked at again.
        let rare = more.remove(&row.0).unwrap_or_default();
        if let Some((id, entry)) = entry(row, rare, seconds, &labels, &rules) {
            ledger.set(id, entry);
        }
    }
    ledger.stored();
    ledger
}

fn entry(
    row: Row,
    rare: More,
    seconds: i64,
    labels: &[String],
    rules: &[u64],
) -> Option<(ReportId, Entry)> {
    let Row(id, digest, _, delivered, csv_attempts, label_indices, state) = row;
    let digest: [u8; 8] = STANDARD_NO_PAD.decode(digest).ok()?.try_into().ok()?;
    let state = match state {
        StoredState::Sent => State::Sent,
        StoredState::Accepted(handle, created) => State::Accepted { handle, created },
        StoredState::WithoutIndicators(index) => State::WithoutIndicators {
            rules: *rules.get(index)?,
        },
        StoredState::Pending(known) => State::Pending { known },
        StoredState::Failed(failure) => State::Failed(failure),
    };
    let entry = Entry {
        digest: Digest(u64::from_be_bytes(digest)),
        filed_at: Timestamp::from_second(seconds).ok()?,
        state,
        delivered: delivered != 0,
        labels: label_indices
            .into_iter()
            .map(|index| labels.get(index).cloned())
            .collect::<Option<_>>()?,
        // Earlier versions did not say when the attempts were made: as if long ago.
        csv: rare.csv.or_else(|| {
            (csv_attempts > 0).then(|| Tries {
                attempts: csv_attempts.into(),
                ..Tries::HOPELESS
            })
        }),
        tries: rare.tries,
        handle: rare.handle,
    };
    Some((ReportId::new(&id)?, entry))
}
