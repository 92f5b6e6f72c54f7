//! What the operator is compared with: each has a folder below `benches/peers`, and in it a script that builds it.

use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use tokio::process::Command;
use tokio::time::timeout;

use crate::Outcome;

/// How long a peer may take to be built, with all that it needs downloaded.
const BUILT_WITHIN: Duration = Duration::from_mins(20);

/// The folder of a peer.
pub fn folder(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .with_file_name("peers")
        .join(name)
}

/// Builds a peer; the words of the command that runs it, which its script prints last.
pub async fn build(name: &str) -> Outcome<Vec<String>> {
    eprintln!("building {name}, which takes minutes the first time");
    let script = folder(name).join("build");
    let building = Command::new(&script)
        .stderr(Stdio::inherit())
        .kill_on_drop(true)
        .output();
    let built = timeout(BUILT_WITHIN, building)
        .await
        .map_err(|_| format!("{name} took too long to be built"))?
        .map_err(|error| format!("{}: {error}", script.display()))?;
    if !built.status.success() {
        return Err(format!("{name} could not be built").into());
    }
    let told = String::from_utf8(built.stdout)?;
    let command = told.lines().last().unwrap_or_default();
    Ok(command.split(' ').map(str::to_owned).collect())
}
