//! What a person who interrupts a sync is told, and when the sync ends.

use std::env;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures::future::BoxFuture;
use tokio::signal::unix::{SignalKind, signal};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use super::watch::{Row, Watch};
use crate::http::fault::Service;
use crate::sync::counts::Counts;
use crate::sync::destination::{Delivery, DeliveryError, Destination, Remainder, Step};
use crate::sync::ports::{Fence, Fenced};
use crate::telemetry::shown::is_unseen;

/// Once asked to stop, calls under way have this long to finish.
const GRACE: Duration = Duration::from_secs(3);

/// A person's wish to stop.
pub struct Stop {
    /// Once cancelled, no write begins.
    pub asked: CancellationToken,
    /// Ends calls under way, too.
    pub now: CancellationToken,
}

impl Stop {
    /// Listens to SIGINT and SIGTERM, and answers; a second one ends calls at once. `under_way` counts the writes.
    pub fn on_signal(watch: Arc<Watch>, under_way: Arc<AtomicUsize>) -> Self {
        let (asked, now) = (CancellationToken::new(), CancellationToken::new());
        let stop = Self {
            asked: asked.clone(),
            now: now.clone(),
        };
        let signals = [SignalKind::interrupt(), SignalKind::terminate()].map(signal);
        let [Ok(mut interrupt), Ok(mut terminate)] = signals else {
            return stop;
        };
        tokio::spawn(async move {
            let mut either = async || {
                tokio::select! {
                    _ = interrupt.recv() => {}
                    _ = terminate.recv() => {}
                }
            };
            either().await;
            asked.cancel();
            watch.say(&answer(under_way.load(Ordering::Relaxed)));
            let _ = timeout(GRACE, either()).await;
            now.cancel();
        });
        stop
    }
}

impl Fence for Stop {
    fn check(&self) -> Result<(), Fenced> {
        if self.asked.is_cancelled() {
            Err(Fenced::Stopping)
        } else {
            Ok(())
        }
    }
}

fn answer(under_way: usize) -> String {
    let writes = match under_way {
        0 => String::new(),
        1 => "; 1 write is being finished".to_owned(),
        more => format!("; {more} writes are being finished"),
    };
    format!("stopping{writes}; Ctrl-C again ends at once")
}

/// What was done before an interrupt, what was not, and the command that goes on: safe to show as it is, since white space that is folded
/// would make another command of it.
pub fn summary(
    rows: &[Row],
    counts: Option<&Counts>,
    dry_run: bool,
    state: Option<&Path>,
) -> String {
    let done = match counts {
        None => "no report was looked at".to_owned(),
        Some(counts) => {
            let written = rows.iter().filter(|row| row.written && !dry_run).count();
            let left = counts.pending + counts.backlog;
            format!(
                "{} written, {left} not looked at or not finished",
                so_many(written)
            )
        }
    };
    let next = match state {
        Some(file) if !dry_run => {
            let file = quoted(file.as_os_str());
            format!("{file} keeps what was done; go on with")
        }
        _ if dry_run => "begin anew with".to_owned(),
        _ => "without --state the next run begins anew, and doubles nothing".to_owned() + ":",
    };
    format!("interrupted: {done}; {next} {}", command())
}

fn so_many(reports: usize) -> String {
    match reports {
        1 => "1 report was".to_owned(),
        more => format!("{more} reports were"),
    }
}

/// The command line of this process, as a shell takes it.
fn command() -> String {
    let words: Vec<String> = env::args_os()
        .enumerate()
        .map(|(at, word)| {
            let name = Path::new(&word).file_name().filter(|_| at == 0);
            quoted(name.unwrap_or(&word))
        })
        .collect();
    words.join(" ")
}

fn quoted(word: &OsStr) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=,@+".contains(c);
    let shows = |c: char| c == ' ' || !c.is_whitespace() && !is_unseen(c);
    match word.to_str() {
        Some(word) if !word.is_empty() && word.chars().all(plain) => word.to_owned(),
        Some(word) if word.chars().all(shows) => format!("'{}'", word.replace('\'', r"'\''")),
        // What can't be seen is written as the shell's escapes (POSIX.1-2024, 2.2.4).
        _ => {
            word.as_bytes()
                .iter()
                .fold("$'".to_owned(), |text, byte| match byte {
                    b'\'' | b'\\' => format!("{text}\\{}", char::from(*byte)),
                    b' '..=b'~' => format!("{text}{}", char::from(*byte)),
                    other => format!("{text}\\{other:03o}"),
                })
                + "'"
        }
    }
}

/// A destination, with how many deliveries to it are under way.
pub struct UnderWay {
    pub destination: Box<dyn Destination>,
    pub count: Arc<AtomicUsize>,
}

/// One delivery under way, until it is dropped.
struct One<'a>(&'a AtomicUsize);

impl<'a> One<'a> {
    fn begin(count: &'a AtomicUsize) -> Self {
        count.fetch_add(1, Ordering::Relaxed);
        Self(count)
    }
}

impl Drop for One<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Destination for UnderWay {
    fn service(&self) -> &'static Service {
        self.destination.service()
    }

    fn remainder(&self) -> Remainder {
        self.destination.remainder()
    }

    fn check(&self) -> BoxFuture<'_, Result<(), DeliveryError>> {
        self.destination.check()
    }

    fn check_anew(&self) -> BoxFuture<'_, Result<(), DeliveryError>> {
        self.destination.check_anew()
    }

    fn deliver<'a>(&'a self, delivery: Delivery<'a>) -> BoxFuture<'a, Result<Step, DeliveryError>> {
        Box::pin(async move {
            let _one = One::begin(&self.count);
            self.destination.deliver(delivery).await
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_that_goes_on_can_be_pasted_into_a_shell() {
        for (word, expected) in [
            (&b"state.json"[..], "state.json"),
            (b"my feed's.yaml", r"'my feed'\''s.yaml'"),
            (b"feed  one.json", "'feed  one.json'"),
            (b"$(reboot)", "'$(reboot)'"),
            (b"st\xff'\\.json", r"$'st\377\'\\.json'"),
            (b"a\n\x1b[2J b", r"$'a\012\033[2J b'"),
            ("é".as_bytes(), "'é'"),
            ("a\u{202e}b".as_bytes(), r"$'a\342\200\256b'"),
            (b"", "''"),
        ] {
            assert_eq!(quoted(OsStr::from_bytes(word)), expected);
        }
    }

    #[test]
    fn writes_under_way_are_told_by_their_number() {
        assert_eq!(answer(0), "stopping; Ctrl-C again ends at once");
        assert_eq!(
            answer(4),
            "stopping; 4 writes are being finished; Ctrl-C again ends at once"
        );
    }
}
