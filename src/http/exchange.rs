//! One call: sent, answered in full within its time and size, observed; and what answers tell.

use std::error::Error;
use std::time::Duration;

use jiff::Timestamp;
use reqwest::header::{AUTHORIZATION, DATE, HeaderMap, HeaderName, LOCATION, RETRY_AFTER};
use reqwest::{Client, Request, Response, Url};
use secrecy::SecretString;
use serde_json::Value;
use tokio::time::{Instant, timeout_at};

use super::{outside::shown, proxy, retry_after};
use crate::http::call::{Call, Observer};
use crate::http::fault::{Fault, FaultKind, Service};

/// As much of an error's body as is read: enough for any explanation.
const EXPLANATION_BYTES: usize = 16 << 10;

/// How long an error's body is waited for; the status already says most.
const EXPLANATION_WITHIN: Duration = Duration::from_secs(3);

/// Calls to one vendor.
pub(crate) struct Wire {
    service: &'static Service,
    http: Client,
    observer: Observer,
    /// Credentials of proxies: never the caller's, and not to be shown either.
    of_proxies: Vec<SecretString>,
}

/// An answer, read to its end.
pub(crate) struct Answer {
    service: &'static Service,
    url: Url,
    /// What no message may show.
    hide: Vec<SecretString>,
    /// 0 while none has come.
    pub(crate) status: u16,
    headers: HeaderMap,
    /// Decoded; of an error only the beginning.
    pub(crate) body: Vec<u8>,
}

/// There is no whole answer.
pub(crate) struct NoAnswer {
    pub(crate) fault: Fault,
    pub(crate) cause: Cause,
}

/// Why there is no whole answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cause {
    /// It is over the cap; asked for less, the service may stay below it.
    TooLarge,
    /// It did not come in time.
    Late,
    Broken,
}

/// A fault in the making: its kind, what happened, and why there is no answer.
type Broken = (FaultKind, String, Cause);

impl Wire {
    /// Calls to `service` by `http`.
    pub(crate) fn new(service: &'static Service, http: Client, observer: Observer) -> Self {
        Self {
            service,
            http,
            observer,
            of_proxies: proxy::secrets(),
        }
    }

    /// Sends the request and reads the answer: all of it `within` the time, a success of at most
    /// `cap` bytes once decoded. A status of any kind is an answer. No message shows the `secrets`
    /// or what authorised the call, even where the service repeats them.
    pub(crate) async fn call(
        &self,
        operation: &'static str,
        request: Request,
        within: Duration,
        cap: usize,
        secrets: &[&SecretString],
    ) -> Result<Answer, NoAnswer> {
        let mut answer = Answer {
            service: self.service,
            url: request.url().clone(),
            hide: [hidden(&request, secrets), self.of_proxies.clone()].concat(),
            status: 0,
            headers: HeaderMap::new(),
            body: Vec::new(),
        };
        let began = Instant::now();
        let outcome = self.receive(request, within, cap, &mut answer).await;
        self.observer.observe(&Call {
            service: self.service,
            operation,
            status: (answer.status > 0).then_some(answer.status),
            duration: began.elapsed(),
        });
        match outcome {
            Ok(()) => Ok(answer),
            Err((kind, happened, cause)) => Err(NoAnswer {
                fault: answer.fault(kind, &happened),
                cause,
            }),
        }
    }

    async fn receive(
        &self,
        request: Request,
        within: Duration,
        cap: usize,
        answer: &mut Answer,
    ) -> Result<(), Broken> {
        let deadline = Instant::now() + within;
        let late = |_| {
            let happened = format!("did not answer in full within {} s", within.as_secs_f64());
            (FaultKind::Unavailable, happened, Cause::Late)
        };
        let mut response = timeout_at(deadline, self.http.execute(request))
            .await
            .map_err(late)?
            .map_err(|error| broken(&error))?;
        answer.status = response.status().as_u16();
        answer.headers = std::mem::take(response.headers_mut());
        if !answer.succeeded() {
            let deadline = deadline.min(Instant::now() + EXPLANATION_WITHIN);
            answer.body = explanation(&mut response, deadline).await;
            return Ok(());
        }
        let expected = response.content_length().unwrap_or_default();
        let expected = usize::try_from(expected).map_or(cap, |length| length.min(cap));
        answer.body.reserve_exact(expected);
        while let Some(chunk) = timeout_at(deadline, response.chunk())
            .await
            .map_err(late)?
            .map_err(|error| broken(&error))?
        {
            if answer.body.len() + chunk.len() > cap {
                let happened = format!("answered with more than {} MiB", cap >> 20);
                return Err((FaultKind::UnexpectedResponse, happened, Cause::TooLarge));
            }
            answer.body.extend_from_slice(&chunk);
        }
        Ok(())
    }
}

impl Answer {
    /// Whether the status is a 2xx.
    pub(crate) fn succeeded(&self) -> bool {
        matches!(self.status, 200..=299)
    }

    /// The service's own clock.
    pub(crate) fn date(&self) -> Option<Timestamp> {
        retry_after::clock(self.header(DATE)?)
    }

    /// The body of an error, null if it is no JSON.
    pub(crate) fn json(&self) -> Value {
        let beginning = &self.body[..self.body.len().min(EXPLANATION_BYTES)];
        serde_json::from_slice(beginning).unwrap_or_default()
    }

    /// What the body explains, short and safe to show: RFC 7807's `detail`, OAuth's
    /// `error_description`, else `message`, else the text.
    pub(crate) fn said(&self) -> String {
        let json = self.json();
        let named = ["detail", "error_description", "message", "error"]
            .iter()
            .find_map(|key| json[key].as_str());
        match named.or_else(|| self.nonsense()) {
            Some(text) => self.shown(text),
            None => self.shown(&String::from_utf8_lossy(
                &self.body[..self.body.len().min(EXPLANATION_BYTES)],
            )),
        }
    }

    /// What the body is where it is neither JSON nor data: nothing at all, or a page for people.
    pub(crate) fn nonsense(&self) -> Option<&'static str> {
        let body = self.body.strip_prefix(b"\xef\xbb\xbf");
        let body = body.unwrap_or(&self.body).trim_ascii_start();
        match body.first() {
            None => Some("an empty body"),
            Some(b'<') => Some("an HTML page"),
            Some(_) => None,
        }
    }

    /// Text of this answer, safe to show.
    pub(crate) fn shown(&self, text: &str) -> String {
        shown(text, &self.hide)
    }

    /// A fault of the service; `happened` follows "<service> at <host>".
    pub(crate) fn fault(&self, kind: FaultKind, happened: &str) -> Fault {
        let host = self.url.host_str().unwrap_or_default();
        let port = self.url.port().map(|port| format!(":{port}"));
        Fault {
            service: self.service,
            kind,
            message: format!(
                "{} at {host}{} {happened}",
                self.service,
                port.unwrap_or_default()
            ),
            retry_after: None,
        }
    }

    /// The fault that this success is not what the API promises.
    pub(crate) fn unlike(&self, expected: &str) -> Fault {
        let what = self.nonsense().map_or_else(
            || format!("something else ({})", self.said()),
            str::to_owned,
        );
        let happened = format!(
            "answered {} with {what} instead of {expected}: check {}",
            self.status, self.service.address
        );
        self.fault(FaultKind::UnexpectedResponse, &happened)
    }

    /// Whether the status tells of the service, or of the way to it, whatever was asked: a
    /// redirect, a proxy that wants credentials (407), a call that came too slowly (408) or too
    /// early (425), too many calls, a 5xx. Any other refusal may be about the one item sent.
    pub(crate) fn is_of_service(&self) -> bool {
        matches!(self.status, 300..=399 | 407 | 408 | 425 | 429 | 500..)
    }

    /// The fault that a status tells which means the same at both vendors.
    pub(crate) fn fault_of_status(&self) -> Fault {
        let kind = match self.status {
            300..=399 => return self.redirected(),
            429 => FaultKind::RateLimited,
            408 | 425 | 500.. => FaultKind::Unavailable,
            _ => FaultKind::UnexpectedResponse,
        };
        let mut fault = self.fault(kind, &format!("answered {}: {}", self.status, self.said()));
        if kind == FaultKind::UnexpectedResponse {
            let check = match self.status {
                407 => "the credentials of the proxy (HTTPS_PROXY)",
                _ => self.service.address,
            };
            fault.message = format!("{}; check {check}", fault.message);
        } else if let Some(wait) = self.retry_after() {
            let seconds = wait.as_secs_f64().ceil();
            fault.message = format!("{}; leave it alone for {seconds} s", fault.message);
            fault.retry_after = Some(wait);
        }
        fault
    }

    fn redirected(&self) -> Fault {
        let target = self.header(LOCATION);
        let target = target.and_then(|location| self.url.join(location).ok());
        let (to, next) = match target {
            Some(target) if target.origin() != self.url.origin() => {
                let origin = self.shown(&target.origin().ascii_serialization());
                let setting = self.service.address.split(' ').next().unwrap_or_default();
                let next = format!("set {setting} to {origin}");
                (origin, next)
            }
            other => {
                let path = other.map_or_else(|| "nowhere".to_owned(), |url| self.shown(url.path()));
                (path, format!("check {}", self.service.address))
            }
        };
        Fault {
            message: format!("{} answered {} to {to}: {next}", self.service, self.status),
            ..self.fault(FaultKind::UnexpectedResponse, "")
        }
    }

    /// How long the service asks to be left alone: `Retry-After`, or TruSTAR's `waitTime` in
    /// milliseconds, whichever is longer.
    fn retry_after(&self) -> Option<Duration> {
        let now = self.date().unwrap_or_else(Timestamp::now);
        let header = self.header(RETRY_AFTER);
        header.and_then(|value| retry_after::parse(value, now)).max(
            self.json()["waitTime"]
                .as_u64()
                .map(retry_after::from_millis),
        )
    }

    fn header(&self, name: HeaderName) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}

/// The beginning of an error's body; what does not come in time is left out.
async fn explanation(response: &mut Response, deadline: Instant) -> Vec<u8> {
    let mut body = Vec::new();
    while let Ok(Ok(Some(chunk))) = timeout_at(deadline, response.chunk()).await {
        body.extend_from_slice(&chunk[..chunk.len().min(EXPLANATION_BYTES - body.len())]);
        if body.len() == EXPLANATION_BYTES {
            break;
        }
    }
    body
}

/// What must not be shown of a call: the caller's secrets, and what follows the scheme in its
/// `Authorization`.
fn hidden(request: &Request, secrets: &[&SecretString]) -> Vec<SecretString> {
    let authorization = request.headers().get(AUTHORIZATION);
    let credential = authorization.and_then(|value| Some(value.to_str().ok()?.split_once(' ')?.1));
    let secrets = secrets.iter().copied().cloned();
    secrets.chain(credential.map(SecretString::from)).collect()
}

fn broken(error: &reqwest::Error) -> Broken {
    let cause = root_cause(error);
    let next = if cause.contains("certificate") {
        "; an authority of your own goes into --ca-file, in the chart customCA"
    } else if cause.contains("InvalidContentType") {
        // What rustls says of an answer that does not begin as TLS does.
        "; that is no TLS: the port may speak plain http, and the address then begins with http://"
    } else if error.is_connect() {
        "; if it lasts, check its address, and the proxy and firewall on the way there"
    } else {
        ""
    };
    (
        FaultKind::Unavailable,
        format!("gave no answer: {cause}{next}"),
        Cause::Broken,
    )
}

/// The innermost cause: what the system or the TLS library says, without the address.
pub(super) fn root_cause(error: &reqwest::Error) -> String {
    let mut cause: &dyn Error = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    shown(&cause.to_string(), &[])
}
