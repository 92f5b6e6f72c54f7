//! The steps of a sync, each by itself.

use std::hint::black_box;

use flashpoint_operator::api::FlashpointFeed;
use flashpoint_operator::destinations::stix::{self, Tlp, ValidFor};
use flashpoint_operator::destinations::{misp, trustar};
use flashpoint_operator::flashpoint::envelope;
use flashpoint_operator::sync::destination::{Delivery, Earlier};
use flashpoint_operator::sync::ledger::Ledger;
use flashpoint_operator::sync::own::NOTHING;
use flashpoint_operator::sync::report::{CsvData, Digest, Report};
use flashpoint_operator::sync::source::Page;
use indicators::Indicator;
use serde_json::json;
use serde_json::value::RawValue;

use crate::inputs::{self, Examined};
use crate::{Case, Outcome, SHORT};

/// How many reports a page has, and how many are mapped, those without indicators aside.
const REPORTS: usize = 500;
const MAPPED: usize = 100;

pub fn digest() -> Outcome<Case> {
    let report = inputs::reports(1)?.concat();
    let bytes = report.len();
    Ok(Case::new("byte", bytes, move || {
        black_box(Digest::of(report.as_bytes()));
    }))
}

/// The envelope and each of its reports.
pub fn page() -> Outcome<Case> {
    let text = inputs::page(&inputs::reports(REPORTS)?);
    let bytes = text.len();
    Ok(Case::new("byte", bytes, move || {
        let page = envelope::read(text.clone());
        for json in page.iter().flat_map(Page::reports) {
            let raw = serde_json::from_str::<&RawValue>(json);
            black_box(raw.ok().map(Report::parse));
        }
    }))
}

pub fn trustar() -> Outcome<Case> {
    mapping(|delivery| {
        black_box(trustar::mapping::map(delivery.report, delivery.csv));
    })
}

pub fn stix() -> Outcome<Case> {
    mapping(|delivery| {
        black_box(stix::map(delivery, Tlp::Amber, &ValidFor::new()));
    })
}

pub fn misp() -> Outcome<Case> {
    mapping(|delivery| {
        let Delivery {
            report,
            indicators,
            own,
            ..
        } = *delivery;
        black_box(misp::event::map(report, indicators, own, &[]));
    })
}

/// Reports on their way to a destination for the first time.
fn mapping(map: impl Fn(&Delivery<'_>) + 'static) -> Outcome<Case> {
    let examined = inputs::examined(MAPPED)?;
    Ok(Case::new("report", examined.len(), move || {
        for Examined { report, found } in &examined {
            let indicators: Vec<&Indicator> = found.iter().collect();
            map(&Delivery {
                report,
                csv: &CsvData::None,
                indicators: &indicators,
                own: &NOTHING,
                partial: false,
                earlier: Earlier::default(),
                accepted: None,
            });
        }
    }))
}

pub fn encode(count: usize) -> Outcome<Case> {
    let ledger = inputs::ledger(count)?;
    ledger.encode()?;
    Ok(Case::new("report", count, move || {
        let _ = black_box(ledger.encode());
    }))
}

pub fn decode(count: usize) -> Outcome<Case> {
    let (text, owner) = (inputs::ledger(count)?.encode()?, inputs::owner());
    if Ledger::decode(&text, owner.clone()).len() != count {
        return Err("the ledger was not decoded".into());
    }
    Ok(Case::new("report", count, move || {
        black_box(Ledger::decode(&text, owner.clone()));
    }))
}

/// A feed as the watch keeps it and each look at it reads it.
pub fn feed() -> Outcome<Case> {
    let condition = |kind: &str| {
        json!({
            "type": kind, "status": "True", "reason": "Synced", "observedGeneration": 1, "lastTransitionTime": "2026-01-01T12:00:00Z",
            "message": "synced the latest 500 reports: 3 created, 297 unchanged, 200 without indicators",
        })
    };
    let feed = json!({
        "apiVersion": "flashpoint-operator.dev/v1alpha1",
        "kind": "FlashpointFeed",
        "metadata": {
            "name": "cybercrime", "namespace": "intel", "uid": inputs::owner().uid, "generation": 1, "resourceVersion": "81723",
            "creationTimestamp": "2026-01-01T11:00:00Z",
        },
        "spec": {
            "secretRef": {"name": "credentials"}, "enclaveId": inputs::owner().destination, "interval": "15m", "limit": 500,
            "lookback": "1d", "timeout": "30s", "suspend": false,
        },
        "status": {
            "observedGeneration": 1, "conditions": [condition("Ready")], "lastAttemptTime": "2026-01-02T11:45:00Z",
            "lastSyncTime": "2026-01-02T11:45:00Z", "nextSyncTime": "2026-01-02T12:00:00Z", "lastPostedTime": "2026-01-02T11:30:00Z",
            "lastSync": {"total": 500, "considered": 500, "matched": 300, "unchanged": 300, "withoutIndicators": 200, "indicators": {"IP": 3}},
            "totals": {"syncs": 96, "submitted": 312, "failed": 0}, "window": {"coveredTo": "2026-01-02T11:45:00Z"},
        },
    })
    .to_string();
    serde_json::from_str::<FlashpointFeed>(&feed)?;
    Ok(Case::new("feed", SHORT, move || {
        for _ in 0..SHORT {
            let _ = black_box(serde_json::from_str::<FlashpointFeed>(&feed));
        }
    }))
}
