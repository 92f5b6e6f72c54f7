//! Which Kubernetes.

use std::{fmt, str::FromStr};

use crate::Error;

/// A Kubernetes release, `1.MINOR.PATCH`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KubernetesVersion {
    minor: u32,
    patch: u32,
}

impl KubernetesVersion {
    /// The release whose modules are pinned in this package.
    pub const PINNED: Self = Self {
        minor: 36,
        patch: 3,
    };

    /// What the environment variable `KUBERNETES_VERSION` names, else [`Self::PINNED`].
    ///
    /// # Errors
    /// [`Error::Version`] if the variable holds something else than a version.
    pub fn from_env() -> Result<Self, Error> {
        match std::env::var("KUBERNETES_VERSION") {
            Ok(version) => version.parse(),
            Err(_) => Ok(Self::PINNED),
        }
    }

    /// The minor release: 36 of 1.36.3.
    pub(crate) fn minor(self) -> u32 {
        self.minor
    }
}

impl fmt::Display for KubernetesVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "1.{}.{}", self.minor, self.patch)
    }
}

impl FromStr for KubernetesVersion {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let parse = || {
            let numbers = text.strip_prefix('v').unwrap_or(text).strip_prefix("1.")?;
            let (minor, patch) = numbers.split_once('.')?;
            Some(Self {
                minor: minor.parse().ok()?,
                patch: patch.parse().ok()?,
            })
        };
        parse().ok_or_else(|| Error::Version(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn reads_releases_and_nothing_else() {
        let version: KubernetesVersion = "v1.35.2".parse().unwrap();
        assert_eq!(version.to_string(), "1.35.2");
        for bad in ["", "1.36", "2.0.0", "1.36.3-rc.1", "latest"] {
            assert!(bad.parse::<KubernetesVersion>().is_err(), "{bad}");
        }
    }
}
