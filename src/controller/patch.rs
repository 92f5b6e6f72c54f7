//! Writes a feed's status: once a sync, and only over what it was decided on.

use kube::api::{Api, Patch, PatchParams};
use kube::{Error, ResourceExt as _};

use super::cluster::Cluster;
use super::refusal::{Refusal, if_present};
use super::written;
use crate::api::{FlashpointFeed, FlashpointFeedStatus};

/// How often a status that met a conflict is written again over what is stored by then.
const TRIES: u32 = 10;

/// Writes the status. Gives the feed as it is stored after that; none where the status is no
/// longer ours to tell: the feed is gone, was created again, has another enclave by now, or was
/// told of a later attempt.
///
/// # Errors
/// When the API server refuses, or is not to be had.
pub async fn status(
    cluster: &Cluster,
    feed: &FlashpointFeed,
    status: &FlashpointFeedStatus,
) -> Result<Option<FlashpointFeed>, Refusal> {
    let (namespace, name) = (feed.namespace().unwrap_or_default(), feed.name_any());
    let mut version = feed.resource_version().unwrap_or_default();
    let mut tries = 0;
    loop {
        let written = cluster.call(|client| {
            let api = Api::namespaced(client, &namespace);
            write(api, &name, &version, status)
        });
        match written.await {
            Ok(stored) => return Ok(Some(stored)),
            Err(refusal) => match refusal.code() {
                Some(404) => return Ok(None),
                Some(409) if tries < TRIES => tries += 1,
                _ => return Err(refusal),
            },
        }
        let read = cluster.call(|client| async {
            let api: Api<FlashpointFeed> = Api::namespaced(client, &namespace);
            if_present(api.get(&name).await)
        });
        match read.await? {
            Some(stored) if is_ours(&stored, feed, status) => {
                version = stored.resource_version().unwrap_or_default();
            }
            _ => return Ok(None),
        }
    }
}

/// Replaces the whole status, if the feed is still of that version: a merge would leave behind
/// what the status no longer says.
async fn write(
    api: Api<FlashpointFeed>,
    name: &str,
    version: &str,
    status: &FlashpointFeedStatus,
) -> Result<FlashpointFeed, Error> {
    let operations = serde_json::json!([
        {"op": "replace", "path": "/metadata/resourceVersion", "value": version},
        {"op": "add", "path": "/status", "value": status},
    ]);
    let patch = serde_json::from_value(operations).map_err(Error::SerdeError)?;
    let patch: Patch<()> = Patch::Json(patch);
    let params = PatchParams {
        field_manager: written().field_manager,
        ..PatchParams::default()
    };
    api.patch_status(name, &params, &patch).await
}

/// Whether a status may be written over the stored one, which changed since it was decided on.
fn is_ours(
    stored: &FlashpointFeed,
    planned: &FlashpointFeed,
    status: &FlashpointFeedStatus,
) -> bool {
    let attempted =
        |status: &FlashpointFeedStatus| status.last_attempt_time.as_ref().map(|time| time.0);
    let stored_attempt = stored.status.as_ref().and_then(attempted);
    stored.uid() == planned.uid()
        && stored.spec.identity() == planned.spec.identity()
        && stored_attempt <= attempted(status)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn feed(uid: &str, enclave: &str, attempt: Option<&str>) -> FlashpointFeed {
        serde_json::from_value(serde_json::json!({
            "metadata": {"name": "feed", "uid": uid},
            "spec": {"secretRef": {"name": "secret"}, "enclaveId": enclave},
            "status": {"lastAttemptTime": attempt},
        }))
        .unwrap()
    }

    #[test]
    fn a_status_gives_way_to_a_later_attempt_another_enclave_and_another_feed() {
        let [earlier, ours, later] =
            ["11:59:59", "12:00:00", "12:00:01"].map(|time| format!("2026-01-01T{time}Z"));
        let planned = feed("uid", "enclave", Some(&earlier));
        let status = feed("uid", "enclave", Some(&ours)).status.unwrap();
        let table = [
            (feed("uid", "enclave", None), true),
            (feed("uid", "enclave", Some(&earlier)), true),
            (feed("uid", "enclave", Some(&ours)), true),
            (feed("uid", "enclave", Some(&later)), false),
            (feed("uid", "another", Some(&earlier)), false),
            (feed("another", "enclave", Some(&earlier)), false),
        ];
        for (stored, expected) in table {
            assert_eq!(is_ours(&stored, &planned, &status), expected, "{stored:?}");
        }
    }
}
