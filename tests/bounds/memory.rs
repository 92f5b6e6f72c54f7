//! What a whole sync takes over its rest, whatever is listed.

use std::fmt::Write as _;
use std::process::Stdio;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use simulators::Server;
use simulators::flashpoint::Flashpoint;
use simulators::reports::{Csv, Report};
use simulators::trustar::{ENCLAVE, Trustar};
use tokio::process::Command;
use tokio::time::{sleep, timeout};

use super::process;

const MIB: u64 = 1 << 20;

/// The most that a sync may take over its rest: two pages of 64 MiB, and a half of one.
const MOST: u64 = 160 * MIB;

/// Both vendors, of which TruSTAR takes reports of any size: none is let go early.
struct Stage {
    flashpoint: Server<Flashpoint>,
    trustar: Server<Trustar>,
}

impl Stage {
    async fn new() -> Self {
        let flashpoint = simulators::start(Flashpoint::default()).await.unwrap();
        let trustar = simulators::start(Trustar::default()).await.unwrap();
        trustar.configure(|settings| settings.max_body_bytes = usize::MAX);
        Self {
            flashpoint,
            trustar,
        }
    }

    /// A report with an indicator and so many bytes of text, posted so many seconds ago.
    fn put(&self, id: u32, body: &str, csv: Vec<Csv>) {
        let posted = Timestamp::now() - SignedDuration::from_secs(i64::from(id));
        let title = format!("Report {id} on CVE-2021-44228");
        let fields = json!({"id": id.to_string(), "title": title, "posted_at": posted.to_string(), "body": body});
        let mut report = Report::new(&fields, Vec::new());
        report.csv = csv;
        self.flashpoint.put(report);
    }

    /// The peak of a sync in a process of its own, in bytes.
    async fn peak(&self) -> u64 {
        let feed = json!({
            "apiVersion": "flashpoint-operator.dev/v1alpha1",
            "kind": "FlashpointFeed",
            "metadata": {"name": "large", "namespace": "intel"},
            "spec": {"secretRef": {"name": "credentials"}, "enclaveId": ENCLAVE},
        });
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("feed.json");
        std::fs::write(&file, feed.to_string()).unwrap();
        let credential = self.trustar.credential().unwrap();
        let mut sync = Command::new(env!("CARGO_BIN_EXE_flashpoint-operator"))
            .args(["sync", "--trustar-calls-per-minute", "0", "-f"])
            .arg(file)
            .args(["--flashpoint-url", &self.flashpoint.url()])
            .args(["--trustar-url", &self.trustar.url()])
            .env("FLASHPOINT_API_KEY", self.flashpoint.api_key())
            .env("TRUSTAR_API_KEY", credential.key)
            .env("TRUSTAR_API_SECRET", credential.secret)
            .stdout(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let process = sync.id().unwrap().to_string();
        let mut peak = 0;
        let watch = async {
            // Once it has ended nothing is told any more.
            while let Ok(None) = sync.try_wait() {
                peak = process::peak(&process).unwrap_or(peak);
                sleep(Duration::from_millis(2)).await;
            }
        };
        timeout(Duration::from_mins(10), watch).await.unwrap();
        peak
    }
}

/// Text that is no repetition, so that no compression makes little of it.
fn text(bytes: u64) -> String {
    let mut number = 0x2545_f491_4f6c_dd1d_u64;
    let mut text = String::new();
    while text.len() < usize::try_from(bytes).unwrap() {
        number ^= number << 13;
        number ^= number >> 7;
        number ^= number << 17;
        write!(text, "{number:x} ").unwrap();
    }
    text
}

/// Checks what a sync takes over one of a single small report, and tells it.
async fn takes_at_most_its_share(what: &str, put: impl FnOnce(&Stage)) {
    let small = Stage::new().await;
    small.put(0, "short", Vec::new());
    let rest = small.peak().await;
    let stage = Stage::new().await;
    put(&stage);
    let over = stage.peak().await.saturating_sub(rest);
    println!("{what}: {} MiB over {} MiB", over / MIB, rest / MIB);
    let written = stage.trustar.enclave(ENCLAVE).len();
    assert!(written > 0, "nothing was written");
    assert!(over <= MOST, "{what}: {} MiB over the rest", over / MIB);
}

fn reports(stage: &Stage, count: u32, bytes: u64) {
    let text = text(bytes);
    (0..count).for_each(|id| stage.put(id, &text, Vec::new()));
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "release only: make test-all"]
async fn of_64_reports_of_4_mib() {
    takes_at_most_its_share("64 reports of 4 MiB", |stage| {
        reports(stage, 64, 4 * MIB);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "release only: make test-all"]
async fn of_500_reports_of_1_mib() {
    takes_at_most_its_share("500 reports of 1 MiB", |stage| {
        reports(stage, 500, MIB);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "release only: make test-all"]
async fn of_eight_csv_of_8_mib_in_one_report() {
    takes_at_most_its_share("8 CSV of 8 MiB in one report", |stage| {
        let text = text(8 * MIB);
        let csv = |at: u32| Csv {
            target: format!("/api/v4/reports/{at}.csv"),
            text: text.clone(),
        };
        let link = |csv: &Csv| format!("{}{} ", stage.flashpoint.url(), csv.target);
        let csv: Vec<_> = (0..8).map(csv).collect();
        let links: String = csv.iter().map(link).collect();
        stage.put(0, &links, csv);
    })
    .await;
}
