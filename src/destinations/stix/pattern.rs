//! STIX patterns (STIX 2.1, section 9), one comparison each.

use indicators::IndicatorType;

/// The pattern that an indicator of this type has; none where STIX has no object for it, or another than an indicator.
pub(super) fn pattern(kind: IndicatorType, value: &str) -> Option<String> {
    let path = match kind {
        IndicatorType::Ip if value.contains(':') => "ipv6-addr:value",
        IndicatorType::Ip => "ipv4-addr:value",
        IndicatorType::Domain => "domain-name:value",
        IndicatorType::Url => "url:value",
        IndicatorType::Sha1 => "file:hashes.'SHA-1'",
        IndicatorType::Sha256 => "file:hashes.'SHA-256'",
        IndicatorType::RegistryKey => {
            let key = escaped(&with_whole_hive(value));
            return Some(format!("[windows-registry-key:key = '{key}']"));
        }
        IndicatorType::BitcoinAddress | IndicatorType::Cve | IndicatorType::Malware => return None,
    };
    Some(format!("[{path} = '{}']", escaped(value)))
}

/// A string literal's content: backslash and quote are escaped by a backslash.
fn escaped(text: &str) -> String {
    text.replace('\\', r"\\").replace('\'', r"\'")
}

/// The key with its hive written out, as STIX 2.1, section 6.17, asks for.
fn with_whole_hive(key: &str) -> String {
    const HIVES: [(&str, &str); 5] = [
        ("HKLM", "HKEY_LOCAL_MACHINE"),
        ("HKCU", "HKEY_CURRENT_USER"),
        ("HKCR", "HKEY_CLASSES_ROOT"),
        ("HKU", "HKEY_USERS"),
        ("HKCC", "HKEY_CURRENT_CONFIG"),
    ];
    let (hive, rest) = key
        .split_once('\\')
        .map_or((key, None), |(hive, rest)| (hive, Some(rest)));
    let whole = HIVES
        .into_iter()
        .find(|(short, _)| short.eq_ignore_ascii_case(hive));
    match (whole, rest) {
        (Some((_, whole)), Some(rest)) => format!("{whole}\\{rest}"),
        (Some((_, whole)), None) => whole.to_owned(),
        (None, _) => key.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_type_has_its_object_path() {
        let of = |kind, value| pattern(kind, value).unwrap_or_default();
        for (kind, value, expected) in [
            (
                IndicatorType::Ip,
                "203.0.113.7",
                "[ipv4-addr:value = '203.0.113.7']",
            ),
            (
                IndicatorType::Ip,
                "2001:db8::1",
                "[ipv6-addr:value = '2001:db8::1']",
            ),
            (
                IndicatorType::Domain,
                "evil.example",
                "[domain-name:value = 'evil.example']",
            ),
            (
                IndicatorType::Url,
                r"http://a.example/it's\x",
                r"[url:value = 'http://a.example/it\'s\\x']",
            ),
            (IndicatorType::Sha1, "aa", "[file:hashes.'SHA-1' = 'aa']"),
            (
                IndicatorType::Sha256,
                "bb",
                "[file:hashes.'SHA-256' = 'bb']",
            ),
            (
                IndicatorType::RegistryKey,
                r"HKLM\Software\Run",
                r"[windows-registry-key:key = 'HKEY_LOCAL_MACHINE\\Software\\Run']",
            ),
        ] {
            assert_eq!(of(kind, value), expected);
        }
        assert_eq!(pattern(IndicatorType::BitcoinAddress, "1A"), None);
    }
}
