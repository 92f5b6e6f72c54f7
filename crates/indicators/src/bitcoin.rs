//! Bitcoin addresses by their checksums: base58check (P2PKH, P2SH), bech32 (witness version 0) and bech32m (taproot).

use sha2::{Digest as _, Sha256};

const BASE58: &[u8; 58] = b"123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
const BECH32: &[u8; 32] = b"qpzry9x8gf2tvdw0s3jn54khce6mua7l";

/// Bytes of a decoded base58 address: version, 20 of hash, 4 of checksum.
const DECODED: usize = 25;

/// The polynomial's constants for bech32 (BIP 173) and bech32m (BIP 350).
const BECH32_CHECK: u32 = 1;
const BECH32M_CHECK: u32 = 0x2bc8_30a3;

/// Whether `word` is an address of Bitcoin's main network.
#[must_use]
pub fn is_address(word: &str) -> bool {
    match word.as_bytes() {
        [b'1' | b'3', ..] if (26..=35).contains(&word.len()) => is_base58(word.as_bytes()),
        [b'b', b'c', b'1', data @ ..] if matches!(data.len(), 39 | 59) => is_segwit(data),
        [b'B', b'C', b'1', data @ ..] if matches!(data.len(), 39 | 59) => {
            !data.iter().any(u8::is_ascii_lowercase) && is_segwit(&data.to_ascii_lowercase())
        }
        _ => false,
    }
}

fn is_base58(word: &[u8]) -> bool {
    let Some(decoded) = decode_base58(word) else {
        return false;
    };
    let (payload, checksum) = decoded.split_at(DECODED - 4);
    let version = match payload.first() {
        Some(0) => b'1',
        Some(5) => b'3',
        _ => return false,
    };
    word.first() == Some(&version) && Sha256::digest(Sha256::digest(payload)).starts_with(checksum)
}

/// The bytes of a number in base 58, if they fit and fill their place.
fn decode_base58(word: &[u8]) -> Option<[u8; DECODED]> {
    let mut decoded = [0_u8; DECODED];
    for letter in word {
        let digit = BASE58.iter().position(|known| known == letter)?;
        let mut carry = u32::try_from(digit).ok()?;
        for byte in decoded.iter_mut().rev() {
            carry += u32::from(*byte) * 58;
            *byte = carry.to_le_bytes()[0];
            carry >>= 8;
        }
        if carry > 0 {
            return None;
        }
    }
    let zeros = decoded.iter().take_while(|byte| **byte == 0).count();
    let ones = word.iter().take_while(|letter| **letter == b'1').count();
    (zeros == ones).then_some(decoded)
}

/// Whether the data part of an address with the prefix `bc` has the right length and checksum for its witness version.
fn is_segwit(data: &[u8]) -> bool {
    let mut values = Vec::with_capacity(data.len());
    for letter in data {
        let Some(value) = BECH32.iter().position(|known| known == letter) else {
            return false;
        };
        values.push(u32::try_from(value).unwrap_or_default());
    }
    let expected = match (values.first(), values.len()) {
        (Some(0), _) => BECH32_CHECK,
        (Some(1), 59) => BECH32M_CHECK,
        _ => return false,
    };
    polymod(&values) == expected
}

/// The checksum of BIP 173 over the prefix `bc` and `values`.
fn polymod(values: &[u32]) -> u32 {
    const GENERATOR: [u32; 5] = [
        0x3b6a_57b2,
        0x2650_8e6d,
        0x1ea1_19fa,
        0x3d42_33dd,
        0x2a14_62b3,
    ];
    let prefix = [3, 3, 0, 2, 3];
    prefix.iter().chain(values).fold(1, |check, value| {
        let top = check >> 25;
        let shifted = (check & 0x01ff_ffff) << 5 ^ value;
        GENERATOR
            .iter()
            .enumerate()
            .fold(
                shifted,
                |sum, (bit, term)| if top >> bit & 1 == 1 { sum ^ term } else { sum },
            )
    })
}
