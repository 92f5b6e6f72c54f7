//! `sync` that is interrupted: it says what it finishes, what is done, what is not, and the command that goes on.

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt as _;
use std::process::Stdio;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use simulators::faults::{Calls, Fault, Reply};
use tokio::process::Child;

use super::stage::{Run, Stage, command, finish};

/// Interrupts a sync that waits for its second page, and once more 200 ms later.
async fn interrupted_twice(sync: Child, stage: &Stage) -> Run {
    let pid = Pid::from_raw(i32::try_from(sync.id().unwrap()).unwrap()).unwrap();
    let record = &stage.flashpoint.controls().record;
    while record.count("GET", "/api/v4/reports/", "/") < 2 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    kill_process(pid, Signal::INT).unwrap();
    tokio::time::sleep(Duration::from_millis(200)).await;
    kill_process(pid, Signal::INT).unwrap();
    finish(sync, "").await
}

#[tokio::test]
async fn what_was_done_before_an_interrupt_is_kept() {
    let stage = Stage::with_reports(30).await;
    let slow = Fault::on("POST", "/api/1.3/reports")
        .calls(Calls::All)
        .delay(Duration::from_millis(100));
    let slow = stage.trustar.controls().faults.set(slow);
    let mut sync = stage.sync(&[
        "-f",
        "feed.yaml",
        "--secret",
        "secret.yaml",
        "--state",
        "state.json",
    ]);
    let child = sync.spawn().unwrap();
    let pid = Pid::from_raw(i32::try_from(child.id().unwrap()).unwrap()).unwrap();
    while stage.trustar.reports().len() < 4 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    kill_process(pid, Signal::INT).unwrap();
    let run = finish(child, "").await;
    assert_eq!(run.code, 130, "{}", run.stderr);
    assert!(
        run.ready().starts_with("Ready=False WritesPending: "),
        "{}",
        run.stdout
    );
    let done = stage.trustar.reports().len();
    assert!(done < stage.planted(), "it was not interrupted");
    let (answer, summary) = run.stderr.split_once('\n').unwrap();
    assert!(
        answer.starts_with("stopping; ") && answer.contains(" being finished; Ctrl-C again ends"),
        "{answer}"
    );
    let (written, rest) = summary
        .strip_prefix("note: interrupted: ")
        .and_then(|told| told.split_once(" reports were written, "))
        .unwrap_or_else(|| panic!("{summary}"));
    let written: usize = written.parse().unwrap();
    assert_eq!(written, done, "{summary}");
    assert!(rest.contains(" not looked at or not finished"), "{summary}");
    let (_, command) = summary
        .split_once("; state.json keeps what was done; go on with ")
        .unwrap();
    assert!(
        command.starts_with("flashpoint-operator sync ")
            && command.ends_with("-f feed.yaml --secret secret.yaml --state state.json\n"),
        "{summary}"
    );
    stage.trustar.controls().faults.clear(slow);

    let run = stage.synced(&["--state", "state.json"]).await;
    assert_eq!(run.code, 0, "{}", run.stdout);
    stage.assert_clean();
    let submissions = stage
        .trustar
        .controls()
        .record
        .count("POST", "/api/1.3/reports/upsert", "");
    assert!(
        submissions <= stage.planted() + 4,
        "more was sent again than what was under way: {submissions}"
    );
}

#[tokio::test]
async fn a_second_interrupt_ends_at_once_and_a_dry_run_wrote_nothing() {
    let stage = Stage::with_reports(6).await;
    let hang = Fault::on("POST", "/api/1.3/reports").reply(Reply::Hang);
    stage.trustar.controls().faults.set(hang.calls(Calls::All));
    let sync = ["-f", "feed.yaml", "--secret", "secret.yaml"];
    let child = stage.sync(&sync).spawn().unwrap();
    let pid = Pid::from_raw(i32::try_from(child.id().unwrap()).unwrap()).unwrap();
    let record = &stage.trustar.controls().record;
    while record.count("POST", "/api/1.3/reports", "") < 4 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    kill_process(pid, Signal::INT).unwrap();
    tokio::time::sleep(Duration::from_millis(200)).await;
    let began = std::time::Instant::now();
    kill_process(pid, Signal::INT).unwrap();
    let run = finish(child, "").await;
    assert!(
        began.elapsed() < Duration::from_secs(2),
        "{:?}",
        began.elapsed()
    );
    assert_eq!(run.code, 130);
    assert!(
        run.stderr
            .starts_with("stopping; 4 writes are being finished; "),
        "{}",
        run.stderr
    );
    assert!(
        run.stderr
            .contains(" not looked at or not finished; without --state the next run begins anew"),
        "{}",
        run.stderr
    );

    let listing = Fault::on("GET", "/api/v4/reports/").reply(Reply::Hang);
    stage
        .flashpoint
        .controls()
        .faults
        .set(listing.calls(Calls::All));
    let mut dry = stage.sync(&sync);
    let child = dry.arg("--dry-run").spawn().unwrap();
    let run = interrupted_twice(child, &stage).await;
    assert_eq!(run.code, 130);
    assert!(
        run.stderr.contains(
            "interrupted: no report was looked at; begin anew with flashpoint-operator sync"
        ),
        "{}",
        run.stderr
    );
}

/// The rounds before it are neither forgotten nor told as "nothing was written".
#[tokio::test]
#[ignore = "waits for a continuation, a minute: make test-all"]
async fn an_interrupt_while_a_continuation_lists_forgets_nothing() {
    let stage = Stage::with_reports(30).await;
    let listing = Fault::on("GET", "/api/v4/reports/");
    let hang = listing.calls(Calls::From(2)).reply(Reply::Hang);
    stage.flashpoint.controls().faults.set(hang);
    let mut sync = command(&["sync", "--trustar-calls-per-minute", "12"]);
    sync.args(["--flashpoint-url", &stage.flashpoint.url()])
        .args(["--trustar-url", &stage.trustar.url()])
        .args(["-f", "feed.yaml", "--secret", "secret.yaml"])
        .current_dir(stage.directory.path());
    let child = sync.spawn().unwrap();
    let run = interrupted_twice(child, &stage).await;
    assert_eq!(run.code, 130);
    let written = stage.trustar.reports().len();
    assert!(written > 0);
    assert!(
        run.ready().starts_with("Ready=False WritesPending: "),
        "{}",
        run.stdout
    );
    assert!(
        !run.stdout.contains("nothing was written"),
        "{}",
        run.stdout
    );
    assert!(
        run.stdout.contains(" considered: ") && run.stdout.contains(" pending"),
        "{}",
        run.stdout
    );
}

async fn interrupted(file: OsString) -> std::process::Output {
    let stage = Stage::with_reports(6).await;
    let listing = Fault::on("GET", "/api/v4/reports/").reply(Reply::Hang);
    let faults = &stage.flashpoint.controls().faults;
    faults.set(listing.calls(Calls::All));
    let mut sync = stage.sync(&["-f", "feed.yaml", "--secret", "secret.yaml", "--state"]);
    let child = sync.arg(file).stdin(Stdio::null()).spawn().unwrap();
    let pid = Pid::from_raw(i32::try_from(child.id().unwrap()).unwrap()).unwrap();
    let record = &stage.flashpoint.controls().record;
    while record.count("GET", "/api/v4/reports/", "") < 1 {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    kill_process(pid, Signal::INT).unwrap();
    tokio::time::sleep(Duration::from_millis(200)).await;
    kill_process(pid, Signal::INT).unwrap();
    child.wait_with_output().await.unwrap()
}

#[tokio::test]
async fn an_interrupt_is_answered_where_a_file_name_is_no_utf8() {
    let output = interrupted(OsString::from_vec(b"st\xff.json".to_vec())).await;
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(130), "{error}");
}

#[tokio::test]
async fn the_command_that_goes_on_names_the_same_file() {
    let output = interrupted("feed  one.json".into()).await;
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(error.contains("--state 'feed  one.json'"), "{error}");
}
