//! The API server outside a Pod: by the files of `KUBECONFIG`, or `~/.kube/config`, read as kubectl reads them.

use std::ffi::OsStr;
use std::path::PathBuf;

use kube::Config;
use kube::config::{KubeConfigOptions, Kubeconfig, KubeconfigError};

/// Stands for "no proxy" where kube would otherwise take one from the environment. The domain is reserved (RFC 6761).
const DIRECT: &str = "http://direct.invalid";

/// The configuration that the current context names. A proxy is used where the kubeconfig says so (`proxy-url`);
/// `HTTPS_PROXY` is for the vendors: kube would take it for the API server too, and match `NO_PROXY` with the proxy's own
/// address.
///
/// # Errors
/// When there is no such file, or one can't be read.
pub async fn read() -> Result<Config, KubeconfigError> {
    let mut kubeconfig = match std::env::var_os("KUBECONFIG") {
        Some(files) if !files.is_empty() => merged(&files)?,
        _ => Kubeconfig::read()?,
    };
    let clusters = kubeconfig.clusters.iter_mut();
    for cluster in clusters.filter_map(|named| named.cluster.as_mut()) {
        if cluster.proxy_url.as_ref().is_none_or(String::is_empty) {
            cluster.proxy_url = Some(DIRECT.to_owned());
        }
    }
    let options = KubeConfigOptions::default();
    let mut config = Config::from_custom_kubeconfig(kubeconfig, &options).await?;
    config
        .proxy_url
        .take_if(|proxy| proxy.host() == Some("direct.invalid"));
    Ok(config)
}

/// Several files as one; those that do not exist are passed over, unless that is all of them.
fn merged(files: &OsStr) -> Result<Kubeconfig, KubeconfigError> {
    let files: Vec<PathBuf> = std::env::split_paths(files)
        .filter(|file| !file.as_os_str().is_empty())
        .collect();
    let there: Vec<&PathBuf> = files.iter().filter(|file| file.exists()).collect();
    let read = if there.is_empty() {
        files.iter().collect()
    } else {
        there
    };
    read.into_iter()
        .try_fold(Kubeconfig::default(), |before, file| {
            before.merge(Kubeconfig::read_from(file)?)
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_that_do_not_exist_are_passed_over() {
        let directory = tempfile::tempdir().unwrap();
        let file = |name: &str, context: &str| {
            let path = directory.path().join(name);
            let text = format!("apiVersion: v1\nkind: Config\ncurrent-context: {context}\n");
            std::fs::write(&path, text).unwrap();
            path
        };
        let missing = directory.path().join("missing");
        let (first, second) = (file("first", "one"), file("second", "two"));
        let context = |files: &[&PathBuf]| {
            let files = std::env::join_paths(files).unwrap();
            merged(&files).map(|merged| merged.current_context.unwrap())
        };
        assert_eq!(context(&[&missing, &first, &second]).unwrap(), "one");
        assert_eq!(context(&[&second, &missing]).unwrap(), "two");
        assert!(context(&[&missing]).is_err());
    }
}
