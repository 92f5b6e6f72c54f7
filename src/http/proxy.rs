//! The proxies on the way to the vendors: whether the client can read them, and their credentials, so that no message shows them.

use std::env::VarError;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hyper_util::client::proxy::matcher::Matcher;
use percent_encoding::percent_decode_str;
use reqwest::Url;
use secrecy::SecretString;

/// Where proxies are named, in capitals or not.
const VARIABLES: [&str; 3] = ["HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY"];

/// A proxy that is named, and that the client would pass over: it would call around it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0} can't be read as a proxy's URL: percent-encode its user name and password, such as %2F for '/'; letters, digits, '-', '.', '_' \
     and '~' stay as they are"
)]
pub struct UnreadableProxy(String);

/// Refuses the variable of a proxy that the client can't read, where it would go by it to call one of these services.
///
/// # Errors
/// The name of the variable; its value may hold a password.
pub fn check_proxies<'a>(
    services: impl IntoIterator<Item = &'a Url>,
) -> Result<(), UnreadableProxy> {
    let exempt = variable("NO_PROXY").and_then(|(_, value)| value.ok());
    let proxied = Matcher::builder()
        .all("http://proxy.invalid")
        .no(exempt.unwrap_or_default())
        .build();
    for url in services {
        let Some(uri) = url.as_str().parse().ok() else {
            continue;
        };
        if proxied.intercept(&uri).is_none() {
            continue;
        }
        let own = variable(&format!("{}_PROXY", url.scheme().to_uppercase()));
        let named = own.filter(|(_, value)| value.as_deref() != Ok(""));
        let Some((name, value)) = named.or_else(|| variable("ALL_PROXY")) else {
            continue;
        };
        if !value.is_ok_and(|value| value.is_empty() || is_read(&value)) {
            return Err(UnreadableProxy(name));
        }
    }
    Ok(())
}

/// A variable as the client looks for it: in capitals, and else not.
fn variable(name: &str) -> Option<(String, Result<String, VarError>)> {
    [name.to_owned(), name.to_lowercase()]
        .into_iter()
        .map(|name| (std::env::var(&name), name))
        .find(|(value, _)| *value != Err(VarError::NotPresent))
        .map(|(value, name)| (name, value))
}

/// Whether the client takes it for a proxy, and for the one that is meant: a `/`, `?` or `#` in a password ends the host before
/// it, and an `@` stands behind.
fn is_read(proxy: &str) -> bool {
    let (_, address) = proxy.split_once("://").unwrap_or(("", proxy));
    let cut_off = address.split_once(['/', '?', '#']);
    let is_whole = cut_off.is_none_or(|(_, rest)| !rest.contains('@'));
    let any = "http://service.invalid".parse();
    let matcher = Matcher::builder().all(proxy).build();
    is_whole && any.is_ok_and(|any| matcher.intercept(&any).is_some())
}

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
    fn a_proxy_is_read_if_its_credentials_are_encoded() {
        for proxy in [
            "http://proxy:3128",
            "http://proxy.example.com/",
            "proxy:3128",
            "user:password@proxy:3128",
            "http://us%2Fer:pa%23ss%0A@[::1]:3128",
            "http://user:pa%zz:ss@proxy:3128",
            "socks5h://user:password@proxy",
        ] {
            assert!(is_read(proxy), "{proxy}");
        }
        for password in [
            "pa/ss",
            "pa?ss",
            "pa#ss",
            "12/34",
            "pa ss",
            "pass\n",
            "pa\"ss",
            "p\u{e4}ss",
            "pa[ss",
        ] {
            for proxy in [
                format!("http://user:{password}@proxy:3128"),
                format!("user:{password}@proxy:3128"),
            ] {
                assert!(!is_read(&proxy), "{proxy:?}");
            }
        }
        for proxy in [
            "not a proxy",
            "ftp://proxy:21",
            "http://",
            "http://proxy:3128\n",
        ] {
            assert!(!is_read(proxy), "{proxy:?}");
        }
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
