//! `benches/run`: measures the figures that the project states, and stores them as rows.

mod credentials;
mod footprint;
mod growth;
mod limit;
mod peers;
mod process;
mod results;
mod scale;
mod script;

use std::error::Error;
use std::path::PathBuf;
use std::process::ExitCode;

use tokio::signal::unix::{SignalKind, signal};

type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

#[tokio::main]
async fn main() -> ExitCode {
    let measured = async {
        tokio::select! {
            measured = Box::pin(measure()) => measured,
            // What was started ends with what waits for it.
            stopped = stopped() => Err(stopped.map_or_else(Into::into, Into::into)),
        }
    };
    match measured.await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("benches/run: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Ends when somebody asks for it, and says so.
async fn stopped() -> std::io::Result<&'static str> {
    let (mut interrupt, mut terminate) = (
        signal(SignalKind::interrupt())?,
        signal(SignalKind::terminate())?,
    );
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
    Ok("stopped before its end")
}

/// The sections; `row` is run where it is named alone.
const SECTIONS: [&str; 8] = [
    "limit",
    "script",
    "growth",
    "backfill",
    "footprint",
    "peers",
    "scale",
    "row",
];

/// Measures what the arguments name, or everything.
async fn measure() -> Outcome<()> {
    let wanted: Vec<String> = std::env::args().skip(1).collect();
    let (mut counts, mut names) = (Vec::new(), Vec::new());
    for wanted in &wanted {
        match wanted.parse::<usize>() {
            Ok(count) => counts.push(count),
            Err(_) => names.push(wanted.as_str()),
        }
    }
    let known = |name: &str| SECTIONS.contains(&name) || scale::subject::ALL.contains(&name);
    if let Some(unknown) = names.iter().find(|name| !known(name)) {
        return Err(format!("{unknown} is neither a section nor a subject").into());
    }
    if !names.is_empty() && !names.iter().any(|name| SECTIONS.contains(name)) {
        return Err(format!("name a section too: {}", SECTIONS.join(", ")).into());
    }
    let is_wanted = |name: &str| names.is_empty() || names.contains(&name);
    if is_wanted("limit") {
        limit::measure().await?;
    }
    if is_wanted("script") {
        script::measure().await?;
    }
    if is_wanted("footprint") {
        footprint::measure().await?;
    }
    if is_wanted("peers") {
        Box::pin(scale::contract::check(&names)).await?;
    }
    if is_wanted("scale") {
        Box::pin(scale::measure(&counts, &names)).await?;
    }
    // A check of its own, which `scale` has in it.
    if names.contains(&"row") {
        Box::pin(scale::memory::check()).await?;
    }
    if is_wanted("growth") {
        growth::measure().await?;
    }
    if is_wanted("backfill") {
        growth::backfill().await?;
    }
    Ok(())
}

/// The static binary that the image holds.
fn operator() -> Outcome<PathBuf> {
    let binary =
        std::env::var_os("IMAGE_OPERATOR").ok_or("IMAGE_OPERATOR is not set: run benches/run")?;
    Ok(binary.into())
}

/// Three digits after the point.
fn rounded(figure: f64) -> f64 {
    (figure * 1_000.0).round() / 1_000.0
}

/// A value at a fraction of the sorted ones.
fn percentile(values: &mut [f64], fraction: f64) -> f64 {
    values.sort_by(f64::total_cmp);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "an index"
    )]
    let index = ((values.len() as f64 - 1.0) * fraction).round() as usize;
    values.get(index).copied().unwrap_or(f64::NAN)
}
