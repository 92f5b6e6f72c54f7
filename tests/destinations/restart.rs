//! A process may be killed at any moment, with its ledger stored or not, or lose its lease (I2, I3, I4).

use flashpoint_operator::sync::Abandoned;
use flashpoint_operator::sync::ports::{Fenced, JournalError};

use super::held::one_version_a_content;
use super::ports::Storing;
use super::stage::Stage;
use super::syncs::{FULL, Kill};

over_each_destination!(
    killed_at_any_write,
    killed_at_any_write_of_an_edit,
    killed_as_the_ledger_is_stored,
    a_lost_ledger_costs_writes_and_nothing_else,
    a_lost_ledger_while_reports_were_edited,
    a_stale_ledger_is_as_good,
    a_ledger_that_cannot_be_stored_is_told,
    a_ledger_of_another_writer_ends_the_sync,
    a_lost_lease_ends_the_writing,
);

/// After each change, kills a process at its first write; then, after another, at its second; and so on until one has no write
/// more. Whatever it left, the next finds its way.
async fn killed_in_turn(stage: &mut Stage, mut change: impl FnMut(&mut Stage, u64)) {
    for after_effect in [false, true] {
        let mut deaths = 0;
        for call in 1.. {
            change(stage, call);
            let killed = stage.killed_at(Kill { call, after_effect }).await;
            // What was begun is there, or not; never twice.
            stage.place.holdings();
            stage.settle().await;
            one_version_a_content(&stage.place.objects());
            if !killed {
                break;
            }
            deaths += 1;
        }
        assert!(deaths >= 3, "only {deaths} writes of three reports");
    }
}

async fn killed_at_any_write(stage: &mut Stage) {
    let mut born = 0;
    killed_in_turn(stage, |stage, _| {
        for _ in 0..3 {
            born += 1;
            stage.put(&format!("r{born}"), "ab");
        }
    })
    .await;
}

async fn killed_at_any_write_of_an_edit(stage: &mut Stage) {
    stage.put_many(3);
    stage.synced(FULL).await;
    let mut letters = ["abc", "c", "ac"].into_iter().cycle();
    killed_in_turn(stage, |stage, _| {
        let letters = letters.next().unwrap();
        (0..3).for_each(|number| stage.put(&format!("r{number}"), letters));
    })
    .await;
}

async fn killed_as_the_ledger_is_stored(stage: &mut Stage) {
    // The first time that nothing was stored yet, a ledger is stored before anything is written.
    stage.put_many(1);
    stage.synced(FULL).await;
    for stored in [false, true] {
        let name = format!("with-{stored}");
        stage.put(&name, "ab");
        stage.put("r0", "b");
        *stage.store.storing.lock().unwrap() = Storing::Killed { stored };
        let killed = stage.store.killed.clone();
        tokio::select! {
            outcome = stage.sync(FULL) => panic!("{outcome:?}"),
            () = killed.notified() => {}
        }
        *stage.store.storing.lock().unwrap() = Storing::Works;
        stage.restart();
        let calls = stage.place.controls().record.len();
        stage.settle().await;
        let more = stage.place.written_since(calls).len();
        assert!(
            !stored || more == 0,
            "what the ledger knew was written again"
        );
    }
}

async fn a_lost_ledger_costs_writes_and_nothing_else(stage: &mut Stage) {
    stage.put_many(5);
    stage.synced(FULL).await;
    *stage.store.text.lock().unwrap() = None;
    stage.restart();
    stage.settle().await;
}

async fn a_lost_ledger_while_reports_were_edited(stage: &mut Stage) {
    stage.put_many(5);
    stage.synced(FULL).await;
    *stage.store.text.lock().unwrap() = None;
    stage.restart();
    stage.put("r1", "bc");
    stage.put("r2", "c");
    stage.settle().await;
}

async fn a_stale_ledger_is_as_good(stage: &mut Stage) {
    stage.put_many(3);
    stage.synced(FULL).await;
    let earlier = stage.store.text.lock().unwrap().clone();
    let window = stage.window;
    stage.put("r1", "c");
    stage.put("new", "ab");
    stage.synced(FULL).await;
    *stage.store.text.lock().unwrap() = earlier;
    stage.window = window;
    stage.restart();
    stage.put("r2", "c");
    stage.settle().await;
}

async fn a_ledger_that_cannot_be_stored_is_told(stage: &mut Stage) {
    stage.put_many(2);
    let down = JournalError::unavailable("down");
    *stage.store.storing.lock().unwrap() = Storing::Fails(down);
    let outcome = stage.sync(FULL).await.unwrap();
    assert!(
        format!("{:?}", outcome.conclusion).contains("down"),
        "{outcome:?}"
    );
    // Nothing is written that can't be remembered.
    assert_eq!(stage.place.written_since(0).len(), 0);
    *stage.store.storing.lock().unwrap() = Storing::Works;
    stage.settle().await;
}

async fn a_ledger_of_another_writer_ends_the_sync(stage: &mut Stage) {
    stage.put_many(1);
    stage.synced(FULL).await;
    stage.put("r1", "ab");
    let window = stage.window;
    *stage.store.storing.lock().unwrap() = Storing::Fails(JournalError::Conflict);
    assert_eq!(stage.sync(FULL).await.unwrap_err(), Abandoned);
    assert_eq!(stage.window, window);
    *stage.store.storing.lock().unwrap() = Storing::Works;
    stage.settle().await;
}

async fn a_lost_lease_ends_the_writing(stage: &mut Stage) {
    stage.put_many(12);
    let why = Fenced::Deposed;
    *stage.lease.0.lock().unwrap() = Some((4, why));
    assert_eq!(stage.sync(FULL).await.unwrap_err(), Abandoned);
    let written = stage.place.holdings().len();
    assert!(
        written <= 4,
        "{written} written by a replica that does not lead"
    );
    // Another replica leads.
    *stage.lease.0.lock().unwrap() = None;
    stage.restart();
    stage.settle().await;
}
