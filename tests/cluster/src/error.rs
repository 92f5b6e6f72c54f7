//! What can go wrong, and who must act.

use std::{io, path::PathBuf};

/// Why there is no control plane, or why it could not do what was asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A version that is not `1.MINOR.PATCH`.
    #[error("{0:?} is no Kubernetes version: write it as 1.36.3")]
    Version(String),
    /// The directory that `KUBEBUILDER_ASSETS` names lacks a program.
    #[error("{} is missing: set KUBEBUILDER_ASSETS to a directory that holds kube-apiserver and etcd, or unset it", .0.display())]
    AssetMissing(PathBuf),
    /// Neither `XDG_CACHE_HOME` nor `HOME` is set.
    #[error(
        "no place to keep kube-apiserver and etcd: set XDG_CACHE_HOME or HOME, or set KUBEBUILDER_ASSETS to a directory that holds both"
    )]
    NoCacheDirectory,
    /// There is no `go` on `PATH`, or it is older than the modules ask for.
    #[error(
        "building kube-apiserver and etcd needs Go {needed} or later, and {found}: install it (https://go.dev/doc/install), \
         or set KUBEBUILDER_ASSETS to a directory that holds kube-apiserver and etcd"
    )]
    GoNeeded {
        /// The oldest Go that will do.
        needed: String,
        /// What there is.
        found: String,
    },
    /// Too little room for a build.
    #[error("building kube-apiserver and etcd takes up to {needed} GiB in {}, and {free} GiB are free: make room, or set KUBEBUILDER_ASSETS to a directory that holds both", directory.display())]
    DiskFull {
        /// Where the room is needed.
        directory: PathBuf,
        /// What is free, in GiB.
        free: u64,
        /// What is needed, in GiB.
        needed: u32,
    },
    /// A component of the control plane ended while it was needed, or a `go` command failed.
    #[error("{what} ended ({outcome}); its last lines:\n{log}")]
    Ended {
        /// Which one.
        what: String,
        /// Its exit status.
        outcome: String,
        /// The end of what it printed.
        log: String,
    },
    /// The API server runs, but does not become ready.
    #[error("kube-apiserver is not ready after {seconds} s ({last}); the end of its log:\n{log}")]
    NotReady {
        /// How long it had.
        seconds: u64,
        /// What it last answered.
        last: String,
        /// The end of its log.
        log: String,
    },
    /// The file system, or a process, refused.
    #[error("{doing}: {source}")]
    Io {
        /// What was being done, to what.
        doing: String,
        /// What the system said.
        source: io::Error,
    },
    /// A certificate could not be made.
    #[error("making a certificate: {0}")]
    Certificate(#[from] rcgen::Error),
    /// A kubeconfig could not be made or used.
    #[error("making a kubeconfig: {0}")]
    Kubeconfig(#[from] kube::config::KubeconfigError),
    /// A request to the API server failed.
    #[error("{doing}: {source}")]
    Api {
        /// What was being done, to what.
        doing: String,
        /// What the client said.
        source: Box<kube::Error>,
    },
}

/// Says what was being done when an error of the system came.
pub(crate) trait Doing<T> {
    /// Wraps the error with what was being done, to what.
    fn doing(self, what: impl Into<String>) -> Result<T, Error>;
}

impl<T> Doing<T> for io::Result<T> {
    fn doing(self, what: impl Into<String>) -> Result<T, Error> {
        self.map_err(|source| Error::Io {
            doing: what.into(),
            source,
        })
    }
}

impl<T> Doing<T> for kube::Result<T> {
    fn doing(self, what: impl Into<String>) -> Result<T, Error> {
        self.map_err(|source| Error::Api {
            doing: what.into(),
            source: Box::new(source),
        })
    }
}
