//! Whether reports go to the enclave that is meant: an external id names none, so that a write may
//! change a report of another.

use reqwest::Method;

use super::lookup::Found;
use super::{TrustarSink, fault};
use crate::fault::{Fault, FaultKind};
use crate::http::{locked, shown};
use crate::sync::sink::{Guid, Write, WriteError, Written};

/// What one sync knows of where the reports go that it creates.
#[derive(Default)]
pub(super) enum Arrival {
    /// None was seen yet.
    #[default]
    Unknown,
    /// One was read back from where it was to go.
    Seen,
    /// One went elsewhere.
    Strayed(Fault),
}

impl TrustarSink {
    /// Writes a report, and makes sure where it went.
    pub(super) async fn write_and_follow(&self, write: Write<'_>) -> Result<Written, WriteError> {
        let asks = write.is_new && (self.ledger_is_new || self.account.has_several_enclaves());
        // While another report is being read back this one need not wait to be written.
        if asks
            && let Ok(arrival) = self.arrival.try_lock()
            && let Arrival::Strayed(fault) = &*arrival
        {
            return Err(fault.clone().into());
        }
        let written = self.deliver(write).await?;
        let id = &write.submission.external_id;
        let meant_for = locked(&self.account.whereabouts).wrote(&written.guid, &self.enclave);
        meant_for.map_err(|other| self.shared_with(id, &other))?;
        if asks {
            self.see_arrived(&written.guid, id).await?;
        }
        Ok(written)
    }

    /// Reads a created report back by its GUID, unless one of this sync was seen to arrive.
    async fn see_arrived(&self, guid: &Guid, id: &str) -> Result<(), WriteError> {
        let mut arrival = self.arrival.lock().await;
        match &*arrival {
            Arrival::Seen => return Ok(()),
            Arrival::Strayed(fault) => return Err(fault.clone().into()),
            Arrival::Unknown => {}
        }
        let answer = self
            .api(
                "get_report",
                Method::GET,
                &["reports", &guid.0],
                "idType=internal",
                None::<&()>,
            )
            .await?;
        // Not shown yet, or not to be read by this credential, which leaves the question open: the
        // report is written all the same.
        if !answer.succeeded() {
            return Ok(());
        }
        match self.located(&answer)? {
            Found::Elsewhere { enclave, .. } => {
                let fault = self.strayed(id, &enclave);
                *arrival = Arrival::Strayed(fault.clone());
                Err(fault.into())
            }
            Found::Here(_) | Found::Nowhere => {
                *arrival = Arrival::Seen;
                Ok(())
            }
        }
    }

    /// The fault that a report went to another enclave.
    pub(super) fn strayed(&self, external_id: &str, enclave: &str) -> Fault {
        conflict(&format!(
            "the report {} went to the TruSTAR enclave {enclave}, not to {}",
            shown(external_id, &[]),
            self.enclave
        ))
    }

    /// The fault that another enclave's feed writes the very same report.
    fn shared_with(&self, external_id: &str, enclave: &str) -> Fault {
        conflict(&format!(
            "the report {} is one and the same in TruSTAR for the enclaves {enclave} and {}, and is in one of them only",
            shown(external_id, &[]),
            self.enclave
        ))
    }
}

fn conflict(happened: &str) -> Fault {
    let message = format!(
        "{happened}: TruSTAR keeps one report for an external id; send to one enclave only, or \
         use another company's credential"
    );
    fault(FaultKind::ExternalIdConflict, message)
}
