//! Text from outside, as messages quote it.

use secrecy::SecretString;

use crate::telemetry::shown;

/// The most bytes of outside text in a message.
const SHOWN_BYTES: usize = 300;

/// `text` as [`shown::hiding`] shows it, at most 300 bytes of it.
#[must_use]
pub(crate) fn shown(text: &str, hide: &[SecretString]) -> String {
    shown::hiding(text, hide, SHOWN_BYTES)
}
