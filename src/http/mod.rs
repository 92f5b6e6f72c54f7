//! What both vendor clients share: the HTTP client, one bounded and timed call, and the care
//! taken with what comes from outside.

pub mod call;
mod exchange;
pub mod fault;
mod gate;
mod outside;
mod proxy;
mod retry_after;
mod service_url;
mod single_flight;
mod user_info;

use std::hash::{DefaultHasher, Hasher as _};
use std::path::PathBuf;
use std::time::Duration;

use reqwest::{Certificate, Client, redirect};

pub(crate) use exchange::{Answer, Cause, NoAnswer, Wire};
pub(crate) use gate::{ByCredential, Gate};
pub(crate) use outside::shown;
pub use proxy::{UnreadableProxy, check_proxies};
pub use service_url::{ServiceUrl, ServiceUrlError};
pub(crate) use single_flight::SingleFlight;
pub(crate) use user_info::without_user_info;

/// A connection, TLS included, is there within this time or not at all. It is kept apart from
/// the time a call may take, because a page that comes too slowly may be asked for in halves,
/// and a host that can't be reached may not.
const CONNECT_WITHIN: Duration = Duration::from_secs(5);

/// Below the 60 s after which the load balancers in front of such services close idle connections,
/// so that a call seldom meets one that is just being closed.
const KEEP_IDLE_FOR: Duration = Duration::from_secs(50);

/// How the vendors are reached.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HttpSettings {
    /// A PEM file of certificate authorities to trust besides the system's.
    pub ca_file: Option<PathBuf>,
}

/// Why there is no HTTP client.
#[derive(Debug, thiserror::Error)]
pub enum HttpSetupError {
    /// The file of certificate authorities can't be read, holds none, or one that can't be used.
    #[error("no certificate authorities in {}: {cause}", file.display())]
    Authorities { file: PathBuf, cause: String },
    /// The client can't be set up.
    #[error("can't set up the HTTP client: {0}")]
    Client(String),
}

/// A client with a connection pool for each host: HTTP/1.1 kept alive, TLS always verified, gzip taken,
/// redirects never followed, `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY` honoured.
///
/// # Errors
/// Where the file of certificate authorities is of no use.
pub fn client(settings: &HttpSettings) -> Result<Client, HttpSetupError> {
    // An error says that a provider is installed already, which is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let builder = || {
        Client::builder()
            .user_agent(concat!("flashpoint-operator/", env!("CARGO_PKG_VERSION")))
            .redirect(redirect::Policy::none())
            .connect_timeout(CONNECT_WITHIN)
            .pool_idle_timeout(KEEP_IDLE_FOR)
            .http1_only()
    };
    let cause = |error: reqwest::Error| exchange::root_cause(&error);
    let Some(file) = &settings.ca_file else {
        return builder().build().or_else(|error| {
            // An image without any certificates still reaches plain http:// addresses.
            tracing::warn!(
                cause = cause(error),
                "https calls will fail: no certificate authorities were found; name some by --ca-file, SSL_CERT_FILE or SSL_CERT_DIR"
            );
            let without = builder().tls_certs_only([]).build();
            without.map_err(|error| HttpSetupError::Client(cause(error)))
        });
    };
    let with_file = || {
        let pem = std::fs::read(file).map_err(|error| error.to_string())?;
        let authorities = Certificate::from_pem_bundle(&pem).map_err(cause)?;
        if authorities.is_empty() {
            return Err("it holds no PEM certificate".to_owned());
        }
        builder()
            .tls_certs_merge(authorities)
            .build()
            .map_err(cause)
    };
    with_file().map_err(|cause| HttpSetupError::Authorities {
        file: file.clone(),
        cause,
    })
}

/// Tells what is sent apart from other things sent, within one process: a whole report is hashed with each write, and not every
/// processor has instructions for SHA-256.
pub(crate) fn hash(bytes: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    hasher.write(bytes);
    hasher.finish()
}
