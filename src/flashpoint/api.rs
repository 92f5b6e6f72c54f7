//! Which of Flashpoint's APIs is spoken, and how they differ on the wire.
//!
//! Nothing public says what Ignite takes; this is what the connectors send that Flashpoint or its customers maintain.

use std::time::Duration;

use reqwest::header::{HeaderMap, HeaderName, HeaderValue};

use crate::sync::source::{PageRequest, Terms};

/// Which API is spoken. A key of one is none of the other.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Api {
    /// The v4 of fp.tools, which is what the mapping was written for. Flashpoint retired it in 2024.
    #[default]
    V4,
    /// Ignite, at api.flashpoint.io.
    Ignite,
}

/// The most reports of a page of Ignite. Each comes with its images, and may have several MiB: Flashpoint's own connector for
/// Splunk SOAR went from 500 down to this.
const IGNITE_PAGE: u32 = 50;

/// How long a page of Ignite may take, as long as that connector waits.
const IGNITE_TIMEOUT: Duration = Duration::from_mins(2);

/// `spec.timeout` of a feed that names none. The definition of the resource fills it in, so that a feed that asks for this
/// very time can't be told from one that says nothing.
const UNSAID_TIMEOUT: Duration = Duration::from_secs(30);

/// What Flashpoint's connectors say of themselves in each call.
const INTEGRATION: [(&str, &str); 3] = [
    ("x-fp-integrationplatform", "Kubernetes"),
    ("x-fp-integrationplatformversion", PLATFORM_VERSION),
    ("x-fp-integrationversion", env!("CARGO_PKG_VERSION")),
];

/// The version of Kubernetes' API that the operator is built for. That of the cluster is no business of Flashpoint's, and a
/// `sync` at a terminal has none.
pub const PLATFORM_VERSION: &str = "1.37";

impl Api {
    /// How it lists.
    pub(super) fn terms(self) -> Terms {
        match self {
            Self::V4 => Terms::default(),
            Self::Ignite => Terms {
                page: IGNITE_PAGE,
                relative_times: false,
                by_update: true,
            },
        }
    }

    /// How long a call may take, given `spec.timeout`.
    pub(super) fn timeout(self, feeds: Duration) -> Duration {
        match self {
            Self::Ignite if feeds == UNSAID_TIMEOUT => IGNITE_TIMEOUT,
            _ => feeds,
        }
    }

    /// The query of the listing. Ignite has no `until`, `highlight_tag` or `fragment_size` that anybody sends, and takes times
    /// that end in `Z`: it answers 400 to another offset.
    pub(super) fn query(self, request: PageRequest) -> String {
        let PageRequest { since, limit, skip } = request;
        let skip = match skip {
            0 => String::new(),
            count => format!("&skip={count}"),
        };
        match self {
            Self::V4 => format!(
                "since={since}&until=now&limit={limit}&highlight_tag=x-fp-highlight&fragment_size=256{skip}"
            ),
            Self::Ignite => {
                let limit = limit.min(IGNITE_PAGE);
                format!("since={since}&sort=updated_at:asc&limit={limit}{skip}")
            }
        }
    }

    /// Sets what the API wants to know of its callers.
    pub(super) fn introduce(self, headers: &mut HeaderMap) {
        if self == Self::Ignite {
            headers.extend(INTEGRATION.map(|(name, value)| {
                (
                    HeaderName::from_static(name),
                    HeaderValue::from_static(value),
                )
            }));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ignite_takes_two_minutes_unless_the_feed_says_otherwise() {
        for (api, feeds, taken) in [
            (Api::V4, 30, 30),
            (Api::V4, 120, 120),
            (Api::Ignite, 30, 120),
            (Api::Ignite, 29, 29),
            (Api::Ignite, 31, 31),
            (Api::Ignite, 300, 300),
        ] {
            let feeds = Duration::from_secs(feeds);
            assert_eq!(api.timeout(feeds), Duration::from_secs(taken), "{api:?}");
        }
    }
}
