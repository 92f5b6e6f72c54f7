//! The credentials of the proxies on the way to the vendors, so that no message shows them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use percent_encoding::percent_decode_str;
use reqwest::Url;
use secrecy::SecretString;

/// Where proxies are named, in capitals or not.
const VARIABLES: [&str; 3] = ["HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY"];

/// What a proxy that repeats what it was sent could give away.
pub(super) fn secrets() -> Vec<SecretString> {
    let values = VARIABLES.into_iter().flat_map(|name| {
        [name.to_owned(), name.to_lowercase()]
            .into_iter()
            .filter_map(|name| std::env::var(name).ok())
    });
    values.flat_map(|value| secrets_of(&value)).collect()
}

/// The password, as it is written and as it is sent, with and without the user's name; where there
/// is none, the name, which then is a token.
fn secrets_of(proxy: &str) -> Vec<SecretString> {
    // The scheme may be left out.
    let url = Url::parse(proxy)
        .ok()
        .filter(Url::has_host)
        .or_else(|| Url::parse(&format!("http://{proxy}")).ok());
    let Some(url) = url else {
        return Vec::new();
    };
    let (user, password) = (url.username(), url.password().unwrap_or_default());
    if user.is_empty() && password.is_empty() {
        return Vec::new();
    }
    let decoded = |text: &str| -> Vec<u8> { percent_decode_str(text).collect() };
    let sent = [decoded(user), b":".to_vec(), decoded(password)].concat();
    let written = if password.is_empty() { user } else { password };
    let plain = String::from_utf8_lossy(&decoded(written)).into_owned();
    [STANDARD.encode(sent), plain, written.to_owned()]
        .map(SecretString::from)
        .to_vec()
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret as _;

    use super::*;

    fn found(proxy: &str) -> Vec<String> {
        let secrets = secrets_of(proxy);
        let exposed = secrets.iter().map(SecretString::expose_secret);
        exposed.map(str::to_owned).collect()
    }

    #[test]
    fn what_is_sent_and_what_is_written_are_secrets() {
        let sent = STANDARD.encode("corp user:p%w");
        for proxy in [
            "http://corp%20user:p%25w@proxy:3128",
            "corp%20user:p%25w@proxy:3128",
        ] {
            assert_eq!(found(proxy), [sent.as_str(), "p%w", "p%25w"], "{proxy}");
        }
    }

    #[test]
    fn a_name_alone_is_one() {
        let sent = STANDARD.encode("token:");
        assert_eq!(
            found("http://token@proxy"),
            [sent.as_str(), "token", "token"]
        );
    }

    #[test]
    fn without_credentials_there_is_none() {
        for proxy in ["", "http://proxy:3128", "proxy:3128", "no proxy at all"] {
            assert!(found(proxy).is_empty(), "{proxy}");
        }
    }
}
