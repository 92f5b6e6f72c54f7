//! How the TruSTAR server behaves, above all where its documentation is silent.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// Which tags are taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TagPolicy {
    /// Any of at most 90 characters; stored in lower case.
    #[default]
    Lenient,
    /// As documented: letters, digits, `-` and `_` only, at most 90; stored in lower case.
    Strict,
}

/// How upsert answers. Its documentation does not say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Upsert {
    /// 200 and the bare GUID.
    #[default]
    Bare,
    /// 200 and the GUID as a JSON string.
    Quoted,
    /// 200 and `{"id": GUID}`.
    Object,
    /// 404: no such call, which leads clients to their fallback.
    Missing,
    /// 405, likewise.
    NotAllowed,
}

/// What a plain POST of a known external id gives. Its documentation does not say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Duplicates {
    /// 409.
    #[default]
    Conflict,
    /// 400.
    BadRequest,
    /// Another report of the same external id.
    Accepted,
}

/// Within what an external id is unique.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Scope {
    /// Within company and enclave, as the newest documentation says.
    #[default]
    CompanyAndEnclave,
    /// Within the company: a write to another enclave changes the report where it is.
    Company,
}

/// How long a report just created can't be found by reads, tags and deletion (404).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Settling {
    /// Not at all.
    #[default]
    None,
    /// For this long.
    For(Duration),
    /// For this many calls about it.
    Calls(u32),
}

/// An API key with its secret: one user of the company.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credential {
    /// The key.
    pub key: String,
    /// The secret.
    pub secret: String,
}

/// An enclave and the rights on it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Enclave {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its type, such as `INTERNAL`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The right to read.
    pub read: bool,
    /// The right to submit reports.
    pub create: bool,
    /// The right to change them, tags included.
    pub update: bool,
}

impl Enclave {
    /// An internal enclave with all rights.
    #[must_use]
    pub fn writable(id: &str, name: &str) -> Self {
        Self {
            id: id.to_owned(),
            name: name.to_owned(),
            kind: "INTERNAL".to_owned(),
            read: true,
            create: true,
            update: true,
        }
    }
}

/// The id of the enclave that [`Settings::default`] has.
pub const ENCLAVE: &str = "3f1d2c84-6a0b-4c57-9e3a-b2d7c1f08e65";

/// How the server behaves.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Those who may have tokens.
    pub credentials: Vec<Credential>,
    /// The company's enclaves.
    pub enclaves: Vec<Enclave>,
    /// How long a token lives.
    pub token_life: Duration,
    /// The status of a call with an expired or unknown token.
    pub bad_token_status: u16,
    /// The status of a token request with bad credentials.
    pub bad_credentials_status: u16,
    /// Which tags are taken.
    pub tags: TagPolicy,
    /// How upsert answers.
    pub upsert: Upsert,
    /// What a POST of a known external id gives.
    pub duplicates: Duplicates,
    /// Within what an external id is unique.
    pub scope: Scope,
    /// How long a new report can't be found.
    pub settling: Settling,
    /// The largest body of a report's submission, in bytes; a larger one is a 413.
    pub max_body_bytes: usize,
    /// The most indicators in a report (roughly counted); more are a 413.
    pub max_indicators: usize,
    /// Calls a minute for each credential.
    pub calls_per_minute: Option<u32>,
    /// Calls in five minutes for all together.
    pub host_calls_per_5_minutes: Option<u32>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            credentials: vec![Credential {
                key: "trustar-key-of-the-simulator".to_owned(),
                secret: "trustar-secret-of-the-simulator".to_owned(),
            }],
            enclaves: vec![Enclave::writable(ENCLAVE, "Flashpoint")],
            token_life: Duration::from_mins(10),
            bad_token_status: 400,
            bad_credentials_status: 401,
            tags: TagPolicy::Lenient,
            upsert: Upsert::Bare,
            duplicates: Duplicates::Conflict,
            scope: Scope::CompanyAndEnclave,
            settling: Settling::None,
            max_body_bytes: 2 * 1024 * 1024,
            max_indicators: 2_000,
            calls_per_minute: None,
            host_calls_per_5_minutes: None,
        }
    }
}
