//! What is told about each call to a vendor: to metrics, never its content.

use std::sync::Arc;
use std::time::Duration;

use crate::http::fault::Service;

/// One finished call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Call {
    pub service: &'static Service,
    /// A fixed name of what was asked: of Flashpoint `list_reports`, `csv`, `own_indicators`; of TruSTAR `token`, `list_enclaves`,
    /// `upsert_report`, `get_report`, `submit_report`, `update_report`, `alter_tags`; of MISP `view_user`, `view_event`,
    /// `add_event`, `edit_event`; of TAXII those of `destinations/taxii/api.rs`.
    pub operation: &'static str,
    /// The HTTP status; `None` where no answer came.
    pub status: Option<u16>,
    /// From sending to the last byte read.
    pub duration: Duration,
}

/// Hears of every call made.
pub trait CallObserver: Send + Sync {
    /// Called once for each finished call.
    fn observe(&self, call: &Call);
}

/// The observer that is handed to the clients.
pub type Observer = Arc<dyn CallObserver>;

#[derive(Clone, Copy, Debug, Default)]
pub struct Unobserved;

impl CallObserver for Unobserved {
    fn observe(&self, _: &Call) {}
}
