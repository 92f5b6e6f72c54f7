#![allow(
    clippy::todo,
    clippy::wildcard_imports,
    clippy::must_use_candidate,
    clippy::pedantic
)]
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::time::Duration;
/// The Traffic Light Protocol marking.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema,
)]
pub enum Tlp {
    Clear,
    Green,
    #[default]
    Amber,
    AmberStrict,
    Red,
}
pub type ValidFor = BTreeMap<indicators::IndicatorType, Duration>;
