//! URLs with a scheme, and the hosts in them.

use memchr::memchr3_iter;

use super::host::{self, Dots};
use super::scan::{Hit, Page};
use super::scheme::{self, Scheme};
use super::{IndicatorType, domain, ipv4, ipv6, path};

/// The most bytes of a user name and password before a host.
const MOST_USERINFO: usize = 128;

/// The most bytes of a second scheme.
const MOST_SCHEME: usize = "https".len();

/// Appends the URLs in `text` and their hosts to `hits`, and what they span to `pages`.
pub fn find(text: &str, hits: &mut Vec<Hit>, pages: &mut Vec<Page>) {
    let bytes = text.as_bytes();
    // From `floor` on no URL has been found; up to `outer_end` one is inside of the last.
    let mut floor = 0;
    let mut outer_end = 0;
    for slash in memchr3_iter(b'/', b'\\', b'_', bytes) {
        if slash < floor || !may_separate(bytes, slash) {
            continue;
        }
        let Some(scheme) = scheme::around(text, slash, floor) else {
            continue;
        };
        let url = match read(text, &scheme) {
            Ok(url) => url,
            Err(end) => {
                // `h00p://http://evil.com`: what seems to be a host is the next scheme.
                let doubled = end - scheme.end <= MOST_SCHEME;
                floor = if doubled { scheme.end } else { end };
                continue;
            }
        };
        let nested = scheme.start < outer_end;
        // A URL inside of another is as far as it goes: each byte is read at most twice.
        floor = if nested { url.end } else { url.host_end };
        outer_end = outer_end.max(url.end);
        let page = url.report(scheme.start, hits);
        if !nested {
            pages.push(page);
        }
    }
}

/// Whether the slash, backslash or underscore at `at` may be the first of a separator: cheap, and rarely wrong.
fn may_separate(bytes: &[u8], at: usize) -> bool {
    let next = bytes.get(at + 1).copied().unwrap_or_default();
    match bytes.get(at) {
        Some(b'_') => {
            next == b'_' && at > 0 && matches!(bytes.get(at - 1), Some(b'p' | b'P' | b's' | b'S'))
        }
        _ => {
            matches!(next, b'/' | b'\\' | b'[' | b']' | b'(' | b')' | b'{' | b'}')
                || scheme::is_single(bytes, at)
        }
    }
}

struct Url {
    value: String,
    host: String,
    is_address: bool,
    host_end: usize,
    end: usize,
    defanged: bool,
}

impl Url {
    /// Reports the URL and its host, and returns what it spans.
    fn report(self, at: usize, hits: &mut Vec<Hit>) -> Page {
        hits.push(Hit::new(at, IndicatorType::Url, self.value, self.defanged));
        // The host comes after its URL in order of appearance.
        if self.is_address {
            if !self.host.contains(':') {
                hits.push(Hit::new(
                    at + 1,
                    IndicatorType::Ip,
                    self.host.clone(),
                    self.defanged,
                ));
            }
        } else if let Some(domain) = domain::named(&self.host) {
            hits.push(Hit::new(
                at + 1,
                IndicatorType::Domain,
                domain.to_owned(),
                self.defanged,
            ));
        }
        Page {
            start: at,
            path: self.host_end,
            end: self.end,
            host: self.host,
            defanged: self.defanged,
        }
    }
}

/// The URL after a scheme, or where the reading ended if there is none.
fn read(text: &str, scheme: &Scheme) -> Result<Url, usize> {
    let bytes = text.as_bytes();
    let mut value = String::with_capacity(96);
    value.push_str(scheme.name);
    value.push_str("://");
    let mut start = scheme.end;
    if let Some(length) = userinfo(bytes, start) {
        value.push_str(text.get(start..start + length).unwrap_or_default());
        start += length;
    }
    let authority = authority(text, start)?;
    let Authority {
        host,
        is_address,
        mut end,
        mut defanged,
        opened,
    } = authority;
    if host.contains(':') {
        value.push('[');
        value.push_str(&host);
        value.push(']');
    } else {
        value.push_str(&host);
    }
    end = skip_closer(bytes, end, opened);
    if let Some((after, port)) = scheme::port(bytes, end) {
        value.push(':');
        value.push_str(&port.to_string());
        end = skip_closer(bytes, after, opened);
    }
    let host_end = end;
    // `http:// evil .com /path`: mail gateways put spaces around the host.
    let spaced = bytes
        .get(scheme.end.saturating_sub(1)..end)
        .is_some_and(|host| host.contains(&b' '));
    end += usize::from(spaced && matches!(bytes.get(end..end + 2), Some(b" /")));
    let backslashes = bytes.get(scheme.end.saturating_sub(2)..scheme.end) == Some(br"\\");
    if backslashes && bytes.get(end) == Some(&b'\\') {
        end = read_backslashes(text, end, &mut value);
    } else if path::begins(bytes, end) {
        let tail = path::read(text, scheme.start, end, &mut value);
        end = tail.end;
        defanged |= tail.defanged;
    }
    Ok(Url {
        value,
        host,
        is_address,
        host_end,
        end,
        defanged: defanged || scheme.defanged,
    })
}

/// The most bytes of a path whose slashes are backslashes.
const MOST_PATH: usize = 512;

/// Appends the path at `start` of a URL whose slashes are written as backslashes (`hxxps:\\\\evil.com\\a`) to `url`, and returns
/// the offset after it.
fn read_backslashes(text: &str, start: usize, url: &mut String) -> usize {
    let most = text.floor_char_boundary(start + MOST_PATH);
    let rest = text.get(start..most).unwrap_or_default();
    let length = rest.find(char::is_whitespace).unwrap_or(rest.len());
    let path = rest.get(..length).unwrap_or_default().replace('\\', "/");
    start + path::read(&path, 0, 0, url).end
}

/// The host of a URL.
struct Authority {
    host: String,
    is_address: bool,
    end: usize,
    defanged: bool,
    /// Whether it leaves a bracket open, as in `example[.com`.
    opened: bool,
}

/// The host at `start`, or where the reading ended if there is none.
fn authority(text: &str, start: usize) -> Result<Authority, usize> {
    let bytes = text.as_bytes();
    if let Some((address, end)) = ipv6::bracketed(text, start) {
        return Ok(Authority {
            host: address,
            is_address: true,
            end,
            defanged: false,
            opened: false,
        });
    }
    let bracket = matches!(bytes.get(start), Some(b'[' | b'(' | b'{'));
    let read = host::read(text, start + usize::from(bracket), Dots::AfterScheme);
    if bracket && is_part(bytes, read.end) {
        return Err(read.end);
    }
    let (host, is_address) = match ipv4::parse(&read.name) {
        Some(address) => (address.to_string(), true),
        None if domain::named(&read.name).is_some() => {
            (read.name.trim_matches('-').to_owned(), false)
        }
        None => return Err(read.end),
    };
    Ok(Authority {
        host,
        is_address,
        end: read.end,
        defanged: read.defanged || bracket,
        opened: bracket || read.opened > 0,
    })
}

/// Whether the bracket that closes at `at` held a part of a name only: `{user.name}.evil.com`.
fn is_part(bytes: &[u8], at: usize) -> bool {
    matches!(
        bytes.get(at..at + 3),
        Some([b']' | b')' | b'}', b'.' | b'-' | b'_', next]) if next.is_ascii_alphanumeric() || matches!(next, b'{' | b'<' | b'$')
    )
}

fn skip_closer(bytes: &[u8], at: usize, opened: bool) -> usize {
    at + usize::from(opened && matches!(bytes.get(at), Some(b']' | b')' | b'}')))
}

/// The bytes that a user name and password end with.
const ENDS_USERINFO: [bool; 256] = {
    let mut table = [false; 256];
    let mut ends: &[u8] = b"@/?#\\\"'<> \t\r\n";
    while let [byte, rest @ ..] = ends {
        table[*byte as usize] = true;
        ends = rest;
    }
    table
};

/// The length of a user name (and password) with its at sign.
fn userinfo(bytes: &[u8], start: usize) -> Option<usize> {
    let rest = bytes.get(start..)?;
    let window = rest.get(..MOST_USERINFO.min(rest.len()))?;
    let stop = window
        .iter()
        .position(|byte| ENDS_USERINFO[usize::from(*byte)])?;
    (window.get(stop) == Some(&b'@')).then_some(stop + 1)
}
