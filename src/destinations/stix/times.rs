//! Times as STIX writes them, to the millisecond: `OpenTAXII` answers 500 to one without a fraction.

use std::fmt;
use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use crate::sync::report::{Report, text};

/// Milliseconds since 1970, from then to the end of 9999: years of four digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Millis(i64);

/// 9999-12-30T21:59:59.999Z: jiff has no whole second after it.
const LAST: i64 = 253_402_207_199_999;

/// `created`, `modified` and, where a report tells none, `published` of what may not depend on a report's times:
/// 2026-01-01T00:00:00.000Z. Never to be changed.
pub(super) const CONSTANT: Millis = Millis(1_767_225_600_000);

/// No report's `modified` is earlier. To be raised to the day of the release whenever a report is mapped to something
/// else than before: a server drops a version that it has.
pub(super) const MAPPING_EPOCH: Millis = CONSTANT;

impl Millis {
    /// A number of milliseconds, brought into the range.
    pub(super) fn new(millis: i64) -> Self {
        Self(millis.clamp(0, LAST))
    }

    pub(super) const fn count(self) -> i64 {
        self.0
    }

    /// The next millisecond.
    pub(super) fn next(self) -> Self {
        Self::new(self.0.saturating_add(1))
    }

    /// So much later, where that is later and there is such a time.
    pub(super) fn after(self, duration: Duration) -> Option<Self> {
        let later = self
            .0
            .checked_add(i64::try_from(duration.as_millis()).ok()?)?;
        (self.0 < later && later <= LAST).then_some(Self(later))
    }
}

impl From<Timestamp> for Millis {
    fn from(time: Timestamp) -> Self {
        Self::new(time.as_millisecond())
    }
}

impl fmt::Display for Millis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let time = Timestamp::from_millisecond(self.0).unwrap_or_default();
        write!(f, "{time:.3}")
    }
}

/// When a report was edited last, else posted.
pub(super) fn edited_at(report: &Report) -> Option<Millis> {
    let edited = text(&report.fields, "updated_at").and_then(|text| {
        let text = text.trim();
        let civil = |text: &str| text.parse::<DateTime>().ok()?.to_zoned(TimeZone::UTC).ok();
        let zoned = text.parse::<Timestamp>().ok();
        zoned.or_else(|| Some(civil(text)?.timestamp()))
    });
    edited.max(report.posted_at).map(Millis::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_three_digits_of_a_second_and_a_z() {
        assert_eq!(CONSTANT.to_string(), "2026-01-01T00:00:00.000Z");
        assert_eq!(Millis::new(7).to_string(), "1970-01-01T00:00:00.007Z");
        assert_eq!(
            Millis::new(i64::MIN).to_string(),
            "1970-01-01T00:00:00.000Z"
        );
        assert_eq!(
            Millis::new(i64::MAX).to_string(),
            "9999-12-30T21:59:59.999Z"
        );
        assert_eq!(
            Millis::new(LAST).next().to_string(),
            "9999-12-30T21:59:59.999Z"
        );
    }

    #[test]
    fn an_end_is_later_than_the_beginning_or_there_is_none() {
        assert_eq!(CONSTANT.after(Duration::ZERO), None);
        assert_eq!(CONSTANT.after(Duration::MAX), None);
        let next = CONSTANT.after(Duration::from_millis(1));
        assert_eq!(next, Some(CONSTANT.next()));
    }
}
