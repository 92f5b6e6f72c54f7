//! The simulators as a program, for the demo and for Pods: `simulators both --reports 60`.

use std::io;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use clap::{Parser, ValueEnum};
use jiff::SignedDuration;
use serde_json::{Map, Value, json};
use simulators::faults::Fault;
use simulators::flashpoint::{self, Flashpoint};
use simulators::record::Keep;
use simulators::reports::Style;
use simulators::trustar::{self, Enclave, TagPolicy, Trustar};
use simulators::{Server, Simulator};
use tokio::signal::unix::{SignalKind, signal};

/// Flashpoint's and TruSTAR's APIs as strict HTTP servers. Prints their URLs and credentials as one line of JSON,
/// then serves until it is interrupted.
#[derive(Debug, Parser)]
#[command(version)]
struct Options {
    /// Which to serve.
    which: Which,
    /// Where to listen; twice for both, Flashpoint's first. Default: a free port of the loopback interface.
    #[arg(long, value_name = "ADDRESS")]
    listen: Vec<String>,
    /// How many reports Flashpoint has at the start, posted over the last 20 hours.
    #[arg(long, default_value_t = 60)]
    reports: usize,
    /// The reports' seed.
    #[arg(long, default_value_t = 7)]
    seed: u64,
    /// A new report comes in this often; 0s: never.
    #[arg(long, default_value = "0s", value_name = "DURATION")]
    interval_of_new_reports: SignedDuration,
    /// About how long a report's body is.
    #[arg(long, default_value_t = 6_000, value_name = "BYTES")]
    body_bytes: usize,
    /// The share of reports that hold indicators, from 0 to 1.
    #[arg(long, default_value_t = 0.6, value_name = "SHARE")]
    planted: f64,
    /// The share of reports that link to CSV data.
    #[arg(long, default_value_t = 0.1, value_name = "SHARE")]
    csv: f64,
    /// Which of Flashpoint's APIs is spoken.
    #[arg(long, value_enum, default_value_t = Api::V4)]
    api: Api,
    /// The path of Flashpoint's listing; default: the API's.
    #[arg(long)]
    path: Option<String>,
    /// Flashpoint's origin as clients see it, for the CSV links.
    #[arg(long, value_name = "URL")]
    public_url: Option<String>,
    /// The enclaves' ids; repeatable.
    #[arg(long = "enclave", default_value = trustar::ENCLAVE, value_name = "ID")]
    enclaves: Vec<String>,
    /// Take only tags of letters, digits, `-` and `_`.
    #[arg(long)]
    strict_tags: bool,
    /// TruSTAR's calls a minute for a credential; default: no limit.
    #[arg(long, value_name = "CALLS")]
    calls_per_minute: Option<u32>,
    /// Answer every call only after this long.
    #[arg(long, default_value = "0s", value_name = "DURATION")]
    latency: SignedDuration,
    /// Keep no record of requests, for long runs.
    #[arg(long)]
    no_record: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Api {
    V4,
    Ignite,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Which {
    Flashpoint,
    Trustar,
    Both,
}

#[tokio::main]
async fn main() -> ExitCode {
    match serve(Options::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("simulators: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn serve(options: Options) -> io::Result<()> {
    let mut listen = options.listen.iter().map(String::as_str);
    let mut address = || listen.next().unwrap_or("127.0.0.1:0");
    let mut line = Map::new();
    let flashpoint = if options.which == Which::Trustar {
        None
    } else {
        let server = simulators::start_on(address(), Arc::new(options.flashpoint())).await?;
        options.set_up(&server);
        line.insert(
            "flashpoint".to_owned(),
            describe_flashpoint(&server, &options),
        );
        Some(server)
    };
    let trustar = if options.which == Which::Flashpoint {
        None
    } else {
        let server = simulators::start_on(address(), Arc::new(options.trustar())).await?;
        options.set_up(&server);
        line.insert("trustar".to_owned(), describe_trustar(&server, &options));
        Some(server)
    };
    println!("{}", Value::Object(line));
    let interval = options
        .interval_of_new_reports
        .try_into()
        .unwrap_or(Duration::ZERO);
    tokio::select! {
        () = new_reports(flashpoint.as_ref(), interval) => {}
        interrupted = interrupted() => interrupted?,
    }
    drop(trustar);
    Ok(())
}

impl Options {
    fn flashpoint_settings(&self) -> flashpoint::Settings {
        let by_api = match self.api {
            Api::V4 => flashpoint::Settings::default(),
            Api::Ignite => flashpoint::Settings::ignite(),
        };
        flashpoint::Settings {
            path: self.path.clone().unwrap_or_else(|| by_api.path.clone()),
            public_url: self.public_url.clone(),
            ..by_api
        }
    }

    fn flashpoint(&self) -> Flashpoint {
        Flashpoint::new(self.flashpoint_settings())
    }

    fn trustar(&self) -> Trustar {
        let named = |(number, id): (usize, &String)| {
            Enclave::writable(id, &format!("Enclave {}", number + 1))
        };
        Trustar::new(trustar::Settings {
            enclaves: self.enclaves.iter().enumerate().map(named).collect(),
            tags: if self.strict_tags {
                TagPolicy::Strict
            } else {
                TagPolicy::Lenient
            },
            calls_per_minute: self.calls_per_minute,
            ..trustar::Settings::default()
        })
    }

    fn style(&self) -> Style {
        Style {
            planted: self.planted,
            body_bytes: self.body_bytes,
            csv: self.csv,
            ..Style::default()
        }
    }

    fn set_up<S: Simulator>(&self, server: &Server<S>) {
        let latency: Duration = self.latency.try_into().unwrap_or(Duration::ZERO);
        if !latency.is_zero() {
            server
                .controls()
                .faults
                .set(Fault::on("", "").delay(latency));
        }
        if self.no_record {
            server.controls().record.keep(Keep::Nothing);
        }
    }
}

fn describe_flashpoint(server: &Server<Flashpoint>, options: &Options) -> Value {
    server.seed(options.seed, options.style());
    server.generate(options.reports, SignedDuration::from_hours(20));
    let path = options.flashpoint_settings().path;
    json!({"url": server.url(), "path": path, "api_key": server.api_key()})
}

fn describe_trustar(server: &Server<Trustar>, options: &Options) -> Value {
    let credential = server.credential();
    json!({
        "url": server.url(),
        "api_key": credential.as_ref().map(|credential| &credential.key),
        "api_secret": credential.as_ref().map(|credential| &credential.secret),
        "enclave_ids": options.enclaves,
    })
}

/// Posts a report at every interval; without one, or without a Flashpoint, it waits for ever.
async fn new_reports(flashpoint: Option<&Server<Flashpoint>>, interval: Duration) {
    let Some(flashpoint) = flashpoint.filter(|_| !interval.is_zero()) else {
        return std::future::pending().await;
    };
    loop {
        tokio::time::sleep(interval).await;
        flashpoint.post();
    }
}

/// Ends at an interrupt (Ctrl-C) or SIGTERM.
async fn interrupted() -> io::Result<()> {
    let mut terminated = signal(SignalKind::terminate())?;
    tokio::select! {
        _ = terminated.recv() => Ok(()),
        interrupted = tokio::signal::ctrl_c() => interrupted,
    }
}
