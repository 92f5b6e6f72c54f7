//! A MISP client and its simulator.

use std::sync::Arc;
use std::time::Duration;

use flashpoint_operator::destinations::misp::{
    Credential, Distribution, Misp, MispEvents, MispSettings, Target,
};
use flashpoint_operator::http::fault::Fault;
use flashpoint_operator::sync::destination::{
    Delivery, DeliveryError, Destination as _, Earlier, Receipt, Step,
};
use flashpoint_operator::sync::own::{Detail, Listed, Own, OwnList, Score};
use flashpoint_operator::sync::report::{CsvData, Report};
use indicators::{Indicator, IndicatorType, Rules};
use serde_json::value::RawValue;
use serde_json::{Value, json};
use simulators::Server;
use simulators::misp::{Event, KEY, Misp as Simulator, Settings};
use simulators::record::Exchange;

use super::{Heard, http};

pub const DOMAIN: IndicatorType = IndicatorType::Domain;
/// The report's id, and its event's.
pub const ID: &str = "6n_wnmYvXNS6lA4-QbSlzA";
pub const EVENT: &str = "172a3cf2-c82a-570a-88f7-e2066af83f04";

pub struct Setup {
    pub server: Server<Simulator>,
    pub client: Misp,
    pub heard: Arc<Heard>,
}

/// A report with its indicators, and what the ledger knows of it.
#[derive(Clone)]
pub struct Sent {
    pub fields: Value,
    pub indicators: Vec<Indicator>,
    pub own: Own,
    pub held: bool,
    pub labels: Vec<String>,
}

impl Sent {
    pub fn new(indicators: &[(IndicatorType, &str)]) -> Self {
        let indicator = |(kind, value): &(IndicatorType, &str)| Indicator {
            kind: *kind,
            value: (*value).to_owned(),
            defanged: false,
            benign: None,
        };
        Self {
            fields: json!({"id": ID, "title": "A report", "posted_at": "2026-11-20T08:15:30Z",
                "summary": "<p>Short</p>", "body": "<p>Long</p>", "tags": ["Fraud"]}),
            indicators: indicators.iter().map(indicator).collect(),
            own: Own::default(),
            held: false,
            labels: Vec::new(),
        }
    }

    /// The next delivery of the same report, with these domains.
    pub fn next(&self, receipt: &Receipt, domains: &[&str]) -> Self {
        let domains: Vec<_> = domains.iter().map(|name| (DOMAIN, *name)).collect();
        Self {
            fields: self.fields.clone(),
            held: true,
            labels: receipt.labels.clone(),
            ..Self::new(&domains)
        }
    }
}

impl Setup {
    pub async fn new(change: impl FnOnce(&mut Settings)) -> Self {
        let server = simulators::start(Simulator::default()).await.unwrap();
        server.configure(change);
        let heard = Heard::new();
        let servers = [("main".to_owned(), server.url().parse().unwrap())];
        let settings = MispSettings {
            servers: servers.into(),
        };
        let client = Misp::new(&settings, http(), heard.clone());
        Self {
            server,
            client,
            heard,
        }
    }

    pub fn events(&self, target: &Target<'_>) -> MispEvents {
        self.client.server(&Credential(KEY.into()), target)
    }

    pub async fn deliver(&self, sent: &Sent) -> Result<Step, DeliveryError> {
        deliver(&self.events(&target()), sent).await
    }

    pub async fn done(&self, sent: &Sent) -> Receipt {
        match self.deliver(sent).await {
            Ok(Step::Done(receipt) | Step::Held(receipt)) => receipt,
            other => panic!("{other:?}"),
        }
    }

    /// The only event.
    pub fn event(&self) -> Event {
        let mut events = self.server.events();
        assert_eq!(events.len(), 1);
        events.remove(0)
    }

    /// The values of its live attributes.
    pub fn live(&self) -> Vec<String> {
        self.event().live().map(|one| one.value.clone()).collect()
    }

    pub fn record(&self) -> Vec<Exchange> {
        self.server.controls().record.all()
    }

    /// The body of the last request.
    pub fn last(&self) -> Value {
        self.record().pop().unwrap().json()
    }

    pub fn operations(&self) -> Vec<(&'static str, u16)> {
        let calls = self.heard.calls().into_iter();
        calls
            .map(|(operation, status)| (operation, status.unwrap_or_default()))
            .collect()
    }
}

pub fn target() -> Target<'static> {
    Target {
        server: "main",
        distribution: Distribution::Organisation,
        publish: false,
        tags: &[],
        timeout: Duration::from_secs(20),
    }
}

/// What Flashpoint says of an indicator of a text.
pub fn listed(kind: IndicatorType, value: &str, score: Score) -> Own {
    let detail = Detail {
        score: Some(score),
        first_seen: "2025-12-18T10:00:09.192Z".parse().ok(),
        last_seen: "2025-12-19T10:00:09Z".parse().ok(),
    };
    let listed = Listed {
        kind,
        value: value.to_owned(),
        detail,
    };
    let list = OwnList {
        listed: vec![listed],
        unmapped: 0,
        cut: false,
    };
    Own::merge(list, &mut Vec::new(), &Rules::default())
}

pub async fn deliver(events: &MispEvents, sent: &Sent) -> Result<Step, DeliveryError> {
    let report = Report::parse(&RawValue::from_string(sent.fields.to_string()).unwrap()).unwrap();
    let indicators: Vec<&Indicator> = sent.indicators.iter().collect();
    let earlier = Earlier {
        held: sent.held,
        handle: None,
        labels: &sent.labels,
        complete: sent.held,
    };
    events
        .deliver(Delivery {
            partial: false,
            report: &report,
            csv: &CsvData::None,
            indicators: &indicators,
            own: &sent.own,
            earlier,
            accepted: None,
        })
        .await
}

pub fn fault<T: std::fmt::Debug>(outcome: Result<T, DeliveryError>) -> Fault {
    match outcome {
        Err(DeliveryError::Fault(fault)) => fault,
        other => panic!("{other:?}"),
    }
}

pub fn impossible<T: std::fmt::Debug>(outcome: Result<T, DeliveryError>) -> String {
    match outcome {
        Err(DeliveryError::Impossible(reason)) => reason,
        other => panic!("{other:?}"),
    }
}
