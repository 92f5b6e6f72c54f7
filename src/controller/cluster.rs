//! The connection to the API server: where it is, and an end for every call.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use kube::config::{InClusterError, KubeconfigError};
use kube::{Client, Config, Error};
use parking_lot::{Mutex, MutexGuard};
use tokio::time::{Instant, sleep, timeout};

use super::kubeconfig;
use super::refusal::Refusal;
use crate::http::{shown, without_user_info};

/// How long one call to the API server may take, its answer included.
const CALL_WITHIN: Duration = Duration::from_secs(30);

/// An API server that is busy or just starting is asked again after this time, so often, unless the call took long already.
const ASK_AGAIN_AFTER: Duration = Duration::from_secs(1);
const ASK_AGAIN: u32 = 3;
const ASK_AGAIN_WITHIN: Duration = Duration::from_secs(10);

/// A watch and the listing that it begins with may be silent for this long: more than [`WATCH_FOR`], after which the API server
/// ends a watch by itself.
const WATCH_SILENT_FOR: Duration = Duration::from_secs(55);

/// How long one watch lasts, in seconds. A watch that goes silent is noticed a few seconds after that, and begun anew.
pub const WATCH_FOR: u32 = 45;

/// Why there is no cluster to work with. It shows no user info of an address, on one line.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// Neither a kubeconfig nor a Pod says where it is.
    #[error("{}", told(&format!("{outside}; and as in a Pod: {inside}")))]
    NotConfigured {
        /// Why not by a kubeconfig.
        #[source]
        outside: KubeconfigError,
        /// Why not as in a Pod.
        inside: InClusterError,
    },
    /// What they say is of no use.
    #[error("{}", told(.0))]
    Client(#[source] Error),
}

fn told(text: &dyn std::fmt::Display) -> String {
    shown(&without_user_info(&text.to_string()), &[])
}

/// The API server; clones share its connections.
#[derive(Clone)]
pub struct Cluster(Arc<Inner>);

struct Inner {
    config: Config,
    /// Its address, as people are told of it.
    server: Arc<str>,
    watching: Client,
    calling: Mutex<Calling>,
}

/// The client for calls, and how many there were before it (its generation).
#[derive(Clone)]
struct Calling {
    client: Client,
    generation: u64,
}

impl Cluster {
    /// Finds the API server: by the kubeconfig, or as a Pod does.
    ///
    /// # Errors
    /// When there is none, in words that show no user info.
    pub async fn connect() -> Result<Self, ConnectError> {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut config = match kubeconfig::read().await {
            Ok(config) => config,
            Err(outside) => Config::incluster()
                .map_err(|inside| ConnectError::NotConfigured { outside, inside })?,
        };
        // Its retries wait as long as a Retry-After says, fifteen times over.
        config.default_retry = false;
        if let Some(proxy) = &config.proxy_url {
            tracing::info!(
                proxy = told(proxy),
                "the API server is reached by the kubeconfig's proxy-url"
            );
        }
        tracing::info!(server = told(&config.cluster_url), "the API server");
        Self::new(config).map_err(ConnectError::Client)
    }

    fn new(config: Config) -> Result<Self, Error> {
        let mut watching = config.clone();
        watching.read_timeout = Some(WATCH_SILENT_FOR);
        watching.reset_reader_on_write = true;
        Ok(Self(Arc::new(Inner {
            watching: Client::try_from(watching)?,
            calling: Mutex::new(Calling {
                client: Client::try_from(config.clone())?,
                generation: 0,
            }),
            server: without_user_info(&config.cluster_url.to_string())
                .trim_end_matches('/')
                .into(),
            config,
        })))
    }

    /// Its address, as people are told of it.
    pub fn server(&self) -> &str {
        &self.0.server
    }

    /// The namespace of the kubeconfig's context, or of the Pod.
    pub fn default_namespace(&self) -> &str {
        &self.0.config.default_namespace
    }

    /// A client for watches, which are long and mostly silent.
    pub fn watching(&self) -> Client {
        self.0.watching.clone()
    }

    /// Makes one call, or a few that belong together; again a few times while the API server says that it is busy (429, 503),
    /// however long it asks to be left alone.
    ///
    /// # Errors
    /// When the API server refuses it, or gives no answer in 30 s.
    pub async fn call<T, F>(&self, call: impl Fn(Client) -> F + Send + Sync) -> Result<T, Refusal>
    where
        F: Future<Output = Result<T, Error>> + Send,
    {
        let began = Instant::now();
        let mut tries = 0;
        loop {
            let answer = self.call_within(CALL_WITHIN, &call).await;
            let busy = answer.as_ref().is_err_and(Refusal::is_busy);
            if !busy || tries == ASK_AGAIN || began.elapsed() > ASK_AGAIN_WITHIN {
                return answer;
            }
            tries += 1;
            sleep(ASK_AGAIN_AFTER).await;
        }
    }

    /// The same, once and with another limit.
    ///
    /// # Errors
    /// When the API server refuses it, or gives no answer in this time.
    pub async fn call_within<T, F>(
        &self,
        limit: Duration,
        call: impl FnOnce(Client) -> F + Send,
    ) -> Result<T, Refusal>
    where
        F: Future<Output = Result<T, Error>> + Send,
    {
        let Calling { client, generation } = self.calling().clone();
        if let Ok(answer) = timeout(limit, call(client)).await {
            return answer.map_err(|error| Refusal::new(error, &self.0.server));
        }
        self.reconnect(generation);
        Err(Refusal::Silent(limit))
    }

    /// Leaves the connections of the client of this generation, if that was not done yet: others that are idle may have gone silent
    /// with the one that did, and each would cost a call its whole limit.
    fn reconnect(&self, generation: u64) {
        let mut calling = self.calling();
        if calling.generation != generation {
            return;
        }
        match Client::try_from(self.0.config.clone()) {
            Ok(client) => {
                tracing::warn!("the API server went silent; its connections are left for new ones");
                *calling = Calling {
                    client,
                    generation: generation.wrapping_add(1),
                };
            }
            Err(error) => {
                let error = Refusal::new(error, &self.0.server);
                tracing::warn!(%error, "the API server went silent; its connections are kept");
            }
        }
    }

    fn calling(&self) -> MutexGuard<'_, Calling> {
        self.0.calling.lock()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use axum::http::StatusCode;
    use axum::routing::any;

    use super::*;

    /// A cluster whose API server answers by `answer`, to which it gives how often it was called before.
    async fn cluster<F>(answer: impl Fn(usize) -> F + Clone + Send + Sync + 'static) -> Cluster
    where
        F: Future<Output = StatusCode> + Send + 'static,
    {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let calls = Arc::new(AtomicUsize::new(0));
        let router = axum::Router::new().fallback(any(move || {
            let answered = answer(calls.fetch_add(1, Ordering::Relaxed));
            async { (answered.await, [("retry-after", "3600")], "said") }
        }));
        tokio::spawn(async { axum::serve(listener, router).await });
        let mut config = Config::new(url.parse().unwrap());
        config.default_retry = false;
        Cluster::new(config).unwrap()
    }

    async fn ask(cluster: &Cluster) -> Result<String, Refusal> {
        let ask = |client: Client| async move {
            let request = http::Request::get("/version").body(Vec::new());
            client
                .request_text(request.map_err(Error::HttpError)?)
                .await
        };
        cluster.call(ask).await
    }

    #[tokio::test]
    async fn a_busy_api_server_is_asked_again_in_a_moment_whatever_it_says() {
        let busy = |calls| async move {
            if calls < 2 {
                StatusCode::TOO_MANY_REQUESTS
            } else {
                StatusCode::OK
            }
        };
        let began = Instant::now();
        assert_eq!(ask(&cluster(busy).await).await.unwrap(), "said");
        assert!(began.elapsed() < Duration::from_secs(20));
    }

    #[tokio::test]
    async fn one_that_stays_busy_is_not_asked_for_ever() {
        let asked = Arc::new(AtomicUsize::new(0));
        let counted = asked.clone();
        let busy = move |_| {
            counted.fetch_add(1, Ordering::Relaxed);
            async { StatusCode::SERVICE_UNAVAILABLE }
        };
        let refused = ask(&cluster(busy).await).await.unwrap_err();
        assert_eq!(refused.code(), Some(503));
        assert_eq!(asked.load(Ordering::Relaxed), 1 + ASK_AGAIN as usize);
    }

    #[tokio::test]
    async fn silence_ends_a_call_and_leaves_the_connections() {
        let silent = |calls| async move {
            if calls == 0 {
                std::future::pending::<()>().await;
            }
            StatusCode::OK
        };
        let cluster = cluster(silent).await;
        let limit = Duration::from_millis(200);
        let ask_once = |client: Client| async move {
            let request = http::Request::get("/version").body(Vec::new());
            client
                .request_text(request.map_err(Error::HttpError)?)
                .await
        };
        let silence = cluster.call_within(limit, ask_once).await;
        assert!(matches!(silence, Err(Refusal::Silent(_))));
        assert_eq!(cluster.calling().generation, 1);
        // Another call that went silent with it changes nothing more.
        cluster.reconnect(0);
        assert_eq!(cluster.calling().generation, 1);
        assert!(ask(&cluster).await.is_ok());
    }
}
