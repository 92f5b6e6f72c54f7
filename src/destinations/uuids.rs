//! UUIDs that follow from what they name, so that every write is safe to repeat; one name is one UUID at every destination.

use uuid::Uuid;

/// The operator's namespace for UUIDs of version 5: that of `https://flashpoint-operator.dev/stix` in the namespace of
/// URLs (RFC 9562 §6.6). STIX 2.1, section 2.9, keeps its own namespace to cyber-observables. Never to be changed: what is
/// stored would not be found again.
const NAMESPACE: Uuid = Uuid::from_u128(0x144a_ca8c_f6b3_504f_9839_fc4b_0dd8_4f18);

/// The UUID of an object of this kind, by what tells it from others of its kind.
pub(super) fn named(kind: &str, key: &str) -> Uuid {
    Uuid::new_v5(&NAMESPACE, format!("{kind}\n{key}").as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_namespace_is_that_of_its_url() {
        let url = b"https://flashpoint-operator.dev/stix";
        assert_eq!(Uuid::new_v5(&Uuid::NAMESPACE_URL, url), NAMESPACE);
    }
}
