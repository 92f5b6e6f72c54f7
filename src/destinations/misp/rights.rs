//! Whether the key is taken, and what its role may do.

use std::time::Duration;

use reqwest::Method;
use serde::Deserialize;
use tokio::time::Instant;

use super::MispEvents;
use super::stored::flag;
use crate::http::fault::{Fault, FaultKind};
use crate::sync::destination::DeliveryError;

/// How long an answer counts.
const COUNTS_FOR: Duration = Duration::from_hours(1);

/// The rights of a role, as far as they matter here. A read-only key shows those of its user all the same.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
pub(super) struct Rights {
    #[serde(default, deserialize_with = "flag")]
    perm_add: bool,
    #[serde(default, deserialize_with = "flag")]
    perm_modify: bool,
    #[serde(default, deserialize_with = "flag")]
    perm_publish: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Me {
    role: Rights,
}

impl MispEvents {
    pub(super) async fn check_rights(&self) -> Result<(), DeliveryError> {
        let usable =
            |rights: &Rights, at: Instant| at.elapsed() < COUNTS_FOR && self.judge(*rights).is_ok();
        let rights = &self.account.rights;
        let rights = rights.get(usable, Box::pin(self.ask_rights())).await?;
        Ok(self.judge(rights)?)
    }

    /// The same, by an answer to a call that is made from now on.
    pub(super) async fn check_rights_anew(&self) -> Result<(), DeliveryError> {
        let rights = &self.account.rights;
        let rights = rights
            .begun_since(Instant::now(), Box::pin(self.ask_rights()))
            .await?;
        Ok(self.judge(rights)?)
    }

    async fn ask_rights(&self) -> Result<Rights, DeliveryError> {
        let answer = self
            .call("view_user", Method::GET, "users/view/me", None::<&()>)
            .await?;
        if !answer.succeeded() {
            return Err(answer.fault_of_status().into());
        }
        let me: Me = serde_json::from_slice(&answer.body).map_err(|_| answer.unlike("a user"))?;
        if self.publish && !me.role.perm_publish && self.account.tells("role may not publish") {
            tracing::warn!(
                server = self.server,
                "events are to be published, and the key's role may not: give it perm_publish, or set publish to false"
            );
        }
        Ok(me.role)
    }

    /// The fault, if there is one, that the role may not do what is needed.
    fn judge(&self, rights: Rights) -> Result<(), Fault> {
        let lacks = match (rights.perm_add, rights.perm_modify) {
            (true, true) => return Ok(()),
            (true, false) => "perm_modify",
            (false, true) => "perm_add",
            (false, false) => "perm_add and perm_modify",
        };
        let server = &self.server;
        let message = format!(
            "the key's role in the MISP {server} may not write events: give it {lacks}, or use a key of another user"
        );
        Err(super::fault(FaultKind::TargetNotWritable, message))
    }
}
