//! Asking Flashpoint for its own list of a report's indicators.

use super::handle::Handling;
use super::own::OwnList;
use super::record::{Happened, Undelivered};
use super::report::Report;
use super::source::OwnError;
use crate::sync::destination::DeliveryError;

/// What came of it.
pub enum Asked {
    /// The feed does not ask for it.
    Not,
    Listed(OwnList),
    /// It is withheld: the text is all there is.
    Withheld,
}

impl Handling<'_> {
    /// Flashpoint's own list of a report's indicators, where the feed asks for it.
    ///
    /// # Errors
    /// What happened instead: a fault says nothing of the report's indicators, so that it is the same as one of a write.
    pub async fn own_list(&self, report: &Report) -> Result<Asked, Happened> {
        if !self.sources.flashpoint {
            return Ok(Asked::Not);
        }
        if let Some(stop) = self.stopped() {
            return Err(Happened::Left(stop.to_string()));
        }
        let why = match self.source.own(report).await {
            Ok(mut list) => {
                list.bound();
                return Ok(Asked::Listed(list));
            }
            Err(OwnError::Withheld(why)) => {
                *self.withheld.lock() = Some(why);
                return Ok(Asked::Withheld);
            }
            Err(OwnError::Rejected(fault)) => Undelivered::Doubtful {
                fault,
                rejected: true,
            },
            Err(OwnError::Fault(fault)) => self.sort(DeliveryError::Fault(fault)),
        };
        Err(Happened::Undelivered {
            accepted: None,
            why,
        })
    }
}
