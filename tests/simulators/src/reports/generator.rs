//! The generator: a seed and a clock in, reports with all the quirks of the field list out.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use fastrand::Rng;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value, json};

use super::indicators::{self, KINDS, Planted, pick};
use super::prose::{REGIONS, SECTORS, TAGS, TITLES};
use super::{Csv, Report, flashpoint_time};

/// What the generated reports are like. Shares run from 0 (none) to 1 (all).
#[derive(Debug, Clone)]
pub struct Style {
    /// Reports with indicators.
    pub planted: f64,
    /// About how long a body is, in bytes.
    pub body_bytes: usize,
    /// About how long the image is that stands in each body itself, in bytes of base64; 0: none. Ignite's reports have some.
    pub image_bytes: usize,
    /// Reports that link to CSV data under `csv_base`.
    pub csv: f64,
    /// Where CSV links lead: origin and path up to the report's id, such as `http://127.0.0.1:1/api/v4/reports/`.
    pub csv_base: String,
    /// Reports with `x-fp-highlight` tags inside words and indicators.
    pub highlighted: f64,
    /// Reports edited after they were posted (`updated_at` later).
    pub edited: f64,
    /// Reports indexed hours after they were posted (`ingested_at` later).
    pub late: f64,
    /// How many neighbours share one `posted_at`.
    pub ties: usize,
    /// Whether fields may be null, absent, empty or otherwise as awkward as the API's samples show.
    pub quirks: bool,
}

impl Default for Style {
    fn default() -> Self {
        Self {
            planted: 0.6,
            body_bytes: 6_000,
            image_bytes: 0,
            csv: 0.0,
            csv_base: String::new(),
            highlighted: 0.0,
            edited: 0.1,
            late: 0.05,
            ties: 1,
            quirks: true,
        }
    }
}

/// Makes reports. The same seed, style and times give the same reports.
///
/// ```
/// use simulators::reports::{Generator, Style};
/// let now = "2026-11-24T20:00:00Z".parse()?;
/// let reports = Generator::new(7, Style::default()).batch(60, now, jiff::SignedDuration::from_hours(20));
/// assert_eq!(reports.len(), 60);
/// assert!(reports.iter().any(|report| !report.planted.is_empty()));
/// # Ok::<(), jiff::Error>(())
/// ```
#[derive(Debug)]
pub struct Generator {
    pub(super) rng: Rng,
    pub(super) style: Style,
    made: usize,
}

impl Generator {
    /// A generator.
    #[must_use]
    pub fn new(seed: u64, style: Style) -> Self {
        Self {
            rng: Rng::with_seed(seed),
            style,
            made: 0,
        }
    }

    /// Changes the style of the reports to come.
    pub fn style_mut(&mut self) -> &mut Style {
        &mut self.style
    }

    /// Reports posted evenly over a span of time that ends now, newest first.
    pub fn batch(&mut self, count: usize, now: Timestamp, span: SignedDuration) -> Vec<Report> {
        let ties = self.style.ties.max(1);
        let slots = i64::try_from(count.div_ceil(ties))
            .unwrap_or(i64::MAX)
            .max(1);
        let step = i64::try_from(span.as_millis()).unwrap_or(i64::MAX) / slots;
        (0..count)
            .map(|index| {
                let slot = i64::try_from(index / ties).unwrap_or(i64::MAX);
                let age = step.saturating_mul(slot).saturating_add(1);
                let age = SignedDuration::from_millis(age);
                self.one(now.saturating_sub(age).unwrap_or(now), now)
            })
            .collect()
    }

    /// One report posted at this time; no other time in it is later than `now`.
    pub fn one(&mut self, posted_at: Timestamp, now: Timestamp) -> Report {
        let planted = self.chance(self.style.planted);
        self.made += 1;
        let planted = if planted { self.plants() } else { Vec::new() };
        let id = self.id();
        let mut csv = self.csv(&id);
        let body = match csv.first_mut() {
            Some(csv_data) if self.rng.bool() => {
                // Some reports have their indicators in the linked data alone.
                for planted in &planted {
                    let _ = write!(
                        csv_data.text,
                        "indicator,{},{}\r\n",
                        planted.kind, planted.value
                    );
                }
                self.body(&[], &csv)
            }
            _ => self.body(&planted, &csv),
        };
        let fields = self.fields(&id, posted_at, now, &body, &csv);
        let mut report = Report::new(&Value::Object(fields), planted);
        report.csv = csv;
        report
    }

    pub(super) fn chance(&mut self, share: f64) -> bool {
        self.rng.f64() < share
    }

    /// A few indicators of random types, of every type in turn so that small batches have all nine.
    fn plants(&mut self) -> Vec<Planted> {
        let first = self.made % KINDS.len();
        let mut planted = vec![indicators::plant(&mut self.rng, first)];
        for _ in 0..self.rng.usize(0..6) {
            let kind = self.rng.usize(..KINDS.len());
            planted.push(indicators::plant(&mut self.rng, kind));
        }
        planted
    }

    /// Mostly 22 characters, the base64url of 16 bytes; some have the 20 of another generation.
    fn id(&mut self) -> String {
        if self.rng.u8(0..4) == 0 {
            let mut bytes = [0_u8; 15];
            self.rng.fill(&mut bytes);
            return URL_SAFE_NO_PAD.encode(bytes);
        }
        URL_SAFE_NO_PAD.encode(self.rng.u128(..).to_be_bytes())
    }

    fn csv(&mut self, id: &str) -> Vec<Csv> {
        if !self.chance(self.style.csv) {
            return Vec::new();
        }
        let base = &self.style.csv_base;
        let origin = base
            .find("://")
            .and_then(|at| base[at + 3..].find('/').map(|end| at + 3 + end));
        let path = &base[origin.unwrap_or(0)..];
        let mut links = vec![
            format!("{path}{id}/data.csv"),
            format!("{path}{id}?format=csv"),
        ];
        if self.rng.u8(0..4) != 0 {
            links.remove(self.rng.usize(..2));
        }
        links
            .into_iter()
            .map(|target| Csv {
                target,
                text: self.table_of_data(),
            })
            .collect()
    }

    fn table_of_data(&mut self) -> String {
        let mut text = String::from("date,account,amount\r\n");
        for row in 1..=self.rng.u8(2..12) {
            let _ = write!(
                text,
                "2026-11-{:02},\"customer {row}, {}\",{}\r\n",
                row.min(28),
                pick(&mut self.rng, &SECTORS),
                self.rng.u16(..),
            );
        }
        text
    }

    pub(super) fn prose(&mut self, template: &str) -> String {
        let mut text = template.to_owned();
        if text.contains('{') {
            text = text
                .replace("{sector}", pick(&mut self.rng, &SECTORS))
                .replace("{region}", pick(&mut self.rng, &REGIONS))
                .replace("{number}", &self.rng.u8(2..99).to_string())
                .replace("{md5}", &indicators::hex(&mut self.rng, 32));
        }
        text
    }

    fn fields(
        &mut self,
        id: &str,
        posted_at: Timestamp,
        now: Timestamp,
        body: &str,
        csv: &[Csv],
    ) -> Map<String, Value> {
        let later = |rng: &mut Rng, hours: i64| {
            let later = SignedDuration::from_secs(rng.i64(600..hours * 3600));
            flashpoint_time(posted_at.saturating_add(later).unwrap_or(now).min(now))
        };
        let posted = flashpoint_time(posted_at);
        let ingested = if self.chance(self.style.late) {
            later(&mut self.rng, 9)
        } else {
            posted.clone()
        };
        let updated = if self.chance(self.style.edited) {
            later(&mut self.rng, 20)
        } else {
            posted.clone()
        };
        let template = pick(&mut self.rng, &TITLES);
        let asset = URL_SAFE_NO_PAD.encode(self.rng.u128(..).to_be_bytes());
        let mut report = json!({
            "platform_url": self.platform_url(id),
            "title_asset_id": asset,
            "ingested_at": ingested,
            "sources": self.sources(csv),
            "posted_at": posted,
            "summary": format!("<p>{}</p>", self.sentence(false)),
            "tags": self.tags(),
            "title_asset": format!("/assets/{asset}"),
            "id": id,
            "version_posted_at": updated,
            "is_featured": self.rng.u8(0..20) == 0,
            "title": self.prose(template),
            "asset_ids": [asset],
            "body": body,
            "notified_at": posted,
            "assets": [format!("/assets/{asset}")],
            "updated_at": updated,
            "published_status": "published",
            "actors": [""],
            "google_document_id": URL_SAFE_NO_PAD.encode(self.rng.u128(..).to_be_bytes()),
        });
        let mut fields = report
            .as_object_mut()
            .map(std::mem::take)
            .unwrap_or_default();
        self.quirks(&mut fields);
        fields
    }

    fn quirks(&mut self, fields: &mut Map<String, Value>) {
        if !self.style.quirks {
            return;
        }
        match self.rng.u8(0..12) {
            0 | 1 => fields["summary"] = json!(""),
            2 => fields["summary"] = Value::Null,
            3 => drop(fields.shift_remove("summary")),
            _ => {}
        }
        if self.chance(0.3) {
            fields.shift_remove("actors");
            fields.shift_remove("google_document_id");
        }
        if self.chance(0.03) {
            fields["tags"] = Value::Null;
        }
        if self.chance(0.03) {
            fields["notified_at"] = Value::Null;
        }
        if self.chance(0.01) {
            let long = format!("https://fp.tools/home/search?{}", "q=report&".repeat(60));
            fields["platform_url"] = Value::String(long);
        }
    }

    fn platform_url(&mut self, id: &str) -> String {
        match self.rng.u8(0..4) {
            0 => format!("https://fp.tools/cti/intelligence/report/{id}"),
            1 => format!("https://app.flashpoint.io/cti/intelligence/report/{id}"),
            _ => format!("https://fp.tools/home/intelligence/reports/report/{id}#detail"),
        }
    }

    fn sources(&mut self, csv: &[Csv]) -> Value {
        let mut sources = Vec::new();
        for _ in 0..self.rng.usize(0..3) {
            let id = self.id();
            let template = pick(&mut self.rng, &TITLES);
            sources.push(json!({
                "platform_url": format!("https://fp.tools/home/intelligence/reports/report/{id}#detail"),
                "source": format!("/reports/{id}"),
                "original": format!("https://fp.tools/home/intelligence/reports/report/{id}"),
                "title": self.prose(template),
                "type": if csv.is_empty() { "Report" } else { "External" },
                "source_id": id,
            }));
        }
        Value::Array(sources)
    }

    fn tags(&mut self) -> Vec<&'static str> {
        let mut tags = self.rng.choose_multiple(TAGS, 5);
        tags.truncate(self.rng.usize(0..6));
        if self.style.quirks
            && self.chance(0.05)
            && let Some(first) = tags.first().copied()
        {
            tags.push(first);
        }
        tags
    }
}
