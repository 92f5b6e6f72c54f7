//! A loop of nothing but reqwest that makes the calls of a sync: those before the first write in order, then each report's
//! write and what follows it, as many at once.

use std::time::{Duration, Instant};

use flashpoint_operator::http::{self, HttpSettings};
use futures::{StreamExt as _, TryStreamExt as _, stream};
use reqwest::header::HeaderMap;
use simulators::record::Exchange;

use super::vendors::{Kind, Vendors};
use crate::Outcome;

/// How many writes the operator has under way at once.
const AT_ONCE: usize = 4;

const TAGS: &str = r#"{"addedTags":[{"name":"fraud"}],"removedTags":[]}"#;

/// Makes the calls again that are on record, and says how long they took. The services must see what they saw before.
pub async fn run(kind: Kind, latency: u64, record: &[Exchange]) -> Outcome<Duration> {
    let vendors = Vendors::new(kind, latency).await?;
    let loop_ = Loop {
        client: http::client(&HttpSettings::default())?,
        flashpoint: vendors.flashpoint.url(),
        destination: vendors.place.url(),
    };
    let is_listing = |call: &&Exchange| call.path().starts_with("/api/v4");
    let (listing, calls): (Vec<_>, Vec<_>) = record.iter().partition(is_listing);
    let is_tagging = |call: &&Exchange| call.path().ends_with("/alter-tags");
    let (tags, calls): (Vec<_>, Vec<_>) = calls.into_iter().partition(is_tagging);
    let is_write = |call: &Exchange| vendors.place.is_write(call);
    let first_write = calls.iter().position(|call| is_write(call));
    let (first, later) = calls.split_at(first_write.ok_or("nothing was written")?);
    let begun = Instant::now();
    let mut token = String::new();
    for call in first {
        let body = loop_.send(call, &token).await?;
        if call.path() == "/oauth/token" {
            let answer: serde_json::Value = serde_json::from_slice(&body)?;
            answer["access_token"]
                .as_str()
                .unwrap_or_default()
                .clone_into(&mut token);
        }
    }
    for call in listing {
        loop_.send(call, "").await?;
    }
    let (loop_, token, tagged) = (&loop_, token.as_str(), tags.len());
    stream::iter(later.iter().enumerate())
        .map(|(index, call)| loop_.write(call, token, index < tagged))
        .buffer_unordered(AT_ONCE)
        .try_collect::<Vec<()>>()
        .await?;
    let took = begun.elapsed();
    let mut seen = vendors.flashpoint.controls().record.all();
    seen.extend(vendors.place.controls().record.all());
    if wire(&seen) != wire(record) {
        return Err("the bare loop made other calls than the sync".into());
    }
    Ok(took)
}

/// What is the same in every run of each call: its method, and its body unless it is credentials or tags; sorted.
fn wire(record: &[Exchange]) -> Vec<(String, Vec<u8>)> {
    let mut calls: Vec<_> = record
        .iter()
        .map(|call| {
            let is_own = call.path() == "/oauth/token" || call.path().ends_with("/alter-tags");
            let body = if is_own {
                Vec::new()
            } else {
                call.body.to_vec()
            };
            (call.method.to_string(), body)
        })
        .collect();
    calls.sort_unstable();
    calls
}

struct Loop {
    client: reqwest::Client,
    flashpoint: String,
    destination: String,
}

impl Loop {
    /// One report's write, and its tags where it has some.
    async fn write(&self, call: &Exchange, token: &str, tagged: bool) -> Outcome<()> {
        let guid = self.send(call, token).await?;
        if !tagged {
            return Ok(());
        }
        let guid = String::from_utf8_lossy(&guid);
        let guid = guid.trim_matches(['"', '\n']);
        let url = format!("{}/api/1.3/reports/{guid}/alter-tags", self.destination);
        let request = self.client.post(url).headers(headers(call, token)?);
        let answer = request.body(TAGS).send().await?;
        answer.error_for_status()?.bytes().await?;
        Ok(())
    }

    async fn send(&self, call: &Exchange, token: &str) -> Outcome<Vec<u8>> {
        let is_listing = call.path().starts_with("/api/v4");
        let origin = if is_listing {
            &self.flashpoint
        } else {
            &self.destination
        };
        let method = reqwest::Method::from_bytes(call.method.as_str().as_bytes())?;
        let request = self
            .client
            .request(method, format!("{origin}{}", call.target))
            .headers(headers(call, token)?)
            .body(call.body.clone());
        let answer = request.send().await?.error_for_status()?;
        Ok(answer.bytes().await?.to_vec())
    }
}

/// The headers as they were sent, with this run's own token.
fn headers(call: &Exchange, token: &str) -> Outcome<HeaderMap> {
    let mut headers = call.headers.clone();
    for own in ["host", "content-length", "connection"] {
        headers.remove(own);
    }
    if call.path().starts_with("/api/1.3") {
        headers.insert("authorization", format!("Bearer {token}").parse()?);
    }
    Ok(headers)
}
