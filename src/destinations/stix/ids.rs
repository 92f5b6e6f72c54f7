//! Ids that are the same whenever and wherever a thing is mapped.

use crate::destinations::uuids::named;

/// The id of an object of this type, by what tells it from others of its type.
pub(super) fn id(kind: &str, key: &str) -> String {
    format!("{kind}--{}", named(kind, key))
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
        assert_eq!(
            id("report", "6n_wnmYvXNS6lA4-QbSlzA"),
            "report--172a3cf2-c82a-570a-88f7-e2066af83f04"
        );
        assert_eq!(identity(), "identity--a4de21d6-c0a1-5f83-99cd-aed1dd1ead9f");
    }
}
