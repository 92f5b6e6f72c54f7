//! Both vendors as simulators, and the files that a feed is tried with.

use std::path::Path;

use jiff::SignedDuration;
use simulators::flashpoint::Flashpoint;
use simulators::trustar::{ENCLAVE, Trustar};
use simulators::verdict::Verdict;
use simulators::{Server, start};
use tokio::process::Command;

use super::{FEED, Outcome, operator_binary, show};

/// How many reports Flashpoint lists.
const REPORTS: usize = 24;

/// The vendors, and a feed between them.
pub struct Vendors {
    /// Where reports come from.
    pub flashpoint: Server<Flashpoint>,
    /// Where they go to.
    pub trustar: Server<Trustar>,
    /// The feed's manifest.
    pub feed_file: String,
    /// The secret's manifest.
    pub secret_file: String,
    /// Both, as they are applied.
    pub secret: serde_json::Value,
}

impl Vendors {
    /// Starts the simulators and writes the manifests to `directory`.
    pub async fn start(directory: &Path) -> Outcome<Self> {
        let flashpoint = start(Flashpoint::default()).await?;
        let trustar = start(Trustar::default()).await?;
        flashpoint.generate(REPORTS, SignedDuration::from_hours(20));
        let credential = trustar
            .credential()
            .ok_or("the TruSTAR simulator has no credential")?;
        let secret = serde_json::json!({
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {"name": "flashpoint-credentials"},
            "stringData": {
                "flashpoint-api-key": flashpoint.api_key(),
                "trustar-api-key": credential.key,
                "trustar-api-secret": credential.secret,
            },
        });
        let path = |name: &str| directory.join(name).to_string_lossy().into_owned();
        let (feed_file, secret_file) = (path("feed.yaml"), path("secret.yaml"));
        std::fs::write(&feed_file, FEED)?;
        std::fs::write(&secret_file, serde_json::to_string_pretty(&secret)?)?;
        Ok(Self {
            flashpoint,
            trustar,
            feed_file,
            secret_file,
            secret,
        })
    }

    /// Writes another manifest, and gives its path.
    pub fn write(&self, name: &str, text: &str) -> Outcome<String> {
        let path = Path::new(&self.feed_file).with_file_name(name);
        std::fs::write(&path, text)?;
        Ok(path.to_string_lossy().into_owned())
    }

    /// Runs a `sync` whose lines are not shown, with Flashpoint's key and these variables.
    pub async fn sync(&self, arguments: &[&str], variables: &[(&str, &str)]) -> Outcome<()> {
        show::command("flashpoint-operator", arguments);
        let mut sync = self.operator();
        sync.args(arguments)
            .env("FLASHPOINT_API_KEY", self.flashpoint.api_key())
            .envs(variables.iter().copied());
        let output = sync.output().await?;
        if output.status.success() {
            return Ok(());
        }
        let said = String::from_utf8_lossy(&output.stdout);
        Err(format!("the sync ended with {}: {said}", output.status).into())
    }

    /// The operator's command line, with both vendors' addresses.
    pub fn operator(&self) -> Command {
        let binary = operator_binary().unwrap_or_else(|_| "flashpoint-operator".into());
        let mut command = Command::new(binary);
        command
            .env("FLASHPOINT_URL", self.flashpoint.url())
            .env("TRUSTAR_URL", self.trustar.url())
            .env("TRUSTAR_CALLS_PER_MINUTE", "0")
            .kill_on_drop(true);
        command
    }

    /// What the enclave holds against what it should hold.
    pub fn verdict(&self) -> Verdict {
        self.trustar.verdict(&[(ENCLAVE, self.flashpoint.truth())])
    }
}
