//! What can go wrong with a vendor's service, sorted by who must act.

use std::fmt;
use std::time::Duration;

/// A vendor whose API the operator calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Service {
    /// Where reports come from.
    Flashpoint,
    /// Where reports go to.
    Trustar,
}

impl Service {
    /// The name as people write it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Flashpoint => "Flashpoint",
            Self::Trustar => "TruSTAR",
        }
    }

    /// The value of the `service` label of metrics.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Flashpoint => "flashpoint",
            Self::Trustar => "trustar",
        }
    }
}

impl fmt::Display for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The kind of a [`Fault`]; it decides who must act.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FaultKind {
    /// The credential was refused (401, 403, or a token endpoint that says so). A person must act.
    Unauthorized,
    /// The enclave is not among those the credential sees. A person must act.
    EnclaveNotFound,
    /// The credential may not both create and update in the enclave. A person must act.
    EnclaveNotWritable,
    /// A report's external id leads to another enclave of the same credential. A person must act.
    ExternalIdConflict,
    /// The service asked to be called later (429).
    RateLimited,
    /// No connection, no answer in time, or a 5xx.
    Unavailable,
    /// An answer that is not what the API promises: a redirect, another body, an unknown status.
    UnexpectedResponse,
}

/// A failure of a service as a whole, as opposed to one report's.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Fault {
    /// The service at fault.
    pub service: Service,
    /// What kind of fault it is.
    pub kind: FaultKind,
    /// What happened, where, and the next step; safe to show, without credentials.
    pub message: String,
    /// How long the service asked to be left alone, counted from now.
    pub retry_after: Option<Duration>,
}

impl Fault {
    /// Whether only a person can mend it: a retry would meet the same answer.
    #[must_use]
    pub const fn needs_a_person(&self) -> bool {
        matches!(
            self.kind,
            FaultKind::Unauthorized
                | FaultKind::EnclaveNotFound
                | FaultKind::EnclaveNotWritable
                | FaultKind::ExternalIdConflict
        )
    }
}
