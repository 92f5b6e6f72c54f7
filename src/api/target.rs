//! Where a feed's reports go, read once into types that can't be wrong.

use std::borrow::Cow;
use std::fmt;

use super::destination::{DestinationSpec, MispSpec, TaxiiSpec};
use super::duration::VALID_FOR;
use super::feed::FlashpointFeedSpec;
use super::object_rule::ObjectRule;
use super::rule::TextRule;
use super::settings::{SettingsError, length};
use crate::destinations::misp::Distribution;
use crate::destinations::stix::{Tlp, ValidFor};
use indicators::IndicatorType;

/// The id of a TruSTAR enclave: 1 to 128 of `[A-Za-z0-9_-]`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct EnclaveId(String);

impl EnclaveId {
    /// Takes an id of that form.
    #[must_use]
    pub fn new(text: &str) -> Option<Self> {
        TextRule::EnclaveId
            .holds(text)
            .then(|| Self(text.to_owned()))
    }

    /// The id.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for EnclaveId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A collection of a TAXII server, and how reports are marked there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TaxiiPlace {
    /// The server's name in the operator's settings.
    pub server: String,
    /// The collection's id.
    pub collection: String,
    /// The marking of all that is sent.
    pub tlp: Tlp,
    /// How long indicators are valid after the report was posted; those of a type that is not named, without end.
    pub valid_for: ValidFor,
}

/// A MISP, and how events are made there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MispPlace {
    /// The server's name in the operator's settings.
    pub server: String,
    /// Who may see the events.
    pub distribution: Distribution,
    /// Whether they are published.
    pub publish: bool,
    /// Their tags, besides the report's own.
    pub tags: Vec<String>,
}

/// Where a feed's reports go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// A TruSTAR enclave.
    Trustar(EnclaveId),
    /// A TAXII collection.
    Taxii(TaxiiPlace),
    /// A MISP.
    Misp(MispPlace),
}

impl Target {
    /// The place, as a message calls it.
    #[must_use]
    pub const fn noun(&self) -> &'static str {
        match self {
            Self::Trustar(_) => "the enclave",
            Self::Taxii(_) => "the collection",
            Self::Misp(_) => "MISP",
        }
    }

    /// What names the place, for ever: the ledger belongs to it. An enclave's id has no `/`, so that no two places share
    /// a name.
    #[must_use]
    pub fn identity(&self) -> Cow<'_, str> {
        match self {
            Self::Trustar(enclave) => Cow::Borrowed(enclave.as_str()),
            Self::Taxii(place) => format!("taxii/{}/{}", place.server, place.collection).into(),
            Self::Misp(place) => format!("misp/{}", place.server).into(),
        }
    }
}

impl TryFrom<&FlashpointFeedSpec> for Target {
    type Error = SettingsError;

    fn try_from(spec: &FlashpointFeedSpec) -> Result<Self, SettingsError> {
        match (&spec.enclave_id, &spec.destination) {
            (Some(id), None) => enclave("spec.enclaveId", id),
            (None, Some(destination)) => named(destination),
            _ => Err(broken("spec", ObjectRule::OneDestination)),
        }
    }
}

fn named(destination: &DestinationSpec) -> Result<Target, SettingsError> {
    let DestinationSpec {
        trustar,
        taxii,
        misp,
    } = destination;
    match (trustar, taxii, misp) {
        (Some(place), None, None) => {
            enclave("spec.destination.trustar.enclaveId", &place.enclave_id)
        }
        (None, Some(place), None) => collection(place).map(Target::Taxii),
        (None, None, Some(place)) => events(place).map(Target::Misp),
        _ => Err(broken("spec.destination", ObjectRule::OneMember)),
    }
}

fn enclave(path: &'static str, id: &str) -> Result<Target, SettingsError> {
    let reason = TextRule::EnclaveId.message();
    EnclaveId::new(id)
        .map(Target::Trustar)
        .ok_or(SettingsError { path, reason })
}

fn collection(spec: &TaxiiSpec) -> Result<TaxiiPlace, SettingsError> {
    let server = "spec.destination.taxii.server";
    let collection = "spec.destination.taxii.collection";
    Ok(TaxiiPlace {
        server: text(server, TextRule::ServerName, &spec.server)?,
        collection: text(collection, TextRule::CollectionId, &spec.collection)?,
        tlp: spec.tlp,
        valid_for: valid_for(spec)?,
    })
}

fn valid_for(spec: &TaxiiSpec) -> Result<ValidFor, SettingsError> {
    let given = &spec.valid_for;
    let lengths = [
        (
            IndicatorType::Ip,
            "spec.destination.taxii.validFor.IP",
            &given.IP,
        ),
        (
            IndicatorType::Domain,
            "spec.destination.taxii.validFor.Domain",
            &given.Domain,
        ),
        (
            IndicatorType::Url,
            "spec.destination.taxii.validFor.URL",
            &given.URL,
        ),
        (
            IndicatorType::Sha1,
            "spec.destination.taxii.validFor.SHA1",
            &given.SHA1,
        ),
        (
            IndicatorType::Sha256,
            "spec.destination.taxii.validFor.SHA256",
            &given.SHA256,
        ),
        (
            IndicatorType::RegistryKey,
            "spec.destination.taxii.validFor.RegistryKey",
            &given.RegistryKey,
        ),
    ];
    let mut valid_for = ValidFor::new();
    for (kind, path, text) in lengths {
        if let Some(text) = text {
            valid_for.insert(kind, length(path, VALID_FOR, text)?);
        }
    }
    Ok(valid_for)
}

fn events(spec: &MispSpec) -> Result<MispPlace, SettingsError> {
    let tags = spec
        .tags
        .iter()
        .map(|tag| text("spec.destination.misp.tags", TextRule::Tag, tag));
    Ok(MispPlace {
        server: text(
            "spec.destination.misp.server",
            TextRule::ServerName,
            &spec.server,
        )?,
        distribution: spec.distribution,
        publish: spec.publish,
        tags: tags.collect::<Result<_, _>>()?,
    })
}

fn text(path: &'static str, rule: TextRule, text: &str) -> Result<String, SettingsError> {
    if rule.holds(text) {
        Ok(text.to_owned())
    } else {
        let reason = rule.message();
        Err(SettingsError { path, reason })
    }
}

fn broken(path: &'static str, rule: ObjectRule) -> SettingsError {
    SettingsError {
        path,
        reason: rule.message().to_owned(),
    }
}
