//! A listing that changes while it is read (findings 6 and 7).

use simulators::flashpoint::{Answers, Change, Difference, Moment, Order, PageCap};

use super::stage::Stage;

/// Whatever comes or goes between two pages, and whichever page is empty: two runs, and the enclave holds what it should.
#[tokio::test]
async fn what_moves_between_two_pages_is_not_lost() {
    for order in [Order::NewestFirst, Order::OldestFirst] {
        for (at, change) in (2..5).flat_map(|at| (0..3).map(move |change| (at, change))) {
            let stage = Stage::with_reports(60).await;
            stage.flashpoint.configure(|settings| {
                settings.order = order;
                settings.page_cap = PageCap::Shown(20);
            });
            let reports = stage.flashpoint.reports();
            match change {
                // One of the newest, and one of the oldest: whatever was read already moves.
                0 | 1 => {
                    let gone = if change == 0 { 3 } else { 57 };
                    let id = reports[gone].id.clone();
                    let change = Change::Remove(id);
                    stage.flashpoint.script(Moment::Before(at), change);
                }
                _ => {
                    let empty = Difference {
                        at_most: Some(0),
                        ..Difference::default()
                    };
                    stage.flashpoint.differ(Answers::Nth(at), empty);
                }
            }
            for _ in 0..2 {
                let run = stage.synced(&["--state", "state.json"]).await;
                assert_eq!(run.code, 0, "{order:?} {at} {change}: {}", run.stdout);
            }
            let verdict = stage
                .trustar
                .verdict(&[(simulators::trustar::ENCLAVE, stage.flashpoint.truth())]);
            assert!(
                verdict.lost.is_empty(),
                "{order:?} {at} {change}: {verdict:?}"
            );
            assert!(
                verdict.duplicated.is_empty(),
                "{order:?} {at} {change}: {verdict:?}"
            );
        }
    }
}
