//! The Go toolchain on `PATH`.

use std::{
    collections::VecDeque,
    io::{self, BufRead as _, BufReader, Read as _},
    os::unix::process::CommandExt as _,
    path::Path,
    process::{Command, Stdio},
    sync::mpsc::{self, RecvTimeoutError},
    thread,
    time::Instant,
};

use crate::{
    Error,
    assets::{REPORT_EVERY, say},
    error::Doing as _,
    watchdog::Watchdog,
};

/// The Go that the default Kubernetes version asks for, named where there is none.
const RECOMMENDED: &str = "1.26.0";
/// What modules and build cache take in a cold build: 4 GiB, measured.
const CACHE_GIB: u32 = 5;
/// What the programs take.
const PROGRAMS_GIB: u32 = 1;
const OUTPUT_LINES: usize = 20;

/// Runs `go`, and has it killed and its directory removed should this process go first.
pub(crate) struct Go {
    watchdog: Watchdog,
}

impl Go {
    /// Takes charge of `staging`, which is removed in the end.
    pub(crate) fn new(staging: &Path) -> Result<Self, Error> {
        Ok(Self {
            watchdog: Watchdog::start(staging)?,
        })
    }

    /// Refuses a toolchain older than the `go` line of a `go.mod`; one that is no release passes.
    pub(crate) fn check_version(&mut self, go_mod: &str) -> Result<(), Error> {
        let found = self.run(Path::new("."), "go", &["env", "GOVERSION"])?;
        let found = found.trim().trim_start_matches("go");
        let needed = go_line(go_mod);
        match (release(found), release(needed)) {
            (Some(release), Some(oldest)) if release < oldest => Err(Error::GoNeeded {
                found: format!("`go` on PATH is {found}"),
                needed: needed.to_owned(),
            }),
            _ => Ok(()),
        }
    }

    /// Refuses to start what would end in a full disk.
    pub(crate) fn check_disk(&mut self, programs: &Path) -> Result<(), Error> {
        let caches = self.run(Path::new("."), "go", &["env", "GOMODCACHE", "GOCACHE"])?;
        check_free(programs, PROGRAMS_GIB)?;
        caches
            .lines()
            .try_for_each(|cache| check_free(Path::new(cache), CACHE_GIB))
    }

    /// Runs a command in `directory` and returns what it prints; reports under `name` how far it is.
    ///
    /// It fetches no other toolchain and takes no flags from outside.
    pub(crate) fn run(
        &mut self,
        directory: &Path,
        name: &str,
        arguments: &[&str],
    ) -> Result<String, Error> {
        let started = Instant::now();
        let mut child = Command::new("go")
            .args(arguments)
            .current_dir(directory)
            .envs([
                ("GOTOOLCHAIN", "local"),
                ("GOFLAGS", ""),
                ("GOWORK", "off"),
                ("CGO_ENABLED", "0"),
            ])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0)
            .spawn()
            .map_err(|source| match source.kind() {
                io::ErrorKind::NotFound => Error::GoNeeded {
                    found: "there is no `go` on PATH".to_owned(),
                    needed: RECOMMENDED.to_owned(),
                },
                _ => Error::Io {
                    doing: "starting go".to_owned(),
                    source,
                },
            })?;
        self.watchdog.watch(&[child.id()])?;
        let (lines, received) = mpsc::channel();
        let stderr = child.stderr.take();
        thread::spawn(move || {
            let read = stderr
                .into_iter()
                .flat_map(|stderr| BufReader::new(stderr).lines());
            read.map_while(Result::ok)
                .all(|line| lines.send(line).is_ok())
        });
        let last = follow(&received, name, started);
        // No command here prints more to standard output than a pipe holds, so that none waits for this.
        let mut output = String::new();
        let mut stdout = child.stdout.take();
        let read = stdout
            .as_mut()
            .map_or(Ok(0), |stdout| stdout.read_to_string(&mut output));
        read.doing("reading from go")?;
        let status = child.wait().doing("waiting for go")?;
        self.watchdog.watch(&[])?;
        if status.success() {
            return Ok(output);
        }
        Err(Error::Ended {
            what: format!("`go {}`", arguments.join(" ")),
            outcome: status.to_string(),
            log: Vec::from(last).join("\n"),
        })
    }
}

/// Reports how many lines came, until they end; returns the last.
fn follow(lines: &mpsc::Receiver<String>, name: &str, started: Instant) -> VecDeque<String> {
    let mut count = 0;
    let mut last: VecDeque<String> = VecDeque::new();
    let mut report = started + REPORT_EVERY;
    loop {
        match lines.recv_timeout(report.saturating_duration_since(Instant::now())) {
            Ok(line) => {
                count += 1;
                last.push_back(line);
                if last.len() > OUTPUT_LINES {
                    last.pop_front();
                }
            }
            Err(RecvTimeoutError::Timeout) => {
                let step = last.back().map_or("linking", String::as_str);
                say(&format!(
                    "{name}: {} s, {count} packages, now {step}",
                    started.elapsed().as_secs()
                ));
                report += REPORT_EVERY;
            }
            Err(RecvTimeoutError::Disconnected) => return last,
        }
    }
}

fn check_free(directory: &Path, needed: u32) -> Result<(), Error> {
    // What does not exist yet will be on the file system of the nearest ancestor that does.
    let existing = directory
        .ancestors()
        .find(|path| path.exists())
        .unwrap_or(Path::new("/"));
    let doing = format!("asking for the free space in {}", existing.display());
    let space = rustix::fs::statvfs(existing)
        .map_err(io::Error::from)
        .doing(doing)?;
    let free = (space.f_bavail * space.f_frsize) >> 30;
    if free >= u64::from(needed) {
        return Ok(());
    }
    Err(Error::DiskFull {
        directory: existing.to_owned(),
        free,
        needed,
    })
}

/// The version on the `go` line of a `go.mod`.
pub(crate) fn go_line(go_mod: &str) -> &str {
    go_mod
        .lines()
        .find_map(|line| line.strip_prefix("go "))
        .unwrap_or_default()
        .trim()
}

/// `1.26.3` as numbers; nothing if it is no release.
fn release(version: &str) -> Option<Vec<u32>> {
    version
        .split('.')
        .map(|number| number.parse().ok())
        .collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn too_little_disk_is_refused_and_named() {
        let missing = Path::new("/no/such/directory");
        let message = check_free(missing, u32::MAX).unwrap_err().to_string();
        assert!(message.contains("4294967295 GiB in /, and"), "{message}");
        check_free(missing, 0).unwrap();
    }

    #[test]
    fn the_recommended_go_is_the_one_that_is_needed() {
        assert_eq!(
            go_line(include_str!("../modules/kube-apiserver/go.mod")),
            RECOMMENDED
        );
    }

    #[test]
    fn releases_compare_by_number() {
        assert!(release("1.9.4") < release("1.24"));
        assert!(release("1.24") < release("1.24.1"));
        assert_eq!(release("1.27-devel_abc"), None);
    }
}
