//! The services of one feed: a Flashpoint whose reports hold indicators, six in ten, and a destination.

use std::time::Duration;

use flashpoint_operator::api::credentials::Access;
use flashpoint_operator::api::{EnclaveId, MispPlace, TaxiiPlace};
use flashpoint_operator::destinations::misp::{self, Distribution, MispSettings};
use flashpoint_operator::destinations::stix::Tlp;
use flashpoint_operator::destinations::taxii::{self, TaxiiSettings};
use flashpoint_operator::destinations::trustar::{self, TrustarSettings};
use flashpoint_operator::destinations::{DestinationSettings, stix};
use jiff::SignedDuration;
use simulators::faults::Fault;
use simulators::flashpoint::Flashpoint;
use simulators::misp::{KEY, Misp};
use simulators::record::Exchange;
use simulators::reports::Style;
use simulators::taxii::{COLLECTION, Product, ROOT, Settings, TOKEN, Taxii};
use simulators::trustar::{ENCLAVE, Trustar};
use simulators::{Controls, Server, start};

use crate::Outcome;

/// The destinations that are measured.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Trustar,
    /// A server that stores an envelope at once.
    Taxii,
    Misp,
}

impl Kind {
    pub fn name(self) -> &'static str {
        match self {
            Self::Trustar => "TruSTAR",
            Self::Taxii => "TAXII",
            Self::Misp => "MISP",
        }
    }
}

pub enum Place {
    Trustar(Server<Trustar>),
    Taxii(Server<Taxii>),
    Misp(Server<Misp>),
}

pub struct Vendors {
    pub flashpoint: Server<Flashpoint>,
    pub place: Place,
}

impl Vendors {
    pub async fn new(kind: Kind, latency: u64, reports: usize, seed: usize) -> Outcome<Self> {
        let flashpoint = start(Flashpoint::default()).await?;
        let style = Style {
            csv: 0.0,
            planted: 0.6,
            ..Style::default()
        };
        flashpoint.seed(seed as u64, style);
        flashpoint.generate(reports, SignedDuration::from_hours(20));
        let place = match kind {
            Kind::Trustar => Place::Trustar(start(Trustar::default()).await?),
            Kind::Taxii => {
                let settings = Settings {
                    product: Product::Strict,
                    ..Settings::default()
                };
                Place::Taxii(start(Taxii::new(settings)).await?)
            }
            Kind::Misp => Place::Misp(start(Misp::default()).await?),
        };
        let vendors = Self { flashpoint, place };
        let delay = Duration::from_millis(latency);
        if latency > 0 {
            for controls in [vendors.flashpoint.controls(), vendors.place.controls()] {
                controls.faults.set(Fault::default().delay(delay));
            }
        }
        Ok(vendors)
    }

    /// The calls that reached them, Flashpoint's first.
    pub fn record(&self) -> Vec<Exchange> {
        let mut record = self.flashpoint.controls().record.all();
        record.extend(self.place.controls().record.all());
        record
    }

    /// Holds what a sync says that it wrote against what is there.
    pub fn check(&self, written: u64) -> Outcome<()> {
        let listed = self.flashpoint.truth().len() as u64;
        if written == 0 || written > listed || self.place.held() as u64 != written {
            return Err(format!("{written} reports were written, others are held").into());
        }
        if let Place::Trustar(trustar) = &self.place {
            let verdict = trustar.verdict(&[(ENCLAVE, self.flashpoint.truth())]);
            if !verdict.is_clean() {
                return Err(format!("the sync was not right: {verdict:#?}").into());
            }
        }
        Ok(())
    }
}

impl Place {
    pub fn controls(&self) -> &Controls {
        match self {
            Self::Trustar(server) => server.controls(),
            Self::Taxii(server) => server.controls(),
            Self::Misp(server) => server.controls(),
        }
    }

    pub fn url(&self) -> String {
        match self {
            Self::Trustar(server) => server.url(),
            Self::Taxii(server) => server.url(),
            Self::Misp(server) => server.url(),
        }
    }

    /// The operator's settings, without a call budget.
    pub fn settings(&self) -> Outcome<DestinationSettings> {
        let mut settings = DestinationSettings {
            trustar: TrustarSettings {
                url: self.url().parse()?,
                calls_per_minute: 0,
            },
            taxii: TaxiiSettings::default(),
            misp: MispSettings::default(),
        };
        let root = format!("{}{ROOT}", self.url()).parse()?;
        settings.taxii.servers.insert("main".to_owned(), root);
        let url = self.url().parse()?;
        settings.misp.servers.insert("main".to_owned(), url);
        Ok(settings)
    }

    /// The place and the credential for it.
    pub fn access(&self) -> Outcome<Access> {
        let server = "main".to_owned();
        Ok(match self {
            Self::Trustar(trustar) => {
                let known = trustar.credential().ok_or("no credential")?;
                let credential = trustar::Credential {
                    key: known.key.into(),
                    secret: known.secret.into(),
                };
                let enclave = EnclaveId::new(ENCLAVE).ok_or("no enclave's id")?;
                Access::Trustar(enclave, credential)
            }
            Self::Taxii(_) => {
                let place = TaxiiPlace {
                    server,
                    collection: COLLECTION.to_owned(),
                    tlp: Tlp::Amber,
                    valid_for: stix::ValidFor::default(),
                };
                Access::Taxii(place, taxii::Credential::Token(TOKEN.into()))
            }
            Self::Misp(_) => {
                let place = MispPlace {
                    server,
                    distribution: Distribution::Organisation,
                    publish: true,
                    tags: Vec::new(),
                };
                Access::Misp(place, misp::Credential(KEY.into()))
            }
        })
    }

    /// Whether a call writes a report.
    pub fn is_write(&self, call: &Exchange) -> bool {
        match self {
            Self::Trustar(_) => call.path().ends_with("/upsert"),
            Self::Taxii(_) => call.method == "POST",
            Self::Misp(_) => call.path() == "/events/add",
        }
    }

    /// How many reports it holds.
    pub fn held(&self) -> usize {
        match self {
            Self::Trustar(server) => server.enclave(ENCLAVE).len(),
            Self::Taxii(server) => {
                let stored = server.stored();
                stored.iter().filter(|one| one["type"] == "report").count()
            }
            Self::Misp(server) => server.events().len(),
        }
    }
}
