//! Whatever has dots in it, without a scheme: domains, IPv4 addresses, and hosts with a path.

use memchr::{memchr_iter, memmem};

use super::host::{self, Dots, Host};
use super::scan::{Hit, Page, Span, last_bytes};
use super::{IndicatorType, brackets, defang, domain, ipv4, lead, path, scheme, spelt, tlds};

/// How far back the words before an address are looked at.
const WORDS_BEFORE: usize = 64;

/// Appends the domains, IPv4 addresses and URLs without a scheme that are in `text` outside of `taken` to `hits`.
pub fn find(text: &str, taken: &[Span], hits: &mut Vec<Hit>) {
    let bytes = text.as_bytes();
    let mut finder = Finder {
        text,
        hits,
        version_end: None,
        headless: usize::MAX,
    };
    let mut taken = taken.iter().peekable();
    let mut floor = 0;
    for core in cores(bytes) {
        while let Some(span) = taken.next_if(|span| span.start <= core) {
            floor = floor.max(span.end);
        }
        if core < floor {
            continue;
        }
        if let Some(spelt) = spelt::read(text, core, floor) {
            floor = spelt.end;
            let hit = Hit::new(spelt.start, spelt.kind, spelt.value, true);
            finder.hits.push(hit);
            continue;
        }
        let Some(start) = host::label_before(text, core, floor) else {
            continue;
        };
        let joined = lead::is_joined(bytes, start);
        let start = lead::skip(bytes, start);
        if joined || brackets::is_rest_of_label(bytes, start) {
            floor = core + 1;
            finder.headless = floor;
            continue;
        }
        let host = host::read(text, start, Dots::Usual);
        floor = finder.judge(start, &host).max(core + 1);
    }
}

/// Where there may be a dot between labels, in order: its `.`, or the `dot` that is spelt out.
fn cores(bytes: &[u8]) -> Vec<usize> {
    let mut cores: Vec<usize> = memchr_iter(b'.', bytes)
        .filter(|at| may_separate(bytes, *at))
        .collect();
    let dots = cores.len();
    for word in [&b"dot"[..], b"DOT", b"Dot"] {
        cores.extend(
            memmem::find_iter(bytes, word)
                .filter(|at| may_be_spelt(bytes, *at) || spelt::may_begin(bytes, *at)),
        );
    }
    if cores.len() > dots {
        cores.sort_unstable();
    }
    cores
}

/// Appends the addresses in a URL's path, and the domains that make up a whole segment of it.
pub fn find_in_path(text: &str, page: &Page, hits: &mut Vec<Hit>) {
    let bytes = text.as_bytes();
    let mut floor = page.path;
    let Some(path) = bytes.get(..page.end) else {
        return;
    };
    for core in
        memchr_iter(b'.', path.get(page.path..).unwrap_or_default()).map(|at| page.path + at)
    {
        if core < floor {
            continue;
        }
        let Some(start) = host::label_before(text, core, floor) else {
            continue;
        };
        let before = start.checked_sub(1).and_then(|at| bytes.get(at));
        let encoded = lead::skip(bytes, start) > start;
        let start = lead::skip(bytes, start);
        let host = host::read(text, start, Dots::Usual);
        floor = host.end;
        let is_free = |byte: Option<&u8>| byte.is_none_or(|byte| b"/=?&,;:#%".contains(byte));
        if host.end > page.end
            || !(encoded || is_free(before) && before != Some(&b'%'))
            || !(host.end == page.end || is_free(bytes.get(host.end)))
            || lead::mailbox(bytes, host.end).is_some()
        {
            continue;
        }
        let defanged = page.defanged || host.defanged;
        if let Some(address) = ipv4::parse(&host.name) {
            let address = Hit::new(start, IndicatorType::Ip, address.to_string(), defanged);
            hits.push(Hit {
                in_path: true,
                ..address
            });
        } else if let Some(domain) =
            domain::plain(&host.name, &host.name).filter(|domain| is_no_file(domain))
        {
            let domain = Hit::new(start, IndicatorType::Domain, domain.to_owned(), defanged);
            hits.push(Hit {
                in_path: true,
                ..domain
            });
        }
    }
}

/// Whether a segment of a path is a domain rather than a page: `index.do` is none.
fn is_no_file(domain: &str) -> bool {
    domain.rsplit('.').next().is_some_and(|top| {
        tlds::is_common(top) || (top.len() == 2 && !tlds::is_extension(top) && top != "do")
    })
}

struct Finder<'t, 'h> {
    text: &'t str,
    hits: &'h mut Vec<Hit>,
    /// Where the last version number ended, for lists of them.
    version_end: Option<usize>,
    /// Where a name begins whose first label was left out.
    headless: usize,
}

impl Finder<'_, '_> {
    /// Reports what a host is, and returns the offset to go on from.
    fn judge(&mut self, start: usize, host: &Host) -> usize {
        let bytes = self.text.as_bytes();
        if let Some(after) = lead::mailbox(bytes, host.end) {
            // The name of a mailbox.
            return after;
        }
        if let Some(addresses) = ipv4::parse_range(&host.name) {
            for address in addresses {
                self.hits.push(Hit::new(
                    start,
                    IndicatorType::Ip,
                    address.to_string(),
                    host.defanged,
                ));
            }
            return host.end;
        }
        let found = if let Some(address) = ipv4::parse(&host.name) {
            self.address(start, host, address)
        } else {
            self.domain(start, host)
        };
        let Some((kind, value)) = found else {
            return host.end;
        };
        // After another scheme than a URL's a path says nothing, nor does it below a placeholder.
        let before = last_bytes(self.text.get(..start).unwrap_or_default(), 4);
        let (tail, tail_end) = if before.ends_with("//")
            || brackets::ends_placeholder(before)
            || start == self.headless
        {
            (None, host.end)
        } else {
            self.tail(start, host, kind)
        };
        let defanged = host.defanged;
        if let Some(tail) = tail {
            let url = [value.as_str(), &tail].concat();
            self.hits
                .push(Hit::new(start, IndicatorType::Url, url, defanged));
        }
        self.hits.push(Hit::new(start, kind, value, defanged));
        tail_end
    }

    fn address(
        &mut self,
        start: usize,
        host: &Host,
        address: std::net::Ipv4Addr,
    ) -> Option<(IndicatorType, String)> {
        let before = last_bytes(self.text.get(..start)?, WORDS_BEFORE);
        let list = |end: usize| {
            let between = self
                .text
                .get(end..start)
                .filter(|between| between.len() <= 12)
                .unwrap_or("?");
            between
                .split([' ', ',', '/', '-'])
                .all(|word| matches!(word, "" | "and" | "or" | "to" | "through" | "&"))
        };
        let version = !host.defanged
            && (ipv4::is_version(before, address) || self.version_end.is_some_and(list));
        if version {
            self.version_end = Some(host.end);
            return None;
        }
        // The end of something longer: `.1.3.6.1`. An ellipsis may stand before anything.
        if !host.defanged && before.ends_with('.') && !before.ends_with("..") {
            return None;
        }
        // The end of an IPv4-mapped address.
        let mapped = before.ends_with(':')
            && before
                .get(..before.len() - 1)
                .is_some_and(|rest| rest.ends_with([':', 'f', 'F']));
        // It parses in its usual form alone.
        (!mapped).then(|| (IndicatorType::Ip, host.name.trim_matches('-').to_owned()))
    }

    fn domain(&self, start: usize, host: &Host) -> Option<(IndicatorType, String)> {
        let bytes = self.text.as_bytes();
        let trusted = host.certain && !host.spoken || defang::follows_at_sign(bytes, start);
        let scheme = start >= 3 && bytes.get(start - 3..start) == Some(b"://");
        let domain = if trusted || scheme {
            domain::named(&host.name)
        } else if host.spoken {
            domain::named(&host.name).filter(|domain| domain::is_spoken(domain))
        } else {
            let written = self.text.get(start..host.end)?;
            let file = is_in_path(last_bytes(self.text.get(..start)?, WORDS_BEFORE));
            let member = brackets::is_member(bytes, start)
                || bytes.get(host.end..host.end + 2) == Some(b"()");
            let called = bytes.get(host.end) == Some(&b'(')
                && !bytes.get(host.end + 1).is_some_and(u8::is_ascii_digit);
            domain::plain(&host.name, written.trim_end_matches('-'))
                .filter(|domain| !(file || called && domain::is_method(domain)))
                .filter(|domain| !(member && domain::may_be_member(domain)))
        };
        domain.map(|domain| (IndicatorType::Domain, domain.to_owned()))
    }

    /// The port and path after a host if they make it a URL, and the offset to go on from.
    fn tail(&self, start: usize, host: &Host, kind: IndicatorType) -> (Option<String>, usize) {
        let bytes = self.text.as_bytes();
        if !matches!(
            bytes.get(host.end),
            Some(b'/' | b':' | b'\\' | b'[' | b'(' | b'{' | b']' | b')' | b'}')
        ) {
            return (None, host.end);
        }
        let mut tail = String::new();
        let closer = |at: usize| {
            usize::from(host.opened > 0 && matches!(bytes.get(at), Some(b']' | b')' | b'}')))
        };
        let mut end = host.end + closer(host.end);
        if let Some((after, port)) = scheme::port(bytes, end) {
            tail = format!(":{port}");
            end = after + closer(after);
        }
        if defang::slash(bytes, end).is_none() {
            return (None, host.end);
        }
        let path_start = tail.len();
        let read = path::read(self.text, start, end, &mut tail);
        let path = tail.get(path_start + 1..).unwrap_or_default();
        let is_url = match kind {
            IndicatorType::Ip => has_extension(path) || path.contains('?'),
            _ => !path.is_empty() && !is_list(path),
        };
        if is_url {
            (Some(tail), read.end)
        } else {
            (None, host.end)
        }
    }
}

/// Whether what precedes a name makes it a file in a folder: `C:\Windows\more.com`, `/home/user/a.cf`.
fn is_in_path(before: &str) -> bool {
    if before.ends_with('\\') {
        return !before.ends_with("\\\\");
    }
    let path = before
        .rsplit([' ', '\n', '\t', '"', '\'', '(', '=', '>'])
        .next()
        .unwrap_or_default();
    let folder = |start: &str| path.starts_with(start) && path.len() > start.len();
    path.ends_with('/')
        && !path.starts_with("//")
        && ["/", "~/", "./", "../", "$", "%"].into_iter().any(folder)
}

/// Whether the last segment of a path is a file's name.
fn has_extension(path: &str) -> bool {
    let path = path.split(['?', '#']).next().unwrap_or_default();
    let name = path.rsplit('/').next().unwrap_or_default();
    name.rsplit_once('.').is_some_and(|(stem, extension)| {
        !stem.is_empty()
            && (1..=5).contains(&extension.len())
            && extension.bytes().any(|byte| byte.is_ascii_alphabetic())
            && extension.bytes().all(|byte| byte.is_ascii_alphanumeric())
    })
}

/// Whether what follows a slash is another host: `evil.com/evil.net`.
fn is_list(path: &str) -> bool {
    let first = path.split('/').next().unwrap_or_default();
    domain::plain(first, first).is_some_and(is_no_file) || ipv4::parse(first).is_some()
}

/// Whether the `.` at `core` may stand between labels: cheap, and rarely wrong.
fn may_separate(bytes: &[u8], core: usize) -> bool {
    let Some(before) = core.checked_sub(1).and_then(|at| bytes.get(at)).copied() else {
        return false;
    };
    match bytes.get(core + 1).copied() {
        Some(b' ') => before == b' ' || defang::is_bracket(before),
        Some(after) => {
            after.is_ascii_alphanumeric()
                || !after.is_ascii()
                || matches!(after, b'-' | b'_')
                || defang::is_bracket(after)
        }
        None => false,
    }
}

/// Whether the word `dot` at `core` may stand for one: beside a bracket, or between spaces.
fn may_be_spelt(bytes: &[u8], core: usize) -> bool {
    let before = core.checked_sub(1).and_then(|at| bytes.get(at)).copied();
    let after = bytes.get(core + 3).copied();
    (before == Some(b' ') && after == Some(b' '))
        || before.is_some_and(defang::is_bracket)
        || after.is_some_and(defang::is_bracket)
}
