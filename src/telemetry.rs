//! Logs: JSON in a cluster, text on a terminal.

use std::io::{IsTerminal as _, stderr};

use clap::ValueEnum;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::format::FmtSpan;

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
    let filter = EnvFilter::try_new(filter).map_err(|error| BadFilter {
        filter: filter.to_owned(),
        cause: error.to_string(),
    })?;
    let logs = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_span_events(FmtSpan::NONE)
        .with_writer(stderr);
    // A second start, as in tests, keeps the first.
    let _ = match format {
        LogFormat::Json => logs
            .json()
            .flatten_event(true)
            .with_current_span(true)
            .with_span_list(false)
            .try_init(),
        LogFormat::Text => logs.with_ansi(stderr().is_terminal()).try_init(),
    };
    Ok(())
}
