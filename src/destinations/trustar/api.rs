//! One API call: within the budgets, with a token, replayed once where the token was refused.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use reqwest::{Body, Method, Request, Url};
use secrecy::ExposeSecret;
use serde::Serialize;
use serde_json::Value;
use tokio::time::Instant;

use super::account::Token;
use super::{TrustarEnclave, fault};
use crate::http::fault::FaultKind;
use crate::http::{Answer, hash};
use crate::sync::destination::DeliveryError;

/// The most bytes of an answer. The largest is a report read back, and a report that TruSTAR
/// takes is 2 MB.
const ANSWER_BYTES: usize = 32 << 20;

/// A token is given up this many seconds before it expires.
const MARGIN: u64 = 60;

/// What a token's life is taken to be, in seconds, where the answer does not tell; the documented
/// one.
const USUAL_LIFE: u64 = 599;

impl TrustarEnclave {
    /// The address of these segments below the configured one, each percent-encoded.
    ///
    /// # Errors
    /// Where one can't be part of an address: those that mean the same place or the one above, in
    /// whichever form they are written.
    fn address(&self, segments: &[&str]) -> Result<Url, DeliveryError> {
        let base = &self.shared.url;
        let mut path = base.path().trim_end_matches('/').to_owned();
        for segment in segments {
            if matches!(*segment, "" | "." | "..") {
                return Err(DeliveryError::Rejected(format!(
                    "the id {segment:?} can't be looked up: it can't be part of an address"
                )));
            }
            path.push('/');
            path.extend(utf8_percent_encode(segment, RESERVED));
        }
        let mut url = base.clone();
        url.set_path(&path);
        Ok(url)
    }

    /// One call of the API, answered with any status but those that tell of the service as a whole:
    /// 401 and [`Answer::is_of_service`].
    pub(super) async fn api(
        &self,
        operation: &'static str,
        method: Method,
        path: &[&str],
        query: &str,
        body: Option<&impl Serialize>,
    ) -> Result<Answer, DeliveryError> {
        let mut url = self.address(&[&["api", "1.3"], path].concat())?;
        url.set_query(Some(query).filter(|query| !query.is_empty()));
        let mut request = Request::new(method, url);
        let headers = request.headers_mut();
        let metatag = concat!("flashpoint-operator/", env!("CARGO_PKG_VERSION"));
        headers.insert("client-type", HeaderValue::from_static("API"));
        headers.insert("client-version", HeaderValue::from_static("1.3"));
        headers.insert("client-metatag", HeaderValue::from_static(metatag));
        if let Some(body) = body {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
            let json = serde_json::to_vec(body).map_err(|error| {
                DeliveryError::Rejected(format!("can't be written as JSON: {error}"))
            })?;
            *request.body_mut() = Some(Body::from(json));
        }
        let replay = request.try_clone();
        let token = self.token(None).await?;
        let mut answer = self.send(operation, request, &token.authorization).await?;
        if let Some(request) = replay.filter(|_| refuses_token(&answer, false)) {
            let token = self.token(Some(&token)).await?;
            answer = self.send(operation, request, &token.authorization).await?;
        }
        if refuses_token(&answer, true) {
            return Err(self.unauthorized(&answer));
        }
        if answer.succeeded() && answer.nonsense() == Some("an HTML page") {
            return Err(answer.unlike("the API's answer").into());
        }
        Ok(answer)
    }

    /// Waits for its turn, sends, and turns what concerns the service as a whole into a fault.
    async fn send(
        &self,
        operation: &'static str,
        mut request: Request,
        authorization: &HeaderValue,
    ) -> Result<Answer, DeliveryError> {
        let item = item(&request);
        let headers = request.headers_mut();
        headers.insert(AUTHORIZATION, authorization.clone());
        let account = &self.account;
        account.gate.pass()?;
        if let Some(budget) = &account.budget {
            let wait = budget.take(&self.shared.host, &self.feed)?;
            if !wait.is_zero() {
                tokio::time::sleep(wait).await;
                account.gate.pass()?;
            }
        }
        let wire = &self.shared.wire;
        let secrets = [&self.credential.key, &self.credential.secret];
        let answer = wire
            .call(operation, request, self.timeout, ANSWER_BYTES, &secrets)
            .await
            .map_err(|none| none.fault)?;
        if answer.succeeded() {
            account.gate.succeeded();
        }
        if !answer.is_of_service() {
            return Ok(answer);
        }
        let fault = answer.fault_of_status();
        if let (429, Some(budget)) = (answer.status, &account.budget) {
            budget.empty();
        }
        match fault.retry_after {
            // No report is to blame for these.
            Some(wait) if matches!(operation, "token" | "list_enclaves") => {
                account.gate.close_for(wait);
            }
            Some(wait) => account.gate.heed(answer.status, wait, item),
            None => {}
        }
        Err(fault.into())
    }

    /// The token in use, or a new one where there is none that is good besides the `refused` one.
    async fn token(&self, refused: Option<&Token>) -> Result<Token, DeliveryError> {
        let good = |token: &Token, _| {
            token.good_until > Instant::now()
                && refused.is_none_or(|refused| refused.authorization != token.authorization)
        };
        let fetch = Box::pin(self.new_token());
        self.account.token.get(good, fetch).await
    }

    async fn new_token(&self) -> Result<Token, DeliveryError> {
        let [key, secret] =
            [&self.credential.key, &self.credential.secret].map(ExposeSecret::expose_secret);
        let basic = STANDARD.encode(format!("{key}:{secret}"));
        let mut request = Request::new(Method::POST, self.address(&["oauth", "token"])?);
        let headers = request.headers_mut();
        let form = HeaderValue::from_static("application/x-www-form-urlencoded");
        headers.insert(CONTENT_TYPE, form);
        *request.body_mut() = Some(Body::from("grant_type=client_credentials"));
        let basic = sensitive(&format!("Basic {basic}"))?;
        let answer = self.send("token", request, &basic).await?;
        let grant = answer.json();
        match answer.status {
            200..=299 => {}
            400 if blames_request(&grant) => return Err(answer.fault_of_status().into()),
            400 | 401 | 403 => return Err(self.unauthorized(&answer)),
            _ => return Err(answer.fault_of_status().into()),
        }
        let token = grant["access_token"].as_str().unwrap_or_default();
        if token.is_empty() {
            // What it is instead may hold a token all the same, and is not shown.
            let happened = "answered with something else than a token: check trustar.url";
            return Err(answer.fault(FaultKind::UnexpectedResponse, happened).into());
        }
        let life = grant["expires_in"]
            .as_u64()
            .unwrap_or(USUAL_LIFE)
            .min(86_400);
        // One that is short-lived already can be used for half its life.
        let good_for = life.checked_sub(MARGIN).unwrap_or(life / 2);
        Ok(Token {
            authorization: sensitive(&format!("Bearer {token}"))?,
            good_until: Instant::now() + Duration::from_secs(good_for),
        })
    }

    /// The service refuses the credential, and what it said of it earlier does not count.
    pub(super) fn unauthorized(&self, answer: &Answer) -> DeliveryError {
        self.account.enclaves.forget();
        let happened = format!(
            "refused the API key and secret ({}): {}; put a valid pair in trustar-api-key and \
             trustar-api-secret of the secret",
            answer.status,
            answer.said()
        );
        answer.fault(FaultKind::Unauthorized, &happened).into()
    }
}

/// What tells one report's calls from another's: the report itself where it is sent, else the address.
fn item(request: &Request) -> u64 {
    let body = request.body().and_then(Body::as_bytes);
    hash(body.unwrap_or(request.url().as_str().as_bytes()))
}

/// Whether the answer is about the token: a 401, or the 400 that an expired one gets, whose text
/// has changed its spelling over the years. Of a `fresh` token only OAuth's own form of that 400
/// counts: a `message` may be about a report that speaks of access tokens.
fn refuses_token(answer: &Answer, fresh: bool) -> bool {
    let names_token = |key: &str| {
        let text = answer.json()[key].as_str().map(str::to_lowercase);
        text.is_some_and(|text| text.contains("access token"))
    };
    match answer.status {
        401 => true,
        400 => names_token("error_description") || !fresh && names_token("message"),
        _ => false,
    }
}

/// Whether a 400 of the token endpoint is about how we asked, not about the credential (RFC 6749
/// §5.2).
fn blames_request(body: &Value) -> bool {
    let error = body["error"].as_str().unwrap_or_default();
    ["invalid_request", "unsupported_grant_type", "invalid_scope"].contains(&error)
}

/// All but the unreserved characters (RFC 3986 §2.3). `Url` itself would drop tabs and newlines.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

fn sensitive(value: &str) -> Result<HeaderValue, DeliveryError> {
    let mut value = HeaderValue::from_str(value).map_err(|_| {
        let message = "TruSTAR gave a token that no header can carry: check trustar.url";
        fault(FaultKind::UnexpectedResponse, message.to_owned())
    })?;
    value.set_sensitive(true);
    Ok(value)
}
