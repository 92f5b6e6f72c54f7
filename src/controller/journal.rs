//! A feed's ledger in the cluster: one object beside the feed, of its name, owned by it.

use std::collections::BTreeMap;

use futures::future::BoxFuture;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::OwnerReference;
use kube::api::{Api, ObjectMeta};
use kube::{Error, Resource as _};
use tokio::sync::Mutex;

use super::cluster::Cluster;
use super::refusal::{Refusal, code, if_present};
use super::watched::OWN_LABELS;
use super::{NAME, written};
use crate::api::{FlashpointFeed, FlashpointLedger, FlashpointLedgerData, Reason};
use crate::sync::ledger::{EncodeError, Ledger, Owner, Totals, Untrusted};
use crate::sync::ports::{Journal, JournalError};
use crate::sync::report::Digest;

/// How often one write meets others who only label or annotate the object before it gives way.
const LABELLED_MEANWHILE: u32 = 5;

/// What the stored ledger says of the feed that opens it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Provenance {
    /// It is the feed's.
    Own,
    /// It is the feed's, from before its enclave was edited.
    OtherDestination {
        /// What that ledger sums up.
        totals: Totals,
    },
    /// It is that of an earlier feed of the same name.
    OtherFeed,
    /// There is none, or it can't be read.
    Lost,
}

/// Stores the ledger of one feed during one sync.
pub struct ClusterJournal {
    cluster: Cluster,
    namespace: String,
    name: String,
    owner: OwnerReference,
    /// The feed's own `app.kubernetes.io` labels: a ledger belongs to what the feed belongs to.
    labels: BTreeMap<String, String>,
    /// What the next write replaces.
    stored: Mutex<Stored>,
    /// Whether there was no object when it was opened, or the feed's status says that the last one was not stored.
    is_unproven: bool,
}

/// The object as it was last read or written.
#[derive(Clone, Default)]
struct Stored {
    /// None where there is no object yet.
    metadata: Option<ObjectMeta>,
    /// Of the data.
    digest: Option<Digest>,
}

impl From<FlashpointLedger> for Stored {
    fn from(object: FlashpointLedger) -> Self {
        Self {
            digest: Some(Digest::of(object.spec.data.as_bytes())),
            metadata: Some(object.metadata),
        }
    }
}

impl ClusterJournal {
    /// Opens the ledger of a feed, and reads what `owner` may trust of it.
    ///
    /// # Errors
    /// When it can't be read, or ledgers are no kind that the API server knows.
    pub async fn open(
        cluster: &Cluster,
        feed: &FlashpointFeed,
        owner: Owner,
    ) -> Result<(Self, Ledger, Provenance), Refusal> {
        let namespace = feed.metadata.namespace.clone().unwrap_or_default();
        let name = feed.metadata.name.clone().unwrap_or_default();
        let read = cluster.call(|client| async {
            let api: Api<FlashpointLedger> = Api::namespaced(client, &namespace);
            if_present(api.get(&name).await)
        });
        let stored = read.await?;
        let text = stored.as_ref().map(|stored| stored.spec.data.as_str());
        let trusted = text.map(|text| Ledger::decode_trusted(text, &owner));
        let (ledger, provenance) = match trusted {
            Some(Ok(ledger)) => (ledger, Provenance::Own),
            Some(Err(Untrusted::OtherDestination { totals })) => {
                (Ledger::new(owner), Provenance::OtherDestination { totals })
            }
            Some(Err(Untrusted::OtherFeed)) => (Ledger::new(owner), Provenance::OtherFeed),
            Some(Err(Untrusted::Unreadable)) | None => (Ledger::new(owner), Provenance::Lost),
        };
        let owner = OwnerReference {
            api_version: FlashpointFeed::api_version(&()).into_owned(),
            kind: FlashpointFeed::kind(&()).into_owned(),
            name: name.clone(),
            uid: feed.metadata.uid.clone().unwrap_or_default(),
            controller: Some(true),
            // Deleting a feed never waits for its ledger.
            block_owner_deletion: None,
        };
        Ok((
            Self {
                cluster: cluster.clone(),
                namespace,
                name,
                owner,
                labels: own_labels(feed),
                is_unproven: stored.is_none() || was_not_stored(feed),
                stored: Mutex::new(stored.map(Stored::from).unwrap_or_default()),
            },
            ledger,
            provenance,
        ))
    }

    async fn write(&self, data: String) -> Result<(), Refusal> {
        let mut stored = self.stored.lock().await;
        let mut tries = 0;
        loop {
            let object = FlashpointLedger {
                metadata: self.metadata(stored.metadata.as_ref()),
                spec: FlashpointLedgerData { data: data.clone() },
            };
            let written = self
                .cluster
                .call(|client| {
                    let api = Api::namespaced(client, &self.namespace);
                    store(api, &self.name, object.clone())
                })
                .await;
            match written {
                Ok(object) => {
                    *stored = object.into();
                    return Ok(());
                }
                Err(refusal) if refusal.code() == Some(409) && tries < LABELLED_MEANWHILE => {
                    tries += 1;
                    match self.relabelled(&stored).await? {
                        Some(newer) => *stored = newer,
                        None => return Err(refusal),
                    }
                }
                Err(refusal) => return Err(refusal),
            }
        }
    }

    /// The object as it is now, if only labels, annotations or the like changed since it was last seen.
    async fn relabelled(&self, seen: &Stored) -> Result<Option<Stored>, Refusal> {
        let read = self.cluster.call(|client| async {
            let api: Api<FlashpointLedger> = Api::namespaced(client, &self.namespace);
            if_present(api.get(&self.name).await)
        });
        let now = read.await?.map(Stored::from);
        Ok(now.filter(|now| {
            let uid = |stored: &Stored| {
                stored
                    .metadata
                    .as_ref()
                    .map(|metadata| metadata.uid.clone())
            };
            now.digest == seen.digest && uid(now) == uid(seen)
        }))
    }

    /// The metadata of the next version: what others set stays.
    fn metadata(&self, stored: Option<&ObjectMeta>) -> ObjectMeta {
        let mut metadata = stored.cloned().unwrap_or_default();
        metadata.managed_fields = None;
        metadata.name = Some(self.name.clone());
        let labels = metadata.labels.get_or_insert_default();
        labels.extend(self.labels.clone());
        let owners = metadata.owner_references.get_or_insert_default();
        // A feed that was created again owns what its predecessor left; that one is gone.
        owners.retain(|owner| owner.kind != self.owner.kind || owner.name != self.owner.name);
        owners.push(self.owner.clone());
        metadata
    }
}

/// Whether the feed's last sync could not store its ledger.
fn was_not_stored(feed: &FlashpointFeed) -> bool {
    let status = feed.status.as_ref();
    status.and_then(|status| Reason::of(&status.conditions)) == Some(Reason::LedgerUnavailable)
}

/// The labels of a feed that say what it belongs to.
fn own_labels(feed: &FlashpointFeed) -> BTreeMap<String, String> {
    let labels = feed.metadata.labels.iter().flatten();
    let own = labels.filter(|(key, _)| key.starts_with(OWN_LABELS));
    let mut own: BTreeMap<_, _> = own
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect();
    // Whatever manages the feed, nobody else writes this one.
    own.insert("app.kubernetes.io/managed-by".to_owned(), NAME.to_owned());
    own
}

/// Replaces the object of the version that `object` names, or creates it.
async fn store(
    api: Api<FlashpointLedger>,
    name: &str,
    mut object: FlashpointLedger,
) -> Result<FlashpointLedger, Error> {
    let params = written();
    if object.metadata.resource_version.is_some() {
        let replaced = api.replace(name, &params, &object).await;
        // Deleting a ledger is safe at any time.
        if !replaced
            .as_ref()
            .is_err_and(|error| code(error) == Some(404))
        {
            return replaced;
        }
        object.metadata.resource_version = None;
        object.metadata.uid = None;
    }
    api.create(&params, &object).await
}

impl Journal for ClusterJournal {
    fn is_unproven(&self) -> bool {
        self.is_unproven
    }

    fn save<'a>(&'a self, ledger: &'a Ledger) -> BoxFuture<'a, Result<(), JournalError>> {
        Box::pin(self.store(ledger))
    }
}

impl ClusterJournal {
    async fn store(&self, ledger: &Ledger) -> Result<(), JournalError> {
        let data = ledger.encode().map_err(|error| match error {
            EncodeError::Full(_) => JournalError::full(error),
            EncodeError::Serialise(_) => JournalError::unavailable(error),
        })?;
        self.write(data)
            .await
            .map_err(|refusal| match refusal.code() {
                Some(409) => JournalError::Conflict,
                _ => JournalError::unavailable(refusal),
            })
    }
}
