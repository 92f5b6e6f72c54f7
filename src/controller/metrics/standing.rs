//! How a feed stands at a scrape, as its resource says.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;

use crate::api::{FeedSettings, FlashpointFeed, FlashpointFeedStatus, Reason, Target};
use crate::controller::memory::Memory;
use crate::controller::watched::Watched;
use crate::destinations::misp::MISP;
use crate::destinations::taxii::TAXII;
use crate::destinations::trustar::TRUSTAR;

/// What a feed's spec and its newest status say. Times are in seconds since 1970.
#[derive(Debug, Default)]
pub struct Standing {
    pub ready: bool,
    stalled: bool,
    pub suspended: bool,
    /// The reason of the Ready condition; none before there is one, and none that the operator does not give.
    pub reason: Option<Reason>,
    /// The kind of the destination, as the calls to it are labelled; `""` where the spec can't be read.
    pub destination: &'static str,
    /// In seconds; none where the spec can't be read.
    pub interval: Option<u64>,
    pub last_sync: Option<i64>,
    pub last_posted: Option<i64>,
    pub last_submitted: Option<i64>,
    /// Since when it has neither been ready nor written a report; of no meaning for one that is ready.
    pub unready_since: Option<i64>,
    backlog: u64,
    failed: u64,
    consecutive_failures: u64,
}

/// A value that is 0 for most feeds for ever.
#[derive(Clone, Copy)]
pub enum Seldom {
    Stalled,
    Suspended,
    Backlog,
    Failed,
    ConsecutiveFailures,
}

impl Seldom {
    /// Each, in the order of their numbers.
    pub const ALL: [Self; 5] = [
        Self::Stalled,
        Self::Suspended,
        Self::Backlog,
        Self::Failed,
        Self::ConsecutiveFailures,
    ];
}

impl Standing {
    pub fn of(watched: &Watched, memory: &Memory) -> Self {
        let readable = watched.read().ok().and_then(|feed| {
            let settings = FeedSettings::try_from(&feed.spec).ok()?;
            Some((feed, settings))
        });
        match readable {
            Some((feed, settings)) => {
                memory.with_newest_status(&feed, |status| Self::told(&feed, &settings, status))
            }
            // A person must mend it, and no condition says so.
            None => Self {
                stalled: true,
                ..Self::default()
            },
        }
    }

    fn told(feed: &FlashpointFeed, settings: &FeedSettings, status: &FlashpointFeedStatus) -> Self {
        let condition = |kind: &str| {
            let mut conditions = status.conditions.iter();
            conditions.find(|condition| condition.type_ == kind)
        };
        let is = |kind: &str| condition(kind).is_some_and(|condition| condition.status == "True");
        let seconds = |time: &Option<Time>| time.as_ref().map(|time| time.0.as_second());
        let last_sync = status.last_sync.as_ref();
        let last_submitted = seconds(&status.last_submitted_time);
        let changed = condition("Ready").map(|ready| ready.last_transition_time.0.as_second());
        let changed = changed.or_else(|| seconds(&feed.metadata.creation_timestamp));
        Self {
            ready: is("Ready"),
            stalled: is("Stalled"),
            suspended: feed.spec.suspend,
            reason: Reason::of(&status.conditions),
            destination: label(&settings.target),
            interval: Some(settings.interval.as_secs()),
            last_sync: seconds(&status.last_sync_time),
            last_posted: seconds(&status.last_posted_time),
            last_submitted,
            unready_since: changed.max(last_submitted),
            backlog: last_sync.map_or(0, |counts| counts.backlog),
            failed: last_sync.map_or(0, |counts| counts.failed),
            consecutive_failures: status.consecutive_failures,
        }
    }

    /// One word for whether it runs: what a person asks first.
    pub const fn state(&self) -> &'static str {
        match self {
            Self { stalled: true, .. } => "Stalled",
            Self {
                suspended: true, ..
            } => "Suspended",
            Self { ready: true, .. } => "Ready",
            _ => "Reconciling",
        }
    }

    /// The reason as a label; `""` for none. No text that others write to a status becomes one.
    pub fn reason(&self) -> &'static str {
        self.reason.map_or("", Reason::as_str)
    }

    /// How many of its intervals ago the last sync began.
    #[expect(clippy::cast_precision_loss, reason = "seconds to compare")]
    pub fn age_in_intervals(&self, now: i64) -> Option<f64> {
        let (began, interval) = self.last_sync.zip(self.interval)?;
        Some((now - began).max(0) as f64 / interval.max(1) as f64)
    }

    pub fn seldom(&self, seldom: Seldom) -> u64 {
        match seldom {
            Seldom::Stalled => self.stalled.into(),
            Seldom::Suspended => self.suspended.into(),
            Seldom::Backlog => self.backlog,
            Seldom::Failed => self.failed,
            Seldom::ConsecutiveFailures => self.consecutive_failures,
        }
    }
}

const fn label(target: &Target) -> &'static str {
    match target {
        Target::Trustar(_) => TRUSTAR.label,
        Target::Taxii(_) => TAXII.label,
        Target::Misp(_) => MISP.label,
    }
}
