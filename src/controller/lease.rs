//! Leader election by a Lease, so that of several replicas one runs the feeds.
//!
//! Every write carries the resourceVersion that it was decided on, and another holder's lease is
//! timed by the local monotonic clock from when its last change was seen: neither two candidates
//! nor clocks that differ can make two leaders.

use std::time::Duration;

use jiff::Timestamp;
use k8s_openapi::api::coordination::v1::{Lease, LeaseSpec};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::MicroTime;
use kube::api::{Api, ObjectMeta};
use parking_lot::Mutex;
use tokio::time::{Instant, sleep, timeout};

use super::cluster::Cluster;
use super::refusal::{Refusal, if_present};
use super::written;

/// How long a lease lasts after its last renewal.
const DURATION: Duration = Duration::from_secs(15);

/// A holder that could not renew its lease for this long no longer counts on it.
const RENEW_WITHIN: Duration = Duration::from_secs(10);

/// Between two attempts to acquire or to renew.
const RETRY: Duration = Duration::from_secs(2);

/// Before the lease is read again that was changed between reading and renewing it.
const READ_AGAIN: Duration = Duration::from_millis(50);

/// How long one call may take: a connection that went silent leaves time to renew the lease by another.
const CALL_WITHIN: Duration = Duration::from_secs(3);

/// Until when a lease is held, by the local clock.
#[derive(Debug, Default)]
pub struct Leadership(Mutex<Option<Instant>>);

impl Leadership {
    /// Whether the lease is held now.
    pub fn held(&self) -> bool {
        self.0.lock().is_some_and(|until| Instant::now() < until)
    }

    fn set(&self, until: Option<Instant>) {
        *self.0.lock() = until;
    }
}

/// What came of an attempt to acquire the lease or to renew it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Attempted {
    /// It is held.
    Held,
    /// Another holds it.
    AnothersLease,
    /// It was changed between reading and writing, by whomever: whose it is shows when it is read again.
    Changed,
}

/// A candidate for one lease.
pub struct Candidate {
    cluster: Cluster,
    namespace: String,
    name: String,
    identity: String,
    /// The lease as another holder last wrote it, and when that was first seen.
    seen: Option<(String, Instant)>,
}

impl Candidate {
    /// A candidate for the lease `name` in `namespace`, under `identity`.
    pub fn new(cluster: Cluster, namespace: &str, name: &str, identity: &str) -> Self {
        Self {
            cluster,
            namespace: namespace.to_owned(),
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
                Ok(Ok(Attempted::Held)) => {
                    leadership.set(Some(begun + RENEW_WITHIN));
                    return;
                }
                Ok(Ok(Attempted::AnothersLease | Attempted::Changed)) => {}
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

    /// Renews the lease until it is lost: to another holder, or because it could not be renewed in time.
    pub async fn keep(&mut self, leadership: &Leadership) {
        let mut renewed = Instant::now();
        let mut pause = RETRY;
        while renewed.elapsed() < RENEW_WITHIN {
            sleep(pause).await;
            pause = RETRY;
            let begun = Instant::now();
            let left = RENEW_WITHIN.saturating_sub(renewed.elapsed());
            match timeout(left, self.attempt()).await {
                Ok(Ok(Attempted::Held)) => {
                    renewed = begun;
                    leadership.set(Some(begun + RENEW_WITHIN));
                }
                Ok(Ok(Attempted::AnothersLease)) => break,
                Ok(Ok(Attempted::Changed)) => pause = READ_AGAIN,
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
        let Ok(Some(lease)) = self.read().await else {
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

    /// Acquires the lease or renews it.
    async fn attempt(&mut self) -> Result<Attempted, Refusal> {
        let Some(lease) = self.read().await? else {
            return self.create().await;
        };
        let spec = lease.spec.clone().unwrap_or_default();
        if !self.holds(&spec) && !self.may_take(&lease, &spec) {
            return Ok(Attempted::AnothersLease);
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

    async fn read(&self) -> Result<Option<Lease>, Refusal> {
        let read = self.cluster.call_within(CALL_WITHIN, |client| async {
            let api: Api<Lease> = Api::namespaced(client, &self.namespace);
            if_present(api.get(&self.name).await)
        });
        read.await
    }

    async fn create(&self) -> Result<Attempted, Refusal> {
        let lease = Lease {
            metadata: ObjectMeta {
                name: Some(self.name.clone()),
                ..ObjectMeta::default()
            },
            spec: Some(self.fresh(MicroTime(Timestamp::now()))),
        };
        let created = self.cluster.call_within(CALL_WITHIN, |client| async move {
            let api: Api<Lease> = Api::namespaced(client, &self.namespace);
            api.create(&written(), &lease).await
        });
        attempted(created.await)
    }

    async fn write(&self, lease: Lease, spec: LeaseSpec) -> Result<Attempted, Refusal> {
        let lease = Lease {
            spec: Some(spec),
            ..lease
        };
        let replaced = self.cluster.call_within(CALL_WITHIN, |client| async move {
            let api: Api<Lease> = Api::namespaced(client, &self.namespace);
            api.replace(&self.name, &written(), &lease).await
        });
        attempted(replaced.await)
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

/// A conflict may be another candidate that was faster, whoever labels or annotates the lease, or a renewal of ours whose answer
/// was lost.
fn attempted(written: Result<Lease, Refusal>) -> Result<Attempted, Refusal> {
    match written {
        Ok(_) => Ok(Attempted::Held),
        Err(refusal) if refusal.code() == Some(409) => Ok(Attempted::Changed),
        Err(refusal) => Err(refusal),
    }
}
