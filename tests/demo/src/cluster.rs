//! The control plane of the demo, with the operator and a feed on it.

use std::path::Path;
use std::time::{Duration, Instant};

use control_plane::{ControlPlane, Error as ControlPlaneError, Options};
use flashpoint_operator::api::{FlashpointFeed, definitions};
use k8s_openapi::api::core::v1::{Namespace, Secret};
use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::api::{Api, Patch, PatchParams, PostParams};
use kube::runtime::wait::{await_condition, conditions};
use kube::{Client, ResourceExt as _};
use serde_json::Value;
use tokio::process::Child;

use super::show::note;
use super::vendors::Vendors;
use super::{FEED, Outcome};

/// The feed's name.
const NAME: &str = "cybercrime";

/// A cluster to run the operator on.
pub enum Cluster {
    /// The current kube context's.
    Current,
    /// One of our own.
    Own(Box<ControlPlane>),
}

/// A cluster with the operator and a feed on it.
pub struct Standing {
    cluster: Cluster,
    client: Client,
    operator: Child,
    /// Where the feed is.
    pub namespace: String,
}

impl Cluster {
    /// The current context's with `CLUSTER=current`, else one that is started; or what that needs.
    pub async fn find() -> Outcome<Result<Self, String>> {
        if std::env::var("CLUSTER").is_ok_and(|cluster| cluster == "current") {
            return Ok(Ok(Self::Current));
        }
        match ControlPlane::start(Options::default()).await {
            Ok(control_plane) => Ok(Ok(Self::Own(Box::new(control_plane)))),
            Err(error @ ControlPlaneError::GoNeeded { .. }) => Ok(Err(format!(
                "\nThe second stage needs a control plane, and it can't be built here: {error}"
            ))),
            Err(error) => Err(error.into()),
        }
    }

    /// Applies CRDs, secret and feed, and starts the operator.
    pub async fn install(self, vendors: &Vendors) -> Outcome<Standing> {
        let client = match &self {
            Self::Current => Client::try_default().await?,
            Self::Own(control_plane) => control_plane.client()?,
        };
        let namespace = "flashpoint-demo".to_owned();
        apply_definitions(&client).await?;
        let metadata = serde_json::json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}});
        apply(
            &Api::<Namespace>::all(client.clone()),
            &namespace,
            &metadata,
        )
        .await?;
        let secrets: Api<Secret> = Api::namespaced(client.clone(), &namespace);
        apply(&secrets, "flashpoint-credentials", &vendors.secret).await?;
        let mut operator = vendors.operator();
        operator.args([
            "run",
            "--http-addr",
            "127.0.0.1:0",
            "--log-format",
            "text",
            "--log-filter",
            "warn",
        ]);
        operator.args(["--watch-namespace", &namespace]);
        if let Self::Own(control_plane) = &self {
            operator.env("KUBECONFIG", control_plane.kubeconfig());
        }
        let operator = operator.spawn()?;
        let feeds: Api<FlashpointFeed> = Api::namespaced(client.clone(), &namespace);
        let mut feed: FlashpointFeed = serde_saphyr::from_str(FEED)?;
        feed.metadata.namespace = None;
        feeds.create(&PostParams::default(), &feed).await?;
        note("CRDs, secret and feed are applied; the operator runs.");
        Ok(Standing {
            cluster: self,
            client,
            operator,
            namespace,
        })
    }
}

impl Standing {
    /// The kubeconfig of a cluster of our own.
    pub fn kubeconfig(&self) -> Option<&Path> {
        match &self.cluster {
            Cluster::Current => None,
            Cluster::Own(control_plane) => Some(control_plane.kubeconfig()),
        }
    }

    /// Prints the feed's row whenever it changes, until it is Ready.
    pub async fn wait_until_ready(&self, within: Duration) -> Outcome<()> {
        let feeds: Api<FlashpointFeed> = Api::namespaced(self.client.clone(), &self.namespace);
        let begun = Instant::now();
        let mut shown = String::new();
        loop {
            let table = self.table().await?;
            if table != shown {
                print!("{table}");
                shown = table;
            }
            let status = feeds.get(NAME).await?.status.unwrap_or_default();
            let ready = status
                .conditions
                .iter()
                .find(|condition| condition.type_ == "Ready");
            if ready.is_some_and(|condition| condition.status == "True") {
                return Ok(());
            }
            if begun.elapsed() > within {
                let message = ready.map_or("no controller has seen it", |condition| {
                    condition.message.as_str()
                });
                return Err(format!(
                    "the feed is not Ready after {} s: {message}",
                    within.as_secs()
                )
                .into());
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    /// The feed as the API server's own table shows it, which is what `kubectl get` prints.
    async fn table(&self) -> Outcome<String> {
        let path = format!(
            "/apis/flashpoint-operator.dev/v1alpha1/namespaces/{}/flashpointfeeds/{NAME}",
            self.namespace
        );
        let request = http::Request::get(path)
            .header("accept", "application/json;as=Table;v=v1;g=meta.k8s.io")
            .body(Vec::new())?;
        let table: Value = self.client.request(request).await?;
        Ok(rows(&table))
    }

    /// Stops the operator, and what else was started.
    pub async fn stop(&mut self) -> Outcome<()> {
        self.operator.kill().await?;
        let own = std::mem::replace(&mut self.cluster, Cluster::Current);
        if let Cluster::Own(control_plane) = own {
            control_plane.stop().await?;
        }
        Ok(())
    }
}

async fn apply_definitions(client: &Client) -> Outcome<()> {
    let api: Api<CustomResourceDefinition> = Api::all(client.clone());
    for definition in definitions() {
        let name = definition.name_any();
        apply(&api, &name, &definition).await?;
        let established = await_condition(api.clone(), &name, conditions::is_crd_established());
        tokio::time::timeout(Duration::from_secs(20), established).await??;
    }
    Ok(())
}

async fn apply<K>(api: &Api<K>, name: &str, object: &impl serde::Serialize) -> Outcome<()>
where
    K: Clone + serde::de::DeserializeOwned + std::fmt::Debug,
{
    let object = serde_json::to_value(object)?;
    api.patch(
        name,
        &PatchParams::apply("demo").force(),
        &Patch::Apply(object),
    )
    .await?;
    Ok(())
}

/// A table's columns of priority 0, aligned.
fn rows(table: &Value) -> String {
    let empty = Vec::new();
    let columns = table["columnDefinitions"].as_array().unwrap_or(&empty);
    let shown: Vec<usize> = (0..columns.len())
        .filter(|index| columns[*index]["priority"] == 0)
        .collect();
    let heading: Vec<String> = shown
        .iter()
        .map(|index| {
            columns[*index]["name"]
                .as_str()
                .unwrap_or_default()
                .to_uppercase()
        })
        .collect();
    let mut lines = vec![heading];
    for row in table["rows"].as_array().unwrap_or(&empty) {
        let cell = |index: &usize| match &row["cells"][*index] {
            Value::String(text) => text.clone(),
            Value::Null => String::new(),
            other => other.to_string(),
        };
        lines.push(shown.iter().map(cell).collect());
    }
    let width = |column: usize| {
        lines
            .iter()
            .map(|line| line[column].chars().count())
            .max()
            .unwrap_or(0)
    };
    let widths: Vec<usize> = (0..shown.len()).map(width).collect();
    lines.iter().fold(String::new(), |text, line| {
        let cells: Vec<String> = line
            .iter()
            .zip(&widths)
            .map(|(cell, width)| format!("{cell:width$}"))
            .collect();
        text + cells.join("   ").trim_end() + "\n"
    })
}
