//! The calls of Flashpoint and of TruSTAR.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use reqwest::Client;
use serde::Deserialize;
use serde_json::json;
use serde_json::value::RawValue;
use tokio::sync::Mutex;

use crate::sync::SyncError;

/// Asks for the reports of a day.
const LISTING: &str =
    "/api/v4/reports/?since=-1d&until=now&limit=500&highlight_tag=x-fp-highlight&fragment_size=256";

const UPSERT: &str = "/api/1.3/reports/upsert?idType=external&mode=OVERRIDE";

/// How long a call may take.
const TIMEOUT: Duration = Duration::from_secs(30);

/// How long before its end a token is given up.
const TOKEN_MARGIN: Duration = Duration::from_mins(1);

/// Where both services are, and the tokens of TruSTAR's that are still good.
pub struct Vendors {
    client: Client,
    flashpoint: String,
    trustar: String,
    tokens: Mutex<HashMap<Credential, Token>>,
}

/// A key and a secret of TruSTAR's.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Credential {
    pub key: String,
    pub secret: String,
}

struct Token {
    text: String,
    good_until: Instant,
}

#[derive(Deserialize)]
struct Grant {
    access_token: String,
    expires_in: u64,
}

/// What Flashpoint answers.
#[derive(Deserialize)]
pub struct Page {
    /// How many reports it says there are.
    pub total: usize,
    data: Vec<Box<RawValue>>,
}

/// What is read of one report.
#[derive(Deserialize)]
pub struct Report {
    pub posted_at: Timestamp,
    id: String,
    title: String,
    platform_url: Option<String>,
    #[serde(skip)]
    json: String,
}

impl Page {
    /// The reports, each parsed.
    pub fn reports(self) -> Result<Vec<Report>, serde_json::Error> {
        let parse = |json: Box<RawValue>| {
            let report: Report = serde_json::from_str(json.get())?;
            let json = json.to_string();
            Ok(Report { json, ..report })
        };
        self.data.into_iter().map(parse).collect()
    }
}

impl Vendors {
    pub fn new(flashpoint: String, trustar: String) -> Result<Self, reqwest::Error> {
        let client = Client::builder().timeout(TIMEOUT).build()?;
        Ok(Self {
            client,
            flashpoint,
            trustar,
            tokens: Mutex::default(),
        })
    }

    /// The reports of a day.
    pub async fn reports(&self, key: &str) -> Result<Page, SyncError> {
        let url = format!("{}{LISTING}", self.flashpoint);
        let answer = self.client.get(url).bearer_auth(key).send().await?;
        let body = answer.error_for_status()?.bytes().await?;
        Ok(serde_json::from_slice(&body)?)
    }

    /// Writes one report to an enclave.
    pub async fn submit(
        &self,
        credential: &Credential,
        enclave: &str,
        report: &Report,
    ) -> Result<(), SyncError> {
        let posted = report.posted_at.strftime("%Y-%m-%dT%H:%M:%S%.3f+00:00");
        let submission = json!({
            "title": report.title,
            "reportBody": report.json,
            "enclaveIds": [enclave],
            "externalTrackingId": report.id,
            "externalUrl": report.platform_url,
            "timeBegan": posted.to_string(),
            "distributionType": "ENCLAVE",
        });
        let token = self.token(credential).await?;
        let answer = self
            .client
            .post(format!("{}{UPSERT}", self.trustar))
            .bearer_auth(token)
            .header("client-type", "API")
            .header("client-version", "1.3")
            .header("client-metatag", "peer")
            .header("content-type", "application/json")
            .body(submission.to_string())
            .send()
            .await?;
        answer.error_for_status()?.bytes().await?;
        Ok(())
    }

    /// The token in use for a credential, or a new one; one task at a time asks for it.
    async fn token(&self, credential: &Credential) -> Result<String, SyncError> {
        let mut tokens = self.tokens.lock().await;
        let known = tokens.get(credential);
        if let Some(token) = known.filter(|token| token.good_until > Instant::now()) {
            return Ok(token.text.clone());
        }
        let answer = self
            .client
            .post(format!("{}/oauth/token", self.trustar))
            .basic_auth(&credential.key, Some(&credential.secret))
            .header("content-type", "application/x-www-form-urlencoded")
            .body("grant_type=client_credentials")
            .send()
            .await?;
        let body = answer.error_for_status()?.bytes().await?;
        let grant: Grant = serde_json::from_slice(&body)?;
        let life = Duration::from_secs(grant.expires_in).saturating_sub(TOKEN_MARGIN);
        let token = Token {
            text: grant.access_token.clone(),
            good_until: Instant::now() + life,
        };
        tokens.insert(credential.clone(), token);
        Ok(grant.access_token)
    }
}
