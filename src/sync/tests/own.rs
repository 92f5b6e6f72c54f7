//! Flashpoint's own indicators: when they are asked for, what they decide, and what stands in the way.

use super::feed::{Feed, HOUR, assert_adds_up, is_quiet};
use super::services::{Item, Time};
use crate::flashpoint::FLASHPOINT;
use crate::http::fault::FaultKind;
use crate::sync::own::Sources;
use crate::sync::ports::Verdict;
use crate::sync::{Conclusion, Mode, Note, Outcome};
use indicators::IndicatorType;

const BOTH: Sources = Sources {
    text: true,
    flashpoint: true,
};

/// A feed that asks for both, of `count` reports whose texts tell nothing.
fn silent(time: &Time, count: u32) -> Feed<'_> {
    let mut feed = Feed::with_reports(time, count);
    feed.sources = BOTH;
    for index in 0..count {
        feed.edit(&format!("r{index}"), |item| item.counts = false);
    }
    feed
}

fn list(feed: &Feed<'_>, id: &str, domains: &[&'static str]) {
    let mut script = feed.reports.script.lock().unwrap();
    script.own.insert(id.to_owned(), domains.to_vec());
}

fn calls(feed: &Feed<'_>) -> usize {
    std::mem::take(&mut feed.reports.script.lock().unwrap().own_calls)
}

fn is_withheld(outcome: &Outcome) -> bool {
    outcome
        .notes
        .contains(&Note::OwnWithheld("withheld".to_owned()))
}

#[tokio::test(start_paused = true)]
async fn they_count_as_those_of_the_text_do() {
    let time = Time::new();
    let mut feed = silent(&time, 4);
    feed.edit("r3", |item| item.counts = true);
    list(&feed, "r0", &["evil-site.ru"]);
    list(&feed, "r1", &["www.google.com"]);
    let outcome = feed.sync().await;
    let counts = outcome.counts.unwrap();
    assert_adds_up(&counts);
    assert_eq!((counts.created, counts.without_indicators), (2, 2));
    assert_eq!(feed.stored(), ["r0", "r3"]);
    assert_eq!(calls(&feed), 4);
    assert!(outcome.notes.is_empty());
    // What is known is not asked for again; what is edited is.
    feed.next_sync().await;
    assert_eq!(calls(&feed), 0);
    feed.edit("r2", |_| ());
    list(&feed, "r2", &["evil-site.ru"]);
    assert_eq!(feed.next_sync().await.counts.unwrap().updated, 1);
    assert_eq!(calls(&feed), 1);
}

#[tokio::test(start_paused = true)]
async fn a_feed_of_texts_asks_for_none_and_a_feed_of_theirs_looks_at_no_text() {
    let time = Time::new();
    let mut feed = Feed::with_reports(&time, 2);
    list(&feed, "r0", &["evil-site.ru"]);
    feed.sync().await;
    assert_eq!(calls(&feed), 0);

    let mut feed = Feed::with_reports(&time, 2);
    feed.sources = Sources {
        text: false,
        flashpoint: true,
    };
    list(&feed, "r0", &["evil-site.ru"]);
    feed.sync().await;
    assert_eq!(feed.stored(), ["r0"]);
}

#[tokio::test(start_paused = true)]
async fn another_choice_of_sources_looks_again_at_what_had_none() {
    let time = Time::new();
    let mut feed = silent(&time, 3);
    feed.sources = Sources::default();
    feed.edit("r2", |item| item.counts = true);
    feed.sync().await;
    list(&feed, "r0", &["evil-site.ru"]);
    list(&feed, "r2", &["evil-site.ru"]);
    feed.sources = BOTH;
    let counts = feed.next_sync().await.counts.unwrap();
    assert_eq!((counts.updated, counts.unchanged), (1, 1));
    // What is in the enclave is not asked for.
    assert_eq!(calls(&feed), 2);
    feed.sources = Sources::default();
    assert_eq!(feed.next_sync().await.counts.unwrap().unchanged, 2);
}

#[tokio::test(start_paused = true)]
async fn a_fault_leaves_reports_pending_and_is_never_taken_for_no_indicators() {
    let time = Time::new();
    for count in [2, 30] {
        let mut feed = silent(&time, count);
        list(&feed, "r0", &["evil-site.ru"]);
        feed.reports.script.lock().unwrap().own_down = Some(FaultKind::Unavailable);
        for _ in 0..3 {
            let outcome = feed.next_sync().await;
            let Conclusion::Fault(fault) = &outcome.conclusion else {
                panic!("{:?}", outcome.conclusion);
            };
            assert_eq!(*fault.service, FLASHPOINT);
            assert_eq!(fault.kind, FaultKind::Unavailable);
            let counts = outcome.counts.unwrap();
            assert_adds_up(&counts);
            assert_eq!(
                (counts.pending, counts.without_indicators),
                (count.into(), 0)
            );
            // A service that is down is not asked for each of many reports.
            assert!(calls(&feed) <= 12);
        }
        feed.reports.script.lock().unwrap().own_down = None;
        for _ in 0..8 {
            tokio::time::advance(HOUR / 4).await;
            feed.sync_in(Mode::Full { forced: false }).await.unwrap();
        }
        let outcome = feed.sync().await;
        assert!(is_quiet(&outcome), "{outcome:?}");
        assert_eq!(feed.stored(), ["r0"]);
        assert_eq!(feed.writes(), ["r0"]);
    }
}

#[tokio::test(start_paused = true)]
async fn a_fault_is_told_as_the_sources_until_it_is_tried_again() {
    let time = Time::new();
    let mut feed = silent(&time, 2);
    feed.reports.script.lock().unwrap().own_down = Some(FaultKind::Unavailable);
    for _ in 0..36 {
        tokio::time::advance(HOUR / 12).await;
        match feed.sync().await.conclusion {
            Conclusion::Fault(fault) => assert_eq!(*fault.service, FLASHPOINT),
            other => panic!("{other:?}"),
        }
    }
    assert!(feed.stored().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_refusal_is_one_reports_own_where_others_go_through() {
    let time = Time::new();
    let mut feed = silent(&time, 3);
    for id in ["r0", "r1", "r2"] {
        list(&feed, id, &["evil-site.ru"]);
    }
    let refused = feed
        .reports
        .script
        .lock()
        .unwrap()
        .own_refuses
        .insert("r1".to_owned());
    assert!(refused);
    let outcome = feed.sync().await;
    assert_eq!(outcome.conclusion, Conclusion::SyncedWithFailures);
    let counts = outcome.counts.unwrap();
    assert_eq!((counts.created, counts.failed), (2, 1));
    assert_eq!(feed.stored(), ["r0", "r2"]);
}

#[tokio::test(start_paused = true)]
async fn a_key_that_is_refused_needs_a_person() {
    let time = Time::new();
    let mut feed = silent(&time, 3);
    feed.reports.script.lock().unwrap().own_down = Some(FaultKind::Unauthorized);
    let outcome = feed.sync().await;
    let Conclusion::Fault(fault) = outcome.conclusion else {
        panic!("{:?}", outcome.conclusion);
    };
    assert!(fault.needs_a_person());
    assert_eq!(outcome.counts.unwrap().pending, 3);
}

#[tokio::test(start_paused = true)]
async fn where_they_are_withheld_the_text_decides_and_the_feed_says_so() {
    let time = Time::new();
    let mut feed = silent(&time, 6);
    feed.edit("r5", |item| item.counts = true);
    feed.reports.script.lock().unwrap().withholds = true;
    let outcome = feed.sync().await;
    assert_eq!(outcome.conclusion, Conclusion::Synced);
    assert!(is_withheld(&outcome));
    let counts = outcome.counts.unwrap();
    assert_eq!((counts.created, counts.without_indicators), (1, 5));
    assert_eq!(calls(&feed), 1);
    // Told in each sync, and nothing is looked at again for it.
    feed.lines.told.lock().unwrap().clear();
    let outcome = feed.next_sync().await;
    assert!(is_withheld(&outcome));
    let examined = |feed: &Feed<'_>| {
        let told = feed.lines.told.lock().unwrap();
        told.iter().filter(|(_, _, found)| found.is_some()).count()
    };
    assert_eq!((examined(&feed), calls(&feed)), (0, 0));
    // An edit may have taken away what Flashpoint lists: nothing is withdrawn.
    feed.edit("r5", |_| ());
    feed.next_sync().await;
    assert!(feed.enclave.gates.lock().unwrap().partial.contains("r5"));

    // Once the key has the right, what the text alone decided is looked at again.
    list(&feed, "r0", &["evil-site.ru"]);
    {
        let mut script = feed.reports.script.lock().unwrap();
        (script.withholds, script.withheld) = (false, false);
    }
    let outcome = feed.next_sync().await;
    assert!(!is_withheld(&outcome));
    assert_eq!(outcome.counts.unwrap().updated, 1);
    assert_eq!(feed.stored(), ["r0", "r5"]);
}

#[tokio::test(start_paused = true)]
async fn a_feed_of_theirs_alone_goes_on_with_the_text_where_they_are_withheld() {
    let time = Time::new();
    let mut feed = Feed::with_reports(&time, 2);
    feed.sources = Sources {
        text: false,
        flashpoint: true,
    };
    feed.reports.script.lock().unwrap().withholds = true;
    assert!(is_withheld(&feed.sync().await));
    assert_eq!(feed.stored().len(), 2);
    let told = feed.lines.told.lock().unwrap();
    assert!(
        told.iter()
            .all(|(_, verdict, _)| *verdict == Verdict::Created)
    );
}

/// The enclave is well all the while, and knows nothing of it.
#[tokio::test(start_paused = true)]
async fn an_outage_of_the_lists_is_no_reports_own_failure() {
    let time = Time::new();
    let mut feed = Feed::with_reports(&time, 4);
    feed.sources = BOTH;
    feed.reports.script.lock().unwrap().own_down = Some(FaultKind::Unavailable);
    for _ in 0..8 {
        let outcome = feed.next_sync().await;
        assert!(!is_quiet(&outcome));
        assert_eq!(outcome.counts.unwrap().pending, 4);
    }
    feed.reports.script.lock().unwrap().own_down = None;
    for _ in 0..2 {
        feed.next_sync().await;
    }
    assert_eq!(feed.stored().len(), 4);
}

/// Five reports' lists are refused, those of 25 others are had, and nothing in these counts.
#[tokio::test(start_paused = true)]
async fn refused_lists_of_a_few_are_their_own_where_others_are_had() {
    let time = Time::new();
    for count in [5, 25] {
        let mut feed = silent(&time, count + 25);
        for index in 0..count {
            let mut script = feed.reports.script.lock().unwrap();
            script.own_refuses.insert(format!("r{index}"));
        }
        for sync in 0..200 {
            let outcome = feed.next_sync().await;
            let counts = outcome.counts.as_ref().unwrap();
            assert_adds_up(counts);
            // The first ones tried may be those, and say nothing yet.
            assert!(sync < 2 || is_quiet(&outcome), "{sync}: {outcome:?}");
        }
        assert_eq!(feed.window.since, None);
        assert!(feed.store.ledger().failures().count() <= count as usize);
        // An edit changes nothing of that.
        for index in 0..count {
            feed.edit(&format!("r{index}"), |_| ());
        }
        assert!(is_quiet(&feed.next_sync().await));
    }
}

#[tokio::test(start_paused = true)]
async fn where_one_reports_are_withheld_its_text_decides_for_now() {
    let time = Time::new();
    let mut feed = silent(&time, 3);
    feed.edit("r1", |item| item.counts = true);
    for id in ["r0", "r1", "r2"] {
        list(&feed, id, &["evil-site.ru"]);
    }
    let withheld = ["r0".to_owned(), "r1".to_owned()].into();
    feed.reports.script.lock().unwrap().own_withheld = withheld;
    let outcome = feed.sync().await;
    assert!(is_quiet(&outcome) && is_withheld(&outcome));
    assert_eq!(feed.stored(), ["r1", "r2"]);
    assert_eq!(
        feed.enclave.gates.lock().unwrap().partial,
        ["r1".to_owned()].into()
    );
    assert_eq!(calls(&feed), 3);
    // What was found without indicators by its text is asked for again.
    feed.reports.script.lock().unwrap().own_withheld.clear();
    assert!(!is_withheld(&feed.next_sync().await));
    assert_eq!((calls(&feed), feed.stored().len()), (1, 3));
}

#[tokio::test(start_paused = true)]
async fn what_was_found_in_refused_reports_is_counted_and_not_held() {
    let time = Time::new();
    let mut feed = silent(&time, 21);
    for index in 1..21 {
        let id = format!("r{index}");
        feed.enclave.gates.lock().unwrap().refuses.insert(id);
    }
    feed.reports.script.lock().unwrap().own_urls = Some((500, 2_000));
    let counts = feed.sync().await.counts.unwrap();
    assert_eq!((counts.created, counts.failed), (1, 20));
    assert_eq!(counts.indicators[&IndicatorType::Url], 21 * 500);
    let told = feed.lines.told.lock().unwrap();
    let of_failed = told
        .iter()
        .filter(|(_, verdict, _)| matches!(verdict, Verdict::Failed(_)));
    let held = of_failed.filter(|(_, _, found)| found.is_some()).count();
    assert!((1..=4).contains(&held), "{held} MiB, twice over");
}

/// One report's list always breaks (it is too long to come in time), and all others were had before: nothing else is asked for.
#[tokio::test(start_paused = true)]
async fn one_report_whose_list_always_breaks_is_set_aside_in_time() {
    let time = Time::new();
    let mut feed = Feed::with_reports(&time, 3);
    feed.sources = BOTH;
    feed.sync().await;
    feed.list(Item::new("poison", feed.now()));
    feed.reports
        .script
        .lock()
        .unwrap()
        .own_breaks
        .insert("poison".to_owned());
    let mut last = None;
    // Ten days, with a new report each day, which is had.
    for sync in 0..960 {
        if sync % 96 == 95 {
            feed.list(Item::new(&format!("n{sync}"), feed.now()));
        }
        let outcome = feed.next_sync().await;
        if is_quiet(&outcome) {
            return;
        }
        if sync == 90 {
            // Nearly a day: only the report itself can be at fault.
            last = Some((outcome.conclusion, feed.window));
            break;
        }
    }
    panic!("{last:?}");
}

/// Refused are the lists of six reports that come together; of all others they were had.
#[tokio::test(start_paused = true)]
async fn refused_lists_of_six_that_come_together_end() {
    let time = Time::new();
    let mut feed = silent(&time, 30);
    feed.sync().await;
    for index in 0..6 {
        let id = format!("p{index}");
        feed.list(Item::new(&id, feed.now()));
        feed.reports.script.lock().unwrap().own_refuses.insert(id);
    }
    let mut outcome = None;
    for _ in 0..90 {
        outcome = Some(feed.next_sync().await);
    }
    let outcome = outcome.unwrap();
    assert!(
        is_quiet(&outcome),
        "{:?} {:?}",
        outcome.conclusion,
        feed.window
    );
}
