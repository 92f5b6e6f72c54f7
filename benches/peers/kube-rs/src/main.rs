//! The peer in Rust: kube-rs' `Controller`, as its own examples have it, doing the operator's work.

mod feed;
mod sync;
mod vendors;

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::http::StatusCode;
use axum::routing::get;
use futures::StreamExt as _;
use jiff::Timestamp;
use kube::api::Api;
use kube::runtime::controller::{Action, Config, Controller};
use kube::runtime::reflector::{self, Store};
use kube::runtime::{PredicateConfig, WatchStreamExt as _, predicates, watcher};
use kube::{Client, ResourceExt as _};
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

use feed::FlashpointFeed;
use sync::SyncError;
use vendors::Vendors;

// As the operator has it.
#[cfg(target_env = "musl")]
#[global_allocator]
static ALLOCATOR: dlmalloc::GlobalDlmalloc = dlmalloc::GlobalDlmalloc;

/// How many feeds are synced at the same time, as the operator does by default.
const SYNCS_AT_ONCE: u16 = 16;

/// When a sync that failed is tried again.
const RETRY: Duration = Duration::from_secs(5);

/// What each reconcile works with.
struct Context {
    client: Client,
    vendors: Vendors,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let client = Client::try_default().await?;
    let vendors = Vendors::new(
        std::env::var("FLASHPOINT_URL")?,
        std::env::var("TRUSTAR_URL")?,
    )?;
    let context = Arc::new(Context {
        client: client.clone(),
        vendors,
    });
    let feeds: Api<FlashpointFeed> = Api::all(client);
    let (store, writer) = reflector::store();
    // Its own statuses are no news, as kube's documentation of predicates has it.
    let changed = watcher(feeds, watcher::Config::default())
        .default_backoff()
        // As the documentation of kube's reflector has it, to save memory.
        .modify(|feed| feed.managed_fields_mut().clear())
        .reflect(writer)
        .applied_objects()
        .predicate_filter(predicates::generation, PredicateConfig::default());
    let controller = Controller::for_stream(changed, store.clone())
        .with_config(Config::default().concurrency(SYNCS_AT_ONCE));
    let router = Router::new().route("/readyz", get(move || readiness(store.clone())));
    let listener = TcpListener::bind(std::env::var("HTTP_ADDR")?).await?;
    let reconciling = controller
        .run(reconcile, error_policy, context)
        .for_each(async |_| ());
    let mut terminated = signal(SignalKind::terminate())?;
    tokio::select! {
        () = reconciling => {}
        served = axum::serve(listener, router) => served?,
        _ = terminated.recv() => {}
    }
    Ok(())
}

/// Whether the watch has shown the feeds.
async fn readiness(store: Store<FlashpointFeed>) -> StatusCode {
    match tokio::time::timeout(Duration::ZERO, store.wait_until_ready()).await {
        Ok(Ok(())) => StatusCode::OK,
        _ => StatusCode::SERVICE_UNAVAILABLE,
    }
}

/// Syncs a feed that is due. An error leaves the status as it is.
async fn reconcile(feed: Arc<FlashpointFeed>, context: Arc<Context>) -> Result<Action, SyncError> {
    let next = match feed.next_sync() {
        Some(next) if next > Timestamp::now() => next,
        _ => sync::run(&feed, &context.client, &context.vendors).await?,
    };
    let wait = Timestamp::now().duration_until(next);
    Ok(Action::requeue(
        Duration::try_from(wait).unwrap_or_default(),
    ))
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "the signature that a controller wants"
)]
fn error_policy(feed: Arc<FlashpointFeed>, error: &SyncError, _: Arc<Context>) -> Action {
    eprintln!("{}: {error}", feed.name_any());
    Action::requeue(RETRY)
}
