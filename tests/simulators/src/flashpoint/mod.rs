//! Flashpoint's reports API: the listing, single reports and CSV data, over content that may change meanwhile.

mod admin;
mod ignite;
mod listing;
mod query;
mod script;
mod settings;
mod technical;

use std::cmp::Reverse;
use std::collections::{HashMap, HashSet};
use std::io::Write;

use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use hyper::header::{ACCEPT_ENCODING, ALLOW, CONTENT_ENCODING, VARY};
use hyper::{Method, StatusCode};
use jiff::{SignedDuration, Timestamp};
use parking_lot::Mutex;
use percent_encoding::percent_decode_str;
use serde_json::{Map, Value, json};

use crate::message::{Answer, Request};
use crate::reports::{Generator, Report, Style, flashpoint_time, text};
use crate::server::{Controls, Simulator};
use crate::verdict::{Expectation, Expected};
use listing::{Entry, Pages};
use script::Script;
pub use script::{Answers, Change, Difference, Moment};
pub use settings::{Api, Order, PageCap, Settings, Total, WindowField};
pub use technical::own_indicator;

#[derive(Debug)]
struct Library {
    settings: Settings,
    origin: String,
    /// Newest `posted_at` first.
    entries: Vec<Entry>,
    csv: HashMap<String, Bytes>,
    /// Flashpoint's own indicators.
    own: Vec<technical::Listed>,
    generator: Generator,
    pages: Pages,
    script: Script,
}

/// Flashpoint. What it holds may be changed at any time, also while it is served.
pub struct Flashpoint {
    controls: Controls,
    library: Mutex<Library>,
}

impl Default for Flashpoint {
    fn default() -> Self {
        Self::new(Settings::default())
    }
}

impl Flashpoint {
    /// A Flashpoint without reports.
    #[must_use]
    pub fn new(settings: Settings) -> Self {
        Self {
            controls: Controls::default(),
            library: Mutex::new(Library {
                origin: settings
                    .public_url
                    .as_deref()
                    .map(|url| url.trim_end_matches('/').to_owned())
                    .unwrap_or_default(),
                settings,
                entries: Vec::new(),
                csv: HashMap::new(),
                own: Vec::new(),
                generator: Generator::new(7, Style::default()),
                pages: Pages::default(),
                script: Script::default(),
            }),
        }
    }

    /// Its record, faults and clock.
    #[must_use]
    pub fn controls(&self) -> &Controls {
        &self.controls
    }

    /// Changes the settings, from the next request on.
    pub fn configure(&self, change: impl FnOnce(&mut Settings)) {
        let mut library = self.library.lock();
        change(&mut library.settings);
        library.pages.forget();
    }

    /// The valid key.
    #[must_use]
    pub fn api_key(&self) -> String {
        self.library.lock().settings.api_key.clone()
    }

    /// Where its CSV links lead: the origin, the path and a slash. Known once it is served.
    #[must_use]
    pub fn csv_base(&self) -> String {
        self.library.lock().csv_base()
    }

    /// Replaces the generator that [`Flashpoint::generate`] draws from; CSV links lead to this server.
    pub fn seed(&self, seed: u64, mut style: Style) {
        let mut library = self.library.lock();
        style.csv_base = library.csv_base();
        library.generator = Generator::new(seed, style);
    }

    /// Generates and adds reports, posted evenly over `span` up to now.
    pub fn generate(&self, count: usize, span: jiff::SignedDuration) {
        let now = self.controls.clock.now();
        let mut library = self.library.lock();
        let reports = library.generator.batch(count, now, span);
        library.put(reports);
    }

    /// Generates and adds one report posted now, and returns it.
    pub fn post(&self) -> Report {
        let now = self.controls.clock.now();
        let mut library = self.library.lock();
        let report = library.generator.one(now, now);
        library.put(vec![report.clone()]);
        report
    }

    /// Adds a report, or replaces the one of the same id. A `posted_at` in the past makes it a late one.
    pub fn put(&self, report: Report) {
        self.library.lock().put(vec![report]);
    }

    /// Edits a report's fields and sets `updated_at` and `version_posted_at` to now, or to the next millisecond if the
    /// report has this one already, so that every edit changes the report; false if there is no such report.
    pub fn edit(&self, id: &str, change: impl FnOnce(&mut Map<String, Value>)) -> bool {
        let now = self.controls.clock.now();
        self.library.lock().edit(id, now, change)
    }

    /// Retracts a report: it stays listed, with another `published_status`. False if there is no such report.
    pub fn retract(&self, id: &str) -> bool {
        self.edit(id, |fields| {
            fields.insert("published_status".to_owned(), json!("retracted"));
        })
    }

    /// Adds indicators of Flashpoint's own to a report, as Ignite's technical intelligence gives them.
    ///
    /// ```
    /// use simulators::flashpoint::{Flashpoint, Settings, own_indicator};
    /// let flashpoint = Flashpoint::new(Settings::ignite());
    /// flashpoint.list_own("r03", [own_indicator("domain", "evil-site.ru", "malicious")]);
    /// ```
    pub fn list_own(&self, report: &str, items: impl IntoIterator<Item = Value>) {
        let listed = items.into_iter().map(|item| technical::Listed {
            report: report.to_owned(),
            item,
        });
        self.library.lock().own.extend(listed);
    }

    /// Forgets the indicators of Flashpoint's own.
    pub fn forget_own(&self) {
        self.library.lock().own.clear();
    }

    /// Takes a report away altogether; false if there is no such report.
    pub fn remove(&self, id: &str) -> bool {
        !self.library.lock().take(&HashSet::from([id])).is_empty()
    }

    /// Changes what the listing holds at a moment between two of its answers, once.
    ///
    /// ```
    /// use simulators::flashpoint::{Change, Flashpoint, Moment};
    /// let flashpoint = Flashpoint::default();
    /// // A report is withdrawn once the first page has been given.
    /// flashpoint.script(Moment::After(1), Change::Remove("r03".to_owned()));
    /// ```
    pub fn script(&self, moment: Moment, change: Change) {
        self.library.lock().script.change(moment, change);
    }

    /// Makes some of the listing's answers differ from the truth: a short or empty page, another `total`.
    ///
    /// ```
    /// use simulators::flashpoint::{Answers, Difference, Flashpoint, Total};
    /// let flashpoint = Flashpoint::default();
    /// let empty = Difference { at_most: Some(0), ..Difference::default() };
    /// flashpoint.differ(Answers::Nth(2), empty);
    /// let absurd = Difference { total: Some(Total::Says(usize::MAX)), ..Difference::default() };
    /// flashpoint.differ(Answers::From(3), absurd);
    /// ```
    pub fn differ(&self, answers: Answers, difference: Difference) {
        self.library.lock().script.differ(answers, difference);
    }

    /// Forgets the script.
    pub fn clear_script(&self) {
        self.library.lock().script.clear();
    }

    /// All reports, newest first.
    #[must_use]
    pub fn reports(&self) -> Vec<Report> {
        let library = self.library.lock();
        library
            .entries
            .iter()
            .map(|entry| entry.report.clone())
            .collect()
    }

    /// One report.
    #[must_use]
    pub fn report(&self, id: &str) -> Option<Report> {
        self.library
            .lock()
            .find(id)
            .map(|entry| entry.report.clone())
    }

    /// What an enclave should hold of every report that has an id, for [`crate::verdict`].
    #[must_use]
    pub fn truth(&self) -> Vec<Expected> {
        let library = self.library.lock();
        library
            .entries
            .iter()
            .filter(|entry| !entry.report.id.is_empty())
            .map(|entry| entry.expected(library.settings.api))
            .collect()
    }

    fn listing(&self, request: &Request) -> Result<Answer, Answer> {
        let now = self.controls.clock.now();
        let mut library = self.library.lock();
        let settings = &library.settings;
        let asked = match settings.api {
            Api::V4 => query::parse(request, now, settings.max_limit, settings.max_skip)
                .map_err(|detail| Answer::problem(StatusCode::BAD_REQUEST, &detail)),
            Api::Ignite => ignite::parse(request, now, settings),
        }?;
        let gzip = library.settings.gzip && accepts_gzip(request);
        let library = &mut *library;
        for change in library.script.begin() {
            library.apply(change, now);
        }
        let difference = library.script.difference();
        let page = library.pages.page(
            &library.entries,
            &library.settings,
            &asked,
            difference,
            gzip,
        );
        for change in library.script.end() {
            library.apply(change, now);
        }
        let answer = Answer::new(StatusCode::OK, "application/json", page)
            .with_header(VARY, "accept-encoding");
        Ok(if gzip {
            answer.with_header(CONTENT_ENCODING, "gzip")
        } else {
            answer
        })
    }

    fn technical(&self, request: &Request) -> Result<Answer, Answer> {
        let now = self.controls.clock.now();
        let library = self.library.lock();
        let settings = &library.settings;
        let withheld = settings.withholds_own;
        if let Some(status) = withheld.and_then(|status| StatusCode::from_u16(status).ok()) {
            let detail = "the token has no access to technical intelligence";
            return Err(Answer::problem(status, detail));
        }
        let origin = settings.own_goes_on_at.as_deref();
        let origin = origin.unwrap_or(&library.origin);
        technical::answer(request, &library.own, settings.own_page_cap, now, origin)
    }

    fn single(&self, rest: &str) -> Option<Answer> {
        let id = percent_decode_str(rest).decode_utf8().ok()?;
        let report = self.report(&id)?;
        Some(Answer::new(StatusCode::OK, "application/json", report.json))
    }

    fn csv(&self, request: &Request) -> Option<Answer> {
        let csv = self.library.lock().csv.get(&request.target).cloned()?;
        let gzip = self.library.lock().settings.gzip && accepts_gzip(request);
        Some(if gzip {
            Answer::new(StatusCode::OK, "text/csv; charset=utf-8", gzipped(&csv))
                .with_header(CONTENT_ENCODING, "gzip")
        } else {
            Answer::new(StatusCode::OK, "text/csv; charset=utf-8", csv)
        })
    }

    fn unentitled(&self) -> Option<StatusCode> {
        let status = self.library.lock().settings.unentitled?;
        StatusCode::from_u16(status).ok()
    }

    fn authorized(&self, request: &Request) -> bool {
        let key = request
            .header("authorization")
            .and_then(|value| value.strip_prefix("Bearer "));
        key == Some(self.library.lock().settings.api_key.as_str())
    }
}

impl Simulator for Flashpoint {
    fn controls(&self) -> &Controls {
        &self.controls
    }

    fn listening(&self, origin: &str) {
        let mut library = self.library.lock();
        if library.origin.is_empty() {
            origin.clone_into(&mut library.origin);
        }
        library.generator.style_mut().csv_base = library.csv_base();
    }

    fn answer(&self, request: &Request) -> Answer {
        let (path, open_csv) = {
            let library = self.library.lock();
            (
                library.settings.path.clone(),
                !library.settings.csv_needs_key,
            )
        };
        if open_csv && let Some(answer) = self.csv(request) {
            return answer;
        }
        if !self.authorized(request) {
            let body = json!({"message": "Bad token; invalid JSON"});
            return Answer::json(StatusCode::UNAUTHORIZED, &body);
        }
        if let Some(status) = self.unentitled() {
            return Answer::problem(status, "the token has no access to this dataset");
        }
        let is_ignite = self.library.lock().settings.api == Api::Ignite;
        if is_ignite && request.method == Method::GET && request.path() == technical::PATH {
            return self.technical(request).unwrap_or_else(|refusal| refusal);
        }
        let not_found = || Answer::problem(StatusCode::NOT_FOUND, "Not Found");
        let under = request
            .path()
            .strip_prefix(&format!("{}/", path.trim_end_matches('/')));
        if request.path() != path && under.is_none() {
            return not_found();
        }
        if request.method != Method::GET {
            return Answer::problem(StatusCode::METHOD_NOT_ALLOWED, "Method Not Allowed")
                .with_header(ALLOW, "GET");
        }
        if request.path() == path {
            return self.listing(request).unwrap_or_else(|refusal| refusal);
        }
        self.csv(request)
            .or_else(|| {
                under
                    .filter(|_| request.query().is_empty())
                    .and_then(|id| self.single(id))
            })
            .unwrap_or_else(not_found)
    }

    fn admin(&self, request: &Request) -> Option<Answer> {
        admin::answer(self, request)
    }
}

impl Library {
    fn csv_base(&self) -> String {
        format!(
            "{}{}/",
            self.origin,
            self.settings.path.trim_end_matches('/')
        )
    }

    fn find(&self, id: &str) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.report.id == id)
    }

    fn apply(&mut self, change: Change, now: Timestamp) {
        match change {
            Change::Put(report) => self.put(vec![report]),
            Change::Edit(id, fields) => {
                self.edit(&id, now, |before| before.extend(fields));
            }
            Change::Remove(id) => {
                self.take(&HashSet::from([id.as_str()]));
            }
        }
    }

    fn edit(
        &mut self,
        id: &str,
        now: Timestamp,
        change: impl FnOnce(&mut Map<String, Value>),
    ) -> bool {
        let Some(report) = self.find(id).map(|entry| entry.report.clone()) else {
            return false;
        };
        let now = flashpoint_time(later_than(report.updated_at, now));
        let mut fields = report.fields();
        fields.insert("updated_at".to_owned(), json!(now));
        fields.insert("version_posted_at".to_owned(), json!(now));
        change(&mut fields);
        self.put(vec![report.with_fields(fields)]);
        true
    }

    fn take(&mut self, taken: &HashSet<&str>) -> Vec<Entry> {
        self.pages.forget();
        let taken = self
            .entries
            .extract_if(.., |entry| taken.contains(entry.report.id.as_str()));
        let taken: Vec<Entry> = taken.collect();
        for csv in taken.iter().flat_map(|entry| &entry.report.csv) {
            self.csv.remove(&csv.target);
        }
        taken
    }

    fn put(&mut self, reports: Vec<Report>) {
        let ids = reports
            .iter()
            .map(|report| report.id.as_str())
            .filter(|id| !id.is_empty())
            .collect();
        let before = self.take(&ids);
        for report in reports {
            for csv in &report.csv {
                self.csv
                    .insert(csv.target.clone(), Bytes::from(csv.text.clone()));
            }
            let was_planted = before
                .iter()
                .any(|entry| entry.report.id == report.id && entry.was_planted);
            self.entries.push(Entry::new(report, was_planted));
        }
        self.entries
            .sort_by_key(|entry| Reverse(entry.report.posted_at));
    }
}

impl Entry {
    fn expected(&self, api: Api) -> Expected {
        let fields = Value::Object(self.report.fields());
        let expectation = if fields["published_status"] != "published"
            && fields.get("published_status").is_some()
        {
            Expectation::Either
        } else if !self.report.planted.is_empty() {
            Expectation::Present
        } else if self.was_planted {
            Expectation::Either
        } else {
            Expectation::Absent
        };
        let link = text(&fields["platform_url"]).map(|link| {
            // No page of fp.tools answers any more.
            if api == Api::Ignite && link.starts_with("https://fp.tools/") {
                let id = &self.report.id;
                format!("https://app.flashpoint.io/cti/intelligence/report/{id}")
            } else {
                link
            }
        });
        Expected {
            id: self.report.id.clone(),
            link,
            report: fields,
            csv: self.report.csv.iter().map(|csv| csv.text.clone()).collect(),
            expectation,
        }
    }
}

fn accepts_gzip(request: &Request) -> bool {
    request
        .header(ACCEPT_ENCODING.as_str())
        .is_some_and(|value| {
            value
                .split(',')
                .any(|coding| coding.trim().starts_with("gzip"))
        })
}

fn gzipped(bytes: &[u8]) -> Bytes {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    // Writing into a Vec can't fail.
    let _ = encoder.write_all(bytes);
    Bytes::from(encoder.finish().unwrap_or_default())
}

/// The time of an edit, in the milliseconds that reports are dated in: `now`, or the first millisecond after `last`
/// where an edit of this very moment, or of the second before it, has taken that one.
fn later_than(last: Timestamp, now: Timestamp) -> Timestamp {
    let taken = last.as_millisecond() - now.as_millisecond();
    if (0..1_000).contains(&taken) {
        last + SignedDuration::from_millis(1)
    } else {
        now
    }
}
