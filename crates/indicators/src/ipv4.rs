//! Which dotted numbers are IPv4 addresses.

use std::net::Ipv4Addr;

/// The address that `name` is: four decimal numbers without leading zeros.
pub fn parse(name: &str) -> Option<Ipv4Addr> {
    let name = name.trim_matches('-');
    // The standard parser takes neither leading zeros nor anything but four numbers.
    name.starts_with(|c: char| c.is_ascii_digit())
        .then(|| name.parse().ok())?
}

/// Both ends of a range of addresses: `10.0.0.1-10.0.0.9`.
pub fn parse_range(name: &str) -> Option<[Ipv4Addr; 2]> {
    if !name.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let (first, last) = name.split_once('-')?;
    Some([parse(first)?, parse(last)?])
}
