//! Random lives of a feed over each destination, each reproducible by its seed. While they last, services fail, ledgers are
//! lost and processes killed; when that stops, everything must be there, once (I1 to I5).
//!
//! `LIVES=from..to` runs other seeds than the usual ones.

use std::time::Duration;

use flashpoint_operator::sync::ports::{Fenced, JournalError};
use futures::{StreamExt as _, stream};
use jiff::SignedDuration;
use simulators::faults::{Calls, Fault, Reply};

use super::place::{Kind, Place};
use super::ports::Storing;
use super::stage::Stage;
use super::syncs::{FORCED, FULL, Kill};

/// How many syncs a life has before it may settle.
const SYNCS: u32 = 14;

/// Most of a life is waiting for answers.
const AT_ONCE: usize = 4;

/// splitmix64
struct Dice(u64);

impl Dice {
    fn below(&mut self, below: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (z ^ (z >> 31)) % below
    }

    fn percent(&mut self, chance: u64) -> bool {
        self.below(100) < chance
    }

    fn pick<T: Clone>(&mut self, from: &[T]) -> T {
        let place = self.below(from.len() as u64);
        from[usize::try_from(place).unwrap()].clone()
    }

    /// Some of the letters that stand for indicators.
    fn letters(&mut self) -> String {
        "abcde".chars().filter(|_| self.percent(45)).collect()
    }
}

struct Life {
    stage: Stage,
    dice: Dice,
    born: u32,
    /// Whether MISP stores writes by half, which no process may forget: a title that it stored alone would look like an
    /// analyst's. Else processes are killed.
    halves: bool,
    /// An earlier ledger, with the checkpoint of its time.
    earlier: Option<(Option<String>, flashpoint_operator::sync::window::Window)>,
}

impl Life {
    /// New reports, and edits of old ones.
    fn news(&mut self) {
        for _ in 0..self.dice.below(4) {
            self.born += 1;
            let letters = format!("a{}", self.dice.letters().trim_start_matches('a'));
            self.stage.put(&format!("r{}", self.born), &letters);
        }
        for _ in 0..self.dice.below(3) {
            if self.born > 0 {
                let id = 1 + self.dice.below(u64::from(self.born));
                let letters = self.dice.letters();
                self.stage.put(&format!("r{id}"), &letters);
            }
        }
    }

    /// What is wrong with the destination or with Flashpoint during the next sync.
    fn faults(&mut self) {
        let (dice, place) = (&mut self.dice, &self.stage.place);
        let id = 1 + dice.below(u64::from(self.born.max(1)));
        let some = [
            Calls::All,
            Calls::Nth(1 + dice.below(4)),
            Calls::Every(3),
            Calls::First(2),
        ];
        let calls = dice.pick(&some);
        let replies = [
            Reply::status(500),
            Reply::status(503),
            Reply::status(400),
            Reply::Reset,
            Reply::Truncated(10),
            Reply::CutOff(10),
            Reply::web_page(),
            Reply::json(200, "{}"),
            Reply::retry_after(429, "1"),
            Reply::retry_after(503, "1"),
        ];
        let reply = dice.pick(&replies);
        let mut writes = place.writes().calls(calls);
        writes.after_effect = dice.percent(40);
        match dice.below(10) {
            0 => place.admit(false),
            1 => place.let_write(false),
            2 => {
                let listing = Fault::on("GET", "/api/v4").reply(Reply::status(503));
                self.stage.flashpoint.controls().faults.set(listing);
            }
            kind => {
                let (fault, reply) = match kind {
                    3 | 4 => {
                        let one = format!("r{id} v");
                        (place.writes().body(&one), Reply::status(422))
                    }
                    5 => (Fault::default().calls(calls), reply),
                    _ => (writes, reply),
                };
                place.strike(fault, reply);
            }
        }
        if let (Place::Misp(misp), true) = (place, self.halves && dice.percent(50)) {
            misp.fail_at_attribute(usize::try_from(dice.below(3)).unwrap());
        }
    }

    /// All services are well.
    fn calm(&mut self) {
        let stage = &self.stage;
        stage.place.controls().faults.clear_all();
        stage.flashpoint.controls().faults.clear_all();
        stage.place.admit(true);
        stage.place.let_write(true);
        *stage.store.storing.lock().unwrap() = Storing::Works;
        *stage.lease.0.lock().unwrap() = None;
    }

    /// One sync, whatever becomes of it.
    async fn sync(&mut self) {
        let call = 1 + self.dice.below(9);
        let kill = Kill {
            call,
            after_effect: self.dice.percent(50),
        };
        let asked = u32::try_from(self.dice.below(9)).unwrap();
        let mode = self.dice.pick(&[FULL, FULL, FORCED]);
        let chances = self.dice.below(12);
        match if self.halves { chances + 3 } else { chances } {
            0 | 1 => drop(self.stage.killed_at(kill).await),
            2 => self.killed_while_storing().await,
            3 => {
                let errors = [JournalError::Conflict, JournalError::unavailable("down")];
                let fails = Storing::Fails(self.dice.pick(&errors));
                *self.stage.store.storing.lock().unwrap() = fails;
                drop(self.stage.sync(mode).await);
            }
            4 => {
                let why = self
                    .dice
                    .pick(&[Fenced::Deposed, Fenced::Superseded, Fenced::Stopping]);
                *self.stage.lease.0.lock().unwrap() = Some((asked, why));
                drop(self.stage.sync(mode).await);
            }
            _ => drop(self.stage.sync(mode).await),
        }
        // Nothing twice, at any moment.
        self.stage.place.holdings();
    }

    async fn killed_while_storing(&mut self) {
        let stored = self.dice.percent(50);
        *self.stage.store.storing.lock().unwrap() = Storing::Killed { stored };
        let killed = self.stage.store.killed.clone();
        tokio::select! {
            _ = self.stage.sync(FULL) => {}
            () = killed.notified() => {}
        }
        self.stage.restart();
    }

    /// What may become of the ledger between two syncs.
    fn ledger(&mut self) {
        let stored = self.stage.store.text.lock().unwrap().clone();
        if self.dice.percent(7) {
            *self.stage.store.text.lock().unwrap() = None;
        } else if self.dice.percent(7)
            && let Some((text, window)) = self.earlier.take()
        {
            *self.stage.store.text.lock().unwrap() = text;
            self.stage.window = window;
        }
        if self.dice.percent(30) {
            self.earlier = Some((stored, self.stage.window));
        }
        if !self.halves && self.dice.percent(15) {
            self.stage.restart();
        }
    }

    async fn live(&mut self) {
        self.stage.timeout = Duration::from_secs(5);
        for _ in 0..SYNCS {
            self.news();
            if self.dice.percent(55) {
                self.faults();
            }
            self.sync().await;
            self.calm();
            self.ledger();
            let minutes = self.dice.pick(&[1, 15, 15, 15, 60]);
            self.stage.advance(SignedDuration::from_mins(minutes));
        }
        self.stage.settle().await;
    }
}

/// Lives over one destination; each that fails is told by its seed.
async fn lives(kind: Kind) {
    let seeds = std::env::var("LIVES").unwrap_or_else(|_| "0..10".to_owned());
    let (from, to) = seeds.split_once("..").unwrap();
    let seeds = from.parse::<u64>().unwrap()..to.parse().unwrap();
    let live = |seed| async move {
        let lived = tokio::spawn(async move {
            let stage = Stage::new(kind).await;
            let mut dice = Dice(seed);
            let mut life = Life {
                halves: kind == Kind::Misp && dice.percent(40),
                stage,
                dice,
                born: 0,
                earlier: None,
            };
            life.live().await;
        });
        lived
            .await
            .err()
            .map(|_| format!("LIVES={seed}..{}", seed + 1))
    };
    let lived = stream::iter(seeds).map(live).buffer_unordered(AT_ONCE);
    let failed: Vec<_> = lived.filter_map(std::future::ready).collect().await;
    assert!(failed.is_empty(), "{kind:?}: {failed:?} shows it again");
}

#[tokio::test]
async fn over_trustar() {
    lives(Kind::Trustar).await;
}

#[tokio::test]
async fn over_taxii() {
    lives(Kind::Taxii).await;
}

#[tokio::test]
async fn over_opencti() {
    lives(Kind::OpenCti).await;
}

#[tokio::test]
async fn over_misp() {
    lives(Kind::Misp).await;
}
