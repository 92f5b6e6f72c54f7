//! Bitcoin addresses by their checksums: base58check (P2PKH, P2SH), bech32 (witness version 0) and bech32m (taproot).

use sha2::{Digest as _, Sha256};

/// Bytes of a decoded base58 address: version, 20 of hash, 4 of checksum.
const DECODED: usize = 25;

/// The bytes of a taproot address' program (BIP 341).
const TAPROOT: usize = 32;

/// Whether `word` is an address of Bitcoin's main network.
pub fn is_address(word: &str) -> bool {
    match word.as_bytes() {
        [b'1' | b'3', ..] if (26..=35).contains(&word.len()) => is_base58(word),
        [b'b' | b'B', b'c' | b'C', b'1', ..] if matches!(word.len(), 42 | 62) => is_segwit(word),
        _ => false,
    }
}

fn is_base58(word: &str) -> bool {
    let mut decoded = [0_u8; DECODED];
    if bs58::decode(word).onto(&mut decoded) != Ok(DECODED) {
        return false;
    }
    let (payload, checksum) = decoded.split_at(DECODED - 4);
    let version = match payload.first() {
        Some(0) => '1',
        Some(5) => '3',
        _ => return false,
    };
    word.starts_with(version) && Sha256::digest(Sha256::digest(payload)).starts_with(checksum)
}

fn is_segwit(word: &str) -> bool {
    // The length of a program of version 0 is checked by its decoder (BIP 141).
    bech32::segwit::decode(word).is_ok_and(|(network, version, program)| {
        network == bech32::hrp::BC
            && match version.to_u8() {
                0 => true,
                1 => program.len() == TAPROOT,
                _ => false,
            }
    })
}
