//! The credentials of a feed.

use std::fmt;

use secrecy::SecretString;

use crate::destinations::trustar::Credential;
use crate::flashpoint::ApiKey;

/// The secret's key that holds Flashpoint's API key.
pub const FLASHPOINT_API_KEY: &str = "flashpoint-api-key";
/// The secret's key that holds TruSTAR's API key.
pub const TRUSTAR_API_KEY: &str = "trustar-api-key";
/// The secret's key that holds TruSTAR's API secret.
pub const TRUSTAR_API_SECRET: &str = "trustar-api-secret";

/// What one feed authenticates with; nothing of it is ever printed.
#[derive(Clone)]
pub struct Credentials {
    /// For Flashpoint.
    pub flashpoint: ApiKey,
    /// For TruSTAR.
    pub trustar: Credential,
}

/// Keys that are absent, empty, or not text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyMissing(Vec<&'static str>);

impl fmt::Display for KeyMissing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "lacks a usable value for {}: add it", self.0.join(", "))
    }
}

impl Credentials {
    /// Takes the credentials from the keys of a secret. White space around a value is left out:
    /// files and shells leave a newline there.
    ///
    /// # Errors
    /// Where keys are absent, empty, or not text.
    pub fn from_keys<'a>(value: impl Fn(&str) -> Option<&'a [u8]>) -> Result<Self, KeyMissing> {
        let mut missing = Vec::new();
        let mut take = |key: &'static str| {
            // Windows editors put a byte order mark before what they save.
            let text = value(key)
                .and_then(|bytes| std::str::from_utf8(bytes).ok())
                .map(|text| text.trim_start_matches('\u{feff}').trim());
            let text = text.filter(|text| !text.is_empty() && !text.contains(char::is_control));
            if text.is_none() {
                missing.push(key);
            }
            SecretString::from(text.unwrap_or_default())
        };
        let credentials = Self {
            flashpoint: ApiKey(take(FLASHPOINT_API_KEY)),
            trustar: Credential {
                key: take(TRUSTAR_API_KEY),
                secret: take(TRUSTAR_API_SECRET),
            },
        };
        if missing.is_empty() {
            Ok(credentials)
        } else {
            Err(KeyMissing(missing))
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use secrecy::ExposeSecret as _;

    use super::*;

    #[test]
    fn a_newline_or_a_byte_order_mark_around_a_value_is_left_out() {
        for value in ["key\n", " key", "\u{feff}key\r\n"] {
            let credentials = Credentials::from_keys(|_| Some(value.as_bytes())).unwrap();
            assert_eq!(credentials.flashpoint.0.expose_secret(), "key", "{value:?}");
        }
    }

    #[test]
    fn every_missing_key_is_named() {
        let keys = |key: &str| (key == TRUSTAR_API_KEY).then_some(b" ".as_slice());
        let Err(missing) = Credentials::from_keys(keys) else {
            panic!("taken")
        };
        let text = missing.to_string();
        for key in [FLASHPOINT_API_KEY, TRUSTAR_API_KEY, TRUSTAR_API_SECRET] {
            assert!(text.contains(key), "{text}");
        }
    }

    #[test]
    fn what_is_no_text_is_missing() {
        for bytes in [&[0xff_u8, 0xfe][..], b"a\nb", b""] {
            assert!(
                Credentials::from_keys(|_| Some(bytes)).is_err(),
                "{bytes:?}"
            );
        }
    }
}
