//! What a feed's stored status is trusted to say, by what its ledger shows: pure.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;

use super::feed::is_edited;
use super::journal::Provenance;
use crate::api::{FlashpointFeed, FlashpointFeedStatus};
use crate::sync::ledger::{Known, Ledger, Totals};

/// The part of the stored status that still applies. If the ledger belongs to another enclave, or to an earlier feed, only the
/// conditions are kept. If the ledger is lost, all of it is kept: at worst the window is too wide, never narrower than the
/// lookback.
pub fn trusted(
    feed: &FlashpointFeed,
    stored: FlashpointFeedStatus,
    provenance: &Provenance,
) -> FlashpointFeedStatus {
    let anew = match provenance {
        // Unless the status was begun anew already, and the ledger could not be replaced since.
        Provenance::OtherDestination { totals } => is_edited(feed) || speaks_of(&stored, totals),
        Provenance::OtherFeed => !begun(feed, &stored),
        Provenance::Own | Provenance::Lost => false,
    };
    if anew {
        return FlashpointFeedStatus {
            conditions: stored.conditions,
            ..FlashpointFeedStatus::default()
        };
    }
    stored
}

/// The ledger with what only a trusted status knows: totals and times that are ahead of the ledger's and, where that is lost, how
/// much a window holds that is not covered.
pub fn completed(
    mut ledger: Ledger,
    status: &FlashpointFeedStatus,
    provenance: &Provenance,
) -> Ledger {
    let (totals, told) = (&mut ledger.totals, &status.totals);
    totals.syncs = totals.syncs.max(told.syncs);
    totals.submitted = totals.submitted.max(told.submitted);
    totals.failed = totals.failed.max(told.failed);
    let time = |time: &Option<Time>| time.as_ref().map(|time| time.0);
    ledger.last_posted = ledger.last_posted.max(time(&status.last_posted_time));
    ledger.last_submitted = ledger.last_submitted.max(time(&status.last_submitted_time));
    let window = status.window.as_ref();
    let is_open = window.is_some_and(|window| window.since.is_some());
    if *provenance == Provenance::Lost && is_open {
        let counted = status.last_sync.as_ref().map(|counts| counts.total);
        let known = counted.zip(time(&status.last_attempt_time));
        let known = known.map(|(count, began)| Known { count, at: began });
        ledger.change(|course| course.known = known);
    }
    ledger
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
    use jiff::Timestamp;
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
        let before = trusted(&feed, feed.status.clone().unwrap(), &provenance);
        *ledger = completed(ledger.clone(), &before, &provenance);
        before
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
            let after = trusted(&feed, before, &other_enclave());
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
            let before = trusted(&feed, before, &Provenance::Lost);
            let ledger = completed(ledger(0), &before, &Provenance::Lost);
            let at: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
            let expected = known.map(|count| Known { count, at });
            assert_eq!(ledger.course().known, expected);
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
