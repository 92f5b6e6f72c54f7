//! The rules on which fields of an object go together, in two forms as those of texts are: in CEL, and the same here.

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::ValidationRule;
use kube::core::Rule;
use serde_json::{Map, Value};

/// Which fields an object may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ObjectRule {
    /// Of a spec: reports go to one place.
    OneDestination,
    /// Of a destination: it is of one kind.
    OneMember,
}

impl ObjectRule {
    const ALL: [Self; 2] = [Self::OneDestination, Self::OneMember];

    /// The rule that a definition states in CEL.
    pub(super) fn stated(rule: &ValidationRule) -> Option<Self> {
        Self::ALL.into_iter().find(|known| known.cel() == rule.rule)
    }

    /// The rule as a definition states it.
    pub(super) fn rule(self) -> Rule {
        Rule::new(self.cel()).message(self.message())
    }

    /// Whether an object keeps it.
    pub(super) fn holds(self, fields: &Map<String, Value>) -> bool {
        let has = |name: &str| fields.contains_key(name);
        match self {
            Self::OneDestination => has("enclaveId") != has("destination"),
            Self::OneMember => {
                let members = ["trustar", "taxii", "misp"];
                members.iter().filter(|name| has(name)).count() == 1
            }
        }
    }

    /// What to write instead.
    pub(super) const fn message(self) -> &'static str {
        match self {
            Self::OneDestination => {
                "set enclaveId, the id of the TruSTAR enclave that reports go to, or destination in its place: one of the two"
            }
            Self::OneMember => "destination must have one member: trustar, taxii or misp",
        }
    }

    const fn cel(self) -> &'static str {
        match self {
            Self::OneDestination => "has(self.enclaveId) != has(self.destination)",
            Self::OneMember => {
                "[has(self.trustar), has(self.taxii), has(self.misp)].filter(member, member).size() == 1"
            }
        }
    }
}
