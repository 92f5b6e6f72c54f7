//! Addresses beside versions: what a label, a heading or a sentence is about.

use crate::{IndicatorType, Markup, Rules};

fn addresses(markup: Markup, text: &str) -> Vec<String> {
    crate::find(&[(markup, text)], &Rules::default())
        .into_iter()
        .filter(|indicator| indicator.kind == IndicatorType::Ip)
        .map(|indicator| indicator.value)
        .collect()
}

#[track_caller]
fn are(markup: Markup, cases: &[(&str, &[&str])]) {
    for (text, expected) in cases {
        assert_eq!(addresses(markup, text), *expected, "{text:?}");
    }
}

#[test]
fn a_label_with_a_value_is_not_that_of_the_next_line() {
    are(
        Markup::Text,
        &[
            (
                "Malware: Remcos\nVersion: 4.9\n185.220.101.5\n91.92.240.8",
                &["185.220.101.5", "91.92.240.8"],
            ),
            ("Version: 4.9.1\n5.8.18.7", &["5.8.18.7"]),
            ("Version: 7.2.4.11\n45.77.13.9", &["45.77.13.9"]),
            ("Build: 1234\n45.77.13.9", &["45.77.13.9"]),
            ("Build 1234\n45.77.13.9", &["45.77.13.9"]),
            ("Release: 2024-05-01\n\n45.77.13.9", &["45.77.13.9"]),
            ("Last update\n45.77.13.9", &["45.77.13.9"]),
            ("C2s of version 2:\n45.77.13.9", &["45.77.13.9"]),
            ("C2s of this build:\n5.8.18.7", &["5.8.18.7"]),
            (
                "LockBit version 3:\n45.77.13.9\n185.7.33.8",
                &["45.77.13.9", "185.7.33.8"],
            ),
            ("Affected:\n5.8.18.7", &["5.8.18.7"]),
            ("Fixed versions:\n7.2.4.11\n7.2.5.1", &[]),
            ("Fixed versions:\n- 45.77.13.9\n- 45.77.13.8", &[]),
            ("Fixed versions:\n1. 7.2.4.11\n2. 7.2.5.1", &[]),
            ("Fixed versions: 7.2.4.11\n7.2.5.1", &[]),
            ("Fixed in:\n7.2.4.11", &[]),
            ("Affected versions:\n7.1.9\n7.2.4.11", &[]),
        ],
    );
}

#[test]
fn a_first_row_of_data_heads_no_column() {
    are(
        Markup::Csv,
        &[
            (
                "firmware-cdn.net\n45.77.13.9\n185.7.33.8\n",
                &["45.77.13.9", "185.7.33.8"],
            ),
            ("build.evil.cc,x\n45.77.13.9,y\n", &["45.77.13.9"]),
            ("http://evil.com/release,x\n45.77.13.9,y\n", &["45.77.13.9"]),
            ("firmware,x\n45.77.13.9,y\n", &[]),
            ("Fixed in 7.x,x\n7.2.4.11,y\n", &[]),
        ],
    );
    are(
        Markup::Html,
        &[
            (
                "<table><tr><td>firmware.evil.com<td>x<tr><td>45.77.13.9<td>y</table>",
                &["45.77.13.9"],
            ),
            (
                "<table><tr><td>Firmware<td>x<tr><td>45.77.13.9<td>y</table>",
                &[],
            ),
        ],
    );
}

#[test]
fn ranges_of_addresses_are_no_bounds_of_versions() {
    are(
        Markup::Text,
        &[
            (
                "dst_ip >= 45.77.13.99 AND dst_ip <= 45.77.13.120",
                &["45.77.13.99", "45.77.13.120"],
            ),
            ("src_ip >= 45.77.13.9", &["45.77.13.9"]),
            ("ip >= 5.8.18.7", &["5.8.18.7"]),
            (
                "contacted 45.77.13.99 and later, 23.227.38.55",
                &["45.77.13.99", "23.227.38.55"],
            ),
            (
                "contacted 45.77.13.9 and later, 23.227.38.55",
                &["45.77.13.9", "23.227.38.55"],
            ),
            ("It gets its update from 45.77.13.9.", &["45.77.13.9"]),
            ("Kestrel 7.2.4.11 and earlier, 8.0", &[]),
            (
                "seen at 5.8.18.7 and earlier at 5.9.18.8",
                &["5.8.18.7", "5.9.18.8"],
            ),
            ("The actor's update 45.77.13.99 followed", &["45.77.13.99"]),
            ("build 45.77.13.99 is out", &[]),
            ("Kestrel >= 7.2.4.11", &[]),
            ("update from 7.2.4.11 to 7.2.5.1", &[]),
        ],
    );
}

#[test]
fn a_low_address_is_one_where_hosts_are_spoken_of() {
    are(
        Markup::Text,
        &[
            (
                "The updated build of the bot now talks to 5.8.18.7 over HTTP.",
                &["5.8.18.7"],
            ),
            ("The new release phones home to 5.8.18.7.", &["5.8.18.7"]),
            ("This firmware reaches out to 5.8.18.7.", &["5.8.18.7"]),
            ("Cobalt Strike 5.8.18.7", &["5.8.18.7"]),
            ("We found Remcos 5.8.18.7 today", &["5.8.18.7"]),
            ("daddr==5.8.18.7", &["5.8.18.7"]),
            ("dst ==5.8.18.7", &["5.8.18.7"]),
            ("RemoteAddress==5.8.18.7", &["5.8.18.7"]),
            ("# 5.8.18.7 (C2)", &["5.8.18.7"]),
            ("smtp/5.8.18.7", &["5.8.18.7"]),
            ("## 7.2.4.11 (2024-05-01)", &[]),
            ("kestrel==7.2.4.11", &[]),
            ("kestrel/7.2.4.11", &[]),
            ("Please upgrade all servers to 7.2.4.11.", &[]),
            ("We updated the kestrel package to 7.2.4.11.", &[]),
            ("after upgrading Kestrel to 7.2.4.11", &[]),
        ],
    );
}

#[test]
fn a_wide_dot_after_an_address_ends_a_sentence() {
    are(
        Markup::Text,
        &[
            ("45.77.13.9\u{3002}com", &["45.77.13.9"]),
            ("C2\u{662f}45.77.13.9\u{3002}It is", &["45.77.13.9"]),
            ("45.77.13.9\u{ff0e}com", &["45.77.13.9"]),
            ("45.77.13.9\u{ff61}com", &["45.77.13.9"]),
            ("45\u{3002}77\u{3002}13\u{3002}9", &["45.77.13.9"]),
            (
                "45\u{3002}77\u{3002}13\u{3002}9\u{3002}com",
                &["45.77.13.9"],
            ),
            ("45\u{ff0e}77\u{ff0e}13\u{ff0e}9", &["45.77.13.9"]),
            ("45.77.13\u{ff0e}9", &["45.77.13.9"]),
        ],
    );
}
