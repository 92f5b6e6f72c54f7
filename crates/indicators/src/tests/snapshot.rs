//! What is known to be wrong, kept beside the cases: a change of it shows in review, for better or worse.

use std::fs;
use std::path::Path;

/// Holds `lines` against the file `name` of the fixtures. `UPDATE=1` writes the file instead.
///
/// # Panics
/// If they differ, naming what is new and what is gone.
pub fn hold(name: &str, lines: &[String]) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("fixtures")
        .join(name);
    if std::env::var_os("UPDATE").is_some() {
        let text: String = lines.iter().flat_map(|line| [line, "\n"]).collect();
        fs::write(&path, text).unwrap();
        return;
    }
    let stored = fs::read_to_string(&path).unwrap_or_default();
    let stored: Vec<&str> = stored.lines().collect();
    let new: Vec<&String> = lines
        .iter()
        .filter(|line| !stored.contains(&line.as_str()))
        .collect();
    let gone: Vec<&&str> = stored
        .iter()
        .filter(|line| !lines.iter().any(|now| now == *line))
        .collect();
    assert!(
        new.is_empty() && gone.is_empty(),
        "{name} is not what it was.\nnew:\n{new:#?}\ngone:\n{gone:#?}\nIf this is meant: UPDATE=1 cargo test -p indicators"
    );
}
