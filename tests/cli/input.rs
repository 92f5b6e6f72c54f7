//! What `sync` is given: feeds and credentials, in every form, and whatever else people give it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::stage::{CANARIES, Run, Stage, VARIABLES, feed, finish, secret_of};

async fn dry_run(stage: &Stage, arguments: &[&str], variables: &[(&str, &str)]) -> Run {
    let mut command = stage.sync(&["--dry-run"]);
    command.args(arguments).envs(variables.iter().copied());
    finish(command.spawn().unwrap(), "").await
}

#[tokio::test]
async fn credentials_come_from_a_secret_in_any_form_or_from_variables() {
    let stage = Stage::with_reports(2).await;
    let mut encoded = secret_of(&CANARIES);
    let keys = encoded.as_object_mut().unwrap().remove("stringData").unwrap();
    let data = keys.as_object().unwrap().iter();
    encoded["data"] = data.map(|(key, value)| (key.clone(), json!(STANDARD.encode(value.as_str().unwrap())))).collect();
    let mut half = secret_of(&CANARIES);
    half["stringData"].as_object_mut().unwrap().remove("trustar-api-secret");
    let beside = |secret: &Value| format!("{}\n---\n{}\n", feed("cybercrime"), secret);
    stage.write("encoded.yaml", &encoded.to_string());
    stage.write("both.yaml", &format!("---\n# a comment\n---\n{}", beside(&secret_of(&CANARIES)).replace("}\n---", "}\n---\n")));
    stage.write("half.yaml", &beside(&half));
    let [flashpoint, key, secret] = [0, 1, 2].map(|at| (VARIABLES[at], CANARIES[at]));
    for (arguments, variables) in [
        (&["-f", "feed.yaml", "--secret", "encoded.yaml"][..], &[][..]),
        (&["-f", "both.yaml"], &[]),
        (&["-f", "half.yaml"], &[secret]),
        (&["-f", "feed.yaml"], &[flashpoint, key, secret]),
        // A secret that was named goes before what lies about in the environment.
        (&["-f", "feed.yaml", "--secret", "secret.yaml"], &[(VARIABLES[0], "wrong")]),
    ] {
        let run = dry_run(&stage, arguments, variables).await;
        assert_eq!(run.code, 0, "{arguments:?}: {}{}", run.stdout, run.stderr);
    }
}

#[tokio::test]
async fn bad_input_gets_one_clear_message() {
    let stage = Stage::with_reports(0).await;
    let changed = |path: &str, value: Value| {
        let mut feed = feed("cybercrime");
        *feed.pointer_mut(path).unwrap() = value;
        feed.to_string()
    };
    let mut another = secret_of(&CANARIES);
    another["metadata"]["name"] = json!("another");
    let mut elsewhere = secret_of(&CANARIES);
    elsewhere["metadata"]["namespace"] = json!("elsewhere");
    let mut raw = secret_of(&CANARIES);
    raw["data"] = raw.as_object_mut().unwrap().remove("stringData").unwrap();
    let mut number = secret_of(&CANARIES);
    number["stringData"]["trustar-api-key"] = json!(12345);
    stage.write("two.yaml", &format!("{}\n---\n{}", feed("a"), feed("b")));
    stage.write("bad.yaml", &changed("/spec/enclaveId", json!("")));
    stage.write("typo.yaml", &feed("cybercrime").to_string().replace("secretRef", "secretref"));
    stage.write("broken.yaml", &format!("flashpoint-api-key: {}\n  other: [", CANARIES[0]));
    stage.write("another.yaml", &another.to_string());
    stage.write("elsewhere.yaml", &elsewhere.to_string());
    stage.write("raw.yaml", &raw.to_string());
    stage.write("number.yaml", &number.to_string());
    stage.write("lacking.yaml", &secret_of(&[CANARIES[0], " ", CANARIES[2]]).to_string());
    stage.write("empty.yaml", "");
    for (arguments, message) in [
        (&["-f", "absent.yaml"][..], "absent.yaml can't be read: No such file"),
        (&["-f", "."], ". can't be read: "),
        (&["-f", "broken.yaml"], "broken.yaml is not YAML: "),
        (&["-f", "empty.yaml"], "empty.yaml holds no FlashpointFeed"),
        (&["-f", "secret.yaml"], "secret.yaml holds no FlashpointFeed, but Secret credentials: give the feed's file with -f"),
        (&["-f", "two.yaml"], "two.yaml holds 2 feeds, intel/a, intel/b: choose one with --name"),
        (&["-f", "two.yaml", "--name", "c"], "two.yaml holds no feed c, but intel/a, intel/b"),
        (&["-f", "bad.yaml"], "spec.enclaveId: enclaveId must be the enclave's id"),
        (&["-f", "typo.yaml"], "spec.secretref: unknown field; did you mean \"secretRef\"?"),
        (&["-f", "two.yaml", "--name", "a"], "there are no credentials: the feed names Secret credentials; give its file with --secret, or set FLASHPOINT_API_KEY"),
        (&["-f", "feed.yaml", "--secret", "absent.yaml"], "absent.yaml can't be read"),
        (&["-f", "feed.yaml", "--secret", "broken.yaml"], "broken.yaml is not YAML: "),
        (&["-f", "feed.yaml", "--secret", "feed.yaml"], "feed.yaml does not hold the Secret credentials of namespace intel that the feed's secretRef names"),
        (&["-f", "feed.yaml", "--secret", "another.yaml"], "names, but intel/another: correct one of the two"),
        (&["-f", "feed.yaml", "--secret", "elsewhere.yaml"], "names, but elsewhere/credentials"),
        (&["-f", "feed.yaml", "--secret", "raw.yaml"], "flashpoint-api-key under data is not base64: encode it, or write it under stringData"),
        (&["-f", "feed.yaml", "--secret", "number.yaml"], "trustar-api-key under stringData is no text: put it in quotes"),
        (&["-f", "feed.yaml", "--secret", "lacking.yaml"], "Secret intel/credentials in lacking.yaml lacks a usable value for trustar-api-key: add it"),
        (&["-f", "feed.yaml", "--secret", "secret.yaml", "--ca-file", "absent.pem"], "absent.pem"),
    ] {
        let run = dry_run(&stage, arguments, &[]).await;
        assert_eq!((run.code, run.stdout.as_str()), (2, ""), "{arguments:?}: {}", run.stderr);
        assert!(run.stderr.starts_with("error: ") && run.stderr.contains(message), "{arguments:?}: {}", run.stderr);
        assert_eq!(run.stderr.matches("error: ").count(), 1, "{}", run.stderr);
    }
    assert!(stage.flashpoint.controls().record.is_empty());
    assert!(stage.trustar.controls().record.is_empty());
}

#[tokio::test]
async fn one_feed_of_several_is_chosen_by_name() {
    let stage = Stage::with_reports(2).await;
    stage.write("two.yaml", &format!("{}\n---\n{}\n---\n{}", feed("a"), secret_of(&CANARIES), feed("b")));
    for name in ["b", "intel/b"] {
        let run = dry_run(&stage, &["-f", "two.yaml", "--name", name, "-o", "json"], &[]).await;
        assert_eq!((run.code, &run.json()["feed"]), (0, &json!("intel/b")), "{}", run.stderr);
    }
}

#[tokio::test]
async fn a_feed_comes_from_standard_input_too() {
    let stage = Stage::with_reports(2).await;
    let mut command = stage.sync(&["-f", "-", "--secret", "secret.yaml"]);
    let run = finish(command.spawn().unwrap(), &feed("piped").to_string()).await;
    assert_eq!(run.code, 0, "{}", run.stderr);
    stage.assert_clean();
}

#[tokio::test]
async fn a_suspended_feed_calls_nobody() {
    let stage = Stage::with_reports(2).await;
    let mut suspended = feed("cybercrime");
    suspended["spec"]["suspend"] = json!(true);
    stage.write("feed.yaml", &suspended.to_string());
    let run = stage.synced(&[]).await;
    assert_eq!(run.code, 0);
    assert!(run.ready().starts_with("Ready=True Suspended: "), "{}", run.stdout);
    assert!(stage.flashpoint.controls().record.is_empty());
}
