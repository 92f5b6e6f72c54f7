//! How a scrape is read: in parts, in two formats, and by readers that stop.

use std::collections::HashSet;

use futures::StreamExt as _;
use tokio::time::{sleep, timeout};

use super::*;

/// Enough for a few dozen parts.
fn many() -> Stage {
    let mut stage = Stage::new();
    for number in 0..1_000 {
        stage.apply_with_everything(&format!("feed-{number}"));
    }
    stage
}

#[test]
fn both_formats_have_the_same_samples_and_each_family_once() {
    let mut stage = Stage::new();
    stage.apply_with_everything("all");
    let samples = |text: &str| -> Vec<String> {
        let lines = text.lines().filter(|line| !line.starts_with('#'));
        // The age of a last sync goes on between two scrapes.
        let lines = lines.filter(|line| !line.contains("_oldest_sync_intervals{"));
        lines.map(str::to_owned).collect()
    };
    let texts = [Format::OpenMetrics, Format::Text].map(|format| stage.text(format));
    assert_eq!(samples(&texts[0]), samples(&texts[1]));
    for (text, suffix) in texts.iter().zip(["", "_total"]) {
        let mut families = HashSet::new();
        let mut family = "";
        for line in text.lines() {
            if let Some(line) = line.strip_prefix("# TYPE ") {
                family = line.split(' ').next().unwrap();
                assert!(families.insert(family), "{family} is told twice");
            } else if !line.starts_with('#') {
                assert!(line.starts_with(family), "{line} is told within {family}");
            }
        }
        assert!(text.contains(&format!(
            "\n# HELP flashpoint_operator_feed_submitted_reports{suffix} Reports written to the destination\n\
             # TYPE flashpoint_operator_feed_submitted_reports{suffix} counter\n\
             flashpoint_operator_feed_submitted_reports_total{{namespace=\"intel\",name=\"all\"}} 15\n"
        )));
    }
    let unit = "# UNIT flashpoint_operator_feed_interval_seconds seconds\n";
    assert_eq!(
        texts.each_ref().map(|text| text.contains(unit)),
        [true, false]
    );
    assert_eq!(
        texts.each_ref().map(|text| text.ends_with("\n# EOF\n")),
        [true, false]
    );
}

#[tokio::test]
async fn no_part_is_much_larger_than_the_others_and_all_make_the_whole() {
    let stage = many();
    let parts: Vec<String> = stage
        .scrape(Format::OpenMetrics)
        .try_collect()
        .await
        .unwrap();
    assert!(parts.len() > 20, "{} parts", parts.len());
    assert!(parts.iter().all(|part| part.len() < 48 * 1024));
    let whole = parts.concat();
    assert_eq!(whole.matches("} 900\n").count(), 1_000);
    assert_eq!(whole.matches("# EOF\n").count(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_reader_that_stops_gives_its_slot_back_in_time_and_sees_that_it_has_not_all() {
    let stage = many();
    let slots = Arc::new(Semaphore::new(1));
    let slot = slots.clone().try_acquire_owned().unwrap();
    let scrape = stage.metrics.scrape(Format::Text, slot);
    let mut scrape = Box::pin(scrape);
    assert!(scrape.next().await.unwrap().is_ok());
    sleep(Duration::from_secs(29)).await;
    assert_eq!(slots.available_permits(), 0);
    sleep(Duration::from_secs(2)).await;
    assert_eq!(slots.available_permits(), 1);
    let rest: Vec<_> = scrape.collect().await;
    assert!(rest.len() < 3, "{} parts were held", rest.len());
    assert_eq!(rest.last(), Some(&Err(Cut)));
}

#[tokio::test]
async fn a_reader_that_goes_away_gives_its_slot_back_at_once() {
    let stage = many();
    let slots = Arc::new(Semaphore::new(1));
    let slot = slots.clone().try_acquire_owned().unwrap();
    drop(stage.metrics.scrape(Format::Text, slot));
    let again = timeout(Duration::from_secs(20), slots.acquire());
    assert!(again.await.is_ok());
}
