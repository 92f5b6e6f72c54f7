//! A loop of nothing but reqwest that makes the calls of a sync: those before the first write in order, then each report's
//! write and what follows it, as many at once; of all feeds at once.

use std::sync::Arc;

use flashpoint_operator::http::{self, HttpSettings};
use futures::{StreamExt as _, TryStreamExt as _, stream};
use reqwest::header::HeaderMap;
use simulators::record::Exchange;

use super::vendors::Vendors;
use super::{Run, timed};
use crate::Outcome;

/// How many writes of a feed the operator has under way at once.
const AT_ONCE: usize = 4;

const TAGS: &str = r#"{"addedTags":[{"name":"fraud"}],"removedTags":[]}"#;

/// Makes the calls again that are on record of each feed, all feeds at once. The services must see what they saw before.
pub async fn run(vendors: Arc<Vec<Vendors>>, records: Vec<Vec<Exchange>>) -> Outcome<Run> {
    let client = http::client(&HttpSettings::default())?;
    let feeds = vendors.iter().zip(&records);
    let feeds = feeds.map(|(vendors, record)| {
        let loop_ = Loop {
            client: client.clone(),
            flashpoint: vendors.flashpoint.url(),
            destination: vendors.place.url(),
        };
        Ok(loop_.replay(Calls::of(record, vendors)?))
    });
    let (run, _) = timed(feeds.collect::<Outcome<_>>()?).await?;
    for (vendors, record) in vendors.iter().zip(&records) {
        if wire(&vendors.record()) != wire(record) {
            return Err("the bare loop made other calls than the sync".into());
        }
    }
    Ok(run)
}

/// The calls of one feed's sync.
struct Calls {
    /// Those that come before the first write: the destination's.
    first: Vec<Exchange>,
    listing: Vec<Exchange>,
    writes: Vec<Exchange>,
    /// How many of the writes are followed by tags.
    tagged: usize,
}

impl Calls {
    fn of(record: &[Exchange], vendors: &Vendors) -> Outcome<Self> {
        let calls = record.iter().cloned();
        let (listing, calls): (Vec<_>, Vec<_>) =
            calls.partition(|call| call.path().starts_with("/api/v4"));
        let (tags, mut first): (Vec<_>, Vec<_>) = calls
            .into_iter()
            .partition(|call| call.path().ends_with("/alter-tags"));
        let written = first.iter().position(|call| vendors.place.is_write(call));
        let writes = first.split_off(written.ok_or("nothing was written")?);
        Ok(Self {
            first,
            listing,
            writes,
            tagged: tags.len(),
        })
    }
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
    /// Makes one feed's calls.
    async fn replay(self, calls: Calls) -> Outcome<()> {
        let mut token = String::new();
        for call in &calls.first {
            let body = self.send(call, &token).await?;
            if call.path() == "/oauth/token" {
                let answer: serde_json::Value = serde_json::from_slice(&body)?;
                answer["access_token"]
                    .as_str()
                    .unwrap_or_default()
                    .clone_into(&mut token);
            }
        }
        for call in &calls.listing {
            self.send(call, "").await?;
        }
        stream::iter(calls.writes.into_iter().enumerate())
            .map(|(index, call)| self.write(call, &token, index < calls.tagged))
            .buffer_unordered(AT_ONCE)
            .try_collect::<()>()
            .await
    }

    /// One report's write, and its tags where it has some.
    async fn write(&self, call: Exchange, token: &str, tagged: bool) -> Outcome<()> {
        let guid = self.send(&call, token).await?;
        if !tagged {
            return Ok(());
        }
        let guid = String::from_utf8_lossy(&guid);
        let guid = guid.trim_matches(['"', '\n']);
        let url = format!("{}/api/1.3/reports/{guid}/alter-tags", self.destination);
        let request = self.client.post(url).headers(headers(&call, token)?);
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
