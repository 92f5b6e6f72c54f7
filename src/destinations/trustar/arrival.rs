//! Whether reports go to the enclave that is meant: an external id names none, so that a write may
//! change a report of another.

use super::lookup::Found;
use super::write::{Guid, Write, WriteError, Written};
use super::{TrustarEnclave, fault};
use crate::http::fault::{Fault, FaultKind};
use crate::http::shown;
use crate::sync::destination::DeliveryError;

/// So many looks without an answer are the last of a sync: they must not hold up what they watch over.
const UNANSWERED: u32 = 2;

/// What one sync knows of where the reports go that it creates.
pub(super) struct Arrival {
    /// How many it created.
    created: u32,
    /// The one of them that is read back next.
    next: u32,
    /// How many looks the service failed to answer.
    unanswered: u32,
    /// Set once one went elsewhere.
    strayed: Option<Fault>,
}

impl Default for Arrival {
    fn default() -> Self {
        Self {
            created: 0,
            next: 1,
            unanswered: 0,
            strayed: None,
        }
    }
}

impl TrustarEnclave {
    /// Creates the report, or replaces the one with the same external id, and makes sure where it went. Safe to repeat.
    ///
    /// # Errors
    /// When it is not known to be in the enclave, or known to be elsewhere.
    pub async fn write_report(&self, write: Write<'_>) -> Result<Written, WriteError> {
        let asks = write.is_new && (self.ledger_is_new || self.account.has_several_enclaves());
        // While another report is being read back this one need not wait to be written.
        if asks
            && let Ok(arrival) = self.arrival.try_lock()
            && let Some(fault) = &arrival.strayed
        {
            return Err(fault.clone().into());
        }
        let written = self.upsert(write).await?;
        let id = &write.submission.external_id;
        if asks {
            self.see_arrived(&written.guid, id).await?;
        }
        let meant_for = self
            .account
            .whereabouts
            .lock()
            .wrote(&written.guid, &self.enclave);
        if let Err(other) = meant_for {
            self.settle(&written.guid, id, &other).await?;
        }
        Ok(written)
    }

    /// Reads some of the created reports back by their GUIDs: the first of a sync, and where the ledger is new and there are
    /// several enclaves also the 2nd, 4th, 8th and so on, since the newest may be one that no other enclave has.
    async fn see_arrived(&self, guid: &Guid, id: &str) -> Result<(), DeliveryError> {
        let mut arrival = self.arrival.lock().await;
        if let Some(fault) = &arrival.strayed {
            return Err(fault.clone().into());
        }
        arrival.created = arrival.created.saturating_add(1);
        if arrival.created < arrival.next {
            return Ok(());
        }
        match self.look(guid).await {
            Ok(Found::Elsewhere { enclave, .. }) => {
                self.account.whereabouts.lock().found(guid, &enclave);
                let fault = self.strayed(id, &enclave);
                arrival.strayed = Some(fault.clone());
                return Err(fault.into());
            }
            Ok(Found::Here(_)) => {
                let goes_on = self.ledger_is_new && self.account.has_several_enclaves();
                arrival.next = if goes_on {
                    arrival.created.saturating_mul(2)
                } else {
                    u32::MAX
                };
            }
            // The report is written all the same, and the question stays open for the next.
            Ok(Found::Unsaid(_) | Found::Nowhere) => {}
            Err(DeliveryError::Fault(fault)) if fault.kind == FaultKind::Unavailable => {
                arrival.unanswered += 1;
                if arrival.unanswered >= UNANSWERED {
                    arrival.next = u32::MAX;
                }
            }
            Err(error) => return Err(error),
        }
        Ok(())
    }

    /// Where the report of this GUID is. Not shown yet, or not to be read by this credential, it is nowhere.
    async fn look(&self, guid: &Guid) -> Result<Found, DeliveryError> {
        let answer = self.read_back(guid).await?;
        if !answer.succeeded() {
            return Ok(Found::Nowhere);
        }
        Ok(self.located(&answer)?)
    }

    /// A write was answered with the GUID of one that was meant for another enclave: where that report is decides whose
    /// conflict it is. Nothing that the process remembers does: the other feed may be the one that strayed.
    async fn settle(&self, guid: &Guid, id: &str, other: &str) -> Result<(), DeliveryError> {
        match self.look(guid).await? {
            Found::Here(_) => {
                self.account.whereabouts.lock().found(guid, &self.enclave);
                Ok(())
            }
            Found::Elsewhere { enclave, .. } => {
                self.account.whereabouts.lock().found(guid, &enclave);
                Err(self.strayed(id, &enclave).into())
            }
            Found::Unsaid(_) | Found::Nowhere => Err(self.shared_with(id, other).into()),
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
    fault(FaultKind::Conflict, message)
}
