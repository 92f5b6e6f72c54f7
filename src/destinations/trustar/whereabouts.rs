//! Which enclaves a credential writes to, and to which of them each report went.

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;

use super::write::Guid;

/// At least so many of the latest writes are remembered, at most twice as many.
const REMEMBERED: usize = 25_000;

/// A GUID of a write and the enclave that it was meant for. Of the GUID only a hash is kept, of
/// 128 bits: 50,000 of them meet by chance once in 10^29.
type Written = HashMap<(u64, u64), Arc<str>>;

/// What a process knows of one credential's enclaves. Their ids are GUIDs: case means nothing.
#[derive(Default)]
pub(super) struct Whereabouts {
    served: HashSet<Arc<str>>,
    recent: Written,
    /// What was remembered before `recent` began.
    older: Written,
    hashers: (RandomState, RandomState),
}

impl Whereabouts {
    /// The credential is used for `enclave`.
    pub(super) fn serve(&mut self, enclave: &str) {
        self.name(enclave);
    }

    /// Whether it was used for more than one.
    pub(super) fn serves_several(&self) -> bool {
        self.served.len() > 1
    }

    /// A write meant for `enclave` was answered with `guid`.
    ///
    /// # Errors
    /// The enclave that an earlier write was meant for which was answered with the same.
    pub(super) fn wrote(&mut self, guid: &Guid, enclave: &str) -> Result<(), Arc<str>> {
        let enclave = self.name(enclave);
        let key = self.key(guid);
        if let Some(known) = self.recent.get(&key).or_else(|| self.older.get(&key)) {
            return if *known == enclave {
                Ok(())
            } else {
                Err(Arc::clone(known))
            };
        }
        self.remember(key, enclave);
        Ok(())
    }

    /// The report of `guid` was read back from `enclave`, whatever it was meant for.
    pub(super) fn found(&mut self, guid: &Guid, enclave: &str) {
        let enclave: Arc<str> = enclave.to_ascii_lowercase().into();
        let key = self.key(guid);
        self.older.remove(&key);
        self.remember(key, enclave);
    }

    fn key(&self, guid: &Guid) -> (u64, u64) {
        let (first, second) = &self.hashers;
        (first.hash_one(&guid.0), second.hash_one(&guid.0))
    }

    fn remember(&mut self, key: (u64, u64), enclave: Arc<str>) {
        if self.recent.len() >= REMEMBERED {
            self.older = std::mem::take(&mut self.recent);
        }
        self.recent.insert(key, enclave);
    }

    /// The one copy of an enclave's id.
    fn name(&mut self, enclave: &str) -> Arc<str> {
        let enclave: Arc<str> = enclave.to_ascii_lowercase().into();
        if let Some(known) = self.served.get(&enclave) {
            return Arc::clone(known);
        }
        self.served.insert(Arc::clone(&enclave));
        enclave
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn guid(number: usize) -> Guid {
        Guid(format!("{number:032x}"))
    }

    #[test]
    fn one_report_is_in_one_enclave() {
        let mut whereabouts = Whereabouts::default();
        assert_eq!(whereabouts.wrote(&guid(1), "Here"), Ok(()));
        assert_eq!(whereabouts.wrote(&guid(1), "hERE"), Ok(()));
        assert!(!whereabouts.serves_several());
        assert_eq!(whereabouts.wrote(&guid(1), "there"), Err("here".into()));
        assert_eq!(whereabouts.wrote(&guid(2), "there"), Ok(()));
        assert!(whereabouts.serves_several());
    }

    #[test]
    fn only_the_latest_are_remembered() {
        let mut whereabouts = Whereabouts::default();
        for number in 0..3 * REMEMBERED {
            assert_eq!(whereabouts.wrote(&guid(number), "here"), Ok(()));
        }
        let known = whereabouts.recent.len() + whereabouts.older.len();
        assert_eq!(known, 2 * REMEMBERED);
        assert_eq!(whereabouts.wrote(&guid(0), "there"), Ok(()), "forgotten");
        let latest = guid(2 * REMEMBERED);
        assert!(whereabouts.wrote(&latest, "there").is_err());
    }
}
