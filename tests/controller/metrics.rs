//! What a scrape of `/metrics` holds.

use std::collections::BTreeSet;
use std::path::Path;

use crate::harness::Stage;

/// The most series that a feed may have, of a Prometheus that holds thousands of feeds.
const MOST_OF_A_FEED: usize = 20;

/// What the operations page names of the operator's metrics.
fn documented() -> BTreeSet<String> {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/operations.md");
    let page = std::fs::read_to_string(page).unwrap();
    let code = page.split('`').map(str::to_owned);
    code.filter(|name| name.starts_with("flashpoint_operator_"))
        .collect()
}

#[tokio::test]
async fn each_metric_is_in_operations_and_a_feed_has_few_series_none_at_zero() {
    let stage = Stage::new("metrics").await;
    stage.telling_reports(3);
    let operator = stage.operator().await;
    stage.feed("feed").await;
    stage.until_synced("feed").await;
    let metrics = operator.metrics().await;
    let families = metrics
        .lines()
        .filter_map(|line| line.strip_prefix("# TYPE ")?.split(' ').next());
    let served: BTreeSet<String> = families.map(str::to_owned).collect();
    assert_eq!(served, documented());
    let series: Vec<&str> = metrics
        .lines()
        .filter(|line| line.contains("name=\"feed\""))
        .collect();
    assert!((8..=MOST_OF_A_FEED).contains(&series.len()), "{series:?}");
    let zeros = series.iter().any(|series| series.ends_with(" 0"));
    assert!(
        !zeros,
        "a feed that is well has series that are 0: {series:?}"
    );
}
