//! The Kubernetes edge: watches feeds, runs their syncs, tells their status.

mod announce;
mod attempt;
mod context;
mod due;
mod feed;
mod fence;
mod health;
mod journal;
mod lease;
mod memory;
mod metrics;
mod patch;
mod secret;
mod status;
mod tell;

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures::StreamExt as _;
use futures::future::join_all;
use kube::api::Api;
use kube::runtime::controller::{Action, Config, Controller};
use kube::runtime::events::Reporter;
use kube::runtime::reflector::Store;
use kube::runtime::watcher;
use kube::{Client, Resource as _, ResourceExt as _};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

use crate::clock::ServiceClock;
use crate::flashpoint::{Flashpoint, FlashpointSettings};
use crate::http::{self, HttpSettings, HttpSetupError};
use crate::trustar::{Trustar, TrustarSettings};
use context::{Context, Watched};
use feed::ReconcileError;
use fence::Process;
use health::Readiness;
use lease::{Candidate, Leadership};
use metrics::Metrics;

/// The name that the operator writes and reports under, and that of its lease.
const NAME: &str = "flashpoint-operator";

/// After a request to stop, syncs have this long to finish the calls under way. What follows
/// (ledger, status, lease) must fit into the 10 s that a stop may take.
const GRACE: Duration = Duration::from_secs(4);

/// How long the stop may take after that.
const STOP_WITHIN: Duration = Duration::from_secs(5);

/// How often what belongs to feeds that are gone is dropped.
const SWEEP_EVERY: Duration = Duration::from_secs(15);

/// What the operator runs with.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where reports come from.
    pub flashpoint: FlashpointSettings,
    /// Where they go to.
    pub trustar: TrustarSettings,
    /// How both are reached.
    pub http: HttpSettings,
    /// The namespaces whose feeds are run; none for all.
    pub namespaces: Vec<String>,
    /// Whether a lease decides which replica runs the feeds; by which identity, in which namespace.
    pub election: Option<Election>,
    /// The most syncs at once.
    pub concurrency: u16,
    /// Where /metrics, /livez and /readyz are served.
    pub http_address: SocketAddr,
}

/// A replica's part in a leader election.
#[derive(Clone, Debug)]
pub struct Election {
    /// The namespace of the lease.
    pub namespace: String,
    /// The replica's name.
    pub identity: String,
}

/// Why the operator ended.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// No cluster to work with.
    #[error(
        "failed to find a cluster: {0}; run it in a Pod with a service account, or set KUBECONFIG"
    )]
    Cluster(String),
    /// The HTTP client could not be set up.
    #[error(transparent)]
    Http(#[from] HttpSetupError),
    /// The address of the endpoints can't be had.
    #[error("failed to listen on {address}: {cause}; choose another with --http-addr")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// Why not.
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
    let listener = health::bind(address)
        .await
        .map_err(|cause| RunError::Listen { address, cause })?;
    if let Ok(address) = listener.local_addr() {
        tracing::info!(%address, "serving /metrics, /livez and /readyz");
    }
    let client = client().await?;
    let metrics = Metrics::default();
    let readiness = Readiness::default();
    let served = CancellationToken::new();
    let endpoints = tokio::spawn(health::serve(
        listener,
        readiness.clone(),
        metrics.clone(),
        served.clone(),
    ));
    let outcome = run_elected(&settings, client, metrics, readiness, stopped).await;
    served.cancel();
    // What a scraper has not read by now it reads never.
    let _ = tokio::time::timeout(Duration::from_millis(500), endpoints).await;
    outcome
}

async fn client() -> Result<Client, RunError> {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let failed = |error: &dyn std::fmt::Display| RunError::Cluster(error.to_string());
    let config = kube::Config::infer()
        .await
        .map_err(|error| failed(&error))?;
    Client::try_from(config).map_err(|error| failed(&error))
}

/// Waits for the lease if there is an election, runs the feeds, and gives the lease back.
async fn run_elected(
    settings: &Settings,
    client: Client,
    metrics: Metrics,
    readiness: Readiness,
    stopped: CancellationToken,
) -> Result<(), RunError> {
    let Some(election) = &settings.election else {
        metrics.leads(true);
        let process = Process {
            leadership: None,
            stopping: Arc::default(),
        };
        return run_feeds(
            settings,
            client,
            metrics,
            readiness,
            process,
            stopped,
            CancellationToken::new(),
        )
        .await;
    };
    let leadership = Arc::new(Leadership::default());
    let mut candidate = Candidate::new(
        client.clone(),
        &election.namespace,
        NAME,
        &election.identity,
    );
    // A replica that stands by is ready to.
    readiness.set();
    tracing::info!(identity = election.identity, "waiting for the lease");
    tokio::select! {
        () = stopped.cancelled() => return Ok(()),
        () = candidate.acquire(&leadership) => {}
    }
    tracing::info!(identity = election.identity, "leading");
    metrics.leads(true);
    let lost = CancellationToken::new();
    let process = Process {
        leadership: Some(leadership.clone()),
        stopping: Arc::default(),
    };
    let feeds = run_feeds(
        settings,
        client,
        metrics.clone(),
        readiness,
        process,
        stopped.clone(),
        lost.clone(),
    );
    tokio::pin!(feeds);
    let outcome = tokio::select! {
        outcome = &mut feeds => outcome,
        () = candidate.keep(&leadership) => {
            metrics.leads(false);
            // Calls under way end at once: their outcome is the next leader's to tell.
            lost.cancel();
            Err(RunError::LeaseLost)
        }
    };
    if outcome.is_ok() {
        candidate.release(&leadership).await;
    }
    outcome
}

/// Watches the feeds and runs their syncs, until stopped or cancelled.
async fn run_feeds(
    settings: &Settings,
    client: Client,
    metrics: Metrics,
    readiness: Readiness,
    process: Process,
    stopped: CancellationToken,
    cancelled: CancellationToken,
) -> Result<(), RunError> {
    let observer = Arc::new(metrics.clone());
    let flashpoint = Flashpoint::new(
        &settings.flashpoint,
        http::client(&settings.http)?,
        observer.clone(),
    );
    let trustar = Trustar::new(&settings.trustar, http::client(&settings.http)?, observer);
    let reporter = Reporter {
        controller: NAME.to_owned(),
        instance: std::env::var("POD_NAME").ok(),
    };
    let context = Arc::new(Context {
        flashpoint,
        trustar,
        process: process.clone(),
        cancelled: cancelled.clone(),
        clock: ServiceClock::default(),
        memory: memory::Memory::default(),
        metrics,
        reporter,
        slots: Arc::new(Semaphore::new(usize::from(settings.concurrency.max(1)))),
        client: client.clone(),
    });
    let apis: Vec<Api<Watched>> = if settings.namespaces.is_empty() {
        vec![Api::all(client)]
    } else {
        settings
            .namespaces
            .iter()
            .map(|namespace| Api::namespaced(client.clone(), namespace))
            .collect()
    };
    let controllers: Vec<_> = apis
        .into_iter()
        .map(|api| controller(api, settings.concurrency, &stopped))
        .collect();
    let stores: Vec<Store<Watched>> = controllers.iter().map(Controller::store).collect();
    let watched = join_all(
        controllers
            .into_iter()
            .map(|controller| watch(controller, &context)),
    );
    let ready = become_ready(&stores, readiness);
    let sweeping = sweep(&stores, &context);
    let ending = end(&stopped, &process.stopping, &cancelled);
    tokio::select! {
        _ = watched => {}
        () = async { tokio::join!(ready, sweeping); } => {}
        () = ending => tracing::warn!("stopping although syncs have not ended"),
    }
    Ok(())
}

fn controller(
    api: Api<Watched>,
    concurrency: u16,
    stopped: &CancellationToken,
) -> Controller<Watched> {
    Controller::new(api, watcher::Config::default())
        .with_config(Config::default().concurrency(concurrency))
        .graceful_shutdown_on(stopped.clone().cancelled_owned())
}

/// Reconciles the feeds of one watch until it is shut down.
async fn watch(controller: Controller<Watched>, context: &Arc<Context>) {
    let store = controller.store();
    let reconcile = move |feed: Arc<Watched>, context: Arc<Context>| {
        let store = store.clone();
        async move { feed::reconcile(feed, &store, &context).await }
    };
    let on_error = |feed: Arc<Watched>, error: &ReconcileError, _: Arc<Context>| -> Action {
        tracing::warn!(namespace = feed.namespace(), name = feed.name_any(), %error, "the feed could not be reconciled");
        error.action()
    };
    let outcomes = controller.run(reconcile, on_error, context.clone());
    outcomes
        .for_each(|outcome| async move {
            use kube::runtime::controller::Error;
            match outcome {
                // Reconcile errors are logged where they come up; a feed that is gone is no error.
                Ok(_) | Err(Error::ReconcilerFailed(..) | Error::ObjectNotFound(_)) => {}
                Err(error) => tracing::warn!(%error, "the feeds can't be watched"),
            }
        })
        .await;
}

/// Ready once every watch has shown its feeds.
async fn become_ready(stores: &[Store<Watched>], readiness: Readiness) {
    let shown = join_all(stores.iter().map(Store::wait_until_ready)).await;
    if shown.iter().all(Result::is_ok) {
        tracing::info!(
            feeds = stores
                .iter()
                .map(|store| store.state().len())
                .sum::<usize>(),
            "watching"
        );
        readiness.set();
    }
}

/// Drops what belongs to feeds that are gone, again and again.
async fn sweep(stores: &[Store<Watched>], context: &Context) {
    loop {
        tokio::time::sleep(SWEEP_EVERY).await;
        let feeds: Vec<_> = stores.iter().flat_map(Store::state).collect();
        let is = |feed: &Watched, wanted: &metrics::Feed| {
            feed.meta().name.as_deref() == Some(wanted.name.as_str())
                && feed.meta().namespace.as_deref() == Some(wanted.namespace.as_str())
        };
        context
            .metrics
            .keep_only(|wanted| feeds.iter().any(|feed| is(feed, wanted)));
        context.memory.keep_only(|uid| {
            feeds
                .iter()
                .any(|feed| feed.meta().uid.as_deref() == Some(uid))
        });
    }
}

/// Once stopped: nothing new is written, calls under way have a little time, and then no more.
async fn end(stopped: &CancellationToken, stopping: &AtomicBool, cancelled: &CancellationToken) {
    stopped.cancelled().await;
    tracing::info!("stopping");
    stopping.store(true, Ordering::Relaxed);
    tokio::time::sleep(GRACE).await;
    cancelled.cancel();
    tokio::time::sleep(STOP_WITHIN).await;
}
