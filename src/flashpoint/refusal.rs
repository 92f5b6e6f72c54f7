//! What it means that Flashpoint did not give what was asked for, and what to do about it.

use serde_json::Value;

use super::{Api, FLASHPOINT};
use crate::http::Answer;
use crate::http::fault::{Fault, FaultKind};
use crate::sync::source::PageError;

/// What is told of a host that does not answer as v4.
const RETIRED: &str = "v4 was retired; with an Ignite key set flashpoint.api=ignite (on the command line --flashpoint-api ignite)";

/// So many of the errors that an answer lists are shown.
const SHOWN_ERRORS: usize = 3;

/// The fault of a call for the listing that was answered by anything but a success.
pub(super) fn of_listing(api: Api, answer: &Answer) -> Fault {
    match (api, answer.status) {
        // A proxy on the way wants credentials.
        (Api::V4, 407) => of_call(answer),
        (Api::V4, _) => with_hint(of_call(answer)),
        (Api::Ignite, 401) => unauthorized(
            answer,
            "a key of fp.tools is none of Ignite: make one at https://app.flashpoint.io/tokens, and put it in \
             flashpoint-api-key of the secret",
        ),
        (Api::Ignite, 403 | 521) if answer.json().is_object() => unauthorized(
            answer,
            "the key has no right to finished intelligence (IGNITE_API, IGNITE_CTI_REPORTS): ask Flashpoint for it, \
             then put a new key in flashpoint-api-key of the secret",
        ),
        (Api::Ignite, 422) => {
            let said = errors(answer).unwrap_or_else(|| answer.said());
            let happened = format!(
                "found fault with the request (422): {said}; check {}, and report this if they are right",
                FLASHPOINT.address
            );
            answer.fault(FaultKind::UnexpectedResponse, &happened)
        }
        _ => of_call(answer),
    }
}

/// The fault of a call for a file.
pub(super) fn of_file(answer: &Answer) -> Fault {
    match answer.status {
        // Not one to be set: the listing is where it was.
        300..=399 => answer.fault(
            FaultKind::UnexpectedResponse,
            "answered a CSV link with a redirect, and none is followed",
        ),
        _ => of_call(answer),
    }
}

/// The same of any other call.
pub(super) fn of_call(answer: &Answer) -> Fault {
    const VALID_KEY: &str = "put a valid key in flashpoint-api-key of the secret";
    match answer.status {
        401 | 403 => unauthorized(answer, VALID_KEY),
        // What Flashpoint's edge says to a key without the entitlement, and says why. Without
        // that it is the edge's own: Flashpoint behind it is down.
        521 if answer.json().is_object() => unauthorized(answer, VALID_KEY),
        _ => answer.fault_of_status(),
    }
}

fn unauthorized(answer: &Answer, next: &str) -> Fault {
    let (status, said) = (answer.status, answer.said());
    Fault {
        service: &FLASHPOINT,
        kind: FaultKind::Unauthorized,
        message: format!("Flashpoint refused the API key ({status}): {said}; {next}"),
        retry_after: None,
    }
}

/// The same where the answer is no page: a host that has no v4 may well be Ignite's, or nobody's.
pub(super) fn of_page(api: Api, error: PageError) -> PageError {
    match error {
        PageError::Fault(fault) if api == Api::V4 => PageError::Fault(with_hint(fault)),
        other => other,
    }
}

/// Says of a fault that is no passing one that v4 may be the cause of it.
fn with_hint(mut fault: Fault) -> Fault {
    let is_lasting = matches!(
        fault.kind,
        FaultKind::Unauthorized | FaultKind::UnexpectedResponse
    );
    if is_lasting {
        fault.message = format!("{}; {RETIRED}", fault.message);
    }
    fault
}

/// What a 422 lists: `{"errors": [{"loc": ["query", "limit"], "msg": "…", "input": …}]}`.
fn errors(answer: &Answer) -> Option<String> {
    let json = answer.json();
    let errors = json["errors"].as_array()?.iter().filter_map(error);
    let shown: Vec<String> = errors.take(SHOWN_ERRORS).collect();
    (!shown.is_empty()).then(|| answer.shown(&shown.join("; ")))
}

fn error(error: &Value) -> Option<String> {
    let message = error["msg"]
        .as_str()
        .or_else(|| error["message"].as_str())?;
    let place = match &error["loc"] {
        Value::Array(path) => path.last().and_then(Value::as_str),
        place => place.as_str(),
    };
    Some(place.map_or_else(|| message.to_owned(), |place| format!("{place}: {message}")))
}
