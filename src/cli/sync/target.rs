//! The enclave as the command line writes to it; in a dry run, as it does not.

use crate::mapping::Submission;
use crate::sync::sink::{Guid, Sink, TagChange, WriteError};
use crate::trustar::TrustarSink;

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

    async fn write(&self, submission: &Submission) -> Result<Guid, WriteError> {
        if self.dry_run {
            return Ok(Guid(String::new()));
        }
        self.enclave.write(submission).await
    }

    async fn alter_tags(&self, guid: &Guid, change: &TagChange) -> Result<(), WriteError> {
        if self.dry_run {
            return Ok(());
        }
        self.enclave.alter_tags(guid, change).await
    }
}
