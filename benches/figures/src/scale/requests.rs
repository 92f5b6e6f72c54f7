//! How many requests the API server had, by its own count.

use std::ops::Sub;

use kube::Client;

use crate::Outcome;

/// The resources that an operator works with. The API server's own requests concern others.
const RESOURCES: [&str; 4] = ["flashpointfeeds", "flashpointledgers", "secrets", "events"];

/// Requests by verb. A watch counts when it ends, and is left out.
#[derive(Clone, Copy, Default)]
pub struct Requests {
    pub get: f64,
    /// Every kind of patch, server-side apply too.
    pub patch: f64,
    /// All else: list, create, update, delete.
    pub other: f64,
}

impl Requests {
    /// Those since the API server was started.
    pub async fn count(client: &Client) -> Outcome<Self> {
        let request = http::Request::get("/metrics").body(Vec::new())?;
        let text = client.request_text(request).await?;
        let mut requests = Self::default();
        for line in text.lines() {
            let Some(rest) = line.strip_prefix("apiserver_request_total{") else {
                continue;
            };
            let (labels, value) = rest.rsplit_once("} ").ok_or("an unlike line")?;
            let is_ours = |name: &str| labels.contains(&format!("resource=\"{name}\""));
            if !RESOURCES.iter().any(|name| is_ours(name)) {
                continue;
            }
            let verb = labels.split("verb=\"").nth(1).unwrap_or_default();
            let value: f64 = value.parse()?;
            match verb.split('"').next().unwrap_or_default() {
                "WATCH" => {}
                "GET" => requests.get += value,
                "PATCH" | "APPLY" => requests.patch += value,
                _ => requests.other += value,
            }
        }
        Ok(requests)
    }
}

impl Sub for Requests {
    type Output = Self;

    fn sub(self, earlier: Self) -> Self {
        Self {
            get: self.get - earlier.get,
            patch: self.patch - earlier.patch,
            other: self.other - earlier.other,
        }
    }
}
