//! Reports as STIX 2.1 objects (OASIS STIX Version 2.1), for every destination that takes them. Pure.
//!
//! A report becomes an identity, an indicator for each address, domain, URL, digest and registry key that counts, a
//! vulnerability for each CVE, a malware object for each name, and a report that refers to all of them. No cyber-observable
//! and no marking definition is among them: those have no `modified`, and `OpenTAXII` answers 500 to what has none.

mod description;
mod ids;
mod mapping;
mod memory;
mod objects;
mod pattern;
#[cfg(test)]
mod tests;
mod times;

use std::collections::BTreeMap;
use std::time::Duration;

use indicators::IndicatorType;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use mapping::{MAX_REFERENCES, Mapped, map};
pub use memory::{MAX_REMEMBERED_BYTES, Memory};

/// With whom what is delivered may be shared: the label of the Traffic Light Protocol (FIRST, TLP 2.0).
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    JsonSchema,
)]
#[schemars(inline)]
pub enum Tlp {
    // No doc comments on the variants: with them the schema is no plain enum of strings.
    #[allow(missing_docs, reason = "the labels of the standard")]
    Clear,
    #[allow(missing_docs, reason = "the labels of the standard")]
    Green,
    #[default]
    #[allow(missing_docs, reason = "the labels of the standard")]
    Amber,
    #[allow(missing_docs, reason = "the labels of the standard")]
    AmberStrict,
    #[allow(missing_docs, reason = "the labels of the standard")]
    Red,
}

impl Tlp {
    /// The id of its marking definition: those of STIX 2.1, section 7.2.1.4, which has none for AMBER+STRICT; that is the
    /// id by which `OpenCTI` and its connectors know it.
    #[must_use]
    pub const fn marking(self) -> &'static str {
        match self {
            Self::Clear => "marking-definition--613f2e26-407d-48c7-9eca-b8e91df99dc9",
            Self::Green => "marking-definition--34098fce-860f-48ae-8e50-ebd3cc5e41da",
            Self::Amber => "marking-definition--f88d31f6-486f-44da-b317-01333bde0b82",
            Self::AmberStrict => "marking-definition--826578e1-40ad-459f-bc73-ede076f81f37",
            Self::Red => "marking-definition--5e57c739-391a-4eb3-b6be-7d15ca92d5ed",
        }
    }
}

/// How long the indicators of a type are valid, from when their report was posted; those of a type that is not named have
/// no end.
pub type ValidFor = BTreeMap<IndicatorType, Duration>;

/// One object, as it is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Object {
    /// `type--uuid`.
    pub id: String,
    /// The version: `modified`.
    pub modified: String,
    /// The JSON.
    pub json: String,
}
