//! Links to CSV data: which may be followed, with the key.

use reqwest::Url;

use crate::flashpoint::csv_links::names_csv;

/// Flashpoint's own hosts, besides the configured one.
const HOSTS: [&str; 4] = [
    "fp.tools",
    "docs.fp.tools",
    "api.flashpoint.io",
    "app.flashpoint.io",
];

/// Longer than any link that is one.
const LINK_BYTES: usize = 2_048;

/// Those of `candidates` that are CSV links at Flashpoint, absolute, each once, in order.
pub(super) fn links(home: &Url, candidates: &[String]) -> Vec<String> {
    let mut links = Vec::new();
    for candidate in candidates {
        if let Some(link) = allowed(home, candidate).map(String::from)
            && !links.contains(&link)
        {
            links.push(link);
        }
    }
    links
}

/// The address of a CSV link, if the key may be sent there: the origin of `home`, or by https at
/// one of Flashpoint's own hosts. A relative link is one of that origin.
pub(super) fn allowed(home: &Url, link: &str) -> Option<Url> {
    let link = link.trim();
    if link.len() > LINK_BYTES || link.contains(char::is_whitespace) {
        return None;
    }
    let mut url = home.join("/").ok()?.join(link).ok()?;
    url.set_fragment(None);
    let at_home = url.origin() == home.origin();
    let at_flashpoint = url.scheme() == "https"
        && url.port().is_none()
        && url.host_str().is_some_and(|host| HOSTS.contains(&host));
    let own_name = url.username().is_empty() && url.password().is_none();
    ((at_home || at_flashpoint) && own_name && names_csv(url.as_str())).then_some(url)
}

/// The text of a CSV, without a byte order mark, each byte that is not UTF-8 replaced.
pub(super) fn text(body: Vec<u8>) -> String {
    let text = String::from_utf8(body)
        .unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned());
    match text.strip_prefix('\u{feff}') {
        Some(rest) => rest.to_owned(),
        None => text,
    }
}

#[cfg(test)]
mod tests {

    use super::*;

    fn found(candidates: &[&str]) -> Vec<String> {
        let home = Url::parse("http://127.0.0.1:8081/api/v4/reports/").unwrap();
        let candidates: Vec<_> = candidates.iter().map(ToString::to_string).collect();
        links(&home, &candidates)
    }

    #[test]
    fn links_at_flashpoint_are_followed_each_once() {
        assert_eq!(
            found(&[
                "http://127.0.0.1:8081/files/a.csv",
                " /files/a.csv#rows ",
                "exports/B.CSV?x=1",
                "https://fp.tools/e?format=csv&id=1",
                "https://app.flashpoint.io/x.csv",
            ]),
            [
                "http://127.0.0.1:8081/files/a.csv",
                "http://127.0.0.1:8081/exports/B.CSV?x=1",
                "https://fp.tools/e?format=csv&id=1",
                "https://app.flashpoint.io/x.csv",
            ]
        );
    }

    #[test]
    fn the_key_goes_nowhere_else() {
        let none: [&str; 0] = [];
        assert_eq!(
            found(&[
                "https://evil.example/a.csv",
                "//evil.example/a.csv",
                "\\\\evil.example\\a.csv",
                "https://fp.tools.evil.example/a.csv",
                "https://fp.tools@evil.example/a.csv",
                "https://user:pw@fp.tools/a.csv",
                "https://fp.tools:8443/a.csv",
                "http://fp.tools/a.csv",
                "http://127.0.0.1:8082/a.csv",
                "https://127.0.0.1:8081/a.csv",
                "ftp://fp.tools/a.csv",
                "javascript:a.csv",
                "https://fp.tools/a.html",
                "https://fp.tools/a?next=b.csv",
                "see the attached list.csv",
            ]),
            none
        );
    }
}
