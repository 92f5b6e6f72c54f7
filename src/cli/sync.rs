//! `sync`: one sync of one feed without a cluster, by the same code as in one.

mod input;
mod show;
mod state;
mod target;
mod watch;

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use clap::{Args as ClapArgs, ValueEnum};
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

use self::input::Input;
use self::show::Results;
use self::state::{FileJournal, State, StateFile};
use self::target::Target;
use self::watch::Watch;
use super::terminal::Look;
use super::vendors::Vendors;
use super::{Exit, complain, print};
use crate::call::Unobserved;
use crate::clock::ServiceClock;
use crate::counts::Counts;
use crate::flashpoint::{Flashpoint, FlashpointSource};
use crate::http;
use crate::indicators::Rules;
use crate::standing::Standing;
use crate::sync::ports::{Fence, Fenced, JournalError};
use crate::sync::{self, Abandoned, Conclusion, Mode, Outcome, Plan, Ports};
use crate::telemetry::{self, LogFormat};
use crate::trustar::Trustar;

/// Once asked to stop, calls under way have this long to finish.
const GRACE: Duration = Duration::from_secs(3);

/// So many continuations in a row that finish nothing end the waiting.
const IN_VAIN: u32 = 3;

/// What is synced, and how.
#[derive(Debug, ClapArgs)]
pub struct Args {
    /// File with the feed, maybe with its Secret and other documents beside it; - is standard input
    #[arg(short = 'f', long = "filename", value_name = "FILE")]
    file: PathBuf,

    /// Which feed, where the file holds several: NAME or NAMESPACE/NAME
    #[arg(long, value_name = "NAME")]
    name: Option<String>,

    /// File with the feed's Secret; keys that it lacks are taken from FLASHPOINT_API_KEY,
    /// TRUSTAR_API_KEY and TRUSTAR_API_SECRET
    #[arg(long, value_name = "FILE")]
    secret: Option<PathBuf>,

    /// File that keeps what was done from one run to the next, so that only what is new is sent
    #[arg(long, value_name = "FILE")]
    state: Option<PathBuf>,

    /// Check keys and enclave and examine the reports, but write nothing
    #[arg(long)]
    dry_run: bool,

    /// How the results are printed
    #[arg(short, long, value_enum, default_value_t = Output::Table)]
    output: Output,

    #[command(flatten)]
    vendors: Vendors,
}

/// How results are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Output {
    /// For people: a line a report, then counts and the Ready condition.
    Table,
    /// One JSON document.
    Json,
}

/// Why a sync did not begin or did not end well, with the exit code that says so.
#[derive(Debug)]
struct Refused {
    exit: Exit,
    message: String,
}

/// Runs one sync, and prints what came of it.
pub fn run(args: &Args) -> Exit {
    let filter = std::env::var("RUST_LOG").unwrap_or_else(|_| "warn".to_owned());
    let synced = telemetry::start(LogFormat::Text, &filter)
        .map_err(|error| Refused { exit: Exit::BadInput, message: error.to_string() })
        .and_then(|()| begin(args));
    synced.unwrap_or_else(|Refused { exit, message }| {
        complain("error", &message);
        exit
    })
}

fn begin(args: &Args) -> Result<Exit, Refused> {
    let input = input::read(args)?;
    if input.settings.suspend {
        return show(args, &input.feed, &Watch::new(), None, &Standing::suspended()).map(|()| Exit::Done);
    }
    args.vendors.warn_of_plain_http();
    let enclave = input.settings.enclave.as_str();
    let (file, mut state) = match &args.state {
        Some(path) => {
            let (file, state) = StateFile::open(path, &input.feed, enclave)?;
            (Some(file).filter(|_| !args.dry_run), state)
        }
        None => (None, State::empty(&input.feed, enclave)),
    };
    if let Some(warning) = state.warning.take() {
        complain("warning", &warning);
    }
    let failed = |error: &dyn std::fmt::Display| Refused { exit: Exit::Partial, message: error.to_string() };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(|error| failed(&error))?;
    let watch = Watch::new();
    let outcome = runtime.block_on(sync_wholly(args, &input, file.as_ref(), &mut state, &watch))?;
    let mut outcome = outcome.unwrap_or_else(|Abandoned| interrupted(&state));
    if let Some(Err(error)) = file.map(|file| file.save(&state.ledger, outcome.window)) {
        outcome.conclusion = Conclusion::Journal(error);
    }
    show(args, &input.feed, &watch, outcome.counts.as_ref(), &standing(&outcome))?;
    Ok(match outcome.conclusion {
        Conclusion::Synced | Conclusion::Draining => Exit::Done,
        _ => Exit::Partial,
    })
}

/// Syncs, and goes on with what is pending until nothing is, a service is at fault, or a person
/// interrupts it.
async fn sync_wholly(
    args: &Args,
    input: &Input,
    file: Option<&StateFile>,
    state: &mut State,
    watch: &Watch,
) -> Result<Result<Outcome, Abandoned>, Refused> {
    let (source, target) = ends(args, input)?;
    let stop = Stop::on_signal();
    let clock = ServiceClock::default();
    let rules = input.settings.rules();
    let mut mode = Mode::Full { forced: true };
    let mut window = state.window;
    let (mut least_pending, mut in_vain) = (u64::MAX, 0);
    watch.show("checking keys and enclave, listing reports");
    loop {
        let journal = FileJournal { file, window };
        let ports = Ports {
            source: &source,
            sink: &target,
            journal: &journal,
            fence: &stop,
            clock: &clock,
            watcher: watch,
            cancelled: stop.now.clone(),
        };
        let plan = plan(input, &rules, window, mode);
        let outcome = match sync::sync(&plan, &mut state.ledger, &ports).await {
            Ok(outcome) => outcome,
            Err(abandoned) => return Ok(Err(abandoned)),
        };
        window = outcome.window;
        state.window = window;
        let pending = outcome.counts.as_ref().map_or(u64::MAX, |counts| counts.pending);
        in_vain = if pending < least_pending { 0 } else { in_vain + 1 };
        least_pending = least_pending.min(pending);
        let Some(pause) = outcome.continue_in.filter(|_| in_vain < IN_VAIN) else { return Ok(Ok(outcome)) };
        if !wait(pause, &stop, watch).await {
            return Ok(Ok(outcome));
        }
        if outcome.counts.is_some() {
            mode = Mode::Continuation;
        }
    }
}

fn plan<'a>(input: &Input, rules: &'a Rules, window: crate::window::Window, mode: Mode) -> Plan<'a> {
    let settings = &input.settings;
    Plan { limit: settings.limit, lookback: settings.lookback, timeout: settings.timeout, rules, window, mode }
}

/// Where reports come from, and where they go to.
fn ends(args: &Args, input: &Input) -> Result<(FlashpointSource, Target), Refused> {
    let client = || {
        let bad = |error: http::HttpSetupError| Refused { exit: Exit::BadInput, message: error.to_string() };
        http::client(&args.vendors.http()).map_err(bad)
    };
    let (settings, credentials) = (&input.settings, &input.credentials);
    let flashpoint = Flashpoint::new(&args.vendors.flashpoint(), client()?, Arc::new(Unobserved));
    let trustar = Trustar::new(&args.vendors.trustar(), client()?, Arc::new(Unobserved));
    let enclave = trustar.sink(&credentials.trustar, settings.enclave.as_str(), settings.timeout);
    Ok((
        flashpoint.source(&credentials.flashpoint, settings.timeout),
        Target { enclave, dry_run: args.dry_run },
    ))
}

/// Waits until a continuation can go on; false if a person interrupted it.
async fn wait(pause: Duration, stop: &Stop, watch: &Watch) -> bool {
    let until = tokio::time::Instant::now() + pause;
    loop {
        let left = until.saturating_duration_since(tokio::time::Instant::now());
        if left.is_zero() || stop.asked.is_cancelled() {
            return !stop.asked.is_cancelled();
        }
        watch.waiting(left.as_secs() + 1);
        tokio::select! {
            () = stop.asked.cancelled() => return false,
            () = tokio::time::sleep(left.min(Duration::from_secs(1))) => {}
        }
    }
}

/// A person's wish to stop: no write begins after it.
struct Stop {
    asked: CancellationToken,
    /// Ends calls under way, too.
    now: CancellationToken,
}

impl Stop {
    /// Listens to SIGINT and SIGTERM; a second one ends calls at once.
    fn on_signal() -> Self {
        let stop = Self { asked: CancellationToken::new(), now: CancellationToken::new() };
        let (Ok(mut interrupt), Ok(mut terminate)) = (signal(SignalKind::interrupt()), signal(SignalKind::terminate()))
        else {
            return stop;
        };
        let (asked, now) = (stop.asked.clone(), stop.now.clone());
        tokio::spawn(async move {
            let mut one = async || tokio::select! { _ = interrupt.recv() => {}, _ = terminate.recv() => {} };
            one().await;
            asked.cancel();
            let _ = tokio::time::timeout(GRACE, one()).await;
            now.cancel();
        });
        stop
    }
}

impl Fence for Stop {
    fn check(&self) -> Result<(), Fenced> {
        if self.asked.is_cancelled() { Err(Fenced::Stopping) } else { Ok(()) }
    }
}

/// The outcome of a sync that was interrupted before the reports were listed.
fn interrupted(state: &State) -> Outcome {
    Outcome {
        conclusion: Conclusion::WritesPending("the sync was interrupted before the reports were listed".to_owned()),
        counts: None,
        window: state.window,
        handled: None,
        continue_in: None,
    }
}

/// What the Ready condition would say; where it speaks of a ledger, that is the state file.
fn standing(outcome: &Outcome) -> Standing {
    let standing = Standing::after(outcome);
    match &outcome.conclusion {
        Conclusion::Journal(error @ JournalError::Unavailable(_)) => {
            let message = format!("{error}; what was sent meanwhile is sent once more by the next run, which changes nothing");
            Standing { message, ..standing }
        }
        _ => standing,
    }
}

fn show(args: &Args, feed: &str, watch: &Watch, counts: Option<&Counts>, standing: &Standing) -> Result<(), Refused> {
    let rows = watch.rows();
    let results = Results { feed, dry_run: args.dry_run, rows: &rows, counts, standing };
    print(|out| match args.output {
        Output::Table => results.table(Look::of(&io::stdout()), out),
        Output::Json => results.json(out),
    })
    .map_err(|message| Refused { exit: Exit::Partial, message })
}
