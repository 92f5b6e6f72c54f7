//! One identity's way to the API server.

use std::path::{Path, PathBuf};

use k8s_openapi::ByteString;
use kube::{
    Client, Config,
    config::{KubeConfigOptions, Kubeconfig},
};
use serde_json::{Value, json};

use crate::{Error, authority::Identity, error::Doing as _};

/// One identity's way to the API server: a kubeconfig file, and the same for clients in this process.
#[derive(Clone)]
pub struct Access {
    kubeconfig: PathBuf,
    config: Config,
}

/// How an identity shows who it is.
pub(crate) enum Credential {
    Certificate(Identity),
    Token(String),
}

impl Access {
    /// Writes the kubeconfig, which embeds everything that it needs.
    pub(crate) async fn new(
        file: PathBuf,
        server: &str,
        authority: &str,
        credential: Credential,
    ) -> Result<Self, Error> {
        let user = match credential {
            Credential::Certificate(identity) => json!({
                "client-certificate-data": base64(identity.certificate),
                "client-key-data": base64(identity.key),
            }),
            Credential::Token(token) => json!({ "token": token }),
        };
        let content = json!({
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": "control-plane", "cluster": {
                "server": server, "certificate-authority-data": base64(authority.to_owned()),
            }}],
            "users": [{"name": "user", "user": user}],
            "contexts": [{"name": "control-plane", "context": {"cluster": "control-plane", "user": "user"}}],
            "current-context": "control-plane",
        })
        .to_string();
        // JSON is YAML, so kubectl and Helm read it too.
        let kubeconfig = Kubeconfig::from_yaml(&content)?;
        std::fs::write(&file, content).doing(format!("writing {}", file.display()))?;
        let config =
            Config::from_custom_kubeconfig(kubeconfig, &KubeConfigOptions::default()).await?;
        Ok(Self {
            kubeconfig: file,
            config,
        })
    }

    /// The path of a kubeconfig file; its directory is private to this user and goes when the control plane stops.
    #[must_use]
    pub fn kubeconfig(&self) -> &Path {
        &self.kubeconfig
    }

    /// What [`Client::try_from`] takes.
    #[must_use]
    pub fn config(&self) -> Config {
        self.config.clone()
    }

    /// A new client, which belongs to the Tokio runtime that it is made in.
    ///
    /// # Errors
    /// [`Error::Api`] if the credentials can't be used.
    pub fn client(&self) -> Result<Client, Error> {
        Client::try_from(self.config()).doing("making a client")
    }
}

fn base64(text: String) -> Value {
    json!(ByteString(text.into_bytes()))
}
