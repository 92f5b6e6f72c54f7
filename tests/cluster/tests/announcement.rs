//! A build of the control plane says so where it is seen, whoever started it: `cargo test` alone too.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::{fs, os::unix::fs::PermissionsExt as _, process::Command};

use control_plane::{Assets, KubernetesVersion};

/// Answers as `go` does, and makes an empty file of the program that `go build -o` names.
const GO: &str = r#"#!/bin/sh
case "$1 $2" in
  'env GOVERSION') echo go1.26.0 ;;
  env*) echo /tmp ;;
  build*)
    while [ "$1" != -o ]; do shift; done
    : >"$2"
    ;;
esac
"#;

#[test]
fn assets_are_located() {
    Assets::locate(KubernetesVersion::PINNED).unwrap();
}

/// Runs the test above in a process of its own, with an empty cache. It passes there, so that the harness shows nothing
/// of what it has captured.
#[test]
fn a_build_is_announced_past_the_test_harness() {
    let directory = tempfile::tempdir().unwrap();
    let go = directory.path().join("go");
    fs::write(&go, GO).unwrap();
    fs::set_permissions(&go, fs::Permissions::from_mode(0o755)).unwrap();
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "assets_are_located"])
        .env("XDG_CACHE_HOME", directory.path())
        .env("PATH", directory.path())
        .env_remove("KUBEBUILDER_ASSETS")
        .env_remove("RUST_TEST_NOCAPTURE")
        .output()
        .unwrap();
    let shown = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{shown}");
    let first = shown.lines().next().unwrap_or_default();
    for part in [
        "control plane: building kube-apiserver 1.",
        "it takes about 5 minutes",
        "KUBEBUILDER_ASSETS",
    ] {
        assert!(first.contains(part), "{part:?} is not in {shown:?}");
    }
    assert!(shown.contains("built in"), "{shown}");
}
