//! The state file: ledger and checkpoint from one run of `sync` to the next.

mod replace;

use std::collections::BTreeMap;
use std::fs;
use std::future::ready;
use std::io;
use std::path::{Path, PathBuf};

use futures::future::BoxFuture;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Refused;
use super::watch::Row;
use crate::cli::{Exit, complain};
use crate::sync::because::decided;
use crate::sync::ledger::{Ledger, Owner};
use crate::sync::ports::{Journal, JournalError};
use crate::sync::report::ReportId;
use crate::sync::window::Window;
use crate::telemetry::shown;

const VERSION: u32 = 1;

/// No state file is larger: a ledger has at most 1 MB, and the reasons have [`MAX_REASONS`], which JSON may escape.
const MAX_BYTES: u64 = 16 * 1024 * 1024;

/// By this field a state file is known.
const MARK: &str = "flashpointOperatorState";

/// The most bytes of one reason, and of all of them with their ids.
const MAX_REASON: usize = 256;
const MAX_REASONS: usize = 2 * 1024 * 1024;

/// What the file holds, as JSON.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Stored {
    flashpoint_operator_state: u32,
    feed: String,
    enclave: String,
    since: Option<Timestamp>,
    covered_to: Option<Timestamp>,
    /// How many reports the ledger holds: tells a damaged one.
    reports: usize,
    ledger: String,
    /// What decided on each report when it was examined, by id. Earlier versions pass it over.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    reasons: BTreeMap<String, String>,
}

/// Where the state of one feed is kept.
#[derive(Debug)]
pub struct StateFile {
    path: PathBuf,
    feed: String,
    enclave: String,
}

/// What a sync begins with.
#[derive(Debug)]
pub struct State {
    /// What is remembered of each report.
    pub ledger: Ledger,
    pub window: Window,
    /// What the person should know of how it was read.
    pub warning: Option<String>,
    /// Whether there was a state file that could not be read.
    pub is_damaged: bool,
    /// What decided on each report when it was examined, by id.
    pub reasons: BTreeMap<String, String>,
}

impl State {
    /// Nothing is remembered.
    pub fn empty(feed: &str, enclave: &str) -> Self {
        let owner = Owner {
            uid: feed.to_owned(),
            destination: enclave.to_owned(),
        };
        Self {
            ledger: Ledger::new(owner),
            window: Window::default(),
            warning: None,
            is_damaged: false,
            reasons: BTreeMap::new(),
        }
    }

    /// Remembers what decided on the reports that were examined, of those that the ledger knows.
    pub fn remember(&mut self, rows: &[Row]) {
        for row in rows {
            if let Some(indicators) = &row.indicators {
                let reason = shown::line(&decided(indicators, row.own.as_ref()), MAX_REASON);
                self.reasons.insert(row.id.clone(), reason);
            }
        }
        let (ledger, mut left) = (&self.ledger, MAX_REASONS);
        self.reasons.retain(|id, reason| {
            let known = ReportId::new(id).is_some_and(|id| ledger.get(&id).is_some());
            let fits = left.checked_sub(id.len() + reason.len());
            left = fits.filter(|_| known).unwrap_or(left);
            known && fits.is_some()
        });
    }
}

impl StateFile {
    /// The file at `path`, for this feed and enclave. It need not exist yet.
    pub fn new(path: &Path, feed: &str, enclave: &str) -> Self {
        Self {
            // A link stays a link: what it leads to is replaced.
            path: replace::led_to(path),
            feed: feed.to_owned(),
            enclave: enclave.to_owned(),
        }
    }

    /// Reads what it keeps; a damaged file counts as empty.
    ///
    /// # Errors
    /// Where it can't be read, is no state file, or belongs to another feed or version.
    pub fn read(&self) -> Result<State, Refused> {
        let empty = State::empty(&self.feed, &self.enclave);
        let Some(bytes) = self.bytes()? else {
            return Ok(empty);
        };
        let version = serde_json::from_slice::<Value>(&bytes)
            .ok()
            .and_then(|json| json.get(MARK).cloned());
        let stored: Option<Stored> = match version {
            Some(version) if version == VERSION => serde_json::from_slice(&bytes).ok(),
            Some(version) if version.is_u64() => {
                let why = format!("is a state file of another version ({version})");
                return Err(self.foreign(&why));
            }
            Some(_) => None,
            None if bytes.starts_with(format!("{{\"{MARK}\":").as_bytes()) => None,
            None => return Err(self.foreign("is no state file")),
        };
        let Some(stored) = stored else {
            return Ok(self.damaged(empty));
        };
        if stored.feed != self.feed {
            let path = self.path.display();
            let (theirs, ours) = (stored.feed, &self.feed);
            let why = format!(
                "the state file {path} belongs to feed {theirs}, not {ours}: give each feed a file of its own"
            );
            return Err(Refused::new(Exit::BadInput, &why));
        }
        if stored.enclave != self.enclave {
            let enclave = stored.enclave;
            let warning = format!(
                "the state file speaks of enclave {enclave}; with another the feed starts anew"
            );
            return Ok(State {
                warning: Some(warning),
                ..empty
            });
        }
        let ledger = Ledger::decode(&stored.ledger, empty.ledger.owner.clone());
        if ledger.len() != stored.reports {
            return Ok(self.damaged(empty));
        }
        let window = Window {
            since: stored.since,
            covered_to: stored.covered_to,
        };
        Ok(State {
            ledger,
            window,
            reasons: stored.reasons,
            ..empty
        })
    }

    /// The file's content; none where there is none, or an empty one.
    fn bytes(&self) -> Result<Option<Vec<u8>>, Refused> {
        let file = match fs::metadata(&self.path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(self.refused("can't be read", &error)),
        };
        if !file.is_file() || file.len() > MAX_BYTES {
            return Err(self.foreign("is no state file"));
        }
        let bytes = fs::read(&self.path).map_err(|error| self.refused("can't be read", &error))?;
        Ok(Some(bytes).filter(|bytes| !bytes.is_empty()))
    }

    /// Refuses a file that is somebody else's, whatever it is: it stays as it is.
    fn foreign(&self, what: &str) -> Refused {
        let path = self.path.display();
        let why = format!(
            "{path} {what}, and is left as it is: name another by --state, or one that does not exist yet"
        );
        Refused::new(Exit::BadInput, &why)
    }

    fn damaged(&self, empty: State) -> State {
        let path = self.path.display();
        let warning = format!("the state file {path} is damaged: it counts as empty");
        State {
            warning: Some(warning),
            is_damaged: true,
            ..empty
        }
    }

    /// Gets ready to replace the file; a damaged one is copied aside. What is written to the enclave and can't be
    /// remembered would be written once more by the next run: that is found out early.
    ///
    /// # Errors
    /// Where it could not be replaced.
    pub fn prepare(&self, is_damaged: bool) -> Result<(), Refused> {
        if is_damaged {
            let copy = replace::copy_aside(&self.path)
                .map_err(|error| self.refused("is damaged and can't be copied", &error))?;
            let told = format!("what it held is kept in {}", copy.display());
            complain("note", &told);
        }
        replace::create(&self.path)
            .and_then(|(temporary, _)| fs::remove_file(temporary))
            .map_err(|error| self.refused("can't be written", &error))
    }

    fn refused(&self, what: &str, error: &io::Error) -> Refused {
        let path = self.path.display();
        let why = format!(
            "the state file {path} {what}: {error}; mend that, or name another by --state. Nothing was sent"
        );
        Refused::new(Exit::Partial, &why)
    }

    /// Replaces the file by what is remembered now: at once and wholly, or not at all.
    ///
    /// # Errors
    /// Where it can't be written; then it is as it was.
    pub fn save(&self, state: &State) -> Result<(), JournalError> {
        self.store(&state.ledger, state.window, &state.reasons)
    }

    fn store(
        &self,
        ledger: &Ledger,
        window: Window,
        reasons: &BTreeMap<String, String>,
    ) -> Result<(), JournalError> {
        let unavailable = |error: &dyn std::fmt::Display| {
            JournalError::unavailable(format!("{}: {error}", self.path.display()))
        };
        let stored = Stored {
            flashpoint_operator_state: VERSION,
            feed: self.feed.clone(),
            enclave: self.enclave.clone(),
            since: window.since,
            covered_to: window.covered_to,
            reports: ledger.len(),
            ledger: ledger.encode().map_err(JournalError::full)?,
            reasons: reasons.clone(),
        };
        let json = serde_json::to_vec(&stored).map_err(|error| unavailable(&error))?;
        replace::replace(&self.path, &json).map_err(|error| unavailable(&error))
    }
}

/// Stores the ledger in the state file, if there is one, with the checkpoint that it began with.
pub struct FileJournal<'a> {
    pub file: Option<&'a StateFile>,
    pub window: Window,
    /// What decided on the reports that earlier runs examined.
    pub reasons: &'a BTreeMap<String, String>,
}

impl Journal for FileJournal<'_> {
    fn save<'a>(&'a self, ledger: &'a Ledger) -> BoxFuture<'a, Result<(), JournalError>> {
        let saved = self
            .file
            .map_or(Ok(()), |file| file.store(ledger, self.window, self.reasons));
        Box::pin(ready(saved))
    }
}

#[cfg(test)]
mod golden;
#[cfg(test)]
mod tests;
