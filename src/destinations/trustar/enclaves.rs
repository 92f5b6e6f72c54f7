//! Whether the enclave is there and can be written to.

use std::sync::Arc;
use std::time::Duration;

use reqwest::Method;
use tokio::time::Instant;

use super::account::Enclave;
use super::{TrustarEnclave, fault};
use crate::http::fault::{Fault, FaultKind};
use crate::http::shown;
use crate::sync::destination::DeliveryError;

/// How long a list of enclaves counts.
const COUNTS_FOR: Duration = Duration::from_hours(1);

/// The most enclaves that a message names.
const NAMED: usize = 3;

impl TrustarEnclave {
    /// Looks the enclave up in the credential's list, which is asked for again where it is old or
    /// does not let us write.
    pub(super) async fn check_enclave(&self) -> Result<(), DeliveryError> {
        let usable = |all: &Arc<[Enclave]>, at: Instant| {
            at.elapsed() < COUNTS_FOR && self.ours(all).is_some_and(Enclave::writable)
        };
        let enclaves = &self.account.enclaves;
        let all = enclaves.get(usable, Box::pin(self.list_enclaves())).await?;
        Ok(self.judge(&all)?)
    }

    /// The same, by a list that is asked for from now on.
    pub(super) async fn check_enclave_anew(&self) -> Result<(), DeliveryError> {
        let enclaves = &self.account.enclaves;
        let all = enclaves
            .begun_since(Instant::now(), Box::pin(self.list_enclaves()))
            .await?;
        Ok(self.judge(&all)?)
    }

    fn ours<'a>(&self, all: &'a [Enclave]) -> Option<&'a Enclave> {
        all.iter().find(|other| self.is_ours(&other.id))
    }

    /// The fault, if there is one, that the enclave is not among `all` or can't be written to.
    fn judge(&self, all: &[Enclave]) -> Result<(), Fault> {
        let (kind, problem) = match self.ours(all) {
            Some(ours) if ours.writable() => return Ok(()),
            None => (
                FaultKind::TargetNotFound,
                format!("TruSTAR shows this credential no enclave {}", self.enclave),
            ),
            Some(ours) => {
                let may = match (ours.create, ours.update) {
                    (true, _) => "only create, not update",
                    (_, true) => "only update, not create",
                    _ => "neither create nor update",
                };
                let problem = format!(
                    "this credential may {may} reports in the TruSTAR enclave {}",
                    named(ours)
                );
                (FaultKind::TargetNotWritable, problem)
            }
        };
        let others: Vec<_> = all
            .iter()
            .filter(|other| other.writable())
            .map(named)
            .collect();
        let instead = match others.as_slice() {
            [] => "it can write to none".to_owned(),
            [first @ .., _] if others.len() > NAMED => {
                let first = first[..NAMED].join(", ");
                format!("it can write to {first} and {} more", others.len() - NAMED)
            }
            all => format!("it can write to {}", all.join(", ")),
        };
        let next = "give it the rights to create and update, or set spec.enclaveId to one where it has them";
        Err(fault(kind, format!("{problem}; {instead}: {next}")))
    }

    /// Whether an enclave's id is this sink's. They are GUIDs.
    pub(super) fn is_ours(&self, id: &str) -> bool {
        id.eq_ignore_ascii_case(&self.enclave)
    }

    async fn list_enclaves(&self) -> Result<Arc<[Enclave]>, DeliveryError> {
        let answer = self
            .api("list_enclaves", Method::GET, &["enclaves"], "", None::<&()>)
            .await?;
        match answer.status {
            200..=299 => {
                let all: Vec<Enclave> =
                    serde_json::from_slice(&answer.body).map_err(|_| answer.unlike("enclaves"))?;
                self.account.sees(all.len());
                Ok(all.into())
            }
            403 => Err(self.unauthorized(&answer)),
            _ => Err(answer.fault_of_status().into()),
        }
    }
}

impl Enclave {
    /// Whether reports can be both submitted and kept current.
    fn writable(&self) -> bool {
        self.create && self.update
    }
}

/// An enclave as people know it: its name and id.
fn named(enclave: &Enclave) -> String {
    let short = |text: &str| {
        let start: String = text.chars().take(60).collect();
        shown(&start, &[])
    };
    let id = short(&enclave.id);
    let name = enclave.name.as_deref().map(short);
    name.map_or(id.clone(), |name| format!("{name} ({id})"))
}
