//! Storing the ledger in the course of a sync.

use super::ports::{Fenced, Journal, JournalError, Stop};
use crate::sync::ledger::{Ledger, Totals};

/// How often a ledger that does not fit is stored again with less in it.
const MAX_SHRINKS: u32 = 10;

/// Stores the ledger. Where it does not fit, the settled reports that were filed first are forgotten until it does: what
/// is newest can then still be sent, and remembered.
pub async fn save(
    ledger: &mut Ledger,
    journal: &dyn Journal,
    lookback: u64,
) -> Result<(), JournalError> {
    let mut shrinks = 0;
    loop {
        let saved = journal.save(ledger).await;
        let does_not_fit = matches!(saved, Err(JournalError::Full(_)));
        shrinks += 1;
        if !does_not_fit
            || shrinks > MAX_SHRINKS
            || !ledger.make_room(ledger.len() / 10 + 1, lookback)
        {
            return saved;
        }
    }
}

/// Stores the ledger if it changed; a failure to do so ends the sync, whatever else did.
pub async fn store(
    ledger: &mut Ledger,
    journal: &dyn Journal,
    totals_stored: Totals,
    stop: Option<Stop>,
    lookback: u64,
) -> Option<Stop> {
    let deposed = stop == Some(Stop::Fenced(Fenced::Deposed));
    if deposed || !ledger.changed() {
        return stop;
    }
    match save(ledger, journal, lookback).await {
        Ok(()) => {
            ledger.stored();
            stop
        }
        Err(error) => {
            // What is not remembered is done again, and counted then.
            ledger.totals = totals_stored;
            Some(Stop::Journal(error))
        }
    }
}
