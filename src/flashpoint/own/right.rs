//! What is known of one key's right to Flashpoint's own indicators.

use std::time::Duration;

use parking_lot::Mutex;
use tokio::time::Instant;

use crate::http::hash;
use crate::sync::report::ReportId;

/// How long it is remembered that a key has no right to them. A right that is granted shows after that; or at once with
/// another key, or after a restart.
const WITHHELD_FOR: Duration = Duration::from_hours(6);

/// Of so many different reports they are refused, and of none are they given in between, before it is the key that has no
/// right to them: a gateway may refuse one request of many.
const REFUSALS: usize = 3;

#[derive(Default)]
pub(in super::super) struct Right(Mutex<Known>);

#[derive(Default)]
struct Known {
    /// The first reports of which they were refused.
    refused: Vec<u64>,
    /// Since when they are withheld, and why.
    withheld: Option<(Instant, String)>,
}

impl Right {
    /// Why they are withheld, as far as that is known.
    pub(super) fn withheld(&self) -> Option<String> {
        let known = self.0.lock();
        let (since, why) = known.withheld.as_ref()?;
        (since.elapsed() < WITHHELD_FOR).then(|| why.clone())
    }

    /// Notes that those of a report are refused. Says in the log what that comes to, unless it was known.
    pub(super) fn refuse(&self, report: &ReportId, why: &str) {
        let mut known = self.0.lock();
        let id = hash(report.as_str().as_bytes());
        if known.refused.len() < REFUSALS && !known.refused.contains(&id) {
            known.refused.push(id);
        }
        if known.refused.len() < REFUSALS {
            tracing::info!(%report, "{why}");
            return;
        }
        let before = known.withheld.as_ref().map(|(_, why)| why.as_str());
        if before != Some(why) {
            tracing::warn!("{why}");
        }
        known.withheld = Some((Instant::now(), why.to_owned()));
    }

    /// Notes that they are given.
    pub(super) fn grant(&self) {
        *self.0.lock() = Known::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn what_is_withheld_is_asked_for_again_in_time() {
        let right = Right::default();
        let refuse = |id| right.refuse(&ReportId::new(id).unwrap(), "no right");
        assert_eq!(right.withheld(), None);
        for id in ["a", "b", "a", "b"] {
            refuse(id);
            assert_eq!(right.withheld(), None);
        }
        refuse("c");
        assert_eq!(right.withheld().as_deref(), Some("no right"));
        tokio::time::advance(WITHHELD_FOR).await;
        assert_eq!(right.withheld(), None);
        // One more says that it is as before.
        refuse("a");
        assert_eq!(right.withheld().as_deref(), Some("no right"));
        right.grant();
        assert_eq!(right.withheld(), None);
        refuse("a");
        refuse("b");
        right.grant();
        refuse("c");
        assert_eq!(right.withheld(), None);
    }
}
