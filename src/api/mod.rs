//! What users write and read: the resources, their definitions, their parsed form, their conditions.

#![deny(missing_docs)]

mod check;
mod condition;
pub mod credentials;
mod definition;
mod destination;
mod duration;
mod feed;
mod ledger;
mod object_rule;
mod rule;
mod schema;
mod settings;
mod status;
mod target;

pub use check::{Checked, Checker, Problem};
pub use condition::{Reason, conditions};
pub use definition::definitions;
pub use destination::{DestinationSpec, MispSpec, TaxiiSpec, TrustarSpec, ValidForSpec};
pub use feed::{DomainRules, FlashpointFeed, FlashpointFeedSpec, MalwareNames, SecretRef};
pub use ledger::{FlashpointLedger, FlashpointLedgerData};
pub use rule::is_server_name;
pub use settings::{FeedSettings, SettingsError};
pub use status::{FlashpointFeedStatus, SyncFailure, SyncTotals, SyncWindow};
pub use target::{EnclaveId, MispPlace, Target, TaxiiPlace};

/// The annotation that forces a sync, whatever its value, whenever that changes.
pub const REQUESTED_AT: &str = "flashpoint-operator.dev/requested-at";

/// The annotation that names the reports that a forced sync sends once more, by their ids, with commas between them.
pub const RESEND: &str = "flashpoint-operator.dev/resend";
