//! Digests the sources and the lists: whatever changes what is found or counts changes the digest, and reports that did not count are looked
//! at again. A comment changes it too, which costs one more look.

use std::path::{Path, PathBuf};
use std::{env, fs, io};

pub const SEED: u64 = 0xcbf2_9ce4_8422_2325;

fn main() -> io::Result<()> {
    let root = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default());
    for folder in ["src", "lists"] {
        println!("cargo:rerun-if-changed={folder}");
    }
    let digest = digest(&root.join("lists"), digest(&root.join("src"), SEED)?)?;
    println!("cargo:rustc-env=RULES_DIGEST={digest:016x}");
    Ok(())
}

/// FNV-1a over the names and the content of what is in a folder and below it, tests aside, in the order of the names.
///
/// # Errors
/// Where something in it can't be read.
pub fn digest(folder: &Path, mut hash: u64) -> io::Result<u64> {
    let mut entries = fs::read_dir(folder)?.collect::<io::Result<Vec<_>>>()?;
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let path = entry.path();
        if path.file_stem().is_some_and(|stem| stem == "tests") {
            continue;
        }
        hash = fnv(hash, entry.file_name().as_encoded_bytes());
        hash = if path.is_dir() {
            digest(&path, hash)?
        } else {
            fnv(hash, &fs::read(path)?)
        };
    }
    Ok(hash)
}

fn fnv(mut hash: u64, bytes: &[u8]) -> u64 {
    // A carriage return is how a checkout ends lines.
    for byte in bytes.iter().filter(|byte| **byte != b'\r') {
        hash = (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
    }
    hash
}
