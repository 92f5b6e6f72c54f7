//! A destination whose credential and place are checked, and to which nothing is written.

use std::future::ready;

use futures::future::BoxFuture;

use crate::http::fault::Service;
use crate::sync::destination::{Delivery, DeliveryError, Destination, Receipt, Remainder, Step};

/// Another destination, not written to.
pub struct DryRun(pub Box<dyn Destination>);

impl Destination for DryRun {
    fn service(&self) -> &'static Service {
        self.0.service()
    }

    fn remainder(&self) -> Remainder {
        self.0.remainder()
    }

    fn check(&self) -> BoxFuture<'_, Result<(), DeliveryError>> {
        self.0.check()
    }

    fn check_anew(&self) -> BoxFuture<'_, Result<(), DeliveryError>> {
        self.0.check_anew()
    }

    fn deliver<'a>(&'a self, _: Delivery<'a>) -> BoxFuture<'a, Result<Step, DeliveryError>> {
        Box::pin(ready(Ok(Step::Done(Receipt {
            handle: String::new(),
            keep_handle: false,
            labels: Vec::new(),
        }))))
    }
}
