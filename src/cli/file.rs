//! Files that a command is given; `-` is standard input.

use std::fs::File;
use std::io::{self, IsTerminal as _, Read};
use std::path::Path;

use super::complain;

/// The most bytes of one file: what holds more is a disk's image or a log to be searched by other means.
const MOST_BYTES: u64 = 1 << 30;

/// What people call a file.
pub fn name_of(path: &Path) -> String {
    if path == Path::new("-") {
        "standard input".to_owned()
    } else {
        path.display().to_string()
    }
}

/// Opens a file. A person at a terminal is told that standard input is waited for.
///
/// # Errors
/// Where it can't be opened.
pub fn open(path: &Path) -> io::Result<Box<dyn Read>> {
    if path.is_dir() {
        return Err(io::Error::other("it is a directory: give the files in it"));
    }
    if path != Path::new("-") {
        return Ok(Box::new(File::open(path)?));
    }
    let input = io::stdin();
    if input.is_terminal() {
        complain("note", "reading standard input; end it with Ctrl-D");
    }
    Ok(Box::new(input.lock()))
}

/// All bytes of a file, at most 1 GiB.
///
/// # Errors
/// Where it can't be read, or is larger.
pub fn read(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    open(path)?.take(MOST_BYTES + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MOST_BYTES {
        return Err(io::Error::other(
            "it is larger than 1 GiB: split it, and give the parts one after the other",
        ));
    }
    Ok(bytes)
}
