//! Addresses whose numbers are masked: `45.77.xxx.xxx`, which the top-level domain of that name makes look like a domain.

/// Whether every label of `name`, in lower case, is a number or `x` throughout, as no host's are.
pub fn is_address(name: &str) -> bool {
    let is_mask = |label: &str| !label.is_empty() && label.bytes().all(|byte| byte == b'x');
    let is_number = |label: &str| {
        (1..=3).contains(&label.len()) && label.bytes().all(|byte| byte.is_ascii_digit())
    };
    let fits = |label: &str| is_mask(label) || is_number(label);
    name.ends_with('x')
        && name.split('.').all(fits)
        && (name.split('.').count() > 2 || name.split('.').all(is_mask))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn masks_are_told_from_names() {
        for (name, expected) in [
            ("45.77.xxx.xxx", true),
            ("191.xxx.xxx.xxx", true),
            ("45.77.13.xxx", true),
            ("xxx.xxx.xxx.xxx", true),
            ("45.77.13.x", true),
            ("45.xx.13.xxx", true),
            ("xxx.xxx", true),
            ("evil.xxx", false),
            ("18.xxx", false),
            ("www.45.xxx", false),
            ("45.77.13.9", false),
            ("4577.13.1.xxx", false),
            ("45..xxx", false),
            ("", false),
        ] {
            assert_eq!(is_address(name), expected, "{name}");
        }
    }
}
