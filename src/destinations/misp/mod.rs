#![allow(
    clippy::todo,
    clippy::wildcard_imports,
    clippy::must_use_candidate,
    clippy::pedantic
)]
use crate::http::{ServiceUrl, call::Observer, fault::Service};
use crate::sync::destination::*;
use futures::future::BoxFuture;
use reqwest::Client;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::time::Duration;
/// Who may see the events.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema,
)]
pub enum Distribution {
    #[default]
    Organisation,
    Community,
    ConnectedCommunities,
    All,
}
pub static MISP: Service = Service {
    name: "MISP",
    label: "misp",
    address: "destinations.misp",
};
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MispSettings {
    pub servers: BTreeMap<String, ServiceUrl>,
}
#[derive(Clone, Debug)]
pub struct Credential(pub SecretString);
#[derive(Clone, Copy, Debug)]
pub struct Target<'a> {
    pub server: &'a str,
    pub distribution: Distribution,
    pub publish: bool,
    pub tags: &'a [String],
    pub timeout: Duration,
}
#[derive(Clone)]
pub struct Misp;
pub struct MispEvents;
impl Misp {
    pub fn new(_: &MispSettings, _: Client, _: Observer) -> Self {
        Self
    }
    pub fn server(&self, _: &Credential, _: &Target<'_>) -> MispEvents {
        MispEvents
    }
}
impl Destination for MispEvents {
    fn service(&self) -> &'static Service {
        &MISP
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
