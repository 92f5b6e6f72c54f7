//! The rules of text fields, each in two forms: for the API server in CEL, and the same here.
//!
//! A CEL engine of our own would take a sixth of the binary for eleven rules. That both forms agree is shown by the tests
//! that ask both about the same feeds (`tests/resource`).

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::ValidationRule;
use kube::core::Rule;

use super::duration::{DurationField, INTERVAL, LOOKBACK, TIMEOUT, VALID_FOR};

/// What a text field may hold.
#[derive(Clone, Copy, Debug)]
pub(super) enum TextRule {
    /// The id of an enclave.
    EnclaveId,
    /// The id of a TAXII collection.
    CollectionId,
    /// The name that the operator's settings give a server.
    ServerName,
    /// The name of a Secret.
    SecretName,
    /// The name of a malware family.
    MalwareName,
    /// A domain, maybe with `*.` before it.
    Domain,
    /// The id of a report.
    ReportId,
    /// A tag of an event.
    Tag,
    /// A length of time within bounds.
    Duration(DurationField),
}

impl TextRule {
    const ALL: [Self; 12] = [
        Self::EnclaveId,
        Self::CollectionId,
        Self::ServerName,
        Self::SecretName,
        Self::MalwareName,
        Self::Domain,
        Self::ReportId,
        Self::Tag,
        Self::Duration(INTERVAL),
        Self::Duration(LOOKBACK),
        Self::Duration(TIMEOUT),
        Self::Duration(VALID_FOR),
    ];

    /// The rule that a definition states in CEL.
    pub(super) fn stated(rule: &ValidationRule) -> Option<Self> {
        Self::ALL.into_iter().find(|known| known.cel() == rule.rule)
    }

    /// The rule as a definition states it.
    pub(super) fn rule(self) -> Rule {
        Rule::new(self.cel()).message(self.message().as_str())
    }

    /// Whether a text keeps it.
    pub(super) fn holds(self, text: &str) -> bool {
        match self {
            Self::EnclaveId => (1..=128).contains(&text.len()) && text.bytes().all(is_id_byte),
            Self::CollectionId => {
                (1..=128).contains(&text.len())
                    && text.bytes().all(|byte| is_id_byte(byte) || byte == b'.')
                    && text.bytes().next().is_some_and(is_id_byte)
            }
            Self::ServerName => is_server_name(text),
            Self::Tag => {
                !text.is_empty()
                    && text.trim_matches(' ') == text
                    && text.bytes().all(|byte| matches!(byte, b' '..=b'~'))
            }
            Self::ReportId => {
                let apart = |byte| matches!(byte, b'/' | b' ' | b'\t' | b'\n' | b'\r' | b'\x0c');
                !text.is_empty() && !text.bytes().any(apart)
            }
            Self::SecretName => is_secret_name(text),
            Self::MalwareName => text.bytes().any(|byte| byte.is_ascii_alphanumeric()),
            Self::Domain => text
                .strip_prefix("*.")
                .unwrap_or(text)
                .split('.')
                .all(|label| (1..=63).contains(&label.len()) && label.bytes().all(is_id_byte)),
            Self::Duration(field) => field.read(text).is_ok(),
        }
    }

    /// What to write instead of a text that does not.
    pub(super) fn message(self) -> String {
        match self {
            Self::EnclaveId => "enclaveId must be the enclave's id as TruSTAR shows it, not its name: 1 to 128 letters, digits, '-' and '_'".to_owned(),
            Self::CollectionId => "collection must be the collection's id, not its title or address: 1 to 128 letters, digits, '-', '_' and '.'".to_owned(),
            Self::ServerName => "server must be a name that the operator's settings give an address (--taxii, --misp, the chart's destinations), not the address: lower-case letters, digits and '-'".to_owned(),
            Self::ReportId => "skip names reports by their ids, as status.failures and the command sync show them, not by title or address".to_owned(),
            Self::Tag => "a tag must have printable ASCII characters alone, and no blank at its ends".to_owned(),
            Self::SecretName => "name must be the name of a Secret in the feed's namespace: lower-case letters, digits, '-' and '.'".to_owned(),
            Self::MalwareName => "a malware name must have a letter or a digit".to_owned(),
            Self::Domain => "a domain must be a name such as example.com, without scheme, port or path; an international one in its xn-- form".to_owned(),
            Self::Duration(field) => field.requirement(),
        }
    }

    fn cel(self) -> String {
        let pattern = match self {
            Self::EnclaveId => "^[A-Za-z0-9_-]{1,128}$",
            Self::CollectionId => "^[A-Za-z0-9_-][A-Za-z0-9._-]{0,127}$",
            Self::ServerName => "^[a-z0-9]([a-z0-9-]*[a-z0-9])?$",
            Self::ReportId => r"^[^/ \t\n\r\f]+$",
            Self::Tag => "^[!-~]([ -~]*[!-~])?$",
            Self::SecretName => "^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$",
            Self::MalwareName => "[A-Za-z0-9]",
            Self::Domain => "^([*][.])?([A-Za-z0-9_-]{1,63}[.])*[A-Za-z0-9_-]{1,63}$",
            Self::Duration(field) => return field.cel(),
        };
        format!("self.matches('{pattern}')")
    }
}

fn is_id_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-')
}

/// Whether the operator's settings may give a server this name.
#[must_use]
pub fn is_server_name(name: &str) -> bool {
    name.len() <= 63 && is_secret_name(name) && !name.contains('.')
}

fn is_secret_name(name: &str) -> bool {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    name.starts_with(plain)
        && name.ends_with(plain)
        && name.chars().all(|c| plain(c) || matches!(c, '-' | '.'))
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::api::definitions;
    use crate::api::object_rule::ObjectRule;

    /// Every rule stated in or below a schema.
    fn stated_in(schema: &Value, rules: &mut Vec<ValidationRule>) {
        if let Some(stated) = schema.get("x-kubernetes-validations") {
            rules.extend(serde_json::from_value::<Vec<ValidationRule>>(stated.clone()).unwrap());
        }
        match schema {
            Value::Object(fields) => fields.values().for_each(|each| stated_in(each, rules)),
            Value::Array(items) => items.iter().for_each(|each| stated_in(each, rules)),
            _ => {}
        }
    }

    #[test]
    fn every_rule_of_the_definitions_is_known_here() {
        let mut rules = Vec::new();
        for definition in definitions() {
            stated_in(&serde_json::to_value(definition).unwrap(), &mut rules);
        }
        assert!(rules.len() >= TextRule::ALL.len());
        for rule in rules {
            let message = match (TextRule::stated(&rule), ObjectRule::stated(&rule)) {
                (Some(known), _) => known.message(),
                (_, Some(known)) => known.message().to_owned(),
                _ => panic!("{}", rule.rule),
            };
            assert_eq!(rule.message, Some(message));
        }
    }
}
