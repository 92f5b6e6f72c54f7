//! Hostile input: no text makes the extractor panic, and none takes more than linear time.

use super::hostile;
use crate::{Markup, Rules};

const MARKUPS: [Markup; 3] = [Markup::Text, Markup::Html, Markup::Csv];

/// What indicators and their surroundings are made of.
const PIECES: [&str; 72] = [
    ".",
    "..",
    "[.]",
    "[",
    "]",
    "(",
    ")",
    "{",
    "}",
    "<",
    ">",
    "&",
    ";",
    "\\",
    "\\.",
    "^",
    "/",
    "//",
    "://",
    ":",
    "::",
    "[:]",
    "@",
    "[at]",
    "[dot]",
    " dot ",
    "dot",
    "-",
    "_",
    "__",
    ",",
    " ",
    "\n",
    "\t",
    "\"",
    "'",
    "`",
    "=",
    "%",
    "%5B",
    "#",
    "?",
    "http",
    "hxxp",
    "https",
    "www",
    "com",
    "evil",
    "co.uk",
    "In",
    "a",
    "f00d",
    "1",
    "192",
    "8.8.8.8",
    "2001:db8",
    "CVE-2021-1234",
    "HKLM",
    "\\REGISTRY\\USER\\",
    "Software",
    "commit",
    "version",
    "<a href=",
    "<script>",
    "</script",
    "<!--",
    "-->",
    "&amp;",
    "\u{430}",
    "\u{4e2d}",
    "\u{200b}",
    "\u{1f600}",
];

/// Pseudo-random numbers (xorshift), the same in every run.
struct Seed(u64);

impl Seed {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 16).unwrap() % bound
    }
}

#[test]
fn no_text_makes_it_panic() {
    let rules = Rules::default();
    let mut seed = Seed(42);
    let pieces = [&PIECES[..], &hostile::PIECES].concat();
    for _ in 0..5_000 {
        let text: String = (0..seed.below(24))
            .map(|_| pieces[seed.below(pieces.len())])
            .collect();
        for markup in MARKUPS {
            for found in crate::find(&[(markup, &text)], &rules) {
                assert!(
                    !found.value.is_empty() && !found.value.contains(['\n', '\0']),
                    "{found:?} in {text:?}"
                );
            }
        }
    }
}

#[test]
fn what_is_found_is_found_again_in_itself() {
    let rules = Rules::default();
    let mut seed = Seed(7);
    for _ in 0..5_000 {
        let text: String = (0..seed.below(12))
            .map(|_| PIECES[seed.below(PIECES.len())])
            .collect();
        for found in crate::find(&[(Markup::Text, &text)], &rules) {
            let again = crate::find(
                &[(Markup::Text, &format!("hxxp://x.com {} ", found.value))],
                &rules,
            );
            let kept = again
                .iter()
                .any(|indicator| indicator.kind == found.kind && indicator.value == found.value);
            // A name that looks like a file, a member or a version is believed only where the text gives a reason.
            let doubted = matches!(
                found.kind,
                crate::IndicatorType::Domain
                    | crate::IndicatorType::Ip
                    | crate::IndicatorType::Malware
            ) || (found.kind == crate::IndicatorType::Url
                && !found.value.contains("://"));
            assert!(kept || doubted, "{found:?} in {text:?}");
        }
    }
}

/// Inputs that make a careless matcher look at the same bytes again and again.
const HOSTILE: [&str; 65] = [
    "<a x=\">\"",
    "<title>",
    "<a b=c ",
    ".",
    "a.",
    ".a",
    "a.b.",
    "1.",
    "1.1.1.1.",
    "..a",
    "[",
    "]",
    "[.]",
    "a[.]",
    "[.]a",
    "a[.",
    "a.]",
    "(",
    "{",
    "<",
    "<a",
    "<a ",
    "<a =\"",
    "<a x=\">\" ",
    "<a x='>\" ",
    "<!--",
    "<script>",
    "</",
    "<![CDATA[",
    "&",
    "&#",
    "&amp",
    "&#x",
    "f",
    "0f",
    "A1",
    "1A",
    "bc1q",
    "-",
    "_",
    "__",
    "a__",
    "http__",
    "http://",
    "http://a",
    "http://a.com/",
    "http://a.com/http__",
    "hxxp[:]//",
    "://",
    "/",
    "//",
    "\\",
    "\\\\",
    "\\/",
    "HKLM\\",
    "HKLM\\a ",
    "HKLM\\<",
    ":",
    "::",
    "a:",
    "[:]",
    " dot ",
    "a dot com ",
    "@",
    "a.com].",
];

/// More of them, which what follows makes no worse.
const HOSTILE_ALONE: [&str; 57] = [
    "\"",
    "'",
    "`",
    " ",
    "\n",
    ",",
    "hxxp",
    "hxxp://",
    "%",
    "%2F%2F",
    "http%3A%2F%2F",
    "http%3A%2F%2Fa.com%2F",
    "CVE-",
    "HKLM\\Software\\a b\\",
    "HKLM\\<a b>\\",
    "\\REGISTRY\\USER",
    "\u{430}",
    "\u{4e2d}",
    "\u{200b}",
    "Emotet, ",
    "Play and ",
    "backdoor dubbed WolfBane, ",
    "Trojan.Win32.",
    "a.cc\n",
    "a.cc, ",
    "a.cc ",
    "|a.cc",
    "|a.cc|\n",
    "a.cc,b\n",
    "a.cc,",
    "a.cc q.cc b.cc,",
    "%20http://a.com/",
    "%20http://a.com/a%20b",
    "\nhttp://a.com/,Loader,b.html",
    ",Loader",
    "5.9.1.2\n",
    "5.9.1.2 and ",
    "5.9.1.2|",
    "user.name ",
    "user.name\n",
    "Domains: a.cc ",
    "<tr><td>a.cc",
    "<table>5.9.1.2",
    "\"value\": \"a.cc\"\n",
    "- a.cc\n\n",
    "HEUR:Trojan-",
    "Android/",
    "a:",
    "ransomware ",
    "Foo ransomware ",
    "WolfBane, DuneBane and SeaBane stealers, ",
    "a malware Alpha1beta, a ",
    "Warm Cookie ",
    "task named KestrelTask as ",
    "45.77.13.8\n- ",
    "5.8.1.7\n1. ",
    "45.77.13.9\u{3002}com",
];

#[test]
fn no_text_takes_more_than_linear_time() {
    let rules = Rules::default();
    let after_tags = HOSTILE.iter().filter(|piece| piece.contains('<'));
    let cases = HOSTILE
        .iter()
        .flat_map(|piece| ["", "\">com x.com/", " x=\"> <\">"].map(|suffix| (piece, suffix)))
        .chain(after_tags.flat_map(|piece| [" y=z", "c='", "c=\""].map(|suffix| (piece, suffix))))
        .chain(HOSTILE_ALONE.iter().map(|piece| (piece, "")))
        .chain(hostile::REPEATED.iter().map(|piece| (piece, "")));
    for (piece, suffix) in cases {
        for markup in MARKUPS {
            let what = format!("{piece:?} then {suffix:?} as {markup:?}");
            growth::assert_linear(&what, 10_000, |bytes| {
                let text = format!("{}{suffix}", piece.repeat(bytes / piece.len()));
                growth::processor_time(|| {
                    std::hint::black_box(crate::find(&[(markup, &text)], &rules));
                })
            });
        }
    }
}

/// Rows of cells that may be either: what they say is found out once for a row, however many names are in it.
#[test]
fn wide_rows_take_no_more_time_than_narrow_ones() {
    let rules = Rules::default();
    let time = |markup, row: &str| {
        let text = row.repeat(60_000 / row.len());
        growth::processor_time(|| {
            std::hint::black_box(crate::find(&[(markup, &text)], &rules));
        })
    };
    for markup in [Markup::Csv, Markup::Text] {
        let plain = time(markup, &("a.com,".repeat(100) + "\n"));
        for row in [
            "a.cc q.cc b.cc,".repeat(24) + &"a.cc,".repeat(80) + "\n",
            "a.cc,".repeat(560) + "\n",
            "a.cc,".repeat(120) + "\n",
            "5.9.1.2,".repeat(120) + "\n",
            "a.cc;".repeat(30) + "\n",
        ] {
            let wide = time(markup, &row);
            assert!(
                wide < plain * 20,
                "{wide:?}, {plain:?}, {row:.40} as {markup:?}"
            );
        }
    }
}
