//! A family of series that is made at the scrape, one series at most for each of many things, and written thing by thing: the
//! library writes a family in one go, which for thousands of feeds is text to be held whole.

use std::fmt::{self, Write as _};

use super::PREFIX;
use crate::controller::exposition::Exposition;

/// Labels with their values. One without a value is left out, which is the same to Prometheus. None is escaped: they are names of
/// the API server's or words of ours.
pub type Labels<'a> = [(&'static str, &'a str); 4];

/// The value of a sample.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Value {
    Whole(u64),
    /// In seconds since 1970.
    Time(i64),
    Float(f64),
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Self::Whole(value.into())
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Whole(value) => value.fmt(f),
            Self::Time(value) => value.fmt(f),
            // A float with its point, as OpenMetrics has it.
            Self::Float(value) => fmt::Debug::fmt(value, f),
        }
    }
}

/// A family of the things of a type. Its name ends with its unit; that of a counter leaves out `_total`.
pub struct Family<T> {
    pub name: &'static str,
    pub help: &'static str,
    pub kind: Kind,
    pub labels: for<'a> fn(&'a T) -> Labels<'a>,
    /// The thing's value; none for no series.
    pub value: fn(&T) -> Option<Value>,
}

/// What a family's values are.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Gauge,
    Counter,
}

impl<T> Family<T> {
    /// Writes what comes before the series.
    ///
    /// # Errors
    /// Never in practice: it is written to memory.
    pub fn head(&self, out: &mut Exposition) -> fmt::Result {
        let Self { name, help, .. } = self;
        let kind = match self.kind {
            Kind::Gauge => "gauge",
            Kind::Counter => "counter",
        };
        writeln!(out, "# HELP {PREFIX}_{name} {help}")?;
        writeln!(out, "# TYPE {PREFIX}_{name} {kind}")?;
        if name.ends_with("_seconds") {
            writeln!(out, "# UNIT {PREFIX}_{name} seconds")?;
        }
        Ok(())
    }

    /// Writes the series of a thing, if it has one.
    ///
    /// # Errors
    /// Never in practice: it is written to memory.
    pub fn series(&self, thing: &T, out: &mut Exposition) -> fmt::Result {
        let Some(value) = (self.value)(thing) else {
            return Ok(());
        };
        let out = out.samples();
        let suffix = match self.kind {
            Kind::Gauge => "",
            Kind::Counter => "_total",
        };
        write!(out, "{PREFIX}_{}{suffix}", self.name)?;
        let mut before = '{';
        for (label, value) in (self.labels)(thing) {
            if !value.is_empty() {
                write!(out, "{before}{label}=\"{value}\"")?;
                before = ',';
            }
        }
        if before == ',' {
            out.push('}');
        }
        writeln!(out, " {value}")
    }
}
