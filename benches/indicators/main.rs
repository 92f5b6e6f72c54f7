//! Speed of the extractor on raw HTML, one thread: `cargo bench --bench indicators [-- --corpus FILE]`.
//!
//! Prints MB/s of the parts and the whole. With `--corpus FILE` it writes the corpus as JSON lines (`id`, `text`) and does
//! no more; `benches/indicators/compare.py` uses that to run the same through the peers.

use std::error::Error;
use std::hint::black_box;
use std::io::{BufWriter, Write as _};
use std::time::Instant;

use indicators::{self, Markup, Rules, html};

mod corpus;

/// Bytes of HTML.
const BYTES: usize = 60_000_000;

/// How often each is measured; the best time counts, as it is the one with the least noise.
const ROUNDS: usize = 5;

fn main() -> Result<(), Box<dyn Error>> {
    let mut args = std::env::args().skip(1).filter(|arg| arg != "--bench");
    let reports = corpus::reports(&mut corpus::Seed(0x9e37_79b9_7f4a_7c15), BYTES);
    if args.next().as_deref() == Some("--corpus") {
        return write(&reports, &args.next().ok_or("--corpus needs a file")?);
    }
    measure(&reports);
    Ok(())
}

fn write(reports: &[String], file: &str) -> Result<(), Box<dyn Error>> {
    let mut out = BufWriter::new(std::fs::File::create(file)?);
    for (id, text) in reports.iter().enumerate() {
        serde_json::to_writer(
            &mut out,
            &serde_json::json!({"id": id.to_string(), "text": text}),
        )?;
        out.write_all(b"\n")?;
    }
    Ok(out.flush()?)
}

fn measure(reports: &[String]) {
    let bytes: usize = reports.iter().map(String::len).sum();
    let rules = Rules::default();
    let found: usize = reports
        .iter()
        .map(|report| indicators::find(&[(Markup::Html, report)], &rules).len())
        .sum();
    println!(
        "{} reports, {bytes} bytes, {:.1} indicators in each",
        reports.len(),
        ratio(found, reports.len())
    );
    let mut text = String::new();
    let mut links = String::new();
    time("HTML to text", bytes, || {
        for report in reports {
            text.clear();
            links.clear();
            html::to_text(report, &mut text, &mut links);
            black_box((&text, &links));
        }
    });
    time("HTML to indicators", bytes, || {
        for report in reports {
            black_box(indicators::find(&[(Markup::Html, report)], &rules));
        }
    });
}

fn time(name: &str, bytes: usize, mut run: impl FnMut()) {
    let wall = Instant::now();
    let best = (0..ROUNDS)
        .map(|_| {
            let start = seconds(wall);
            run();
            seconds(wall) - start
        })
        .fold(f64::INFINITY, f64::min);
    println!("{name:<20}{:>8.0} MB/s", ratio(bytes, 1) / 1e6 / best);
}

/// Seconds that this thread has run, so that others on the machine don't count; where the system doesn't tell, by the clock.
fn seconds(since: Instant) -> f64 {
    let on_cpu = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    let nanoseconds = on_cpu
        .split(' ')
        .next()
        .and_then(|first| first.parse::<u64>().ok());
    nanoseconds
        .map_or_else(|| since.elapsed(), std::time::Duration::from_nanos)
        .as_secs_f64()
}

#[allow(
    clippy::cast_precision_loss,
    reason = "figures for people, far below 2^52"
)]
fn ratio(a: usize, b: usize) -> f64 {
    a as f64 / b as f64
}
