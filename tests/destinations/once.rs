//! Everything is there, once, as it is listed last; and what is there already costs no call (I1, I2, I3).

use std::collections::BTreeSet;

use jiff::SignedDuration;

use super::place::Kind;
use super::stage::Stage;
use super::syncs::{FORCED, FULL, parts};

over_each_destination!(
    all_is_there_once_and_nothing_new_costs_no_call,
    an_edit_replaces_what_is_there,
    an_edit_takes_an_indicator_away,
    what_lost_its_last_indicator_is_kept_current,
    what_never_counted_is_not_sent,
    a_restarted_process_writes_nothing_again,
    many_edits_in_one_second_end_with_the_last,
);

async fn all_is_there_once_and_nothing_new_costs_no_call(stage: &mut Stage) {
    stage.put_many(20);
    assert_eq!(parts(&stage.synced(FULL).await), [20, 0, 0, 0, 0]);
    stage.assert_complete();
    let writes = stage.place.written_since(0);
    let bodies: BTreeSet<_> = writes.iter().map(|call| call.text()).collect();
    assert_eq!(bodies.len(), writes.len(), "the same was sent twice");
    assert!(writes.iter().all(|call| call.effect), "a write was in vain");
    let calls = stage.place.controls().record.len();
    for mode in [FULL, FORCED] {
        stage.advance(SignedDuration::from_mins(15));
        assert_eq!(parts(&stage.synced(mode).await), [0, 0, 20, 0, 0]);
    }
    assert_eq!(stage.place.controls().record.len(), calls);
}

async fn an_edit_replaces_what_is_there(stage: &mut Stage) {
    stage.put_many(3);
    stage.synced(FULL).await;
    stage.put("r1", "abc");
    assert_eq!(parts(&stage.synced(FULL).await), [0, 1, 2, 0, 0]);
    stage.assert_complete();
}

async fn an_edit_takes_an_indicator_away(stage: &mut Stage) {
    stage.put("r", "abc");
    stage.synced(FULL).await;
    stage.put("r", "c");
    stage.synced(FULL).await;
    stage.assert_complete();
    if stage.kind != Kind::Trustar && stage.kind != Kind::Misp {
        let objects = stage.place.objects();
        let revoked = objects.iter().filter(|one| one["revoked"] == true);
        assert_eq!(revoked.count(), 2);
    }
    // And gives one back.
    stage.put("r", "ac");
    stage.synced(FULL).await;
    stage.assert_complete();
}

async fn what_lost_its_last_indicator_is_kept_current(stage: &mut Stage) {
    stage.put("r", "a");
    stage.synced(FULL).await;
    stage.put("r", "");
    assert_eq!(stage.synced(FULL).await.updated, 1);
    stage.assert_complete();
}

async fn what_never_counted_is_not_sent(stage: &mut Stage) {
    stage.put("r", "");
    stage.expected.clear();
    assert_eq!(stage.synced(FULL).await.without_indicators, 1);
    stage.assert_complete();
}

async fn a_restarted_process_writes_nothing_again(stage: &mut Stage) {
    stage.put_many(5);
    stage.synced(FULL).await;
    let calls = stage.place.controls().record.len();
    stage.restart();
    assert_eq!(parts(&stage.synced(FULL).await), [0, 0, 5, 0, 0]);
    assert_eq!(stage.place.written_since(calls).len(), 0);
}

async fn many_edits_in_one_second_end_with_the_last(stage: &mut Stage) {
    for letters in ["a", "ab", "b", "bc", "c"] {
        stage.put("r", letters);
        stage.synced(FULL).await;
        stage.assert_complete();
    }
}
