//! Writes a feed's status: once a sync, and only over what it was decided on.

use kube::api::{Api, Patch, PatchParams};
use kube::core::Request;
use kube::{Client, Error, Resource as _, ResourceExt as _};
use reqwest::header::{CONTENT_TYPE, HeaderValue};
use serde::{Deserialize, Serialize};

use super::NAME;
use super::cluster::Cluster;
use super::refusal::{Refusal, if_present};
use crate::api::{FlashpointFeed, FlashpointFeedStatus};

/// How often a status that met a conflict is written again over what is stored by then.
const TRIES: u32 = 10;

/// One step of a patch (RFC 6902).
#[derive(Serialize)]
struct Operation<'a, T> {
    op: &'static str,
    path: &'static str,
    value: &'a T,
}

/// What is read of the answer to a patch: the rest of it is known, or `managedFields`, and most of its bytes.
#[derive(Deserialize)]
struct Answer {
    metadata: Version,
}

#[derive(Deserialize)]
struct Version {
    #[serde(rename = "resourceVersion")]
    resource_version: String,
}

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
    let mut newer: Option<FlashpointFeed> = None;
    let mut tries = 0;
    loop {
        let base = newer.as_ref().unwrap_or(feed);
        let written = cluster.call(|client| write(client, base, status));
        match written.await {
            Ok(version) => {
                let mut stored = newer.unwrap_or_else(|| feed.clone());
                stored.metadata.resource_version = Some(version);
                stored.status = Some(status.clone());
                return Ok(Some(stored));
            }
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
            Some(stored) if is_ours(&stored, feed, status) => newer = Some(stored),
            _ => return Ok(None),
        }
    }
}

/// Replaces the whole status, if the feed is still of this version: a merge would leave behind
/// what the status no longer says. Gives the version that it is of then.
async fn write(
    client: Client,
    feed: &FlashpointFeed,
    status: &FlashpointFeedStatus,
) -> Result<String, Error> {
    let version = feed.resource_version().unwrap_or_default();
    let operations = (
        Operation {
            op: "replace",
            path: "/metadata/resourceVersion",
            value: &version,
        },
        Operation {
            op: "add",
            path: "/status",
            value: status,
        },
    );
    let url = FlashpointFeed::url_path(&(), feed.metadata.namespace.as_deref());
    // As a merge it is sent as it is; `Patch::Json` would make a tree of it.
    let patch = Patch::Merge(operations);
    let params = PatchParams {
        field_manager: Some(NAME.to_owned()),
        ..PatchParams::default()
    };
    let request = Request::new(url).patch_subresource("status", &feed.name_any(), &params, &patch);
    let mut request = request.map_err(Error::BuildRequest)?;
    let json_patch = HeaderValue::from_static("application/json-patch+json");
    request.headers_mut().insert(CONTENT_TYPE, json_patch);
    let answer: Answer = client.request(request).await?;
    Ok(answer.metadata.resource_version)
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
