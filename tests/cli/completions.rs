//! `completions`: each shell is asked what it completes.

use std::process::Stdio;
use std::time::Duration;

use tokio::process::Command;
use tokio::time::timeout;

use super::stage::{finish, operator};

/// Sources the script, and prints what is completed for the last word of each line of words, a line each.
const BASH: &str = r#"
source <("$0" completions bash)
while read -r -a COMP_WORDS; do
  [ "${COMP_WORDS[-1]}" != "''" ] || COMP_WORDS[-1]=""
  COMP_CWORD=$((${#COMP_WORDS[@]} - 1)) COMPREPLY=()
  complete=$(complete -p flashpoint-operator)
  function=${complete#*-F } function=${function%% *}
  "$function" flashpoint-operator "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD-1]}" 2>/dev/null
  echo "${COMPREPLY[@]}"
done
"#;

/// The same; fish gives a description after a tab.
const FISH: &str = r#"
"$argv[1]" completions fish | source
while read line
  echo (complete -C (string replace "''" "" -- $line) | string replace -r "\t.*" "")
end
"#;

/// Types each line and the tab key into a shell in a terminal of its own, and prints what the line has become.
const ZSH: &str = r#"
zmodload zsh/zpty
zpty shell zsh -f -i
zpty -w shell "PS1=; autoload -Uz compinit; compinit -u -D; unsetopt beep; source <($1 completions zsh)"
zpty -w shell 'show() { print -r -- "<$BUFFER>"; BUFFER=; }; zle -N show; bindkey "^X" show; echo "begin"."here"'
zpty -r shell out "*begin.here*"
while read -r line; do
  zpty -w -n shell "${line/%\'\'/}"$'\t\x18'
  zpty -r shell out "*>*"
  print -r -- "${${out##*<}%%>*}"
done
"#;

async fn ask(shell: &str, script: &[&str], lines: &[&str]) -> Vec<String> {
    let binary = env!("CARGO_BIN_EXE_flashpoint-operator");
    let mut command = Command::new(shell);
    command
        .args(script)
        .arg(binary)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    let input = lines.join("\n") + "\n";
    let asked = finish(command.spawn().unwrap(), &input);
    let run = timeout(Duration::from_mins(1), asked).await.unwrap();
    assert_eq!(run.code, 0, "{shell}: {}", run.stderr);
    run.stdout.lines().map(str::to_owned).collect()
}

/// Whether this machine has a shell.
fn is_here(shell: &str) -> bool {
    let folders = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&folders).any(|folder| folder.join(shell).is_file())
}

#[tokio::test]
async fn bash_completes_commands_arguments_and_values() {
    let answers = ask(
        "bash",
        &["-c", BASH],
        &[
            "flashpoint-operator ex",
            "flashpoint-operator extract --co",
            "flashpoint-operator extract --format ''",
            "flashpoint-operator sync --flashpoint-api i",
            "flashpoint-operator completions z",
            "flashpoint-operator help val",
        ],
    )
    .await;
    let expected = [
        "extract",
        "--counting",
        "auto text html csv json",
        "ignite",
        "zsh",
        "validate",
    ];
    assert_eq!(answers, expected);
}

/// Where it is installed: no test needs it otherwise.
#[tokio::test]
async fn fish_completes_them_too() {
    if !is_here("fish") {
        println!("there is no fish here: apt-get install fish");
        return;
    }
    let lines = [
        "flashpoint-operator ex",
        "flashpoint-operator extract --co",
        "flashpoint-operator sync --flashpoint-api i",
    ];
    let answers = ask("fish", &["--no-config", "-c", FISH], &lines).await;
    assert_eq!(answers, ["extract", "--counting", "ignite"]);
}

#[tokio::test]
async fn and_so_does_zsh() {
    if !is_here("zsh") {
        println!("there is no zsh here: apt-get install zsh");
        return;
    }
    let lines = [
        "flashpoint-operator ex",
        "flashpoint-operator extract --co",
        "flashpoint-operator sync --flashpoint-api i",
        "flashpoint-operator completions z",
    ];
    let answers = ask("zsh", &["-f", "-c", ZSH, "zsh"], &lines).await;
    let words: Vec<&str> = answers
        .iter()
        .map(|line| line.trim_end().rsplit(' ').next().unwrap())
        .collect();
    assert_eq!(words, ["extract", "--counting", "ignite", "zsh"]);
}

#[tokio::test]
async fn each_shells_script_knows_every_command() {
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let run = operator(&["completions", shell], "").await;
        assert_eq!(run.code, 0);
        for command in [
            "run",
            "sync",
            "extract",
            "crd",
            "validate",
            "version",
            "completions",
        ] {
            assert!(run.stdout.contains(command), "{shell}: {command}");
        }
    }
}
