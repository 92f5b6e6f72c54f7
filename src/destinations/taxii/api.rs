//! One call of the API.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use reqwest::{Body, Method, Request, Url};
use secrecy::{ExposeSecret, SecretString};

use super::{Credential, TaxiiCollection, fault};
use crate::http::fault::FaultKind;
use crate::http::{Answer, hash};
use crate::sync::destination::DeliveryError;

/// The media type of TAXII 2.1, section 1.6.8; servers compare it byte for byte.
const MEDIA_TYPE: HeaderValue = HeaderValue::from_static("application/taxii+json;version=2.1");

/// The most bytes of an answer: a status may name each object of an envelope.
const ANSWER_BYTES: usize = 16 << 20;

/// All but the unreserved characters (RFC 3986 §2.3).
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

impl TaxiiCollection {
    /// The address of these segments below the API root, with the slash at the end that the specification asks for.
    fn address(&self, segments: &[&str]) -> Result<Url, DeliveryError> {
        let Some(root) = &self.root else {
            let message = format!(
                "the operator knows no TAXII server {:?}: name it with --taxii NAME=API-ROOT, in the chart destinations.taxii",
                self.server
            );
            return Err(fault(FaultKind::TargetNotFound, message));
        };
        let mut path = root.path().trim_end_matches('/').to_owned();
        for segment in segments {
            if matches!(*segment, "" | "." | "..") {
                let message = format!("the TAXII id {segment:?} can't be part of an address");
                return Err(fault(FaultKind::TargetNotFound, message));
            }
            path.push('/');
            path.extend(utf8_percent_encode(segment, RESERVED));
        }
        path.push('/');
        let mut url = root.clone();
        url.set_path(&path);
        Ok(url)
    }

    /// One call, answered with any status but 401 and those that tell of the service as a whole
    /// ([`Answer::is_of_service`]). With a body it is a POST.
    pub(super) async fn api(
        &self,
        operation: &'static str,
        segments: &[&str],
        query: Option<&str>,
        body: Option<String>,
    ) -> Result<Answer, DeliveryError> {
        let mut url = self.address(segments)?;
        url.set_query(query);
        let is_post = body.is_some();
        let item = hash(body.as_deref().unwrap_or(url.as_str()).as_bytes());
        let method = if is_post { Method::POST } else { Method::GET };
        let mut request = Request::new(method, url);
        let headers = request.headers_mut();
        headers.insert(ACCEPT, MEDIA_TYPE);
        headers.insert(AUTHORIZATION, self.authorization()?);
        if let Some(body) = body {
            headers.insert(CONTENT_TYPE, MEDIA_TYPE);
            // Known in full, it goes with its length: medallion refuses a chunked body.
            *request.body_mut() = Some(Body::from(body));
        }
        self.gate.pass()?;
        let wire = &self.shared.wire;
        let secrets = self.credential.parts();
        let answer = wire
            .call(operation, request, self.timeout, ANSWER_BYTES, &secrets)
            .await
            .map_err(|none| none.fault)?;
        if answer.succeeded() {
            self.gate.succeeded();
        }
        if answer.status == 401 {
            return Err(self.unauthorized(&answer));
        }
        if !answer.is_of_service() {
            return Ok(answer);
        }
        let fault = answer.fault_of_status();
        match fault.retry_after {
            // No report is to blame for these.
            Some(wait) if !is_post => self.gate.close_for(wait),
            Some(wait) => self.gate.heed(answer.status, wait, item),
            None => {}
        }
        Err(fault.into())
    }

    fn authorization(&self) -> Result<HeaderValue, DeliveryError> {
        let expose = |secret: &SecretString| secret.expose_secret().to_owned();
        let text = match &self.credential {
            Credential::Token(token) => format!("Bearer {}", expose(token)),
            Credential::Basic { username, password } => {
                let pair = format!("{}:{}", expose(username), expose(password));
                format!("Basic {}", STANDARD.encode(pair))
            }
        };
        let mut value = HeaderValue::from_str(&text).map_err(|_| {
            let message =
                "taxii-token holds characters that no header can carry: put the bare token there";
            fault(FaultKind::Unauthorized, message.to_owned())
        })?;
        value.set_sensitive(true);
        Ok(value)
    }

    /// The service refuses the credential, and what it said of it earlier does not count.
    pub(super) fn unauthorized(&self, answer: &Answer) -> DeliveryError {
        self.known.forget();
        let keys = match self.credential {
            Credential::Token(_) => "a valid token in taxii-token",
            Credential::Basic { .. } => "a valid pair in taxii-username and taxii-password",
        };
        let happened = format!(
            "refused the credential ({}): {}; put {keys} of the secret",
            answer.status,
            answer.said()
        );
        answer.fault(FaultKind::Unauthorized, &happened).into()
    }
}
