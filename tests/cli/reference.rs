//! `docs/cli.md` is what the binary says of itself. `UPDATE=1 cargo test --test cli reference` writes it anew.

use std::fmt::Write as _;
use std::path::Path;

use super::stage::{command, finish};

/// What no help text says: how the commands go together.
const INTRODUCTION: &str = r"# Command line
One binary, `flashpoint-operator`. This page is generated from its `--help`; do not edit it (`make generate`).
How to install it, or run it from the image: [The command](getting-started.md#the-command).

| command                     | does                                             | needs |
|-----------------------------|--------------------------------------------------|---|
| [run](#run)                 | the controller                                   | a cluster |
| [sync](#sync)               | one sync of one feed, as the controller does it  | both vendors, or `--dry-run`: no writes |
| [extract](#extract)         | the indicators in a text                         | nothing |
| [crd](#crd)                 | the custom resource definitions                  | nothing |
| [ledger](#ledger)           | what the operator remembers of a feed's reports  | a cluster |
| [validate](#validate)       | whether a feed is right                          | nothing |
| [version](#version)         | the version                                      | nothing |
| [completions](#completions) | `source <(flashpoint-operator completions bash)` | nothing |

## Exit codes
| code | means                                  | for example |
|------|----------------------------------------|---|
| 0    | done                                   | `run` was asked to stop; `sync` handled the latest reports; `validate` found only right feeds |
| 1    | partial, refused, or to be tried again | `run` found no cluster, or lost its lease; in `sync` a report failed or is pending, or a vendor refused |
| 2    | bad input                              | a wrong argument; a file that can't be read; a feed that is not valid; a `ledger` that does not exist |
| 130  | interrupted                            | `sync` was asked to stop, by Ctrl-C or SIGTERM, before all was done: it says what is left, and the command that goes on |

## Environment
Each flag of `run`, and each that says how the vendors are reached, can be set by the variable that its help names; a flag goes before
its variable. Besides:

| variable                                                      | for |
|---------------------------------------------------------------|---|
| `FLASHPOINT_API_KEY`, `TRUSTAR_API_KEY`, `TRUSTAR_API_SECRET` | `sync`: the credentials, where no Secret has them |
| `TAXII_TOKEN`, `TAXII_USERNAME`, `TAXII_PASSWORD`, `MISP_AUTH_KEY` | `sync`: the same for a feed that goes there |
| `POD_NAME`, `POD_NAMESPACE`                                   | `run --leader-elect`: who holds the Lease, and where it is |
| `KUBECONFIG`                                                  | `run` and `ledger` outside a cluster |
| `RUST_LOG`                                                    | what is logged: by `run` without `--log-filter` (`info`), and by `sync` and `ledger` (`warn`) |
| `HTTPS_PROXY`, `HTTP_PROXY`, `NO_PROXY`                       | a proxy to the vendors; the API server is reached directly, or by the `proxy-url` of the kubeconfig. One that can't be read as a URL, where a service would be called by it, ends `run` and `sync` with 2: percent-encode its user name and password |
| `SSL_CERT_FILE`, `SSL_CERT_DIR`                               | the system's certificate authorities, where they are elsewhere |
";

/// The help of a command, wrapped at a fixed width and with none of our variables' values in it.
async fn help(arguments: &[&str]) -> String {
    let mut command = command(arguments);
    command.env_clear().env("COLUMNS", "100");
    let run = finish(command.arg("--help").spawn().unwrap(), "").await;
    assert_eq!((run.code, run.stderr.as_str()), (0, ""), "{arguments:?}");
    let lines: Vec<&str> = run.stdout.lines().map(str::trim_end).collect();
    lines.join("\n").trim_end().to_owned()
}

/// The commands that the binary lists, `help` itself aside.
fn commands(help: &str) -> impl Iterator<Item = &str> {
    let listed = help.lines().skip_while(|line| *line != "Commands:").skip(1);
    let named = listed.map_while(|line| line.split_whitespace().next());
    named.filter(|name| *name != "help")
}

async fn render() -> String {
    let top = help(&[]).await;
    let mut page = format!("{INTRODUCTION}\n## flashpoint-operator\n```text\n{top}\n```\n");
    for name in commands(&top) {
        let help = help(&[name]).await;
        write!(page, "\n## {name}\n```text\n{help}\n```\n").unwrap();
    }
    page
}

#[tokio::test]
async fn the_reference_is_what_the_binary_says() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/cli.md");
    let rendered = render().await;
    if std::env::var("UPDATE").is_ok_and(|update| update == "1") {
        std::fs::write(&path, &rendered).unwrap();
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    let differs = rendered
        .lines()
        .zip(committed.lines().chain(std::iter::repeat("(nothing)")))
        .find(|(says, stands)| says != stands);
    assert!(
        rendered == committed,
        "docs/cli.md is not what the binary says, from here on: {differs:?}; `make generate` writes it anew"
    );
}

#[tokio::test]
async fn each_command_is_introduced() {
    for name in commands(&help(&[]).await) {
        let link = format!("[{name}](#{name})");
        assert!(INTRODUCTION.contains(&link), "{link} is missing");
    }
}
