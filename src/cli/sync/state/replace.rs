//! Replacing a file wholly or not at all, in a directory that may be everybody's.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::hash::{BuildHasher as _, RandomState};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

/// So many names are tried for a new file.
const TRIES: u32 = 8;

/// So many copies of damaged files stand side by side.
const COPIES: u32 = 10;

/// So many links are followed, one to the other: as many as Linux follows.
const LINKS: u32 = 40;

/// Puts a file with this content in the place of `target`, a link included, wholly or not at all.
pub(super) fn replace(target: &Path, content: &[u8]) -> io::Result<()> {
    let (temporary, mut file) = create(target)?;
    let replaced = file
        .write_all(content)
        .and_then(|()| file.sync_all())
        .and_then(|()| fs::rename(&temporary, target));
    if replaced.is_err() {
        let _ = fs::remove_file(&temporary);
    }
    replaced?;
    let directory = target
        .parent()
        .filter(|parent| !parent.as_os_str().is_empty());
    File::open(directory.unwrap_or(Path::new(".")))?.sync_all()
}

/// Creates a file beside `target` that can take its place: as readable to others as that one, at first to nobody else. It
/// holds ids of reports, and titles of those that failed. The name can't be guessed, and what is there already, a link
/// above all, is never opened.
pub(super) fn create(target: &Path) -> io::Result<(PathBuf, File)> {
    let mut tries = 0;
    let (temporary, file) = loop {
        // The seed of a hash table is random, so that nobody can foresee what it makes of anything.
        let random = RandomState::new().hash_one(target);
        let temporary = beside(target, &format!(".{random:016x}.tmp"));
        match new(&temporary) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists && tries < TRIES => {
                tries += 1;
            }
            opened => break (temporary, opened?),
        }
    };
    let before = fs::metadata(target);
    let readable = before.map_or(Ok(()), |before| file.set_permissions(before.permissions()));
    if readable.is_err() {
        let _ = fs::remove_file(&temporary);
    }
    readable.map(|()| (temporary, file))
}

/// Copies a file to a name beside it that nothing has yet, and says which; a copy that an earlier run made of it will do.
///
/// # Errors
/// Where it can't be copied, or there are as many copies as there may be.
pub(super) fn copy_aside(path: &Path) -> io::Result<PathBuf> {
    let content = fs::read(path)?;
    for number in 0..COPIES {
        let suffix = match number {
            0 => ".damaged".to_owned(),
            more => format!(".damaged.{more}"),
        };
        let copy = beside(path, &suffix);
        match new(&copy) {
            Ok(mut file) => {
                let written = file.write_all(&content).and_then(|()| file.sync_all());
                if written.is_err() {
                    // A part of it would stand for one of the copies that there may be.
                    let _ = fs::remove_file(&copy);
                }
                return written.map(|()| copy);
            }
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                if holds(&copy, &content) {
                    return Ok(copy);
                }
            }
            Err(error) => return Err(error),
        }
    }
    let name = beside(path, ".damaged*");
    Err(io::Error::other(format!(
        "there are {COPIES} copies of damaged ones already, {}: look at them, and remove what nobody needs",
        name.display()
    )))
}

/// Whether a file, and no link, has this content.
fn holds(path: &Path, content: &[u8]) -> bool {
    let like = |file: fs::Metadata| file.is_file() && file.len() == content.len() as u64;
    fs::symlink_metadata(path).is_ok_and(like) && fs::read(path).is_ok_and(|read| read == content)
}

/// Creates a file that only its owner reads. A link is never followed: what has the name already is left alone.
fn new(path: &Path) -> io::Result<File> {
    OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
}

/// Where `path` leads to, by links, that of a file which is not there yet among them.
pub(super) fn led_to(path: &Path) -> PathBuf {
    let mut path = path.to_owned();
    for _ in 0..LINKS {
        let Ok(target) = fs::read_link(&path) else {
            break;
        };
        let directory = path.parent().unwrap_or(Path::new(""));
        path = directory.join(target);
    }
    fs::canonicalize(&path).unwrap_or(path)
}

fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(suffix);
    PathBuf::from(name)
}
