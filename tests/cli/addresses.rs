//! Credentials in URLs and proxies: refused where they have no business, and shown nowhere.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use simulators::faults::{Fault, Reply};
use tokio::process::Command;

use super::stage::{Run, Stage, command, finish};

const CANARY: &str = "proxy-canary-pw-5sVd";

async fn ended(mut command: Command) -> Run {
    finish(command.spawn().unwrap(), "").await
}

fn assert_hidden(run: &Run) {
    let sent = STANDARD.encode(format!("corp-user:{CANARY}"));
    for shown in [&run.stdout, &run.stderr] {
        assert!(!shown.contains(CANARY), "{shown}");
        assert!(!shown.contains(&sent), "{shown}");
    }
}

#[tokio::test]
async fn an_address_that_may_hold_a_secret_is_refused_and_not_repeated() {
    let stage = Stage::with_reports(1).await;
    for (flag, variable) in [
        ("--flashpoint-url", "FLASHPOINT_URL"),
        ("--trustar-url", "TRUSTAR_URL"),
    ] {
        for (url, says) in [
            (
                format!("https://corp-user:{CANARY}@host.example"),
                "user name or password",
            ),
            (
                format!("https://{CANARY}@host.example"),
                "user name or password",
            ),
            (
                format!("https://host.example/?key={CANARY}"),
                "query or fragment",
            ),
            (
                format!("https://host.example/#{CANARY}"),
                "query or fragment",
            ),
            (
                format!("https://corp-user:p@{CANARY}:x@host:port"),
                "no URL",
            ),
            (format!("ftp://{CANARY}.example"), "http:// and https://"),
        ] {
            for subcommand in [&["run"][..], &["sync", "-f", "feed.yaml"]] {
                let mut by_flag = command(subcommand);
                by_flag.args([flag, &url]);
                let mut by_variable = command(subcommand);
                by_variable.env(variable, &url);
                for mut refused in [by_flag, by_variable] {
                    refused.current_dir(stage.directory.path());
                    let run = ended(refused).await;
                    assert_eq!(run.code, 2, "{}", run.stderr);
                    assert!(run.stderr.contains(flag), "{}", run.stderr);
                    assert!(run.stderr.contains(says), "{url}: {}", run.stderr);
                    assert_hidden(&run);
                }
            }
        }
        let mut help = command(&["run", "--help"]);
        help.env(variable, format!("https://corp-user:{CANARY}@host.example"));
        assert_hidden(&ended(help).await);
    }
}

#[tokio::test]
async fn a_proxys_password_is_shown_nowhere() {
    let stage = Stage::with_reports(3).await;
    let proxied = |proxy: &str| {
        let mut sync = command(&["sync", "-f", "feed.yaml", "--secret", "secret.yaml"]);
        let urls = ["--flashpoint-url", "http://flashpoint.example"];
        sync.args(urls)
            .args(["--trustar-url", &stage.trustar.url()])
            .current_dir(stage.directory.path())
            .env("RUST_LOG", "trace");
        for variable in ["HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "ALL_PROXY"] {
            sync.env_remove(variable)
                .env_remove(variable.to_lowercase());
        }
        sync.env("http_proxy", proxy).env("https_proxy", proxy);
        sync.env("NO_PROXY", "127.0.0.1");
        sync
    };
    let there = stage.flashpoint.address();
    // Not there, not one, of a kind that is not spoken, and one that works.
    for (proxy, code) in [
        (format!("http://corp-user:{CANARY}@127.0.0.1:9"), 1),
        (format!("http://corp-user:{CANARY}@no such host/"), 2),
        (format!("socks5://corp-user:{CANARY}@127.0.0.1:9"), 1),
        (format!("http://corp-user:{CANARY}@{there}"), 0),
    ] {
        let before = stage.flashpoint.controls().record.all().len();
        let run = ended(proxied(&proxy)).await;
        assert_eq!(run.code, code, "{}", run.stderr);
        let asked = stage.flashpoint.controls().record.all().len() > before;
        assert_eq!(asked, code == 0, "{proxy}: {}", run.stderr);
        assert_hidden(&run);
    }

    // A proxy that repeats what it was sent.
    let sent = STANDARD.encode(format!("corp-user:{CANARY}"));
    let body = format!("who is corp-user with {CANARY}, or Basic {sent}?");
    for status in [200, 407, 502] {
        let faults = &stage.flashpoint.controls().faults;
        faults.clear_all();
        faults.set(Fault::on("", "").reply(Reply::json(status, &body)));
        let run = ended(proxied(&format!("http://corp-user:{CANARY}@{there}"))).await;
        assert_eq!(run.code, 1, "{}", run.stderr);
        assert!(run.stdout.contains("who is corp-user"), "{}", run.stdout);
        assert_hidden(&run);
    }
}

/// A password that `kubectl create secret --from-literal=password=…` takes as it is.
#[tokio::test]
async fn a_proxy_that_cannot_be_read_is_told_and_not_gone_around() {
    let stage = Stage::with_reports(3).await;
    let urls = [stage.flashpoint.url(), stage.trustar.url()];
    for (subcommand, name, mark) in [
        (
            &["sync", "-f", "feed.yaml", "--secret", "secret.yaml"][..],
            "HTTP_PROXY",
            "/",
        ),
        (
            &["sync", "-f", "feed.yaml", "--secret", "secret.yaml"],
            "all_proxy",
            "?",
        ),
        (&["run", "--http-addr=127.0.0.1:0"], "http_proxy", "#"),
    ] {
        // Where no service is called by it, it stands in nobody's way; a `run` that does start finds no cluster.
        for (exempt, code) in [("", 2), ("127.0.0.1", i32::from(subcommand[0] == "run"))] {
            let mut called = command(subcommand);
            called.current_dir(stage.directory.path());
            for variable in ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"] {
                called.env_remove(variable);
                called.env_remove(variable.to_lowercase());
            }
            let proxy = format!("http://user:{CANARY}{mark}ss@127.0.0.1:9");
            called
                .env("FLASHPOINT_URL", &urls[0])
                .env("TRUSTAR_URL", &urls[1])
                .env(name, &proxy)
                .env("https_proxy", &proxy)
                .env("NO_PROXY", exempt)
                .env("KUBECONFIG", "/nowhere")
                .env_remove("KUBERNETES_SERVICE_HOST");
            let run = ended(called).await;
            assert_eq!(run.code, code, "{name}: {}", run.stderr);
            let told = format!("error: {name} can't be read as a proxy's URL: percent-encode");
            assert_eq!(run.stderr.contains(&told), code == 2, "{}", run.stderr);
            assert_hidden(&run);
        }
    }
}
