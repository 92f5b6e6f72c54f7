//! Leader election by a Lease, so that of several replicas one runs the feeds.
//!
//! Every write carries the resourceVersion that it was decided on, and another holder's lease is
//! timed by the local monotonic clock from when its last change was seen: neither two candidates
//! nor clocks that differ can make two leaders.

use std::sync::Mutex;
use std::time::Duration;

use jiff::Timestamp;
use k8s_openapi::api::coordination::v1::{Lease, LeaseSpec};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::MicroTime;
use kube::api::{Api, ObjectMeta};
use kube::{Client, Error};
use tokio::time::{Instant, sleep, timeout};

use super::written;

/// How long a lease lasts after its last renewal.
const DURATION: Duration = Duration::from_secs(15);

/// A holder that could not renew its lease for this long no longer counts on it.
const RENEW_WITHIN: Duration = Duration::from_secs(10);

/// Between two attempts to acquire or to renew.
const RETRY: Duration = Duration::from_secs(2);

/// Until when a lease is held, by the local clock.
#[derive(Debug, Default)]
pub struct Leadership(Mutex<Option<Instant>>);

impl Leadership {
    /// Whether the lease is held now.
    pub fn held(&self) -> bool {
        self.0
            .lock()
            .is_ok_and(|until| until.is_some_and(|until| Instant::now() < until))
    }

    fn set(&self, until: Option<Instant>) {
        if let Ok(mut held) = self.0.lock() {
            *held = until;
        }
    }
}

/// A candidate for one lease.
pub struct Candidate {
    api: Api<Lease>,
    name: String,
    identity: String,
    /// The lease as another holder last wrote it, and when that was first seen.
    seen: Option<(String, Instant)>,
}

impl Candidate {
    /// A candidate for the lease `name` in `namespace`, under `identity`.
    pub fn new(client: Client, namespace: &str, name: &str, identity: &str) -> Self {
        Self {
            api: Api::namespaced(client, namespace),
            name: name.to_owned(),
            identity: identity.to_owned(),
            seen: None,
        }
    }

    /// Waits until the lease is held.
    pub async fn acquire(&mut self, leadership: &Leadership) {
        loop {
            let begun = Instant::now();
            match timeout(RENEW_WITHIN, self.attempt()).await {
                Ok(Ok(true)) => {
                    leadership.set(Some(begun + RENEW_WITHIN));
                    return;
                }
                Ok(Ok(false)) => {}
                Err(_) => tracing::warn!(
                    lease = self.name,
                    "the lease could not be asked for in time"
                ),
                Ok(Err(error)) => {
                    tracing::warn!(lease = self.name, %error, "the lease could not be acquired");
                }
            }
            sleep(RETRY).await;
        }
    }

    /// Renews the lease until it is lost.
    pub async fn keep(&mut self, leadership: &Leadership) {
        let mut renewed = Instant::now();
        while renewed.elapsed() < RENEW_WITHIN {
            sleep(RETRY).await;
            let begun = Instant::now();
            let left = RENEW_WITHIN.saturating_sub(renewed.elapsed());
            match timeout(left, self.attempt()).await {
                Ok(Ok(true)) => {
                    renewed = begun;
                    leadership.set(Some(begun + RENEW_WITHIN));
                }
                Ok(Ok(false)) => break,
                Ok(Err(error)) => {
                    tracing::warn!(lease = self.name, %error, "the lease could not be renewed");
                }
                Err(_) => {
                    tracing::warn!(lease = self.name, "the lease could not be renewed in time");
                }
            }
        }
        leadership.set(None);
    }

    /// Gives the lease back, so that another replica need not wait for its end.
    pub async fn release(&mut self, leadership: &Leadership) {
        leadership.set(None);
        let Ok(lease) = self.api.get(&self.name).await else {
            return;
        };
        let Some(spec) = lease.spec.clone().filter(|spec| self.holds(spec)) else {
            return;
        };
        let spec = LeaseSpec {
            holder_identity: None,
            lease_duration_seconds: Some(1),
            renew_time: Some(MicroTime(Timestamp::now())),
            ..spec
        };
        if let Err(error) = self.write(lease, spec).await {
            tracing::warn!(lease = self.name, %error, "the lease could not be released");
        }
    }

    /// Acquires the lease or renews it; says whether it is held now.
    async fn attempt(&mut self) -> Result<bool, Error> {
        let Some(lease) = self.api.get_opt(&self.name).await? else {
            return self.create().await;
        };
        let spec = lease.spec.clone().unwrap_or_default();
        if !self.holds(&spec) && !self.may_take(&lease, &spec) {
            return Ok(false);
        }
        let now = MicroTime(Timestamp::now());
        let renewed = if self.holds(&spec) {
            LeaseSpec {
                renew_time: Some(now),
                lease_duration_seconds: Some(seconds(DURATION)),
                ..spec
            }
        } else {
            let transitions = spec.lease_transitions.unwrap_or(0).saturating_add(1);
            LeaseSpec {
                lease_transitions: Some(transitions),
                ..self.fresh(now)
            }
        };
        self.write(lease, renewed).await
    }

    async fn create(&self) -> Result<bool, Error> {
        let lease = Lease {
            metadata: ObjectMeta {
                name: Some(self.name.clone()),
                ..ObjectMeta::default()
            },
            spec: Some(self.fresh(MicroTime(Timestamp::now()))),
        };
        won(self.api.create(&written(), &lease).await)
    }

    async fn write(&self, lease: Lease, spec: LeaseSpec) -> Result<bool, Error> {
        let lease = Lease {
            spec: Some(spec),
            ..lease
        };
        won(self.api.replace(&self.name, &written(), &lease).await)
    }

    fn fresh(&self, now: MicroTime) -> LeaseSpec {
        LeaseSpec {
            holder_identity: Some(self.identity.clone()),
            lease_duration_seconds: Some(seconds(DURATION)),
            acquire_time: Some(now.clone()),
            renew_time: Some(now),
            ..LeaseSpec::default()
        }
    }

    fn holds(&self, spec: &LeaseSpec) -> bool {
        spec.holder_identity.as_deref() == Some(self.identity.as_str())
    }

    /// Whether another's lease has not changed for as long as it lasts.
    fn may_take(&mut self, lease: &Lease, spec: &LeaseSpec) -> bool {
        if spec
            .holder_identity
            .as_deref()
            .unwrap_or_default()
            .is_empty()
        {
            return true;
        }
        let version = lease.metadata.resource_version.clone().unwrap_or_default();
        let lasts = spec
            .lease_duration_seconds
            .and_then(|seconds| u64::try_from(seconds).ok());
        match &self.seen {
            Some((seen, since)) if *seen == version => {
                since.elapsed() >= lasts.map_or(DURATION, Duration::from_secs)
            }
            _ => {
                self.seen = Some((version, Instant::now()));
                false
            }
        }
    }
}

fn seconds(duration: Duration) -> i32 {
    i32::try_from(duration.as_secs()).unwrap_or(i32::MAX)
}

/// A conflict means that another candidate was faster.
fn won(written: Result<Lease, Error>) -> Result<bool, Error> {
    match written {
        Ok(_) => Ok(true),
        Err(Error::Api(status)) if status.code == 409 => Ok(false),
        Err(error) => Err(error),
    }
}
