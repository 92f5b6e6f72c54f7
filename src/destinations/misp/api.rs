//! One call of MISP's REST API.

use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use reqwest::{Body, Method, Request};
use secrecy::ExposeSecret;
use serde::Serialize;

use super::MispEvents;
use super::refusal::{self, Refusal};
use crate::http::fault::{Fault, FaultKind};
use crate::http::{Answer, hash};
use crate::sync::destination::DeliveryError;

/// The most bytes of an answer: an event of 10,000 attributes is answered with 8 MB.
const ANSWER_BYTES: usize = 64 << 20;

const JSON: HeaderValue = HeaderValue::from_static("application/json");

impl MispEvents {
    /// One call, answered with any status but those that tell of the service or of the key. `path` is made of UUIDs and fixed
    /// words.
    ///
    /// MISP chooses REST by `Accept`; without it every call is answered with a redirect to the login page.
    pub(super) async fn call(
        &self,
        operation: &'static str,
        method: Method,
        path: &str,
        body: Option<&impl Serialize>,
    ) -> Result<Answer, DeliveryError> {
        let mut url = self.url()?.clone();
        let base = url.path().trim_end_matches('/').to_owned();
        url.set_path(&format!("{base}/{path}"));
        let mut item = hash(path.as_bytes());
        let writes = body.is_some();
        let mut request = Request::new(method, url);
        let headers = request.headers_mut();
        headers.insert(ACCEPT, JSON);
        headers.insert(CONTENT_TYPE, JSON);
        headers.insert(AUTHORIZATION, self.authorization()?);
        if let Some(body) = body {
            let json = serde_json::to_vec(body).map_err(|error| {
                DeliveryError::Rejected(format!("can't be written as JSON: {error}"))
            })?;
            item = hash(&json);
            *request.body_mut() = Some(Body::from(json));
        }
        let gate = &self.account.gate;
        gate.pass()?;
        let wire = &self.shared.wire;
        let answer = wire
            .call(
                operation,
                request,
                self.timeout,
                ANSWER_BYTES,
                &[&self.credential.0],
            )
            .await
            .map_err(|none| none.fault)?;
        if answer.succeeded() && writes {
            gate.succeeded();
        }
        if answer.is_of_service() {
            let fault = of_service(&answer);
            if let Some(wait) = fault.retry_after {
                gate.heed(answer.status, wait, item);
            }
            return Err(fault.into());
        }
        match refusal::of(&answer) {
            Refusal::Key => Err(self.unauthorized(&answer)),
            Refusal::Right => Err(self.may_not_write(&answer)),
            _ => Ok(answer),
        }
    }

    /// The key, bare: `Bearer` is refused.
    fn authorization(&self) -> Result<HeaderValue, DeliveryError> {
        let key = self.credential.0.expose_secret();
        let mut value = HeaderValue::from_str(key).map_err(|_| {
            let message = "the key in misp-auth-key can't be sent: copy it from MISP once more";
            super::fault(FaultKind::Unauthorized, message.to_owned())
        })?;
        value.set_sensitive(true);
        Ok(value)
    }

    fn unauthorized(&self, answer: &Answer) -> DeliveryError {
        self.account.rights.forget();
        let happened = format!(
            "refused the key ({}): {}; put a valid one in misp-auth-key of the secret",
            answer.status,
            answer.said()
        );
        answer.fault(FaultKind::Unauthorized, &happened).into()
    }

    fn may_not_write(&self, answer: &Answer) -> DeliveryError {
        self.account.rights.forget();
        let happened = format!(
            "lets the key not write ({}): {}; use one that is not read-only, of a role that may add and modify events",
            answer.status,
            answer.said()
        );
        answer.fault(FaultKind::TargetNotWritable, &happened).into()
    }
}

/// A redirect to its login page is how MISP answers calls while it is in maintenance, and those that it does not take for REST.
fn of_service(answer: &Answer) -> Fault {
    let fault = answer.fault_of_status();
    if answer.status != 302 || !fault.message.contains("/users/login") {
        return fault;
    }
    let happened = "answered 302 to its login page: not logged in. It is in maintenance, or something in between takes headers \
                    away; check destinations.misp if it stays so";
    answer.fault(FaultKind::Unavailable, happened)
}
