//! Thousands of random lives of a feed, each reproducible by its seed. While they last, services
//! fail and the process is killed; when that stops, everything must be in the enclave.
//!
//! `SYNC_SEEDS=from..to` runs other seeds than the usual ones, `SYNC_TRACE=1` shows each sync.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio_util::sync::CancellationToken;

use super::feed::{Feed, HOUR, MINUTE, assert_adds_up, is_quiet};
use super::services::{Change, Files, Item, Order, Time, Told, Total, fault};
use crate::destinations::trustar::TRUSTAR;
use crate::http::fault::FaultKind;
use crate::sync::counts::Counts;
use crate::sync::ports::{Fenced, JournalError, Verdict};
use crate::sync::report::ReportId;
use crate::sync::source::Terms;
use crate::sync::{Abandoned, Conclusion, Mode, Outcome};

/// How many syncs may pass, once faults stop, until a feed is quiet: with a limit of 1 each takes one of a backlog that may
/// have more than 100.
const PATIENCE: usize = 300;

/// splitmix64
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// 0..below
    fn below(&mut self, below: u64) -> u64 {
        self.next() % below
    }

    fn percent(&mut self, chance: u64) -> bool {
        self.below(100) < chance
    }

    fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[usize::try_from(self.below(from.len() as u64)).unwrap()]
    }
}

/// One life.
struct Life<'t> {
    feed: Feed<'t>,
    dice: Dice,
    born: u64,
    /// Reports were posted up to this time.
    posted_to: Timestamp,
    ties: bool,
    /// Whether the ledger may fail, or the process.
    mortal: bool,
    /// Whether the listing changes while it is read.
    moving: bool,
    /// What was told of each report in the sync under way and its continuations; none where some
    /// part of that was not told.
    chain: Option<BTreeMap<String, Told>>,
    anonymous: u64,
    /// Ids that were ever told as failed.
    failed: BTreeSet<String>,
    /// Ids whose content was edited, so that it depends on when it was seen what was sent.
    edited: BTreeSet<String>,
    /// Of a feed that asks for the source's own indicators: what those do is rolled apart, so that lives are otherwise the same.
    own_dice: Option<Dice>,
    /// Ids that were listed while those were withheld: the text alone may have decided, until they left the window.
    by_text: BTreeSet<String>,
    /// In some lives a person leaves reports alone, and takes them up again.
    whims: Option<Dice>,
    /// Ids that ever were left alone: once taken up again they are sent as long as they are listed.
    left_alone: BTreeSet<String>,
    /// Ids edited after they had left the window, and with it the ledger.
    forgotten: BTreeSet<String>,
}

impl<'t> Life<'t> {
    fn new(time: &'t Time, seed: u64) -> Self {
        let mut dice = Dice(seed);
        let mut feed = Feed::new(time);
        feed.limit = u32::try_from(1 + dice.below(12)).unwrap();
        {
            let mut script = feed.reports.script.lock().unwrap();
            script.order = dice.pick(&[Order::NewestFirst, Order::OldestFirst]);
            script.files = dice.pick(&[Files::ByPosted, Files::ByUpdated]);
            script.total = dice.pick(&[
                Total::Honest,
                Total::Honest,
                Total::Honest,
                Total::Plus(5),
                Total::Plus(-2),
                Total::Is(4),
                Total::Falling(2),
                Total::Rising(1),
            ]);
            let told = script.total != Total::Honest || dice.percent(50);
            script.cap = dice
                .percent(70)
                .then(|| (3 + usize::try_from(dice.below(20)).unwrap(), told));
            script.with_date = dice.percent(90);
            if seed % 3 == 2 {
                // Small pages, as Ignite gives them, in an order that is asked for and may be ignored.
                script.terms = Terms {
                    page: 5,
                    relative_times: false,
                    by_update: true,
                };
            }
        }
        let asks = seed % 2 == 1;
        if asks {
            feed.sources.flashpoint = true;
        }
        Self {
            own_dice: asks.then_some(Dice(!seed)),
            by_text: BTreeSet::new(),
            posted_to: time.truth() - 15 * HOUR,
            ties: dice.percent(20),
            mortal: dice.percent(70),
            moving: dice.percent(70),
            feed,
            dice,
            born: 0,
            chain: None,
            anonymous: 0,
            failed: BTreeSet::new(),
            edited: BTreeSet::new(),
            whims: (seed % 4 == 3).then_some(Dice(!seed)),
            left_alone: BTreeSet::new(),
            forgotten: BTreeSet::new(),
        }
    }

    /// New reports, edits and retractions.
    fn news(&mut self) {
        let now = self.feed.now();
        let since = now
            .duration_since(self.posted_to)
            .as_secs()
            .unsigned_abs()
            .max(1);
        for _ in 0..self.dice.below(if since > 20_000 { 25 } else { 6 }) {
            // Some are indexed hours after they were posted.
            let late = if self.dice.percent(15) { 4 * 3_600 } else { 0 };
            let ago = self.dice.below(since + late);
            let mut posted_at = now - SignedDuration::from_secs(ago.cast_signed());
            if self.ties {
                posted_at = Timestamp::from_second(posted_at.as_second() / 3_600 * 3_600).unwrap();
            }
            self.born += 1;
            let name = if self.dice.percent(2) {
                "anonymous"
            } else {
                "r"
            };
            let mut item = Item::new(&format!("{name}{}", self.born), posted_at);
            item.counts = self.dice.percent(75);
            item.giant = self.dice.percent(1);
            item.published = self.dice.percent(97);
            item.csv = self.dice.percent(15);
            item.tags = self.tags();
            if let Some(dice) = &mut self.own_dice
                && dice.percent(30)
            {
                let mut script = self.feed.reports.script.lock().unwrap();
                script.own.insert(item.id.clone(), vec!["evil-site.ru"]);
            }
            let broken = item.id.clone();
            let mut gates = self.feed.enclave.gates.lock().unwrap();
            let refused = self.dice.percent(6);
            let breaks = !refused && self.dice.percent(6);
            if refused {
                gates.refuses.insert(broken);
            } else if breaks {
                gates.breaks.insert(broken);
            }
            drop(gates);
            self.feed.list(item);
        }
        self.posted_to = now;
        let mut script = self.feed.reports.script.lock().unwrap();
        if !script.items.is_empty() && self.dice.percent(30) {
            let at = usize::try_from(self.dice.below(script.items.len() as u64)).unwrap();
            if self.dice.percent(25) {
                script.items.swap_remove(at);
            } else {
                let tags = ["a", "b", "c", "d"]
                    .iter()
                    .filter(|_| self.dice.percent(40));
                let tags = tags.map(ToString::to_string).collect();
                let item = &mut script.items[at];
                item.version += 1;
                if item.updated_at < now - 24 * HOUR {
                    self.forgotten.insert(item.id.clone());
                }
                item.updated_at = now;
                item.tags = tags;
                item.counts = self.dice.percent(75);
                if self
                    .chain
                    .as_ref()
                    .is_some_and(|chain| chain.contains_key(&item.id))
                {
                    // A continuation may or may not look at it again.
                    self.chain = None;
                }
                self.edited.insert(item.id.clone());
            }
        }
    }

    fn tags(&mut self) -> Vec<String> {
        ["a", "b", "c", "d"]
            .iter()
            .filter(|_| self.dice.percent(40))
            .map(ToString::to_string)
            .collect()
    }

    /// Changes of the listing between the requests of the next syncs: withdrawals, arrivals at its end and within it,
    /// edits, pages that give less than there is.
    fn moves(&mut self) {
        let now = self.feed.now();
        for _ in 0..self.dice.below(6) {
            let mut script = self.feed.reports.script.lock().unwrap();
            let number = script.requests.len() + usize::try_from(self.dice.below(7)).unwrap();
            let known = usize::try_from(self.dice.below(script.items.len().max(1) as u64)).unwrap();
            let known = script.items.get(known).cloned();
            let change = match (self.dice.below(5), known) {
                (0 | 1, _) | (_, None) => {
                    self.born += 1;
                    let ago = self.dice.below(5) * self.dice.below(3_600);
                    let ago = SignedDuration::from_secs(ago.cast_signed());
                    Change::Arrive(format!("m{}", self.born), ago)
                }
                (2, Some(item)) => Change::Remove(item.id),
                (3, Some(item)) => {
                    if item.updated_at < now - 24 * HOUR {
                        self.forgotten.insert(item.id.clone());
                    }
                    self.edited.insert(item.id.clone());
                    self.chain = None;
                    Change::Edit(item.id)
                }
                // Where `total` is too low, a page that is short looks like the last however often it is asked for.
                _ if matches!(
                    script.total,
                    Total::Is(_) | Total::Plus(..0) | Total::Falling(_)
                ) =>
                {
                    continue;
                }
                _ => {
                    if script.short_at.len() >= 2 {
                        continue;
                    }
                    let most = usize::try_from(self.dice.below(3)).unwrap();
                    script.short_at.insert(number, most);
                    continue;
                }
            };
            script.changes.entry(number).or_default().push(change);
        }
    }

    /// A person changes which reports are left alone.
    fn whim(&mut self) {
        let Some(dice) = &mut self.whims else { return };
        if !dice.percent(40) {
            return;
        }
        let skip = &mut self.feed.choice.skip;
        skip.clear();
        for _ in 0..dice.below(6) {
            skip.insert(format!("r{}", 1 + dice.below(self.born.max(1))));
        }
        self.left_alone.extend(skip.iter().cloned());
        self.chain = None;
    }

    /// What is left alone is not written, and no failure.
    fn assert_left_alone(&self, written: usize) {
        let skip = &self.feed.choice.skip;
        let gates = self.feed.enclave.gates.lock().unwrap();
        let wrote = |id: &&String| skip.contains(*id);
        assert_eq!(gates.writes.iter().skip(written).find(wrote), None);
        let ledger = self.feed.store.ledger();
        let failed = ledger
            .failures()
            .find(|(id, ..)| skip.contains(id.as_str()));
        assert!(failed.is_none(), "{failed:?}");
    }

    /// What goes wrong from now on.
    fn faults(&mut self) {
        self.calm();
        let dice = &mut self.dice;
        let mut gates = self.feed.enclave.gates.lock().unwrap();
        let mut script = self.feed.reports.script.lock().unwrap();
        let ahead = usize::try_from(dice.below(6)).unwrap();
        match dice.below(if self.mortal { 16 } else { 14 }) {
            0 => {
                script.down = Some(dice.pick(&[
                    FaultKind::Unavailable,
                    FaultKind::Unauthorized,
                    FaultKind::RateLimited,
                ]));
            }
            1 | 2 => {
                let number = script.requests.len() + ahead;
                script.fails_at.insert(number);
            }
            3 => script.heavy = Some(u32::try_from(1 + dice.below(8)).unwrap()),
            4 => script.takes = Duration::from_secs(dice.below(40)),
            5 => {
                let kind = dice.pick(&[
                    FaultKind::Unavailable,
                    FaultKind::RateLimited,
                    FaultKind::Unauthorized,
                ]);
                gates.down = Some(fault(&TRUSTAR, kind));
            }
            6 => gates.tags_down = true,
            7 | 8 => gates.budget = Some(u32::try_from(dice.below(12)).unwrap()),
            9 => gates.not_yet = u32::try_from(dice.below(8)).unwrap(),
            10 => gates.lies_every = usize::try_from(2 + dice.below(5)).unwrap(),
            11 => gates.takes = Duration::from_secs(dice.below(60)),
            12 => script.csv_down = true,
            13 => gates.refuses_csv = true,
            14 => {
                let error = dice.pick(&["conflict", "full", "unavailable"]);
                *self.feed.store.fails.lock().unwrap() = Some(match error {
                    "conflict" => JournalError::Conflict,
                    "full" => JournalError::full("full"),
                    _ => JournalError::unavailable("down"),
                });
            }
            _ => {
                let why = dice.pick(&[Fenced::Superseded, Fenced::Deposed, Fenced::Stopping]);
                *self.feed.door.shuts.lock().unwrap() =
                    Some((u32::try_from(dice.below(10)).unwrap(), why));
            }
        }
        if let Some(own_dice) = &mut self.own_dice
            && own_dice.percent(30)
        {
            match own_dice.below(4) {
                0 => script.withholds = true,
                1 => script.own_refuses = script.own.keys().cloned().collect(),
                _ => {
                    script.own_down = Some(own_dice.pick(&[
                        FaultKind::Unavailable,
                        FaultKind::RateLimited,
                        FaultKind::UnexpectedResponse,
                    ]));
                }
            }
        }
        if script.with_date && dice.percent(10) {
            *self.feed.time.skew.lock().unwrap() =
                SignedDuration::from_hours(dice.pick(&[-24, 24, -1_000, 0]));
        }
    }

    /// All services are well.
    fn calm(&mut self) {
        let mut gates = self.feed.enclave.gates.lock().unwrap();
        let mut script = self.feed.reports.script.lock().unwrap();
        (script.down, script.heavy, script.takes, script.csv_down) =
            (None, None, Duration::ZERO, false);
        script.fails_at.clear();
        if std::mem::take(&mut script.withheld) {
            self.by_text.extend(script.own.keys().cloned());
        }
        (script.withholds, script.own_down) = (false, None);
        script.own_refuses.clear();
        script.short_at.clear();
        (gates.down, gates.tags_down, gates.budget, gates.not_yet) = (None, false, None, 0);
        (gates.lies_every, gates.takes, gates.refuses_csv) = (0, Duration::ZERO, false);
        *self.feed.store.fails.lock().unwrap() = None;
        *self.feed.door.shuts.lock().unwrap() = None;
    }

    /// Runs a sync in which the process is killed, or told to stop.
    async fn die(&mut self) {
        self.chain = None;
        let mode = self.feed.mode();
        let ahead = usize::try_from(1 + self.dice.below(8)).unwrap();
        let killed = match self.dice.below(4) {
            0 => {
                let mut gates = self.feed.enclave.gates.lock().unwrap();
                gates.killed_at = Some(gates.calls + ahead);
                true
            }
            1 => {
                let done = self.dice.percent(50);
                let at = *self.feed.store.saves.lock().unwrap() + 1;
                *self.feed.store.killed_at.lock().unwrap() = Some((at, done));
                true
            }
            2 => true,
            _ => false,
        };
        if killed {
            let _ = tokio::time::timeout(HOUR, self.feed.run(mode)).await;
            self.feed.enclave.gates.lock().unwrap().killed_at = None;
            *self.feed.store.killed_at.lock().unwrap() = None;
        } else {
            self.feed.enclave.gates.lock().unwrap().takes = Duration::from_secs(1);
            let cancelled = CancellationToken::new();
            self.feed.cancelled = cancelled.clone();
            let after = Duration::from_secs(self.dice.below(6));
            let stop = async {
                tokio::time::sleep(after).await;
                cancelled.cancel();
            };
            let (outcome, ()) = tokio::join!(self.feed.sync_in(mode), stop);
            if let Ok(outcome) = outcome {
                outcome.counts.iter().for_each(assert_adds_up);
            }
            self.feed.cancelled = CancellationToken::new();
            self.feed.enclave.gates.lock().unwrap().takes = Duration::ZERO;
        }
        self.told();
        if self.dice.percent(10) {
            *self.feed.store.text.lock().unwrap() = None;
        }
    }

    /// Runs a sync that ends in one way or another, and checks what it tells.
    async fn sync(&mut self) -> Option<Outcome> {
        let mode = self.feed.mode();
        if mode != Mode::Continuation {
            self.chain = Some(BTreeMap::new());
            self.anonymous = 0;
        }
        let (window, totals) = (self.feed.window, self.feed.totals);
        let unfinished: Vec<_> = {
            let ledger = self.feed.store.ledger();
            ledger.unfinished().map(ToString::to_string).collect()
        };
        let written_before = self.feed.enclave.gates.lock().unwrap().writes.len();
        let outcome = self.feed.sync_in(mode).await;
        let mut examined = BTreeSet::new();
        for (id, verdict, found) in self.told() {
            if found.is_some() {
                examined.insert(id.clone());
            }
            let Some(chain) = &mut self.chain else {
                continue;
            };
            if id.is_empty() {
                self.anonymous += 1;
                continue;
            }
            // What fails before it is examined is looked at once more from the beginning: what was found before is not counted.
            let is_unasked =
                matches!(&verdict, Verdict::Failed(why) if why.starts_with("Flashpoint"));
            let earlier = chain.get(&id).filter(|_| !is_unasked);
            let found = found.or_else(|| earlier.and_then(|(_, _, found)| *found));
            chain.insert(id.clone(), (id, verdict, found));
        }
        if std::env::var_os("SYNC_TRACE").is_some() {
            self.trace(mode, &outcome);
        }
        let Ok(outcome) = outcome else {
            self.chain = None;
            return None;
        };
        assert!(
            outcome.window.covered_to >= window.covered_to,
            "the checkpoint moved back: {window:?} {outcome:?}"
        );
        let written = self.feed.enclave.gates.lock().unwrap().writes.len() as u64;
        assert!(
            self.feed.totals.submitted <= written,
            "more was counted than written"
        );
        assert!(
            self.feed.totals.submitted >= totals.submitted
                && self.feed.totals.syncs >= totals.syncs
        );
        // What was taken on by an earlier sync and is gone, was never told of in this one.
        let ledger = self.feed.store.ledger();
        let is_left = |id: &String| ledger.unfinished().any(|left| left.as_str() == id);
        let is_told = |id: &String| {
            let chain = self.chain.as_ref();
            chain.is_some_and(|chain| chain.contains_key(id))
        };
        if unfinished.iter().any(|id| !is_left(id) && !is_told(id)) {
            self.chain = None;
        }
        if outcome.counts.is_some()
            && !matches!(
                outcome.conclusion,
                Conclusion::Journal(_) | Conclusion::LedgerFull
            )
        {
            self.assert_left_alone(written_before);
        }
        match &outcome.counts {
            Some(counts) => self.check(counts, &outcome, &examined),
            None => self.chain = None,
        }
        Some(outcome)
    }

    /// Shows a sync and its last requests, the newest first.
    fn trace(&self, mode: Mode, outcome: &Result<Outcome, Abandoned>) {
        let script = self.feed.reports.script.lock().unwrap();
        let requests = script.requests.iter().rev().take(12);
        let requests: Vec<_> = requests.map(|asked| (asked.limit, asked.skip)).collect();
        let (order, total, cap) = (script.order, script.total, script.cap);
        let (now, reading) = (self.feed.now(), self.feed.store.ledger().course().reading);
        eprintln!(
            "{now} {mode:?} {order:?} {total:?} {cap:?} {:?} {requests:?} {reading:?} {outcome:?}",
            script.files
        );
    }

    /// What was told since this was asked last.
    fn told(&mut self) -> Vec<Told> {
        let told = std::mem::take(&mut *self.feed.lines.told.lock().unwrap());
        let failed = told
            .iter()
            .filter(|(_, verdict, _)| matches!(verdict, Verdict::Failed(_)));
        self.failed.extend(failed.map(|(id, _, _)| id.clone()));
        told
    }

    /// Compares the counts with what was told of each report.
    fn check(&mut self, counts: &Counts, outcome: &Outcome, examined: &BTreeSet<String>) {
        assert_adds_up(counts);
        let ledger = self.feed.store.ledger();
        let unstored = matches!(
            outcome.conclusion,
            Conclusion::Journal(_) | Conclusion::LedgerFull
        );
        if unstored {
            self.chain = None;
        }
        let Some(chain) = &mut self.chain else { return };
        // What Flashpoint no longer lists is no longer pending: it counts as far as it was written.
        let unfinished: BTreeSet<_> = ledger.unfinished().map(ToString::to_string).collect();
        let gone = |id: &String, verdict: &Verdict| {
            matches!(verdict, Verdict::Pending(_)) && !unfinished.contains(id)
        };
        if chain.iter().any(|(id, (_, verdict, _))| gone(id, verdict)) {
            assert!(
                counts.considered <= chain.len() as u64 + self.anonymous,
                "{outcome:?} {chain:?}"
            );
            self.chain = None;
            return;
        }
        let of = |is: fn(&Verdict) -> bool| {
            chain.values().filter(|(_, verdict, _)| is(verdict)).count() as u64
        };
        // What is pending and was not listed is told of no more.
        let unseen = unfinished.iter().filter(|id| !chain.contains_key(*id));
        let unseen = unseen.count() as u64;
        // What is left alone is unchanged where it is there.
        let is_there = |id: &str| {
            let id = ReportId::new(id).unwrap();
            ledger.get(&id).is_some_and(|entry| entry.delivered)
        };
        let skipped = |told: &&Told| told.1 == Verdict::Skipped && is_there(&told.0);
        let skipped_there = chain.values().filter(skipped).count() as u64;
        let told = [
            of(|verdict| *verdict == Verdict::Created),
            of(|verdict| *verdict == Verdict::Updated),
            of(|verdict| *verdict == Verdict::Unchanged) + skipped_there,
            of(|verdict| matches!(verdict, Verdict::WithoutIndicators | Verdict::NotPublished))
                + of(|verdict| *verdict == Verdict::Skipped)
                - skipped_there,
            of(|verdict| matches!(verdict, Verdict::Failed(_))) + self.anonymous,
            of(|verdict| matches!(verdict, Verdict::Pending(_))) + unseen,
        ];
        let counted = [
            counts.created,
            counts.updated,
            counts.unchanged,
            counts.without_indicators,
            counts.failed,
            counts.pending,
        ];
        assert_eq!(counted, told, "{outcome:?} {chain:?}");
        let is_pending = |(id, verdict, _): &&Told| {
            matches!(verdict, Verdict::Pending(_)) && !examined.contains(id)
        };
        if chain.values().any(|told| is_pending(&told)) {
            // What is pending was not looked at again: what was found in it is not counted yet.
            return;
        }
        let found: u64 = chain.values().filter_map(|(_, _, found)| *found).sum();
        assert_eq!(
            counts.indicators.values().sum::<u64>(),
            found,
            "{outcome:?} {chain:?}"
        );
    }

    /// The reports that should be in the enclave as they are, and are not.
    fn missing(&self) -> Vec<String> {
        let gates = self.feed.enclave.gates.lock().unwrap();
        let script = self.feed.reports.script.lock().unwrap();
        let by_updated = script.files == Files::ByUpdated;
        let due = |item: &&Item| {
            let listed = item.published && !item.giant && !item.id.starts_with("anonymous");
            // An edit counts as long as it brings a report into the window again.
            let by_own = script.own.contains_key(&item.id) && !self.by_text.contains(&item.id);
            listed && (item.counts || by_own) && (by_updated || !self.edited.contains(&item.id))
        };
        let there = |item: &&Item| {
            let Some(stored) = gates.stored.get(&item.id) else {
                return false;
            };
            let tags: BTreeSet<_> = item.tags.iter().cloned().collect();
            // What the ledger does not know can't tell which tags were set before.
            let tagged = if self.mortal || self.forgotten.contains(&item.id) {
                stored.tags.is_superset(&tags)
            } else {
                stored.tags == tags
            };
            tagged && stored.title == format!("{} v{}", item.id, item.version)
        };
        let items = script.items.iter().filter(due).filter(|item| !there(item));
        let missing = items
            .filter(|item| !self.failed.contains(&item.id) && !self.left_alone.contains(&item.id));
        missing
            .map(|item| format!("{item:?} {:?}", gates.stored.get(&item.id)))
            .collect()
    }

    async fn live(&mut self) {
        // Nothing is promised before a first sync.
        self.news();
        self.sync().await;
        for _ in 0..30 {
            self.news();
            self.whim();
            if self.moving {
                self.moves();
            }
            if self.dice.percent(55) {
                self.faults();
            } else {
                self.calm();
            }
            let outcome = if self.mortal && self.dice.percent(15) {
                self.die().await;
                None
            } else {
                self.sync().await
            };
            let pause = match outcome.and_then(|outcome| outcome.continue_in) {
                Some(pause) if self.dice.percent(80) => pause,
                _ if self.dice.percent(8) => {
                    (20 + u32::try_from(self.dice.below(50)).unwrap()) * HOUR
                }
                _ => self
                    .dice
                    .pick(&[MINUTE, 15 * MINUTE, 15 * MINUTE, 15 * MINUTE, 2 * HOUR]),
            };
            tokio::time::advance(pause).await;
        }
    }

    async fn settle(&mut self) {
        self.calm();
        self.feed.choice.skip.clear();
        self.chain = None;
        self.feed.reports.script.lock().unwrap().changes.clear();
        self.feed.enclave.gates.lock().unwrap().breaks.clear();
        let mut quiet = 0;
        for syncs in 0.. {
            let mode = self.feed.mode();
            let outcome = self.sync().await;
            let outcome = outcome.expect("nothing keeps a sync from its outcome");
            // A continuation does not look at what came meanwhile.
            if is_quiet(&outcome) && mode != Mode::Continuation {
                quiet += 1;
            } else {
                // What came among reports that were passed already shows when the listing is next read through.
                quiet = 0;
                assert!(syncs < PATIENCE, "never quiet for long: {outcome:?}");
            }
            // As long as it takes until the listing is read through again.
            if quiet > 26 {
                break;
            }
            let pause = outcome.continue_in.unwrap_or(15 * MINUTE);
            tokio::time::advance(pause).await;
        }
        let missing = self.missing();
        assert!(missing.is_empty(), "lost: {missing:#?}");
    }
}

#[test]
fn whatever_happens_nothing_is_lost_and_the_feed_gets_quiet() {
    let seeds = std::env::var("SYNC_SEEDS").unwrap_or_else(|_| "0..40".to_owned());
    let (from, to) = seeds.split_once("..").unwrap();
    for seed in from.parse::<u64>().unwrap()..to.parse().unwrap() {
        let lived = std::panic::catch_unwind(|| {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_time()
                .start_paused(true)
                .build()
                .unwrap();
            runtime.block_on(async {
                let time = Time::new();
                let mut life = Life::new(&time, seed);
                life.live().await;
                life.settle().await;
            });
        });
        assert!(
            lived.is_ok(),
            "seed {seed}: SYNC_SEEDS={seed}..{} shows it again",
            seed + 1
        );
    }
}
