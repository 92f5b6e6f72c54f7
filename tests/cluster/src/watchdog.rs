//! Ends processes and removes a directory when this process is done with them, or is gone, however it went.

use std::{
    io::Write as _,
    os::unix::process::CommandExt as _,
    path::Path,
    process::{Child, ChildStdin, Command, Stdio},
};

use crate::{Error, error::Doing as _};

/// Waits until its standard input ends, then kills the process groups on the last line it read and removes `$1`.
/// The kernel closes the pipe whatever ends this process, `SIGKILL` included; no signal meant for us ends the wait.
const SCRIPT: &str = r#"
trap '' HUP INT QUIT TERM
PATH=$PATH:/usr/bin:/bin
while read -r line; do groups=$line; done
for group in $groups; do kill -s KILL -- "-$group"; done
tries=0
until rm -rf -- "$1" || [ $tries -eq 100 ]; do tries=$((tries + 1)); sleep 0.1; done
"#;

/// A shell that outlives this process for as long as it takes to clean up after it.
pub(crate) struct Watchdog {
    shell: Child,
    stdin: Option<ChildStdin>,
}

impl Watchdog {
    /// Starts the wait; `directory` is removed at its end.
    pub(crate) fn start(directory: &Path) -> Result<Self, Error> {
        let mut shell = Command::new("/bin/sh")
            .args(["-c", SCRIPT, "watchdog"])
            .arg(directory)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()
            .doing("starting /bin/sh")?;
        let stdin = shell.stdin.take();
        Ok(Self { shell, stdin })
    }

    /// Names the leaders of the process groups to kill, in place of those named before.
    pub(crate) fn watch(&mut self, leaders: &[u32]) -> Result<(), Error> {
        let Some(stdin) = &mut self.stdin else {
            return Ok(());
        };
        let line: Vec<String> = leaders.iter().map(u32::to_string).collect();
        writeln!(stdin, "{}", line.join(" ")).doing("writing to the watchdog")
    }
}

impl Drop for Watchdog {
    /// Kills and removes now, and returns when that is done.
    fn drop(&mut self) {
        drop(self.stdin.take());
        // An error means that the shell is gone already; there is nobody to tell.
        let _ = self.shell.wait();
    }
}
