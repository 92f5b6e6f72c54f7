#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests"
)]

use super::*;

#[test]
fn the_list_is_in_order_and_its_hosts_are_in_lower_case() {
    let hosts: Vec<_> = TEXT
        .lines()
        .map(|line| line.trim_start_matches('!'))
        .collect();
    assert!(hosts.is_sorted_by(|a, b| a < b));
    for host in hosts {
        assert!(
            host.contains('.')
                && host
                    .bytes()
                    .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-.".contains(&b)),
            "{host}"
        );
    }
}

#[test]
fn every_line_is_found() {
    for line in TEXT.lines() {
        let host = line.trim_start_matches('!');
        assert_eq!(listed(host), Some(host.len() == line.len()), "{host}");
        assert_eq!(listed(&format!("{host}x")), None, "{host}x");
    }
    for other in ["", "a", "é", "\n\n", "zz", "!a.com"] {
        assert_eq!(listed(other), None, "{other:?}");
    }
}

#[test]
fn what_reports_link_to_is_known() {
    for host in [
        "nytimes.com",
        "www.bbc.co.uk",
        "krebsonsecurity.com",
        "www.bleepingcomputer.com",
        "therecord.media",
        "unit42.paloaltonetworks.com",
        "blog.talosintelligence.com",
        "research.checkpoint.com",
        "www.cisa.gov",
        "www.ncsc.gov.uk",
        "www.cert.ssi.gouv.fr",
        "bsi.bund.de",
        "learn.microsoft.com",
        "en.wikipedia.org",
        "attack.mitre.org",
        "nvd.nist.gov",
        "www.virustotal.com",
        "github.com",
        "x.com",
        "www.prnewswire.com",
        "web.archive.org",
        "contagiodump.blogspot.com",
        "www.spiegel.de",
        "www3.nhk.or.jp",
        "www.flashpoint.io.",
    ] {
        assert!(is_known(host), "{host}");
    }
}

#[test]
fn the_kinds_of_sites_that_researchers_refer_to_are_known() {
    for host in [
        // Vendors' research and their sites by country.
        "www.paloaltonetworks.jp",
        "blog.nviso.eu",
        "jp.security.ntt",
        "www.pcrisk.com",
        // Scanners and sandboxes.
        "www.filescan.io",
        "app.threat.zone",
        // Rules, detections and tools.
        "lolol.farm",
        "docs.suricata.io",
        "volatility3.readthedocs.io",
        "mitre-attack.github.io",
        // Certificate authorities.
        "ocsp.usertrust.com",
        "r3.o.lencr.org",
        "crl.globalsign.net",
        "c.pki.goog",
        // Namespaces.
        "schemas.xmlsoap.org",
        "purl.org",
        "sodipodi.sourceforge.net",
        // GitHub's pictures.
        "avatars2.githubusercontent.com",
        "private-user-images.githubusercontent.com",
        // CERTs.
        "www.cert.si",
        "tzcert.go.tz",
        "www.cert.br",
        "cert.gov.vu",
        // Bugs, mailing lists, documentation, press.
        "www.cvedetails.com",
        "lists.isc.org",
        "ss64.com",
        "fedscoop.com",
    ] {
        assert!(is_known(host), "{host}");
    }
    for host in [
        "github.io",
        "mitre-attack.github.io.evil.top",
        "evil.readthedocs.io",
        "objects.githubusercontent.com",
        "media.githubusercontent.com",
        "evil.sourceforge.net",
        "gitlab.freedesktop.org",
        "evil.gov.br",
        "mastodon.social",
        "ocsp.evil.top",
        "canarytokens.com",
        "evil.hatenadiary.jp",
    ] {
        assert!(!is_known(host), "{host}");
    }
}

#[test]
fn places_where_anyone_can_put_something_are_not_known() {
    for host in [
        "pastebin.com",
        "drive.google.com",
        "docs.google.com",
        "sites.google.com",
        "script.google.com",
        "storage.googleapis.com",
        "raw.githubusercontent.com",
        "gist.github.com",
        "evil.github.io",
        "cdn.discordapp.com",
        "t.me",
        "api.telegram.org",
        "dropbox.com",
        "evil.blogspot.com",
        "evil.s3.amazonaws.com",
        "evil.azurewebsites.net",
        "evil.blob.core.windows.net",
        "d111.cloudfront.net",
        "evil.ngrok.io",
        "evil.duckdns.org",
        "bit.ly",
        "t.co",
        "transfer.sh",
        "anonfiles.com",
        "mega.nz",
        "evil.wordpress.com",
        "evil.weebly.com",
        "evil.wixsite.com",
        "onedrive.live.com",
        "evil.sharepoint.com",
        "evil.workers.dev",
        "evil.pages.dev",
        "evil.web.app",
        "evil.herokuapp.com",
        "archive.org",
        "steamcommunity.com",
        "gitlab.com",
        "pypi.org",
        "www.npmjs.com",
        "icloud.com",
        "evil.trycloudflare.com",
        "disk.yandex.ru",
    ] {
        assert!(!is_known(host), "{host}");
    }
}

#[test]
fn look_alikes_suffixes_and_single_labels_are_not_known() {
    for host in [
        "microsoft.com.evil.ru",
        "evil-microsoft.com",
        "google.com-login.top",
        "co.uk",
        "com",
        "localhost",
        "",
        ".",
        "..",
        "com.np",
        "evil.com.np",
    ] {
        assert!(!is_known(host), "{host}");
    }
}

#[test]
fn a_repository_is_known_but_a_file_in_it_is_not() {
    assert!(!is_download("https://github.com/org/repo"));
    assert!(!is_download("https://github.com/org/repo/issues/4"));
    assert!(is_download(
        "https://github.com/org/repo/releases/download/v1/setup.exe"
    ));
    assert!(is_download("https://github.com/org/repo/raw/main/a.ps1"));
    assert!(!is_download("https://www.microsoft.com/raw/"));
}

#[test]
fn resolvers_are_known_in_every_form() {
    for ip in [
        "8.8.8.8",
        "1.1.1.1",
        "9.9.9.9",
        "::ffff:8.8.4.4",
        "2001:4860:4860::8888",
        "2606:4700:4700::1111",
        "2620:fe::fe",
    ] {
        assert!(is_resolver(ip.parse().unwrap()), "{ip}");
    }
    assert!(
        RESOLVERS
            .split_ascii_whitespace()
            .all(|ip| ip.parse::<IpAddr>().is_ok())
    );
    for ip in ["8.8.8.9", "46.151.52.197", "2001:4860:4860::8889"] {
        assert!(!is_resolver(ip.parse().unwrap()), "{ip}");
    }
}
