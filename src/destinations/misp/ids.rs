//! The UUIDs of what is sent. They follow from the report alone, so that every write is safe to repeat.

use uuid::Uuid;

use crate::destinations::uuids::named;
use crate::sync::report::ReportId;

/// The event of a report; the same as its STIX report's.
pub(super) fn event(report: &ReportId) -> Uuid {
    named("report", report.as_str())
}

/// The attribute of a type and value in the event of a report. MISP takes each UUID once in all events, so that reports which
/// share an indicator must not share its UUID.
pub(super) fn attribute(report: &ReportId, kind: &str, value: &str) -> Uuid {
    named("attribute", &format!("{report}\n{kind}\n{value}"))
}

/// The text of a report, as an event report.
pub(super) fn event_report(report: &ReportId) -> Uuid {
    named("event-report", report.as_str())
}

/// UUIDs as text in JSON.
pub(super) mod wire {
    use serde::{Deserialize, Deserializer, Serializer};
    use uuid::Uuid;

    pub(in super::super) fn serialize<S: Serializer>(
        uuid: &Uuid,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.collect_str(uuid)
    }

    pub(in super::super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Uuid, D::Error> {
        let text = String::deserialize(deserializer)?;
        Uuid::try_parse(&text).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_stay_as_they_are() {
        let report = ReportId::new("6n_wnmYvXNS6lA4-QbSlzA").unwrap();
        let event = event(&report).to_string();
        assert_eq!(event, "172a3cf2-c82a-570a-88f7-e2066af83f04");
        let other = ReportId::new("another").unwrap();
        let ids = [
            attribute(&report, "domain", "evil.example"),
            attribute(&report, "url", "evil.example"),
            attribute(&other, "domain", "evil.example"),
            event_report(&report),
        ];
        for (place, id) in ids.iter().enumerate() {
            assert_eq!(id.get_version_num(), 5);
            assert!(!ids[..place].contains(id));
        }
    }
}
