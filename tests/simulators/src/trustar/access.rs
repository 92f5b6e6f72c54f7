//! The door: tokens, the client's headers, and call limits.

use std::collections::{HashMap, VecDeque};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hyper::{Method, StatusCode};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use super::store::guid;
use super::{Settings, Station, refusal};
use crate::message::{Answer, Request};

#[derive(Debug)]
struct Token {
    key: String,
    expires: Timestamp,
}

/// Tokens given out, and calls made with them.
#[derive(Debug, Default)]
pub(super) struct Access {
    /// All tokens ever given out: an expired one is told apart from one that never was.
    tokens: HashMap<String, Token>,
    /// Times of the last calls by key; the empty key has those of all.
    calls: HashMap<String, VecDeque<Timestamp>>,
    used: u64,
}

impl Access {
    pub fn expire_tokens(&mut self) {
        for token in self.tokens.values_mut() {
            token.expires = Timestamp::MIN;
        }
    }

    /// Lets a call in: the token first, then the limits, then the headers.
    pub fn admit(
        &mut self,
        request: &Request,
        now: Timestamp,
        settings: &Settings,
    ) -> Result<(), Answer> {
        let bearer = request
            .header("authorization")
            .and_then(|value| value.strip_prefix("Bearer "));
        let Some(bearer) = bearer else {
            return Err(oauth_error(
                401,
                "unauthorized",
                "Full authentication is required to access this resource",
            ));
        };
        let bad_token = |what: &str| {
            oauth_error(
                settings.bad_token_status,
                "invalid_token",
                &format!("{what} oauth2 access token"),
            )
        };
        let token = self
            .tokens
            .get(bearer)
            .ok_or_else(|| bad_token("Invalid"))?;
        if token.expires <= now {
            return Err(bad_token("Expired"));
        }
        let key = token.key.clone();
        if request.path() != "/api/1.3/request-quotas" {
            self.count(&key, now, settings)?;
        }
        for header in ["client-type", "client-version", "client-metatag"] {
            if request.header(header).unwrap_or_default().trim().is_empty() {
                return Err(refusal(
                    request,
                    StatusCode::BAD_REQUEST,
                    &format!("Header {header} is missing"),
                ));
            }
        }
        let client = request
            .header("client-type")
            .unwrap_or_default()
            .to_uppercase();
        if client != "API" && client != "PYTHON_SDK" {
            return Err(refusal(
                request,
                StatusCode::BAD_REQUEST,
                "Client-Type must be API or Python_SDK",
            ));
        }
        Ok(())
    }

    fn count(&mut self, key: &str, now: Timestamp, settings: &Settings) -> Result<(), Answer> {
        let minute = SignedDuration::from_mins(1);
        let limits = [
            (key, settings.calls_per_minute, minute),
            ("", settings.host_calls_per_5_minutes, minute * 5),
        ];
        for (key, limit, window) in limits {
            let Some(limit) = limit else { continue };
            let calls = self.calls.entry(key.to_owned()).or_default();
            while calls
                .front()
                .is_some_and(|call| call.duration_until(now) >= window)
            {
                calls.pop_front();
            }
            if calls.len() >= usize::try_from(limit).unwrap_or(usize::MAX) {
                let oldest = calls.front().copied().unwrap_or(now);
                return Err(too_many(window - oldest.duration_until(now)));
            }
        }
        for (key, limit, _) in limits {
            if limit.is_some() {
                self.calls.entry(key.to_owned()).or_default().push_back(now);
            }
        }
        self.used += 1;
        Ok(())
    }

    pub fn quotas(&self, now: Timestamp) -> Answer {
        let day = 86_400_000;
        let reset = now.as_millisecond() - now.as_millisecond().rem_euclid(day);
        let quota = json!([{
            "guid": "company",
            "maxRequests": 3000,
            "usedRequests": self.used,
            "timeWindow": day,
            "lastResetTime": reset,
            "nextResetTime": reset + day,
        }]);
        Answer::json(StatusCode::OK, &quota)
    }
}

impl Station {
    /// `POST /oauth/token`.
    pub(super) fn token(&mut self, request: &Request, now: Timestamp) -> Answer {
        if request.method != Method::POST {
            return refusal(
                request,
                StatusCode::METHOD_NOT_ALLOWED,
                "Request method not supported",
            );
        }
        let media_type = request.header("content-type").unwrap_or_default();
        if !media_type.starts_with("application/x-www-form-urlencoded") {
            return refusal(
                request,
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "Content-Type must be a form's",
            );
        }
        let form: Vec<_> = form_urlencoded::parse(&request.body).collect();
        if form.len() != 1 || form[0] != ("grant_type".into(), "client_credentials".into()) {
            return oauth_error(
                400,
                "unsupported_grant_type",
                "grant_type must be client_credentials",
            );
        }
        let credential = basic(request);
        let known = self.settings.credentials.iter().find(|known| {
            credential
                .as_ref()
                .is_some_and(|(key, secret)| *key == known.key && *secret == known.secret)
        });
        let Some(known) = known else {
            return oauth_error(
                self.settings.bad_credentials_status,
                "invalid_client",
                "Bad client credentials",
            );
        };
        let lifetime =
            SignedDuration::try_from(self.settings.token_life).unwrap_or(SignedDuration::MAX);
        let current = self
            .access
            .tokens
            .iter()
            .find(|(_, token)| token.key == known.key && token.expires > now);
        let (text, expires) = if let Some((text, token)) = current {
            (text.clone(), token.expires)
        } else {
            let expires = now.saturating_add(lifetime).unwrap_or(Timestamp::MAX);
            let token = Token {
                key: known.key.clone(),
                expires,
            };
            let text = guid();
            self.access.tokens.insert(text.clone(), token);
            (text, expires)
        };
        let token = json!({
            "access_token": text,
            "token_type": "bearer",
            // Whole seconds, rounded down: 599 for a token of ten minutes.
            "expires_in": (now.duration_until(expires).as_millis() - 1).max(0) / 1000,
            "scope": "read",
        });
        Answer::json(StatusCode::OK, &token)
    }
}

fn basic(request: &Request) -> Option<(String, String)> {
    let encoded = request.header("authorization")?.strip_prefix("Basic ")?;
    let decoded = String::from_utf8(STANDARD.decode(encoded).ok()?).ok()?;
    let (key, secret) = decoded.split_once(':')?;
    Some((key.to_owned(), secret.to_owned()))
}

fn oauth_error(status: u16, error: &str, description: &str) -> Answer {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_REQUEST);
    Answer::json(
        status,
        &json!({"error": error, "error_description": description}),
    )
}

fn too_many(wait: SignedDuration) -> Answer {
    let wait = wait.as_millis().max(1);
    let message = format!("Request limit exceeded. Please wait {wait} milliseconds and try again.");
    let body = json!({"message": message, "waitTime": wait});
    Answer::json(StatusCode::TOO_MANY_REQUESTS, &body)
}
