//! What a person at a terminal is told who gives no file.

use std::fs::File;
use std::process::Stdio;

use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use tokio::io::{AsyncBufReadExt as _, BufReader};

use super::stage::command;

/// A terminal: the end that a person holds, and the program's.
fn terminal() -> (File, File) {
    let person = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
    grantpt(&person).unwrap();
    unlockpt(&person).unwrap();
    let name = ptsname(&person, Vec::new()).unwrap();
    let program = File::options()
        .read(true)
        .write(true)
        .open(name.to_str().unwrap())
        .unwrap();
    (File::from(person), program)
}

#[tokio::test]
async fn standard_input_that_is_a_terminal_is_waited_for_and_that_is_told() {
    for arguments in [
        &["extract"][..],
        &["extract", "-"],
        &["extract", "--jsonl", "-"],
        &["validate", "-"],
        &["sync", "-f", "-"],
    ] {
        let (_person, program) = terminal();
        let mut child = command(arguments)
            .stdin(Stdio::from(program))
            .spawn()
            .unwrap();
        let mut said = BufReader::new(child.stderr.take().unwrap()).lines();
        let first = said.next_line().await.unwrap().unwrap();
        assert_eq!(
            first, "note: reading standard input; end it with Ctrl-D",
            "{arguments:?}"
        );
        child.kill().await.unwrap();
    }
}
