//! Which certificate authorities are trusted: the system's, and those of a file that the user names.

use std::collections::HashSet;
use std::env;
use std::ffi::OsStr;
use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use openssl_probe::ProbeResult;
use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;

/// The system's authorities: where `SSL_CERT_FILE` and `SSL_CERT_DIR` say they are, else in the usual bundle and folders. None
/// where there is nothing of that; what can't be used is left out.
pub fn of_system() -> RootCertStore {
    let named = |name| env::var_os(name).unwrap_or_default();
    let (file, folders) = (named("SSL_CERT_FILE"), named("SSL_CERT_DIR"));
    let mut store = RootCertStore::empty();
    for file in files(&file, &folders, openssl_probe::probe) {
        add_usable(&file, &mut store);
    }
    if store.is_empty() {
        // Some systems keep them elsewhere than in files.
        store.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    }
    store
}

/// The files that may hold the system's authorities, each once however many links lead to it. Where `file` and `folders` are both
/// empty, the `usual` ones.
fn files(file: &OsStr, folders: &OsStr, usual: impl FnOnce() -> ProbeResult) -> Vec<PathBuf> {
    let (file, folders): (Option<PathBuf>, Vec<PathBuf>) = if file.is_empty() && folders.is_empty()
    {
        let usual = usual();
        (usual.cert_file, usual.cert_dir)
    } else {
        let file = (!file.is_empty()).then(|| file.into());
        (file, env::split_paths(folders).collect())
    };
    let entries = folders
        .iter()
        .filter_map(|folder| fs::read_dir(folder).ok());
    let entries = entries.flatten().flatten().map(|entry| entry.path());
    let mut seen = HashSet::new();
    let mut is_new_file = |path: &PathBuf| {
        fs::metadata(path)
            .is_ok_and(|found| found.is_file() && seen.insert((found.dev(), found.ino())))
    };
    let files = file.into_iter().chain(entries);
    files.filter(|path| is_new_file(path)).collect()
}

/// Adds what can be used of a PEM file, and is not known yet. One certificate is read after the other: together they would take
/// a third of a megabyte, which stays with the process.
fn add_usable(file: &Path, store: &mut RootCertStore) {
    let certificates = CertificateDer::pem_file_iter(file).ok();
    for certificate in certificates.into_iter().flatten().flatten() {
        store.add_parsable_certificates([certificate]);
        if let Some((last, others)) = store.roots.split_last()
            && others.contains(last)
        {
            store.roots.pop();
        }
    }
}

/// Adds the authorities in a PEM file.
///
/// # Errors
/// Where it can't be read, holds no certificate, or one that can't be used.
pub fn add(file: &Path, store: &mut RootCertStore) -> Result<(), String> {
    let before = store.len();
    let pem = fs::read(file).map_err(|error| error.to_string())?;
    for certificate in CertificateDer::pem_slice_iter(&pem) {
        let certificate = certificate.map_err(|error| error.to_string())?;
        store.add(certificate).map_err(|error| error.to_string())?;
    }
    if store.len() == before {
        return Err("it holds no PEM certificate".to_owned());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    fn certificate() -> String {
        let key = rcgen::KeyPair::generate().unwrap();
        let parameters = rcgen::CertificateParams::default();
        parameters.self_signed(&key).unwrap().pem()
    }

    #[test]
    fn what_cant_be_used_or_is_there_twice_leaves_the_rest_of_a_bundle() {
        let (first, second) = (certificate(), certificate());
        let useless = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        let broken = "-----BEGIN CERTIFICATE-----\n=\n-----END CERTIFICATE-----\n";
        let file = tempfile::NamedTempFile::new().unwrap();
        let bundle = [&first, useless, "# a remark\n", broken, &second, &first].concat();
        fs::write(file.path(), bundle).unwrap();
        let mut store = RootCertStore::empty();
        add_usable(file.path(), &mut store);
        assert_eq!(store.len(), 2);
        add_usable(Path::new("/nowhere"), &mut store);
        assert_eq!(store.len(), 2);
    }

    #[test]
    fn what_is_named_comes_before_what_is_usual() {
        let home = tempfile::tempdir().unwrap();
        let path = |name: &str| home.path().join(name);
        fs::write(path("bundle.pem"), certificate()).unwrap();
        for folder in ["one", "two"] {
            fs::create_dir_all(path(folder).join("inner")).unwrap();
            fs::write(path(folder).join("own.pem"), certificate()).unwrap();
            std::os::unix::fs::symlink(path("bundle.pem"), path(folder).join("5f618aec.0"))
                .unwrap();
        }
        let named = |file: &str, folders: &[&str]| {
            let folders = env::join_paths(folders.iter().map(|folder| path(folder))).unwrap();
            let file = if file.is_empty() {
                PathBuf::new()
            } else {
                path(file)
            };
            let usual = || ProbeResult {
                cert_file: Some(path("bundle.pem")),
                cert_dir: vec![path("one")],
            };
            let found = files(file.as_os_str(), &folders, usual);
            let relative = |path: PathBuf| path.strip_prefix(home.path()).unwrap().to_owned();
            let mut found: Vec<_> = found.into_iter().map(relative).collect();
            found.sort();
            found
        };
        let expected = |files: &[&str]| files.iter().map(PathBuf::from).collect::<Vec<_>>();
        assert_eq!(named("", &[]), expected(&["bundle.pem", "one/own.pem"]));
        assert_eq!(named("bundle.pem", &[]), expected(&["bundle.pem"]));
        assert_eq!(named("two/own.pem", &["one"]).len(), 3);
        assert_eq!(named("", &["one", "two", "absent"]).len(), 3);
        assert_eq!(named("absent.pem", &[]), expected(&[]));
    }
}
