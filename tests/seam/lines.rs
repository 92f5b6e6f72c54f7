//! The destination.

use std::collections::HashSet;
use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::path::PathBuf;
use std::sync::Mutex;
use std::time::Duration;

use flashpoint_operator::http::fault::Service;
use flashpoint_operator::sync::destination::{
    Delivery, DeliveryError, Destination, Receipt, Remainder, Step,
};
use futures::future::BoxFuture;

static FILE: Service = Service {
    name: "the file",
    label: "file",
    address: "the path",
};

/// Appends `id<TAB>indicators that count` for each report.
pub struct Lines {
    path: PathBuf,
    /// Reports that were asked for once and did not show.
    hidden: Mutex<HashSet<String>>,
}

impl Lines {
    pub fn new(path: PathBuf) -> Self {
        Self {
            path,
            hidden: Mutex::default(),
        }
    }

    pub fn read(&self) -> Vec<String> {
        let text = fs::read_to_string(&self.path).unwrap_or_default();
        text.lines().map(str::to_owned).collect()
    }

    fn append(&self, delivery: &Delivery<'_>) -> std::io::Result<()> {
        let values = delivery.indicators.iter().map(|found| found.value.as_str());
        let values: Vec<_> = values.collect();
        let mut file = OpenOptions::new()
            .create(true)
            .append(true)
            .open(&self.path)?;
        writeln!(file, "{}\t{}", delivery.report.id, values.join(" "))
    }

    fn step(&self, delivery: &Delivery<'_>) -> Result<Step, DeliveryError> {
        let id = delivery.report.id.to_string();
        let receipt = Receipt {
            handle: id.clone(),
            keep_handle: true,
            labels: Vec::new(),
        };
        if delivery.accepted.is_none() {
            let appended = self.append(delivery);
            appended.map_err(|error| DeliveryError::Rejected(error.to_string()))?;
            return Ok(Step::More(receipt));
        }
        Ok(if self.hidden.lock().unwrap().insert(id) {
            Step::Later {
                why: "not shown yet".to_owned(),
                again_in: Duration::from_millis(1),
            }
        } else {
            Step::Done(receipt)
        })
    }
}

impl Destination for Lines {
    fn service(&self) -> &'static Service {
        &FILE
    }

    fn remainder(&self) -> Remainder {
        Remainder {
            pending: "the file does not show the lines yet",
            failed: "its line never showed",
        }
    }

    fn check(&self) -> BoxFuture<'_, Result<(), DeliveryError>> {
        Box::pin(std::future::ready(Ok(())))
    }

    fn check_anew(&self) -> BoxFuture<'_, Result<(), DeliveryError>> {
        self.check()
    }

    fn deliver<'a>(&'a self, delivery: Delivery<'a>) -> BoxFuture<'a, Result<Step, DeliveryError>> {
        Box::pin(std::future::ready(self.step(&delivery)))
    }
}
