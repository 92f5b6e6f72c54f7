//! What is measured: an operator, ours or a peer's, as a process.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use tokio::process::{Child, Command};
use tokio::time::{sleep, timeout};

use crate::process::Process;
use crate::{Outcome, peers};

/// The operator of this project.
pub const OURS: &str = "operator";

/// Operators of other frameworks that do the same work, each in `benches/peers/NAME`.
pub const PEERS: [&str; 3] = ["controller-runtime", "kopf", "kube-rs"];

/// All of them, in the order in which they are measured.
pub const ALL: [&str; 4] = [OURS, PEERS[0], PEERS[1], PEERS[2]];

/// How long a process may take to end after SIGTERM.
const ENDED_WITHIN: Duration = Duration::from_secs(10);

/// An operator that can be started.
pub struct Subject {
    pub name: &'static str,
    program: PathBuf,
    arguments: Vec<String>,
}

impl Subject {
    /// All that the names name, or all; in the order in which they are measured.
    pub async fn build_all(names: &[&str]) -> Outcome<Vec<Self>> {
        let chosen = ALL.into_iter().filter(|name| names.contains(name));
        let mut wanted: Vec<_> = chosen.collect();
        if wanted.is_empty() {
            wanted = ALL.to_vec();
        }
        let mut subjects = Vec::new();
        for name in wanted {
            let subject = match name {
                OURS => Self::ours()?,
                peer => Self::build_peer(peer).await?,
            };
            subjects.push(subject);
        }
        Ok(subjects)
    }

    /// The release binary, its call budgets off: they would be what is measured.
    pub fn ours() -> Outcome<Self> {
        let arguments = "run --trustar-calls-per-minute 0 --log-filter warn";
        Ok(Self {
            name: OURS,
            program: crate::operator()?,
            arguments: arguments.split(' ').map(str::to_owned).collect(),
        })
    }

    async fn build_peer(name: &'static str) -> Outcome<Self> {
        let mut words = peers::build(name).await?.into_iter();
        Ok(Self {
            name,
            program: words.next().unwrap_or_default().into(),
            arguments: words.collect(),
        })
    }

    /// Where the output of its last start is.
    pub fn log(&self) -> Outcome<PathBuf> {
        Ok(crate::operator()?.with_file_name(format!("{}.log", self.name)))
    }

    /// Starts it, on a free port, with the services at these URLs.
    pub fn start(&self, kubeconfig: &Path, flashpoint: &str, trustar: &str) -> Outcome<Running> {
        let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
        let address = listener.local_addr()?.to_string();
        drop(listener);
        let log = File::create(self.log()?)?;
        let started = Instant::now();
        let child = Command::new(&self.program)
            .args(&self.arguments)
            .env("KUBECONFIG", kubeconfig)
            .env("FLASHPOINT_URL", flashpoint)
            .env("TRUSTAR_URL", trustar)
            .env("HTTP_ADDR", &address)
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .kill_on_drop(true)
            .spawn()
            .map_err(|error| format!("{}: {error}", self.program.display()))?;
        Ok(Running {
            child,
            address,
            started,
            http: reqwest::Client::builder().build()?,
        })
    }
}

/// A running operator, which is killed when this is dropped.
pub struct Running {
    child: Child,
    address: String,
    /// When it was started.
    pub started: Instant,
    http: reqwest::Client,
}

/// What a scrape gave.
pub struct Scrape {
    pub text: String,
    pub took: Duration,
}

impl Running {
    /// What the kernel tells of it.
    pub fn process(&self) -> Outcome<Process> {
        Ok(Process(self.child.id().ok_or("the operator has ended")?))
    }

    /// Waits until it says that it is ready, and gives the time since its start.
    pub async fn ready(&mut self, limit: Duration) -> Outcome<Duration> {
        let url = format!("http://{}/readyz", self.address);
        loop {
            let answer = self.http.get(&url).timeout(Duration::from_secs(5));
            if answer.send().await.is_ok_and(|it| it.status().is_success()) {
                return Ok(self.started.elapsed());
            }
            if let Some(status) = self.child.try_wait()? {
                return Err(format!("the operator ended: {status}").into());
            }
            if self.started.elapsed() > limit {
                return Err("the operator did not get ready".into());
            }
            sleep(Duration::from_millis(2)).await;
        }
    }

    /// Reads its metrics once, as Prometheus does.
    pub async fn scrape(&self) -> Outcome<Scrape> {
        let url = format!("http://{}/metrics", self.address);
        let begun = Instant::now();
        let request = self.http.get(url).timeout(Duration::from_mins(1));
        let text = request.send().await?.error_for_status()?.text().await?;
        let took = begun.elapsed();
        Ok(Scrape { text, took })
    }

    /// Ends it as a node does: SIGTERM, and SIGKILL where that takes over 10 s; gives whether it ended by the first.
    pub async fn stop(mut self) -> Outcome<bool> {
        let id = i32::try_from(self.process()?.0)?;
        let id = Pid::from_raw(id).ok_or("no process")?;
        kill_process(id, Signal::TERM)?;
        if timeout(ENDED_WITHIN, self.child.wait()).await.is_ok() {
            return Ok(true);
        }
        eprintln!("it did not end within 10 s of SIGTERM, and is killed");
        self.child.kill().await?;
        Ok(false)
    }
}
