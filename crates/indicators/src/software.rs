//! Words that stand before dotted numbers: of products, whose versions they are, and of hosts.

use super::terms::Terms;

/// Words for software: `kernel 5.15.0.9`.
pub static SOFTWARE: Terms = Terms::of(include_str!("../lists/terms/software.txt"));

/// Products that reports name with a version, whatever their case.
pub static PRODUCTS: Terms = Terms::of(include_str!("../lists/terms/products.txt"));

/// Words that are written like names and stand before addresses.
pub static BEFORE_ADDRESSES: Terms = Terms::of(include_str!("../lists/terms/before-addresses.txt"));

/// What is no product although a number with one dot follows it.
pub static MEASURED: Terms = Terms::of(include_str!("../lists/terms/measured.txt"));

/// Protocols that stand before addresses with a slash.
pub static PROTOCOLS: Terms = Terms::of(include_str!("../lists/terms/protocols.txt"));

/// Whether there is a tenth version of a product, so that `10.0.0.1` may be one and not a machine that it runs on.
pub fn has_tenth(word: &str) -> bool {
    ["browser", "os", "pan-os", "sfos", "sma"]
        .iter()
        .any(|known| known.eq_ignore_ascii_case(word))
}
