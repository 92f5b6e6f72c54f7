//! Scripted services: a listing with a truth behind it, an enclave, a journal, a fence and a clock.

use std::collections::{BTreeMap, BTreeSet};
use std::future::ready;
use std::sync::Mutex;
use std::time::Duration;

use futures::future::BoxFuture;
use indicators::IndicatorType;
use jiff::{SignedDuration, Timestamp};
use serde_json::value::RawValue;
use tokio::time::Instant;

use crate::destinations::trustar::mapping::Submission;
use crate::destinations::trustar::write::{TagChange, may_be_set};
use crate::destinations::trustar::{TRUSTAR, mapping};
use crate::flashpoint::FLASHPOINT;
use crate::http::fault::{Fault, FaultKind, Service};
use crate::sync::destination::{Delivery, DeliveryError, Destination, Receipt, Remainder, Step};
use crate::sync::ledger::{Ledger, Owner};
use crate::sync::own::{Detail, Listed, OwnList};
use crate::sync::ports::{Clock, Fence, Fenced, Journal, JournalError, Line, Verdict, Watcher};
use crate::sync::report::Report;
use crate::sync::source::{OwnError, Page, PageError, PageRequest, Since, Source, Terms};

/// When the virtual time begins.
pub fn epoch() -> Timestamp {
    "2026-01-10T00:10:00Z".parse().unwrap()
}

pub fn owner() -> Owner {
    Owner {
        uid: "uid".into(),
        destination: "enclave".into(),
    }
}

pub fn fault(service: &'static Service, kind: FaultKind) -> Fault {
    Fault {
        service,
        kind,
        message: format!("{service}: {kind:?}"),
        retry_after: None,
    }
}

/// The true time, and a local clock that may be wrong.
pub struct Time {
    begun: Instant,
    pub skew: Mutex<SignedDuration>,
    ahead: Mutex<SignedDuration>,
}

impl Time {
    pub fn new() -> Self {
        Self {
            begun: Instant::now(),
            skew: Mutex::default(),
            ahead: Mutex::default(),
        }
    }

    pub fn truth(&self) -> Timestamp {
        epoch() + SignedDuration::try_from(self.begun.elapsed()).unwrap()
    }
}

impl Clock for Time {
    fn now(&self) -> Timestamp {
        self.truth() + *self.skew.lock().unwrap()
    }

    fn service_now(&self) -> Timestamp {
        self.now() + *self.ahead.lock().unwrap()
    }

    fn learn(&self, service_now: Timestamp) {
        *self.ahead.lock().unwrap() = service_now.duration_since(self.now());
    }
}

/// A report as Flashpoint has it.
#[derive(Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a trait of its own")]
pub struct Item {
    pub id: String,
    pub posted_at: Timestamp,
    pub updated_at: Timestamp,
    pub version: u32,
    pub counts: bool,
    pub published: bool,
    pub tags: Vec<String>,
    pub csv: bool,
    /// Too large to be had, alone or with others.
    pub giant: bool,
    /// So many words stand before the indicator.
    pub words: usize,
}

impl Item {
    pub fn new(id: &str, posted_at: Timestamp) -> Self {
        Self {
            id: id.to_owned(),
            posted_at,
            updated_at: posted_at,
            version: 1,
            counts: true,
            published: true,
            tags: Vec::new(),
            csv: false,
            giant: false,
            words: 0,
        }
    }

    fn json(&self) -> Box<RawValue> {
        let text = if self.counts {
            "CVE-2021-44228"
        } else {
            "nothing to see"
        };
        let mut value = serde_json::json!({
            "id": self.id,
            "title": format!("{} v{}", self.id, self.version),
            "body": format!("{}{text}", "word ".repeat(self.words)),
            "posted_at": self.posted_at.to_string(),
            "updated_at": self.updated_at.to_string(),
            "published_status": if self.published { "published" } else { "archived" },
            "tags": self.tags,
        });
        if self.csv {
            value["iocs_csv"] = format!("https://fp.tools/{}.csv", self.id).into();
        }
        if self.id.starts_with("undated") {
            value["posted_at"] = serde_json::Value::Null;
            value["updated_at"] = serde_json::Value::Null;
        }
        // What has no id of its own is no report.
        if self.id.starts_with("anonymous") {
            value["id"] = serde_json::Value::Null;
        }
        RawValue::from_string(value.to_string()).unwrap()
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    NewestFirst,
    OldestFirst,
}

/// What the listing says in `total`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Total {
    Honest,
    Plus(i64),
    Is(u64),
    /// Less with each request.
    Falling(u64),
    /// More with each request.
    Rising(u64),
}

/// Which time the window goes by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Files {
    ByPosted,
    ByUpdated,
}

/// A change of the listing.
#[derive(Clone, Debug)]
pub enum Change {
    Put(Item),
    /// A report of this id that was posted so long before.
    Arrive(String, SignedDuration),
    Remove(String),
    /// To the next version, filed by now.
    Edit(String),
}

/// What is scripted of the listing.
#[expect(clippy::struct_excessive_bools, reason = "each is a trait of its own")]
pub struct Script {
    pub items: Vec<Item>,
    pub order: Order,
    /// On which terms it lists; it is asked for nothing else.
    pub terms: Terms,
    /// It answers 400 to `skip` + `limit` beyond this.
    pub deepest: Option<u64>,
    pub total: Total,
    pub files: Files,
    /// The largest page given, and whether the answer says so.
    pub cap: Option<(usize, bool)>,
    /// The largest page that is not too large.
    pub heavy: Option<u32>,
    /// The largest page that comes in time.
    pub slow: Option<u32>,
    /// What the `Date` of the next answers is ahead by.
    pub date_ahead: SignedDuration,
    pub with_date: bool,
    /// The `skip` parameter is not known.
    pub ignores_skip: bool,
    /// Fails the request of this number, counted over all.
    pub fails_at: BTreeSet<usize>,
    /// Is down with this.
    pub down: Option<FaultKind>,
    pub csv_down: bool,
    /// How long a page takes.
    pub takes: Duration,
    /// Put in before the request of this number.
    pub comes: BTreeMap<usize, Vec<Item>>,
    /// Done before the request of this number.
    pub changes: BTreeMap<usize, Vec<Change>>,
    /// The request of this number gives at most so many reports, whatever it was asked for.
    pub short_at: BTreeMap<usize, usize>,
    pub requests: Vec<PageRequest>,
    pub csv_calls: usize,
    /// The domains that the source itself lists, by report.
    pub own: BTreeMap<String, Vec<&'static str>>,
    /// Its own lists are withheld, which shows when the first is asked for; and whether that is known.
    pub withholds: bool,
    pub withheld: bool,
    /// Those of these reports alone are withheld.
    pub own_withheld: BTreeSet<String>,
    /// Asked for its own lists it is down with this, or refuses those of these reports.
    pub own_down: Option<FaultKind>,
    pub own_refuses: BTreeSet<String>,
    /// Fails on those of these reports, as if it were at fault.
    pub own_breaks: BTreeSet<String>,
    pub own_calls: usize,
    /// Each list has so many URLs, of so many bytes.
    pub own_urls: Option<(usize, usize)>,
    /// Whether CSV data holds an indicator, and how many bytes more it has.
    pub csv_tells: bool,
    pub csv_bytes: usize,
}

pub struct Reports<'t> {
    time: &'t Time,
    pub script: Mutex<Script>,
}

impl<'t> Reports<'t> {
    pub fn new(time: &'t Time) -> Self {
        let script = Script {
            items: Vec::new(),
            order: Order::NewestFirst,
            terms: Terms::default(),
            deepest: None,
            total: Total::Honest,
            files: Files::ByPosted,
            cap: None,
            heavy: None,
            slow: None,
            date_ahead: SignedDuration::ZERO,
            with_date: true,
            ignores_skip: false,
            fails_at: BTreeSet::new(),
            down: None,
            csv_down: false,
            takes: Duration::ZERO,
            comes: BTreeMap::new(),
            changes: BTreeMap::new(),
            short_at: BTreeMap::new(),
            requests: Vec::new(),
            csv_calls: 0,
            own: BTreeMap::new(),
            withholds: false,
            withheld: false,
            own_withheld: BTreeSet::new(),
            own_down: None,
            own_refuses: BTreeSet::new(),
            own_breaks: BTreeSet::new(),
            own_calls: 0,
            own_urls: None,
            csv_tells: false,
            csv_bytes: 0,
        };
        Self {
            time,
            script: Mutex::new(script),
        }
    }

    /// Forgets the requests made so far, and gives them.
    pub fn requests(&self) -> Vec<PageRequest> {
        std::mem::take(&mut self.script.lock().unwrap().requests)
    }
}

impl Script {
    fn filed(&self, item: &Item) -> Timestamp {
        match self.files {
            Files::ByPosted => item.posted_at,
            Files::ByUpdated => item.updated_at,
        }
    }

    fn answer(&mut self, request: PageRequest, now: Timestamp) -> Result<Page, PageError> {
        assert!(
            (1..=self.terms.page).contains(&request.limit),
            "{request:?}"
        );
        let is_relative = matches!(request.since, Since::Lookback(_));
        assert!(self.terms.relative_times || !is_relative, "{request:?}");
        let number = self.requests.len();
        self.items
            .extend(self.comes.remove(&number).unwrap_or_default());
        for change in self.changes.remove(&number).unwrap_or_default() {
            match change {
                Change::Put(item) => self.items.push(item),
                Change::Arrive(id, ago) => self.items.push(Item::new(&id, now - ago)),
                Change::Remove(id) => self.items.retain(|item| item.id != id),
                Change::Edit(id) => {
                    if let Some(item) = self.items.iter_mut().find(|item| item.id == id) {
                        item.version += 1;
                        item.updated_at = now;
                    }
                }
            }
        }
        self.requests.push(request);
        if let Some(kind) = self.down {
            return Err(fault(&FLASHPOINT, kind).into());
        }
        if self
            .deepest
            .is_some_and(|most| request.skip.saturating_add(request.limit.into()) > most)
        {
            return Err(fault(&FLASHPOINT, FaultKind::UnexpectedResponse).into());
        }
        if self.fails_at.contains(&number) {
            return Err(fault(&FLASHPOINT, FaultKind::Unavailable).into());
        }
        let since = match request.since {
            Since::Lookback(seconds) => now - SignedDuration::from_secs(seconds.into()),
            Since::At(time) => time,
        };
        let mut listed: Vec<&Item> = self
            .items
            .iter()
            .filter(|item| (since..=now).contains(&self.filed(item)))
            .collect();
        listed.sort_by_key(|item| (std::cmp::Reverse(self.filed(item)), &item.id));
        if self.order == Order::OldestFirst {
            listed.reverse();
        }
        let truth = listed.len() as u64;
        let asked = self.requests.len() as u64;
        let total = match self.total {
            Total::Honest => truth,
            Total::Plus(more) => truth.saturating_add_signed(more),
            Total::Is(total) => total,
            Total::Falling(step) => truth.saturating_sub(step * asked),
            Total::Rising(step) => truth + step * asked,
        };
        let limit = self.cap.map_or(request.limit as usize, |(cap, _)| {
            cap.min(request.limit as usize)
        });
        let skip = if self.ignores_skip {
            0
        } else {
            usize::try_from(request.skip).unwrap()
        };
        let short = self.short_at.remove(&number).unwrap_or(limit);
        let page: Vec<&Item> = listed
            .into_iter()
            .skip(skip)
            .take(limit.min(short))
            .collect();
        if self.slow.is_some_and(|most| page.len() > most as usize) {
            return Err(PageError::Late(fault(&FLASHPOINT, FaultKind::Unavailable)));
        }
        let heavy = self.heavy.is_some_and(|most| page.len() > most as usize);
        if heavy || page.iter().any(|item| item.giant) {
            return Err(PageError::TooLarge(fault(
                &FLASHPOINT,
                FaultKind::UnexpectedResponse,
            )));
        }
        let says = if self.cap.is_some_and(|(_, says)| says) {
            limit
        } else {
            request.limit as usize
        };
        let reports: Vec<_> = page.into_iter().map(Item::json).collect();
        let (mut text, mut places) = (String::new(), Vec::new());
        for report in &reports {
            places.push(text.len()..text.len() + report.get().len());
            text.push_str(report.get());
        }
        let mut page = Page::new(total, text, places);
        page.limit = Some(says as u64);
        page.date = self.with_date.then(|| now + self.date_ahead);
        Ok(page)
    }
}

impl Source for Reports<'_> {
    fn terms(&self) -> Terms {
        self.script.lock().unwrap().terms
    }

    fn page(&self, request: PageRequest) -> BoxFuture<'_, Result<Page, PageError>> {
        Box::pin(async move {
            let takes = self.script.lock().unwrap().takes;
            tokio::time::sleep(takes).await;
            let mut script = self.script.lock().unwrap();
            script.answer(request, self.time.truth())
        })
    }

    fn csv_links(&self, candidates: &[String]) -> Vec<String> {
        candidates.to_vec()
    }

    fn csv<'a>(&'a self, link: &'a str) -> BoxFuture<'a, Result<String, Fault>> {
        let mut script = self.script.lock().unwrap();
        script.csv_calls += 1;
        let data = if script.csv_down {
            Err(fault(&FLASHPOINT, FaultKind::Unavailable))
        } else {
            let indicator = if script.csv_tells {
                "CVE-2021-44228"
            } else {
                ""
            };
            let more = "x".repeat(script.csv_bytes);
            Ok(format!("data,{link},{indicator}\n{more}"))
        };
        Box::pin(ready(data))
    }

    fn own<'a>(&'a self, report: &'a Report) -> BoxFuture<'a, Result<OwnList, OwnError>> {
        Box::pin(ready(self.script.lock().unwrap().own_list(report)))
    }

    fn withheld(&self) -> Option<String> {
        let withheld = self.script.lock().unwrap().withheld;
        withheld.then(|| "withheld".to_owned())
    }
}

impl Script {
    fn own_list(&mut self, report: &Report) -> Result<OwnList, OwnError> {
        if self.withheld {
            return Err(OwnError::Withheld("withheld".to_owned()));
        }
        self.own_calls += 1;
        if self.own_withheld.contains(report.id.as_str()) {
            return Err(OwnError::Withheld("withheld".to_owned()));
        }
        if self.withholds {
            self.withheld = true;
            return Err(OwnError::Withheld("withheld".to_owned()));
        }
        if let Some(kind) = self.own_down {
            return Err(OwnError::Fault(fault(&FLASHPOINT, kind)));
        }
        let id = report.id.as_str();
        if self.own_breaks.contains(id) {
            return Err(OwnError::Fault(fault(&FLASHPOINT, FaultKind::Unavailable)));
        }
        if self.own_refuses.contains(id) {
            return Err(OwnError::Rejected(fault(
                &FLASHPOINT,
                FaultKind::UnexpectedResponse,
            )));
        }
        if let Some((count, bytes)) = self.own_urls {
            let listed = |at: usize| Listed {
                kind: IndicatorType::Url,
                value: format!("http://evil-site.ru/{at:06}/{}", "a".repeat(bytes - 27)),
                detail: Detail::default(),
            };
            let mut list = OwnList {
                listed: (0..count).map(listed).collect(),
                ..OwnList::default()
            };
            // As the client gives it.
            list.bound();
            return Ok(list);
        }
        let listed = |domain: &&str| Listed {
            kind: IndicatorType::Domain,
            value: (*domain).to_owned(),
            detail: Detail::default(),
        };
        let domains = self.own.get(id).into_iter().flatten();
        Ok(OwnList {
            listed: domains.map(listed).collect(),
            unmapped: 0,
            cut: false,
        })
    }
}

/// A report as the enclave holds it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stored {
    pub title: String,
    pub body: String,
    pub tags: BTreeSet<String>,
}

/// What is scripted of the enclave.
#[derive(Default)]
pub struct Gates {
    pub stored: BTreeMap<String, Stored>,
    /// Refused ids.
    pub refuses: BTreeSet<String>,
    /// Ids whose writes fail as if the service were at fault.
    pub breaks: BTreeSet<String>,
    pub down: Option<Fault>,
    pub tags_down: bool,
    /// So many calls are left in the budget.
    pub budget: Option<u32>,
    /// So many calls that change tags find nothing yet.
    pub not_yet: u32,
    pub refuses_csv: bool,
    /// Every so many calls succeed and say otherwise; 0: none.
    pub lies_every: usize,
    pub takes: Duration,
    /// The call of this number never ends: the process is killed then.
    pub killed_at: Option<usize>,
    pub calls: usize,
    pub writes: Vec<String>,
    /// Those that were told to be partial.
    pub partial: BTreeSet<String>,
    pub tag_changes: Vec<TagChange>,
}

#[derive(Default)]
pub struct Enclave {
    pub gates: Mutex<Gates>,
}

impl Gates {
    fn pass(&mut self) -> Result<(), DeliveryError> {
        if let Some(fault) = &self.down {
            return Err(fault.clone().into());
        }
        match &mut self.budget {
            Some(0) => {
                return Err(DeliveryError::BudgetSpent {
                    service: &TRUSTAR,
                    ready_in: Duration::from_mins(1),
                });
            }
            Some(left) => *left -= 1,
            None => {}
        }
        Ok(())
    }

    fn lies(&self) -> Result<(), DeliveryError> {
        if self.lies_every > 0 && self.calls.is_multiple_of(self.lies_every) {
            return Err(fault(&TRUSTAR, FaultKind::Unavailable).into());
        }
        Ok(())
    }

    fn write(&mut self, submission: &Submission) -> Result<String, DeliveryError> {
        self.pass()?;
        let id = &submission.external_id;
        self.writes.push(id.clone());
        if self.refuses.contains(id) {
            return Err(DeliveryError::Rejected("400".into()));
        }
        if self.breaks.contains(id) {
            return Err(fault(&TRUSTAR, FaultKind::Unavailable).into());
        }
        if self.refuses_csv && submission.body.contains("csv_data") {
            return Err(DeliveryError::TooLarge("413".into()));
        }
        let stored = self.stored.entry(id.clone()).or_default();
        stored.title.clone_from(&submission.title);
        stored.body.clone_from(&submission.body);
        self.lies()?;
        Ok(format!("guid-{id}"))
    }

    /// Whether the report shows.
    fn alter_tags(&mut self, guid: &str, change: &TagChange) -> Result<bool, DeliveryError> {
        self.pass()?;
        if self.tags_down {
            return Err(fault(&TRUSTAR, FaultKind::Unavailable).into());
        }
        if self.not_yet > 0 {
            self.not_yet -= 1;
            return Ok(false);
        }
        self.tag_changes.push(change.clone());
        let stored = self
            .stored
            .get_mut(guid.strip_prefix("guid-").unwrap())
            .unwrap();
        stored.tags.extend(change.added.iter().cloned());
        stored.tags.retain(|tag| !change.removed.contains(tag));
        self.lies()?;
        Ok(true)
    }
}

impl Enclave {
    async fn call<T>(&self, act: impl FnOnce(&mut Gates) -> T) -> T {
        let (killed, takes) = {
            let mut gates = self.gates.lock().unwrap();
            gates.calls += 1;
            (gates.killed_at == Some(gates.calls), gates.takes)
        };
        tokio::time::sleep(takes).await;
        let done = act(&mut self.gates.lock().unwrap());
        if killed {
            std::future::pending::<()>().await;
        }
        done
    }
}

impl Enclave {
    async fn write(&self, delivery: Delivery<'_>) -> Result<Step, DeliveryError> {
        let submission = mapping::map(delivery.report, delivery.csv);
        if delivery.partial {
            let id = submission.external_id.clone();
            self.gates.lock().unwrap().partial.insert(id);
        }
        let handle = self.call(|gates| gates.write(&submission)).await?;
        let change = TagChange::between(&delivery.earlier, &submission.tags);
        let receipt = |labels| Receipt {
            handle,
            keep_handle: false,
            labels,
        };
        Ok(if change.is_empty() {
            Step::Done(receipt(submission.tags))
        } else {
            Step::More(receipt(may_be_set(
                delivery.earlier.labels,
                &submission.tags,
            )))
        })
    }

    async fn tag(&self, delivery: Delivery<'_>, receipt: &Receipt) -> Result<Step, DeliveryError> {
        let labels = mapping::tags(delivery.report);
        let change = TagChange::between(&delivery.earlier, &labels);
        let shows = change.is_empty()
            || self
                .call(|gates| gates.alter_tags(&receipt.handle, &change))
                .await?;
        Ok(if shows {
            Step::Done(Receipt {
                labels,
                ..receipt.clone()
            })
        } else {
            Step::Later {
                why: "404".into(),
                again_in: Duration::from_secs(2),
            }
        })
    }

    fn answer(&self, fails: impl Fn(&Fault) -> bool) -> Result<(), DeliveryError> {
        match &self.gates.lock().unwrap().down {
            Some(fault) if fails(fault) => Err(fault.clone().into()),
            _ => Ok(()),
        }
    }
}

impl Destination for Enclave {
    fn service(&self) -> &'static Service {
        &TRUSTAR
    }

    fn remainder(&self) -> Remainder {
        Remainder {
            pending: "tags follow",
            failed: "tags failed",
        }
    }

    fn check(&self) -> BoxFuture<'_, Result<(), DeliveryError>> {
        Box::pin(ready(self.answer(Fault::needs_a_person)))
    }

    fn check_anew(&self) -> BoxFuture<'_, Result<(), DeliveryError>> {
        Box::pin(ready(self.answer(|_| true)))
    }

    fn deliver<'a>(&'a self, delivery: Delivery<'a>) -> BoxFuture<'a, Result<Step, DeliveryError>> {
        Box::pin(async move {
            match delivery.accepted {
                None => self.write(delivery).await,
                Some(receipt) => self.tag(delivery, receipt).await,
            }
        })
    }
}

/// Stores the ledger as its text.
#[derive(Default)]
pub struct Store {
    pub text: Mutex<Option<String>>,
    pub saves: Mutex<usize>,
    pub fails: Mutex<Option<JournalError>>,
    /// How often it failed so.
    pub failed: Mutex<usize>,
    /// A ledger of more bytes does not fit.
    pub room: Mutex<Option<usize>>,
    /// The save of this number never ends, and is done or not.
    pub killed_at: Mutex<Option<(usize, bool)>>,
}

impl Store {
    pub fn ledger(&self) -> Ledger {
        let text = self.text.lock().unwrap();
        text.as_ref().map_or_else(
            || Ledger::new(owner()),
            |text| Ledger::decode(text, owner()),
        )
    }
}

impl Journal for Store {
    fn is_unproven(&self) -> bool {
        self.text.lock().unwrap().is_none()
    }

    fn save<'a>(&'a self, ledger: &'a Ledger) -> BoxFuture<'a, Result<(), JournalError>> {
        Box::pin(self.store(ledger))
    }
}

impl Store {
    async fn store(&self, ledger: &Ledger) -> Result<(), JournalError> {
        if let Some(error) = &*self.fails.lock().unwrap() {
            *self.failed.lock().unwrap() += 1;
            return Err(error.clone());
        }
        let text = ledger.encode().map_err(JournalError::full)?;
        if self
            .room
            .lock()
            .unwrap()
            .is_some_and(|room| text.len() > room)
        {
            return Err(JournalError::full("full"));
        }
        *self.saves.lock().unwrap() += 1;
        let killed =
            (*self.killed_at.lock().unwrap()).filter(|(at, _)| *at == *self.saves.lock().unwrap());
        if killed.is_none_or(|(_, done)| done) {
            *self.text.lock().unwrap() = Some(text);
        }
        if killed.is_some() {
            std::future::pending::<()>().await;
        }
        Ok(())
    }
}

/// Opens so often, then is shut for this reason.
#[derive(Default)]
pub struct Door {
    pub shuts: Mutex<Option<(u32, Fenced)>>,
}

impl Fence for Door {
    fn check(&self) -> Result<(), Fenced> {
        match &mut *self.shuts.lock().unwrap() {
            None => Ok(()),
            Some((0, fenced)) => Err(*fenced),
            Some((left, _)) => {
                *left -= 1;
                Ok(())
            }
        }
    }
}

/// What people were told of a report: the verdict, and how many indicators count, if it was examined.
pub type Told = (String, Verdict, Option<u64>);

#[derive(Default)]
pub struct Lines {
    pub told: Mutex<Vec<Told>>,
}

impl Watcher for Lines {
    fn report(&self, line: Line<'_>) {
        let found = line
            .indicators
            .map(|all| all.iter().filter(|one| one.counts()).count() as u64);
        self.told
            .lock()
            .unwrap()
            .push((line.id.to_owned(), line.verdict.clone(), found));
    }
}
