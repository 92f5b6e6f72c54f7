//! From an indicator to a MISP attribute. The types, categories and `to_ids` are those of MISP's `describeTypes`.

use std::net::IpAddr;

use indicators::{Indicator, IndicatorType};
use jiff::Timestamp;
use reqwest::Url;
use serde::Serialize;
use uuid::Uuid;

use super::ids;
use super::text::{MAX_TEXT_BYTES, fits_database};
use crate::sync::own::{Detail, Own, Score};
use crate::sync::report::ReportId;

/// What the comment says of an attribute that the report holds.
pub(super) const COMMENT: &str = "Flashpoint";

/// What the comment says of one that Flashpoint itself lists, by its score.
const LISTED: &str = "Flashpoint: listed";
const INFORMATIONAL: &str = "Flashpoint: listed as informational";
const SUSPICIOUS: &str = "Flashpoint: listed as suspicious";
const MALICIOUS: &str = "Flashpoint: listed as malicious";

/// Whether a live attribute's comment is one of this operator's.
pub(super) fn is_our_comment(comment: &str) -> bool {
    [COMMENT, LISTED, INFORMATIONAL, SUSPICIOUS, MALICIOUS].contains(&comment)
}

/// What the comment says of an attribute that an edit of the report took away. It tells a withdrawal of ours, which is taken
/// back when the indicator comes back, from an analyst's deletion, which stands.
pub(super) const WITHDRAWN: &str = "Flashpoint: no longer in the report";

/// How a kind of attribute is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Form {
    pub(super) kind: &'static str,
    pub(super) category: &'static str,
    pub(super) to_ids: bool,
}

const fn form(kind: &'static str, category: &'static str, to_ids: bool) -> Form {
    Form {
        kind,
        category,
        to_ids,
    }
}

/// The report at Flashpoint.
pub(super) const LINK: Form = form("link", "External analysis", false);

const FORMS: [Form; 10] = [
    form("ip-dst", "Network activity", true),
    form("domain", "Network activity", true),
    form("url", "Network activity", true),
    form("sha1", "Payload delivery", true),
    form("sha256", "Payload delivery", true),
    form("btc", "Financial fraud", true),
    form("vulnerability", "External analysis", false),
    form("regkey", "Persistence mechanism", true),
    form("malware-type", "Payload delivery", false),
    LINK,
];

/// How the attributes of a type are written that this operator sends.
pub(super) fn form_of(kind: &str) -> Option<Form> {
    FORMS.into_iter().find(|form| form.kind == kind)
}

fn kind_of(indicator: IndicatorType) -> &'static str {
    match indicator {
        IndicatorType::Ip => "ip-dst",
        IndicatorType::Domain => "domain",
        IndicatorType::Url => "url",
        IndicatorType::Sha1 => "sha1",
        IndicatorType::Sha256 => "sha256",
        IndicatorType::BitcoinAddress => "btc",
        IndicatorType::Cve => "vulnerability",
        IndicatorType::RegistryKey => "regkey",
        IndicatorType::Malware => "malware-type",
    }
}

/// One attribute on the wire.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Attribute {
    #[serde(with = "super::ids::wire")]
    pub(super) uuid: Uuid,
    #[serde(rename = "type")]
    pub(super) kind: String,
    pub(super) category: String,
    pub(super) value: String,
    pub(super) to_ids: bool,
    pub(super) comment: &'static str,
    /// When it was seen first and last, as far as Flashpoint says so; MISP drops an attribute whose last time is the earlier one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) first_seen: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) last_seen: Option<String>,
    /// Seconds since 1970, as MISP writes them.
    pub(super) timestamp: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) deleted: Option<bool>,
}

impl Attribute {
    /// A live attribute; its time is set when it is sent.
    fn new(report: &ReportId, form: Form, value: String) -> Self {
        Self {
            uuid: ids::attribute(report, form.kind, &value),
            kind: form.kind.to_owned(),
            category: form.category.to_owned(),
            value,
            to_ids: form.to_ids,
            comment: COMMENT,
            first_seen: None,
            last_seen: None,
            timestamp: String::new(),
            deleted: None,
        }
    }

    /// The attribute of an indicator, with what Flashpoint says of it; none if MISP can't hold its value.
    pub(super) fn of(report: &ReportId, indicator: &Indicator, own: &Own) -> Option<Self> {
        let form = form_of(kind_of(indicator.kind))?;
        let value = normal(indicator)?;
        let fits = fits_database(&value) && !value.is_empty() && value.len() <= MAX_TEXT_BYTES;
        let attribute = fits.then(|| Self::new(report, form, value))?;
        Some(match own.detail(indicator) {
            Some(detail) => attribute.listed(detail),
            None => attribute,
        })
    }

    fn listed(self, detail: &Detail) -> Self {
        let time = |time: Timestamp| format!("{time:.6}");
        Self {
            comment: match detail.score {
                None => LISTED,
                Some(Score::Informational) => INFORMATIONAL,
                Some(Score::Suspicious) => SUSPICIOUS,
                Some(Score::Malicious) => MALICIOUS,
            },
            first_seen: detail.first_seen.map(time),
            last_seen: detail.last_seen.map(time),
            ..self
        }
    }

    /// The link to the report, if it is one that MISP takes.
    pub(super) fn link(report: &ReportId, url: &str) -> Option<Self> {
        let is_link = url.starts_with("https://") || url.starts_with("http://");
        let fits = is_link && fits_database(url) && url.len() <= MAX_TEXT_BYTES;
        fits.then(|| Self::new(report, LINK, url.to_owned()))
    }
}

/// A value in the form that MISP stores, so that what is read back leads to the same UUID.
fn normal(indicator: &Indicator) -> Option<String> {
    let value = indicator.value.trim();
    match indicator.kind {
        IndicatorType::Ip => Some(value.parse::<IpAddr>().ok()?.to_string()),
        IndicatorType::Domain => {
            // The host of a URL is lower case, and punycode where it is international.
            let url = Url::parse(&format!("http://{}/", value.trim_end_matches('.'))).ok()?;
            url.host_str().map(str::to_owned)
        }
        IndicatorType::Url if !fits_database(value) => Some(percent_encoded(value)),
        IndicatorType::Sha1 | IndicatorType::Sha256 => Some(value.to_ascii_lowercase()),
        IndicatorType::Cve => Some(value.to_ascii_uppercase()),
        _ => Some(value.to_owned()),
    }
}

/// A URL whose characters of four bytes are percent-encoded, which means the same (RFC 3987 §3.1).
fn percent_encoded(url: &str) -> String {
    let mut encoded = String::with_capacity(url.len() * 3);
    for character in url.chars() {
        let mut bytes = [0; 4];
        let text = character.encode_utf8(&mut bytes);
        if text.len() < 4 {
            encoded.push_str(text);
        } else {
            let all = percent_encoding::NON_ALPHANUMERIC;
            encoded.extend(percent_encoding::utf8_percent_encode(text, all));
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;
    use indicators::Rules;

    use crate::sync::own::{Listed, NOTHING, OwnList};

    fn of(kind: IndicatorType, value: &str) -> Option<Attribute> {
        let indicator = Indicator {
            kind,
            value: value.to_owned(),
            defanged: false,
            benign: None,
        };
        Attribute::of(&ReportId::new("a").unwrap(), &indicator, &NOTHING)
    }

    #[test]
    fn each_type_has_its_form() {
        for (kind, value, sent, form) in [
            (
                IndicatorType::Ip,
                "2001:DB8:0:0::1",
                "2001:db8::1",
                "ip-dst, Network activity, true",
            ),
            (
                IndicatorType::Domain,
                "Bücher.example.",
                "xn--bcher-kva.example",
                "domain, Network activity, true",
            ),
            (
                IndicatorType::Url,
                "https://e.example/A?b",
                "https://e.example/A?b",
                "url, Network activity, true",
            ),
            (
                IndicatorType::Url,
                "http://e.example/🙂",
                "http://e.example/%F0%9F%99%82",
                "url, Network activity, true",
            ),
            (
                IndicatorType::BitcoinAddress,
                "1A1z",
                "1A1z",
                "btc, Financial fraud, true",
            ),
            (
                IndicatorType::Cve,
                "cve-2021-44228",
                "CVE-2021-44228",
                "vulnerability, External analysis, false",
            ),
            (
                IndicatorType::RegistryKey,
                r"HKLM\Run\x",
                r"HKLM\Run\x",
                "regkey, Persistence mechanism, true",
            ),
            (
                IndicatorType::Malware,
                "Emotet",
                "Emotet",
                "malware-type, Payload delivery, false",
            ),
        ] {
            let attribute = of(kind, value).unwrap();
            assert_eq!(attribute.value, sent);
            let (kind, category, to_ids) = (attribute.kind, attribute.category, attribute.to_ids);
            assert_eq!(format!("{kind}, {category}, {to_ids}"), form);
        }
        for (kind, letters) in [(IndicatorType::Sha1, 40), (IndicatorType::Sha256, 64)] {
            assert_eq!(
                of(kind, &"A".repeat(letters)).unwrap().value,
                "a".repeat(letters)
            );
        }
    }

    #[test]
    fn what_flashpoint_says_is_the_comment_and_the_times() {
        let listed = |score| {
            let detail = Detail {
                score,
                first_seen: "2025-12-18T10:00:09.192Z".parse().ok(),
                last_seen: "2025-12-19T10:00:09Z".parse().ok(),
            };
            let listed = Listed {
                kind: IndicatorType::Domain,
                value: "evil-site.ru".to_owned(),
                detail,
            };
            let list = OwnList {
                listed: vec![listed],
                unmapped: 0,
                cut: false,
            };
            let mut found = Vec::new();
            let own = Own::merge(list, &mut found, &Rules::default());
            Attribute::of(&ReportId::new("a").unwrap(), &found[0], &own).unwrap()
        };
        let malicious = listed(Some(Score::Malicious));
        assert_eq!(malicious.comment, "Flashpoint: listed as malicious");
        assert_eq!(
            malicious.first_seen.as_deref(),
            Some("2025-12-18T10:00:09.192000Z")
        );
        assert_eq!(
            malicious.last_seen.as_deref(),
            Some("2025-12-19T10:00:09.000000Z")
        );
        let of_text = of(IndicatorType::Domain, "evil-site.ru").unwrap();
        assert_eq!(malicious.uuid, of_text.uuid);
        let scores = [None, Some(Score::Informational), Some(Score::Suspicious)];
        let comments = scores.map(|score| listed(score).comment);
        assert!(comments.into_iter().all(is_our_comment));
        assert!(is_our_comment(malicious.comment) && is_our_comment(of_text.comment));
        assert!(!is_our_comment(WITHDRAWN) && !is_our_comment("Flashpoint: mine"));
    }

    #[test]
    fn what_misp_can_not_hold_is_none() {
        assert_eq!(of(IndicatorType::Malware, "Bad🙂"), None);
        assert_eq!(of(IndicatorType::RegistryKey, &"x".repeat(65_536)), None);
        assert_eq!(of(IndicatorType::Ip, "1.2.3.4:80"), None);
        let report = ReportId::new("a").unwrap();
        assert_eq!(Attribute::link(&report, "javascript:alert(1)"), None);
    }
}
