//! A request as it came over the wire, and the answer a simulator gives to it.

use std::borrow::Cow;
use std::io;

use bytes::Bytes;
use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;
use hyper::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use hyper::{Method, StatusCode};
use serde::Serialize;
use serde_json::json;

/// The most a simulator reads of one request's body, in bytes.
const MAX_REQUEST_BYTES: usize = 256 * 1024 * 1024;

/// One whole request, as received.
#[derive(Debug, Clone)]
pub struct Request {
    /// The HTTP method.
    pub method: Method,
    /// Path and query exactly as they stood on the request line.
    pub target: String,
    /// All headers, credentials included.
    pub headers: HeaderMap,
    /// The body's bytes.
    pub body: Bytes,
}

impl Request {
    /// Reads a request to its end.
    ///
    /// # Errors
    /// The connection broke, or the body is over 256 MiB.
    pub(crate) async fn read(request: hyper::Request<Incoming>) -> io::Result<Self> {
        let (parts, body) = request.into_parts();
        let body = Limited::new(body, MAX_REQUEST_BYTES)
            .collect()
            .await
            .map_err(io::Error::other)?
            .to_bytes();
        let target = parts
            .uri
            .path_and_query()
            .map_or_else(|| "/".to_owned(), ToString::to_string);
        Ok(Self {
            method: parts.method,
            target,
            headers: parts.headers,
            body,
        })
    }

    /// The path, still percent-encoded.
    #[must_use]
    pub fn path(&self) -> &str {
        self.target
            .split_once('?')
            .map_or(self.target.as_str(), |(path, _)| path)
    }

    /// The query as on the wire, without the question mark; empty if there is none.
    #[must_use]
    pub fn query(&self) -> &str {
        self.target.split_once('?').map_or("", |(_, query)| query)
    }

    /// The query's parameters in order, decoded as a form (`+` is a space).
    #[must_use]
    pub fn parameters(&self) -> Vec<(String, String)> {
        form_urlencoded::parse(self.query().as_bytes())
            .into_owned()
            .collect()
    }

    /// A header's value, if it is there and is text.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The body as text, with replacement characters for what is not UTF-8.
    #[must_use]
    pub fn text(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(&self.body)
    }
}

/// What a simulator answers.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The status line's code.
    pub status: StatusCode,
    /// Headers, each at most once; the server adds `Date`.
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// The body's bytes.
    pub body: Bytes,
    /// Whether the request changed what the simulator holds.
    pub effect: bool,
}

impl Answer {
    /// An answer with a body of the given media type.
    pub fn new(status: StatusCode, media_type: &'static str, body: impl Into<Bytes>) -> Self {
        Self {
            status,
            headers: vec![(CONTENT_TYPE, HeaderValue::from_static(media_type))],
            body: body.into(),
            effect: false,
        }
    }

    /// An answer without a body.
    #[must_use]
    pub fn empty(status: StatusCode) -> Self {
        Self {
            status,
            headers: Vec::new(),
            body: Bytes::new(),
            effect: false,
        }
    }

    /// A JSON answer.
    pub fn json(status: StatusCode, value: &impl Serialize) -> Self {
        match serde_json::to_vec(value) {
            Ok(body) => Self::new(status, "application/json", body),
            Err(error) => Self::text(StatusCode::INTERNAL_SERVER_ERROR, error.to_string()),
        }
    }

    /// A plain text answer.
    pub fn text(status: StatusCode, text: impl Into<Bytes>) -> Self {
        Self::new(status, "text/plain;charset=UTF-8", text)
    }

    /// An RFC 7807 problem, the form of Flashpoint's own errors.
    #[must_use]
    pub fn problem(status: StatusCode, detail: &str) -> Self {
        let body = json!({
            "type": "about:blank",
            "title": "Error",
            "detail": detail,
            "status": status.as_u16(),
        });
        Self::json(status, &body).with_header(CONTENT_TYPE, "application/problem+json")
    }

    /// The same answer, marked as having had an effect.
    #[must_use]
    pub fn with_effect(mut self) -> Self {
        self.effect = true;
        self
    }

    /// The same answer with a header set; a value that is not legal in a header is dropped.
    #[must_use]
    pub fn with_header(mut self, name: HeaderName, value: &str) -> Self {
        self.headers.retain(|(other, _)| *other != name);
        if let Ok(value) = HeaderValue::from_str(value) {
            self.headers.push((name, value));
        }
        self
    }
}
