//! The feeds of one row, in a namespace of their own.

use std::time::Duration;

use control_plane::ControlPlane;
use flashpoint_operator::api::{FlashpointFeed, FlashpointLedger};
use futures::{StreamExt as _, TryStreamExt as _, stream};
use kube::api::{Api, DeleteParams, Patch, PatchParams, PostParams};
use kube::{Client, Resource};
use serde::de::DeserializeOwned;
use serde_json::json;
use simulators::trustar::ENCLAVE;

use super::vendors::Vendors;
use crate::{Outcome, credentials};

/// How many requests to the API server are under way at once when all feeds are created, edited or deleted: etcd makes one
/// write to the disk of many.
const AT_ONCE: usize = 64;

/// Feeds that are alike.
pub struct Fleet {
    pub client: Client,
    pub namespace: String,
    pub count: usize,
    /// Their `spec.interval`.
    pub interval: Duration,
    feeds: Api<FlashpointFeed>,
}

impl Fleet {
    /// Makes the namespace and the Secret; [`Fleet::create`] makes the feeds.
    pub async fn new(
        control_plane: &ControlPlane,
        vendors: &Vendors,
        count: usize,
        interval: Duration,
    ) -> Outcome<Self> {
        let namespace = control_plane.namespace("scale").await?;
        let client = control_plane.client()?;
        credentials::create(&client, &namespace, &vendors.flashpoint, &vendors.trustar).await?;
        Ok(Self {
            feeds: Api::namespaced(client.clone(), &namespace),
            client,
            namespace,
            count,
            interval,
        })
    }

    /// The names of the feeds.
    pub fn names(&self) -> impl Iterator<Item = String> + use<> {
        (0..self.count).map(|index| format!("feed-{index}"))
    }

    /// Creates the feeds, for one enclave.
    pub async fn create(&self) -> Outcome<()> {
        let creating = self.names().map(|name| self.apply(name, ENCLAVE));
        at_once(creating).await
    }

    pub async fn apply(&self, name: String, enclave: &str) -> Outcome<()> {
        let feed: FlashpointFeed = serde_json::from_value(json!({
            "apiVersion": "flashpoint-operator.dev/v1alpha1",
            "kind": "FlashpointFeed",
            "metadata": {"name": name},
            "spec": {
                "secretRef": {"name": "credentials"},
                "enclaveId": enclave,
                "interval": format!("{}s", self.interval.as_secs()),
                "timeout": "30s",
            },
        }))?;
        self.feeds.create(&PostParams::default(), &feed).await?;
        Ok(())
    }

    /// Edits each feed in a way that changes nothing, so that it is due.
    pub async fn edit(&self) -> Outcome<()> {
        let patch = Patch::Merge(json!({"spec": {"timeout": "31s"}}));
        let params = PatchParams::default();
        let edit = async |name: String| -> Outcome<()> {
            self.feeds.patch_metadata(&name, &params, &patch).await?;
            Ok(())
        };
        at_once(self.names().map(edit)).await
    }

    /// Deletes the feeds, these further ones, and the ledgers of all, which nobody else does: no garbage collector runs.
    pub async fn delete(&self, further: &[String]) -> Outcome<()> {
        let ledgers: Api<FlashpointLedger> = Api::namespaced(self.client.clone(), &self.namespace);
        let names = || self.names().chain(further.iter().cloned());
        at_once(names().map(|name| delete(&self.feeds, name))).await?;
        at_once(names().map(|name| delete(&ledgers, name))).await
    }
}

async fn at_once(requests: impl Iterator<Item = impl Future<Output = Outcome<()>>>) -> Outcome<()> {
    stream::iter(requests)
        .buffer_unordered(AT_ONCE)
        .try_for_each(async |()| Ok(()))
        .await
}

/// Deletes an object, whose finalizers go too: kopf leaves its own on feeds when it ends.
async fn delete<K>(api: &Api<K>, name: String) -> Outcome<()>
where
    K: Resource + Clone + DeserializeOwned + std::fmt::Debug,
{
    let left = match api.delete(&name, &DeleteParams::default()).await {
        Err(kube::Error::Api(status)) if status.is_not_found() => return Ok(()),
        done => done?.left(),
    };
    if left.is_none_or(|object| object.meta().finalizers.is_none()) {
        return Ok(());
    }
    let released = Patch::Merge(json!({"metadata": {"finalizers": null}}));
    let done = api.patch(&name, &PatchParams::default(), &released).await;
    done.map(|_| ()).map_err(Into::into)
}
