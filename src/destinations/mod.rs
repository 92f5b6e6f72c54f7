//! Where reports go to, each destination with its own mapping.

pub mod misp;
pub mod stix;
pub mod taxii;
pub mod trustar;
mod uuids;

use std::time::Duration;

use reqwest::Client;

use crate::api::Reason;
use crate::api::credentials::Access;
use crate::http::call::Observer;
use crate::http::fault::{Fault, FaultKind};
use crate::sync::destination::Destination;
use misp::{Misp, MispSettings};
use taxii::{Taxii, TaxiiSettings};
use trustar::{TRUSTAR, Trustar, TrustarSettings};

/// Where destinations are: the hosts are the operator's settings, and a feed names one of them.
#[derive(Clone, Debug)]
pub struct DestinationSettings {
    pub trustar: TrustarSettings,
    /// TAXII 2.1 servers, by name.
    pub taxii: TaxiiSettings,
    /// MISPs, by name.
    pub misp: MispSettings,
}

/// The destinations that the operator's settings name, for all feeds. Cheap to clone.
#[derive(Clone)]
pub struct Destinations {
    trustar: Trustar,
    taxii: Taxii,
    misp: Misp,
}

/// What one sync needs of its destination.
#[derive(Clone, Copy)]
pub struct Opening<'a> {
    /// The feed, by a key that all its syncs share.
    pub feed: &'a str,
    /// The place, and the credential for it.
    pub access: &'a Access,
    /// Whether by the feed's ledger nothing was ever delivered there.
    pub nothing_delivered: bool,
    /// The time that each call may take in all.
    pub timeout: Duration,
}

impl Destinations {
    /// Clients of all that `settings` name, calling by `http`.
    #[must_use]
    pub fn new(settings: &DestinationSettings, http: &Client, observer: &Observer) -> Self {
        let (http, observer) = (|| http.clone(), || observer.clone());
        Self {
            trustar: Trustar::new(&settings.trustar, http(), observer()),
            taxii: Taxii::new(&settings.taxii, http(), observer()),
            misp: Misp::new(&settings.misp, http(), observer()),
        }
    }

    /// The destination of one sync.
    #[must_use]
    pub fn open(&self, opening: &Opening<'_>) -> Box<dyn Destination> {
        let Opening {
            feed,
            access,
            nothing_delivered,
            timeout,
        } = *opening;
        match access {
            Access::Trustar(enclave, credential) => {
                let target = trustar::Target {
                    feed,
                    enclave: enclave.as_str(),
                    ledger_is_new: nothing_delivered,
                    timeout,
                };
                Box::new(self.trustar.enclave(credential, &target))
            }
            Access::Taxii(place, credential) => {
                let target = taxii::Target {
                    server: &place.server,
                    collection: &place.collection,
                    tlp: place.tlp,
                    valid_for: &place.valid_for,
                    timeout,
                };
                Box::new(self.taxii.collection(credential, &target))
            }
            Access::Misp(place, credential) => {
                let target = misp::Target {
                    server: &place.server,
                    distribution: place.distribution,
                    publish: place.publish,
                    tags: &place.tags,
                    timeout,
                };
                Box::new(self.misp.server(credential, &target))
            }
        }
    }
}

/// The Ready condition's reason for a destination's fault. TruSTAR has reasons of its own, since people alert on them.
#[must_use]
pub fn reason(fault: &Fault) -> Reason {
    let is_trustar = fault.service == &TRUSTAR;
    match (fault.kind, is_trustar) {
        (FaultKind::Unauthorized, true) => Reason::TrustarUnauthorized,
        (FaultKind::TargetNotFound, true) => Reason::EnclaveNotFound,
        (FaultKind::TargetNotWritable, true) => Reason::EnclaveNotWritable,
        (FaultKind::Conflict, true) => Reason::ExternalIdConflict,
        (FaultKind::Unavailable, true) => Reason::TrustarUnavailable,
        (FaultKind::Unauthorized, false) => Reason::DestinationUnauthorized,
        (FaultKind::TargetNotFound, false) => Reason::DestinationNotFound,
        (FaultKind::TargetNotWritable, false) => Reason::DestinationNotWritable,
        (FaultKind::Conflict, false) => Reason::DestinationConflict,
        (FaultKind::Unavailable, false) => Reason::DestinationUnavailable,
        (FaultKind::RateLimited, _) => Reason::RateLimited,
        (FaultKind::UnexpectedResponse, _) => Reason::UnexpectedResponse,
    }
}
