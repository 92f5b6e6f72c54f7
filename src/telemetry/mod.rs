//! Logs: JSON in a cluster, text on a terminal.

pub mod shown;

use std::fmt::{Debug, Write as _};
use std::io::{IsTerminal as _, stderr};

use clap::ValueEnum;
use tracing::Metadata;
use tracing::field::Field;
use tracing_subscriber::field::MakeExt as _;
use tracing_subscriber::filter::{FilterExt as _, ParseError, Targets, filter_fn};
use tracing_subscriber::fmt::format::{Writer, debug_fn};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{Layer as _, fmt, registry};

use shown::{Json, Line};

/// The most bytes of one field in a line of text.
const FIELD_BYTES: usize = 4_096;

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
    let filter = targets(filter).map_err(|cause| BadFilter {
        filter: filter.to_owned(),
        cause,
    })?;
    let lines = fmt::layer();
    let lines = match format {
        LogFormat::Json => lines
            .with_writer(|| Json(stderr()))
            .json()
            .flatten_event(true)
            .with_current_span(true)
            .with_span_list(false)
            .boxed(),
        LogFormat::Text => lines
            .with_writer(stderr)
            .fmt_fields(debug_fn(field).delimited(" "))
            .with_ansi(stderr().is_terminal())
            .boxed(),
    };
    // A second start, as in tests, keeps the first.
    let filter = filter.and(filter_fn(|metadata| !shows_bodies(metadata)));
    let _ = registry().with(lines.with_filter(filter)).try_init();
    Ok(())
}

/// Writes a field of a line of text. What it says may come from outside: it is cut, and stays on its line.
fn field(out: &mut Writer<'_>, field: &Field, value: &dyn Debug) -> std::fmt::Result {
    let mut line = Line::new(FIELD_BYTES);
    // It fails once the line is full.
    let _ = write!(line, "{value:?}");
    let value = line.into_string();
    match field.name() {
        "message" => out.write_str(&value),
        name if out.has_ansi_escapes() => {
            write!(out, "\u{1b}[3m{name}\u{1b}[0m\u{1b}[2m=\u{1b}[0m{value}")
        }
        name => write!(out, "{name}={value}"),
    }
}

/// Whether it is from the part of kube's client that logs a whole body where it can't be read: that may be a Secret's.
fn shows_bodies(metadata: &Metadata<'_>) -> bool {
    metadata.target() == "kube_client::client"
}

/// Levels, and targets with levels, between commas; spaces and empty parts mean nothing.
fn targets(filter: &str) -> Result<Targets, String> {
    if filter.contains(['[', '{']) {
        return Err("spans and fields can't be told apart, only targets".to_owned());
    }
    let parts: Vec<&str> = filter
        .split(',')
        .map(str::trim)
        .filter(|part| !part.is_empty())
        .collect();
    let targets = parts.join(",").parse();
    targets.map_err(|error: ParseError| error.to_string())
}

#[cfg(test)]
mod tests {
    use tracing::Level;

    use super::*;

    #[test]
    fn a_filter_is_read_as_people_write_it() {
        for filter in ["info,", " info , kube=debug", ",info,,kube=debug,"] {
            let targets = targets(filter).unwrap();
            assert!(
                targets.would_enable("flashpoint_operator", &Level::INFO),
                "{filter}"
            );
            assert!(
                !targets.would_enable("flashpoint_operator", &Level::DEBUG),
                "{filter}"
            );
        }
    }

    #[test]
    fn bodies_of_the_api_server_are_logged_at_no_level() {
        let filter = targets("trace").unwrap();
        let filter = filter.and(filter_fn(|metadata| !shows_bodies(metadata)));
        let lines = fmt::layer().with_writer(std::io::sink);
        let subscriber = registry().with(lines.with_filter(filter));
        tracing::subscriber::with_default(subscriber, || {
            assert!(!tracing::enabled!(target: "kube_client::client", Level::WARN));
            assert!(tracing::enabled!(target: "kube_client::client::builder", Level::ERROR));
            assert!(tracing::enabled!(target: "flashpoint_operator", Level::DEBUG));
        });
    }

    #[test]
    fn what_it_can_not_do_is_refused() {
        for filter in ["info,[sync]=debug", "kube=loud", "[sync{name=x}]=debug"] {
            assert!(targets(filter).is_err(), "{filter}");
        }
    }
}
