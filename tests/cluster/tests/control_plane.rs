//! The control plane itself: it serves, keeps to RBAC, can be disturbed, and leaves nothing behind.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests"
)]

use std::{
    fs,
    io::{BufRead as _, BufReader},
    net::TcpStream,
    path::Path,
    process::{Command, Stdio},
    thread,
    time::Duration,
};

use control_plane::{ControlPlane, Error, KubernetesVersion, Options};
use futures::{StreamExt as _, TryStreamExt as _};
use k8s_openapi::{
    api::{
        authentication::v1::SelfSubjectReview,
        core::v1::{ConfigMap, Namespace, Secret, ServiceAccount},
        rbac::v1::{Role, RoleBinding},
    },
    apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition,
};
use kube::{
    Api, Client, ResourceExt as _,
    api::{ApiResource, DynamicObject, ListParams, PostParams, WatchEvent, WatchParams},
    config::Kubeconfig,
    core::GroupVersionKind,
    runtime::wait::{await_condition, conditions::is_crd_established},
};
use serde_json::{Value, from_value, json};

/// The server that a kubeconfig names, as `host:port`.
fn server(kubeconfig: &Path) -> String {
    let kubeconfig = Kubeconfig::read_from(kubeconfig).unwrap();
    let url = kubeconfig.clusters[0]
        .cluster
        .clone()
        .unwrap()
        .server
        .unwrap();
    url.trim_start_matches("https://").to_owned()
}

fn config_map(name: &str) -> ConfigMap {
    from_value(json!({"metadata": {"name": name}, "data": {"key": "value"}})).unwrap()
}

async fn create<K>(api: &Api<K>, object: Value) -> K
where
    K: Clone + std::fmt::Debug + serde::Serialize + serde::de::DeserializeOwned,
{
    api.create(&PostParams::default(), &from_value(object).unwrap())
        .await
        .unwrap()
}

/// The code of the error that a watch from this resource version starts with.
async fn watch_refusal(client: Client, namespace: &str, resource_version: &str) -> Option<u16> {
    let api: Api<ConfigMap> = Api::namespaced(client, namespace);
    let mut events = match api.watch(&WatchParams::default(), resource_version).await {
        Ok(events) => events.boxed(),
        Err(kube::Error::Api(status)) => return Some(status.code),
        Err(error) => panic!("{error}"),
    };
    match events.try_next().await.unwrap() {
        Some(WatchEvent::Error(status)) => Some(status.code),
        _ => None,
    }
}

/// A resource version that a config map had before it changed.
async fn outdated_version(control_plane: &ControlPlane, namespace: &str) -> String {
    let config_maps: Api<ConfigMap> = Api::namespaced(control_plane.client().unwrap(), namespace);
    let first = config_maps
        .create(&PostParams::default(), &config_map("first"))
        .await
        .unwrap();
    for name in ["second", "third"] {
        config_maps
            .create(&PostParams::default(), &config_map(name))
            .await
            .unwrap();
    }
    first.resource_version().unwrap()
}

#[tokio::test]
async fn serves_custom_resources_audits_and_leaves_nothing() {
    let options = Options {
        audit: true,
        ..Options::default()
    };
    let control_plane = ControlPlane::start(options).await.unwrap();
    let client = control_plane.client().unwrap();
    if std::env::var_os("KUBEBUILDER_ASSETS").is_none() {
        let version = KubernetesVersion::from_env().unwrap();
        let reported = client.apiserver_version().await.unwrap().git_version;
        assert_eq!(reported, format!("v{version}"));
    }
    let crds: Api<CustomResourceDefinition> = Api::all(client.clone());
    create(
        &crds,
        json!({
            "metadata": {"name": "probes.control-plane.test"},
            "spec": {
                "group": "control-plane.test", "scope": "Namespaced",
                "names": {"plural": "probes", "singular": "probe", "kind": "Probe"},
                "versions": [{"name": "v1", "served": true, "storage": true, "schema": {"openAPIV3Schema": {
                    "type": "object", "properties": {"size": {"type": "integer", "maximum": 3}},
                }}}],
            },
        }),
    )
    .await;
    await_condition(crds, "probes.control-plane.test", is_crd_established())
        .await
        .unwrap();

    let namespace = control_plane.namespace("probes").await.unwrap();
    let resource =
        ApiResource::from_gvk(&GroupVersionKind::gvk("control-plane.test", "v1", "Probe"));
    let probes: Api<DynamicObject> = Api::namespaced_with(client, &namespace, &resource);
    let probe = |size| DynamicObject::new("one", &resource).data(json!({"size": size}));
    let error = probes
        .create(&PostParams::default(), &probe(4))
        .await
        .unwrap_err();
    assert!(
        error.to_string().contains("less than or equal to 3"),
        "{error}"
    );
    probes
        .create(&PostParams::default(), &probe(3))
        .await
        .unwrap();
    assert_eq!(
        probes
            .list(&ListParams::default())
            .await
            .unwrap()
            .items
            .len(),
        1
    );

    let log = fs::read_to_string(control_plane.audit_log()).unwrap();
    let requests = log
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap());
    let created = requests.filter(|request| {
        request["verb"] == "create" && request["objectRef"]["resource"] == "probes"
    });
    let codes: Vec<u64> = created
        .map(|request| request["responseStatus"]["code"].as_u64().unwrap())
        .collect();
    assert_eq!(codes, [422, 201]);

    let directory = control_plane.kubeconfig().parent().unwrap().to_owned();
    let address = server(control_plane.kubeconfig());
    control_plane.stop().await.unwrap();
    assert!(!directory.exists());
    assert!(TcpStream::connect(address).is_err());
}

#[tokio::test]
async fn a_service_account_may_do_what_rbac_grants_and_no_more() {
    let control_plane = ControlPlane::shared().await.unwrap();
    let namespace = control_plane.namespace("rbac").await.unwrap();
    let client = control_plane.client().unwrap();
    assert!(matches!(
        control_plane
            .kubeconfig_for_service_account(&namespace, "reader")
            .await,
        Err(Error::Api { .. })
    ));

    let accounts: Api<ServiceAccount> = Api::namespaced(client.clone(), &namespace);
    create(&accounts, json!({"metadata": {"name": "reader"}})).await;
    let roles: Api<Role> = Api::namespaced(client.clone(), &namespace);
    let rule = json!({"apiGroups": [""], "resources": ["configmaps"], "verbs": ["get"]});
    create(
        &roles,
        json!({"metadata": {"name": "reader"}, "rules": [rule]}),
    )
    .await;
    let bindings: Api<RoleBinding> = Api::namespaced(client.clone(), &namespace);
    create(
        &bindings,
        json!({
            "metadata": {"name": "reader"},
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "reader"},
            "subjects": [{"kind": "ServiceAccount", "name": "reader", "namespace": namespace}],
        }),
    )
    .await;
    let config_maps: Api<ConfigMap> = Api::namespaced(client, &namespace);
    config_maps
        .create(&PostParams::default(), &config_map("one"))
        .await
        .unwrap();

    let reader = control_plane
        .kubeconfig_for_service_account(&namespace, "reader")
        .await
        .unwrap();
    let config_maps: Api<ConfigMap> = Api::namespaced(reader.client().unwrap(), &namespace);
    // A new grant reaches the authorizer through a watch of its own.
    for _ in 0..100 {
        if config_maps.get("one").await.is_ok() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    config_maps.get("one").await.unwrap();
    let secrets: Api<Secret> = Api::namespaced(reader.client().unwrap(), &namespace);
    for refused in [
        config_maps.list(&ListParams::default()).await.map(drop),
        secrets.get("one").await.map(drop),
    ] {
        assert!(
            matches!(&refused, Err(kube::Error::Api(status)) if status.code == 403),
            "{refused:?}"
        );
    }
}

#[tokio::test]
async fn a_user_is_who_the_certificate_says() {
    let control_plane = ControlPlane::shared().await.unwrap();
    let user = control_plane.user("eve", Some("readers")).await.unwrap();
    let reviews: Api<SelfSubjectReview> = Api::all(user.client().unwrap());
    let review = serde_json::to_value(create(&reviews, json!({"metadata": {}})).await).unwrap();
    let info = &review["status"]["userInfo"];
    assert_eq!(info["username"], "eve");
    assert_eq!(info["groups"], json!(["readers", "system:authenticated"]));
    let namespaces: Api<Namespace> = Api::all(user.client().unwrap());
    assert!(namespaces.list(&ListParams::default()).await.is_err());
}

#[tokio::test]
async fn a_paused_server_answers_nothing_until_resumed() {
    let mut control_plane = ControlPlane::start(Options::default()).await.unwrap();
    let client = control_plane.client().unwrap();
    control_plane.pause_apiserver().unwrap();
    let silent = tokio::time::timeout(Duration::from_secs(1), client.apiserver_version()).await;
    assert!(silent.is_err());
    control_plane.resume_apiserver().unwrap();
    client.apiserver_version().await.unwrap();
    // A paused one must end too.
    control_plane.pause_apiserver().unwrap();
    control_plane.stop().await.unwrap();
}

#[tokio::test]
async fn watches_expire_after_a_restart_and_after_a_compaction() {
    let options = Options {
        apiserver_arguments: vec!["--watch-cache=false".to_owned()],
        ..Options::default()
    };
    let control_plane = ControlPlane::start(options).await.unwrap();
    let namespace = control_plane.namespace("watch").await.unwrap();
    let outdated = outdated_version(&control_plane, &namespace).await;
    assert_eq!(
        watch_refusal(control_plane.client().unwrap(), &namespace, &outdated).await,
        None
    );
    control_plane.compact_etcd().await.unwrap();
    assert_eq!(
        watch_refusal(control_plane.client().unwrap(), &namespace, &outdated).await,
        Some(410)
    );
    drop(control_plane);

    let mut control_plane = ControlPlane::start(Options::default()).await.unwrap();
    let namespace = control_plane.namespace("watch").await.unwrap();
    let outdated = outdated_version(&control_plane, &namespace).await;
    assert_eq!(
        watch_refusal(control_plane.client().unwrap(), &namespace, &outdated).await,
        None
    );
    control_plane.restart_apiserver().await.unwrap();
    assert_eq!(
        watch_refusal(control_plane.client().unwrap(), &namespace, &outdated).await,
        Some(410)
    );
}

#[tokio::test]
async fn a_component_that_dies_at_the_start_says_why() {
    let options = Options {
        apiserver_arguments: vec!["--authorization-mode=Nonsense".to_owned()],
        ..Options::default()
    };
    let Err(error) = ControlPlane::start(options).await else {
        panic!("started")
    };
    assert!(
        error.to_string().starts_with("kube-apiserver ended"),
        "{error}"
    );
    assert!(error.to_string().contains("Nonsense"), "{error}");
}

#[test]
fn nothing_outlives_a_killed_process() {
    let mut process = program()
        .arg("up")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut kubeconfig = String::new();
    BufReader::new(process.stdout.take().unwrap())
        .read_line(&mut kubeconfig)
        .unwrap();
    let kubeconfig = Path::new(kubeconfig.trim());
    let address = server(kubeconfig);
    TcpStream::connect(&address).unwrap();

    process.kill().unwrap();
    process.wait().unwrap();
    let gone = || !kubeconfig.parent().unwrap().exists() && TcpStream::connect(&address).is_err();
    assert!((0..200).any(|_| gone() || {
        thread::sleep(Duration::from_millis(100));
        false
    }));
}

fn program() -> Command {
    Command::new(env!("CARGO_BIN_EXE_control-plane"))
}

/// Runs `control-plane build` with an empty cache and this `PATH`; returns what it says.
fn build(cache: &Path, path: &Path) -> String {
    let output = program()
        .arg("build")
        .env("XDG_CACHE_HOME", cache)
        .env("PATH", path)
        .env_remove("KUBEBUILDER_ASSETS")
        .env_remove("KUBERNETES_VERSION")
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    String::from_utf8(output.stderr).unwrap()
}

#[test]
fn without_go_it_says_what_is_needed() {
    let empty = tempfile::tempdir().unwrap();
    let message = build(empty.path(), empty.path());
    assert!(
        message.contains("needs Go 1.26.0 or later, and there is no `go` on PATH"),
        "{message}"
    );
    assert!(message.contains("KUBEBUILDER_ASSETS"), "{message}");
}

#[test]
fn an_old_go_is_refused_before_the_build() {
    use std::os::unix::fs::PermissionsExt as _;
    let directory = tempfile::tempdir().unwrap();
    let go = directory.path().join("go");
    fs::write(&go, "#!/bin/sh\necho go1.25.9\n").unwrap();
    fs::set_permissions(&go, fs::Permissions::from_mode(0o755)).unwrap();
    let message = build(directory.path(), directory.path());
    assert!(
        message.contains("needs Go 1.26.0 or later, and `go` on PATH is 1.25.9"),
        "{message}"
    );
}

#[test]
fn assets_that_lack_a_program_are_named() {
    let empty = tempfile::tempdir().unwrap();
    let output = program()
        .arg("build")
        .env("KUBEBUILDER_ASSETS", empty.path())
        .output()
        .unwrap();
    let message = String::from_utf8(output.stderr).unwrap();
    let missing = empty.path().join("kube-apiserver");
    assert!(
        message.contains(&format!("{} is missing", missing.display())),
        "{message}"
    );
}

#[test]
fn only_one_process_builds_at_a_time() {
    let cache = tempfile::tempdir().unwrap();
    let directory = cache.path().join("flashpoint-operator/control-plane");
    fs::create_dir_all(&directory).unwrap();
    let lock = fs::File::create(directory.join("build.lock")).unwrap();
    lock.lock().unwrap();
    let mut process = program()
        .arg("build")
        .env("XDG_CACHE_HOME", cache.path())
        .env("PATH", cache.path())
        .env_remove("KUBEBUILDER_ASSETS")
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(process.stderr.take().unwrap())
        .lines()
        .map(Result::unwrap);
    let waiting = lines.next().unwrap();
    assert!(waiting.contains("another process builds"), "{waiting}");
    lock.unlock().unwrap();
    assert!(lines.any(|line| line.contains("no `go` on PATH")));
    process.wait().unwrap();
}
