//! A feed's credentials, read from its secret at each sync: get, by name, in its own namespace.

use k8s_openapi::api::core::v1::Secret;
use kube::api::Api;

use super::cluster::Cluster;
use super::refusal::{Refusal, if_present};
use crate::api::credentials::{Credentials, KeyMissing};

/// Why there are no credentials.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    /// There is no such secret.
    #[error("secret {namespace}/{name} does not exist: create it, or correct spec.secretRef.name")]
    NotFound {
        /// The feed's namespace.
        namespace: String,
        /// The name that the feed gives.
        name: String,
    },
    /// It lacks keys.
    #[error("secret {namespace}/{name} {missing}")]
    KeyMissing {
        /// The feed's namespace.
        namespace: String,
        /// The name that the feed gives.
        name: String,
        /// Which keys.
        missing: KeyMissing,
        /// The version of the secret that lacks them.
        version: String,
    },
    /// The operator may not read it.
    #[error(
        "secret {namespace}/{name} may not be read: {cause}; give the operator's service account a Role in {namespace} with `get` on `secrets`, as the chart does"
    )]
    Forbidden {
        /// The feed's namespace.
        namespace: String,
        /// The name that the feed gives.
        name: String,
        /// What the API server answered.
        #[source]
        cause: Refusal,
    },
    /// The API server did not give it.
    #[error("secret {namespace}/{name} could not be read: {cause}")]
    Unavailable {
        /// The feed's namespace.
        namespace: String,
        /// The name that the feed gives.
        name: String,
        /// What it answered.
        #[source]
        cause: Refusal,
    },
}

/// Credentials, and the version of the secret that they stand in.
pub struct Found {
    /// The credentials.
    pub credentials: Credentials,
    /// The secret's resourceVersion.
    pub version: String,
}

/// Reads the credentials from a secret.
///
/// # Errors
/// When it is not there, lacks a key, or can't be read.
pub async fn read(cluster: &Cluster, namespace: &str, name: &str) -> Result<Found, SecretError> {
    let secret = get(cluster, namespace, name).await?;
    let version = version_of(&secret);
    let data = secret.data.unwrap_or_default();
    Credentials::from_keys(|key| data.get(key).map(|value| value.0.as_slice()))
        .map(|credentials| Found {
            credentials,
            version: version.clone(),
        })
        .map_err(|missing| SecretError::KeyMissing {
            namespace: namespace.to_owned(),
            name: name.to_owned(),
            missing,
            version,
        })
}

/// The version of a secret; none where it does not exist.
pub async fn version(
    cluster: &Cluster,
    namespace: &str,
    name: &str,
) -> Result<Option<String>, SecretError> {
    match get(cluster, namespace, name).await {
        Ok(secret) => Ok(Some(version_of(&secret))),
        Err(SecretError::NotFound { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

async fn get(cluster: &Cluster, namespace: &str, name: &str) -> Result<Secret, SecretError> {
    let read = cluster.call(|client| async move {
        let api: Api<Secret> = Api::namespaced(client, namespace);
        if_present(api.get(name).await)
    });
    let read = read.await;
    let (namespace, name) = (namespace.to_owned(), name.to_owned());
    match read {
        Ok(Some(secret)) => Ok(secret),
        Ok(None) => Err(SecretError::NotFound { namespace, name }),
        Err(cause) if cause.code() == Some(403) => Err(SecretError::Forbidden {
            namespace,
            name,
            cause,
        }),
        Err(cause) => Err(SecretError::Unavailable {
            namespace,
            name,
            cause,
        }),
    }
}

fn version_of(secret: &Secret) -> String {
    secret.metadata.resource_version.clone().unwrap_or_default()
}
