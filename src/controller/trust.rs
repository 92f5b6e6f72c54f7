//! What a feed's stored status is trusted to say, by what its ledger shows: pure.

use super::feed::edited;
use super::journal::Provenance;
use crate::api::{FlashpointFeed, FlashpointFeedStatus};
use crate::sync::ledger::{Known, Ledger, Totals};

/// The part of the stored status that still applies. If the ledger belongs to another enclave, or to an earlier feed, only the
/// conditions are kept. If the ledger is lost, all of it is kept: at worst the window is too wide, never narrower than the
/// lookback. Raises the ledger's totals to those of the status.
pub fn trusted(
    feed: &FlashpointFeed,
    before: FlashpointFeedStatus,
    ledger: &mut Ledger,
    provenance: Provenance,
) -> FlashpointFeedStatus {
    let anew = match provenance {
        // Unless the status was begun anew already, and the ledger could not be replaced since.
        Provenance::OtherDestination { totals } => edited(feed) || speaks_of(&before, &totals),
        Provenance::OtherFeed => !begun(feed, &before),
        Provenance::Own | Provenance::Lost => false,
    };
    if anew {
        return FlashpointFeedStatus {
            conditions: before.conditions,
            ..FlashpointFeedStatus::default()
        };
    }
    let (totals, told) = (&mut ledger.totals, &before.totals);
    totals.syncs = totals.syncs.max(told.syncs);
    totals.submitted = totals.submitted.max(told.submitted);
    totals.failed = totals.failed.max(told.failed);
    let posted = before.last_posted_time.as_ref().map(|time| time.0);
    let submitted = before.last_submitted_time.as_ref().map(|time| time.0);
    ledger.last_posted = ledger.last_posted.max(posted);
    ledger.last_submitted = ledger.last_submitted.max(submitted);
    let since = before
        .window
        .as_ref()
        .and_then(|window| window.since.as_ref());
    if provenance == Provenance::Lost && since.is_some() {
        // Of a window that is not covered the status knows at least how much it held.
        let attempted = before.last_attempt_time.as_ref().map(|time| time.0);
        let counts = before.last_sync.as_ref().zip(attempted);
        let known = counts.map(|(counts, at)| Known::as_of(counts.total, at));
        ledger.change(|course| course.known = known);
    }
    before
}

/// Whether the status tells all that a ledger with these totals knew.
fn speaks_of(status: &FlashpointFeedStatus, totals: &Totals) -> bool {
    let told = &status.totals;
    told.syncs >= totals.syncs && told.submitted >= totals.submitted
}

/// Whether the status speaks of an attempt at this very feed, not of one that a backup was taken of.
fn begun(feed: &FlashpointFeed, status: &FlashpointFeedStatus) -> bool {
    let created = feed.metadata.creation_timestamp.as_ref().map(|time| time.0);
    let attempted = status.last_attempt_time.as_ref().map(|time| time.0);
    attempted.is_some_and(|attempted| Some(attempted) >= created)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use serde_json::json;

    use super::*;
    use crate::api::SyncTotals;
    use crate::sync::ledger::Owner;

    /// A feed created on New Year's Eve whose status, of an attempt at this time, tells of 7 reports.
    fn feed(attempted: &str) -> FlashpointFeed {
        serde_json::from_value(json!({
            "metadata": {"name": "feed", "generation": 3, "creationTimestamp": "2025-12-31T00:00:00Z"},
            "spec": {"secretRef": {"name": "secret"}, "enclaveId": "enclave"},
            "status": {
                "observedGeneration": 2,
                "totals": {"syncs": 2, "submitted": 7, "failed": 1},
                "window": {"coveredTo": "2026-01-01T00:00:00Z"},
                "lastPostedTime": "2026-01-01T00:00:00Z",
                "lastAttemptTime": attempted,
            },
        }))
        .unwrap()
    }

    fn ledger(submitted: u64) -> Ledger {
        let mut ledger = Ledger::new(Owner {
            uid: "uid".into(),
            destination: "enclave".into(),
        });
        ledger.totals.submitted = submitted;
        ledger
    }

    fn other_enclave() -> Provenance {
        let totals = Totals {
            syncs: 2,
            submitted: 7,
            failed: 1,
        };
        Provenance::OtherDestination { totals }
    }

    fn trust(provenance: Provenance, ledger: &mut Ledger) -> FlashpointFeedStatus {
        trust_at("2026-01-01T00:00:00Z", provenance, ledger)
    }

    fn trust_at(
        attempted: &str,
        provenance: Provenance,
        ledger: &mut Ledger,
    ) -> FlashpointFeedStatus {
        let feed = feed(attempted);
        trusted(&feed, feed.status.clone().unwrap(), ledger, provenance)
    }

    #[test]
    fn an_edited_enclave_starts_anew() {
        let mut ledger = ledger(0);
        let before = trust(other_enclave(), &mut ledger);
        assert_eq!(
            (before.totals, before.window),
            (SyncTotals::default(), None)
        );
        assert_eq!((ledger.totals.submitted, ledger.last_posted), (0, None));
    }

    /// The ledger could not be replaced at the first attempt after the edit, or not even be read.
    #[test]
    fn an_edit_that_was_told_of_counts_until_the_status_began_anew() {
        for (syncs, anew) in [(2, true), (0, false)] {
            let mut feed = feed("2026-01-01T00:00:00Z");
            feed.metadata.generation = Some(2);
            let mut before = feed.status.clone().unwrap();
            before.totals.syncs = syncs;
            let after = trusted(&feed, before, &mut ledger(0), other_enclave());
            assert_eq!(after.window.is_none(), anew);
        }
    }

    #[test]
    fn a_lost_ledger_knows_from_the_status_how_much_a_window_holds_that_is_not_covered() {
        for (window, known) in [
            (json!({"since": "2025-12-31T00:00:00Z"}), Some(61)),
            (json!({"coveredTo": "2026-01-01T00:00:00Z"}), None),
        ] {
            let feed = feed("2026-01-01T00:00:00Z");
            let mut before = json!(feed.status);
            before["window"] = window;
            before["lastSync"] = json!({"total": 61, "considered": 20, "backlog": 41});
            let before = serde_json::from_value(before).unwrap();
            let mut ledger = ledger(0);
            trusted(&feed, before, &mut ledger, Provenance::Lost);
            assert_eq!(ledger.course().known.map(|known| known.count), known);
        }
    }

    #[test]
    fn any_other_edit_goes_on() {
        let mut ledger = ledger(7);
        assert!(trust(Provenance::Own, &mut ledger).window.is_some());
        assert_eq!(ledger.totals.submitted, 7);
    }

    #[test]
    fn a_lost_ledger_keeps_what_the_status_knows_whatever_was_edited() {
        let mut ledger = ledger(0);
        assert!(trust(Provenance::Lost, &mut ledger).window.is_some());
        assert_eq!(ledger.totals.submitted, 7);
        assert!(ledger.last_posted.is_some());
    }

    #[test]
    fn a_status_that_a_backup_was_taken_of_speaks_of_another_feed() {
        let restored = "2025-12-30T00:00:00Z";
        let before = trust_at(restored, Provenance::OtherFeed, &mut ledger(0));
        assert_eq!(before.window, None);
        // The ledger of an earlier feed is still there, for it could not be replaced.
        assert!(
            trust(Provenance::OtherFeed, &mut ledger(0))
                .window
                .is_some()
        );
    }

    #[test]
    fn a_ledger_that_is_ahead_of_a_status_lost_in_a_crash_counts() {
        let mut ledger = ledger(9);
        trust(Provenance::Own, &mut ledger);
        assert_eq!(ledger.totals.submitted, 9);
    }
}
