//! What `sync` is given: feeds and credentials, in every form, and whatever else people give it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::stage::{CANARIES, Run, Stage, VARIABLES, feed, finish, operator, secret_of};

async fn dry_run(stage: &Stage, arguments: &[&str], variables: &[(&str, &str)]) -> Run {
    let mut command = stage.sync(&["--dry-run"]);
    command.args(arguments).envs(variables.iter().copied());
    finish(command.spawn().unwrap(), "").await
}

#[tokio::test]
async fn credentials_come_from_a_secret_in_any_form_or_from_variables() {
    let stage = Stage::with_reports(2).await;
    let mut encoded = secret_of(&CANARIES);
    let keys = encoded
        .as_object_mut()
        .unwrap()
        .remove("stringData")
        .unwrap();
    let data = keys.as_object().unwrap().iter();
    encoded["data"] = data
        .map(|(key, value)| (key.clone(), json!(STANDARD.encode(value.as_str().unwrap()))))
        .collect();
    let mut half = secret_of(&CANARIES);
    half["stringData"]
        .as_object_mut()
        .unwrap()
        .remove("trustar-api-secret");
    let beside = |secret: &Value| format!("{}\n---\n{}\n", feed("cybercrime"), secret);
    stage.write("encoded.yaml", &encoded.to_string());
    stage.write(
        "both.yaml",
        &format!(
            "---\n# a comment\n---\n{}",
            beside(&secret_of(&CANARIES)).replace("}\n---", "}\n---\n")
        ),
    );
    stage.write("half.yaml", &beside(&half));
    let [flashpoint, key, secret] = [0, 1, 2].map(|at| (VARIABLES[at], CANARIES[at]));
    for (arguments, variables) in [
        (
            &["-f", "feed.yaml", "--secret", "encoded.yaml"][..],
            &[][..],
        ),
        (&["-f", "both.yaml"], &[]),
        (&["-f", "half.yaml"], &[secret]),
        (&["-f", "feed.yaml"], &[flashpoint, key, secret]),
        // A secret that was named goes before what lies about in the environment.
        (
            &["-f", "feed.yaml", "--secret", "secret.yaml"],
            &[(VARIABLES[0], "wrong")],
        ),
    ] {
        let run = dry_run(&stage, arguments, variables).await;
        assert_eq!(run.code, 0, "{arguments:?}: {}{}", run.stdout, run.stderr);
    }
}

/// Runs a dry run on each input; it is refused, with this and no other message, and nobody is called.
async fn assert_refused(stage: &Stage, cases: &[(&[&str], &str)]) {
    for (arguments, message) in cases {
        let run = dry_run(stage, arguments, &[]).await;
        let shown = format!("{arguments:?}: {}", run.stderr);
        assert_eq!((run.code, run.stdout.as_str()), (2, ""), "{shown}");
        assert!(
            run.stderr.starts_with("error: ") && run.stderr.contains(message),
            "{shown}"
        );
        assert_eq!(run.stderr.matches("error: ").count(), 1, "{shown}");
    }
    assert!(stage.flashpoint.controls().record.is_empty());
    assert!(stage.trustar.controls().record.is_empty());
}

#[tokio::test]
async fn a_bad_feed_gets_one_clear_message() {
    let stage = Stage::with_reports(0).await;
    let mut bad = feed("cybercrime");
    bad["spec"]["enclaveId"] = json!("");
    let misspelt = feed("cybercrime")
        .to_string()
        .replace("secretRef", "secretref");
    let broken = format!("flashpoint-api-key: {}\n  other: [", CANARIES[0]);
    stage.write("two.yaml", &format!("{}\n---\n{}", feed("a"), feed("b")));
    stage.write("bad.yaml", &bad.to_string());
    stage.write("misspelt.yaml", &misspelt);
    stage.write("broken.yaml", &broken);
    stage.write("empty.yaml", "");
    let secret =
        "secret.yaml holds no FlashpointFeed, but Secret credentials: give the feed's file with -f";
    let two = "two.yaml holds 2 feeds, intel/a, intel/b: choose one with --name";
    assert_refused(
        &stage,
        &[
            (
                &["-f", "absent.yaml"],
                "absent.yaml can't be read: No such file",
            ),
            (&["-f", "."], ". can't be read: "),
            (&["-f", "broken.yaml"], "broken.yaml is not YAML: "),
            (&["-f", "empty.yaml"], "empty.yaml holds no FlashpointFeed"),
            (&["-f", "secret.yaml"], secret),
            (&["-f", "two.yaml"], two),
            (
                &["-f", "two.yaml", "--name", "c"],
                "two.yaml holds no feed c, but intel/a, intel/b",
            ),
            (
                &["-f", "bad.yaml"],
                "spec.enclaveId: enclaveId must be the enclave's id",
            ),
            (
                &["-f", "misspelt.yaml"],
                "spec.secretref: unknown field; did you mean \"secretRef\"?",
            ),
        ],
    )
    .await;
}

#[tokio::test]
async fn bad_credentials_get_one_clear_message() {
    let stage = Stage::with_reports(0).await;
    let changed = |name: &str, change: &dyn Fn(&mut Value)| {
        let mut secret = secret_of(&CANARIES);
        change(&mut secret);
        stage.write(name, &secret.to_string());
    };
    changed("another.yaml", &|secret| {
        secret["metadata"]["name"] = json!("another");
    });
    changed("elsewhere.yaml", &|secret| {
        secret["metadata"]["namespace"] = json!("elsewhere");
    });
    changed("number.yaml", &|secret| {
        secret["stringData"]["trustar-api-key"] = json!(12345);
    });
    changed("lacking.yaml", &|secret| {
        secret["stringData"]["trustar-api-key"] = json!(" ");
    });
    changed("raw.yaml", &|secret| {
        secret["data"] = secret
            .as_object_mut()
            .unwrap()
            .remove("stringData")
            .unwrap();
    });
    let none = "there are no credentials: the feed names Secret credentials; give its file with --secret, or set FLASHPOINT";
    let absent = "feed.yaml does not hold the Secret credentials of namespace intel that the feed's secretRef names";
    assert_refused(&stage, &[(&["-f", "feed.yaml"], none)]).await;
    for (secret, message) in [
        ("absent.yaml", "absent.yaml can't be read"),
        ("feed.yaml", absent),
        (
            "another.yaml",
            "names, but intel/another: correct one of the two",
        ),
        ("elsewhere.yaml", "names, but elsewhere/credentials"),
        (
            "raw.yaml",
            "flashpoint-api-key under data is not base64: encode it, or write it under stringData",
        ),
        (
            "number.yaml",
            "trustar-api-key under stringData is no text: put it in quotes",
        ),
        (
            "lacking.yaml",
            "Secret intel/credentials in lacking.yaml lacks a usable value for trustar-api-key: add it",
        ),
    ] {
        assert_refused(
            &stage,
            &[(&["-f", "feed.yaml", "--secret", secret], message)],
        )
        .await;
    }
    let authorities = [
        "-f",
        "feed.yaml",
        "--secret",
        "secret.yaml",
        "--ca-file",
        "absent.pem",
    ];
    assert_refused(&stage, &[(&authorities, "absent.pem")]).await;
}

/// By a replica that will stand by as well: before there is an API server to ask for the lease.
#[tokio::test]
async fn the_controller_tells_at_once_of_authorities_that_are_of_no_use() {
    let run = operator(
        &[
            "run",
            "--http-addr",
            "127.0.0.1:0",
            "--ca-file",
            "absent.pem",
        ],
        "",
    )
    .await;
    let said = [run.stdout, run.stderr].concat();
    assert_eq!(run.code, 1, "{said}");
    assert!(
        said.contains("no certificate authorities in absent.pem"),
        "{said}"
    );
}

#[tokio::test]
async fn one_feed_of_several_is_chosen_by_name() {
    let stage = Stage::with_reports(2).await;
    stage.write(
        "two.yaml",
        &format!(
            "{}\n---\n{}\n---\n{}",
            feed("a"),
            secret_of(&CANARIES),
            feed("b")
        ),
    );
    for name in ["b", "intel/b"] {
        let run = dry_run(
            &stage,
            &["-f", "two.yaml", "--name", name, "-o", "json"],
            &[],
        )
        .await;
        assert_eq!(
            (run.code, &run.json()["feed"]),
            (0, &json!("intel/b")),
            "{}",
            run.stderr
        );
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
    assert!(
        run.ready().starts_with("Ready=True Suspended: "),
        "{}",
        run.stdout
    );
    assert!(stage.flashpoint.controls().record.is_empty());
}
