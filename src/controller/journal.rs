//! A feed's ledger in the cluster: one object beside the feed, of its name, owned by it.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::OwnerReference;
use kube::api::{Api, ObjectMeta};
use kube::{Client, Error, Resource as _};
use tokio::sync::Mutex;

use super::refusal::Refusal;
use super::written;
use crate::api::{FlashpointFeed, FlashpointLedger, FlashpointLedgerData};
use crate::ledger::{EncodeError, Ledger, Owner};
use crate::sync::ports::{Journal, JournalError};

/// Stores the ledger of one feed during one sync.
pub struct ClusterJournal {
    api: Api<FlashpointLedger>,
    name: String,
    owner: OwnerReference,
    /// The version that the next write replaces; none where there is no object yet.
    version: Mutex<Option<String>>,
}

impl ClusterJournal {
    /// Opens the ledger of a feed, and reads what `owner` may trust of it.
    pub async fn open(
        client: &Client,
        feed: &FlashpointFeed,
        owner: Owner,
    ) -> Result<(Self, Ledger), Refusal> {
        let namespace = feed.metadata.namespace.clone().unwrap_or_default();
        let name = feed.metadata.name.clone().unwrap_or_default();
        let api: Api<FlashpointLedger> = Api::namespaced(client.clone(), &namespace);
        let stored = api.get_opt(&name).await?;
        let (version, ledger) = match stored {
            Some(stored) => (
                stored.metadata.resource_version,
                Ledger::decode(&stored.spec.data, owner),
            ),
            None => (None, Ledger::new(owner)),
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
                api,
                name,
                owner,
                version: Mutex::new(version),
            },
            ledger,
        ))
    }

    async fn write(&self, data: String) -> Result<(), Error> {
        let mut version = self.version.lock().await;
        let mut object = FlashpointLedger {
            metadata: ObjectMeta {
                name: Some(self.name.clone()),
                owner_references: Some(vec![self.owner.clone()]),
                resource_version: version.clone(),
                ..ObjectMeta::default()
            },
            spec: FlashpointLedgerData { data },
        };
        let params = written();
        let written = match version.as_ref() {
            None => self.api.create(&params, &object).await?,
            Some(_) => match self.api.replace(&self.name, &params, &object).await {
                // Deleting a ledger is safe at any time.
                Err(Error::Api(status)) if status.code == 404 => {
                    object.metadata.resource_version = None;
                    self.api.create(&params, &object).await?
                }
                written => written?,
            },
        };
        *version = written.metadata.resource_version;
        Ok(())
    }
}

impl Journal for ClusterJournal {
    async fn save(&self, ledger: &Ledger) -> Result<(), JournalError> {
        let data = ledger.encode().map_err(|error| match error {
            EncodeError::Full(_) => JournalError::Full(error.to_string()),
            EncodeError::Serialise(_) => JournalError::Unavailable(error.to_string()),
        })?;
        self.write(data).await.map_err(|error| match error {
            Error::Api(status) if status.code == 409 => JournalError::Conflict,
            error => JournalError::Unavailable(Refusal::from(error).to_string()),
        })
    }
}
