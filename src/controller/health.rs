//! The HTTP endpoints: alive, ready, metrics.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use parking_lot::Mutex;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

use super::exposition::Format;
use super::metrics::Metrics;

/// How many may read the metrics at once: the Prometheus of a pair, a person, and one whose reader hangs.
const SCRAPES: usize = 4;

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
    /// The scrapes that may begin.
    scrapes: Arc<Semaphore>,
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
        .with_state(Shown {
            readiness,
            metrics,
            scrapes: Arc::new(Semaphore::new(SCRAPES)),
        });
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
    let Ok(slot) = shown.scrapes.try_acquire_owned() else {
        let busy = "others read the metrics; try again\n";
        return (StatusCode::SERVICE_UNAVAILABLE, busy).into_response();
    };
    let body = Body::from_stream(shown.metrics.scrape(format, slot));
    ([(header::CONTENT_TYPE, format.content_type())], body).into_response()
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpStream;

    use super::*;

    /// What is answered to a request, head and body, until the server closes.
    async fn answer(address: SocketAddr, request: &str) -> (String, String) {
        let mut connection = TcpStream::connect(address).await.unwrap();
        connection.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        connection.read_to_string(&mut answer).await.unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        (head.to_lowercase(), body.to_owned())
    }

    #[tokio::test]
    async fn metrics_of_a_length_that_nobody_knows_are_whole_for_each_reader() {
        let listener = bind("127.0.0.1:0".parse().unwrap()).await.unwrap();
        let address = listener.local_addr().unwrap();
        let stopped = CancellationToken::new();
        let served = tokio::spawn(serve(
            listener,
            Readiness::default(),
            Metrics::new(true),
            stopped.clone(),
        ));
        let accept = "accept: application/openmetrics-text\r\n\r\n";
        let (head, body) = answer(address, &format!("GET /metrics HTTP/1.0\r\n{accept}")).await;
        assert!(
            head.starts_with("http/1.0 200") && !head.contains("chunked"),
            "{head}"
        );
        assert!(
            head.contains("content-type: application/openmetrics-text"),
            "{head}"
        );
        assert!(body.ends_with("\n# EOF\n"), "{body}");
        let close = "host: a\r\nconnection: close\r\n";
        let (head, chunks) = answer(
            address,
            &format!("GET /metrics HTTP/1.1\r\n{close}{accept}"),
        )
        .await;
        assert!(head.contains("transfer-encoding: chunked"), "{head}");
        assert!(
            chunks.contains("\n# EOF\n") && chunks.ends_with("\r\n0\r\n\r\n"),
            "{chunks}"
        );
        let (head, body) = answer(address, &format!("HEAD /metrics HTTP/1.1\r\n{close}\r\n")).await;
        assert!(
            head.starts_with("http/1.1 200") && head.contains("version=0.0.4"),
            "{head}"
        );
        assert_eq!(body, "");
        stopped.cancel();
        served.await.unwrap();
    }

    #[tokio::test]
    async fn few_may_read_the_metrics_at_once() {
        let shown = Shown {
            readiness: Readiness::default(),
            metrics: Metrics::new(true),
            scrapes: Arc::new(Semaphore::new(SCRAPES)),
        };
        let read = || scrape(State(shown.clone()), HeaderMap::new());
        let mut unread = Vec::new();
        for _ in 0..SCRAPES {
            unread.push(read().await);
        }
        assert!(
            unread
                .iter()
                .all(|answer| answer.status() == StatusCode::OK)
        );
        assert_eq!(read().await.status(), StatusCode::SERVICE_UNAVAILABLE);
        unread.clear();
        let slot = shown.scrapes.acquire();
        drop(
            tokio::time::timeout(std::time::Duration::from_secs(20), slot)
                .await
                .unwrap(),
        );
        assert_eq!(read().await.status(), StatusCode::OK);
    }
}
