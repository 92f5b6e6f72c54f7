//! The files of `tests/golden`: what this or an earlier version of the operator stores, held to the byte.

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use indicators::IndicatorType;
use jiff::Timestamp;

/// A time as the expectations write it.
pub fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// A count of each type, no two of them equal.
pub fn of_each_type() -> BTreeMap<IndicatorType, u64> {
    BTreeMap::from([
        (IndicatorType::Ip, 21),
        (IndicatorType::Domain, 22),
        (IndicatorType::Url, 23),
        (IndicatorType::BitcoinAddress, 24),
        (IndicatorType::Sha1, 25),
        (IndicatorType::Sha256, 26),
        (IndicatorType::Cve, 27),
        (IndicatorType::RegistryKey, 28),
        (IndicatorType::Malware, 29),
    ])
}

fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/golden")
        .join(name)
}

/// Whether the files are to be written instead of being held, which `tests/golden/README.md` says when to do.
fn is_written() -> bool {
    env::var("UPDATE").is_ok_and(|update| update == "golden")
}

/// The content of a file, without the newline at its end.
///
/// # Panics
/// If it can't be read.
pub fn read(name: &str) -> String {
    let path = path(name);
    let text =
        fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    text.trim_end_matches('\n').to_owned()
}

/// Writes `content` to a file if it was asked for by `UPDATE=golden`.
///
/// # Panics
/// If it can't be written.
pub fn update(name: &str, content: &str) {
    if is_written() {
        fs::write(path(name), format!("{content}\n")).unwrap();
    }
}

/// Compares what is stored today with what the file holds, both as text.
///
/// # Panics
/// If they differ, with both of them.
pub fn hold(name: &str, stored_today: &str, held: &str) {
    assert!(
        stored_today == held,
        "what is stored is no longer what tests/golden/{name} holds, which other versions of the operator read and \
         wrote (see tests/golden/README.md)\nheld:   {held}\nstored: {stored_today}"
    );
}
