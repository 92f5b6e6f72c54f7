//! What can go wrong with a vendor's service, and who must act.

use std::fmt;
use std::time::Duration;

/// A service whose API the operator calls, as its client describes it.
#[derive(Debug, PartialEq, Eq, Hash)]
pub struct Service {
    /// The name as people write it.
    pub name: &'static str,
    /// The value of the `service` label of metrics, and the name of the chart's section for it.
    pub label: &'static str,
    /// The settings that say where it is, as the chart names them.
    pub address: &'static str,
}

impl fmt::Display for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

/// The kind of a [`Fault`]; it decides who must act.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FaultKind {
    /// The credential was refused (401, 403, or a token endpoint that says so). A person must act.
    Unauthorized,
    /// The place that reports go to (an enclave, a collection) is not among those the credential sees. A person must act.
    TargetNotFound,
    /// The credential may not write there. A person must act.
    TargetNotWritable,
    /// What is to be written there belongs to another place of the same service. A person must act.
    Conflict,
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
    pub service: &'static Service,
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
                | FaultKind::TargetNotFound
                | FaultKind::TargetNotWritable
                | FaultKind::Conflict
        )
    }
}
