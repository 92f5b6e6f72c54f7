//! What is wrong with the API server is told, in the log and by `/readyz`: which server, and why.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::harness::{SOON, Stage, until};

/// Starts the operator with a changed kubeconfig; log and `/readyz` must come to say all of these, and the process go on.
async fn told(stage: &Stage, change: impl FnOnce(&mut Value), expected: &[&str]) {
    let kubeconfig = stage.kubeconfig_with(change);
    let starting = stage.starting();
    let starting = starting.env("KUBECONFIG", kubeconfig.to_str().unwrap());
    let operator = starting.here().await;
    let says_all = |text: &str| expected.iter().all(|word| text.contains(word));
    until("the log and /readyz say why", SOON, async || {
        let (code, body) = operator.get("/readyz").await;
        let log = operator.log();
        let mut warnings = log.lines().filter(|line| line.contains("WARN"));
        (code == 503 && says_all(&body) && warnings.any(says_all)).then_some(())
    })
    .await;
    assert_eq!(operator.get("/livez").await.0, 200);
}

fn server(kubeconfig: &mut Value) -> &mut Value {
    &mut kubeconfig["clusters"][0]["cluster"]
}

#[tokio::test]
async fn an_api_server_that_cannot_be_reached_is_told_with_address_and_cause() {
    let stage = Stage::new("no-server").await;
    let refusing = |kubeconfig: &mut Value| {
        server(kubeconfig)["server"] = json!("https://127.0.0.1:9");
    };
    let words = ["https://127.0.0.1:9", "Connection refused"];
    told(&stage, refusing, &words).await;
    let nameless = |kubeconfig: &mut Value| {
        server(kubeconfig)["server"] = json!("https://no-such-host.invalid:6443");
    };
    let words = ["https://no-such-host.invalid:6443", "lookup"];
    told(&stage, nameless, &words).await;
}

#[tokio::test]
async fn an_authority_that_is_not_known_is_told() {
    let stage = Stage::new("authority").await;
    let unknown = |kubeconfig: &mut Value| {
        let authority = rcgen::generate_simple_self_signed(["another".to_owned()]).unwrap();
        let pem = STANDARD.encode(authority.cert.pem());
        server(kubeconfig)["certificate-authority-data"] = json!(pem);
    };
    told(&stage, unknown, &["https://127.0.0.1:", "certificate"]).await;
}

#[tokio::test]
async fn a_token_that_is_not_valid_is_told() {
    let stage = Stage::new("token").await;
    let revoked = |kubeconfig: &mut Value| {
        kubeconfig["users"][0]["user"] = json!({"token": "a-token-of-another-cluster"});
    };
    told(&stage, revoked, &["answered 401", "Unauthorized"]).await;
}

#[tokio::test]
async fn a_right_that_is_missing_is_told() {
    let stage = Stage::new("right").await;
    stage.forbid("flashpointfeeds").await;
    told(&stage, |_| (), &["answered 403", "flashpointfeeds"]).await;
}

/// A namespace that lacks its Role is told, and does not take the others out of service.
#[tokio::test]
async fn one_of_several_namespaces_may_lack_its_role() {
    let stage = Stage::new("has-role").await;
    let lacking = Stage::new("lacks-role").await;
    stage.telling_reports(2);
    let starting = stage.starting();
    let operator = starting
        .args(&["--watch-namespace", &lacking.namespace])
        .here()
        .await;
    stage.feed("feed").await;
    stage.until_synced("feed").await;
    until("the log names the namespace", SOON, async || {
        let log = operator.log();
        let mut lines = log.lines().filter(|line| line.contains("answered 403"));
        lines
            .any(|line| line.contains(&lacking.namespace))
            .then_some(())
    })
    .await;
    assert_eq!(operator.get("/readyz").await.0, 200);
}
