//! Logs: JSON in a cluster, text on a terminal.

use std::io::{IsTerminal as _, stderr};

use clap::ValueEnum;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{Layer as _, fmt, registry};

/// How a log line looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// One JSON object a line.
    Json,
    /// For people.
    Text,
}

/// A log filter that can't be read.
#[derive(Debug, thiserror::Error)]
#[error(
    "--log-filter {filter:?} can't be read: {cause}; write for example `info` or `flashpoint_operator=debug,info`"
)]
pub struct BadFilter {
    filter: String,
    cause: String,
}

/// Starts logging to standard error.
///
/// # Errors
/// When the filter can't be read.
pub fn start(format: LogFormat, filter: &str) -> Result<(), BadFilter> {
    let filter: Targets =
        filter
            .parse()
            .map_err(|error: tracing_subscriber::filter::ParseError| BadFilter {
                filter: filter.to_owned(),
                cause: error.to_string(),
            })?;
    let lines = fmt::layer().with_writer(stderr);
    let lines = match format {
        LogFormat::Json => lines
            .json()
            .flatten_event(true)
            .with_current_span(true)
            .with_span_list(false)
            .boxed(),
        LogFormat::Text => lines.with_ansi(stderr().is_terminal()).boxed(),
    };
    // A second start, as in tests, keeps the first.
    let _ = registry().with(lines.with_filter(filter)).try_init();
    Ok(())
}
