//! What a whole sync takes over its rest, whatever is listed, and wherever it goes.

use std::fmt::Write as _;
use std::process::Stdio;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use simulators::Server;
use simulators::flashpoint::{Flashpoint, Settings as Ignite, own_indicator};
use simulators::misp::{KEY, Misp};
use simulators::reports::{Csv, Report};
use simulators::taxii::{COLLECTION, Product, ROOT, Settings, TOKEN, Taxii};
use simulators::trustar::{ENCLAVE, Trustar};
use tokio::process::Command;
use tokio::time::{sleep, timeout};

use super::process;

const MIB: u64 = 1 << 20;

/// The most that a sync may take over its rest: two pages of 64 MiB, and a half of one.
const MOST: u64 = 160 * MIB;

/// The destinations, by their key in a feed's spec.
const DESTINATIONS: [&str; 3] = ["trustar", "taxii", "misp"];

/// TruSTAR, of reports whose indicators Flashpoint itself lists.
const OWN: &str = "trustar, with Flashpoint's own indicators";

/// Flashpoint and every destination; TruSTAR takes reports of any size: none is let go early.
struct Stage {
    flashpoint: Server<Flashpoint>,
    trustar: Server<Trustar>,
    taxii: Server<Taxii>,
    misp: Server<Misp>,
    destination: &'static str,
}

impl Stage {
    async fn new(destination: &'static str) -> Self {
        let trustar = simulators::start(Trustar::default()).await.unwrap();
        trustar.configure(|settings| settings.max_body_bytes = usize::MAX);
        let strict = Settings {
            product: Product::Strict,
            ..Settings::default()
        };
        let flashpoint = match destination {
            OWN => Flashpoint::new(Ignite::ignite()),
            _ => Flashpoint::default(),
        };
        Self {
            flashpoint: simulators::start(flashpoint).await.unwrap(),
            trustar,
            taxii: simulators::start(Taxii::new(strict)).await.unwrap(),
            misp: simulators::start(Misp::default()).await.unwrap(),
            destination,
        }
    }

    /// How many reports the destination holds.
    fn written(&self) -> usize {
        let stored = self.taxii.stored();
        let reports = stored.iter().filter(|one| one["type"] == "report");
        reports.count() + self.trustar.enclave(ENCLAVE).len() + self.misp.events().len()
    }

    /// A feed to the destination, and the secret that it names.
    fn manifests(&self) -> [Value; 2] {
        let destination = match self.destination {
            "trustar" | OWN => json!({"trustar": {"enclaveId": ENCLAVE}}),
            "taxii" => json!({"taxii": {"server": "main", "collection": COLLECTION}}),
            _ => json!({"misp": {"server": "main"}}),
        };
        let sources: &[&str] = match self.destination {
            OWN => &["Text", "Flashpoint"],
            _ => &["Text"],
        };
        let feed = json!({
            "apiVersion": "flashpoint-operator.dev/v1alpha1",
            "kind": "FlashpointFeed",
            "metadata": {"name": "large", "namespace": "intel"},
            "spec": {"secretRef": {"name": "credentials"}, "destination": destination, "indicatorSources": sources},
        });
        let credential = self.trustar.credential().unwrap();
        let secret = json!({
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {"name": "credentials", "namespace": "intel"},
            "stringData": {
                "flashpoint-api-key": self.flashpoint.api_key(), "taxii-token": TOKEN, "misp-auth-key": KEY,
                "trustar-api-key": credential.key, "trustar-api-secret": credential.secret,
            },
        });
        [feed, secret]
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
        let directory = tempfile::tempdir().unwrap();
        let [feed, secret] = self.manifests();
        for (name, manifest) in [("feed", feed), ("secret", secret)] {
            std::fs::write(directory.path().join(name), manifest.to_string()).unwrap();
        }
        let api = if self.destination == OWN {
            "ignite"
        } else {
            "v4"
        };
        let taxii = format!("main={}{ROOT}", self.taxii.url());
        let misp = format!("main={}", self.misp.url());
        let mut sync = Command::new(env!("CARGO_BIN_EXE_flashpoint-operator"))
            .args(["sync", "--trustar-calls-per-minute", "0"])
            .args(["-f", "feed", "--secret", "secret"])
            .args(["--flashpoint-api", api])
            .args(["--flashpoint-url", &self.flashpoint.url()])
            .args(["--trustar-url", &self.trustar.url()])
            .args(["--taxii", &taxii, "--misp", &misp])
            .current_dir(directory.path())
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
async fn takes_at_most_its_share(destination: &'static str, what: &str, put: impl FnOnce(&Stage)) {
    let small = Stage::new(destination).await;
    small.put(0, "short", Vec::new());
    let rest = small.peak().await;
    let stage = Stage::new(destination).await;
    put(&stage);
    let over = stage.peak().await.saturating_sub(rest);
    let told = format!(
        "{destination}, {what}: {} MiB over {} MiB",
        over / MIB,
        rest / MIB
    );
    println!("{told}");
    assert!(stage.written() > 0, "nothing was written");
    assert!(over <= MOST, "{told}");
}

fn reports(stage: &Stage, count: u32, bytes: u64) {
    let text = text(bytes);
    (0..count).for_each(|id| stage.put(id, &text, Vec::new()));
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "release only: make test-all"]
async fn of_64_reports_of_4_mib() {
    for destination in DESTINATIONS {
        takes_at_most_its_share(destination, "64 reports of 4 MiB", |stage| {
            reports(stage, 64, 4 * MIB);
        })
        .await;
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "release only: make test-all"]
async fn of_500_reports_of_1_mib() {
    for destination in DESTINATIONS {
        takes_at_most_its_share(destination, "500 reports of 1 MiB", |stage| {
            reports(stage, 500, MIB);
        })
        .await;
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "release only: make test-all"]
async fn of_eight_csv_of_8_mib_in_one_report() {
    takes_at_most_its_share("trustar", "8 CSV of 8 MiB in one report", |stage| {
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

#[tokio::test(flavor = "multi_thread")]
#[ignore = "release only: make test-all"]
async fn of_8_reports_with_the_longest_lists() {
    takes_at_most_its_share(OWN, "8 lists of 4 MiB", |stage| {
        let url = |at: u32| format!("http://evil-site.ru/{at}/{}", "a".repeat(350));
        for id in 0..8 {
            stage.put(id, "It calls home.", Vec::new());
            let own = (0..9_000).map(|at| own_indicator("url", &url(at), "malicious"));
            stage.flashpoint.list_own(&id.to_string(), own);
        }
    })
    .await;
}
