//! The HTTP endpoints: alive, ready, metrics.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use parking_lot::Mutex;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::exposition::Format;
use super::metrics::Metrics;

/// Whether the operator does its work, or stands by to.
#[derive(Clone, Debug, Default)]
pub struct Readiness(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    ready: AtomicBool,
    /// What was last in the way.
    obstacle: Mutex<String>,
}

impl Readiness {
    /// Says that it does.
    pub fn set(&self) {
        self.0.ready.store(true, Ordering::Relaxed);
    }

    /// Says that it can't.
    pub fn lost(&self) {
        self.0.ready.store(false, Ordering::Relaxed);
    }

    /// Says what is in the way: shown while it is not ready.
    pub fn obstructed(&self, obstacle: &str) {
        obstacle.clone_into(&mut self.0.obstacle.lock());
    }

    /// What to do about it where it does not do its work.
    fn obstacle(&self) -> Option<String> {
        if self.0.ready.load(Ordering::Relaxed) {
            return None;
        }
        let obstacle = self.0.obstacle.lock().clone();
        Some(if obstacle.is_empty() {
            "the feeds are not watched yet".to_owned()
        } else {
            format!("the feeds are not watched: {obstacle}")
        })
    }
}

#[derive(Clone)]
struct Shown {
    readiness: Readiness,
    metrics: Metrics,
}

/// Binds the address that the endpoints are served on.
///
/// # Errors
/// When the address is taken or not this machine's.
pub async fn bind(address: SocketAddr) -> std::io::Result<TcpListener> {
    TcpListener::bind(address).await
}

/// Serves the endpoints until `stopped`.
pub async fn serve(
    listener: TcpListener,
    readiness: Readiness,
    metrics: Metrics,
    stopped: CancellationToken,
) {
    let routes = Router::new()
        .route("/livez", get(|| async { "ok\n" }))
        .route("/readyz", get(ready))
        .route("/metrics", get(scrape))
        .with_state(Shown { readiness, metrics });
    let served = axum::serve(listener, routes).with_graceful_shutdown(stopped.cancelled_owned());
    if let Err(error) = served.await {
        tracing::error!(%error, "the HTTP endpoints ended");
    }
}

/// Ready while the feeds are watched, or another replica leads. A missing CRD is a reason
/// not to be ready, never one to be killed.
async fn ready(State(shown): State<Shown>) -> Response {
    match shown.readiness.obstacle() {
        None => "ok\n".into_response(),
        Some(obstacle) => {
            (StatusCode::SERVICE_UNAVAILABLE, format!("{obstacle}\n")).into_response()
        }
    }
}

async fn scrape(State(shown): State<Shown>, headers: HeaderMap) -> Response {
    let accepted = headers.get(header::ACCEPT);
    let accepted = accepted.and_then(|types| types.to_str().ok());
    let format = Format::accepted(accepted.unwrap_or_default());
    match shown.metrics.encode(format) {
        Ok(text) => ([(header::CONTENT_TYPE, format.content_type())], text).into_response(),
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response(),
    }
}
