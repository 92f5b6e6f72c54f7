//! Where reports go to, each destination with its own mapping.

pub mod stix;
pub mod taxii;
pub mod trustar;

use std::time::Duration;

use crate::api::credentials::Credentials;
use crate::api::{Reason, Target};
use crate::http::fault::{Fault, FaultKind};
use crate::sync::destination::Destination;
use trustar::Trustar;

/// The destinations that the operator's settings name, for all feeds. Cheap to clone.
#[derive(Clone)]
pub struct Destinations {
    /// TruSTAR.
    pub trustar: Trustar,
}

/// What one sync needs of its destination.
#[derive(Clone, Copy)]
pub struct Opening<'a> {
    /// The feed, by a key that all its syncs share.
    pub feed: &'a str,
    /// The place.
    pub target: &'a Target,
    /// The feed's credentials.
    pub credentials: &'a Credentials,
    /// Whether by the feed's ledger nothing was ever delivered there.
    pub nothing_delivered: bool,
    /// The time that each call may take in all.
    pub timeout: Duration,
}

impl Destinations {
    /// The destination of one sync.
    #[must_use]
    pub fn open(&self, opening: &Opening<'_>) -> Box<dyn Destination> {
        match opening.target {
            Target::Trustar(enclave) => Box::new(self.trustar.enclave(
                &opening.credentials.trustar,
                &trustar::Target {
                    feed: opening.feed,
                    enclave: enclave.as_str(),
                    ledger_is_new: opening.nothing_delivered,
                    timeout: opening.timeout,
                },
            )),
        }
    }
}

/// The Ready condition's reason for a destination's fault. TruSTAR has reasons of its own, since people alert on them.
#[must_use]
pub const fn reason(fault: &Fault) -> Reason {
    match fault.kind {
        FaultKind::Unauthorized => Reason::TrustarUnauthorized,
        FaultKind::TargetNotFound => Reason::EnclaveNotFound,
        FaultKind::TargetNotWritable => Reason::EnclaveNotWritable,
        FaultKind::Conflict => Reason::ExternalIdConflict,
        FaultKind::RateLimited => Reason::RateLimited,
        FaultKind::Unavailable => Reason::TrustarUnavailable,
        FaultKind::UnexpectedResponse => Reason::UnexpectedResponse,
    }
}
