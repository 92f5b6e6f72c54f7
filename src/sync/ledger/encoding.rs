//! How a ledger is stored: one deflated, base64 text that fits one Kubernetes object.

#[cfg(test)]
mod golden;
mod stored;
#[cfg(test)]
mod tests;

use std::io::{Read as _, Write as _};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::bufread::DeflateDecoder;
use flate2::write::DeflateEncoder;

use super::{Ledger, Owner, Totals};
use stored::{Stored, VERSION, from_stored, to_stored};

/// The most bytes of an encoded ledger: an object in etcd must stay under 1.5 MiB.
pub const MAX_BYTES: usize = 1_000_000;

/// So many bytes of JSON fit however little they can be compressed: base64 makes four of three.
const FITS_ANYHOW: usize = MAX_BYTES / 3 * 2;

/// What an encoded ledger may inflate to; a larger one was not written by us.
const MAX_INFLATED: u64 = 64 * 1024 * 1024;

/// Why a ledger could not be encoded.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EncodeError {
    /// It would not fit one object.
    #[error("the ledger needs {0} bytes, more than the {MAX_BYTES} that fit one object")]
    Full(usize),
    /// It could not be serialised.
    #[error("the ledger could not be serialised: {0}")]
    Serialise(String),
}

/// Why a stored ledger is not taken for an owner's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Untrusted {
    /// It is the feed's, from when it wrote to another destination.
    OtherDestination {
        /// What that ledger sums up.
        totals: Totals,
    },
    /// It is another feed's, whatever its destination.
    OtherFeed,
    /// It is damaged, or of another version.
    Unreadable,
}

impl Ledger {
    /// Encodes it.
    ///
    /// # Errors
    /// When it needs more than [`MAX_BYTES`].
    pub fn encode(&self) -> Result<String, EncodeError> {
        let failed = |error: &dyn std::fmt::Display| EncodeError::Serialise(error.to_string());
        let json = serde_json::to_vec(&to_stored(self)).map_err(|error| failed(&error))?;
        // A sync waits for this several times; only a ledger that might not fit is worth more.
        let level = if json.len() > FITS_ANYHOW {
            Compression::default()
        } else {
            Compression::fast()
        };
        let mut deflate = DeflateEncoder::new(Vec::new(), level);
        deflate.write_all(&json).map_err(|error| failed(&error))?;
        let deflated = deflate.finish().map_err(|error| failed(&error))?;
        let text = STANDARD.encode(deflated);
        if text.len() > MAX_BYTES {
            return Err(EncodeError::Full(text.len()));
        }
        Ok(text)
    }

    /// Decodes what [`Ledger::encode`] gave. Anything that can't be read, or is another owner's,
    /// is an empty ledger: everything is looked at again, and nothing is lost.
    #[must_use]
    pub fn decode(text: &str, owner: Owner) -> Self {
        Self::decode_trusted(text, &owner).unwrap_or_else(|_| Self::new(owner))
    }

    /// Decodes what [`Ledger::encode`] gave.
    ///
    /// # Errors
    /// When it is not to be trusted, and why.
    pub fn decode_trusted(text: &str, owner: &Owner) -> Result<Self, Untrusted> {
        let stored = read(text).filter(|stored| stored.v == VERSION);
        let stored = stored.ok_or(Untrusted::Unreadable)?;
        if stored.owner.uid != owner.uid {
            Err(Untrusted::OtherFeed)
        } else if stored.owner.destination != owner.destination {
            Err(Untrusted::OtherDestination {
                totals: stored.totals,
            })
        } else {
            Ok(from_stored(stored))
        }
    }
}

impl Ledger {
    /// Decodes what [`Ledger::encode`] gave, whosever it is: to be shown, not to be gone on with.
    #[must_use]
    pub fn decode_unowned(text: &str) -> Option<Self> {
        let stored = read(text).filter(|stored| stored.v == VERSION);
        stored.map(from_stored)
    }
}

fn read(text: &str) -> Option<Stored> {
    let deflated = STANDARD.decode(text).ok()?;
    let mut json = Vec::new();
    DeflateDecoder::new(deflated.as_slice())
        .take(MAX_INFLATED)
        .read_to_end(&mut json)
        .ok()?;
    serde_json::from_slice(&json).ok()
}
