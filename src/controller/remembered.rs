//! A feed's ledger as the cluster holds it, for a person who asks.

use kube::api::Api;

use super::cluster::{Cluster, ConnectError};
use super::refusal::{Refusal, if_present};
use crate::api::FlashpointLedger;
use crate::sync::ledger::Ledger;

/// What the operator remembers of a feed's reports.
pub struct Remembered {
    pub namespace: String,
    pub ledger: Ledger,
}

/// Why a ledger can't be shown.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    #[error("failed to find a cluster: {0}; set KUBECONFIG to a file that leads there")]
    Cluster(#[from] ConnectError),
    /// The API server did not give it.
    #[error("failed to read the ledger: {0}")]
    Refused(#[source] Refusal),
    /// The caller may not.
    #[error(
        "failed to read the ledger: {refusal}; have somebody give you the right to get \
         flashpointledgers.flashpoint-operator.dev in namespace {namespace}"
    )]
    Forbidden {
        #[source]
        refusal: Refusal,
        namespace: String,
    },
    #[error(
        "there is no ledger {namespace}/{name}: kubectl -n {namespace} get flashpointfeeds shows the feeds there; a feed \
         has a ledger once a sync of it has handled a report"
    )]
    Absent { namespace: String, name: String },
    #[error(
        "the ledger {namespace}/{name} can't be read: it is damaged, or of a newer operator; deleting it is safe, and \
         has each report sent once more"
    )]
    Unreadable { namespace: String, name: String },
}

/// Reads the ledger of the feed of this name; without a namespace, in that of the kubeconfig or the Pod.
///
/// # Errors
/// When there is none, or it can't be had.
pub async fn ledger(namespace: Option<String>, name: String) -> Result<Remembered, LedgerError> {
    let cluster = Cluster::connect().await?;
    let namespace = namespace.unwrap_or_else(|| cluster.default_namespace().to_owned());
    let read = cluster.call(|client| async {
        let api: Api<FlashpointLedger> = Api::namespaced(client, &namespace);
        if_present(api.get(&name).await)
    });
    let stored = match read.await {
        Ok(Some(stored)) => stored,
        Ok(None) => return Err(LedgerError::Absent { namespace, name }),
        Err(refusal) if refusal.code() == Some(403) => {
            return Err(LedgerError::Forbidden { refusal, namespace });
        }
        Err(refusal) => return Err(LedgerError::Refused(refusal)),
    };
    match Ledger::decode_unowned(&stored.spec.data) {
        Some(ledger) => Ok(Remembered { namespace, ledger }),
        None => Err(LedgerError::Unreadable { namespace, name }),
    }
}
