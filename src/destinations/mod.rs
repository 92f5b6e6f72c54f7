//! Where reports go to, each destination with its own mapping.

pub mod trustar;

use crate::api::Reason;
use crate::http::fault::{Fault, FaultKind};

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
