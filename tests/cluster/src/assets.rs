//! Where kube-apiserver and etcd come from.

use std::{
    env,
    fs::{self, File, TryLockError},
    path::{Path, PathBuf},
    thread,
    time::{Duration, Instant},
};

use crate::{
    Error, KubernetesVersion,
    error::Doing as _,
    modules::{self, ETCD_VERSION},
};

/// How often something that takes long says so.
pub(crate) const REPORT_EVERY: Duration = Duration::from_secs(5);

/// A directory that holds kube-apiserver and etcd.
#[derive(Clone, Debug)]
pub struct Assets {
    directory: PathBuf,
}

impl Assets {
    /// The programs in the directory that `KUBEBUILDER_ASSETS` names, whatever their version; else those of this
    /// version in the cache (`flashpoint-operator/control-plane` in `XDG_CACHE_HOME` or `~/.cache`); else builds them
    /// there, which takes minutes, and reports its progress on standard error. Blocks.
    ///
    /// # Errors
    /// [`Error::AssetMissing`], [`Error::NoCacheDirectory`], [`Error::Io`], and, if a build is needed,
    /// [`Error::GoNeeded`], [`Error::DiskFull`] or [`Error::Ended`].
    pub fn locate(version: KubernetesVersion) -> Result<Self, Error> {
        let given = env::var_os("KUBEBUILDER_ASSETS").filter(|value| !value.is_empty());
        if let Some(directory) = given {
            return Self::in_directory(directory.into());
        }
        let cache = cache_directory()?.join("control-plane");
        let directory = cache.join(format!("kubernetes-{version}-etcd-{ETCD_VERSION}"));
        if let Ok(assets) = Self::in_directory(directory.clone()) {
            return Ok(assets);
        }
        fs::create_dir_all(&cache).doing(format!("creating {}", cache.display()))?;
        let _lock = lock(&cache.join("build.lock"))?;
        // Another process may have built them while this one waited for the lock.
        if Self::in_directory(directory.clone()).is_err() {
            modules::build(version, &directory, &cache.join("building"))?;
        }
        Self::in_directory(directory)
    }

    fn in_directory(directory: PathBuf) -> Result<Self, Error> {
        let assets = Self { directory };
        for program in [assets.kube_apiserver(), assets.etcd()] {
            if !program.is_file() {
                return Err(Error::AssetMissing(program));
            }
        }
        Ok(assets)
    }

    /// What `KUBEBUILDER_ASSETS` may be set to.
    #[must_use]
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// The path of kube-apiserver.
    #[must_use]
    pub fn kube_apiserver(&self) -> PathBuf {
        self.directory.join("kube-apiserver")
    }

    /// The path of etcd.
    #[must_use]
    pub fn etcd(&self) -> PathBuf {
        self.directory.join("etcd")
    }
}

/// What tests build once is kept here, a folder for each kind: `flashpoint-operator` in `XDG_CACHE_HOME` or `~/.cache`.
///
/// # Errors
/// [`Error::NoCacheDirectory`].
pub fn cache_directory() -> Result<PathBuf, Error> {
    // A relative path in XDG_CACHE_HOME counts as none, says the XDG Base Directory Specification.
    let base = env::var_os("XDG_CACHE_HOME")
        .map(PathBuf::from)
        .filter(|path| path.is_absolute());
    let base = base.or_else(|| env::home_dir().map(|home| home.join(".cache")));
    Ok(base
        .ok_or(Error::NoCacheDirectory)?
        .join("flashpoint-operator"))
}

/// Takes a lock that ends with the file returned, or with this process.
fn lock(path: &Path) -> Result<File, Error> {
    let doing = format!("locking {}", path.display());
    let file = File::create(path).doing(&doing)?;
    let started = Instant::now();
    let mut report = started;
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::WouldBlock) => {}
            Err(TryLockError::Error(error)) => return Err(error).doing(doing),
        }
        if Instant::now() >= report {
            say(&format!(
                "another process builds kube-apiserver and etcd, waiting for it ({} s)",
                started.elapsed().as_secs()
            ));
            report += REPORT_EVERY;
        }
        thread::sleep(Duration::from_millis(200));
    }
}

/// Reports progress. It goes past the test harness, which would show it only once a test has failed.
pub(crate) fn say(text: &str) {
    use std::io::Write as _;
    // Progress that can't be shown is no reason to stop.
    let _ = writeln!(std::io::stderr(), "control plane: {text}");
}
