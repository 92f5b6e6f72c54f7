//! Where a service is, as an operator's setting names it.

use std::fmt;
use std::str::FromStr;

use reqwest::Url;

/// The address of a service: http or https, a host, maybe a port and a path. It holds no secret,
/// so that it can be shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceUrl(Url);

/// Why a text is no [`ServiceUrl`]. The text itself, which may hold a password, is not shown.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ServiceUrlError {
    /// It can't be read.
    #[error("this is no URL ({0}): write for example https://host.example")]
    Unreadable(String),
    /// It is an address of another kind.
    #[error("only http:// and https:// are spoken here")]
    Scheme,
    /// Credentials are in secrets, which are not logged; addresses are.
    #[error("a URL with a user name or password is not taken: credentials belong in the secret")]
    UserInfo,
    /// Each call has a query of its own.
    #[error("a URL with a query or fragment is not taken: end it before the ? or #")]
    Query,
}

impl FromStr for ServiceUrl {
    type Err = ServiceUrlError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let url = Url::parse(text.trim());
        let url = url.map_err(|error| ServiceUrlError::Unreadable(error.to_string()))?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(ServiceUrlError::Scheme);
        }
        // An empty name, as in `https://@host`, is gone once the URL is read.
        if !url.username().is_empty() || url.password().is_some() {
            return Err(ServiceUrlError::UserInfo);
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(ServiceUrlError::Query);
        }
        Ok(Self(url))
    }
}

impl ServiceUrl {
    /// As calls use it.
    #[must_use]
    pub fn url(&self) -> &Url {
        &self.0
    }
}

impl fmt::Display for ServiceUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {

    use super::*;

    #[test]
    fn addresses_are_taken() {
        for text in [
            "https://docs.fp.tools",
            "http://127.0.0.1:8080/a/b",
            "https://[::1]/",
        ] {
            let url: ServiceUrl = text.parse().unwrap();
            assert!(url.to_string().starts_with(text), "{url}");
        }
    }

    #[test]
    fn what_has_no_business_in_an_address_is_refused_and_not_repeated() {
        for text in [
            "https://user:pw-canary@host.example",
            "https://pw-canary@host.example",
            "https://:pw-canary@host.example",
            "https://user:p@ss:pw-canary@host:port",
            "https://host.example?key=pw-canary",
            "https://host.example/#pw-canary",
            "ftp://pw-canary.example",
            "user:pw-canary@host.example",
            "https://",
            "pw-canary",
        ] {
            let error = text.parse::<ServiceUrl>().unwrap_err();
            let shown = format!("{error} {error:?}");
            assert!(!shown.contains("pw-canary"), "{shown}");
        }
    }
}
