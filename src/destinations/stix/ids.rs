//! Ids that are the same whenever and wherever a thing is mapped.

use uuid::Uuid;

/// The namespace of all ids: the version 5 UUID of `https://flashpoint-operator.dev/stix` in the namespace of URLs. STIX 2.1,
/// section 2.9, keeps its own namespace to cyber-observables. Never to be changed: every id would be another.
const NAMESPACE: Uuid = Uuid::from_u128(0x144a_ca8c_f6b3_504f_9839_fc4b_0dd8_4f18);

/// The id of an object of this type, by what tells it from others of its type.
pub(super) fn id(kind: &str, key: &str) -> String {
    let name = format!("{kind}\n{key}");
    format!("{kind}--{}", Uuid::new_v5(&NAMESPACE, name.as_bytes()))
}

/// The id of the identity Flashpoint.
pub(super) fn identity() -> String {
    id("identity", "flashpoint")
}

/// The id of an indicator, which belongs to one report: what another report says of the same pattern stands by itself.
pub(super) fn indicator(report: &str, pattern: &str) -> String {
    id("indicator", &format!("{report}\n{pattern}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_those_that_any_uuid5_gives() {
        let url = b"https://flashpoint-operator.dev/stix";
        assert_eq!(Uuid::new_v5(&Uuid::NAMESPACE_URL, url), NAMESPACE);
        assert_eq!(
            id("report", "6n_wnmYvXNS6lA4-QbSlzA"),
            "report--172a3cf2-c82a-570a-88f7-e2066af83f04"
        );
        assert_eq!(identity(), "identity--a4de21d6-c0a1-5f83-99cd-aed1dd1ead9f");
    }
}
