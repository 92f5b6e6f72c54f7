//! Sites about indicators: sandboxes, scanners and look-ups, whose links name the very thing that they are about.

use super::terms::Terms;

/// The sites, in order. Where a company's own site is none of them, the host of its look-up stands here.
static SITES: Terms = Terms::of(include_str!("../lists/terms/analysis-sites.txt"));

/// Whether `host`, in lower case, is such a site or below one.
pub(super) fn is_about_indicators(host: &str) -> bool {
    let mut rest = Some(host.trim_end_matches('.'));
    while let Some(name) = rest {
        if SITES.hold(name) {
            return true;
        }
        rest = name.split_once('.').map(|(_, parent)| parent);
    }
    false
}

#[cfg(test)]
mod tests {
    use super::{SITES, is_about_indicators};
    use crate::{Markup, Rules, known_sites};

    #[test]
    fn the_sites_are_well_known() {
        for site in SITES.sorted() {
            assert!(known_sites::is_known(site), "{site} counts by itself");
        }
    }

    #[test]
    fn a_site_and_what_is_below_it_are_about_indicators() {
        for host in ["crt.sh", "www.abuseipdb.com", "app.any.run", "tria.ge."] {
            assert!(is_about_indicators(host), "{host}");
        }
        for host in ["", "sh", "not-abuse.ch", "virustotal.com.evil.ru"] {
            assert!(!is_about_indicators(host), "{host}");
        }
    }

    #[test]
    fn what_the_path_of_such_a_site_names_counts_and_the_site_does_not() {
        let counting = |text: &str| {
            let found = crate::find(&[(Markup::Text, text)], &Rules::default());
            let counting = found.into_iter().filter(crate::Indicator::counts);
            counting
                .map(|indicator| indicator.value)
                .collect::<Vec<_>>()
        };
        for site in ["www.abuseipdb.com/check", "pulsedive.com/indicator"] {
            let link = format!("See https://{site}/45.77.13.9 for more.");
            assert_eq!(counting(&link), ["45.77.13.9"]);
        }
        let article = "See https://www.securityboulevard.com/45.77.13.9 for more.";
        assert_eq!(counting(article), [""; 0]);
    }
}
