//! Inputs, the same in every run: reports as the simulator of Flashpoint makes them, and a ledger.

use flashpoint_operator::sync::ledger::{Entry, Ledger, Owner, State};
use flashpoint_operator::sync::report::{Digest, Report, ReportId};
use indicators::{Indicator, Markup, Rules};
use jiff::{SignedDuration, Timestamp};
use serde_json::value::RawValue;
use simulators::reports::{Generator, Style};

use crate::Outcome;

/// The time of all that is counted: 2026-01-02 12:00 UTC.
pub fn now() -> Outcome<Timestamp> {
    Ok(Timestamp::from_second(1_767_355_200)?)
}

/// The JSON of so many reports of 6 KB, six of ten with indicators, newest first.
pub fn reports(count: usize) -> Outcome<Vec<String>> {
    let mut generator = Generator::new(7, Style::default());
    let reports = generator.batch(count, now()?, SignedDuration::from_hours(20));
    let json = reports.into_iter().map(|report| report.json.to_vec());
    Ok(json.map(String::from_utf8).collect::<Result<_, _>>()?)
}

/// The answer of a listing that holds them all, and where each stands in it.
pub fn page(reports: &[String]) -> String {
    let count = reports.len();
    let head = format!(r#"{{"total":{count},"limit":500,"count":{count},"skip":0,"data":["#);
    format!("{head}{}]}}", reports.join(","))
}

/// A report and the indicators that count in it.
pub struct Examined {
    pub report: Report,
    pub found: Vec<Indicator>,
}

/// Reports with indicators, at least one of so many.
pub fn examined(count: usize) -> Outcome<Vec<Examined>> {
    let rules = Rules::default();
    let mut examined = Vec::new();
    for json in reports(count)? {
        let found = indicators::find(&[(Markup::Html, &json)], &rules);
        let raw: Box<RawValue> = serde_json::from_str(&json)?;
        let report = Report::parse(&raw)?;
        if !found.is_empty() {
            examined.push(Examined { report, found });
        }
    }
    Ok(examined)
}

/// Whose ledgers these are.
pub fn owner() -> Owner {
    Owner {
        uid: "0d0c1a2e-5b0f-4c1d-9a53-7f6f7b7d3d10".to_owned(),
        destination: "3f1d2c84-6a0b-4c57-9e3a-b2d7c1f08e65".to_owned(),
    }
}

/// A ledger of so many settled reports, six of ten of them delivered with two labels.
pub fn ledger(count: usize) -> Outcome<Ledger> {
    let now = now()?;
    let mut ledger = Ledger::new(owner());
    for index in 0..count {
        let digest = Digest::of(&index.to_le_bytes());
        let delivered = index % 10 < 6;
        let id = format!("{:016x}{:06}", digest.0, index);
        let id = ReportId::new(&id).ok_or("no id of a report")?;
        let age = SignedDuration::from_secs(4 * i64::try_from(index)?);
        let labels = if delivered {
            vec!["fraud".to_owned(), "ransomware".to_owned()]
        } else {
            Vec::new()
        };
        let entry = Entry {
            digest,
            filed_at: now.checked_sub(age)?,
            state: if delivered {
                State::Sent
            } else {
                State::WithoutIndicators { rules: 7 }
            },
            delivered,
            labels,
            csv: None,
            tries: None,
            handle: None,
        };
        ledger.set(id, entry);
    }
    Ok(ledger)
}
