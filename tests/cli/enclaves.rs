//! What the command line makes of an edited enclave.

use serde_json::json;
use simulators::trustar::{ENCLAVE, Enclave, Scope};

use super::stage::{Stage, feed};

const OTHER: &str = "11111111-2222-3333-4444-555555555555";

#[tokio::test]
async fn reports_that_went_to_the_enclave_of_before_are_told() {
    // With the state of the earlier run, and without; whether the credential sees both or not.
    for (state, sees_both) in [(true, true), (false, true), (false, false)] {
        let stage = Stage::with_reports(6).await;
        stage.trustar.configure(|settings| {
            settings.scope = Scope::Company;
            settings.enclaves.push(Enclave::writable(OTHER, "Other"));
        });
        let arguments: &[&str] = if state { &["--state", "state"] } else { &[] };
        let run = stage.synced(arguments).await;
        assert_eq!(run.code, 0, "{}", run.stdout);
        let held = stage.trustar.enclave(ENCLAVE);

        let mut edited = feed("cybercrime");
        edited["spec"]["enclaveId"] = json!(OTHER);
        stage.write("feed.yaml", &edited.to_string());
        if !sees_both {
            // The enclave of before is hidden from lists, as where its rights are another user's.
            let list = json!([Enclave::writable(OTHER, "Other")]).to_string();
            let reply = simulators::faults::Reply::json(200, &list);
            let fault = simulators::faults::Fault::on("GET", "/api/1.3/enclaves").reply(reply);
            stage.trustar.controls().faults.set(fault);
        }
        let run = stage.synced(arguments).await;
        assert_eq!(run.code, 1, "{}", run.stdout);
        assert!(
            run.ready().contains("ExternalIdConflict"),
            "{}",
            run.ready()
        );
        assert!(run.ready().contains(ENCLAVE), "{}", run.ready());
        assert!(stage.trustar.enclave(OTHER).is_empty());
        assert_eq!(stage.trustar.enclave(ENCLAVE).len(), held.len());
    }
}

#[tokio::test]
async fn where_enclaves_have_ids_of_their_own_the_new_one_is_filled() {
    let stage = Stage::with_reports(6).await;
    stage.trustar.configure(|settings| {
        settings.enclaves.push(Enclave::writable(OTHER, "Other"));
    });
    let run = stage.synced(&["--state", "state"]).await;
    assert_eq!(run.code, 0, "{}", run.stdout);
    let mut edited = feed("cybercrime");
    edited["spec"]["enclaveId"] = json!(OTHER);
    stage.write("feed.yaml", &edited.to_string());
    let run = stage.synced(&["--state", "state"]).await;
    assert_eq!(run.code, 0, "{}", run.stdout);
    let [one, two] = [ENCLAVE, OTHER].map(|id| stage.trustar.enclave(id).len());
    assert_eq!((one, two), (stage.planted(), stage.planted()));
}

/// The newest report is one that the old enclave never had: it arrives, and says nothing of the others.
#[tokio::test]
async fn a_new_report_hides_no_stray() {
    let stage = Stage::with_reports(6).await;
    stage.trustar.configure(|settings| {
        settings.scope = Scope::Company;
        settings.enclaves.push(Enclave::writable(OTHER, "Other"));
    });
    assert_eq!(stage.synced(&["--state", "state"]).await.code, 0);
    let mut edited = feed("cybercrime");
    edited["spec"]["enclaveId"] = json!(OTHER);
    stage.write("feed.yaml", &edited.to_string());
    while stage.flashpoint.post().planted.is_empty() {}
    let run = stage.synced(&["--state", "state"]).await;
    assert!(
        run.ready().contains("ExternalIdConflict"),
        "{}",
        run.ready()
    );
}
