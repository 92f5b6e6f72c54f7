//! How a ledger is stored: one deflated, base64 text that fits one Kubernetes object.

use std::collections::{BTreeMap, HashMap};
use std::io::{Read as _, Write as _};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use flate2::Compression;
use flate2::read::DeflateDecoder;
use flate2::write::DeflateEncoder;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{
    Entry, Failure, Known, Ledger, OpenSync, Overflow, Owner, Reading, State, Totals, Tries,
    Trouble,
};
use crate::sync::report::{Digest, ReportId};

/// The most bytes of an encoded ledger: an object in etcd must stay under 1.5 MiB.
pub const MAX_BYTES: usize = 1_000_000;

/// So many bytes of JSON fit however little they can be compressed: base64 makes four of three.
const FITS_ANYHOW: usize = MAX_BYTES / 3 * 2;

/// What an encoded ledger may inflate to; a larger one was not written by us.
const MAX_INFLATED: u64 = 64 * 1024 * 1024;

const VERSION: u32 = 1;

/// Why a ledger could not be encoded.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EncodeError {
    /// It would not fit one object.
    #[error("the ledger needs {0} bytes, more than the {MAX_BYTES} that fit one object")]
    Full(usize),
    /// It could not be serialised.
    #[error("the ledger could not be serialised: {0}")]
    Serialise(String),
}

/// Why a stored ledger is not taken for an owner's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Untrusted {
    /// It is the feed's, from when it wrote to another destination.
    OtherDestination {
        /// What that ledger sums up.
        totals: Totals,
    },
    /// It is another feed's, whatever its destination.
    OtherFeed,
    /// It is damaged, or of another version.
    Unreadable,
}

#[derive(Serialize, Deserialize)]
struct Stored {
    v: u32,
    owner: Owner,
    totals: Totals,
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
    Failed(Failure),
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

impl Ledger {
    /// Encodes it.
    ///
    /// # Errors
    /// When it needs more than [`MAX_BYTES`].
    pub fn encode(&self) -> Result<String, EncodeError> {
        let failed = |error: &dyn std::fmt::Display| EncodeError::Serialise(error.to_string());
        let json = serde_json::to_vec(&self.to_stored()).map_err(|error| failed(&error))?;
        // A sync waits for this several times; only a ledger that might not fit is worth more.
        let level = if json.len() > FITS_ANYHOW {
            Compression::default()
        } else {
            Compression::fast()
        };
        let mut deflate = DeflateEncoder::new(Vec::new(), level);
        deflate.write_all(&json).map_err(|error| failed(&error))?;
        let deflated = deflate.finish().map_err(|error| failed(&error))?;
        let text = STANDARD.encode(deflated);
        if text.len() > MAX_BYTES {
            return Err(EncodeError::Full(text.len()));
        }
        Ok(text)
    }

    /// Decodes what [`Ledger::encode`] gave. Anything that can't be read, or is another owner's,
    /// is an empty ledger: everything is looked at again, and nothing is lost.
    #[must_use]
    pub fn decode(text: &str, owner: Owner) -> Self {
        Self::decode_trusted(text, &owner).unwrap_or_else(|_| Self::new(owner))
    }

    /// Decodes what [`Ledger::encode`] gave.
    ///
    /// # Errors
    /// When it is not to be trusted, and why.
    pub fn decode_trusted(text: &str, owner: &Owner) -> Result<Self, Untrusted> {
        let stored = read(text).filter(|stored| stored.v == VERSION);
        let stored = stored.ok_or(Untrusted::Unreadable)?;
        if stored.owner.uid != owner.uid {
            Err(Untrusted::OtherFeed)
        } else if stored.owner.destination != owner.destination {
            Err(Untrusted::OtherDestination {
                totals: stored.totals,
            })
        } else {
            Ok(from_stored(stored))
        }
    }

    fn to_stored(&self) -> Stored {
        let mut labels = Table::new();
        let mut rules = Table::new();
        let mut entries: Vec<(&ReportId, &Entry)> = self.entries.iter().collect();
        entries.sort_by_key(|(id, entry)| (entry.filed_at, *id));
        let mut unseen: Vec<(Tries, Vec<usize>)> = Vec::new();
        for (index, (id, _)) in entries.iter().enumerate() {
            let Some(tries) = self.unseen.get(*id) else {
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
            owner: self.owner.clone(),
            totals: self.totals,
            open: self.open.clone(),
            last_posted: self.last_posted,
            last_submitted: self.last_submitted,
            labels: labels.0,
            rules: rules.0,
            reports,
            more,
            reading: self.reading,
            known: self.known,
            unseen,
            overflow: self.overflow,
            restless: self.restless,
            trouble: self.trouble.clone(),
        }
    }
}

fn read(text: &str) -> Option<Stored> {
    let deflated = STANDARD.decode(text).ok()?;
    let mut json = Vec::new();
    DeflateDecoder::new(deflated.as_slice())
        .take(MAX_INFLATED)
        .read_to_end(&mut json)
        .ok()?;
    serde_json::from_slice(&json).ok()
}

fn from_stored(stored: Stored) -> Ledger {
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
        open,
        last_posted,
        last_submitted,
        reading,
        known,
        unseen,
        overflow,
        restless,
        trouble,
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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;
    use crate::sync::ledger::RETRY_AFTER;
    use sha2::{Digest as _, Sha256};

    fn owner() -> Owner {
        Owner {
            uid: "5c0d8b3e-uid".into(),
            destination: "3f1d2c84-6a0b-4c57-9e3a-b2d7c1f08e65".into(),
        }
    }

    fn entry(state: State) -> Entry {
        Entry {
            digest: Digest(u64::MAX - 7),
            filed_at: "2026-01-01T00:00:00Z".parse().unwrap(),
            state,
            delivered: true,
            labels: vec!["Fraud".into(), "Cybercrime & more".into()],
            csv: Some(Tries::after(None, Timestamp::UNIX_EPOCH, RETRY_AFTER)),
            tries: Some(Tries::HOPELESS),
            handle: Some("guid".into()),
        }
    }

    fn every_state() -> Ledger {
        let mut ledger = Ledger::new(owner());
        let now = "2026-01-02T03:04:05Z".parse().unwrap();
        let states = [
            State::Sent,
            State::Accepted {
                handle: "g".into(),
                created: true,
            },
            State::WithoutIndicators { rules: u64::MAX },
            State::Pending { known: true },
            State::Failed(Failure::after(
                None,
                now,
                "a title".into(),
                "a reason".into(),
            )),
        ];
        for (index, state) in states.into_iter().enumerate() {
            ledger.set(ReportId::new(&format!("id-{index}")).unwrap(), entry(state));
        }
        ledger.totals = Totals {
            syncs: 1,
            submitted: 2,
            failed: 3,
        };
        ledger.last_posted = Some(now);
        ledger.restless = 2;
        ledger.trouble = Some(Trouble {
            unexpected: true,
            message: "trouble".into(),
        });
        ledger.reading = Some(Reading {
            passes: 1,
            first: now,
            began: now,
            listed: 12,
            distrusted: true,
        });
        ledger.known = Some(Known { count: 61, at: now });
        let unseen = Tries::after(None, now, RETRY_AFTER);
        ledger.unseen = ["id-1", "id-3"]
            .map(|id| (ReportId::new(id).unwrap(), unseen))
            .into();
        ledger.overflow = Some(Overflow {
            lookback: 86_400,
            forgotten_to: now,
        });
        ledger.open = Some(OpenSync {
            started: now,
            listed_at: now,
            counts: crate::sync::counts::Counts {
                pending: 4,
                ..Default::default()
            },
        });
        ledger
    }

    #[test]
    fn what_was_encoded_decodes_to_the_same() {
        let mut ledger = every_state();
        let decoded = Ledger::decode(&ledger.encode().unwrap(), owner());
        ledger.stored();
        assert_eq!(decoded, ledger);
    }

    #[test]
    fn another_owners_ledger_is_not_trusted() {
        let text = every_state().encode().unwrap();
        for other in [
            Owner {
                uid: "another".into(),
                ..owner()
            },
            Owner {
                destination: "another".into(),
                ..owner()
            },
        ] {
            assert_eq!(Ledger::decode(&text, other.clone()), Ledger::new(other));
        }
    }

    #[test]
    fn it_is_told_why_a_ledger_is_not_trusted() {
        let ledger = every_state();
        let text = ledger.encode().unwrap();
        let why = |text: &str, uid: &str, destination: &str| {
            let (uid, destination) = (uid.to_owned(), destination.to_owned());
            Ledger::decode_trusted(text, &Owner { uid, destination }).err()
        };
        let Owner { uid, destination } = owner();
        assert_eq!(why(&text, &uid, &destination), None);
        assert_eq!(
            why(&text, &uid, "another"),
            Some(Untrusted::OtherDestination {
                totals: ledger.totals
            })
        );
        assert_eq!(
            why(&text, "another", &destination),
            Some(Untrusted::OtherFeed)
        );
        assert_eq!(why(&text, "another", "another"), Some(Untrusted::OtherFeed));
        assert_eq!(why("AAAA", &uid, &destination), Some(Untrusted::Unreadable));
    }

    #[test]
    fn a_ledger_that_is_damaged_anywhere_never_panics() {
        let text = every_state().encode().unwrap();
        for cut in 0..text.len() {
            let _ = Ledger::decode(text.get(..cut).unwrap(), owner());
            let mut damaged = text.clone().into_bytes();
            damaged[cut] = if damaged[cut] == b'A' { b'B' } else { b'A' };
            let _ = Ledger::decode(std::str::from_utf8(&damaged).unwrap(), owner());
        }
        for text in ["", "{}", "not base64!", "AAAA"] {
            assert!(Ledger::decode(text, owner()).is_empty(), "{text}");
        }
    }

    #[test]
    fn twenty_thousand_reports_fit_one_object() {
        let mut ledger = Ledger::new(owner());
        for index in 0..super::super::MAX_REPORTS {
            // Random-looking ids and digests: they don't deflate.
            let hash = Sha256::digest(index.to_be_bytes());
            let id = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(&hash[..16]);
            let seconds = 1_760_000_000 + i64::try_from(index).unwrap() * 37;
            let entry = Entry {
                digest: Digest::of(&hash),
                filed_at: Timestamp::from_second(seconds).unwrap(),
                labels: (0..5)
                    .map(|tag| format!("tag {}", (usize::from(hash[tag]) + tag) % 40))
                    .collect(),
                csv: None,
                tries: None,
                handle: None,
                ..entry(if hash[20] < 150 {
                    State::Sent
                } else {
                    State::WithoutIndicators { rules: 5 }
                })
            };
            ledger.set(ReportId::new(&id).unwrap(), entry);
        }
        let text = ledger.encode().unwrap();
        assert_eq!(Ledger::decode(&text, owner()).len(), ledger.len());
    }
}
