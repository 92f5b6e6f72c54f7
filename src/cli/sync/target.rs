//! The enclave as the command line writes to it; in a dry run, as it does not.

use crate::destinations::trustar::TrustarSink;
use crate::sync::sink::{Guid, Sink, TagChange, Write, WriteError, Written};

/// Where reports go.
pub struct Target {
    /// The enclave.
    pub enclave: TrustarSink,
    /// Whether credential and enclave are checked, and nothing is written.
    pub dry_run: bool,
}

impl Sink for Target {
    async fn verify(&self) -> Result<(), WriteError> {
        self.enclave.verify().await
    }

    async fn prove(&self) -> Result<(), WriteError> {
        self.enclave.prove().await
    }

    async fn write(&self, write: Write<'_>) -> Result<Written, WriteError> {
        if self.dry_run {
            return Ok(Written {
                guid: Guid(String::new()),
                keep_guid: false,
            });
        }
        self.enclave.write(write).await
    }

    async fn alter_tags(&self, guid: &Guid, change: &TagChange) -> Result<(), WriteError> {
        if self.dry_run {
            return Ok(());
        }
        self.enclave.alter_tags(guid, change).await
    }
}
