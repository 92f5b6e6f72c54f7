//! The state file that the earlier `sync` left.

use std::collections::BTreeSet;
use std::path::Path;

use jiff::SignedDuration;
use serde_json::{Value, json};
use simulators::Server;
use simulators::faults::{Fault, Reply};
use simulators::flashpoint::Flashpoint;
use simulators::reports::Style;
use simulators::trustar::{ENCLAVE, Trustar};
use tempfile::TempDir;
use tokio::process::Command;

use super::earlier;
use super::handover::{writes_since, written};

/// Both vendors, and a directory with a feed, its secret and the state.
struct Sync {
    flashpoint: Server<Flashpoint>,
    trustar: Server<Trustar>,
    directory: TempDir,
}

impl Sync {
    /// 80 reports that belong in the enclave, of which a sync takes on 30.
    async fn new() -> Self {
        let flashpoint = simulators::start(Flashpoint::default()).await.unwrap();
        let style = Style {
            body_bytes: 800,
            planted: 1.0,
            ..Style::default()
        };
        flashpoint.seed(5, style);
        flashpoint.generate(80, SignedDuration::from_hours(24));
        let trustar = simulators::start(Trustar::default()).await.unwrap();
        let credential = trustar.credential().unwrap();
        let directory = tempfile::tempdir().unwrap();
        let feed = json!({
            "apiVersion": "flashpoint-operator.dev/v1alpha1",
            "kind": "FlashpointFeed",
            "metadata": {"name": "cybercrime", "namespace": "intel"},
            "spec": {"secretRef": {"name": "credentials"}, "enclaveId": ENCLAVE, "limit": 30},
        });
        let secret = json!({
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {"name": "credentials", "namespace": "intel"},
            "stringData": {
                "flashpoint-api-key": flashpoint.api_key(),
                "trustar-api-key": credential.key,
                "trustar-api-secret": credential.secret,
            },
        });
        for (name, object) in [("feed.yaml", feed), ("secret.yaml", secret)] {
            std::fs::write(directory.path().join(name), object.to_string()).unwrap();
        }
        Self {
            flashpoint,
            trustar,
            directory,
        }
    }

    /// What a run of `sync` prints as JSON. It must have read the state without a word about it.
    async fn by(&self, program: &Path) -> Value {
        let output = Command::new(program)
            .args(["sync", "-f", "feed.yaml", "--secret", "secret.yaml"])
            .args(["--state", "state.json", "-o", "json"])
            .args(["--trustar-calls-per-minute", "0"])
            .args(["--flashpoint-url", &self.flashpoint.url()])
            .args(["--trustar-url", &self.trustar.url()])
            .env_clear()
            .current_dir(self.directory.path())
            .output()
            .await
            .unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(!said.contains("state"), "{said}");
        serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {said}"))
    }
}

#[tokio::test]
#[ignore = "builds an earlier commit: make test-all"]
async fn a_state_file_is_taken_over() {
    let sync = Sync::new().await;
    let refused = sync.flashpoint.reports()[0].id.clone();
    let refusal = Fault::on("POST", "/api/1.3/reports/upsert")
        .body(&refused)
        .reply(Reply::status(400));
    sync.trustar.controls().faults.set(refusal);
    let first = sync.by(earlier::operator()).await;
    let counts = &first["counts"];
    assert_eq!(
        (&counts["created"], &counts["failed"]),
        (&json!(29), &json!(1))
    );
    assert_eq!(counts["backlog"], 50);
    let sent: BTreeSet<String> = written(&sync.trustar).into_keys().collect();

    // The oldest of the backlog leave the lookback; the window is where it was pinned.
    let clock = &sync.flashpoint.controls().clock;
    clock.set_skew(SignedDuration::from_mins(50));
    let mark = sync.trustar.controls().record.len();
    let present = Path::new(env!("CARGO_BIN_EXE_flashpoint-operator"));
    let second = sync.by(present).await;
    let counts = &second["counts"];
    assert_eq!(
        (&counts["created"], &counts["updated"]),
        (&json!(30), &json!(0))
    );
    assert_eq!(
        (&counts["failed"], &counts["backlog"]),
        (&json!(1), &json!(20))
    );
    for call in writes_since(&sync.trustar, mark) {
        let id = call.json()["externalTrackingId"]
            .as_str()
            .map(str::to_owned);
        assert!(id.is_none_or(|id| !sent.contains(&id)), "{call:?}");
    }

    sync.trustar.controls().faults.clear_all();
    let third = sync.by(present).await;
    assert_eq!(third["reason"], "Synced", "{third}");
    let truth = sync.flashpoint.truth();
    let verdict = sync.trustar.verdict(&[(ENCLAVE, truth)]);
    assert!(verdict.is_clean(), "{verdict:#?}");
    for (id, times) in written(&sync.trustar) {
        assert_eq!(times, 1, "{id}");
    }
}
