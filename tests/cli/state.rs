//! The state file of `sync`: what is kept, and what happens to one that is of no use.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};

use serde_json::{Value, json};
use simulators::trustar::Enclave;

use super::stage::{Stage, feed};

#[tokio::test]
async fn a_damaged_file_counts_as_empty_and_is_kept_aside() {
    let stage = Stage::with_reports(6).await;
    assert_eq!(stage.synced(&["--state", "state.json"]).await.code, 0);
    let whole = stage.read("state.json");
    let mut without_ledger: Value = serde_json::from_slice(&whole).unwrap();
    without_ledger["ledger"] = json!("AAAA");
    for (damaged, copy) in [
        (whole[..whole.len() / 2].to_vec(), "state.json.damaged"),
        (whole[..40].to_vec(), "state.json.damaged.1"),
        (
            without_ledger.to_string().into_bytes(),
            "state.json.damaged.2",
        ),
    ] {
        std::fs::write(stage.path("state.json"), &damaged).unwrap();
        let run = stage.synced(&["--state", "state.json"]).await;
        assert_eq!(run.code, 0, "{}", run.stderr);
        assert!(
            run.stderr.starts_with("warning: ") && run.stderr.contains("is damaged"),
            "{}",
            run.stderr
        );
        assert!(
            run.ready()
                .contains(&format!("{} created", stage.planted())),
            "{}",
            run.stdout
        );
        assert_eq!(stage.read(copy), damaged);
        assert!(
            run.stderr
                .contains(&format!("kept in {}", stage.path(copy).display())),
            "{}",
            run.stderr
        );
        let mended = stage.synced(&["--state", "state.json"]).await;
        assert_eq!(mended.stderr, "");
        assert!(
            mended
                .ready()
                .contains(&format!("{} unchanged", stage.planted())),
            "{}",
            mended.stdout
        );
    }
    stage.assert_clean();
    for number in 3..10 {
        stage.write(&format!("state.json.damaged.{number}"), "kept");
    }
    stage.write("state.json", r#"{"flashpointOperatorState":1,"feed":"#);
    let run = stage.synced(&["--state", "state.json"]).await;
    assert_eq!(run.code, 1);
    assert!(
        run.stderr
            .contains("there are 10 copies of damaged ones already, ")
            && run.stderr.contains("remove what nobody needs"),
        "{}",
        run.stderr
    );
    assert_eq!(stage.read("state.json.damaged.9"), b"kept");
}

/// A slip in a command line ate the feed beside it.
#[tokio::test]
async fn a_file_that_is_no_state_file_is_refused_whatever_it_is() {
    let stage = Stage::with_reports(2).await;
    let newer = r#"{"flashpointOperatorState":2,"feed":"intel/cybercrime"}"#;
    for (content, told) in [
        ("something else", "is no state file"),
        ("{}", "is no state file"),
        ("[1, 2]", "is no state file"),
        ("{\"kind\": \"FlashpointFeed\"}", "is no state file"),
        (" \n", "is no state file"),
        ("\u{0}\u{1}\u{2}", "is no state file"),
        (newer, "is a state file of another version (2)"),
    ] {
        stage.write("report.json", content);
        for dry_run in [
            &["--state", "report.json"][..],
            &["--state", "report.json", "--dry-run"],
        ] {
            let run = stage.synced(dry_run).await;
            assert_eq!(run.code, 2, "{content:?}: {}", run.stderr);
            assert!(
                run.stderr.starts_with("error: ")
                    && run.stderr.contains(told)
                    && run.stderr.contains("by --state"),
                "{}",
                run.stderr
            );
        }
        assert_eq!(stage.read("report.json"), content.as_bytes());
    }
    stage.write("report.json", "");
    assert_eq!(stage.synced(&["--state", "report.json"]).await.code, 0);
    assert!(
        stage
            .flashpoint
            .controls()
            .record
            .count("GET", "/api/v4/reports/", "/")
            == 1
    );
}

#[tokio::test]
async fn a_file_of_another_feed_is_refused_and_left_as_it_is() {
    let stage = Stage::with_reports(3).await;
    assert_eq!(stage.synced(&["--state", "state.json"]).await.code, 0);
    let before = stage.read("state.json");
    stage.write("feed.yaml", &feed("another").to_string());
    let run = stage.synced(&["--state", "state.json"]).await;
    assert_eq!(run.code, 2);
    assert!(
        run.stderr
            .contains("belongs to feed intel/cybercrime, not intel/another"),
        "{}",
        run.stderr
    );
    assert_eq!(stage.read("state.json"), before);
}

#[tokio::test]
async fn with_another_enclave_a_feed_starts_anew() {
    let stage = Stage::with_reports(5).await;
    assert_eq!(stage.synced(&["--state", "state.json"]).await.code, 0);
    stage.trustar.configure(|settings| {
        settings
            .enclaves
            .push(Enclave::writable("another", "Another"));
    });
    let mut other = feed("cybercrime");
    other["spec"]["enclaveId"] = json!("another");
    stage.write("feed.yaml", &other.to_string());
    let run = stage.synced(&["--state", "state.json"]).await;
    assert_eq!(run.code, 0, "{}", run.stdout);
    assert!(run.stderr.contains("starts anew"), "{}", run.stderr);
    assert_eq!(stage.trustar.enclave("another").len(), stage.planted());
}

#[tokio::test]
async fn a_file_that_cant_be_written_is_found_before_anything_is_sent() {
    let stage = Stage::with_reports(3).await;
    for (path, code) in [
        ("absent/state.json", 1),
        ("./feed.yaml", 2),
        ("secret.yaml", 2),
        (".", 2),
        ("/dev/full", 2),
    ] {
        let run = stage.synced(&["--state", path]).await;
        assert_eq!(run.code, code, "{path}: {}", run.stderr);
        assert!(
            run.stderr.starts_with("error: ") && run.stderr.contains("--state"),
            "{path}: {}",
            run.stderr
        );
    }
    assert!(stage.flashpoint.controls().record.is_empty());
    assert!(stage.trustar.controls().record.is_empty());
}

/// A limit on the size of files, as a full disk would be.
#[tokio::test]
async fn a_disk_that_is_full_loses_nothing() {
    let stage = Stage::with_reports(4).await;
    assert_eq!(stage.synced(&["--state", "state.json"]).await.code, 0);
    let before = stage.read("state.json");
    stage.flashpoint.post();
    let script = "trap '' XFSZ; ulimit -f 0; exec \"$0\" \"$@\"";
    let run = stage.synced_by(script, &["--state", "state.json"]).await;
    assert_eq!(run.code, 1, "{}", run.stderr);
    assert!(
        run.ready()
            .starts_with("Ready=False LedgerUnavailable: the ledger could not be stored: "),
        "{}",
        run.stdout
    );
    assert_eq!(stage.read("state.json"), before);
    let files: Vec<_> = std::fs::read_dir(stage.directory.path())
        .unwrap()
        .map(|file| file.unwrap().file_name())
        .collect();
    assert_eq!(files.len(), 3, "something was left behind: {files:?}");
    assert_eq!(stage.synced(&["--state", "state.json"]).await.code, 0);
    stage.assert_clean();
}

/// In a directory that is everybody's, what a planted link leads to is not overwritten.
#[tokio::test]
async fn no_planted_link_is_followed() {
    let stage = Stage::with_reports(2).await;
    let keep = stage.path("precious");
    stage.write("precious", "precious");
    let damaged = r#"{"flashpointOperatorState":1,"#;
    stage.write("state.json", damaged);
    fs::set_permissions(&keep, fs::Permissions::from_mode(0o640)).unwrap();
    symlink(&keep, stage.path("state.json.damaged")).unwrap();
    // The name that the temporary had: a process keeps its number when it becomes another program.
    let plant = "ln -s precious state.json.$$.tmp; exec \"$0\" \"$@\"";
    let run = stage.synced_by(plant, &["--state", "state.json"]).await;
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert_eq!(stage.read("precious"), b"precious");
    let mode = fs::metadata(&keep).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o640);
    assert_eq!(stage.read("state.json.damaged.1"), damaged.as_bytes());
    assert!(stage.read("state.json").starts_with(b"{"));
}

#[tokio::test]
async fn a_link_to_a_state_file_that_is_not_there_yet_stays_a_link() {
    let stage = Stage::with_reports(6).await;
    fs::create_dir(stage.path("volume")).unwrap();
    symlink("volume/state.json", stage.path("state.json")).unwrap();
    let run = stage.synced(&["--state", "state.json"]).await;
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert!(
        stage.path("volume/state.json").exists(),
        "the link was replaced by a file"
    );
    // Links that lead to each other lead to nothing.
    symlink("round", stage.path("round")).unwrap();
    let run = stage.synced(&["--state", "round"]).await;
    assert_eq!(run.code, 1, "{}", run.stderr);
    assert!(run.stderr.contains("name another by --state"));
}

#[tokio::test]
async fn a_copy_that_a_full_disk_cuts_short_is_not_kept() {
    let stage = Stage::with_reports(2).await;
    stage.write("state.json", r#"{"flashpointOperatorState":1,"feed":"#);
    let script = "trap '' XFSZ; ulimit -f 0; exec \"$0\" \"$@\"";
    let run = stage.synced_by(script, &["--state", "state.json"]).await;
    assert_eq!(run.code, 1, "{}", run.stderr);
    assert!(
        run.stderr.contains("is damaged and can't be copied"),
        "{}",
        run.stderr
    );
    assert!(!stage.is_there("state.json.damaged"));
    // Nor is the same file copied once more by each run that can't replace it.
    fs::copy(stage.path("state.json"), stage.path("state.json.damaged")).unwrap();
    let run = stage.synced(&["--state", "state.json"]).await;
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert!(!stage.is_there("state.json.damaged.1"));
}
