//! The state file: ledger and checkpoint from one run of `sync` to the next.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::Refused;
use crate::cli::Exit;
use crate::ledger::{Ledger, Owner};
use crate::sync::ports::{Journal, JournalError};
use crate::window::Window;

const VERSION: u32 = 1;

/// No state file is larger: a ledger has at most 1 MB.
const MAX_BYTES: u64 = 4 * 1024 * 1024;

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
    /// The checkpoint.
    pub window: Window,
    /// What the person should know of how it was read.
    pub warning: Option<String>,
}

impl State {
    /// Nothing is remembered.
    pub fn empty(feed: &str, enclave: &str) -> Self {
        let owner = Owner {
            uid: feed.to_owned(),
            enclave: enclave.to_owned(),
        };
        Self {
            ledger: Ledger::new(owner),
            window: Window::default(),
            warning: None,
        }
    }
}

impl StateFile {
    /// Reads what `path` keeps for this feed and enclave. It need not exist yet. A damaged file
    /// counts as empty, and is kept beside the new one.
    ///
    /// # Errors
    /// Where it can't be read or written, or belongs to another feed.
    pub fn open(path: &Path, feed: &str, enclave: &str) -> Result<(Self, State), Refused> {
        // A link stays a link: what it leads to is replaced.
        let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        let file = Self {
            path,
            feed: feed.to_owned(),
            enclave: enclave.to_owned(),
        };
        let state = file.read()?;
        file.try_writing()?;
        Ok((file, state))
    }

    fn read(&self) -> Result<State, Refused> {
        let empty = State::empty(&self.feed, &self.enclave);
        let unreadable = |error: &io::Error| self.refused("can't be read", error);
        match fs::metadata(&self.path) {
            Ok(file) if file.is_file() && file.len() == 0 => return Ok(empty),
            Ok(file) if file.is_file() && file.len() <= MAX_BYTES => {}
            Ok(_) => {
                let message = format!(
                    "{} is no state file: name another by --state",
                    self.path.display()
                );
                return Err(Refused {
                    exit: Exit::BadInput,
                    message,
                });
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(empty),
            Err(error) => return Err(unreadable(&error)),
        }
        let bytes = fs::read(&self.path).map_err(|error| unreadable(&error))?;
        let stored: Option<Stored> = serde_json::from_slice(&bytes).ok();
        let Some(stored) = stored.filter(|stored| stored.flashpoint_operator_state == VERSION)
        else {
            return self.damaged(empty);
        };
        if stored.feed != self.feed {
            let message = format!(
                "the state file {} belongs to feed {}, not {}: give each feed a file of its own",
                self.path.display(),
                stored.feed,
                self.feed
            );
            return Err(Refused {
                exit: Exit::BadInput,
                message,
            });
        }
        if stored.enclave != self.enclave {
            let warning = format!(
                "the state file speaks of enclave {}; with another enclave the feed starts anew",
                stored.enclave
            );
            return Ok(State {
                warning: Some(warning),
                ..empty
            });
        }
        let ledger = Ledger::decode(&stored.ledger, empty.ledger.owner.clone());
        if ledger.len() != stored.reports {
            return self.damaged(empty);
        }
        Ok(State {
            ledger,
            window: Window {
                since: stored.since,
                covered_to: stored.covered_to,
            },
            warning: None,
        })
    }

    /// Puts what can't be read aside: it may be another file, given by mistake.
    fn damaged(&self, empty: State) -> Result<State, Refused> {
        let aside = beside(&self.path, ".damaged");
        fs::copy(&self.path, &aside)
            .map_err(|error| self.refused("is damaged and can't be copied", &error))?;
        let warning = format!(
            "{} is damaged, or no state file: it counts as empty and is replaced; what it held is in {}",
            self.path.display(),
            aside.display()
        );
        Ok(State {
            warning: Some(warning),
            ..empty
        })
    }

    /// Finds out early whether the file could be replaced: what is written to the enclave without
    /// being remembered is written once more by the next run.
    fn try_writing(&self) -> Result<(), Refused> {
        let temporary = self.temporary();
        self.create(&temporary)
            .and_then(|_| fs::remove_file(&temporary))
            .map_err(|error| self.refused("can't be written", &error))
    }

    fn refused(&self, what: &str, error: &io::Error) -> Refused {
        let message = format!(
            "the state file {} {what}: {error}; mend that, or name another by --state. Nothing was sent",
            self.path.display()
        );
        Refused {
            exit: Exit::Partial,
            message,
        }
    }

    /// Replaces the file by what is remembered now: at once and wholly, or not at all.
    ///
    /// # Errors
    /// Where it can't be written; then it is as it was.
    pub fn save(&self, ledger: &Ledger, window: Window) -> Result<(), JournalError> {
        let unavailable = |error: &dyn std::fmt::Display| {
            JournalError::Unavailable(format!("{}: {error}", self.path.display()))
        };
        let stored = Stored {
            flashpoint_operator_state: VERSION,
            feed: self.feed.clone(),
            enclave: self.enclave.clone(),
            since: window.since,
            covered_to: window.covered_to,
            reports: ledger.len(),
            ledger: ledger
                .encode()
                .map_err(|error| JournalError::Full(error.to_string()))?,
        };
        let json = serde_json::to_vec(&stored).map_err(|error| unavailable(&error))?;
        let temporary = self.temporary();
        self.replace(&temporary, &json).map_err(|error| {
            let _ = fs::remove_file(&temporary);
            unavailable(&error)
        })
    }

    fn replace(&self, temporary: &Path, content: &[u8]) -> io::Result<()> {
        let mut file = self.create(temporary)?;
        file.write_all(content)?;
        file.sync_all()?;
        drop(file);
        fs::rename(temporary, &self.path)?;
        let directory = self
            .path
            .parent()
            .filter(|parent| !parent.as_os_str().is_empty());
        File::open(directory.unwrap_or(Path::new(".")))?.sync_all()
    }

    /// Creates the file that becomes the new state: as readable to others as the old one, at
    /// first to nobody else. It holds ids of reports, and titles of those that failed.
    fn create(&self, temporary: &Path) -> io::Result<File> {
        let file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(temporary)?;
        if let Ok(before) = fs::metadata(&self.path) {
            file.set_permissions(before.permissions())?;
        }
        Ok(file)
    }

    fn temporary(&self) -> PathBuf {
        beside(&self.path, &format!(".{}.tmp", std::process::id()))
    }
}

fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(suffix);
    PathBuf::from(name)
}

/// Stores the ledger in the state file, if there is one, with the checkpoint that it began with.
pub struct FileJournal<'a> {
    /// The file.
    pub file: Option<&'a StateFile>,
    /// The checkpoint.
    pub window: Window,
}

impl Journal for FileJournal<'_> {
    async fn save(&self, ledger: &Ledger) -> Result<(), JournalError> {
        self.file
            .map_or(Ok(()), |file| file.save(ledger, self.window))
    }
}
