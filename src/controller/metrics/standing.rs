//! How a feed stands at a scrape, as its resource says.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;

use crate::api::{FeedSettings, FlashpointFeed, FlashpointFeedStatus, Reason, Target};
use crate::controller::feed::Watched;
use crate::controller::memory::Memory;
use crate::destinations::misp::MISP;
use crate::destinations::taxii::TAXII;
use crate::destinations::trustar::TRUSTAR;

/// What a feed's spec and its newest status say.
#[derive(Debug, Default)]
pub struct Standing {
    pub ready: bool,
    pub stalled: bool,
    pub suspended: bool,
    /// The reason of the Ready condition; none before there is one, and none that the operator does not give.
    pub reason: Option<&'static str>,
    /// The kind of the destination, as the calls to it are labelled; none where the spec can't be read.
    pub destination: Option<&'static str>,
    /// In seconds; none where the spec can't be read.
    pub interval: Option<u64>,
    /// In seconds since 1970.
    pub last_sync: Option<i64>,
    /// In seconds since 1970.
    pub last_posted: Option<i64>,
    /// In seconds since 1970.
    pub last_submitted: Option<i64>,
    pub backlog: u64,
    pub failed: u64,
    pub consecutive_failures: u64,
}

impl Standing {
    pub fn of(watched: &Watched, memory: &Memory) -> Self {
        let readable = watched.0.as_ref().ok().and_then(|feed| {
            let settings = FeedSettings::try_from(&feed.spec).ok()?;
            Some((feed, settings))
        });
        match readable {
            Some((feed, settings)) => memory.with_newest_status(feed, |status| Self {
                interval: Some(settings.interval.as_secs()),
                destination: Some(label(&settings.target)),
                ..Self::told(feed, status)
            }),
            // A person must mend it, and no condition says so.
            None => Self {
                stalled: true,
                ..Self::default()
            },
        }
    }

    fn told(feed: &FlashpointFeed, status: &FlashpointFeedStatus) -> Self {
        let condition = |kind: &str| {
            let mut conditions = status.conditions.iter();
            conditions.find(|condition| condition.type_ == kind)
        };
        let is = |kind: &str| condition(kind).is_some_and(|condition| condition.status == "True");
        let seconds = |time: &Option<Time>| time.as_ref().map(|time| time.0.as_second());
        let last_sync = status.last_sync.as_ref();
        Self {
            ready: is("Ready"),
            stalled: is("Stalled"),
            suspended: feed.spec.suspend,
            reason: condition("Ready").and_then(|ready| known(&ready.reason)),
            destination: None,
            interval: None,
            last_sync: seconds(&status.last_sync_time),
            last_posted: seconds(&status.last_posted_time),
            last_submitted: seconds(&status.last_submitted_time),
            backlog: last_sync.map_or(0, |counts| counts.backlog),
            failed: last_sync.map_or(0, |counts| counts.failed),
            consecutive_failures: status.consecutive_failures,
        }
    }
}

/// The reason of this name, so that no text that others write to a status becomes a label.
fn known(reason: &str) -> Option<&'static str> {
    let mut names = Reason::ALL.iter().map(|reason| reason.as_str());
    names.find(|name| *name == reason)
}

const fn label(target: &Target) -> &'static str {
    match target {
        Target::Trustar(_) => TRUSTAR.label,
        Target::Taxii(_) => TAXII.label,
        Target::Misp(_) => MISP.label,
    }
}
