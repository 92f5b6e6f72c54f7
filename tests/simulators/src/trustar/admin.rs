//! TruSTAR's own part of the admin API: look into enclaves, expire tokens.

use hyper::{Method, StatusCode};
use serde::Deserialize;

use super::{Enclave, TagPolicy, Trustar};
use crate::admin::{body, done, segments};
use crate::message::{Answer, Request};

/// What `POST /_sim/settings` takes; what is left out stays.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Change {
    enclaves: Option<Vec<Enclave>>,
    tags: Option<TagPolicy>,
    /// 0: no limit.
    calls_per_minute: Option<u32>,
}

pub(super) fn answer(trustar: &Trustar, request: &Request) -> Option<Answer> {
    match (&request.method, segments(request).as_slice()) {
        (&Method::GET, ["enclaves", id]) => {
            Some(Answer::json(StatusCode::OK, &trustar.enclave(id)))
        }
        (&Method::GET, ["reports"]) => Some(Answer::json(StatusCode::OK, &trustar.reports())),
        (&Method::GET, ["writes"]) => Some(Answer::json(StatusCode::OK, &trustar.writes())),
        (&Method::POST, ["expire-tokens"]) => {
            trustar.expire_tokens();
            Some(done())
        }
        (&Method::POST, ["settings"]) => Some(body::<Change>(request).map_or_else(
            |refusal| refusal,
            |change| {
                apply(trustar, change);
                done()
            },
        )),
        _ => None,
    }
}

fn apply(trustar: &Trustar, change: Change) {
    trustar.configure(|settings| {
        if let Some(enclaves) = change.enclaves {
            settings.enclaves = enclaves;
        }
        if let Some(tags) = change.tags {
            settings.tags = tags;
        }
        if let Some(calls) = change.calls_per_minute {
            settings.calls_per_minute = Some(calls).filter(|calls| *calls > 0);
        }
    });
}
