//! `sync` as a process of its own, with the services in this one.

use std::fs::{self, File};

use jiff::SignedDuration;
use serde_json::{Value, json};
use simulators::flashpoint::Flashpoint;
use simulators::record::Keep;
pub use simulators::reports::Style;
use simulators::trustar::{ENCLAVE, Trustar};
use simulators::{Server, start};
use tempfile::TempDir;
use tokio::process::Command;

use crate::process::{self, Run};
use crate::{Outcome, credentials, operator};

/// Flashpoint, TruSTAR, and a folder with a feed, its Secret and the state of its syncs.
pub struct Stage {
    flashpoint: Server<Flashpoint>,
    trustar: Server<Trustar>,
    folder: TempDir,
}

/// What one sync took, or several.
#[derive(Default)]
pub struct Sync {
    pub run: Run,
    /// How many reached both services.
    pub calls: usize,
    /// The reason that the Ready condition would have.
    pub reason: String,
}

impl Sync {
    /// Adds what a later one took; its reason counts.
    pub fn add(&mut self, later: Self) {
        self.run.wall += later.run.wall;
        self.run.cpu += later.run.cpu;
        self.run.peak = self.run.peak.max(later.run.peak);
        self.calls += later.calls;
        self.reason = later.reason;
    }
}

impl Stage {
    pub async fn new() -> Outcome<Self> {
        let flashpoint = start(Flashpoint::default()).await?;
        let trustar = start(Trustar::default()).await?;
        // A report of 5 MB is to be taken as it is, with all that it holds.
        trustar.configure(|settings| {
            settings.max_body_bytes = usize::MAX;
            settings.max_indicators = usize::MAX;
        });
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
    pub async fn sync(&self) -> Outcome<Sync> {
        let calls = self.calls();
        let output = self.folder.path().join("output");
        let mut command = Command::new(operator()?);
        command
            .args(["sync", "-f", "feed", "--secret", "secret"])
            .args(["--state", "state", "--output", "json"])
            .args(["--trustar-calls-per-minute", "0"])
            .args(["--flashpoint-url", &self.flashpoint.url()])
            .args(["--trustar-url", &self.trustar.url()])
            .current_dir(self.folder.path())
            .stdout(File::create(&output)?);
        let run = process::run(command).await?;
        let told: Value = serde_json::from_slice(&fs::read(output)?)?;
        Ok(Sync {
            run,
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
