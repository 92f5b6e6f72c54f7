//! The credentials of a feed.

use std::fmt;

use secrecy::SecretString;

use super::Target;
use super::target::{EnclaveId, MispPlace, TaxiiPlace};
use crate::destinations::{misp, taxii, trustar};
use crate::flashpoint::ApiKey;

/// The secret's key that holds Flashpoint's API key.
pub const FLASHPOINT_API_KEY: &str = "flashpoint-api-key";
/// The secret's key that holds TruSTAR's API key.
pub const TRUSTAR_API_KEY: &str = "trustar-api-key";
/// The secret's key that holds TruSTAR's API secret.
pub const TRUSTAR_API_SECRET: &str = "trustar-api-secret";
/// The secret's key that holds the token of a TAXII server.
pub const TAXII_TOKEN: &str = "taxii-token";
/// The secret's key that holds the user's name at a TAXII server.
pub const TAXII_USERNAME: &str = "taxii-username";
/// The secret's key that holds the user's password at a TAXII server.
pub const TAXII_PASSWORD: &str = "taxii-password";
/// The secret's key that holds the key of a MISP user.
pub const MISP_AUTH_KEY: &str = "misp-auth-key";

/// What one feed authenticates with; nothing of it is ever printed.
#[derive(Clone)]
pub struct Credentials {
    /// For Flashpoint.
    pub flashpoint: ApiKey,
    /// For the destination.
    pub access: Access,
}

/// The place that reports go to, with the credential for it.
#[derive(Clone)]
pub enum Access {
    /// A TruSTAR enclave.
    Trustar(EnclaveId, trustar::Credential),
    /// A TAXII collection.
    Taxii(TaxiiPlace, taxii::Credential),
    /// A MISP.
    Misp(MispPlace, misp::Credential),
}

/// Keys that are absent, empty, or not text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyMissing(Vec<&'static str>);

impl fmt::Display for KeyMissing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "lacks a usable value for {}: add it", self.0.join(", "))
    }
}

impl KeyMissing {
    /// What both lack, of one secret.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        self.0.extend(other.0);
        self
    }
}

impl ApiKey {
    /// Takes Flashpoint's API key from the keys of a secret.
    ///
    /// # Errors
    /// Where it is absent, empty, or not text.
    pub fn from_keys<'a>(value: impl Fn(&str) -> Option<&'a [u8]>) -> Result<Self, KeyMissing> {
        let mut keys = Keys::new(value);
        let key = Self(keys.take(FLASHPOINT_API_KEY));
        keys.all(key)
    }
}

impl Access {
    /// Takes the credential for `target` from the keys of a secret.
    ///
    /// # Errors
    /// Where keys are absent, empty, or not text.
    pub fn from_keys<'a>(
        target: &Target,
        value: impl Fn(&str) -> Option<&'a [u8]>,
    ) -> Result<Self, KeyMissing> {
        let mut keys = Keys::new(value);
        let access = match target {
            Target::Trustar(enclave) => Self::Trustar(
                enclave.clone(),
                trustar::Credential {
                    key: keys.take(TRUSTAR_API_KEY),
                    secret: keys.take(TRUSTAR_API_SECRET),
                },
            ),
            Target::Taxii(place) => Self::Taxii(place.clone(), keys.taxii()),
            Target::Misp(place) => {
                Self::Misp(place.clone(), misp::Credential(keys.take(MISP_AUTH_KEY)))
            }
        };
        keys.all(access)
    }
}

/// The values of a secret, and which were missed.
struct Keys<F> {
    value: F,
    missing: Vec<&'static str>,
}

impl<'a, F: Fn(&str) -> Option<&'a [u8]>> Keys<F> {
    const fn new(value: F) -> Self {
        let missing = Vec::new();
        Self { value, missing }
    }

    /// The value of a key. White space around it is left out: files and shells leave a newline there.
    fn given(&self, key: &'static str) -> Option<SecretString> {
        // Windows editors put a byte order mark before what they save.
        (self.value)(key)
            .and_then(|bytes| std::str::from_utf8(bytes).ok())
            .map(|text| text.trim_start_matches('\u{feff}').trim())
            .filter(|text| !text.is_empty() && !text.contains(char::is_control))
            .map(SecretString::from)
    }

    /// The value of a key that must be there.
    fn take(&mut self, key: &'static str) -> SecretString {
        let given = self.given(key);
        if given.is_none() {
            self.missing.push(key);
        }
        given.unwrap_or_default()
    }

    /// A token, or else a user's name and password.
    fn taxii(&mut self) -> taxii::Credential {
        if let Some(token) = self.given(TAXII_TOKEN) {
            return taxii::Credential::Token(token);
        }
        match (self.given(TAXII_USERNAME), self.given(TAXII_PASSWORD)) {
            (None, None) => {
                self.missing
                    .push("taxii-token, or taxii-username and taxii-password");
                taxii::Credential::Token(SecretString::default())
            }
            _ => taxii::Credential::Basic {
                username: self.take(TAXII_USERNAME),
                password: self.take(TAXII_PASSWORD),
            },
        }
    }

    /// What was taken, if nothing was missed.
    fn all<T>(self, taken: T) -> Result<T, KeyMissing> {
        if self.missing.is_empty() {
            Ok(taken)
        } else {
            Err(KeyMissing(self.missing))
        }
    }
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret as _;

    use super::*;
    use crate::destinations::stix::{Tlp, ValidFor};

    fn enclave() -> Target {
        Target::Trustar(EnclaveId::new("3f1d2c84").unwrap())
    }

    fn collection() -> Target {
        Target::Taxii(TaxiiPlace {
            server: "opencti".to_owned(),
            collection: "c1".to_owned(),
            tlp: Tlp::Amber,
            valid_for: ValidFor::default(),
        })
    }

    #[test]
    fn a_newline_or_a_byte_order_mark_around_a_value_is_left_out() {
        for value in ["key\n", " key", "\u{feff}key\r\n"] {
            let key = ApiKey::from_keys(|_| Some(value.as_bytes())).unwrap();
            assert_eq!(key.0.expose_secret(), "key", "{value:?}");
        }
    }

    #[test]
    fn every_missing_key_is_named() {
        let keys = |key: &str| (key == TRUSTAR_API_KEY).then_some(b" ".as_slice());
        let (Err(source), Err(destination)) =
            (ApiKey::from_keys(keys), Access::from_keys(&enclave(), keys))
        else {
            panic!("taken")
        };
        let text = source.and(destination).to_string();
        for key in [FLASHPOINT_API_KEY, TRUSTAR_API_KEY, TRUSTAR_API_SECRET] {
            assert!(text.contains(key), "{text}");
        }
    }

    #[test]
    fn what_is_no_text_is_missing() {
        for bytes in [&[0xff_u8, 0xfe][..], b"a\nb", b""] {
            assert!(ApiKey::from_keys(|_| Some(bytes)).is_err(), "{bytes:?}");
        }
    }

    #[test]
    fn a_taxii_server_takes_a_token_or_a_name_with_a_password() {
        let with = |given: &'static [&'static str]| {
            Access::from_keys(&collection(), move |key| {
                given.contains(&key).then_some(b"value".as_slice())
            })
        };
        let missing = |given| with(given).err().map(|missing| missing.to_string());
        let token = with(&[TAXII_TOKEN, TAXII_USERNAME]);
        assert!(matches!(
            token,
            Ok(Access::Taxii(_, taxii::Credential::Token(_)))
        ));
        let basic = with(&[TAXII_USERNAME, TAXII_PASSWORD]);
        assert!(matches!(
            basic,
            Ok(Access::Taxii(_, taxii::Credential::Basic { .. }))
        ));
        assert!(missing(&[TAXII_USERNAME]).unwrap().contains(TAXII_PASSWORD));
        let neither = missing(&[]).unwrap();
        assert!(neither.contains(TAXII_TOKEN) && neither.contains(TAXII_PASSWORD));
    }
}
