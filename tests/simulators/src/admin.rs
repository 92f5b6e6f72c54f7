//! The part of the admin API that both simulators share: record, faults and clock, under `/_sim/`.

use hyper::{Method, StatusCode};
use jiff::SignedDuration;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::faults::Fault;
use crate::message::{Answer, Request};
use crate::server::Simulator;

/// Answers a call of the admin API, which is neither recorded nor struck by faults.
pub(crate) fn answer<S: Simulator>(simulator: &S, request: &Request) -> Answer {
    let controls = simulator.controls();
    let answer = match (&request.method, segments(request).as_slice()) {
        (&Method::GET, ["healthz"]) => Ok(Answer::text(StatusCode::OK, "ok\n")),
        (&Method::GET, ["record"]) => {
            let since = number(request, "since").unwrap_or(0);
            let exchanges: Vec<Value> = controls
                .record
                .since(since)
                .iter()
                .map(crate::record::Exchange::summary)
                .collect();
            Ok(Answer::json(StatusCode::OK, &exchanges))
        }
        (&Method::POST, ["faults"]) => body::<Fault>(request).map(|fault| {
            let id = controls.faults.set(fault);
            Answer::json(StatusCode::OK, &json!({"id": id}))
        }),
        (&Method::DELETE, ["faults"]) => {
            controls.faults.clear_all();
            Ok(done())
        }
        (&Method::POST, ["clock"]) => body::<Skew>(request).map(|skew| {
            controls
                .clock
                .set_skew(SignedDuration::from_secs(skew.skew_seconds));
            done()
        }),
        _ => Ok(simulator
            .admin(request)
            .unwrap_or_else(|| Answer::problem(StatusCode::NOT_FOUND, "no such admin call"))),
    };
    answer.unwrap_or_else(|refusal| refusal)
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Skew {
    skew_seconds: i64,
}

/// The path's segments after `/_sim/`, as on the wire.
pub(crate) fn segments(request: &Request) -> Vec<&str> {
    let path = request.path();
    path.strip_prefix("/_sim/")
        .unwrap_or(path)
        .split('/')
        .collect()
}

/// The body read as JSON, or the answer that says what is wrong with it.
pub(crate) fn body<T: DeserializeOwned>(request: &Request) -> Result<T, Answer> {
    serde_json::from_slice(&request.body)
        .map_err(|error| Answer::problem(StatusCode::BAD_REQUEST, &error.to_string()))
}

/// A number among the query's parameters.
pub(crate) fn number(request: &Request, name: &str) -> Option<usize> {
    let parameters = request.parameters();
    let found = parameters.iter().find(|(key, _)| key == name)?;
    found.1.parse().ok()
}

/// Done, with nothing to say.
pub(crate) fn done() -> Answer {
    Answer::empty(StatusCode::NO_CONTENT)
}
