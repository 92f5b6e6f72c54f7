//! Which certificate authorities are trusted: the system's, and those of a file that the user names.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;

/// The system's authorities: where `SSL_CERT_FILE` and `SSL_CERT_DIR` say they are, else in the usual bundle, else in the usual
/// folders. None where there is nothing of that; what can't be used is left out.
pub fn of_system() -> RootCertStore {
    let mut store = RootCertStore::empty();
    for file in files() {
        add_usable(&file, &mut store);
    }
    store
}

/// The files that may hold the system's authorities.
fn files() -> Vec<PathBuf> {
    let named = |name| env::var_os(name).unwrap_or_default();
    let (file, folders) = (named("SSL_CERT_FILE"), named("SSL_CERT_DIR"));
    let mut files = Vec::new();
    let is_named = |folder: &PathBuf| !folder.as_os_str().is_empty();
    let mut folders: Vec<_> = env::split_paths(&folders).filter(is_named).collect();
    if !file.is_empty() {
        files.push(file.into());
    } else if folders.is_empty() {
        let usual = openssl_probe::probe();
        match usual.cert_file {
            // The folder beside a bundle holds the same ones again, a file for each.
            Some(bundle) => files.push(bundle),
            None => folders = usual.cert_dir,
        }
    }
    let entries = folders
        .iter()
        .filter_map(|folder| fs::read_dir(folder).ok());
    files.extend(entries.flatten().flatten().map(|entry| entry.path()));
    files
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

    #[test]
    fn what_cant_be_used_or_is_there_twice_leaves_the_rest_of_a_bundle() {
        let certificate = || {
            let key = rcgen::KeyPair::generate().unwrap();
            let parameters = rcgen::CertificateParams::default();
            parameters.self_signed(&key).unwrap().pem()
        };
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
}
