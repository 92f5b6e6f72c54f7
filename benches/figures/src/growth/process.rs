//! `sync` as a process of its own, with the services in this one.

use std::fs::{self, File};
use std::time::{Duration, Instant};

use jiff::SignedDuration;
use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeValLike as _;
use serde_json::{Value, json};
use simulators::flashpoint::Flashpoint;
use simulators::record::Keep;
pub use simulators::reports::Style;
use simulators::trustar::{ENCLAVE, Trustar};
use simulators::{Server, start};
use tempfile::TempDir;
use tokio::process::Command;
use tokio::time::sleep;

use crate::scale::process::Process;
use crate::{Outcome, credentials, operator};

/// How often the peak of a process is read: what it takes in its last moment is missed.
const LOOK: Duration = Duration::from_millis(1);

/// How long one sync may take: two minutes, and as long again for its continuations.
const LONGEST: Duration = Duration::from_mins(4);

/// Flashpoint, TruSTAR, and a folder with a feed, its Secret and the state of its syncs.
pub struct Stage {
    flashpoint: Server<Flashpoint>,
    trustar: Server<Trustar>,
    folder: TempDir,
}

/// What one sync took, or several.
#[derive(Default)]
pub struct Run {
    /// Seconds by the clock.
    pub wall: f64,
    /// Seconds of a processor, by the kernel and by itself.
    pub cpu: f64,
    /// The most memory held at once, in MiB.
    pub peak: f64,
    /// How many reached both services.
    pub calls: usize,
    /// The reason that the Ready condition would have.
    pub reason: String,
}

impl Run {
    /// Adds what a later one took; its reason counts.
    pub fn add(&mut self, later: Self) {
        self.wall += later.wall;
        self.cpu += later.cpu;
        self.peak = self.peak.max(later.peak);
        self.calls += later.calls;
        self.reason = later.reason;
    }
}

impl Stage {
    pub async fn new() -> Outcome<Self> {
        let flashpoint = start(Flashpoint::default()).await?;
        let trustar = start(Trustar::default()).await?;
        // A report of 5 MB is to be taken as it is.
        trustar.configure(|settings| settings.max_body_bytes = usize::MAX);
        for controls in [flashpoint.controls(), trustar.controls()] {
            controls.record.keep(Keep::Heads);
        }
        let folder = TempDir::new()?;
        let feed = json!({
            "apiVersion": "flashpoint-operator.dev/v1alpha1",
            "kind": "FlashpointFeed",
            "metadata": {"name": "growth"},
            "spec": {"secretRef": {"name": "credentials"}, "enclaveId": ENCLAVE},
        });
        let secret = credentials::secret(&flashpoint, &trustar)?;
        fs::write(folder.path().join("feed"), feed.to_string())?;
        fs::write(folder.path().join("secret"), secret.to_string())?;
        Ok(Self {
            flashpoint,
            trustar,
            folder,
        })
    }

    /// Fills the window with so many reports.
    pub fn generate(&self, count: usize, style: Style) {
        self.flashpoint.seed(7, style);
        self.flashpoint
            .generate(count, SignedDuration::from_hours(20));
    }

    /// One run of `sync`, by the state that those before it left.
    pub async fn sync(&self) -> Outcome<Run> {
        let (calls, used, begun) = (self.calls(), children_used()?, Instant::now());
        let output = self.folder.path().join("output");
        let mut child = Command::new(operator()?)
            .args(["sync", "-f", "feed", "--secret", "secret"])
            .args(["--state", "state", "--output", "json"])
            .args(["--trustar-calls-per-minute", "0"])
            .args(["--flashpoint-url", &self.flashpoint.url()])
            .args(["--trustar-url", &self.trustar.url()])
            .current_dir(self.folder.path())
            .stdout(File::create(&output)?)
            .kill_on_drop(true)
            .spawn()?;
        let process = Process(child.id().ok_or("the sync ended at once")?);
        let mut most = 0.0;
        while child.try_wait()?.is_none() {
            most = process.peak().unwrap_or(most);
            if begun.elapsed() > LONGEST {
                return Err("a sync did not end".into());
            }
            sleep(LOOK).await;
        }
        let told: Value = serde_json::from_slice(&fs::read(output)?)?;
        Ok(Run {
            wall: begun.elapsed().as_secs_f64(),
            cpu: children_used()? - used,
            peak: most,
            calls: self.calls() - calls,
            reason: told["reason"].as_str().unwrap_or_default().to_owned(),
        })
    }

    pub fn state_bytes(&self) -> Outcome<u64> {
        Ok(fs::metadata(self.folder.path().join("state"))?.len())
    }

    fn calls(&self) -> usize {
        let [flashpoint, trustar] = [self.flashpoint.controls(), self.trustar.controls()];
        flashpoint.record.len() + trustar.record.len()
    }
}

/// Seconds of a processor that the children took that have ended.
fn children_used() -> Outcome<f64> {
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN)?;
    let microseconds = (usage.user_time() + usage.system_time()).num_microseconds();
    #[expect(clippy::cast_precision_loss, reason = "a figure to show")]
    Ok(microseconds as f64 / 1e6)
}
