//! A feed's credentials, read from its secret at each sync: get, by name, in its own namespace.

use k8s_openapi::api::core::v1::Secret;
use kube::api::Api;

use super::cluster::Cluster;
use super::refusal::{Refusal, if_present};
use crate::api::FeedSettings;
use crate::api::credentials::{Access, Credentials, KeyMissing};
use crate::flashpoint::ApiKey;

/// Why there are no credentials.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    /// There is no such secret.
    #[error("secret {namespace}/{name} does not exist: create it, or correct {field}")]
    NotFound {
        namespace: String,
        name: String,
        /// Where it gives it.
        field: &'static str,
    },
    /// It lacks keys.
    #[error("secret {namespace}/{name} {missing}")]
    KeyMissing {
        namespace: String,
        name: String,
        missing: KeyMissing,
        /// The version of the secret that lacks them.
        version: String,
    },
    /// The operator may not read it.
    #[error(
        "secret {namespace}/{name} may not be read: {cause}; give the operator's service account a Role in {namespace} with `get` on `secrets`, as the chart does"
    )]
    Forbidden {
        namespace: String,
        name: String,
        /// What the API server answered.
        #[source]
        cause: Refusal,
    },
    /// The API server did not give it.
    #[error("secret {namespace}/{name} could not be read: {cause}")]
    Unavailable {
        namespace: String,
        name: String,
        #[source]
        cause: Refusal,
    },
}

/// Credentials, and the version of the secrets that they stand in.
pub struct Found {
    pub credentials: Credentials,
    /// The resourceVersion of each secret.
    pub version: String,
}

/// A feed's secrets: most have one.
struct Secrets {
    source: Secret,
    /// The destination's, where it is another.
    destination: Option<Secret>,
}

impl Secrets {
    async fn get(
        cluster: &Cluster,
        namespace: &str,
        settings: &FeedSettings,
    ) -> Result<Self, SecretError> {
        let (name, other) = (&settings.secret_name, &settings.destination_secret_name);
        let source = get(cluster, namespace, name, "spec.secretRef.name").await?;
        let destination = if other == name {
            None
        } else {
            Some(
                get(
                    cluster,
                    namespace,
                    other,
                    "secretRef.name in spec.destination",
                )
                .await?,
            )
        };
        Ok(Self {
            source,
            destination,
        })
    }

    fn version(&self) -> String {
        let version =
            |secret: &Secret| secret.metadata.resource_version.clone().unwrap_or_default();
        match &self.destination {
            None => version(&self.source),
            Some(other) => format!("{},{}", version(&self.source), version(other)),
        }
    }

    fn flashpoint(&self) -> Result<ApiKey, KeyMissing> {
        ApiKey::from_keys(|key| value(&self.source, key))
    }

    fn access(&self, settings: &FeedSettings) -> Result<Access, KeyMissing> {
        let holder = self.destination.as_ref().unwrap_or(&self.source);
        Access::from_keys(&settings.target, |key| value(holder, key))
    }
}

fn value<'a>(secret: &'a Secret, key: &str) -> Option<&'a [u8]> {
    secret
        .data
        .as_ref()?
        .get(key)
        .map(|value| value.0.as_slice())
}

/// Reads the credentials from the feed's secrets.
///
/// # Errors
/// When one is not there, lacks a key, or can't be read.
pub async fn read(
    cluster: &Cluster,
    namespace: &str,
    settings: &FeedSettings,
) -> Result<Found, SecretError> {
    let secrets = Secrets::get(cluster, namespace, settings).await?;
    let version = secrets.version();
    let lacks = |name: &str, missing| SecretError::KeyMissing {
        namespace: namespace.to_owned(),
        name: name.to_owned(),
        missing,
        version: version.clone(),
    };
    let (name, other) = (&settings.secret_name, &settings.destination_secret_name);
    let credentials = match (secrets.flashpoint(), secrets.access(settings)) {
        (Ok(flashpoint), Ok(access)) => Credentials { flashpoint, access },
        (Err(missing), Err(more)) if name == other => return Err(lacks(name, missing.and(more))),
        (Err(missing), _) => return Err(lacks(name, missing)),
        (_, Err(missing)) => return Err(lacks(other, missing)),
    };
    Ok(Found {
        credentials,
        version,
    })
}

/// The version of the feed's secrets; none where one does not exist.
pub async fn version(
    cluster: &Cluster,
    namespace: &str,
    settings: &FeedSettings,
) -> Result<Option<String>, SecretError> {
    match Secrets::get(cluster, namespace, settings).await {
        Ok(secrets) => Ok(Some(secrets.version())),
        Err(SecretError::NotFound { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Reads the secret that `field` of the feed names.
async fn get(
    cluster: &Cluster,
    namespace: &str,
    name: &str,
    field: &'static str,
) -> Result<Secret, SecretError> {
    let read = cluster.call(|client| async move {
        let api: Api<Secret> = Api::namespaced(client, namespace);
        if_present(api.get(name).await)
    });
    let read = read.await;
    let (namespace, name) = (namespace.to_owned(), name.to_owned());
    match read {
        Ok(Some(secret)) => Ok(secret),
        Ok(None) => Err(SecretError::NotFound {
            namespace,
            name,
            field,
        }),
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
