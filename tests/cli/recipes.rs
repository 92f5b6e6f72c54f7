//! The recipes that need no cluster, as `docs/recipes.md` has them, and the Job of its examples.

use std::path::Path;
use std::process::Stdio;

use serde_json::{Value, json};
use tokio::process::Command;

use super::stage::{CANARIES, Run, Stage, command, feed, finish, secret_of};
use super::sync::report;

fn read(path: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
}

/// The `sh` blocks under a heading of the page that call no kubectl.
fn blocks(heading: &str) -> Vec<String> {
    let page = read("docs/recipes.md");
    let (_, section) = page.split_once(&format!("\n## {heading}\n")).unwrap();
    let section = section.split("\n## ").next().unwrap();
    let blocks = section.split("```sh\n").skip(1);
    let blocks = blocks.map(|block| block.split("```").next().unwrap().to_owned());
    blocks.filter(|block| !block.contains("kubectl")).collect()
}

/// Runs a block as a reader would, in the stage's directory, with the simulators in place of the vendors.
async fn run(stage: &Stage, block: &str) -> Run {
    let program = Path::new(env!("CARGO_BIN_EXE_flashpoint-operator"));
    let path = format!(
        "{}:{}",
        program.parent().unwrap().display(),
        std::env::var("PATH").unwrap()
    );
    let mut shell = Command::new("sh");
    shell
        .args(["-euc", block])
        .current_dir(stage.directory.path())
        .env_clear()
        .env("PATH", path)
        .env("FLASHPOINT_URL", stage.flashpoint.url())
        .env("TRUSTAR_URL", stage.trustar.url())
        .env("TRUSTAR_CALLS_PER_MINUTE", "0")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    finish(shell.spawn().unwrap(), "").await
}

#[tokio::test]
async fn a_dry_run_says_why_one_report_would_be_sent() {
    let stage = Stage::with_reports(3).await;
    let body = json!({"body": "C2 at hxxp://badsite[.]ru/a"});
    stage
        .flashpoint
        .put(report("6n_wnmYvXNS6lA4-QbSlzA", &body));
    let [block] = &blocks("Why was this report not sent?")[..] else {
        panic!("another number of blocks");
    };
    let run = run(&stage, block).await;
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert!(
        run.stdout.contains("reason   URL http://badsite.ru/a"),
        "{}",
        run.stdout
    );
    assert!(stage.trustar.reports().is_empty());
}

#[tokio::test]
async fn a_secret_is_tested_before_the_rollout() {
    let stage = Stage::with_reports(3).await;
    let [block] = &blocks("Test a Secret before the rollout")[..] else {
        panic!("another number of blocks");
    };
    let good = run(&stage, block).await;
    assert_eq!(good.code, 0, "{}{}", good.stdout, good.stderr);
    for (at, told) in [
        (0, "Ready=False FlashpointUnauthorized: "),
        (1, "Ready=False TrustarUnauthorized: "),
        (2, "Ready=False TrustarUnauthorized: "),
    ] {
        let mut values = CANARIES;
        values[at] = "wrong";
        stage.write("secret.yaml", &secret_of(&values).to_string());
        let bad = run(&stage, block).await;
        assert_eq!(bad.code, 1);
        assert!(bad.ready().starts_with(told), "{}", bad.stdout);
    }
    let mut without = secret_of(&CANARIES);
    without["stringData"]
        .as_object_mut()
        .unwrap()
        .remove("trustar-api-secret");
    stage.write("secret.yaml", &without.to_string());
    let bad = run(&stage, block).await;
    assert_eq!(bad.code, 2);
    assert!(bad.stderr.contains("trustar-api-secret"), "{}", bad.stderr);
    assert!(stage.trustar.reports().is_empty());
}

#[tokio::test]
async fn one_feed_is_the_pattern_of_many_tenants() {
    let stage = Stage::with_reports(0).await;
    stage.write("feed.yaml", &read("examples/kubectl/feed.yaml"));
    let [block] = &blocks("Many tenants")[..] else {
        panic!("another number of blocks");
    };
    let run = run(&stage, block).await;
    assert_eq!(run.code, 0, "{}{}", run.stdout, run.stderr);
    for tenant in ["acme", "globex"] {
        let told = format!("FlashpointFeed {tenant}/cybercrime is valid");
        assert!(run.stdout.contains(&told), "{}", run.stdout);
    }
}

/// Its command, with the environment that the kubelet makes of the Secret.
#[tokio::test]
async fn the_job_of_the_examples_makes_a_dry_run_of_its_feed() {
    let stage = Stage::with_reports(4).await;
    let documents: Vec<Value> =
        serde_saphyr::from_multiple(&read("examples/kubectl/dry-run.yaml")).unwrap();
    let [config, job] = &documents[..] else {
        panic!("another number of objects");
    };
    let pod = &job["spec"]["template"]["spec"];
    let container = &pod["containers"][0];
    assert_eq!(
        pod["volumes"][0]["configMap"]["name"],
        config["metadata"]["name"]
    );
    let mount = container["volumeMounts"][0]["mountPath"].as_str().unwrap();
    let mut given: Value =
        serde_saphyr::from_str(config["data"]["feed.yaml"].as_str().unwrap()).unwrap();
    given["spec"]["enclaveId"] = feed("any")["spec"]["enclaveId"].clone();
    stage.write("feed.yaml", &given.to_string());

    let here = format!("{}/", stage.directory.path().display());
    let arguments: Vec<String> = container["args"]
        .as_array()
        .unwrap()
        .iter()
        .map(|argument| {
            argument
                .as_str()
                .unwrap()
                .replace(&format!("{mount}/"), &here)
        })
        .collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let mut job = command(&arguments);
    let secret = &secret_of(&CANARIES)["stringData"];
    for variable in container["env"].as_array().unwrap() {
        let key = variable["valueFrom"]["secretKeyRef"]["key"].as_str();
        let value = key.map_or(&variable["value"], |key| &secret[key]);
        job.env(variable["name"].as_str().unwrap(), value.as_str().unwrap());
    }
    job.env("FLASHPOINT_URL", stage.flashpoint.url())
        .env("TRUSTAR_URL", stage.trustar.url());
    let run = finish(job.spawn().unwrap(), "").await;
    assert_eq!(run.code, 0, "{}{}", run.stdout, run.stderr);
    assert_eq!(
        run.stdout.matches("  would create  ").count(),
        stage.planted()
    );
    assert!(
        run.stdout.ends_with("dry run: nothing was written\n"),
        "{}",
        run.stdout
    );
    assert!(stage.trustar.reports().is_empty());
}
