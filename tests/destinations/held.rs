//! What a destination holds of each report, read in its own terms and compared in one.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde_json::Value;
use simulators::misp::Misp;
use simulators::taxii::Taxii;
use simulators::trustar::{ENCLAVE, Trustar};

use super::place::Place;

/// A report: its title and the domains in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    pub title: String,
    pub domains: BTreeSet<String>,
}

/// By report id, which begins each title.
pub type Holdings = BTreeMap<String, Held>;

impl Place {
    /// What it holds now. Panics where anything is there twice.
    pub fn holdings(&self) -> Holdings {
        let held = match self {
            Self::Trustar(server) => of_enclave(server),
            Self::Taxii(server) => {
                one_content_a_version(&self.objects());
                of_collection(server)
            }
            Self::Misp(server) => of_events(server),
        };
        let count = held.len();
        let by_id = held.into_iter().map(|held| {
            let id = held.title.split(' ').next().unwrap_or_default();
            (id.to_owned(), held)
        });
        let holdings: Holdings = by_id.collect();
        assert_eq!(
            holdings.len(),
            count,
            "a report is there twice: {holdings:?}"
        );
        holdings
    }
}

fn of_enclave(trustar: &Trustar) -> Vec<Held> {
    let held = |stored: simulators::trustar::StoredReport| {
        let body: Value = serde_json::from_str(&stored.body).unwrap();
        assert_eq!(body["title"], stored.title);
        assert_eq!(body["id"].as_str(), stored.external_id.as_deref());
        let words = body["body"].as_str().unwrap_or_default().split(' ');
        let domains = words.filter(|word| word.contains("[.]"));
        Held {
            title: stored.title,
            domains: domains.map(|word| word.replace("[.]", ".")).collect(),
        }
    };
    trustar.enclave(ENCLAVE).into_iter().map(held).collect()
}

/// The newest version of each report, with the indicators that it refers to and that are not revoked.
fn of_collection(taxii: &Taxii) -> Vec<Held> {
    let mut newest: HashMap<String, Value> = HashMap::new();
    for object in taxii.stored() {
        let id = object["id"].as_str().unwrap().to_owned();
        let is_newer = newest.get(&id).is_none_or(|known| {
            assert_eq!(known["created"], object["created"], "{id}");
            known["modified"].as_str() < object["modified"].as_str()
        });
        if is_newer {
            newest.insert(id, object);
        }
    }
    let held = |report: &Value| {
        let refs = report["object_refs"].as_array().into_iter().flatten();
        let domains = refs.filter_map(|id| {
            let id = id.as_str()?;
            let object = newest
                .get(id)
                .unwrap_or_else(|| panic!("{id} is not there"));
            let quoted = object["pattern"].as_str()?.split('\'').nth(1)?;
            let is_live = object["revoked"] != true;
            is_live.then(|| quoted.to_owned())
        });
        Held {
            title: report["name"].as_str().unwrap().to_owned(),
            domains: domains.collect(),
        }
    };
    let reports = newest.values().filter(|one| one["type"] == "report");
    reports.map(held).collect()
}

/// One id and version is one content, however often it was sent.
fn one_content_a_version(objects: &[Value]) {
    let mut versions: HashMap<[String; 2], &Value> = HashMap::new();
    for object in objects {
        let version = ["id", "modified"].map(|name| object[name].to_string());
        let first = versions.entry(version).or_insert(object);
        assert_eq!(*first, object, "one version with two contents");
    }
}

/// A report that was sent again as it was is the same version, as far as the ledger is there.
pub fn one_version_a_content(objects: &[Value]) {
    let mut reports: HashMap<String, &Value> = HashMap::new();
    for object in objects.iter().filter(|one| one["type"] == "report") {
        let mut content = object.clone();
        content["modified"] = Value::Null;
        let first = reports.entry(content.to_string()).or_insert(object);
        assert_eq!(*first, object, "one content with two versions");
    }
}

fn of_events(misp: &Misp) -> Vec<Held> {
    let events = misp.events();
    let mut uuids = BTreeSet::new();
    for event in &events {
        let own = std::iter::once(&event.uuid).chain(event.attributes.iter().map(|one| &one.uuid));
        for uuid in own {
            assert!(uuids.insert(uuid.clone()), "{uuid} is there twice");
        }
    }
    let held = |event: &simulators::misp::Event| {
        let domains = event.live().filter(|one| one.kind == "domain");
        let domains: Vec<_> = domains.map(|one| one.value.clone()).collect();
        let distinct: BTreeSet<_> = domains.iter().cloned().collect();
        assert_eq!(
            distinct.len(),
            domains.len(),
            "twice in an event: {domains:?}"
        );
        assert!(event.reports.len() <= 1, "{:?}", event.reports);
        Held {
            title: event.info.clone(),
            domains: distinct,
        }
    };
    events.iter().map(held).collect()
}
