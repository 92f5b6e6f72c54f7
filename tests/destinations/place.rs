//! The destinations, seen alike.

use std::collections::BTreeMap;

use flashpoint_operator::api::credentials::{
    Access, MISP_AUTH_KEY, TAXII_TOKEN, TRUSTAR_API_KEY, TRUSTAR_API_SECRET,
};
use flashpoint_operator::api::{FlashpointFeedSpec, Target};
use flashpoint_operator::destinations::DestinationSettings;
use flashpoint_operator::destinations::misp::MispSettings;
use flashpoint_operator::destinations::taxii::TaxiiSettings;
use flashpoint_operator::destinations::trustar::TrustarSettings;
use serde_json::{Value, json};
use simulators::faults::{Fault, Reply};
use simulators::misp::Misp;
use simulators::record::Exchange;
use simulators::taxii::{COLLECTION, Product, ROOT, Settings, Taxii};
use simulators::trustar::{Credential, ENCLAVE, Trustar};
use simulators::{Controls, Server};

/// What may show nowhere but on the wire.
pub const CANARIES: [&str; 2] = ["canary-of-a-key-hB7x", "canary-of-a-secret-q9Zt"];

/// The feed's name of the TAXII server or the MISP.
const NAME: &str = "main";

/// Which destination.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Trustar,
    /// Strict, and can be read.
    Taxii,
    /// Takes known versions in silence, says later what became of an envelope, and can't be read.
    OpenCti,
    Misp,
}

/// One of them, served.
pub enum Place {
    Trustar(Server<Trustar>),
    Taxii(Server<Taxii>),
    Misp(Server<Misp>),
}

impl Place {
    pub async fn new(kind: Kind) -> Self {
        let [key, secret] = CANARIES.map(str::to_owned);
        let taxii = |product| {
            Taxii::new(Settings {
                product,
                token: CANARIES[0].to_owned(),
                pending_for: 0,
                ..Settings::default()
            })
        };
        match kind {
            Kind::Trustar => {
                let server = simulators::start(Trustar::default()).await.unwrap();
                server
                    .configure(|settings| settings.credentials = vec![Credential { key, secret }]);
                Self::Trustar(server)
            }
            Kind::Taxii => Self::Taxii(simulators::start(taxii(Product::Strict)).await.unwrap()),
            Kind::OpenCti => Self::Taxii(simulators::start(taxii(Product::OpenCti)).await.unwrap()),
            Kind::Misp => {
                let server = simulators::start(Misp::default()).await.unwrap();
                server.configure(|settings| settings.key = key);
                Self::Misp(server)
            }
        }
    }

    pub fn controls(&self) -> &Controls {
        match self {
            Self::Trustar(server) => server.controls(),
            Self::Taxii(server) => server.controls(),
            Self::Misp(server) => server.controls(),
        }
    }

    /// The operator's settings that name it, and nothing else that is there.
    pub fn settings(&self) -> DestinationSettings {
        let mut settings = DestinationSettings {
            trustar: TrustarSettings {
                url: "http://127.0.0.1:9".parse().unwrap(),
                calls_per_minute: 0,
            },
            taxii: TaxiiSettings::default(),
            misp: MispSettings::default(),
        };
        match self {
            Self::Trustar(server) => settings.trustar.url = server.url().parse().unwrap(),
            Self::Taxii(server) => {
                let root = format!("{}{ROOT}", server.url()).parse().unwrap();
                settings.taxii.servers.insert(NAME.to_owned(), root);
            }
            Self::Misp(server) => {
                let url = server.url().parse().unwrap();
                settings.misp.servers.insert(NAME.to_owned(), url);
            }
        }
        settings
    }

    /// The target of a feed that names it; another place, which is not there, if `elsewhere`.
    pub fn target(&self, elsewhere: bool) -> Target {
        let or_other = |id: &'static str| if elsewhere { "another" } else { id };
        let mut spec = json!({"secretRef": {"name": "credentials"}});
        match self {
            Self::Trustar(_) => spec["enclaveId"] = json!(or_other(ENCLAVE)),
            Self::Taxii(_) => {
                let collection = or_other(COLLECTION);
                spec["destination"] = json!({"taxii": {"server": NAME, "collection": collection}});
            }
            Self::Misp(_) => {
                spec["destination"] = json!({"misp": {"server": or_other(NAME), "publish": true}});
            }
        }
        let spec: FlashpointFeedSpec = serde_json::from_value(spec).unwrap();
        Target::try_from(&spec).unwrap()
    }

    /// That target, with the credential as a secret holds it.
    pub fn access(&self, elsewhere: bool) -> Access {
        let [key, secret] = CANARIES;
        let keys = BTreeMap::from([
            (TRUSTAR_API_KEY, key),
            (TRUSTAR_API_SECRET, secret),
            (TAXII_TOKEN, key),
            (MISP_AUTH_KEY, key),
        ]);
        let value = |name: &str| keys.get(name).map(|key| key.as_bytes());
        Access::from_keys(&self.target(elsewhere), value).unwrap()
    }

    /// Takes the feed's credential, or refuses it from the next call on.
    pub fn admit(&self, admits: bool) {
        let [key, secret] = CANARIES;
        let key = if admits { key } else { "another" }.to_owned();
        match self {
            Self::Trustar(server) => {
                let secret = secret.to_owned();
                server
                    .configure(|settings| settings.credentials = vec![Credential { key, secret }]);
                server.expire_tokens();
            }
            Self::Taxii(server) => server.configure(|settings| settings.token = key),
            Self::Misp(server) => server.configure(|settings| settings.key = key),
        }
    }

    /// Lets the credential write, or no longer.
    pub fn let_write(&self, writable: bool) {
        match self {
            Self::Trustar(server) => server.configure(|settings| {
                for enclave in &mut settings.enclaves {
                    (enclave.create, enclave.update) = (writable, writable);
                }
            }),
            Self::Taxii(server) => server.configure(|settings| settings.can_write = writable),
            Self::Misp(server) => server.configure(|settings| settings.perm_add = writable),
        }
    }

    /// A fault of the calls that write.
    pub fn writes(&self) -> Fault {
        match self {
            Self::Trustar(_) => Fault::on("POST", "/api/1.3/reports"),
            Self::Taxii(_) => Fault::on("POST", ROOT),
            Self::Misp(_) => Fault::on("POST", "/events"),
        }
    }

    /// Strikes its calls from now on; gives what [`simulators::faults::Plan::clear`] wants.
    pub fn strike(&self, fault: Fault, reply: Reply) -> u64 {
        self.controls().faults.set(fault.reply(reply))
    }

    /// The calls that write a report, from this place in the record on.
    pub fn written_since(&self, sequence: usize) -> Vec<Exchange> {
        let mut calls = self.controls().record.since(sequence);
        calls.retain(|call| match self {
            Self::Trustar(_) => call.path().ends_with("/upsert"),
            Self::Taxii(_) => call.method == "POST",
            Self::Misp(_) => call.method == "POST" && !call.path().contains("/publish/"),
        });
        calls
    }

    /// The objects of all envelopes that reached a TAXII server, in order; of another destination none.
    pub fn objects(&self) -> Vec<Value> {
        let calls = self.written_since(0).into_iter();
        calls
            .flat_map(|call| {
                call.json()["objects"]
                    .as_array()
                    .cloned()
                    .unwrap_or_default()
            })
            .collect()
    }
}
