//! One control plane: starting it, reaching it, disturbing it, stopping it.

use std::{
    fs::{self, Permissions},
    net::{Ipv4Addr, TcpListener},
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    sync::atomic::{AtomicUsize, Ordering},
    time::{Duration, Instant},
};

use k8s_openapi::api::{
    authentication::v1::{TokenRequest, TokenRequestSpec},
    core::v1::{Namespace, ServiceAccount},
};
use kube::{
    Api, Client, Config, ResourceExt as _,
    api::{ObjectMeta, PostParams},
};
use rustix::process::Signal;
use serde_json::{Value, json};
use tokio::{sync::OnceCell, task::spawn_blocking, time};

use crate::{
    Access, Assets, Error, KubernetesVersion, Options,
    access::Credential,
    authority::Authority,
    component::Component,
    configuration::{ISSUER, apiserver_arguments, etcd_arguments, write_files},
    error::Doing as _,
    watchdog::Watchdog,
};

/// How long the API server may take to become ready; a busy machine takes several times the usual.
const READY_WITHIN: Duration = Duration::from_secs(90);
/// How often another program may take a port between our choice of it and our use of it.
const PORT_RACES: u32 = 5;

/// A running kube-apiserver and etcd. Dropping it kills both and removes their directory.
pub struct ControlPlane {
    // Fields are dropped in order: the watchdog kills before the components are waited for, so that it never signals
    // a process number that has been given away again.
    watchdog: Watchdog,
    apiserver: Component,
    etcd: Component,
    directory: PathBuf,
    server: String,
    etcd_url: String,
    authority: Authority,
    admin: Access,
    identities: AtomicUsize,
}

impl ControlPlane {
    /// Finds or builds the programs and starts them; returns when the API server is ready.
    ///
    /// # Errors
    /// Those of [`Assets::locate`]; [`Error::Ended`] and [`Error::NotReady`] with the end of the component's log.
    pub async fn start(options: Options) -> Result<Self, Error> {
        let version = options
            .version
            .map_or_else(KubernetesVersion::from_env, Ok)?;
        let assets = spawn_blocking(move || Assets::locate(version))
            .await
            .map_err(std::io::Error::from)
            .doing("looking for kube-apiserver and etcd")??;
        let mut races = 0;
        loop {
            match Self::start_on_free_ports(&assets, &options).await {
                Err(Error::Ended { log, .. })
                    if log.contains("address already in use") && races < PORT_RACES =>
                {
                    races += 1;
                }
                outcome => return outcome,
            }
        }
    }

    /// The control plane that all tests of this process share, started with default options by the first that asks.
    /// Each test takes a [namespace](Self::namespace) of its own. It ends with the process.
    ///
    /// # Errors
    /// Those of [`ControlPlane::start`]; the next call tries again.
    pub async fn shared() -> Result<&'static Self, Error> {
        static SHARED: OnceCell<ControlPlane> = OnceCell::const_new();
        SHARED
            .get_or_try_init(|| Self::start(Options::default()))
            .await
    }

    async fn start_on_free_ports(assets: &Assets, options: &Options) -> Result<Self, Error> {
        let directory = tempfile::Builder::new()
            .prefix("control-plane-")
            // It holds private keys.
            .permissions(Permissions::from_mode(0o700))
            .tempdir()
            .doing("making a temporary directory")?
            .keep();
        let mut watchdog = Watchdog::start(&directory)?;
        let [client_port, peer_port, secure_port] = free_ports()?;
        let etcd_url = format!("http://127.0.0.1:{client_port}");
        let etcd = Component::start(
            "etcd",
            &assets.etcd(),
            etcd_arguments(&directory, &etcd_url, peer_port, options),
            &directory,
        )?;
        watchdog.watch(&[etcd.id()])?;

        let authority = Authority::generate()?;
        write_files(&directory, &authority)?;
        let arguments = apiserver_arguments(&directory, &etcd_url, secure_port, options);
        let apiserver = Component::start(
            "kube-apiserver",
            &assets.kube_apiserver(),
            arguments,
            &directory,
        )?;
        watchdog.watch(&[etcd.id(), apiserver.id()])?;

        let server = format!("https://127.0.0.1:{secure_port}");
        let admin = Credential::Certificate(authority.client("admin", Some("system:masters"))?);
        let admin = Access::new(
            directory.join("admin.kubeconfig"),
            &server,
            &authority.certificate(),
            admin,
        )
        .await?;
        let mut control_plane = Self {
            watchdog,
            apiserver,
            etcd,
            directory,
            server,
            etcd_url,
            authority,
            admin,
            identities: AtomicUsize::new(0),
        };
        control_plane.wait_until_ready().await?;
        Ok(control_plane)
    }

    /// The administrator, who may do everything.
    #[must_use]
    pub fn admin(&self) -> &Access {
        &self.admin
    }

    /// The path of the administrator's kubeconfig.
    #[must_use]
    pub fn kubeconfig(&self) -> &Path {
        self.admin.kubeconfig()
    }

    /// A new client for the administrator, which belongs to the Tokio runtime that it is made in.
    ///
    /// # Errors
    /// [`Error::Api`] if the credentials can't be used.
    pub fn client(&self) -> Result<Client, Error> {
        self.admin.client()
    }

    /// A user known by a client certificate, in one group or none.
    ///
    /// # Errors
    /// [`Error::Certificate`], [`Error::Kubeconfig`] or [`Error::Io`] if the identity can't be made or written.
    pub async fn user(&self, name: &str, group: Option<&str>) -> Result<Access, Error> {
        self.access(Credential::Certificate(self.authority.client(name, group)?))
            .await
    }

    /// A service account, by a token of one hour that the API server issues; it may do what RBAC grants it.
    ///
    /// # Errors
    /// [`Error::Api`] if the service account does not exist.
    pub async fn kubeconfig_for_service_account(
        &self,
        namespace: &str,
        name: &str,
    ) -> Result<Access, Error> {
        let request = TokenRequest {
            spec: Some(TokenRequestSpec {
                audiences: Some(vec![ISSUER.to_owned()]),
                expiration_seconds: Some(3600),
                ..TokenRequestSpec::default()
            }),
            ..TokenRequest::default()
        };
        let token = Api::<ServiceAccount>::namespaced(self.client()?, namespace)
            .create_token_request(name, &PostParams::default(), &request)
            .await
            .doing(format!(
                "requesting a token for service account {namespace}/{name}"
            ))?;
        let token = token.status.unwrap_or_default().token.unwrap_or_default();
        self.access(Credential::Token(token)).await
    }

    async fn access(&self, credential: Credential) -> Result<Access, Error> {
        let number = self.identities.fetch_add(1, Ordering::Relaxed);
        let file = self.directory.join(format!("{number}.kubeconfig"));
        Access::new(
            file,
            &self.server,
            &self.authority.certificate(),
            credential,
        )
        .await
    }

    /// Creates a namespace whose name, which is returned, starts with `prefix` and is unique.
    ///
    /// # Errors
    /// [`Error::Api`] if the API server refuses.
    pub async fn namespace(&self, prefix: &str) -> Result<String, Error> {
        let namespace = Namespace {
            metadata: ObjectMeta {
                generate_name: Some(format!("{prefix}-")),
                ..ObjectMeta::default()
            },
            ..Namespace::default()
        };
        let created = Api::all(self.client()?)
            .create(&PostParams::default(), &namespace)
            .await
            .doing(format!("creating a namespace {prefix}-*"))?;
        Ok(created.name_any())
    }

    /// The audit log, one JSON object a line for each request answered, where [`Options::audit`] asked for it.
    #[must_use]
    pub fn audit_log(&self) -> PathBuf {
        self.directory.join("audit.log")
    }

    /// Freezes the API server: connections stay open, and nothing is answered.
    ///
    /// # Errors
    /// [`Error::Io`] if it runs no more.
    pub fn pause_apiserver(&mut self) -> Result<(), Error> {
        self.apiserver.signal(Signal::STOP)
    }

    /// Lets a paused API server go on.
    ///
    /// # Errors
    /// [`Error::Io`] if it runs no more.
    pub fn resume_apiserver(&mut self) -> Result<(), Error> {
        self.apiserver.signal(Signal::CONT)
    }

    /// Kills the API server and starts it again on the same port; returns when it is ready. Its watch cache starts
    /// empty, so that watches from before the last writes are refused with 410 Gone.
    ///
    /// # Errors
    /// Those of a start.
    pub async fn restart_apiserver(&mut self) -> Result<(), Error> {
        self.apiserver.restart()?;
        self.watchdog
            .watch(&[self.etcd.id(), self.apiserver.id()])?;
        self.wait_until_ready().await
    }

    /// Drops etcd's history up to now. Without a watch cache, watches from older resource versions then answer 410 Gone.
    ///
    /// # Errors
    /// [`Error::Api`] if etcd refuses.
    pub async fn compact_etcd(&self) -> Result<(), Error> {
        let current: Value = self
            .etcd_request("kv/range", &json!({"key": "AA==", "limit": 1}))
            .await?;
        let revision = &current["header"]["revision"];
        self.etcd_request(
            "kv/compaction",
            &json!({"revision": revision, "physical": true}),
        )
        .await?;
        Ok(())
    }

    /// Calls etcd's JSON gateway.
    async fn etcd_request(&self, method: &str, body: &Value) -> Result<Value, Error> {
        let doing = format!("calling {method} of etcd");
        let invalid = kube::Error::HttpError;
        let url = self.etcd_url.parse().map_err(http::Error::from);
        let url = url.map_err(invalid).doing(&doing)?;
        let request = http::Request::post(format!("/v3/{method}")).body(body.to_string().into());
        let request = request.map_err(invalid).doing(&doing)?;
        let client = Client::try_from(Config::new(url)).doing(&doing)?;
        client.request(request).await.doing(doing)
    }

    /// Kills both components and removes their directory.
    ///
    /// # Errors
    /// [`Error::Io`] if the directory is still there.
    pub async fn stop(self) -> Result<(), Error> {
        let directory = self.directory.clone();
        let stopped = spawn_blocking(move || drop(self))
            .await
            .map_err(std::io::Error::from);
        stopped.doing("stopping the control plane")?;
        match fs::exists(&directory) {
            Ok(false) => Ok(()),
            _ => Err(Error::Io {
                doing: format!("removing {}", directory.display()),
                source: std::io::ErrorKind::DirectoryNotEmpty.into(),
            }),
        }
    }

    async fn wait_until_ready(&mut self) -> Result<(), Error> {
        let mut config = self.admin.config();
        config.default_retry = false;
        let client = Client::try_from(config).doing("making a client")?;
        let started = Instant::now();
        loop {
            self.etcd.check_alive()?;
            self.apiserver.check_alive()?;
            let request = http::Request::get("/readyz").body(Vec::new());
            let request = request
                .map_err(kube::Error::HttpError)
                .doing("asking /readyz")?;
            let answer = time::timeout(Duration::from_secs(5), client.request_text(request)).await;
            let last = match answer {
                Ok(Ok(_)) => return Ok(()),
                Ok(Err(error)) => error.to_string(),
                Err(_) => "no answer".to_owned(),
            };
            if started.elapsed() > READY_WITHIN {
                return Err(Error::NotReady {
                    seconds: READY_WITHIN.as_secs(),
                    last,
                    log: self.apiserver.log_tail(),
                });
            }
            time::sleep(Duration::from_millis(50)).await;
        }
    }
}

/// Ports that were free a moment ago: all are held until the last is chosen, so that they differ.
fn free_ports() -> Result<[u16; 3], Error> {
    let doing = "choosing a free port";
    let free = || TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).doing(doing);
    let port = |listener: &TcpListener| {
        listener
            .local_addr()
            .map(|address| address.port())
            .doing(doing)
    };
    let held = [free()?, free()?, free()?];
    Ok([port(&held[0])?, port(&held[1])?, port(&held[2])?])
}
