//! What the components are started with: options, keys, arguments.

use std::{fs, path::Path};

use rcgen::KeyPair;

use crate::{
    Error, KubernetesVersion,
    authority::{Authority, Identity},
    error::Doing as _,
};

/// The issuer of service account tokens, and their audience.
pub(crate) const ISSUER: &str = "https://kubernetes.default.svc";
const AUDIT_POLICY: &str = r#"{"apiVersion":"audit.k8s.io/v1","kind":"Policy","omitStages":["RequestReceived"],"rules":[{"level":"Metadata"}]}"#;

/// What may differ from one control plane to another.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// The release to run; by default what [`KubernetesVersion::from_env`] says.
    pub version: Option<KubernetesVersion>,
    /// Whether to keep an audit log of all requests, see [`audit_log`](crate::ControlPlane::audit_log).
    pub audit: bool,
    /// Whether etcd waits until its writes are on the disk, as in production; by default it does not, which is faster.
    pub fsync: bool,
    /// More arguments for kube-apiserver. With `--watch-cache=false`, watches expire on
    /// [`compact_etcd`](crate::ControlPlane::compact_etcd), and on their own as often as
    /// `--etcd-compaction-interval` says (5 minutes without it).
    pub apiserver_arguments: Vec<String>,
}

/// Writes the keys, certificates and policy that the arguments name.
pub(crate) fn write_files(directory: &Path, authority: &Authority) -> Result<(), Error> {
    let write = |name: &str, content: String| {
        let file = directory.join(name);
        fs::write(&file, content).doing(format!("writing {}", file.display()))
    };
    let Identity { certificate, key } = authority.server(&["127.0.0.1", "localhost"])?;
    write("server.crt", certificate)?;
    write("server.key", key)?;
    write("authority.crt", authority.certificate())?;
    let service_accounts = KeyPair::generate()?;
    write("service-accounts.key", service_accounts.serialize_pem())?;
    write("service-accounts.pub", service_accounts.public_key_pem())?;
    write("audit-policy.json", AUDIT_POLICY.to_owned())
}

pub(crate) fn etcd_arguments(
    directory: &Path,
    url: &str,
    peer_port: u16,
    options: &Options,
) -> Vec<String> {
    let peer = format!("http://127.0.0.1:{peer_port}");
    let mut arguments = vec![
        format!("--data-dir={}", directory.join("etcd").display()),
        format!("--listen-client-urls={url}"),
        format!("--advertise-client-urls={url}"),
        format!("--listen-peer-urls={peer}"),
        format!("--initial-advertise-peer-urls={peer}"),
        format!("--initial-cluster=default={peer}"),
    ];
    if !options.fsync {
        // The data goes when the process does, so there is nothing to survive.
        arguments.push("--unsafe-no-fsync".to_owned());
    }
    arguments
}

pub(crate) fn apiserver_arguments(
    directory: &Path,
    etcd_url: &str,
    port: u16,
    options: &Options,
) -> Vec<String> {
    let file = |flag: &str, name: &str| format!("--{flag}={}", directory.join(name).display());
    let mut arguments = vec![
        format!("--etcd-servers={etcd_url}"),
        "--bind-address=127.0.0.1".to_owned(),
        "--advertise-address=127.0.0.1".to_owned(),
        // The reconciler would publish the address of the `kubernetes` service, which may not be a loopback one.
        "--endpoint-reconciler-type=none".to_owned(),
        format!("--secure-port={port}"),
        file("tls-cert-file", "server.crt"),
        file("tls-private-key-file", "server.key"),
        file("client-ca-file", "authority.crt"),
        format!("--service-account-issuer={ISSUER}"),
        file("service-account-key-file", "service-accounts.pub"),
        file("service-account-signing-key-file", "service-accounts.key"),
        "--service-cluster-ip-range=10.0.0.0/24".to_owned(),
        "--authorization-mode=RBAC".to_owned(),
        "--disable-admission-plugins=ServiceAccount".to_owned(),
    ];
    if options.audit {
        arguments.push(file("audit-policy-file", "audit-policy.json"));
        arguments.push(file("audit-log-path", "audit.log"));
    }
    arguments.extend(options.apiserver_arguments.iter().cloned());
    arguments
}
