//! Where people read a report.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::sync::report::ReportId;

/// The pages of reports of Ignite's web site.
const REPORTS: &str = "https://app.flashpoint.io/cti/intelligence/report/";

/// What stands in an id as it is (RFC 3986 §2.3): Flashpoint's are base64url.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// The link to a report as it works today. Ignite still gave links to fp.tools in 2024, where nothing answers any more.
#[must_use]
pub fn at_ignite(link: &str, id: &ReportId) -> String {
    if leads_to_fp_tools(link) {
        format!("{REPORTS}{}", utf8_percent_encode(id.as_str(), ESCAPED))
    } else {
        link.to_owned()
    }
}

fn leads_to_fp_tools(link: &str) -> bool {
    let Some((scheme, rest)) = link.trim().split_once("://") else {
        return false;
    };
    let host = rest.split(['/', '?', '#', ':']).next().unwrap_or_default();
    let host = host.to_ascii_lowercase();
    let is_web = scheme.eq_ignore_ascii_case("https") || scheme.eq_ignore_ascii_case("http");
    is_web && (host == "fp.tools" || host.ends_with(".fp.tools"))
}

#[cfg(test)]
mod tests {

    use super::*;

    fn link(link: &str, id: &str) -> String {
        at_ignite(link, &ReportId::new(id).unwrap())
    }

    #[test]
    fn links_to_fp_tools_lead_to_ignite() {
        for old in [
            "https://fp.tools/cti/intelligence/report/other",
            "https://fp.tools/home/intelligence/reports/report/6a_iIe1CQK2-Rjb_wRcKuw#detail",
            "http://FP.tools",
            " HTTPS://docs.fp.tools:443/x?y",
        ] {
            assert_eq!(
                link(old, "6a_iIe1CQK2-Rjb_wRcKuw"),
                "https://app.flashpoint.io/cti/intelligence/report/6a_iIe1CQK2-Rjb_wRcKuw",
                "{old}"
            );
        }
        assert_eq!(
            link("https://fp.tools/a", "a/../b?c d"),
            "https://app.flashpoint.io/cti/intelligence/report/a%2F..%2Fb%3Fc%20d"
        );
    }

    #[test]
    fn other_links_stay_as_they_are() {
        for other in [
            "https://app.flashpoint.io/cti/intelligence/report/x",
            "https://fp.tools.example/report/x",
            "https://notfp.tools/report/x",
            "https://example.com/?next=https://fp.tools/x",
            "ftp://fp.tools/x",
            "fp.tools/x",
            "",
        ] {
            assert_eq!(link(other, "id"), other);
        }
    }
}
