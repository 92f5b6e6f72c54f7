//! When a service asks to be called again.

use std::time::Duration;

use jiff::Timestamp;

/// The longest that a service is taken to mean.
const LONGEST: Duration = Duration::from_hours(24);

/// `Retry-After` as RFC 9110 §10.2.3 has it: seconds, or a date, which counts from `now`, the
/// answer's own clock. `None` where it is neither; at most 24 hours.
pub(super) fn parse(value: &str, now: Timestamp) -> Option<Duration> {
    let value = value.trim();
    if !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()) {
        // Digits that are no u64 are more than any clock holds.
        let seconds = value.parse().unwrap_or(u64::MAX);
        return Some(Duration::from_secs(seconds).min(LONGEST));
    }
    let remaining = clock(value)?.duration_since(now);
    // A date that has passed is no negative time.
    Some(
        Duration::try_from(remaining)
            .unwrap_or_default()
            .min(LONGEST),
    )
}

/// Milliseconds as TruSTAR's `waitTime` gives them, at most 24 hours.
pub(crate) fn from_millis(millis: u64) -> Duration {
    Duration::from_millis(millis).min(LONGEST)
}

/// A date in one of the three forms of RFC 9110 §5.6.7, such as the answer's own clock in its `Date`.
pub(super) fn clock(date: &str) -> Option<Timestamp> {
    let time = httpdate::parse_http_date(date).ok()?;
    // The year 9999 may be beyond the last time that there is.
    Some(time.try_into().unwrap_or(Timestamp::MAX))
}

#[cfg(test)]
mod tests {

    use super::*;

    fn after(value: &str) -> Option<Duration> {
        parse(value, "1994-11-06T08:49:00Z".parse().unwrap())
    }

    #[test]
    fn seconds() {
        assert_eq!(after("120"), Some(Duration::from_mins(2)));
        assert_eq!(after(" 0 "), Some(Duration::ZERO));
    }

    #[test]
    fn dates_in_the_three_forms_count_from_the_answers_clock() {
        for date in [
            "Sun, 06 Nov 1994 08:49:37 GMT",
            "Sunday, 06-Nov-94 08:49:37 GMT",
            "Sun Nov  6 08:49:37 1994",
        ] {
            assert_eq!(after(date), Some(Duration::from_secs(37)), "{date}");
        }
        assert_eq!(after("Sun, 06 Nov 1994 08:00:00 GMT"), Some(Duration::ZERO));
    }

    #[test]
    fn absurd_values_mean_a_day_at_most() {
        for value in [
            "86401",
            "99999999999999999999999",
            "Fri, 31 Dec 9999 23:59:59 GMT",
        ] {
            assert_eq!(after(value), Some(LONGEST), "{value}");
        }
        assert_eq!(from_millis(u64::MAX), LONGEST);
    }

    #[test]
    fn nonsense_is_nothing() {
        for value in ["", "-5", "soon", "1.5e3", "٣"] {
            assert_eq!(after(value), None, "{value}");
        }
    }
}
