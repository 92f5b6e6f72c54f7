//! A real kube-apiserver and etcd on one machine, without root, kubectl or openssl.
//!
//! [`Assets`] finds the two programs or builds them from pinned Go modules; [`ControlPlane`] runs them on free ports
//! of the loopback interface, hands out [`Access`] for an administrator, a user or a service account, and leaves
//! nothing behind: not after a stop, not after a panic, not after a `SIGKILL`.
//!
//! There is no controller-manager, so deleted namespaces stay `Terminating`, owner references collect nothing, and no
//! `default` service accounts appear. The `ServiceAccount` admission, which only matters to Pods, is off for that reason.

mod access;
mod assets;
mod authority;
mod component;
mod configuration;
mod control_plane;
mod error;
mod go;
mod modules;
mod version;
mod watchdog;

pub use access::Access;
pub use assets::{Assets, cache_directory};
pub use configuration::Options;
pub use control_plane::ControlPlane;
pub use error::Error;
pub use modules::pin;
pub use version::KubernetesVersion;
