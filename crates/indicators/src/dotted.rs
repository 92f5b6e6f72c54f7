//! Whatever has dots in it, without a scheme: domains, IPv4 addresses, and hosts with a path.

use memchr::{memchr_iter, memmem};

use super::domain::Doubt;
use super::host::{self, Dots, Host};
use super::scan::{Hit, Span, first_bytes, last_bytes};
use super::surroundings::{Place, Surroundings};
use super::{
    IndicatorType, brackets, defang, domain, folder, hyphen, ipv4, lead, member, path, scheme,
    spelt, tail, tlds, version,
};

/// How far back the words before an address are looked at.
const WORDS_BEFORE: usize = 192;

/// The most bytes of a path after a host without a scheme: it is read in vain where it is none.
const MOST_PATH: usize = 2048;

/// How far after a name the marks of a query or an assignment are looked for.
const MOST_MARKS: usize = 16;

/// Appends the domains, IPv4 addresses and URLs without a scheme that are in `text` outside of `taken` to `hits`.
pub fn find(text: &str, taken: &[Span], hits: &mut Vec<Hit>) {
    let bytes = text.as_bytes();
    let mut finder = Finder {
        text,
        hits,
        version_end: None,
        address_end: None,
        surroundings: Surroundings::default(),
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

struct Finder<'t, 'h> {
    text: &'t str,
    hits: &'h mut Vec<Hit>,
    /// Where the last version number ended, for lists of them.
    version_end: Option<usize>,
    /// Where the last address ended that is none, likewise.
    address_end: Option<usize>,
    surroundings: Surroundings,
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
            let [first, _] = addresses;
            if self.is_version(start, host, first) {
                return host.end;
            }
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
        let (tail, tail_end) = if tail::follows_scheme(before)
            || before.ends_with('@')
            || before.ends_with("%40")
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

    /// Whether an address is a version, by what stands around it, or as one of a list of them.
    fn is_version(&mut self, start: usize, host: &Host, address: std::net::Ipv4Addr) -> bool {
        if host.defanged {
            return false;
        }
        let place = Place {
            text: self.text,
            start,
            end: host.end,
        };
        let list = |end: usize| {
            let between = self.text.get(end..start);
            between.is_some_and(|between| version::goes_on_with_list(between, address))
        };
        // A list of addresses goes on without a word: what stands around the first of them was looked at.
        let after_address = self.address_end.and_then(|end| self.text.get(end..start));
        if after_address.is_some_and(|between| matches!(between, " " | ", " | "\n" | "\r\n")) {
            self.address_end = Some(host.end);
            return false;
        }
        let before = last_bytes(self.text.get(..start).unwrap_or_default(), WORDS_BEFORE);
        let version = self.version_end.is_some_and(list)
            || version::is_meant(before, place, address, &mut self.surroundings.rows);
        self.address_end = (!version).then_some(host.end);
        // What follows a user agent in a line of a log is another field.
        if version && !before.ends_with('/') {
            self.version_end = Some(host.end);
        }
        version
    }

    fn address(
        &mut self,
        start: usize,
        host: &Host,
        address: std::net::Ipv4Addr,
    ) -> Option<(IndicatorType, String)> {
        if self.is_version(start, host, address) {
            return None;
        }
        let before = self.text.get(..start)?;
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

    fn domain(&mut self, start: usize, host: &Host) -> Option<(IndicatorType, String)> {
        let bytes = self.text.as_bytes();
        let trusted = host.certain && !host.spoken || defang::follows_at_sign(bytes, start);
        let scheme = start >= 3 && bytes.get(start - 3..start) == Some(b"://");
        let domain = if trusted || scheme {
            domain::named(&host.name).filter(|domain| {
                !(self.is_called(host)
                    && self.is_lopsided(start, host)
                    && domain::is_method(domain))
            })
        } else if host.spoken {
            domain::named(&host.name).filter(|domain| domain::is_spoken(domain))
        } else {
            self.plain(start, host)
        };
        domain.map(|domain| (IndicatorType::Domain, domain.to_owned()))
    }

    /// The domain that a host is which nothing vouches for.
    fn plain<'n>(&mut self, start: usize, host: &'n Host) -> Option<&'n str> {
        let written = self.text.get(start..host.end)?;
        let judged = domain::judge(&host.name, written.trim_end_matches('-'))?;
        let (_, top) = judged.domain.rsplit_once('.')?;
        let before = last_bytes(self.text.get(..start)?, folder::MOST_PATH);
        let after = first_bytes(self.text.get(host.end..)?, MOST_MARKS);
        let sure = tlds::is_common(top);
        if hyphen::follows(self.text, start)
            || folder::holds(before, sure)
            || self.is_called(host) && domain::is_method(judged.domain)
            || member::is_used(before, top, after)
            || member::is_package_of(after)
            || self.is_element(start, host) && domain::may_be_member(judged.domain)
        {
            return None;
        }
        let place = Place {
            text: self.text,
            start,
            end: host.end,
        };
        let host = match judged.doubt {
            Doubt::None => true,
            // The end of a file's name: `domain_check.py`.
            _ if is_cut(&host.name, judged.domain) => false,
            doubt => self.surroundings.say_host(place, doubt == Doubt::Member),
        };
        host.then_some(judged.domain)
    }

    /// Whether a name is reached through an index, or called without arguments: `sections[4].name`, `iter.next()`.
    fn is_element(&self, start: usize, host: &Host) -> bool {
        let bytes = self.text.as_bytes();
        brackets::is_member(bytes, start) || bytes.get(host.end..host.end + 2) == Some(b"()")
    }

    /// Whether arguments follow a name.
    fn is_called(&self, host: &Host) -> bool {
        let bytes = self.text.as_bytes();
        bytes.get(host.end) == Some(&b'(')
            && !bytes.get(host.end + 1).is_some_and(u8::is_ascii_digit)
    }

    /// Whether a name was read as defanged for brackets that may be those of code: `/a/gi).map(`.
    fn is_lopsided(&self, start: usize, host: &Host) -> bool {
        let written = self.text.get(start..host.end).unwrap_or_default();
        ["[.]", "(.)", "{.}", "dot", "DOT", "\\."]
            .into_iter()
            .all(|mark| !written.contains(mark))
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
        let most = self.text.floor_char_boundary(end + MOST_PATH);
        let text = self.text.get(..most).unwrap_or_default();
        let read = path::read(text, start, end, &mut tail);
        let path = tail.get(path_start + 1..).unwrap_or_default();
        let is_url = match kind {
            IndicatorType::Ip => tail::is_of_address(path, host.defanged),
            _ => tail::is_of_domain(path),
        };
        if is_url {
            (Some(tail), read.end)
        } else {
            (None, host.end)
        }
    }
}

/// Whether a domain is what follows an underscore in a name.
fn is_cut(name: &str, domain: &str) -> bool {
    let name = name.trim_end_matches('-');
    name.strip_suffix(domain)
        .is_some_and(|before| before.ends_with(['_', '-']))
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
