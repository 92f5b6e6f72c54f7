//! The feeds that a watch shows.
//!
//! In place of kube's reflector: that holds each feed as a tree of values, and kube's `Controller` its name once for each of its queues.
//! 10,000 feeds took 353 MiB by them; `docs/performance.md` has what they take by this and the `queue`.

use std::collections::HashMap;
use std::mem;
use std::sync::Arc;

use kube::runtime::watcher::Event;
use parking_lot::RwLock;

use super::watched::{Key, Listed, Watched};

/// The feeds of one watch; clones share them.
#[derive(Clone, Default)]
pub struct Store {
    feeds: Arc<RwLock<Feeds>>,
}

type Feeds = HashMap<Key, Arc<Watched>>;

impl Store {
    /// A store without feeds, and what keeps it.
    pub fn new() -> (Self, Keeper) {
        let store = Self::default();
        let keeper = Keeper {
            store: store.clone(),
            listed: Feeds::new(),
        };
        (store, keeper)
    }

    pub fn get(&self, key: &Key) -> Option<Arc<Watched>> {
        self.feeds.read().get(key).cloned()
    }

    /// All feeds, in no order.
    pub fn all(&self) -> Vec<Arc<Watched>> {
        self.feeds.read().values().cloned().collect()
    }

    pub fn len(&self) -> usize {
        self.feeds.read().len()
    }
}

/// Keeps a store as its watch says.
pub struct Keeper {
    store: Store,
    /// What a listing has shown so far, which takes the place of all feeds at its end.
    listed: Feeds,
}

impl Keeper {
    /// Forgets what a listing has shown that broke off.
    pub fn restart(&mut self) {
        self.listed = Feeds::new();
    }

    /// Takes what the watch says, and gives the feeds that are to be looked at.
    pub fn apply(&mut self, event: Event<Listed>) -> Vec<Key> {
        match event {
            Event::Init => {
                self.restart();
                Vec::new()
            }
            Event::InitApply(Listed { feed, .. }) => {
                // A feed that did not change is held once while all are listed anew.
                let known = self.store.get(feed.key()).filter(|known| *known == feed);
                self.listed
                    .insert(feed.key().clone(), known.unwrap_or(feed));
                Vec::new()
            }
            Event::InitDone => {
                let mut listed = mem::take(&mut self.listed);
                listed.shrink_to_fit();
                let keys = listed.keys().cloned().collect();
                *self.store.feeds.write() = listed;
                keys
            }
            Event::Apply(Listed { feed, .. }) => {
                let key = feed.key().clone();
                self.store.feeds.write().insert(key.clone(), feed);
                vec![key]
            }
            Event::Delete(Listed { feed, .. }) => {
                self.store.feeds.write().remove(feed.key());
                Vec::new()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn feed(name: &str, generation: i64) -> Listed {
        let metadata = json!({"namespace": "intel", "name": name, "generation": generation});
        serde_json::from_value(json!({"metadata": metadata})).unwrap()
    }

    fn key(name: &str) -> Key {
        Key::new("intel", name)
    }

    fn listed(keeper: &mut Keeper, feeds: Vec<Listed>) -> Vec<Key> {
        keeper.apply(Event::Init);
        for feed in feeds {
            assert_eq!(keeper.apply(Event::InitApply(feed)), []);
        }
        keeper.apply(Event::InitDone)
    }

    #[test]
    fn feeds_are_shown_once_all_are_listed_and_all_are_looked_at() {
        let (store, mut keeper) = Store::new();
        keeper.apply(Event::Init);
        keeper.apply(Event::InitApply(feed("feed", 1)));
        assert!(store.get(&key("feed")).is_none());
        assert_eq!(keeper.apply(Event::InitDone), [key("feed")]);
        assert!(store.get(&key("feed")).is_some());
    }

    #[test]
    fn what_a_listing_showed_that_broke_off_is_not_shown() {
        let (store, mut keeper) = Store::new();
        keeper.apply(Event::InitApply(feed("gone", 1)));
        keeper.restart();
        keeper.apply(Event::InitApply(feed("feed", 1)));
        assert_eq!(keeper.apply(Event::InitDone), [key("feed")]);
        assert_eq!(store.len(), 1);
    }

    #[test]
    fn what_changes_is_looked_at_and_what_is_deleted_is_gone() {
        let (store, mut keeper) = Store::new();
        listed(&mut keeper, vec![feed("feed", 1)]);
        assert_eq!(keeper.apply(Event::Apply(feed("feed", 2))), [key("feed")]);
        assert_eq!(store.get(&key("feed")).unwrap().generation(), 2);
        assert_eq!(keeper.apply(Event::Delete(feed("feed", 2))), []);
        assert_eq!(store.len(), 0);
    }

    #[test]
    fn a_new_listing_takes_the_place_of_all_and_keeps_what_did_not_change() {
        let (store, mut keeper) = Store::new();
        listed(
            &mut keeper,
            vec![feed("same", 1), feed("edited", 1), feed("gone", 1)],
        );
        let before = store.get(&key("same")).unwrap();
        let looks = listed(&mut keeper, vec![feed("same", 1), feed("edited", 2)]);
        assert_eq!(looks.len(), 2);
        assert!(Arc::ptr_eq(&before, &store.get(&key("same")).unwrap()));
        assert_eq!(store.get(&key("edited")).unwrap().generation(), 2);
        assert!(store.get(&key("gone")).is_none());
    }
}
