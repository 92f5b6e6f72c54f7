//! The state file: ledger and checkpoint from one run of `sync` to the next.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::future::ready;
use std::hash::{BuildHasher as _, RandomState};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use futures::future::BoxFuture;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::Refused;
use crate::cli::{Exit, complain};
use crate::sync::ledger::{Ledger, Owner};
use crate::sync::ports::{Journal, JournalError};
use crate::sync::window::Window;

const VERSION: u32 = 1;

/// No state file is larger: a ledger has at most 1 MB.
const MAX_BYTES: u64 = 4 * 1024 * 1024;

/// So many names are tried for a new file.
const TRIES: u32 = 8;

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
    /// Whether there was a file that could not be read.
    pub damaged: bool,
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
            damaged: false,
        }
    }
}

impl StateFile {
    /// The file at `path`, for this feed and enclave. It need not exist yet.
    pub fn new(path: &Path, feed: &str, enclave: &str) -> Self {
        Self {
            // A link stays a link: what it leads to is replaced.
            path: fs::canonicalize(path).unwrap_or_else(|_| path.to_owned()),
            feed: feed.to_owned(),
            enclave: enclave.to_owned(),
        }
    }

    /// Reads what it keeps; a damaged file counts as empty.
    ///
    /// # Errors
    /// Where it can't be read, or belongs to another feed.
    pub fn read(&self) -> Result<State, Refused> {
        let empty = State::empty(&self.feed, &self.enclave);
        let Some(bytes) = self.bytes()? else {
            return Ok(empty);
        };
        let stored: Option<Stored> = serde_json::from_slice(&bytes).ok();
        let Some(stored) = stored.filter(|stored| stored.flashpoint_operator_state == VERSION)
        else {
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
            let path = self.path.display();
            let why = format!("{path} is no state file: name another by --state");
            return Err(Refused::new(Exit::BadInput, &why));
        }
        let bytes = fs::read(&self.path).map_err(|error| self.refused("can't be read", &error))?;
        Ok(Some(bytes).filter(|bytes| !bytes.is_empty()))
    }

    fn damaged(&self, empty: State) -> State {
        let path = self.path.display();
        let warning = format!("{path} is damaged, or no state file: it counts as empty");
        State {
            warning: Some(warning),
            damaged: true,
            ..empty
        }
    }

    /// Gets ready to replace the file. A damaged one may be another file, given by mistake: it is
    /// copied aside. What is written to the enclave and can't be remembered would be written once
    /// more by the next run: that is found out early.
    ///
    /// # Errors
    /// Where it could not be replaced.
    pub fn prepare(&self, damaged: bool) -> Result<(), Refused> {
        if damaged {
            let aside = beside(&self.path, ".damaged");
            fs::read(&self.path)
                .and_then(|held| self.replace(&aside, &held))
                .map_err(|error| self.refused("is damaged and can't be copied", &error))?;
            complain(
                "note",
                &format!("what it held is kept in {}", aside.display()),
            );
        }
        self.create()
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
    pub fn save(&self, ledger: &Ledger, window: Window) -> Result<(), JournalError> {
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
        };
        let json = serde_json::to_vec(&stored).map_err(|error| unavailable(&error))?;
        self.replace(&self.path, &json)
            .map_err(|error| unavailable(&error))
    }

    /// Puts a file with this content in the place of `target`, a link included, wholly or not at all.
    fn replace(&self, target: &Path, content: &[u8]) -> io::Result<()> {
        let (temporary, mut file) = self.create()?;
        let replaced = file
            .write_all(content)
            .and_then(|()| file.sync_all())
            .and_then(|()| fs::rename(&temporary, target));
        if replaced.is_err() {
            let _ = fs::remove_file(&temporary);
        }
        replaced?;
        let directory = target
            .parent()
            .filter(|parent| !parent.as_os_str().is_empty());
        File::open(directory.unwrap_or(Path::new(".")))?.sync_all()
    }

    /// Creates the file that becomes the new state: as readable to others as the old one, at first to nobody else. It
    /// holds ids of reports, and titles of those that failed. The directory may be everybody's, as `/tmp` is: the name
    /// can't be guessed, and what is there already, a link above all, is never opened.
    fn create(&self) -> io::Result<(PathBuf, File)> {
        let mut tries = 0;
        let (temporary, file) = loop {
            // The seed of a hash table is random, so that nobody can foresee what it makes of anything.
            let random = RandomState::new().hash_one(&self.path);
            let temporary = beside(&self.path, &format!(".{random:016x}.tmp"));
            let mut new = OpenOptions::new();
            match new
                .write(true)
                .create_new(true)
                .mode(0o600)
                .open(&temporary)
            {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists && tries < TRIES => {
                    tries += 1;
                }
                opened => break (temporary, opened?),
            }
        };
        let before = fs::metadata(&self.path);
        let readable = before.map_or(Ok(()), |before| file.set_permissions(before.permissions()));
        if readable.is_err() {
            let _ = fs::remove_file(&temporary);
        }
        readable.map(|()| (temporary, file))
    }
}

fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(suffix);
    PathBuf::from(name)
}

/// Stores the ledger in the state file, if there is one, with the checkpoint that it began with.
pub struct FileJournal<'a> {
    pub file: Option<&'a StateFile>,
    pub window: Window,
}

impl Journal for FileJournal<'_> {
    fn save<'a>(&'a self, ledger: &'a Ledger) -> BoxFuture<'a, Result<(), JournalError>> {
        let saved = self
            .file
            .map_or(Ok(()), |file| file.save(ledger, self.window));
        Box::pin(ready(saved))
    }
}

#[cfg(test)]
mod golden;
