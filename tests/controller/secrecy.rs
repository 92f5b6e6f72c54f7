//! Credentials are found nowhere but where they belong.

use std::path::PathBuf;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flashpoint_operator::api::Reason;
use k8s_openapi::api::events::v1::Event;
use kube::Api;
use kube::api::ListParams;
use serde_json::json;
use simulators::faults::{Fault, Reply};
use simulators::trustar::Credential;

use crate::harness::{Proxy, SOON, Stage, counts, until};

const FLASHPOINT_KEY: &str = "canary-one-AzKq83Lm0pXv";
const TRUSTAR_KEY: &str = "canary-two-Bw91nTq7Yc2d";
const TRUSTAR_SECRET: &str = "canary-three-Hs64uRk5Ze8f";
const WRONG: &str = "canary-four-Pj37gVo1Mi9x";

#[tokio::test]
async fn credentials_show_up_in_no_log_status_event_ledger_or_metric() {
    let stage = Stage::new("canary").await;
    stage.telling_reports(4);
    stage
        .flashpoint
        .configure(|settings| settings.api_key = FLASHPOINT_KEY.to_owned());
    stage.trustar.configure(|settings| {
        settings.credentials = vec![Credential {
            key: TRUSTAR_KEY.to_owned(),
            secret: TRUSTAR_SECRET.to_owned(),
        }];
    });
    stage.put_secret(&stage.keys()).await;
    let operator = stage.starting().log("trace").here().await;
    stage.feed("feed").await;
    stage.until_synced("feed").await;

    // Vendors that repeat what they were sent.
    let body = json!({"detail": format!("who is {FLASHPOINT_KEY}?")}).to_string();
    let flashpoint = &stage.flashpoint.controls().faults;
    for (value, status) in [("one", 500), ("two", 418), ("three", 403)] {
        let fault = flashpoint.set(Fault::on("GET", "/").reply(Reply::json(status, &body)));
        stage.request("feed", value).await;
        stage.until_handled("feed", value).await;
        flashpoint.clear(fault);
    }
    let sent = format!(
        "{TRUSTAR_KEY} with {TRUSTAR_SECRET} and {:?}",
        tokens(&stage)
    );
    let body = json!({"message": format!("who is {sent}?")}).to_string();
    let trustar = &stage.trustar.controls().faults;
    for (value, status) in [("four", 400), ("five", 500), ("six", 403)] {
        stage.flashpoint.post();
        let fault =
            trustar.set(Fault::on("POST", "/api/1.3/reports").reply(Reply::json(status, &body)));
        stage.request("feed", value).await;
        let feed = stage.until_handled("feed", value).await;
        assert!(counts(&feed).considered > 0);
        trustar.clear(fault);
    }
    // Refused ones.
    for key in [
        "flashpoint-api-key",
        "trustar-api-key",
        "trustar-api-secret",
    ] {
        let mut keys = stage.keys();
        keys[key] = json!(WRONG);
        stage.put_secret(&keys).await;
        stage.request("feed", key).await;
        stage.until_handled("feed", key).await;
    }
    stage
        .until("feed", crate::harness::SOON, |feed| {
            crate::harness::reason(feed) == Some(Reason::TrustarUnauthorized)
        })
        .await;

    let events: Api<Event> = Api::namespaced(stage.client.clone(), &stage.namespace);
    let places = [
        ("log", operator.log()),
        ("metrics", operator.metrics().await),
        (
            "events",
            json!(events.list(&ListParams::default()).await.unwrap().items).to_string(),
        ),
        ("feed", json!(stage.get("feed").await).to_string()),
        (
            "ledger",
            json!(stage.ledgers().get("feed").await.unwrap()).to_string(),
        ),
    ];
    let mut canaries = Vec::new();
    for canary in [FLASHPOINT_KEY, TRUSTAR_KEY, TRUSTAR_SECRET, WRONG] {
        canaries.push(canary.to_owned());
        canaries.push(STANDARD.encode(canary));
    }
    canaries.push(STANDARD.encode(format!("{TRUSTAR_KEY}:{TRUSTAR_SECRET}")));
    canaries.extend(tokens(&stage));
    assert!(canaries.len() > 9, "no token was seen");
    for (place, text) in places {
        assert!(!text.is_empty());
        for canary in &canaries {
            let found = text.find(canary.as_str());
            let around = found.map(|at| {
                text.get(at.saturating_sub(300)..at + 60)
                    .unwrap_or(canary)
                    .to_owned()
            });
            assert_eq!(around, None, "{canary} is in the {place}");
        }
    }
}

/// The tokens that the operator used.
fn tokens(stage: &Stage) -> Vec<String> {
    let calls = stage.trustar.controls().record.all();
    let headers = calls.iter().filter_map(|call| call.header("authorization"));
    let mut tokens: Vec<_> = headers
        .filter_map(|value| value.strip_prefix("Bearer "))
        .map(str::to_owned)
        .collect();
    tokens.sort_unstable();
    tokens.dedup();
    tokens
}

const PROXY_PASSWORD: &str = "canary-five-Qd72hWs9Kb4t";

/// A proxy is for the vendors: the API server is reached without it, and its password is shown nowhere.
#[tokio::test]
async fn a_proxys_password_is_in_no_log_and_keeps_nothing_from_starting() {
    let stage = Stage::new("proxy").await;
    stage.telling_reports(2);
    for proxy in [
        "http://corp:{}@127.0.0.1:9",
        "corp:{}@127.0.0.1:9",
        "not a proxy {}",
    ] {
        let proxy = proxy.replace("{}", PROXY_PASSWORD);
        let name = format!("feed-{}", proxy.len());
        let starting = stage.starting().log("trace").env("HTTPS_PROXY", &proxy);
        let operator = starting.env("https_proxy", &proxy).here().await;
        stage.feed(&name).await;
        stage.until_synced(&name).await;
        assert!(!operator.log().contains(PROXY_PASSWORD), "{proxy}");
    }
}

/// One that vendors can't be reached by is told without its password.
#[tokio::test]
async fn the_password_of_a_proxy_that_fails_is_in_no_log_and_no_status() {
    let stage = Stage::new("proxy-fails").await;
    let proxy = format!("http://corp:{PROXY_PASSWORD}@127.0.0.1:9");
    let starting = stage.starting().log("trace").env("HTTP_PROXY", &proxy);
    let operator = starting.env("http_proxy", &proxy).here().await;
    stage.feed("feed").await;
    let feed = stage.until("feed", SOON, |feed| {
        feed.status
            .as_ref()
            .is_some_and(|status| status.consecutive_failures > 0)
    });
    let feed = json!(feed.await).to_string();
    for text in [operator.log(), feed] {
        assert!(!text.contains(PROXY_PASSWORD), "{text}");
    }
}

/// The kubeconfig of a stage, with a `proxy-url`.
fn behind(stage: &Stage, proxy: &str) -> PathBuf {
    stage.kubeconfig_with(|kubeconfig| {
        kubeconfig["clusters"][0]["cluster"]["proxy-url"] = json!(proxy);
    })
}

/// One in the kubeconfig is meant for the API server, as kubectl has it.
#[tokio::test]
async fn the_api_server_is_reached_by_the_proxy_of_the_kubeconfig() {
    let stage = Stage::new("proxy-url").await;
    stage.telling_reports(2);
    let proxy = Proxy::start(&format!("corp:{PROXY_PASSWORD}")).await;
    let kubeconfig = behind(
        &stage,
        &format!("http://corp:{PROXY_PASSWORD}@{}", proxy.address),
    );
    // Several files, of which one is not there.
    let files = format!("/nowhere/config:{}", kubeconfig.display());
    let starting = stage.starting().log("trace").env("KUBECONFIG", &files);
    let operator = starting.here().await;
    stage.feed("feed").await;
    stage.until_synced("feed").await;
    assert!(proxy.tunnels() > 1);
    assert!(!operator.log().contains(PROXY_PASSWORD));
}

/// One that refuses, is not there, or is no proxy at all is told without its password.
#[tokio::test]
async fn a_proxy_of_the_kubeconfig_that_is_of_no_use_is_told_without_its_password() {
    let stage = Stage::new("proxy-refuses").await;
    let refusing = Proxy::start("another:password").await.address;
    for (scheme, host, ends) in [
        ("http://", refusing.as_str(), false),
        ("socks5://", "127.0.0.1:9", false),
        ("ftp://", "proxy.example:3128", true),
        ("", "proxy.example:3128", true),
        ("http://%/", "proxy.example:3128", true),
    ] {
        let proxy = format!("{scheme}corp:{PROXY_PASSWORD}@{host}");
        let kubeconfig = behind(&stage, &proxy);
        let starting = stage.starting().log("trace");
        let starting = starting.env("KUBECONFIG", kubeconfig.to_str().unwrap());
        let mut operator = starting.here().await;
        if ends {
            assert_eq!(operator.ended(SOON).await.code(), Some(1), "{proxy}");
            assert!(operator.log().contains("failed to find a cluster"));
        } else {
            until("a word on the API server", SOON, async || {
                operator.log().contains("can't be watched").then_some(())
            })
            .await;
        }
        assert!(!operator.log().contains(PROXY_PASSWORD), "{proxy}");
    }
}
