//! One running program of the control plane, and its log.

use std::{
    fs::{self, File},
    os::unix::process::CommandExt as _,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use rustix::process::{Pid, Signal, kill_process};

use crate::{Error, error::Doing as _};

/// How much of a log goes into an error.
const LOG_LINES: usize = 15;

/// A child process that writes to a log file.
pub(crate) struct Component {
    name: &'static str,
    program: PathBuf,
    arguments: Vec<String>,
    log: PathBuf,
    child: Child,
}

impl Component {
    /// Starts `program`, in a process group of its own, logging to `NAME.log` in `directory`.
    pub(crate) fn start(
        name: &'static str,
        program: &Path,
        arguments: Vec<String>,
        directory: &Path,
    ) -> Result<Self, Error> {
        let log = directory.join(format!("{name}.log"));
        let child = spawn(program, &arguments, &log)?;
        Ok(Self {
            name,
            program: program.to_owned(),
            arguments,
            log,
            child,
        })
    }

    /// The process, which leads its group.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// The last lines of its log.
    pub(crate) fn log_tail(&self) -> String {
        let log = fs::read_to_string(&self.log).unwrap_or_default();
        let lines: Vec<&str> = log.lines().collect();
        lines[lines.len().saturating_sub(LOG_LINES)..].join("\n")
    }

    /// An error with the end of the log if it runs no more.
    pub(crate) fn check_alive(&mut self) -> Result<(), Error> {
        match self.child.try_wait() {
            Ok(None) => Ok(()),
            ended => Err(Error::Ended {
                what: self.name.to_owned(),
                outcome: ended.map_or_else(
                    |error| error.to_string(),
                    |status| status.unwrap_or_default().to_string(),
                ),
                log: self.log_tail(),
            }),
        }
    }

    /// Sends a signal to the process.
    pub(crate) fn signal(&self, signal: Signal) -> Result<(), Error> {
        kill_process(Pid::from_child(&self.child), signal)
            .map_err(std::io::Error::from)
            .doing(format!("signalling {}", self.name))
    }

    /// Kills the process and starts it again with the same arguments; the log goes on.
    pub(crate) fn restart(&mut self) -> Result<(), Error> {
        self.kill();
        self.child = spawn(&self.program, &self.arguments, &self.log)?;
        Ok(())
    }

    /// Kills the process and waits for its end.
    pub(crate) fn kill(&mut self) {
        // Both fail only for a process that has ended, which is what is wanted.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Component {
    fn drop(&mut self) {
        self.kill();
    }
}

fn spawn(program: &Path, arguments: &[String], log: &Path) -> Result<Child, Error> {
    let opening = format!("opening {}", log.display());
    let stdout = File::options()
        .create(true)
        .append(true)
        .open(log)
        .doing(&opening)?;
    let stderr = stdout.try_clone().doing(opening)?;
    Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(stdout)
        .stderr(stderr)
        .process_group(0)
        .spawn()
        .doing(format!("starting {}", program.display()))
}
