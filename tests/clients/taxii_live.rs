//! Reports for a TAXII server that runs somewhere else: `tests/taxii/run` starts one, and says afterwards whether it
//! holds what is noted here.

use std::collections::BTreeSet;
use std::env;
use std::sync::Arc;
use std::time::Duration;

use flashpoint_operator::destinations::stix::{self, Tlp, ValidFor};
use flashpoint_operator::destinations::taxii::{
    Credential, Target, Taxii, TaxiiCollection, TaxiiSettings,
};
use flashpoint_operator::http::call::Unobserved;
use flashpoint_operator::sync::destination::{Delivery, Destination as _, Earlier, Receipt, Step};
use flashpoint_operator::sync::own::{Detail, Listed, NOTHING, Own, OwnList, Score};
use flashpoint_operator::sync::report::{CsvData, Report, text};
use indicators::{Indicator, IndicatorType, Markup, Rules};
use jiff::SignedDuration;
use serde_json::json;
use serde_json::value::RawValue;
use simulators::reports::{Generator, Style};

use super::http;

fn set(name: &str) -> String {
    env::var(name).unwrap_or_else(|_| panic!("{name} is not set: run tests/taxii/run"))
}

/// What is sent, and what the server then holds: `id<TAB>modified`.
struct Sending {
    to: TaxiiCollection,
    valid_for: ValidFor,
    expected: BTreeSet<String>,
}

impl Sending {
    async fn send(&mut self, json: &str, found: &[Indicator], last: Option<&Receipt>) -> Receipt {
        self.send_listed(json, found, &NOTHING, last).await
    }

    async fn send_listed(
        &mut self,
        json: &str,
        found: &[Indicator],
        own: &Own,
        last: Option<&Receipt>,
    ) -> Receipt {
        let report = Report::parse(&RawValue::from_string(json.to_owned()).unwrap()).unwrap();
        let indicators: Vec<_> = found.iter().filter(|found| found.counts()).collect();
        let earlier = last.map_or_else(Earlier::default, super::taxii::after);
        let delivery = Delivery {
            partial: false,
            report: &report,
            csv: &CsvData::None,
            indicators: &indicators,
            own,
            earlier,
            accepted: None,
        };
        let mapped = stix::map(&delivery, Tlp::Amber, &self.valid_for);
        for object in mapped.objects.iter().chain([&mapped.report]) {
            self.expected
                .insert(format!("{}\t{}", object.id, object.modified));
        }
        match self.to.deliver(delivery).await.unwrap() {
            Step::Done(receipt) => receipt,
            other => panic!("{other:?}"),
        }
    }
}

fn report(id: &str, updated_at: &str) -> String {
    json!({"id": id, "title": format!("About {id}"), "posted_at": "2026-05-01T00:00:00Z", "updated_at": updated_at,
           "summary": "<p>A &amp; B</p>", "tags": ["Malware"],
           "platform_url": format!("https://app.flashpoint.io/cti/intelligence/report/{id}")})
    .to_string()
}

fn found(count: usize) -> Vec<Indicator> {
    let one = |at: usize| {
        let (kind, value) = match at % 5 {
            0 => (IndicatorType::Domain, format!("evil{at}.example.com")),
            1 => (IndicatorType::Ip, format!("203.0.113.{}", at / 5 % 256)),
            2 => (
                IndicatorType::Url,
                format!("http://evil.example.com/it's?a={at}"),
            ),
            3 => (IndicatorType::Sha256, format!("{at:064x}")),
            _ => (
                IndicatorType::RegistryKey,
                format!(r"HKLM\Software\Evil{at}"),
            ),
        };
        Indicator {
            kind,
            value,
            defanged: true,
            benign: None,
        }
    };
    (0..count).map(one).collect()
}

/// All of these as Flashpoint lists them, with every score and without one.
fn listed(found: &[Indicator]) -> Own {
    let scores = [
        None,
        Some(Score::Informational),
        Some(Score::Suspicious),
        Some(Score::Malicious),
    ];
    let listed = found
        .iter()
        .zip(scores.into_iter().cycle())
        .map(|(found, score)| Listed {
            kind: found.kind,
            value: found.value.clone(),
            detail: Detail {
                score,
                first_seen: Some("2026-04-01T00:00:00.5Z".parse().unwrap()),
                last_seen: Some("2026-05-03T00:00:00Z".parse().unwrap()),
            },
        });
    let list = OwnList {
        listed: listed.collect(),
        unmapped: 0,
        cut: false,
    };
    Own::merge(list, &mut found.to_vec(), &Rules::default())
}

/// So many generated reports, with what is found in them.
fn generated(count: usize) -> impl Iterator<Item = (String, Vec<Indicator>)> {
    let now = "2026-06-01T00:00:00Z".parse().unwrap();
    let mut generator = Generator::new(7, Style::default());
    let rules = Rules::default();
    let reports = generator.batch(count, now, SignedDuration::from_hours(240));
    reports.into_iter().map(move |made| {
        let json = String::from_utf8(made.json.to_vec()).unwrap();
        let raw = RawValue::from_string(json.clone()).unwrap();
        let report = Report::parse(&raw).unwrap();
        let body = text(&report.fields, "body").unwrap_or_default();
        let found = indicators::find(&[(Markup::Html, &body)], &rules);
        (json, found)
    })
}

/// The objects of generated reports, one a line, for the validators.
#[test]
#[ignore = "tests/taxii/run judges what it writes"]
fn generated_reports_as_objects() {
    let count = set("TAXII_VALIDATED").parse().unwrap();
    let mut lines = BTreeSet::new();
    for (json, found) in generated(count) {
        let report = Report::parse(&RawValue::from_string(json).unwrap()).unwrap();
        let indicators: Vec<_> = found.iter().filter(|found| found.counts()).collect();
        let delivery = Delivery {
            partial: false,
            own: &NOTHING,
            report: &report,
            csv: &CsvData::None,
            indicators: &indicators,
            earlier: Earlier::default(),
            accepted: None,
        };
        let mapped = stix::map(&delivery, Tlp::Amber, &ValidFor::default());
        lines.extend(mapped.objects.into_iter().map(|object| object.json));
        lines.insert(mapped.report.json);
    }
    let lines: Vec<_> = lines.into_iter().collect();
    std::fs::write(set("TAXII_OBJECTS"), lines.join("\n")).unwrap();
}

#[tokio::test]
#[ignore = "needs a server: tests/taxii/run starts it"]
async fn reports_reach_a_real_server() {
    let root = set("TAXII_ROOT").parse().unwrap();
    let settings = TaxiiSettings {
        servers: [("live".to_owned(), root)].into(),
    };
    let credential = Credential::Basic {
        username: set("TAXII_USERNAME").into(),
        password: set("TAXII_PASSWORD").into(),
    };
    let collection = set("TAXII_COLLECTION");
    let month = Duration::from_hours(720);
    let valid_for: ValidFor = [(IndicatorType::Ip, month)].into();
    let target = Target {
        server: "live",
        collection: &collection,
        tlp: Tlp::Amber,
        valid_for: &valid_for,
        timeout: Duration::from_mins(1),
    };
    let taxii = Taxii::new(&settings, http(), Arc::new(Unobserved));
    let to = taxii.collection(&credential, &target);
    to.check().await.unwrap();
    let mut sending = Sending {
        to,
        valid_for: valid_for.clone(),
        expected: BTreeSet::new(),
    };

    let count = set("TAXII_REPORTS").parse().unwrap();
    for (json, found) in generated(count) {
        sending.send(&json, &found, None).await;
    }

    sending
        .send(&report("large", "2026-05-01T00:00:00Z"), &found(500), None)
        .await;
    let own = listed(&found(100));
    let both = report("listed", "2026-05-01T00:00:00Z");
    let first = sending.send_listed(&both, &found(100), &own, None).await;
    // What Flashpoint says is gone.
    sending.send(&both, &found(100), Some(&first)).await;
    let edited = report("edited", "2026-05-01T00:00:00Z");
    let first = sending.send(&edited, &found(2), None).await;
    let edited = edited.replace("About", "More about");
    let second = sending.send(&edited, &found(2), Some(&first)).await;
    sending.send(&edited, &found(1), Some(&second)).await;
    // The same again, as after a crash.
    sending.send(&edited, &found(1), Some(&second)).await;

    let expected: Vec<_> = sending.expected.into_iter().collect();
    std::fs::write(set("TAXII_SENT"), expected.join("\n")).unwrap();
}
