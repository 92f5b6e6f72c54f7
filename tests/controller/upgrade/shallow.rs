//! What is said where the earlier commit can't be had.

use std::path::Path;
use std::process::Command;

use super::earlier::{COMMIT, require};

/// Runs git with a configuration of nobody's.
fn git(directory: &Path, arguments: &[&str]) {
    let output = Command::new("git")
        .args(["-c", "user.name=Test", "-c", "user.email=test@example.com"])
        .args(arguments)
        .current_dir(directory)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "git {arguments:?}: {said}");
}

fn head(repository: &Path) -> String {
    let output = Command::new("git")
        .args(["rev-parse", "HEAD"])
        .current_dir(repository)
        .output()
        .unwrap();
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

#[test]
#[ignore = "takes a history: make test-all"]
fn a_checkout_without_the_commit_is_told_what_to_do() {
    let directory = tempfile::tempdir().unwrap();
    let [whole, shallow, none] =
        ["whole", "shallow", "none"].map(|name| directory.path().join(name));
    for repository in [&whole, &none] {
        std::fs::create_dir(repository).unwrap();
    }
    git(&whole, &["init", "--quiet"]);
    git(&whole, &["commit", "--quiet", "--allow-empty", "-m", "one"]);
    let first = head(&whole);
    git(&whole, &["commit", "--quiet", "--allow-empty", "-m", "two"]);
    let url = format!("file://{}", whole.display());
    git(
        directory.path(),
        &["clone", "--quiet", "--depth", "1", &url, "shallow"],
    );

    assert_eq!(require(&whole, &first), Ok(()));
    assert_eq!(require(&shallow, &head(&whole)), Ok(()));
    for (repository, commit, what_to_do) in [
        (&shallow, first.as_str(), "run `git fetch --unshallow`"),
        (&whole, COMMIT, "fetch the branch that holds it"),
        (&none, COMMIT, "in a clone of the repository"),
    ] {
        let why = require(repository, commit).unwrap_err();
        assert!(why.contains(what_to_do) && why.contains(commit), "{why}");
    }
}
