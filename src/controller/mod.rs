//! The Kubernetes edge: watches feeds, runs their syncs, tells their status.

mod attempt;
mod audit;
mod cluster;
mod context;
mod decide;
mod due;
mod events;
mod exposition;
mod feed;
mod fence;
mod health;
mod journal;
mod kubeconfig;
mod lease;
mod memory;
mod metrics;
mod patch;
mod prepare;
mod publish;
mod queue;
mod reconcile;
mod reduced;
mod refusal;
pub mod remembered;
mod secret;
mod served;
pub mod standing;
pub mod status;
mod store;
mod trust;
mod watch;
mod watched;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use kube::api::PostParams;
use tokio::sync::Semaphore;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use crate::destinations::DestinationSettings;
use crate::destinations::Destinations;
use crate::flashpoint::{Flashpoint, FlashpointSettings};
use crate::http::{self, HttpSettings, HttpSetupError};
use crate::sync::clock::ServiceClock;
use cluster::Cluster;
pub use cluster::ConnectError;
use context::Context;
use fence::Process;
use health::Readiness;
use lease::{Candidate, Leadership};
use memory::Memory;
use metrics::Metrics;

/// The name that the operator writes and reports under, and that of its lease.
const NAME: &str = "flashpoint-operator";

/// How long it may take to give back the lease: a part of the 10 s that a stop may take.
const RELEASE_WITHIN: Duration = Duration::from_secs(1);

/// How long a scraper may go on reading then.
const SCRAPED_WITHIN: Duration = Duration::from_millis(500);

/// What the operator runs with.
#[derive(Clone, Debug)]
pub struct Settings {
    pub flashpoint: FlashpointSettings,
    pub destinations: DestinationSettings,
    pub http: HttpSettings,
    /// The namespaces whose feeds are run; none for all.
    pub namespaces: Vec<String>,
    /// Whether a lease decides which replica runs the feeds; by which identity, in which namespace.
    pub election: Option<Election>,
    /// The most syncs at once.
    pub concurrency: u16,
    /// Where /metrics, /livez and /readyz are served.
    pub http_address: SocketAddr,
    /// Whether each feed has metrics of its own.
    pub feed_metrics: bool,
}

/// A replica's part in a leader election.
#[derive(Clone, Debug)]
pub struct Election {
    /// The namespace of the lease.
    pub namespace: String,
    pub identity: String,
}

/// Why the operator ended.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// No cluster to work with.
    #[error(
        "failed to find a cluster: {0}; run it in a Pod with a service account, or set KUBECONFIG"
    )]
    Cluster(#[from] ConnectError),
    /// The HTTP client could not be set up.
    #[error(transparent)]
    Http(#[from] HttpSetupError),
    /// The address of the endpoints can't be had.
    #[error("failed to listen on {address}: {cause}; choose another with --http-addr")]
    Listen {
        address: SocketAddr,
        #[source]
        cause: std::io::Error,
    },
    /// Another replica may lead.
    #[error("the lease was lost; another replica may lead now")]
    LeaseLost,
}

/// Runs the operator until `stopped`, then lets the syncs under way end and tells their outcome.
///
/// # Errors
/// When it can't start, and when its lease is lost.
pub async fn run(settings: Settings, stopped: CancellationToken) -> Result<(), RunError> {
    let address = settings.http_address;
    let listening = health::bind(address).await;
    let listener = listening.map_err(|cause| RunError::Listen { address, cause })?;
    if let Ok(address) = listener.local_addr() {
        tracing::info!(%address, "serving /metrics, /livez and /readyz");
    }
    // Before the cluster is asked for anything: a file of authorities that is of no use is told at once, by a replica that will
    // stand by as well.
    let http = http::client(&settings.http)?;
    let metrics = Metrics::new(settings.feed_metrics);
    let operator = Operator {
        settings,
        http,
        cluster: Cluster::connect().await?,
        metrics,
        readiness: Readiness::default(),
        stopped,
    };
    let served = CancellationToken::new();
    let (readiness, metrics) = (operator.readiness.clone(), operator.metrics.clone());
    let endpoints = health::serve(listener, readiness, metrics, served.clone());
    let endpoints = tokio::spawn(endpoints);
    let outcome = operator.run().await;
    served.cancel();
    // What has not been read by then is read never.
    let _ = timeout(SCRAPED_WITHIN, endpoints).await;
    outcome
}

/// How objects are written: under the operator's name, which `managedFields` shows.
fn written() -> PostParams {
    PostParams {
        field_manager: Some(NAME.to_owned()),
        ..PostParams::default()
    }
}

/// The process as a whole.
struct Operator {
    settings: Settings,
    /// For calls to both vendors.
    http: reqwest::Client,
    cluster: Cluster,
    metrics: Metrics,
    readiness: Readiness,
    stopped: CancellationToken,
}

impl Operator {
    async fn run(&self) -> Result<(), RunError> {
        match &self.settings.election {
            None => {
                let http = self.http.clone();
                self.run_feeds(None, http, CancellationToken::new()).await;
                Ok(())
            }
            Some(election) => self.run_elected(election).await,
        }
    }

    /// Waits for the lease, runs the feeds while it is held, and gives it back.
    async fn run_elected(&self, election: &Election) -> Result<(), RunError> {
        let Election {
            namespace,
            identity,
        } = election;
        let leadership = Arc::new(Leadership::default());
        let mut candidate = Candidate::new(self.cluster.clone(), namespace, NAME, identity);
        // A replica that stands by is ready to.
        self.readiness.set();
        tracing::info!(identity, "waiting for the lease");
        tokio::select! {
            () = self.stopped.cancelled() => return Ok(()),
            () = candidate.acquire(&leadership) => {}
        }
        tracing::info!(identity, "leading");
        let lost = CancellationToken::new();
        // It may have stood by for weeks, and the authorities may have been renewed.
        let http = http::client(&self.settings.http).unwrap_or_else(|error| {
            tracing::warn!(%error, "the certificate authorities of the start are kept");
            self.http.clone()
        });
        tokio::select! {
            () = self.run_feeds(Some(leadership.clone()), http, lost.clone()) => {}
            () = candidate.keep(&leadership) => {
                self.metrics.leads(false);
                // Calls under way end at once: their outcome is the next leader's to tell.
                lost.cancel();
                return Err(RunError::LeaseLost);
            }
        }
        if timeout(RELEASE_WITHIN, candidate.release(&leadership))
            .await
            .is_err()
        {
            tracing::warn!("the lease could not be released in time");
        }
        Ok(())
    }

    /// Watches the feeds and runs their syncs, until stopped or cancelled.
    async fn run_feeds(
        &self,
        leadership: Option<Arc<Leadership>>,
        http: reqwest::Client,
        cancelled: CancellationToken,
    ) {
        self.metrics.leads(true);
        let settings = &self.settings;
        let observer = Arc::new(self.metrics.clone());
        let context = Context {
            cluster: self.cluster.clone(),
            flashpoint: Flashpoint::new(&settings.flashpoint, http.clone(), observer.clone()),
            destinations: Destinations::new(&settings.destinations, &http, &(observer as _)),
            process: Process {
                leadership,
                stopped: self.stopped.clone(),
            },
            cancelled,
            clock: ServiceClock::default(),
            memory: Arc::new(Memory::default()),
            metrics: self.metrics.clone(),
            identity: settings
                .election
                .as_ref()
                .map(|election| election.identity.clone()),
            slots: Semaphore::new(usize::from(settings.concurrency.max(1))),
        };
        watch::run(Arc::new(context), settings, self.readiness.clone()).await;
    }
}
