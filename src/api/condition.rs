//! Reasons, and the conditions that they come with (the table of states).

use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{Condition, Time};

pub(super) use crate::telemetry::shown::line as shown;

/// The longest message of a condition, in bytes.
const MAX_MESSAGE: usize = 1_024;

/// The row of the table of states that a reason stands in.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Row {
    Ready,
    Reconciling,
    Stalled,
}

/// Defines the reasons: the name is what a condition says.
macro_rules! reasons {
    ($($(#[$explanation:meta])* $reason:ident: $row:ident,)+) => {
        /// Why a feed's Ready condition is what it is.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Reason {
            $($(#[$explanation])* $reason,)+
        }

        impl Reason {
            /// Every reason.
            pub const ALL: &'static [Self] = &[$(Self::$reason),+];

            /// The reason as a condition says it.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$reason => stringify!($reason),)+
                }
            }

            const fn row(self) -> Row {
                match self {
                    $(Self::$reason => Row::$row,)+
                }
            }
        }
    };
}

reasons! {
    /// The latest reports are handled.
    Synced: Ready,
    /// The latest reports are handled; some are on record as failed.
    SyncedWithFailures: Ready,
    /// The latest reports are handled; a backlog remains.
    Draining: Ready,
    /// `spec.suspend` is set.
    Suspended: Ready,
    /// A vendor asked to be called later.
    RateLimited: Reconciling,
    /// Flashpoint can't be reached or fails.
    FlashpointUnavailable: Reconciling,
    /// TruSTAR can't be reached or fails.
    TrustarUnavailable: Reconciling,
    /// The destination, other than TruSTAR, can't be reached or fails.
    DestinationUnavailable: Reconciling,
    /// A vendor answered what its API does not promise.
    UnexpectedResponse: Reconciling,
    /// Reports taken on are not all written yet.
    WritesPending: Reconciling,
    /// The ledger could not be read or stored.
    LedgerUnavailable: Reconciling,
    /// The window holds more reports than a ledger remembers.
    LedgerFull: Reconciling,
    /// The Secret does not exist.
    SecretNotFound: Reconciling,
    /// The Secret may not be read, or the API server did not give it.
    SecretUnavailable: Reconciling,
    /// The Secret lacks a key.
    SecretKeyMissing: Stalled,
    /// Flashpoint refuses the API key.
    FlashpointUnauthorized: Stalled,
    /// TruSTAR refuses the API key or secret.
    TrustarUnauthorized: Stalled,
    /// The credential does not see the enclave.
    EnclaveNotFound: Stalled,
    /// The credential may not write to the enclave.
    EnclaveNotWritable: Stalled,
    /// A report's external id leads to another enclave.
    ExternalIdConflict: Stalled,
    /// The destination, other than TruSTAR, refuses the credential.
    DestinationUnauthorized: Stalled,
    /// The destination has no such place, or the credential does not see it.
    DestinationNotFound: Stalled,
    /// The credential may not write there.
    DestinationNotWritable: Stalled,
    /// What is to be written belongs to another place of the same service.
    DestinationConflict: Stalled,
}

impl Reason {
    /// Whether Ready is True.
    #[must_use]
    pub fn ready(self) -> bool {
        self.row() == Row::Ready
    }

    /// Whether Reconciling is present.
    #[must_use]
    pub fn reconciling(self) -> bool {
        self.row() == Row::Reconciling
    }

    /// Whether Stalled is present: a person must act.
    #[must_use]
    pub fn stalled(self) -> bool {
        self.row() == Row::Stalled
    }

    /// Whether a change of the secret may mend it.
    #[must_use]
    pub const fn waits_for_secret(self) -> bool {
        matches!(
            self,
            Self::SecretNotFound
                | Self::SecretUnavailable
                | Self::SecretKeyMissing
                | Self::FlashpointUnauthorized
                | Self::TrustarUnauthorized
                | Self::EnclaveNotWritable
                | Self::DestinationUnauthorized
                | Self::DestinationNotWritable
        )
    }

    /// The reason that conditions tell, where it is one of ours.
    #[must_use]
    pub fn of(conditions: &[Condition]) -> Option<Self> {
        let ready = conditions
            .iter()
            .find(|condition| condition.type_ == "Ready")?;
        Self::ALL
            .iter()
            .copied()
            .find(|reason| reason.as_str() == ready.reason)
    }
}

/// The conditions for a reason. A condition's transition time changes with its status only.
#[must_use]
pub fn conditions(
    previous: &[Condition],
    reason: Reason,
    message: &str,
    generation: i64,
    now: Timestamp,
) -> Vec<Condition> {
    let message = shown(message, MAX_MESSAGE);
    let condition = |kind: &str, status: bool| {
        let status = if status { "True" } else { "False" };
        let before = previous
            .iter()
            .find(|before| before.type_ == kind && before.status == status);
        let now = Timestamp::from_second(now.as_second()).unwrap_or(now);
        Condition {
            type_: kind.to_owned(),
            status: status.to_owned(),
            reason: reason.as_str().to_owned(),
            message: message.clone(),
            observed_generation: Some(generation),
            last_transition_time: before
                .map_or(Time(now), |before| before.last_transition_time.clone()),
        }
    };
    let mut conditions = vec![condition("Ready", reason.ready())];
    if reason.reconciling() {
        conditions.push(condition("Reconciling", true));
    }
    if reason.stalled() {
        conditions.push(condition("Stalled", true));
    }
    conditions
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn told(conditions: &[Condition]) -> Vec<String> {
        conditions
            .iter()
            .map(|c| format!("{}={}:{}", c.type_, c.status, c.reason))
            .collect()
    }

    #[test]
    fn each_reason_has_the_conditions_of_its_row() {
        for &reason in Reason::ALL {
            let told = told(&conditions(&[], reason, "m", 1, at("2026-01-01T00:00:00Z")));
            let name = reason.as_str();
            let expected = match reason {
                Reason::Synced
                | Reason::SyncedWithFailures
                | Reason::Draining
                | Reason::Suspended => {
                    vec![format!("Ready=True:{name}")]
                }
                reason if reason.stalled() => vec![
                    format!("Ready=False:{name}"),
                    format!("Stalled=True:{name}"),
                ],
                _ => vec![
                    format!("Ready=False:{name}"),
                    format!("Reconciling=True:{name}"),
                ],
            };
            assert_eq!(told, expected);
        }
    }

    #[test]
    fn the_transition_time_changes_with_the_status_only() {
        let first = conditions(&[], Reason::Synced, "a", 1, at("2026-01-01T00:00:00Z"));
        let second = conditions(&first, Reason::Draining, "b", 2, at("2026-01-02T00:00:00Z"));
        assert_eq!(
            second[0].last_transition_time,
            first[0].last_transition_time
        );
        assert_eq!(second[0].message, "b");
        let third = conditions(
            &second,
            Reason::RateLimited,
            "c",
            2,
            at("2026-01-03T00:00:00Z"),
        );
        assert_eq!(third[0].last_transition_time.0, at("2026-01-03T00:00:00Z"));
    }

    #[test]
    fn a_message_from_outside_is_escaped_and_cut() {
        let message = format!("a\u{1b}[31m\n\u{202e}{}", "ä".repeat(2_000));
        let condition =
            &conditions(&[], Reason::Synced, &message, 1, at("2026-01-01T00:00:00Z"))[0];
        assert!(condition.message.len() <= MAX_MESSAGE);
        assert!(!condition.message.contains(char::is_control));
        assert!(condition.message.starts_with("a\\u{1b}[31m \\u{202e}ä"));
    }

    #[test]
    fn a_reason_is_read_back() {
        for &reason in Reason::ALL {
            let conditions = conditions(&[], reason, "m", 1, at("2026-01-01T00:00:00Z"));
            assert_eq!(Reason::of(&conditions), Some(reason));
        }
    }
}
