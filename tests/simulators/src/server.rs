//! The HTTP side that both simulators share: connections, the scripted faults on them, and the record.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::ops::Deref;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use hyper::Response;
use hyper::body::Incoming;
use hyper::header::DATE;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use jiff::{SignedDuration, Timestamp};
use parking_lot::RwLock;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};

use crate::admin;
use crate::faults::{Plan, Reply};
use crate::message::{Answer, Request};
use crate::record::Record;
use crate::reply::{self, Body};

/// The simulated clock: this machine's, shifted.
#[derive(Debug, Default)]
pub struct Clock {
    skew_ms: AtomicI64,
}

impl Clock {
    /// The simulator's time, which its `Date` header shows and its windows and token lives go by.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        let skew = SignedDuration::from_millis(self.skew_ms.load(Ordering::Relaxed));
        Timestamp::now()
            .saturating_add(skew)
            .unwrap_or(Timestamp::MAX)
    }

    /// Shifts the clock against this machine's (not against what it was before).
    pub fn set_skew(&self, skew: SignedDuration) {
        let millis = i64::try_from(skew.as_millis()).unwrap_or(0);
        self.skew_ms.store(millis, Ordering::Relaxed);
    }
}

type Hook = Arc<dyn Fn(&Request) + Send + Sync>;

/// What a test drives and reads at either simulator.
#[derive(Default)]
pub struct Controls {
    /// Every request that reached the server.
    pub record: Record,
    /// The scripted faults.
    pub faults: Plan,
    /// The server's clock.
    pub clock: Clock,
    hook: RwLock<Option<Hook>>,
}

impl Controls {
    /// Calls `hook` with each request after it is recorded and before it is handled: the place for what must
    /// happen between two calls, such as a report that arrives while a client pages.
    pub fn before_each(&self, hook: impl Fn(&Request) + Send + Sync + 'static) {
        *self.hook.write() = Some(Arc::new(hook));
    }
}

/// A vendor's API without its HTTP side. Handling is synchronous: no lock is ever held across an await.
pub trait Simulator: Send + Sync + 'static {
    /// Its record, faults and clock.
    fn controls(&self) -> &Controls;

    /// Told once, when the server listens: its origin, such as `http://127.0.0.1:4711`.
    fn listening(&self, _origin: &str) {}

    /// Answers one call of the vendor's API.
    fn answer(&self, request: &Request) -> Answer;

    /// Answers a call under `/_sim/` that is not common to both simulators; none if there is no such call.
    fn admin(&self, request: &Request) -> Option<Answer>;
}

/// A running simulator. It stops, and all its connections break, when this is dropped.
pub struct Server<S> {
    simulator: Arc<S>,
    address: SocketAddr,
    task: JoinHandle<()>,
}

impl<S> Server<S> {
    /// The address it listens on.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its origin, such as `http://127.0.0.1:4711`, without a trailing slash.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The simulator itself, which outlives the server: it can be served again, with all it holds.
    #[must_use]
    pub fn simulator(&self) -> Arc<S> {
        Arc::clone(&self.simulator)
    }
}

impl<S> Deref for Server<S> {
    type Target = S;

    fn deref(&self) -> &S {
        &self.simulator
    }
}

impl<S> Drop for Server<S> {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Serves a simulator on a free port of the loopback interface.
///
/// # Errors
/// No port can be had.
pub async fn start<S: Simulator>(simulator: S) -> io::Result<Server<S>> {
    start_on("127.0.0.1:0", Arc::new(simulator)).await
}

/// Serves a simulator on an address; also one that was served before, with all it holds.
///
/// # Errors
/// The address can't be had.
pub async fn start_on<S: Simulator>(address: &str, simulator: Arc<S>) -> io::Result<Server<S>> {
    let listener = TcpListener::bind(address).await?;
    let address = listener.local_addr()?;
    let task = tokio::spawn(run(
        listener,
        Arc::clone(&simulator),
        std::future::pending(),
    ));
    let server = Server {
        simulator,
        address,
        task,
    };
    server.simulator.listening(&server.url());
    Ok(server)
}

/// Serves a simulator until `shutdown` ends; then all connections are broken.
pub async fn run<S: Simulator>(
    listener: TcpListener,
    simulator: Arc<S>,
    shutdown: impl Future<Output = ()>,
) {
    let mut connections = JoinSet::new();
    tokio::pin!(shutdown);
    loop {
        tokio::select! {
            () = &mut shutdown => return,
            Some(_) = connections.join_next() => {}
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    connections.spawn(connection(stream, Arc::clone(&simulator)));
                }
                // Out of file descriptors, mostly: waiting is better than a busy loop.
                Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
            },
        }
    }
}

async fn connection<S: Simulator>(stream: TcpStream, simulator: Arc<S>) {
    // Answers go out in two writes at times; Nagle's algorithm would cost 40 ms on each of those.
    let _ = stream.set_nodelay(true);
    let reset = Reset::default();
    let socket = Socket {
        stream,
        reset: reset.clone(),
    };
    let service = service_fn(|request| exchange(&*simulator, request, reset.clone()));
    // An error here is a client that left or a scripted reset: neither concerns the server.
    let _ = http1::Builder::new()
        .auto_date_header(false)
        .serve_connection(TokioIo::new(socket), service)
        .await;
}

async fn exchange<S: Simulator>(
    simulator: &S,
    request: hyper::Request<Incoming>,
    reset: Reset,
) -> io::Result<Response<Body>> {
    let request = Request::read(request).await?;
    let controls = simulator.controls();
    if request.path().starts_with("/_sim/") {
        let answer = admin::answer(simulator, &request);
        return Ok(reply::whole(answer));
    }
    let key = controls.record.arrived(&request);
    let strike = controls.faults.strike(&request);
    if !strike.delay.is_zero() {
        tokio::time::sleep(strike.delay).await;
    }
    let hook = controls.hook.read().clone();
    if let Some(hook) = hook {
        hook(&request);
    }
    let own = (strike.after_effect || strike.reply.shows_own_answer()).then(|| {
        let answer = simulator.answer(&request);
        controls.record.handled(key, answer.effect);
        answer.with_header(DATE, &http_date(controls.clock.now()))
    });
    let response = match strike.reply {
        Reply::Reset => {
            reset.demand();
            return Err(io::ErrorKind::ConnectionReset.into());
        }
        Reply::Hang => std::future::pending().await,
        reply => reply::scripted(reply, own, reset, &http_date(controls.clock.now())),
    };
    controls.record.answered(key, response.status().as_u16());
    Ok(response)
}

/// A time as HTTP headers give it: `Tue, 24 Nov 2026 20:00:00 GMT`.
#[must_use]
pub fn http_date(time: Timestamp) -> String {
    time.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()
}

/// Whether a connection is to end by a reset (RST) instead of an orderly close.
#[derive(Debug, Clone, Default)]
pub(crate) struct Reset(Arc<AtomicBool>);

impl Reset {
    pub(crate) fn demand(&self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

struct Socket {
    stream: TcpStream,
    reset: Reset,
}

impl Drop for Socket {
    fn drop(&mut self) {
        if self.reset.0.load(Ordering::Relaxed) {
            let _ = self.stream.set_zero_linger();
        }
    }
}

impl AsyncRead for Socket {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for Socket {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(context, bytes)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}
