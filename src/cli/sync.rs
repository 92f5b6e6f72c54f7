//! `sync`: one sync of one feed without a cluster, by the same code as in one.

mod dry_run;
pub(super) mod input;
mod interrupt;
mod rounds;
pub(super) mod secrets;
mod show;
mod state;
mod watch;

use std::fmt::Display;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;

use clap::{Args as ClapArgs, ValueEnum};

use self::dry_run::DryRun;
use self::input::Input;
use self::interrupt::{Stop, UnderWay};
use self::rounds::{Ends, sync_wholly};
use self::show::Results;
use self::state::{State, StateFile};
use self::watch::{Row, Watch};
use super::terminal::Look;
use super::vendors::Vendors;
use super::{Exit, complain, print, tell};
use crate::api::Reason;
use crate::controller::standing::Standing;
use crate::destinations::{Destinations, Opening};
use crate::flashpoint::Flashpoint;
use crate::http::call::Unobserved;
use crate::http::{self, HttpSetupError};
use crate::sync::counts::Counts;
use crate::sync::ledger::Ledger;
use crate::sync::ports::JournalError;
use crate::sync::{Conclusion, Outcome};
use crate::telemetry::{self, LogFormat};

/// What is synced, and how.
#[derive(Debug, ClapArgs)]
pub struct Args {
    /// File with the feed, maybe with its Secret and other documents beside it; - is standard input
    #[arg(short = 'f', long = "filename", value_name = "FILE")]
    file: PathBuf,

    /// Which feed, where the file holds several: NAME or NAMESPACE/NAME
    #[arg(long, value_name = "NAME")]
    name: Option<String>,

    /// File with the feed's Secrets; keys that they lack are taken from FLASHPOINT_API_KEY and, for the destination,
    /// TRUSTAR_API_KEY and TRUSTAR_API_SECRET, TAXII_TOKEN, TAXII_USERNAME and TAXII_PASSWORD, or MISP_AUTH_KEY
    #[arg(long, value_name = "FILE")]
    secret: Option<PathBuf>,

    /// File that keeps what was done from one run to the next, so that only what is new is sent
    #[arg(long, value_name = "FILE")]
    state: Option<PathBuf>,

    /// Check keys and destination and examine the reports, but write nothing
    #[arg(long)]
    dry_run: bool,

    /// Show one report alone, all of it: verdict, reason, each indicator. The others are synced all the same
    #[arg(long, value_name = "ID")]
    report: Option<String>,

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

impl Refused {
    fn new(exit: Exit, why: &impl Display) -> Self {
        Self {
            exit,
            message: why.to_string(),
        }
    }
}

/// Runs one sync, and prints what came of it.
pub fn run(args: &Args) -> Exit {
    let filter = std::env::var("RUST_LOG").unwrap_or_else(|_| "warn".to_owned());
    let synced = telemetry::start(LogFormat::Text, &filter)
        .map_err(|error| Refused::new(Exit::BadInput, &error))
        .and_then(|()| begin(args));
    synced.unwrap_or_else(|Refused { exit, message }| {
        complain("error", &message);
        exit
    })
}

fn begin(args: &Args) -> Result<Exit, Refused> {
    let input = input::read(args)?;
    if input.settings.suspend {
        show(args, &input, &[], None, (&Standing::suspended(), &[]))?;
        return Ok(Exit::Done);
    }
    let ways = args.vendors.check_ways();
    ways.map_err(|error| Refused::new(Exit::BadInput, &error))?;
    let (file, mut state) = open_state(args, &input)?;
    let under_way = Arc::new(AtomicUsize::new(0));
    let ends = ends(args, &input, &state.ledger, &under_way)
        .map_err(|error| Refused::new(Exit::BadInput, &error))?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Refused::new(Exit::Partial, &error))?;
    let place = input.settings.target.noun();
    let watch = Arc::new(Watch::new(place, state.reasons.clone()));
    let (outcome, stopped) = runtime.block_on(async {
        let stop = Stop::on_signal(watch.clone(), under_way);
        let synced = sync_wholly(&input, &ends, file.as_ref(), &mut state, &watch, &stop);
        (synced.await, stop.asked.is_cancelled())
    });
    // A look at a long report goes on in a thread of its own, and nobody waits for it.
    runtime.shutdown_background();
    let rows = watch.rows();
    state.remember(&rows);
    let saved = file.map_or(Ok(()), |file| file.save(&state));
    let standing = standing(outcome.as_ref(), saved);
    let counts = outcome.as_ref().and_then(|outcome| outcome.counts.as_ref());
    let notes = outcome.as_ref().map(Standing::notes).unwrap_or_default();
    show(args, &input, &rows, counts, (&standing, &notes))?;
    if stopped && !is_done(standing.reason) {
        let told = interrupt::summary(&rows, counts, args.dry_run, args.state.as_deref());
        tell("note", &told);
        return Ok(Exit::Interrupted);
    }
    let exit = if is_done(standing.reason) {
        Exit::Done
    } else {
        Exit::Partial
    };
    Ok(exit.max(missing(args, &rows)))
}

/// Whether the latest reports are handled, every one.
fn is_done(reason: Reason) -> bool {
    matches!(reason, Reason::Synced | Reason::Draining)
}

/// Partial, and told, where the one report that is to be shown was not among those considered.
fn missing(args: &Args, rows: &[Row]) -> Exit {
    let Some(id) = &args.report else {
        return Exit::Done;
    };
    if rows.iter().any(|row| row.id == *id) {
        return Exit::Done;
    }
    let told = format!(
        "report {id} is not among the {} that were considered: a longer spec.lookback reaches further back, and spec.limit \
         says how many of the latest are considered; without --report they are listed",
        rows.len()
    );
    complain("error", &told);
    Exit::Partial
}

/// What earlier runs left; the file, if this one is to leave something.
fn open_state(args: &Args, input: &Input) -> Result<(Option<StateFile>, State), Refused> {
    let identity = input.settings.target.identity();
    let Some(path) = &args.state else {
        return Ok((None, State::empty(&input.feed, &identity)));
    };
    let same = |file: &PathBuf| {
        path.canonicalize()
            .is_ok_and(|path| file.canonicalize().ok() == Some(path))
    };
    if [Some(&args.file), args.secret.as_ref()]
        .into_iter()
        .flatten()
        .any(same)
    {
        let why = format!("{} is input: name another file by --state", path.display());
        return Err(Refused::new(Exit::BadInput, &why));
    }
    let file = StateFile::new(path, &input.feed, &identity);
    let state = file.read()?;
    if let Some(warning) = &state.warning {
        complain("warning", warning);
    }
    if args.dry_run {
        return Ok((None, state));
    }
    file.prepare(state.is_damaged)?;
    Ok((Some(file), state))
}

/// Where reports come from, and where they go to.
fn ends(
    args: &Args,
    input: &Input,
    ledger: &Ledger,
    under_way: &Arc<AtomicUsize>,
) -> Result<Ends, HttpSetupError> {
    let (vendors, observer) = (&args.vendors, Arc::new(Unobserved));
    let http = http::client(&vendors.http())?;
    let flashpoint = Flashpoint::new(&vendors.flashpoint(), http.clone(), observer.clone());
    let destinations = Destinations::new(&vendors.destinations(), &http, &(observer as _));
    let (settings, credentials) = (&input.settings, &input.credentials);
    let destination = destinations.open(&Opening {
        feed: &input.feed,
        access: &credentials.access,
        nothing_delivered: ledger.nothing_delivered(),
        timeout: settings.timeout,
    });
    Ok(Ends {
        source: flashpoint.source(&credentials.flashpoint, settings.timeout),
        destination: if args.dry_run {
            Box::new(DryRun(destination))
        } else {
            Box::new(UnderWay {
                destination,
                count: under_way.clone(),
            })
        },
    })
}

/// What the Ready condition would say. Where a cluster has a ledger, there is the state file.
fn standing(outcome: Option<&Outcome>, saved: Result<(), JournalError>) -> Standing {
    let unsaved = match (outcome.map(|outcome| &outcome.conclusion), saved) {
        (Some(Conclusion::Journal(error)), _) => Some(error.clone()),
        (_, saved) => saved.err(),
    };
    match (outcome, unsaved) {
        (_, Some(error)) => Standing {
            reason: Reason::LedgerUnavailable,
            message: format!(
                "{error}; the next run sends once more what was sent, which changes nothing"
            ),
        },
        (Some(outcome), None) => Standing::after(outcome),
        (None, None) => Standing {
            reason: Reason::WritesPending,
            message: "interrupted before the reports were listed; nothing was written".to_owned(),
        },
    }
}

fn show(
    args: &Args,
    input: &Input,
    rows: &[Row],
    counts: Option<&Counts>,
    (standing, notes): (&Standing, &[String]),
) -> Result<(), Refused> {
    let results = Results {
        feed: &input.feed,
        dry_run: args.dry_run,
        rows,
        only: args.report.as_deref(),
        counts,
        standing,
        notes,
    };
    let printed = print(|out| match args.output {
        Output::Table => results.table(Look::of(&io::stdout()), out),
        Output::Json => results.json(out),
    });
    printed.map_err(|error| Refused::new(Exit::Partial, &error))
}
