//! One operator process, its log and its endpoints.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use flashpoint_operator::http::{HttpSettings, client};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use super::{SOON, Stage, until};

/// How much of the log a failed test shows.
const LOG_LINES: usize = 60;

/// A running operator; killed when dropped.
pub struct Operator {
    child: Child,
    log: PathBuf,
    address: String,
}

/// How an operator is started.
pub struct Starting<'a> {
    stage: &'a Stage,
    command: Command,
    filter: &'a str,
}

impl<'a> Starting<'a> {
    /// This operator, of the stage's namespace, with the stage's vendors.
    pub fn new(stage: &'a Stage, program: &Path) -> Self {
        let mut command = Command::new(program);
        command
            .args(["run", "--http-addr", "127.0.0.1:0", "--log-format", "json"])
            .args([
                "--flashpoint-url",
                &stage.flashpoint.url(),
                "--trustar-url",
                &stage.trustar.url(),
            ])
            .env_clear()
            .env("KUBECONFIG", &stage.kubeconfig)
            .env("TRUSTAR_CALLS_PER_MINUTE", "0");
        Self {
            stage,
            command,
            filter: "flashpoint_operator=debug,kube=info,info",
        }
    }

    /// With these arguments too.
    pub fn args(mut self, args: &[&str]) -> Self {
        self.command.args(args);
        self
    }

    /// With this in its environment.
    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.command.env(name, value);
        self
    }

    /// With this log filter.
    pub fn log(mut self, filter: &'a str) -> Self {
        self.filter = filter;
        self
    }

    /// Watching all namespaces instead of the stage's.
    pub async fn everywhere(self) -> Operator {
        self.spawn().await
    }

    /// Watching the stage's namespace.
    pub async fn here(self) -> Operator {
        let namespace = self.stage.namespace.clone();
        self.args(&["--watch-namespace", &namespace]).spawn().await
    }

    async fn spawn(mut self) -> Operator {
        static STARTED: AtomicUsize = AtomicUsize::new(0);
        let number = STARTED.fetch_add(1, Ordering::Relaxed);
        let directory = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
        let log = directory.join(format!("{}-{number}.log", self.stage.namespace));
        self.command
            .args(["--log-filter", self.filter])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(File::create(&log).unwrap());
        let child = self.command.spawn().unwrap();
        let mut operator = Operator {
            child,
            log,
            address: String::new(),
        };
        operator.address = until("the operator serves its endpoints", SOON, async || {
            let lines = operator.log();
            let line = lines
                .lines()
                .find(|line| line.contains("serving /metrics"))?;
            let line: Value = serde_json::from_str(line).ok()?;
            Some(line["address"].as_str()?.to_owned())
        })
        .await;
        operator
    }
}

impl Operator {
    /// What it logged so far.
    pub fn log(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_default()
    }

    /// Sends it a signal.
    pub fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }

    /// Whether it runs still.
    pub fn running(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }

    /// Waits until it ends by itself.
    pub async fn ended(&mut self, within: Duration) -> ExitStatus {
        until("the operator ends", within, async || {
            self.child.try_wait().unwrap()
        })
        .await
    }

    /// Kills it, with whatever it is doing.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Asks one of its endpoints; gives status and body.
    pub async fn get(&self, path: &str) -> (u16, String) {
        let http = client(&HttpSettings::default()).unwrap();
        let answer = http
            .get(format!("http://{}{path}", self.address))
            .send()
            .await
            .unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    }

    /// Its metrics.
    pub async fn metrics(&self) -> String {
        self.get("/metrics").await.1
    }
}

impl Drop for Operator {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        if std::thread::panicking() {
            let log = self.log();
            let lines: Vec<&str> = log.lines().collect();
            let tail = &lines[lines.len().saturating_sub(LOG_LINES)..];
            eprintln!(
                "the operator's log, {}:\n{}",
                self.log.display(),
                tail.join("\n")
            );
        }
    }
}
