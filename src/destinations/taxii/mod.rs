#![allow(
    clippy::todo,
    clippy::wildcard_imports,
    clippy::must_use_candidate,
    clippy::pedantic
)]
use crate::destinations::stix;
use crate::http::{ServiceUrl, call::Observer, fault::Service};
use crate::sync::destination::*;
use futures::future::BoxFuture;
use reqwest::Client;
use secrecy::SecretString;
use std::collections::BTreeMap;
use std::time::Duration;
pub static TAXII: Service = Service {
    name: "TAXII",
    label: "taxii",
    address: "destinations.taxii",
};
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TaxiiSettings {
    pub servers: BTreeMap<String, ServiceUrl>,
}
#[derive(Clone, Debug)]
pub enum Credential {
    Token(SecretString),
    Basic {
        username: SecretString,
        password: SecretString,
    },
}
#[derive(Clone, Copy, Debug)]
pub struct Target<'a> {
    pub server: &'a str,
    pub collection: &'a str,
    pub tlp: stix::Tlp,
    pub valid_for: &'a stix::ValidFor,
    pub timeout: Duration,
}
#[derive(Clone)]
pub struct Taxii;
pub struct TaxiiCollection;
impl Taxii {
    pub fn new(_: &TaxiiSettings, _: Client, _: Observer) -> Self {
        Self
    }
    pub fn collection(&self, _: &Credential, _: &Target<'_>) -> TaxiiCollection {
        TaxiiCollection
    }
}
impl Destination for TaxiiCollection {
    fn service(&self) -> &'static Service {
        &TAXII
    }
    fn remainder(&self) -> Remainder {
        Remainder {
            pending: "",
            failed: "",
        }
    }
    fn check(&self) -> BoxFuture<'_, Result<(), DeliveryError>> {
        todo!()
    }
    fn check_anew(&self) -> BoxFuture<'_, Result<(), DeliveryError>> {
        todo!()
    }
    fn deliver<'a>(&'a self, _: Delivery<'a>) -> BoxFuture<'a, Result<Step, DeliveryError>> {
        todo!()
    }
}
