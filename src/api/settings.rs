//! A feed's spec, read once into types that can't be wrong.

use std::collections::BTreeSet;
use std::time::Duration;

use super::duration::{DurationField, INTERVAL, LOOKBACK, TIMEOUT};
use super::feed::{DomainRules, FlashpointFeedSpec, MAX_LIMIT, MalwareNames};
use super::rule::TextRule;
use super::target::Target;
use crate::sync::own::Sources;
use indicators::{IndicatorType, RuleSettings, Rules};

/// A value that a spec can't have; the API server refuses it already, where the CRD is ours.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{path}: {reason}")]
pub struct SettingsError {
    /// The field.
    pub path: &'static str,
    /// What is wrong, and what to write.
    pub reason: String,
}

/// What a feed asks for.
#[derive(Clone, Debug)]
pub struct FeedSettings {
    /// The name of its secret, in its own namespace.
    pub secret_name: String,
    /// The name of the secret with the destination's credentials; the same one, unless the spec names another.
    pub destination_secret_name: String,
    /// Where its reports go.
    pub target: Target,
    /// Between the starts of two syncs.
    pub interval: Duration,
    /// The first page's size and the most unknown reports a sync takes on, 1..=500.
    pub limit: u32,
    /// How far the request's window reaches back.
    pub lookback: Duration,
    /// How long one API call may take.
    pub timeout: Duration,
    /// Whether it rests.
    pub suspend: bool,
    /// Where indicators are taken from.
    pub sources: Sources,
    /// The ids of the reports that are left alone.
    pub skip: BTreeSet<String>,
    types: Vec<IndicatorType>,
    names: MalwareNames,
    domains: DomainRules,
}

impl TryFrom<&FlashpointFeedSpec> for FeedSettings {
    type Error = SettingsError;

    fn try_from(spec: &FlashpointFeedSpec) -> Result<Self, SettingsError> {
        let refuse = |path, reason: &str| SettingsError {
            path,
            reason: reason.to_owned(),
        };
        let target = Target::try_from(spec)?;
        let own = spec.destination.as_ref().and_then(|one| one.secret_ref());
        let feeds = ("spec.secretRef.name", &spec.secret_ref);
        let own = own.unwrap_or(feeds);
        for (path, secret) in [feeds, own] {
            if !TextRule::SecretName.holds(&secret.name) {
                return Err(refuse(path, &TextRule::SecretName.message()));
            }
        }
        if spec.indicator_types.is_empty() {
            return Err(refuse(
                "spec.indicatorTypes",
                "indicatorTypes must name at least one type",
            ));
        }
        if spec.indicator_sources.is_empty() {
            return Err(refuse(
                "spec.indicatorSources",
                "indicatorSources must name at least one source",
            ));
        }
        let limit = u32::try_from(spec.limit)
            .ok()
            .filter(|limit| (1..=MAX_LIMIT).contains(limit));
        let limit =
            limit.ok_or_else(|| refuse("spec.limit", "limit must be a number from 1 to 500"))?;
        Ok(Self {
            secret_name: spec.secret_ref.name.clone(),
            destination_secret_name: own.1.name.clone(),
            target,
            interval: length("spec.interval", INTERVAL, &spec.interval)?,
            limit,
            lookback: length("spec.lookback", LOOKBACK, &spec.lookback)?,
            timeout: length("spec.timeout", TIMEOUT, &spec.timeout)?,
            suspend: spec.suspend,
            sources: spec.indicator_sources.as_slice().into(),
            skip: spec.skip.iter().cloned().collect(),
            types: spec.indicator_types.clone(),
            names: spec.malware_names.clone(),
            domains: spec.domains.clone(),
        })
    }
}

impl FeedSettings {
    /// What counts for this feed.
    #[must_use]
    pub fn rules(&self) -> Rules {
        Rules::new(RuleSettings {
            types: self.types.clone(),
            names_add: self.names.add.clone(),
            names_ignore: self.names.ignore.clone(),
            domains_ignore: self.domains.ignore.clone(),
            domains_count: self.domains.count.clone(),
        })
    }
}

pub(super) fn length(
    path: &'static str,
    field: DurationField,
    text: &str,
) -> Result<Duration, SettingsError> {
    field
        .read(text)
        .map_err(|reason| SettingsError { path, reason })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spec(text: &str) -> FlashpointFeedSpec {
        let mut spec =
            serde_json::json!({"secretRef": {"name": "credentials"}, "enclaveId": "3f1d2c84"});
        let more: serde_json::Map<_, _> = serde_json::from_str(text).unwrap();
        spec.as_object_mut().unwrap().extend(more);
        serde_json::from_value(spec).unwrap()
    }

    #[test]
    fn the_defaults_are_those_of_the_seed() {
        let settings = FeedSettings::try_from(&spec("{}")).unwrap();
        assert_eq!(settings.secret_name, "credentials");
        assert_eq!(settings.target.identity(), "3f1d2c84");
        assert_eq!(settings.interval, Duration::from_mins(15));
        assert_eq!(settings.limit, 500);
        assert_eq!(settings.lookback, Duration::from_hours(24));
        assert_eq!(settings.timeout, Duration::from_secs(30));
        assert!(!settings.suspend);
        assert_eq!(settings.sources, Sources::default());
        assert_eq!(settings.rules().digest(), Rules::default().digest());
    }

    #[test]
    fn what_it_says_counts() {
        let settings = FeedSettings::try_from(&spec(
            r#"{"interval": "1d12h", "limit": 20, "suspend": true, "domains": {"ignore": ["corp.example"]}}"#,
        ));
        let settings = settings.unwrap();
        assert_eq!(settings.interval, Duration::from_hours(36));
        assert_eq!(settings.limit, 20);
        assert!(settings.suspend);
        assert_ne!(settings.rules().digest(), Rules::default().digest());
    }

    #[test]
    fn an_enclave_is_named_in_one_of_two_ways() {
        let named = r#"{"enclaveId": null, "destination": {"trustar": {"enclaveId": "3f1d2c84"}}}"#;
        let spec = spec(named);
        assert_eq!(spec.identity().as_deref(), Some("3f1d2c84"));
        let settings = FeedSettings::try_from(&spec).unwrap();
        assert_eq!(settings.target.identity(), "3f1d2c84");
    }

    #[test]
    fn every_place_has_an_identity_and_a_secret_of_its_own() {
        let named = |destination: &str| {
            let text = format!(r#"{{"enclaveId": null, "destination": {destination}}}"#);
            FeedSettings::try_from(&spec(&text)).unwrap()
        };
        let taxii = named(
            r#"{"taxii": {"server": "opencti", "collection": "c1", "secretRef": {"name": "opencti"}, "validFor": {"IP": "30d"}}}"#,
        );
        assert_eq!(taxii.target.identity(), "taxii/opencti/c1");
        assert_eq!(taxii.secret_name, "credentials");
        assert_eq!(taxii.destination_secret_name, "opencti");
        let misp = named(r#"{"misp": {"server": "main", "tags": ["tlp:amber"]}}"#);
        assert_eq!(misp.target.identity(), "misp/main");
        assert_eq!(misp.destination_secret_name, "credentials");
    }

    #[test]
    fn a_refusal_names_the_field() {
        for (text, path) in [
            (r#"{"enclaveId": null}"#, "spec"),
            (
                r#"{"destination": {"trustar": {"enclaveId": "a"}}}"#,
                "spec",
            ),
            (
                r#"{"enclaveId": null, "destination": {}}"#,
                "spec.destination",
            ),
            (
                r#"{"enclaveId": null, "destination": {"misp": {"server": "https://misp"}}}"#,
                "spec.destination.misp.server",
            ),
            (
                r#"{"enclaveId": null, "destination": {"misp": {"server": "main", "tags": [" "]}}}"#,
                "spec.destination.misp.tags",
            ),
            (
                r#"{"enclaveId": null, "destination": {"taxii": {"server": "a", "collection": "b/c"}}}"#,
                "spec.destination.taxii.collection",
            ),
            (
                r#"{"enclaveId": null, "destination": {"taxii": {"server": "a", "collection": "b", "validFor": {"IP": "1m"}}}}"#,
                "spec.destination.taxii.validFor.IP",
            ),
            (
                r#"{"enclaveId": null, "destination": {"misp": {"server": "main"}, "trustar": {"enclaveId": "a"}}}"#,
                "spec.destination",
            ),
            (
                r#"{"enclaveId": null, "destination": {"trustar": {"enclaveId": "a b"}}}"#,
                "spec.destination.trustar.enclaveId",
            ),
            (r#"{"enclaveId": ""}"#, "spec.enclaveId"),
            (r#"{"enclaveId": "My Enclave"}"#, "spec.enclaveId"),
            (r#"{"secretRef": {"name": ""}}"#, "spec.secretRef.name"),
            (r#"{"interval": "30s"}"#, "spec.interval"),
            (r#"{"limit": 0}"#, "spec.limit"),
            (r#"{"limit": 501}"#, "spec.limit"),
            (r#"{"lookback": "-1d"}"#, "spec.lookback"),
            (r#"{"timeout": "6m"}"#, "spec.timeout"),
            (r#"{"indicatorTypes": []}"#, "spec.indicatorTypes"),
            (r#"{"indicatorSources": []}"#, "spec.indicatorSources"),
        ] {
            assert_eq!(
                FeedSettings::try_from(&spec(text)).unwrap_err().path,
                path,
                "{text}"
            );
        }
    }
}
