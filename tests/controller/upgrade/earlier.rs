//! The operator of an earlier commit, built from the history of this checkout and kept in the cache.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::OnceLock;

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;

/// The commit whose operator is replaced.
pub const COMMIT: &str = "4dad5d009d59e32fe825fbef6ae0f8da357087bf";

/// Why the commit can't be had, and what to do.
const SHALLOW: &str = "this checkout is shallow: run `git fetch --unshallow`";
const UNKNOWN: &str =
    "fetch the branch that holds it, or name another commit in tests/controller/upgrade/earlier.rs";
const NO_CHECKOUT: &str = "run these tests in a clone of the repository, made by git";

/// Its binary. Builds it where the cache lacks it, which takes minutes, and tells of that on standard error.
///
/// # Panics
/// If it can't be built, with what to do.
pub fn operator() -> &'static Path {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    BUILT.get_or_init(|| {
        let cache = control_plane::cache_directory().unwrap();
        let directory = cache.join("operators").join(COMMIT);
        let binary = directory.join("flashpoint-operator");
        if !binary.is_file() {
            let repository = Path::new(env!("CARGO_MANIFEST_DIR"));
            require(repository, COMMIT).unwrap_or_else(|why| panic!("{why}"));
            fs::create_dir_all(&directory).unwrap();
            let lock = File::create(directory.join("build.lock")).unwrap();
            lock.lock().unwrap();
            // Another process may have built it while this one waited for the lock.
            if !binary.is_file() {
                build(repository, &directory, &binary);
            }
        }
        binary
    })
}

/// Its resource definitions.
pub fn definitions() -> Vec<CustomResourceDefinition> {
    let output = succeed(Command::new(operator()).arg("crd").output().unwrap());
    let yaml = String::from_utf8(output.stdout).unwrap();
    let documents = yaml
        .split("---\n")
        .filter(|document| !document.trim().is_empty());
    documents
        .map(|document| serde_saphyr::from_str(document).unwrap())
        .collect()
}

/// Checks that a repository holds a commit.
///
/// # Errors
/// What is wrong, and what to do.
pub fn require(repository: &Path, commit: &str) -> Result<(), String> {
    let found = git(
        repository,
        &["cat-file", "-e", &format!("{commit}^{{commit}}")],
    )?;
    if found.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&found.stderr).trim().to_owned();
    let shallow = git(repository, &["rev-parse", "--is-shallow-repository"])?;
    let what_to_do = match (shallow.status.success(), shallow.stdout.trim_ascii()) {
        (false, _) => NO_CHECKOUT,
        (true, b"true") => SHALLOW,
        (true, _) => UNKNOWN,
    };
    Err(format!(
        "the upgrade tests build the operator of commit {commit}, which is not in the history of {}: {what_to_do} ({said})",
        repository.display()
    ))
}

fn git(repository: &Path, arguments: &[&str]) -> Result<Output, String> {
    let git = Command::new("git")
        .arg("-C")
        .arg(repository)
        .args(arguments)
        .output();
    git.map_err(|error| format!("the upgrade tests need git: {error}"))
}

/// Builds the commit's operator in a folder of its own, and leaves there the binary alone.
fn build(repository: &Path, directory: &Path, binary: &Path) {
    let (source, target) = (directory.join("source"), directory.join("target"));
    say(&format!(
        "building the operator of commit {COMMIT} in {}, once; it takes minutes",
        directory.display()
    ));
    if source.exists() {
        fs::remove_dir_all(&source).unwrap();
    }
    fs::create_dir(&source).unwrap();
    extract(repository, &source);
    let status = Command::new("cargo")
        .args(["build", "--locked", "--package", "flashpoint-operator"])
        .args(["--bin", "flashpoint-operator", "--target-dir"])
        .arg(&target)
        .current_dir(&source)
        // The commit names its toolchain, and none of these its place.
        .env_remove("RUSTUP_TOOLCHAIN")
        .env_remove("CARGO_BUILD_TARGET")
        .env_remove("CARGO_BUILD_TARGET_DIR")
        .status()
        .unwrap();
    assert!(
        status.success(),
        "building the operator of commit {COMMIT} in {} failed: {status}",
        source.display()
    );
    fs::rename(target.join("debug/flashpoint-operator"), binary).unwrap();
    fs::remove_dir_all(&source).unwrap();
    fs::remove_dir_all(&target).unwrap();
}

/// Puts the commit's files into a folder.
fn extract(repository: &Path, into: &Path) {
    let mut archive = Command::new("git")
        .arg("-C")
        .arg(repository)
        .args(["archive", "--format=tar", COMMIT])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let unpacked = Command::new("tar")
        .args(["-x", "-f", "-", "-C"])
        .arg(into)
        .stdin(archive.stdout.take().unwrap())
        .output()
        .unwrap();
    assert!(archive.wait().unwrap().success(), "git archive failed");
    succeed(unpacked);
}

fn succeed(output: Output) -> Output {
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{}: {said}", output.status);
    output
}

/// Tells of progress, past the test harness, which would show it only once a test has failed.
fn say(text: &str) {
    let _ = writeln!(std::io::stderr(), "upgrade: {text}");
}
