//! Watches the feeds and reconciles each, until the process is stopped.

use std::collections::{BTreeSet, HashSet};
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use futures::future::{join_all, pending, ready};
use futures::stream::FuturesUnordered;
use futures::{Stream, StreamExt as _};
use kube::Client;
use kube::api::{Api, WatchParams};
use kube::runtime::utils::StreamBackoff;
use kube::runtime::watcher::{self, DefaultBackoff, watcher};
use tokio::time::{Instant, sleep, sleep_until};
use tokio_util::task::AbortOnDropHandle;

use super::Settings;
use super::cluster::WATCH_FOR;
use super::context::Context;
use super::health::Readiness;
use super::queue::{Action, Queue};
use super::reconcile::{self, ReconcileError};
use super::refusal;
use super::served::Served;
use super::store::{Keeper, Store};
use super::watched::{Key, Listed};
use crate::http::shown;

/// After a request to stop, syncs have this long to finish the calls under way.
const GRACE: Duration = Duration::from_secs(4);

/// How long they have after that, for ledger and status: the whole stop may take 10 s.
const TELL_WITHIN: Duration = Duration::from_secs(4);

/// How often it is looked whether feeds can be watched again.
const LOOK_EVERY: Duration = Duration::from_secs(5);

/// How many feeds a page of a listing holds: it is held whole.
const PAGE: u32 = 50;

/// How much sooner a feed that changed is looked at than one whose time came at that moment.
const AHEAD: Duration = Duration::from_mins(1);

/// How often what belongs to feeds that are gone is dropped.
const SWEEP_EVERY: Duration = Duration::from_secs(15);

/// Runs until the process is stopped and its syncs have ended, or time is up for them.
pub async fn run(context: Arc<Context>, settings: &Settings, readiness: Readiness) {
    let namespaces: Vec<Option<String>> = if settings.namespaces.is_empty() {
        vec![None]
    } else {
        // Named twice, a namespace is watched once: two syncs of one feed would get in each other's way.
        let namespaces: BTreeSet<&String> = settings.namespaces.iter().collect();
        namespaces.into_iter().cloned().map(Some).collect()
    };
    let (stores, keepers): (Vec<_>, Vec<_>) = namespaces.iter().map(|_| Store::new()).unzip();
    let shown = stores.clone();
    context.metrics.show_feeds(shown, context.memory.clone());
    let served = Served::new(namespaces.len(), readiness);
    let reconciling = namespaces.iter().zip(keepers).zip(&stores).enumerate().map(
        |(at, ((namespace, keeper), store))| {
            let feeds = feeds(context.cluster.watching(), namespace.as_deref());
            let looks = Looks {
                store,
                context: &context,
                served: &served,
                at,
                most: usize::from(settings.concurrency),
            };
            looks.run(feeds, keeper)
        },
    );
    let watching = async {
        tokio::join!(
            stay_served(&namespaces, &served, &context),
            sweep(&stores, &context)
        )
    };
    tokio::select! {
        _ = join_all(reconciling) => {}
        _ = watching => {}
        () = end(&context) => tracing::warn!("stopping although syncs have not ended"),
    }
}

/// The feeds of one namespace, or of all.
fn feeds(client: Client, namespace: Option<&str>) -> Api<Listed> {
    match namespace {
        Some(namespace) => Api::namespaced(client, namespace),
        None => Api::all(client),
    }
}

/// The looks at the feeds of one watch.
struct Looks<'a> {
    store: &'a Store,
    context: &'a Arc<Context>,
    served: &'a Served,
    /// Which of the watches it is.
    at: usize,
    /// How many feeds may be looked at at once.
    most: usize,
}

impl Looks<'_> {
    /// Watches the feeds and looks at each that changed or is due, until the process is stopped and the looks under way have ended.
    async fn run(self, feeds: Api<Listed>, mut keeper: Keeper) {
        let config = watcher::Config::default()
            .timeout(WATCH_FOR)
            .page_size(PAGE);
        let mut events = pin!(with_pauses(watcher(feeds, config)));
        let stopped = &self.context.process.stopped;
        let mut queue = Queue::default();
        let mut running = FuturesUnordered::new();
        loop {
            let stopping = stopped.is_cancelled();
            if stopping && running.is_empty() {
                return;
            }
            while !stopping && running.len() < self.most {
                let Some(key) = queue.take(Instant::now()) else {
                    break;
                };
                running.push(self.look(key));
            }
            let may_begin = !stopping && running.len() < self.most;
            tokio::select! {
                () = stopped.cancelled(), if !stopping => {}
                Some(event) = events.next(), if !stopping => match event {
                    Ok(event) => {
                        let is_listed = matches!(event, watcher::Event::InitDone);
                        let at = asked_at(is_listed, Instant::now());
                        for key in keeper.apply(event) {
                            queue.add(key, at);
                        }
                        if is_listed {
                            tracing::info!(feeds = self.store.len(), "watching");
                            self.served.set(self.at, true);
                        }
                    }
                    Err(error) => {
                        keeper.restart();
                        self.unwatched(&error);
                    }
                },
                Some((key, action)) = running.next() => queue.ended(&key, action, Instant::now()),
                () = until(queue.next()), if may_begin => {}
            }
        }
    }

    /// Reconciles a feed, if it is still there.
    async fn look(&self, key: Key) -> (Key, Action) {
        let Some(feed) = self.store.get(&key) else {
            return (key, Action::await_change());
        };
        let (store, context) = (self.store.clone(), self.context.clone());
        // In a task of its own: what one feed computes holds up neither another nor the lease,
        // and a panic would be this feed's alone.
        let task =
            tokio::spawn(
                async move { Box::pin(reconcile::reconcile(&feed, &store, &context)).await },
            );
        let ended = AbortOnDropHandle::new(task).await;
        let action = ended
            .unwrap_or(Err(ReconcileError::Broken))
            .unwrap_or_else(|error| {
                let (namespace, name) = (key.namespace(), key.name());
                tracing::warn!(namespace, name, %error, "the feed could not be reconciled");
                error.action()
            });
        (key, action)
    }

    /// Tells that the feeds can't be watched.
    fn unwatched(&self, error: &watcher::Error) {
        if answer(error)
            .and_then(refusal::code)
            .is_some_and(is_lasting)
        {
            self.served.set(self.at, false);
        }
        let error = why(error, self.context.cluster.server());
        self.served.readiness.obstructed(&error);
        tracing::warn!(error, "the feeds can't be watched");
    }
}

/// Events with ever longer pauses after errors. That a listing begins is left out: it is no sign that it can be had, and pauses would
/// never grow.
fn with_pauses<E>(
    events: impl Stream<Item = Result<watcher::Event<Listed>, E>>,
) -> impl Stream<Item = Result<watcher::Event<Listed>, E>> {
    let events = events.filter(|event| ready(!matches!(event, Ok(watcher::Event::Init))));
    StreamBackoff::new(events, DefaultBackoff::default())
}

/// When a feed is to be looked at that a listing or an event shows. A change goes ahead of feeds that are late by less than a minute:
/// somebody waits for it. A listing, which shows all feeds, does not.
fn asked_at(is_listed: bool, now: Instant) -> Instant {
    if is_listed {
        now
    } else {
        now.checked_sub(AHEAD).unwrap_or(now)
    }
}

/// Waits for a time; without one, for ever.
async fn until(time: Option<Instant>) {
    match time {
        Some(time) => sleep_until(time).await,
        None => pending().await,
    }
}

/// Why a watch failed: what the API server said, where it said something.
fn why(error: &(dyn std::error::Error + 'static), server: &str) -> String {
    match answer(error) {
        Some(answer) => refusal::said(answer, server),
        None => shown(&error.to_string(), &[]),
    }
}

/// The API server's answer that is the cause of an error.
fn answer<'a>(error: &'a (dyn std::error::Error + 'static)) -> Option<&'a kube::Error> {
    let causes = std::iter::successors(Some(error), |error| error.source());
    let mut answers = causes.filter_map(|cause| cause.downcast_ref());
    answers.next()
}

/// Whether an answer says that feeds can't be watched until somebody acts: the definitions are gone, or the rights.
fn is_lasting(code: u16) -> bool {
    matches!(code, 401 | 403 | 404)
}

/// Served again once a watch is taken after one was refused: a watch that begins anew shows nothing while nothing
/// changes.
async fn stay_served(namespaces: &[Option<String>], served: &Served, context: &Context) {
    loop {
        sleep(LOOK_EVERY).await;
        let looks = namespaces
            .iter()
            .enumerate()
            .map(|(at, namespace)| async move {
                if served.is(at) {
                    return;
                }
                // A watch, not a list: the right to one is not the right to the other.
                let watch = context.cluster.call(|client| async {
                    let briefly = WatchParams::default().timeout(1);
                    let feeds = feeds(client, namespace.as_deref());
                    feeds.watch(&briefly, "0").await.map(|_| ())
                });
                match watch.await {
                    Ok(()) => {
                        tracing::info!(namespace, "the feeds can be watched");
                        served.set(at, true);
                    }
                    Err(refusal) => served.readiness.obstructed(&refusal.to_string()),
                }
            });
        join_all(looks).await;
    }
}

/// Drops what belongs to feeds that are gone, again and again.
async fn sweep(stores: &[Store], context: &Context) {
    loop {
        sleep(SWEEP_EVERY).await;
        let feeds: Vec<_> = stores.iter().flat_map(Store::all).collect();
        let uids: HashSet<&str> = feeds.iter().map(|feed| feed.uid()).collect();
        context.metrics.keep_only(|uid| uids.contains(uid));
        context.memory.keep_only(|uid| uids.contains(uid));
    }
}

/// Once stopped: nothing new is written, calls under way have a little time, and then no more.
async fn end(context: &Context) {
    context.process.stopped.cancelled().await;
    tracing::info!("stopping");
    sleep(GRACE).await;
    context.cancelled.cancel();
    sleep(TELL_WITHIN).await;
}

#[cfg(test)]
mod tests {
    use futures::stream;

    use super::*;

    #[test]
    fn a_change_goes_ahead_of_what_is_late_and_a_listing_does_not() {
        let now = Instant::now() + AHEAD * 2;
        let (late, changed) = (Key::new("intel", "late"), Key::new("intel", "changed"));
        for (is_listed, first) in [(false, &changed), (true, &late)] {
            let mut queue = Queue::default();
            queue.add(late.clone(), now - AHEAD / 2);
            queue.add(changed.clone(), asked_at(is_listed, now));
            assert_eq!(queue.take(now).as_ref(), Some(first));
        }
    }

    #[tokio::test(start_paused = true)]
    async fn pauses_grow_while_each_listing_begins_and_is_refused() {
        let event = |at| {
            if at % 2 == 0 {
                Ok(watcher::Event::Init)
            } else {
                Err("403")
            }
        };
        let refused = stream::iter((0..14).map(event));
        let began = Instant::now();
        let errors = with_pauses(refused).collect::<Vec<_>>().await;
        assert_eq!(errors.len(), 7);
        // From 0.8 s, twice as long each time, and up to as much again by chance.
        let least = Duration::from_millis(800) * (1 + 2 + 4 + 8 + 16);
        assert!(began.elapsed() > least, "{:?}", began.elapsed());
    }
}
