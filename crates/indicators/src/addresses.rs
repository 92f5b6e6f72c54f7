//! Addresses that are nobody's: private, reserved, and those of documentation.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Whether no host on the Internet has this address: private, loopback, link-local, shared, multicast, reserved
/// (the IANA special-purpose address registries).
pub fn is_private(ip: IpAddr) -> bool {
    match ip.to_canonical() {
        IpAddr::V4(ip) => is_private_v4(ip),
        IpAddr::V6(ip) => is_private_v6(ip),
    }
}

/// Whether the address is set aside for documentation (RFC 5737, RFC 3849, RFC 9637).
pub fn is_documentation(ip: IpAddr) -> bool {
    match ip.to_canonical() {
        IpAddr::V4(ip) => ip.is_documentation(),
        IpAddr::V6(ip) => {
            let [first, second, ..] = ip.segments();
            (first == 0x2001 && second == 0xdb8) || (first == 0x3fff && second < 0x1000)
        }
    }
}

fn is_private_v4(ip: Ipv4Addr) -> bool {
    let [a, b, c, _] = ip.octets();
    ip.is_private()
        || ip.is_loopback()
        || ip.is_link_local()
        || a == 0
        || a >= 224
        || (a == 100 && (64..128).contains(&b))
        || (a == 198 && (b == 18 || b == 19))
        || (a == 192 && b == 0 && c == 0)
}

fn is_private_v6(ip: Ipv6Addr) -> bool {
    ip.is_loopback()
        || ip.is_unspecified()
        || ip.is_multicast()
        || ip.is_unique_local()
        || ip.is_unicast_link_local()
}
