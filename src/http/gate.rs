//! What is remembered for each credential, and the gate that a `Retry-After` closes.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};
use tokio::time::Instant;

use crate::http::fault::{Fault, FaultKind, Service};

/// What is known about a credential is forgotten when nobody used it for longer than this, which
/// outlasts the longest `Retry-After`.
const FORGET_AFTER: Duration = Duration::from_hours(25);

/// One `T` for each credential in use, by a fingerprint that does not give it away.
pub(crate) struct ByCredential<T>(Mutex<HashMap<Fingerprint, (Instant, Arc<T>)>>);

type Fingerprint = [u8; 16];

impl<T> Default for ByCredential<T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<T> ByCredential<T> {
    /// What is kept for the credential of these parts, or what `new` makes.
    pub(crate) fn get_or(&self, credential: &[&SecretString], new: impl FnOnce() -> T) -> Arc<T> {
        let now = Instant::now();
        let mut known = self.0.lock();
        known.retain(|_, (used, kept)| {
            Arc::strong_count(kept) > 1 || now.duration_since(*used) < FORGET_AFTER
        });
        let entry = known.entry(fingerprint(credential));
        let (used, kept) = entry.or_insert_with(|| (now, Arc::new(new())));
        *used = now;
        Arc::clone(kept)
    }
}

fn fingerprint(credential: &[&SecretString]) -> Fingerprint {
    let mut hash = Sha256::new();
    for part in credential {
        let part = part.expose_secret();
        hash.update(part.len().to_le_bytes());
        hash.update(part);
    }
    let mut short = Fingerprint::default();
    short.copy_from_slice(&hash.finalize()[..16]);
    short
}

/// Keeps calls off the wire while a service asked to be left alone.
pub(crate) struct Gate {
    service: &'static Service,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    closed_until: Option<Instant>,
    /// The items that were answered with a 5xx and a wait, with no success of any call in between: hashes of what was sent.
    complaints: HashSet<u64>,
}

/// So many different items in a row speak for the service, as many as end the writes of a sync. A few may be at fault
/// themselves, however often they are sent, and then the others have no reason to wait.
const COMPLAINTS: usize = 5;

impl Gate {
    pub(crate) fn new(service: &'static Service) -> Self {
        Self {
            service,
            state: Mutex::default(),
        }
    }

    /// Lets no call through for `wait` from now; never opens sooner than it was to.
    pub(crate) fn close_for(&self, wait: Duration) {
        let mut state = self.state.lock();
        state.close_for(wait);
    }

    /// A call about a single item was answered with this status and the wish to be left alone: a 429 is about all calls,
    /// anything else only if different items are answered so.
    pub(crate) fn heed(&self, status: u16, wait: Duration, item: u64) {
        let mut state = self.state.lock();
        state.complaints.insert(item);
        if status == 429 || state.complaints.len() >= COMPLAINTS {
            state.close_for(wait);
        }
    }

    /// A call succeeded, so that what was refused before was so for its own sake.
    pub(crate) fn succeeded(&self) {
        self.state.lock().complaints.clear();
    }

    /// Whether a call may go out now.
    pub(crate) fn pass(&self) -> Result<(), Fault> {
        let until = self.state.lock().closed_until;
        let remaining = until.map(|until| until.saturating_duration_since(Instant::now()));
        let remaining = remaining.unwrap_or_default();
        if remaining.is_zero() {
            return Ok(());
        }
        Err(Fault {
            service: self.service,
            kind: FaultKind::RateLimited,
            message: format!(
                "{} asked to be left alone for {} s more: nothing is sent to it until then",
                self.service,
                remaining.as_secs_f64().ceil()
            ),
            retry_after: Some(remaining),
        })
    }
}

impl State {
    fn close_for(&mut self, wait: Duration) {
        self.closed_until = Some(Instant::now() + wait).max(self.closed_until);
        self.complaints.clear();
    }
}

#[cfg(test)]
mod tests {

    use super::*;
    use crate::destinations::trustar::TRUSTAR;
    use crate::flashpoint::FLASHPOINT;

    #[tokio::test(start_paused = true)]
    async fn a_closed_gate_tells_the_time_that_remains() {
        let gate = Gate::new(&FLASHPOINT);
        gate.pass().unwrap();
        gate.close_for(Duration::from_mins(1));
        gate.close_for(Duration::from_secs(10));
        tokio::time::advance(Duration::from_secs(18)).await;
        let fault = gate.pass().unwrap_err();
        assert_eq!(fault.kind, FaultKind::RateLimited);
        assert_eq!(fault.retry_after, Some(Duration::from_secs(42)));
        tokio::time::advance(Duration::from_secs(42)).await;
        gate.pass().unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn complaints_about_few_items_close_it_for_no_other() {
        let minute = Duration::from_mins(1);
        let gate = Gate::new(&TRUSTAR);
        for item in [1, 2, 3, 4, 1, 2, 3, 4] {
            gate.heed(503, minute, item);
            gate.pass().unwrap();
        }
        gate.heed(502, minute, 5);
        assert!(gate.pass().is_err());
        tokio::time::advance(minute).await;
        for item in 0..20 {
            gate.heed(503, minute, item);
            gate.pass().unwrap();
            gate.succeeded();
        }
        gate.heed(429, minute, 1);
        assert!(gate.pass().is_err());
    }

    #[tokio::test(start_paused = true)]
    async fn state_is_shared_by_credential_and_forgotten_in_time() {
        let known = ByCredential::<Gate>::default();
        let of = |key: &str| {
            let key = SecretString::from(key);
            known.get_or(&[&key], || Gate::new(&TRUSTAR))
        };
        of("a").close_for(Duration::from_secs(9));
        assert!(of("a").pass().is_err());
        assert!(of("b").pass().is_ok());
        tokio::time::advance(FORGET_AFTER).await;
        of("c");
        assert_eq!(known.0.lock().len(), 1);
    }

    #[test]
    fn parts_of_a_credential_do_not_run_together() {
        let [ab, c, a, bc] = ["ab", "c", "a", "bc"].map(SecretString::from);
        assert_ne!(fingerprint(&[&ab, &c]), fingerprint(&[&a, &bc]));
    }
}
