//! Hosts in the path of a URL, and pages that are spelt like them.

use memchr::memchr_iter;

use super::host::{self, Dots};
use super::scan::{Hit, Page};
use super::{IndicatorType, domain, folder, ipv4, lead, tlds, version};

/// Appends the addresses in a URL's path, and the domains that make up a whole segment of it.
pub fn find(text: &str, page: &Page, hits: &mut Vec<Hit>) {
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
            let before = text.get(page.path..start).unwrap_or_default();
            if !host.defanged && version::is_part_of_url(before, address) {
                continue;
            }
            let address = Hit::new(start, IndicatorType::Ip, address.to_string(), defanged);
            hits.push(Hit {
                in_path: true,
                ..address
            });
        } else if let Some(domain) =
            domain::plain(&host.name, &host.name).filter(|domain| is_no_file(domain))
            && !is_page(text, page, start, host.end, domain)
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
pub fn is_no_file(domain: &str) -> bool {
    domain.rsplit('.').next().is_some_and(|top| {
        tlds::is_common(top) || (top.len() == 2 && !tlds::is_extension(top) && top != "do")
    })
}

/// Whether what is spelt like a domain is the page that a path ends with: `/json.gp`.
fn is_page(text: &str, page: &Page, start: usize, end: usize, domain: &str) -> bool {
    let before = text.get(page.path..start).unwrap_or_default();
    let last = end == page.end || matches!(text.as_bytes().get(end), Some(b'?' | b'#'));
    let short = domain
        .split_once('.')
        .is_some_and(|(_, top)| !top.contains('.') && !tlds::is_common(top));
    last && short
        && before.ends_with('/')
        && !before.contains(['?', '#'])
        && !page.host.contains("whois")
        && !folder::announces(before)
}
