//! What the tests of the command line share: the binary, both vendors, and files for it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};

use jiff::SignedDuration;
use serde_json::{Value, json};
use simulators::Server;
use simulators::flashpoint::Flashpoint;
use simulators::reports::Style;
use simulators::trustar::{Credential, ENCLAVE, Trustar};
use tempfile::TempDir;
use tokio::io::AsyncWriteExt as _;
use tokio::process::{Child, Command};

/// Credentials that may show nowhere.
pub const CANARIES: [&str; 3] = [
    "canary-of-flashpoint-hB7x",
    "canary-of-trustar-key-q9Zt",
    "canary-of-trustar-secret-Lw3e",
];

/// The variables that stand in for them.
pub const VARIABLES: [&str; 3] = [
    "FLASHPOINT_API_KEY",
    "TRUSTAR_API_KEY",
    "TRUSTAR_API_SECRET",
];

/// A finished run.
#[derive(Debug)]
pub struct Run {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Run {
    fn of(output: Output) -> Self {
        let run = Self {
            code: output.status.code().expect("it was ended by a signal"),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        };
        for canary in CANARIES {
            use base64::Engine as _;
            let encoded = base64::engine::general_purpose::STANDARD.encode(canary);
            for shown in [&run.stdout, &run.stderr] {
                assert!(
                    !shown.contains(canary) && !shown.contains(&encoded),
                    "a credential shows: {shown}"
                );
            }
        }
        assert!(!run.stderr.contains("panicked"), "{}", run.stderr);
        run
    }

    /// The JSON that `-o json` printed.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.stdout)
            .unwrap_or_else(|error| panic!("{error}: {} {}", self.stdout, self.stderr))
    }

    /// What `Ready` would say, which is the last line of a table.
    pub fn ready(&self) -> &str {
        self.stdout.lines().last().unwrap_or_default()
    }
}

/// The binary, in an environment that holds nothing of ours.
pub fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_flashpoint-operator"));
    command
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    for variable in
        VARIABLES
            .into_iter()
            .chain(["RUST_LOG", "FLASHPOINT_URL", "TRUSTAR_URL", "CA_FILE"])
    {
        command.env_remove(variable);
    }
    command
}

/// Runs a command to its end.
pub async fn finish(mut child: Child, input: &str) -> Run {
    let mut stdin = child.stdin.take().unwrap();
    let write = async {
        // A command need not read what it is given.
        let _ = stdin.write_all(input.as_bytes()).await;
        drop(stdin);
    };
    let (output, ()) = tokio::join!(child.wait_with_output(), write);
    Run::of(output.unwrap())
}

/// Runs the operator with some standard input.
pub async fn operator(arguments: &[&str], input: &str) -> Run {
    finish(command(arguments).spawn().unwrap(), input).await
}

/// Both vendors, and a directory with a feed and its secret.
pub struct Stage {
    pub flashpoint: Server<Flashpoint>,
    pub trustar: Server<Trustar>,
    pub directory: TempDir,
}

impl Stage {
    /// Vendors that take the canaries; `count` reports of the last 20 hours.
    pub async fn with_reports(count: usize) -> Self {
        let flashpoint = simulators::start(Flashpoint::default()).await.unwrap();
        let trustar = simulators::start(Trustar::default()).await.unwrap();
        let [api_key, key, secret] = CANARIES.map(str::to_owned);
        flashpoint.configure(|settings| settings.api_key = api_key);
        trustar.configure(|settings| settings.credentials = vec![Credential { key, secret }]);
        flashpoint.seed(
            5,
            Style {
                body_bytes: 800,
                ..Style::default()
            },
        );
        flashpoint.generate(count, SignedDuration::from_hours(20));
        let stage = Self {
            flashpoint,
            trustar,
            directory: tempfile::tempdir().unwrap(),
        };
        stage.write("feed.yaml", &feed("cybercrime").to_string());
        stage.write("secret.yaml", &secret_of(&CANARIES).to_string());
        stage
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    pub fn write(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).unwrap();
    }

    pub fn read(&self, name: &str) -> Vec<u8> {
        fs::read(self.path(name)).unwrap()
    }

    /// Runs a `sync` of the stage's feed by this shell script, whose `exec "$0" "$@"` becomes it.
    pub async fn synced_by(&self, script: &str, arguments: &[&str]) -> Run {
        let mut sync = self.sync(&["-f", "feed.yaml", "--secret", "secret.yaml"]);
        let sync = sync.args(arguments).as_std_mut();
        let mut shell = Command::new("sh");
        shell
            .args(["-c", script])
            .arg(sync.get_program())
            .args(sync.get_args())
            .current_dir(self.directory.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        finish(shell.spawn().unwrap(), "").await
    }

    /// A `sync` in the stage's directory, with the call budgets off.
    pub fn sync(&self, arguments: &[&str]) -> Command {
        let mut command = command(&["sync", "--trustar-calls-per-minute", "0"]);
        command
            .args([
                "--flashpoint-url",
                &self.flashpoint.url(),
                "--trustar-url",
                &self.trustar.url(),
            ])
            .args(arguments)
            .current_dir(self.directory.path());
        command
    }

    /// Runs a `sync` of the stage's feed with its secret.
    pub async fn synced(&self, arguments: &[&str]) -> Run {
        let mut command = self.sync(&["-f", "feed.yaml", "--secret", "secret.yaml"]);
        finish(command.args(arguments).spawn().unwrap(), "").await
    }

    /// How many reports hold indicators.
    pub fn planted(&self) -> usize {
        self.flashpoint
            .reports()
            .iter()
            .filter(|report| !report.planted.is_empty())
            .count()
    }

    /// The enclave holds what it should, and nothing else.
    pub fn assert_clean(&self) {
        let verdict = self.trustar.verdict(&[(ENCLAVE, self.flashpoint.truth())]);
        assert!(verdict.is_clean(), "{verdict:?}");
    }

    pub fn is_there(&self, name: &str) -> bool {
        Path::exists(&self.path(name))
    }
}

/// A feed, as JSON, which is YAML as well.
pub fn feed(name: &str) -> Value {
    json!({
        "apiVersion": "flashpoint-operator.dev/v1alpha1",
        "kind": "FlashpointFeed",
        "metadata": {"name": name, "namespace": "intel"},
        "spec": {"secretRef": {"name": "credentials"}, "enclaveId": ENCLAVE},
    })
}

/// The feed's secret.
pub fn secret_of(values: &[&str; 3]) -> Value {
    let [flashpoint, key, secret] = values;
    json!({
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "credentials", "namespace": "intel"},
        "stringData": {"flashpoint-api-key": flashpoint, "trustar-api-key": key, "trustar-api-secret": secret},
    })
}
