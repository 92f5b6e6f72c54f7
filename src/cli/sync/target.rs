//! The destination as the command line delivers to it; in a dry run, as it does not.

use std::future::ready;

use futures::future::BoxFuture;

use crate::destinations::trustar::TrustarEnclave;
use crate::http::fault::Service;
use crate::sync::destination::{Delivery, DeliveryError, Destination, Receipt, Remainder, Step};

/// Where reports go.
pub struct Target {
    /// The destination.
    pub enclave: TrustarEnclave,
    /// Whether credential and destination are checked, and nothing is written.
    pub dry_run: bool,
}

impl Destination for Target {
    fn service(&self) -> &'static Service {
        self.enclave.service()
    }

    fn remainder(&self) -> Remainder {
        self.enclave.remainder()
    }

    fn check(&self) -> BoxFuture<'_, Result<(), DeliveryError>> {
        self.enclave.check()
    }

    fn check_anew(&self) -> BoxFuture<'_, Result<(), DeliveryError>> {
        self.enclave.check_anew()
    }

    fn deliver<'a>(&'a self, delivery: Delivery<'a>) -> BoxFuture<'a, Result<Step, DeliveryError>> {
        if self.dry_run {
            let receipt = Receipt {
                handle: String::new(),
                keep_handle: false,
                labels: Vec::new(),
            };
            return Box::pin(ready(Ok(Step::Done(receipt))));
        }
        self.enclave.deliver(delivery)
    }
}
