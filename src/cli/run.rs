//! `run`: the controller.

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};

use clap::Args as ClapArgs;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

use super::Exit;
use super::vendors::Vendors;
use crate::controller::{self, Election, Settings};
use crate::telemetry::{self, LogFormat};

/// How the controller runs.
#[derive(Debug, ClapArgs)]
pub struct Args {
    #[command(flatten)]
    vendors: Vendors,

    /// Run only the feeds of this namespace (repeatable); default: all namespaces
    #[arg(
        long = "watch-namespace",
        env = "WATCH_NAMESPACE",
        value_delimiter = ',',
        value_name = "NAMESPACE"
    )]
    watch_namespaces: Vec<String>,

    /// Let a Lease decide which replica runs the feeds; needs POD_NAME and POD_NAMESPACE
    #[arg(long, env = "LEADER_ELECT", value_name = "BOOL", num_args = 0..=1, default_value_t = false, default_missing_value = "true", action = clap::ArgAction::Set)]
    leader_elect: bool,

    /// Name of this replica, as the lease's holder
    #[arg(long, env = "POD_NAME", hide = true)]
    pod_name: Option<String>,

    /// Namespace of the lease
    #[arg(long, env = "POD_NAMESPACE", hide = true)]
    pod_namespace: Option<String>,

    /// The most syncs at once
    #[arg(long, env = "CONCURRENCY", default_value_t = 16, value_parser = clap::value_parser!(u16).range(1..), value_name = "N")]
    concurrency: u16,

    /// Where /metrics, /livez and /readyz are served; default: `[::]:8080`, which answers on IPv4 too, or `0.0.0.0:8080` on a machine without IPv6
    #[arg(long, env = "HTTP_ADDR", value_name = "ADDRESS")]
    http_addr: Option<SocketAddr>,

    /// Whether /metrics has series of each feed, by `namespace` and `name`, some fourteen each; those of all feeds, by state and reason, it has always
    #[arg(long, env = "FEED_METRICS", value_name = "BOOL", default_value_t = true, action = clap::ArgAction::Set)]
    feed_metrics: bool,

    /// How log lines look
    #[arg(long, env = "LOG_FORMAT", value_enum, default_value_t = LogFormat::Json)]
    log_format: LogFormat,

    /// What is logged, such as `info` or `flashpoint_operator=debug,info`; without it RUST_LOG says, else it is `info`
    #[arg(long, env = "LOG_FILTER", value_name = "FILTER")]
    log_filter: Option<String>,
}

/// Runs the controller until it is asked to stop.
pub fn run(args: Args) -> Exit {
    let filter = args
        .log_filter
        .clone()
        .or_else(|| std::env::var("RUST_LOG").ok());
    if let Err(error) = telemetry::start(args.log_format, filter.as_deref().unwrap_or("info")) {
        eprintln!("error: {error}");
        return Exit::BadInput;
    }
    let settings = match settings(args) {
        Ok(settings) => settings,
        Err(error) => {
            eprintln!("error: {error}");
            return Exit::BadInput;
        }
    };
    let runtime = match tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
    {
        Ok(runtime) => runtime,
        Err(error) => {
            tracing::error!(%error, "the runtime could not be started");
            return Exit::Partial;
        }
    };
    let outcome = runtime.block_on(async {
        let stopped = CancellationToken::new();
        tokio::spawn(stop_on_signal(stopped.clone()));
        // A task, so that the workers run it too: one thread that wakes another costs a system call.
        tokio::spawn(controller::run(settings, stopped)).await
    });
    // Nothing that still runs is worth waiting for.
    runtime.shutdown_background();
    match outcome {
        Ok(Ok(())) => Exit::Done,
        Ok(Err(error)) => {
            tracing::error!(%error, "the operator ended");
            Exit::Partial
        }
        Err(panicked) => {
            tracing::error!(error = %panicked, "the operator ended");
            Exit::Partial
        }
    }
}

fn settings(args: Args) -> Result<Settings, String> {
    let election = match (args.leader_elect, args.pod_name, args.pod_namespace) {
        (false, _, _) => None,
        (true, Some(identity), Some(namespace)) => Some(Election {
            namespace,
            identity,
        }),
        (true, _, _) => {
            return Err(
                "--leader-elect needs the environment variables POD_NAME and POD_NAMESPACE \
                        (the chart sets them from the downward API)"
                    .to_owned(),
            );
        }
    };
    let ways = args.vendors.check_ways();
    ways.map_err(|error| error.to_string())?;
    Ok(Settings {
        flashpoint: args.vendors.flashpoint(),
        destinations: args.vendors.destinations(),
        http: args.vendors.http(),
        namespaces: args
            .watch_namespaces
            .into_iter()
            .filter(|name| !name.is_empty())
            .collect(),
        election,
        concurrency: args.concurrency,
        http_address: args.http_addr.unwrap_or_else(any_address),
        feed_metrics: args.feed_metrics,
    })
}

/// Every address of the machine. A kernel without IPv6 has no `[::]`.
fn any_address() -> SocketAddr {
    let ipv6 = std::net::TcpListener::bind((Ipv6Addr::UNSPECIFIED, 0));
    let any = ipv6.map_or(Ipv4Addr::UNSPECIFIED.into(), |_| {
        Ipv6Addr::UNSPECIFIED.into()
    });
    SocketAddr::new(any, 8080)
}

async fn stop_on_signal(stopped: CancellationToken) {
    let (Ok(mut terminate), Ok(mut interrupt)) = (
        signal(SignalKind::terminate()),
        signal(SignalKind::interrupt()),
    ) else {
        tracing::error!("signals can't be heard");
        return;
    };
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    stopped.cancel();
}

#[cfg(test)]
mod tests {
    use std::net::{TcpListener, TcpStream};

    use super::*;

    #[test]
    fn the_default_address_answers_on_ipv4_and_where_there_is_ipv6_on_that() {
        let listener = TcpListener::bind((any_address().ip(), 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        TcpStream::connect((Ipv4Addr::LOCALHOST, port)).unwrap();
        if TcpListener::bind((Ipv6Addr::LOCALHOST, 0)).is_ok() {
            TcpStream::connect((Ipv6Addr::LOCALHOST, port)).unwrap();
        }
    }
}
