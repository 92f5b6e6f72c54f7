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
            cluster
                .define(flashpoint_operator::api::definitions())
                .await;
            cluster
        })
        .await
}

impl Cluster {
    /// Starts a control plane without our resources.
    pub async fn start() -> Self {
        Self::start_with(&[]).await
    }

    /// The same, with these arguments for the API server.
    pub async fn start_with(arguments: &[&str]) -> Self {
        let apiserver_arguments = arguments
            .iter()
            .map(|&argument| argument.to_owned())
            .collect();
        let options = Options {
            audit: true,
            apiserver_arguments,
            ..Options::default()
        };
        Self {
            plane: ControlPlane::start(options).await.unwrap(),
        }
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
            api.patch(
                &name,
                &PatchParams::apply("tests").force(),
                &Patch::Apply(&definition),
            )
            .await
            .unwrap();
            await_condition(api.clone(), &name, is_crd_established())
                .await
                .unwrap();
        }
    }

    /// Creates the operator's service account.
    pub async fn create_account(&self, namespace: &str) {
        let account = json!({"metadata": {"name": ACCOUNT}});
        create::<ServiceAccount>(Api::namespaced(self.client(), namespace), account).await;
    }

    /// Lets an operator's service account do in a namespace what the chart lets it where namespaces are named.
    pub async fn authorize(&self, operators: &str, namespace: &str) {
        for (suffix, rules) in [
            ("feeds", watch_rules()),
            ("leader-election", election_rules()),
        ] {
            let name = format!("{operators}-{suffix}");
            let role = json!({"metadata": {"name": name}, "rules": rules});
            create::<Role>(Api::namespaced(self.client(), namespace), role).await;
            let binding = binding("Role", &name, operators);
            create::<RoleBinding>(Api::namespaced(self.client(), namespace), binding).await;
        }
    }

    /// The same for every namespace, as the chart does where none is named.
    pub async fn authorize_everywhere(&self, operators: &str) {
        let role = json!({"metadata": {"name": operators}, "rules": watch_rules()});
        create::<ClusterRole>(Api::all(self.client()), role).await;
        let binding = binding("ClusterRole", operators, operators);
        create::<ClusterRoleBinding>(Api::all(self.client()), binding).await;
    }

    /// The kubeconfig of an operator's service account.
    pub async fn kubeconfig(&self, operators: &str) -> PathBuf {
        let access = self
            .plane
            .kubeconfig_for_service_account(operators, ACCOUNT)
            .await
            .unwrap();
        access.kubeconfig().to_owned()
    }

    /// What the operator of a namespace asks for.
    pub fn audit(&self, namespace: &str) -> Audit {
        Audit {
            log: self.plane.audit_log(),
            user: user(namespace),
        }
    }
}

async fn create<K>(api: Api<K>, object: Value)
where
    K: Clone + std::fmt::Debug + serde::Serialize + serde::de::DeserializeOwned,
{
    api.create(&PostParams::default(), &from_value(object).unwrap())
        .await
        .unwrap();
}

/// Binds a role of this kind and name to an operator's service account.
fn binding(kind: &str, name: &str, operators: &str) -> Value {
    json!({
        "metadata": {"name": name},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": kind, "name": name},
        "subjects": [{"kind": "ServiceAccount", "name": ACCOUNT, "namespace": operators}],
    })
}

/// The user that an operator's service account is to the API server.
pub fn user(namespace: &str) -> String {
    format!("system:serviceaccount:{namespace}:{ACCOUNT}")
}

/// What one operator asked the API server for, by the audit log.
pub struct Audit {
    log: PathBuf,
    user: String,
}

impl Audit {
    /// How long the log is now: the mark that [`Audit::calls_since`] takes.
    pub fn mark(&self) -> u64 {
        std::fs::metadata(&self.log).map_or(0, |file| file.len())
    }

    /// What was asked for since a mark, watches aside.
    pub fn calls_since(&self, mark: u64) -> Vec<Call> {
        read_from(&self.log, mark)
            .lines()
            // The last line may be on its way.
            .filter_map(|line| serde_json::from_str::<Value>(line).ok())
            .filter(|event| event["user"]["username"] == self.user.as_str())
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
    let documents = CHART
        .split("\n---\n")
        .map(|text| serde_saphyr::from_str::<Value>(text).unwrap());
    let mut roles = documents.filter(|document| {
        document["kind"] == kind && document["metadata"]["name"].as_str().is_some_and(&is)
    });
    let role = roles.next().expect("the chart has the role");
    role["rules"].clone()
}
