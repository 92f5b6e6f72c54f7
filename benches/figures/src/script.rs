//! The operator's command `sync` against a user's script in Python that does the same, as whole processes: `benches/peers/script`.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::Path;
use std::process::Stdio;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use simulators::flashpoint::Flashpoint;
use simulators::reports::Style;
use simulators::trustar::{ENCLAVE, StoredReport, Trustar};
use simulators::{Server, start};
use tempfile::TempDir;
use tokio::process::Command;

use super::process::{self, Run};
use super::results::Results;
use super::{Outcome, operator, peers, percentile, rounded};

/// How many reports there are, and how often each runs, in turns. The smaller number tells the start from the work; more than 500
/// a `sync` does not take on at once.
const CASES: [(usize, usize); 2] = [(50, 5), (500, 5)];

const SUBJECTS: [&str; 2] = ["operator", "script"];

/// Measures both, each number of reports by itself.
pub async fn measure() -> Outcome<()> {
    let script = peers::build("script").await?;
    let folder = TempDir::new()?;
    let feed = folder.path().join("feed.json");
    let manifest = json!({
        "apiVersion": "flashpoint-operator.dev/v1alpha1",
        "kind": "FlashpointFeed",
        "metadata": {"name": "bench"},
        "spec": {"secretRef": {"name": "credentials"}, "enclaveId": ENCLAVE},
    });
    fs::write(&feed, manifest.to_string())?;
    let sync = [
        operator()?.to_string_lossy(),
        "sync".into(),
        "-f".into(),
        feed.to_string_lossy(),
    ]
    .map(String::from);
    let commands = [sync.to_vec(), script];
    let mut results = Results::new("script", &["subject", "reports"]);
    for (reports, turns) in CASES {
        for row in compare(&commands, folder.path(), reports, turns).await? {
            results.add(row)?;
        }
    }
    Ok(())
}

/// A row for each subject.
async fn compare(
    commands: &[Vec<String>; 2],
    folder: &Path,
    reports: usize,
    turns: usize,
) -> Outcome<Vec<Value>> {
    let flashpoint = start(Flashpoint::default()).await?;
    let style = Style {
        csv: 0.0,
        planted: 0.6,
        ..Style::default()
    };
    flashpoint.seed(7, style);
    flashpoint.generate(reports, SignedDuration::from_hours(20));
    let mut runs = [Vec::new(), Vec::new()];
    let mut held = [BTreeMap::new(), BTreeMap::new()];
    for _ in 0..turns {
        for ((command, runs), held) in commands.iter().zip(&mut runs).zip(&mut held) {
            let trustar = start(Trustar::default()).await?;
            runs.push(run(command, folder, &flashpoint, &trustar).await?);
            *held = content(&trustar.enclave(ENCLAVE));
        }
    }
    let [ours, theirs] = &held;
    if held.iter().any(|held| held.len() < reports / 2) {
        return Err("not all reports were looked at".into());
    }
    for (id, report) in ours {
        if theirs.get(id).is_some_and(|other| other != report) {
            return Err(format!("report {id} was not submitted alike").into());
        }
    }
    let ratios = runs[0].iter().zip(&runs[1]);
    let ratios: Vec<f64> = ratios.map(|(ours, theirs)| theirs.cpu / ours.cpu).collect();
    let others = [theirs, ours];
    let rows = SUBJECTS.iter().zip(&runs).zip(held.iter().zip(others));
    Ok(rows
        .map(|((subject, runs), (held, others))| {
            let only = held.keys().filter(|id| !others.contains_key(*id)).count();
            let mut row = json!({
                "subject": subject,
                "reports": reports,
                "submitted": held.len(),
                "submitted_by_this_alone": only,
            });
            #[expect(clippy::cast_precision_loss, reason = "a figure to show")]
            let count = reports as f64;
            spread(
                &mut row,
                "reports_per_s",
                runs.iter().map(|run| count / run.wall),
            );
            spread(&mut row, "cpu_s", runs.iter().map(|run| run.cpu));
            spread(
                &mut row,
                "reports_per_cpu_s",
                runs.iter().map(|run| count / run.cpu),
            );
            spread(&mut row, "peak_mib", runs.iter().map(|run| run.peak));
            if *subject == "operator" {
                spread(&mut row, "times_script_per_cpu_s", ratios.iter().copied());
            }
            row
        })
        .collect())
}

async fn run(
    command: &[String],
    folder: &Path,
    flashpoint: &Server<Flashpoint>,
    trustar: &Server<Trustar>,
) -> Outcome<Run> {
    let credential = trustar.credential().ok_or("no credential")?;
    let said = folder.join("said");
    let [program, arguments @ ..] = command else {
        return Err("no command".into());
    };
    let mut command = Command::new(program);
    command
        .args(arguments)
        .stdout(Stdio::null())
        .stderr(File::create(&said)?)
        .env("FLASHPOINT_URL", flashpoint.url())
        .env("FLASHPOINT_API_KEY", flashpoint.api_key())
        .env("TRUSTAR_URL", trustar.url())
        .env("TRUSTAR_API_KEY", credential.key)
        .env("TRUSTAR_API_SECRET", credential.secret)
        .env("TRUSTAR_CALLS_PER_MINUTE", "0")
        .env("ENCLAVE_ID", ENCLAVE);
    let ran = process::run(command).await?;
    if !ran.status.success() {
        let said = fs::read_to_string(said)?;
        return Err(format!("{program} ended with {}: {said}", ran.status).into());
    }
    Ok(ran)
}

/// What of a report must be the same, whoever submitted it.
#[derive(PartialEq)]
struct Content {
    title: String,
    body: Value,
    url: Option<String>,
    began: Timestamp,
    tags: Vec<String>,
}

/// What an enclave holds, by the reports' own ids.
fn content(held: &[StoredReport]) -> BTreeMap<String, Content> {
    held.iter()
        .map(|report| {
            let content = Content {
                title: report.title.clone(),
                body: serde_json::from_str(&report.body).unwrap_or_default(),
                url: report.external_url.clone(),
                began: report.time_began,
                tags: report.tags.iter().cloned().collect(),
            };
            (report.external_id.clone().unwrap_or_default(), content)
        })
        .collect()
}

/// Adds the median of a figure and its range to a row.
fn spread(row: &mut Value, name: &str, values: impl Iterator<Item = f64>) {
    let mut values: Vec<f64> = values.collect();
    for (suffix, fraction) in [("median", 0.5), ("low", 0.0), ("high", 1.0)] {
        let value = percentile(&mut values, fraction);
        row[format!("{name}_{suffix}")] = json!(rounded(value));
    }
}
