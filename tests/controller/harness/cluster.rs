//! The control plane: resource definitions, the chart's permissions, and what the audit log says of a client.

use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};

use control_plane::{ControlPlane, Options};
use k8s_openapi::api::core::v1::ServiceAccount;
use k8s_openapi::api::rbac::v1::{ClusterRole, ClusterRoleBinding, Role, RoleBinding};
use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::api::{Patch, PatchParams, PostParams};
use kube::runtime::wait::{await_condition, conditions::is_crd_established};
use kube::{Api, Client, ResourceExt as _};
use serde_json::{Value, from_value, json};
use tokio::sync::OnceCell;

/// The service account that every operator runs as, in its own namespace.
pub const ACCOUNT: &str = "flashpoint-operator";

/// The chart as it renders with two replicas, so that the election's permissions are there too.
const CHART: &str = include_str!("../../chart/golden/high-availability.yaml");

/// A control plane that serves our resources.
pub struct Cluster {
    /// The control plane itself.
    pub plane: ControlPlane,
}

/// One request that the API server answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// `get`, `list`, `watch`, `create`, `update`, `patch` or `delete`.
    pub verb: String,
    /// Resource and, after a slash, subresource.
    pub resource: String,
    /// The namespace.
    pub namespace: String,
    /// The HTTP status.
    pub code: u64,
}

/// The control plane that the tests share.
pub async fn cluster() -> &'static Cluster {
    static SHARED: OnceCell<Cluster> = OnceCell::const_new();
    SHARED
        .get_or_init(async || {
            let cluster = Cluster::start().await;
            cluster.define(flashpoint_operator::api::definitions()).await;
            cluster
        })
        .await
}

impl Cluster {
    /// Starts a control plane without our resources.
    pub async fn start() -> Self {
        let options = Options { audit: true, ..Options::default() };
        Self { plane: ControlPlane::start(options).await.unwrap() }
    }

    /// A client for the administrator.
    pub fn client(&self) -> Client {
        self.plane.client().unwrap()
    }

    /// Applies resource definitions and waits until they are served.
    pub async fn define(&self, definitions: Vec<CustomResourceDefinition>) {
        let api: Api<CustomResourceDefinition> = Api::all(self.client());
        for definition in definitions {
            let name = definition.name_any();
            api.patch(&name, &PatchParams::apply("tests").force(), &Patch::Apply(&definition)).await.unwrap();
            await_condition(api.clone(), &name, is_crd_established()).await.unwrap();
        }
    }

    /// Lets the operator's service account do in a namespace what the chart lets it; returns its kubeconfig.
    pub async fn authorize(&self, namespace: &str) -> PathBuf {
        self.create_account(namespace).await;
        for (suffix, rules) in [("feeds", watch_rules()), ("leader-election", election_rules())] {
            let role = json!({"metadata": {"name": suffix}, "rules": rules});
            let roles: Api<Role> = Api::namespaced(self.client(), namespace);
            roles.create(&PostParams::default(), &from_value(role).unwrap()).await.unwrap();
            let binding = json!({
                "metadata": {"name": suffix},
                "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": suffix},
                "subjects": [{"kind": "ServiceAccount", "name": ACCOUNT, "namespace": namespace}],
            });
            let bindings: Api<RoleBinding> = Api::namespaced(self.client(), namespace);
            bindings.create(&PostParams::default(), &from_value(binding).unwrap()).await.unwrap();
        }
        self.kubeconfig(namespace).await
    }

    /// The same for every namespace of the cluster, as the chart does where none is named.
    pub async fn authorize_everywhere(&self, namespace: &str) -> PathBuf {
        self.create_account(namespace).await;
        let role = json!({"metadata": {"name": ACCOUNT}, "rules": watch_rules()});
        let roles: Api<ClusterRole> = Api::all(self.client());
        roles.create(&PostParams::default(), &from_value(role).unwrap()).await.unwrap();
        let binding = json!({
            "metadata": {"name": ACCOUNT},
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": ACCOUNT},
            "subjects": [{"kind": "ServiceAccount", "name": ACCOUNT, "namespace": namespace}],
        });
        let bindings: Api<ClusterRoleBinding> = Api::all(self.client());
        bindings.create(&PostParams::default(), &from_value(binding).unwrap()).await.unwrap();
        self.kubeconfig(namespace).await
    }

    async fn create_account(&self, namespace: &str) {
        let accounts: Api<ServiceAccount> = Api::namespaced(self.client(), namespace);
        let account = json!({"metadata": {"name": ACCOUNT}});
        accounts.create(&PostParams::default(), &from_value(account).unwrap()).await.unwrap();
    }

    async fn kubeconfig(&self, namespace: &str) -> PathBuf {
        let access = self.plane.kubeconfig_for_service_account(namespace, ACCOUNT).await.unwrap();
        access.kubeconfig().to_owned()
    }

    /// How long the audit log is now: the mark that [`Cluster::calls_since`] takes.
    pub fn mark(&self) -> u64 {
        std::fs::metadata(self.plane.audit_log()).map_or(0, |file| file.len())
    }

    /// What the operator of a namespace asked the API server for since a mark, watches aside.
    pub fn calls_since(&self, mark: u64, namespace: &str) -> Vec<Call> {
        let user = format!("system:serviceaccount:{namespace}:{ACCOUNT}");
        read_from(&self.plane.audit_log(), mark)
            .lines()
            // The last line may be on its way.
            .filter_map(|line| serde_json::from_str::<Value>(line).ok())
            .filter(|event| event["user"]["username"] == user.as_str())
            .filter(|event| event["stage"] == "ResponseComplete" && event["verb"] != "watch")
            .map(|event| call(&event))
            .collect()
    }
}

fn call(event: &Value) -> Call {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let object = &event["objectRef"];
    let mut resource = text(&object["resource"]);
    if let Some(subresource) = object["subresource"].as_str() {
        resource = format!("{resource}/{subresource}");
    }
    Call {
        verb: text(&event["verb"]),
        resource,
        namespace: text(&object["namespace"]),
        code: event["responseStatus"]["code"].as_u64().unwrap_or_default(),
    }
}

fn read_from(file: &Path, from: u64) -> String {
    let mut text = String::new();
    let mut file = File::open(file).unwrap();
    file.seek(SeekFrom::Start(from)).unwrap();
    file.read_to_string(&mut text).unwrap();
    text
}

/// The rules that the chart gives the operator in the namespaces that it watches.
pub fn watch_rules() -> Value {
    rules("ClusterRole", |name| name.ends_with("-flashpoint-operator"))
}

/// Those that it gives for the election, in the operator's own namespace.
pub fn election_rules() -> Value {
    rules("Role", |name| name.ends_with("-leader-election"))
}

fn rules(kind: &str, is: impl Fn(&str) -> bool) -> Value {
    let documents = CHART.split("\n---\n").map(|text| serde_saphyr::from_str::<Value>(text).unwrap());
    let mut roles = documents
        .filter(|document| document["kind"] == kind && document["metadata"]["name"].as_str().is_some_and(&is));
    let role = roles.next().expect("the chart has the role");
    role["rules"].clone()
}
