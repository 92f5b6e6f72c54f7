//! A sync and its continuations, until nothing is pending.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::input::Input;
use super::interrupt::Stop;
use super::state::{FileJournal, State, StateFile};
use super::watch::Watch;
use crate::flashpoint::FlashpointSource;
use crate::sync::choice::Choice;
use crate::sync::clock::ServiceClock;
use crate::sync::destination::Destination;
use crate::sync::{self, Mode, Outcome, Plan, Ports};

/// So many rounds in a row that finish nothing are the last.
const IN_VAIN: u32 = 3;

/// Where reports come from, and where they go to.
pub struct Ends {
    pub source: FlashpointSource,
    /// The enclave, or whatever the feed names.
    pub destination: Box<dyn Destination>,
}

/// Syncs, and goes on with what is pending until nothing is, a service is at fault, or a person
/// interrupts it. What came of the latest round that came to something; none if that was interrupted before the reports
/// were listed for the first time.
pub async fn sync_wholly(
    input: &Input,
    ends: &Ends,
    file: Option<&StateFile>,
    state: &mut State,
    watch: &Watch,
    stop: &Stop,
) -> Option<Outcome> {
    let settings = &input.settings;
    let rules = Arc::new(settings.rules());
    let choice = Choice {
        skip: settings.skip.clone(),
        resend: BTreeSet::new(),
    };
    let reasons = state.reasons.clone();
    let clock = ServiceClock::default();
    let mut mode = Mode::Full { forced: true };
    let (mut fewest, mut in_vain) = (u64::MAX, 0);
    let mut latest: Option<Outcome> = None;
    watch.show("checking keys and destination, listing reports");
    loop {
        let plan = Plan {
            limit: settings.limit,
            lookback: settings.lookback,
            timeout: settings.timeout,
            rules: &rules,
            sources: settings.sources,
            window: state.window,
            choice: &choice,
            mode,
        };
        let journal = FileJournal {
            file,
            window: state.window,
            reasons: &reasons,
        };
        let ports = Ports {
            source: &ends.source,
            destination: ends.destination.as_ref(),
            journal: &journal,
            fence: stop,
            clock: &clock,
            watcher: watch,
            cancelled: stop.now.clone(),
        };
        let Ok(mut outcome) = sync::sync(&plan, &mut state.ledger, &ports).await else {
            return latest;
        };
        state.window = outcome.window;
        match &outcome.counts {
            Some(counts) if counts.pending < fewest => (fewest, in_vain) = (counts.pending, 0),
            _ => in_vain += 1,
        }
        if outcome.counts.is_some() {
            mode = Mode::Continuation;
        } else {
            // Nothing could be listed this time: what was done before is still so.
            outcome.counts = latest.and_then(|latest| latest.counts);
        }
        let Some(pause) = outcome.continue_in.filter(|_| in_vain < IN_VAIN) else {
            return Some(outcome);
        };
        if !wait(pause, stop, watch).await {
            return Some(outcome);
        }
        latest = Some(outcome);
    }
}

/// Waits until a continuation can go on; false if a person interrupted it.
async fn wait(pause: Duration, stop: &Stop, watch: &Watch) -> bool {
    let until = Instant::now() + pause;
    while !stop.asked.is_cancelled() {
        let left = until.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return true;
        }
        watch.waiting(left.as_secs() + 1);
        tokio::select! {
            () = stop.asked.cancelled() => {}
            () = sleep(left.min(Duration::from_secs(1))) => {}
        }
    }
    false
}
