//! When feeds are looked at: each at the earliest time that was asked for, and never twice at once. Pure. In place of kube's `Controller`:
//! see the `store`.

use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

use tokio::time::Instant;

use super::watched::Key;

/// What follows a look at a feed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Action(Option<Duration>);

impl Action {
    /// Another look after this time, or once the feed changes.
    pub const fn requeue(after: Duration) -> Self {
        Self(Some(after))
    }

    /// None until the feed changes.
    pub const fn await_change() -> Self {
        Self(None)
    }
}

/// The feeds that are to be looked at. One that is gone stays until its time, and is found to be gone then.
#[derive(Default)]
pub struct Queue {
    order: BTreeSet<(Instant, Key)>,
    waiting: HashMap<Key, Instant>,
    /// Those that are looked at now, and when they are to be once more.
    running: HashMap<Key, Option<Instant>>,
}

impl Queue {
    /// Asks for a look at a feed; of two times the earlier counts.
    pub fn add(&mut self, key: Key, at: Instant) {
        if let Some(again) = self.running.get_mut(&key) {
            *again = Some(again.map_or(at, |again| again.min(at)));
            return;
        }
        match self.waiting.get(&key) {
            Some(asked) if *asked <= at => return,
            Some(asked) => {
                self.order.remove(&(*asked, key.clone()));
            }
            None => {}
        }
        self.waiting.insert(key.clone(), at);
        self.order.insert((at, key));
    }

    /// When the next feed is due.
    pub fn next(&self) -> Option<Instant> {
        self.order.first().map(|(at, _)| *at)
    }

    /// The feed that is due for the longest time, which is looked at until [`Queue::ended`].
    pub fn take(&mut self, now: Instant) -> Option<Key> {
        self.next().filter(|at| *at <= now)?;
        let (_, key) = self.order.pop_first()?;
        self.waiting.remove(&key);
        self.running.insert(key.clone(), None);
        Some(key)
    }

    /// Ends the look at a feed.
    pub fn ended(&mut self, key: &Key, action: Action, now: Instant) {
        let asked = self.running.remove(key).flatten();
        // A time beyond what a clock can tell is never.
        let next = action.0.and_then(|after| now.checked_add(after));
        for at in asked.into_iter().chain(next) {
            self.add(key.clone(), at);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn key(name: &str) -> Key {
        Key::new("intel", name)
    }

    #[test]
    fn feeds_are_taken_in_the_order_in_which_they_are_due_and_none_before() {
        let (mut queue, now) = (Queue::default(), Instant::now());
        queue.add(key("later"), now + SECOND);
        queue.add(key("now"), now);
        assert_eq!(queue.take(now), Some(key("now")));
        assert_eq!(queue.take(now), None);
        assert_eq!(queue.next(), Some(now + SECOND));
        assert_eq!(queue.take(now + SECOND), Some(key("later")));
    }

    #[test]
    fn the_earlier_of_two_times_counts_and_the_feed_is_taken_once() {
        for (first, second) in [(SECOND, Duration::ZERO), (Duration::ZERO, SECOND)] {
            let (mut queue, now) = (Queue::default(), Instant::now());
            queue.add(key("feed"), now + first);
            queue.add(key("feed"), now + second);
            assert_eq!(queue.take(now), Some(key("feed")));
            queue.ended(&key("feed"), Action::await_change(), now);
            assert_eq!((queue.next(), queue.waiting.len()), (None, 0));
        }
    }

    #[test]
    fn a_feed_that_changes_while_it_is_looked_at_is_looked_at_again_after_that() {
        let (mut queue, now) = (Queue::default(), Instant::now());
        queue.add(key("feed"), now);
        queue.take(now);
        queue.add(key("feed"), now);
        assert_eq!(queue.take(now), None);
        queue.ended(&key("feed"), Action::requeue(SECOND), now);
        assert_eq!(queue.take(now), Some(key("feed")));
        // What was asked for then stands no more: this look says when the next one is.
        queue.ended(&key("feed"), Action::requeue(SECOND * 2), now);
        assert_eq!(queue.next(), Some(now + SECOND * 2));
    }

    #[test]
    fn a_time_that_no_clock_can_tell_is_never() {
        let (mut queue, now) = (Queue::default(), Instant::now());
        queue.add(key("feed"), now);
        queue.take(now);
        queue.ended(&key("feed"), Action::requeue(Duration::MAX), now);
        assert_eq!(queue.next(), None);
    }
}
