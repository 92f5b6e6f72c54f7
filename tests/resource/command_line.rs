//! `crd` and `validate` as they are run.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use super::cases::{changed, feed};

/// Runs the operator; returns its exit code and what it printed.
fn run(arguments: &[&str], input: &str) -> (i32, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_flashpoint-operator"));
    command
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child
        .stdin
        .take()
        .unwrap()
        .write_all(input.as_bytes())
        .unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(String::from_utf8(output.stderr).unwrap(), "");
    (
        output.status.code().unwrap(),
        String::from_utf8(output.stdout).unwrap(),
    )
}

fn validate(input: &str) -> (i32, String) {
    run(&["validate", "-f", "-"], input)
}

fn yaml(objects: &[Value]) -> String {
    let documents: Vec<String> = objects
        .iter()
        .map(|object| serde_saphyr::to_string(object).unwrap())
        .collect();
    documents.join("---\n")
}

fn crds() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("crds")
}

#[test]
fn crds_holds_what_crd_prints() {
    let (code, printed) = run(&["crd"], "");
    assert_eq!(code, 0);
    let mut kept = String::new();
    for definition in flashpoint_operator::api::definitions() {
        let file = format!(
            "{}_{}.yaml",
            definition.spec.group, definition.spec.names.plural
        );
        let listed = fs::read_to_string(crds().join("Kustomization")).unwrap();
        assert!(listed.contains(&format!("- {file}\n")), "{listed}");
        let annotations = definition.metadata.annotations.unwrap();
        assert_eq!(annotations["helm.sh/resource-policy"], "keep");
        assert_eq!(annotations["flashpoint-operator.dev/digest"].len(), 16);
        kept.push_str(&fs::read_to_string(crds().join(file)).unwrap());
    }
    // `kubectl apply -f crds/` takes every file with these extensions for objects.
    for entry in fs::read_dir(crds()).unwrap() {
        let path = entry.unwrap().path();
        let text = fs::read_to_string(&path).unwrap();
        let applied = ["yaml", "yml", "json"]
            .map(Some)
            .contains(&path.extension().and_then(|extension| extension.to_str()));
        assert_eq!(
            applied,
            text.contains("\nkind: CustomResourceDefinition\n"),
            "{}",
            path.display()
        );
    }
    assert!(
        printed == kept,
        "crds/ is not what the operator defines; run `cargo run -- crd --output-dir crds`"
    );
}

#[test]
fn what_crd_prints_is_the_definitions() {
    let (_, printed) = run(&["crd"], "");
    let read: Vec<Value> = serde_saphyr::from_multiple(&printed).unwrap();
    let defined = serde_json::to_value(flashpoint_operator::api::definitions()).unwrap();
    // Bounds are floats there and whole numbers here.
    let plain = |value: Value| value.to_string().replace(".0,", ",").replace(".0}", "}");
    assert_eq!(plain(json!(read)), plain(defined));
}

#[test]
fn validate_is_silent_about_nothing() {
    let other = json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "creds"}, "stringData": {"trustar-api-key": "hunter2"}});
    let bad = changed(
        "bad",
        &json!({"metadata": {"namespace": "intel"}, "spec": {"interval": "15"}}),
    );
    let (code, printed) = validate(&yaml(&[feed("good"), other.clone(), bad]));
    assert_eq!(code, 2);
    let lines: Vec<&str> = printed.lines().collect();
    assert_eq!(
        lines,
        [
            "standard input: document 1: FlashpointFeed good is valid",
            "standard input: document 3: spec.interval: interval must be a duration from 1m to 30d, such as 15m, 1h30m or 1d; it is \"15\"",
            "standard input: passed over, no valid feed here names Secret creds",
        ]
    );
    assert_eq!(validate(&yaml(&[feed("good"), other.clone()])).0, 0);
    assert_eq!(validate(&yaml(&[other])).0, 2);
    assert_eq!(validate("").0, 2);
}

#[test]
fn validate_reads_json_and_lists() {
    let bad = changed("bad", &json!({"spec": {"enclaveId": ""}}));
    let list = json!({"apiVersion": "v1", "kind": "List", "items": [feed("a"), bad]});
    let (code, printed) = validate(&format!("{}\n{list}", feed("first")));
    assert_eq!(code, 2);
    assert!(
        printed.contains("document 1: FlashpointFeed first is valid"),
        "{printed}"
    );
    assert!(
        printed.contains("document 2, items[0]: FlashpointFeed a is valid"),
        "{printed}"
    );
    assert!(
        printed.contains("document 2, items[1]: spec.enclaveId: "),
        "{printed}"
    );
}

#[test]
fn validate_names_the_file_that_is_none_and_shows_nothing_of_it() {
    let directory = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let file = directory.path().join(name);
        fs::write(&file, text).unwrap();
        file.display().to_string()
    };
    let good = write("good.yaml", &yaml(&[feed("good")]));
    let broken = write(
        "broken.yaml",
        "trustar-api-key: hunter2\n  other: [hunter2\n",
    );
    let absent = directory.path().join("absent.yaml").display().to_string();
    let (code, printed) = run(&["validate", "-f", &good, &broken, "-f", &absent], "");
    assert_eq!(code, 2);
    assert!(
        printed.contains(&format!("{good}: document 1: FlashpointFeed good is valid")),
        "{printed}"
    );
    assert!(
        printed.contains(&format!("{broken}: is not YAML: ")),
        "{printed}"
    );
    assert!(
        printed.contains(&format!("{absent}: can't be read: ")),
        "{printed}"
    );
    assert!(!printed.contains("hunter2"), "{printed}");
}
