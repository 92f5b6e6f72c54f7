//! A feed's ledger in the cluster: one object beside the feed, of its name, owned by it.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::OwnerReference;
use kube::api::{Api, ObjectMeta};
use kube::{Error, Resource as _};
use tokio::sync::Mutex;

use super::cluster::Cluster;
use super::refusal::{Refusal, code, if_present};
use super::written;
use crate::api::{FlashpointFeed, FlashpointLedger, FlashpointLedgerData};
use crate::ledger::{EncodeError, Ledger, Owner, Untrusted};
use crate::sync::ports::{Journal, JournalError};

/// What the stored ledger says of the feed that opens it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Provenance {
    /// It is the feed's.
    Own,
    /// It is the feed's, from before its enclave was edited.
    OtherEnclave,
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
    /// The version that the next write replaces; none where there is no object yet.
    version: Mutex<Option<String>>,
    /// Whether there was no object when it was opened.
    is_new: bool,
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
        let (version, text) = match read.await? {
            Some(stored) => (stored.metadata.resource_version, Some(stored.spec.data)),
            None => (None, None),
        };
        let trusted = text.map(|text| Ledger::decode_trusted(&text, &owner));
        let (ledger, provenance) = match trusted {
            Some(Ok(ledger)) => (ledger, Provenance::Own),
            Some(Err(Untrusted::OtherEnclave)) => (Ledger::new(owner), Provenance::OtherEnclave),
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
                is_new: version.is_none(),
                version: Mutex::new(version),
            },
            ledger,
            provenance,
        ))
    }

    async fn write(&self, data: String) -> Result<(), Refusal> {
        let mut version = self.version.lock().await;
        let object = FlashpointLedger {
            metadata: ObjectMeta {
                name: Some(self.name.clone()),
                owner_references: Some(vec![self.owner.clone()]),
                resource_version: version.clone(),
                ..ObjectMeta::default()
            },
            spec: FlashpointLedgerData { data },
        };
        let stored = self
            .cluster
            .call(|client| {
                let api = Api::namespaced(client, &self.namespace);
                store(api, &self.name, object.clone())
            })
            .await?;
        *version = stored.metadata.resource_version;
        Ok(())
    }
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
    }
    api.create(&params, &object).await
}

impl Journal for ClusterJournal {
    fn is_new(&self) -> bool {
        self.is_new
    }

    async fn save(&self, ledger: &Ledger) -> Result<(), JournalError> {
        let data = ledger.encode().map_err(|error| match error {
            EncodeError::Full(_) => JournalError::Full(error.to_string()),
            EncodeError::Serialise(_) => JournalError::Unavailable(error.to_string()),
        })?;
        self.write(data)
            .await
            .map_err(|refusal| match refusal.code() {
                Some(409) => JournalError::Conflict,
                _ => JournalError::Unavailable(refusal.to_string()),
            })
    }
}
