//! Durations as people write them: Go's syntax, plus days and weeks, within bounds.

use std::time::Duration;

/// Numbers, maybe with decimals, each with a unit.
const PATTERN: &str = "^([0-9]+([.][0-9]+)?(w|d|h|m|s|ms))+$";

/// The units, in seconds.
const UNITS: [(&str, f64); 6] = [
    ("w", 604_800.0),
    ("d", 86_400.0),
    ("h", 3_600.0),
    ("m", 60.0),
    ("s", 1.0),
    ("ms", 0.001),
];

/// A field that holds a duration, and which ones it takes.
#[derive(Clone, Copy, Debug)]
pub(super) struct DurationField {
    name: &'static str,
    at_least: &'static str,
    at_most: &'static str,
    example: &'static str,
}

/// Between the starts of two syncs.
pub(super) const INTERVAL: DurationField = DurationField {
    name: "interval",
    at_least: "1m",
    at_most: "30d",
    example: "15m, 1h30m or 1d",
};

/// How far a request reaches back.
pub(super) const LOOKBACK: DurationField = DurationField {
    name: "lookback",
    at_least: "1h",
    at_most: "30d",
    example: "12h, 1d or 2w",
};

/// How long one API call may take.
pub(super) const TIMEOUT: DurationField = DurationField {
    name: "timeout",
    at_least: "1s",
    at_most: "5m",
    example: "30s or 1m30s",
};

/// How long an indicator is valid.
pub(super) const VALID_FOR: DurationField = DurationField {
    name: "validFor",
    at_least: "1h",
    at_most: "3650d",
    example: "30d, 12w or 365d",
};

impl DurationField {
    /// The duration that a text says.
    ///
    /// # Errors
    /// What to write instead, if the text is no duration or out of bounds.
    pub(super) fn read(self, text: &str) -> Result<Duration, String> {
        let bounds = seconds(self.at_least)..=seconds(self.at_most);
        let length = seconds(text).filter(|length| bounds.contains(&Some(*length)));
        let length = length.and_then(|length| Duration::try_from_secs_f64(length).ok());
        length.ok_or_else(|| self.requirement())
    }

    /// The same in CEL. Its own `duration()` knows no days and weeks, so the parts are added up.
    pub(super) fn cel(self) -> String {
        let units = UNITS
            .map(|(unit, seconds)| format!("'{unit}': {seconds:?}"))
            .join(", ");
        let length = format!(
            "self.findAll('[0-9.]+[a-z]+').map(part, double(part.find('[0-9.]+')) * {{{units}}}[part.find('[a-z]+')]).sum()"
        );
        let bound = |text| seconds(text).unwrap_or_default();
        let (at_least, at_most) = (bound(self.at_least), bound(self.at_most));
        let within =
            format!("[{length}].all(length, length >= {at_least:?} && length <= {at_most:?})");
        format!("self.matches('{PATTERN}') && {within}")
    }

    /// What the field takes.
    pub(super) fn requirement(self) -> String {
        let Self {
            name,
            at_least,
            at_most,
            example,
        } = self;
        format!("{name} must be a duration from {at_least} to {at_most}, such as {example}")
    }
}

/// How many seconds a text says; the arithmetic is the rule's.
fn seconds(text: &str) -> Option<f64> {
    let mut total = 0.0;
    let mut rest = text;
    while !rest.is_empty() {
        let (number, tail) = rest.split_at(rest.find(|c| !matches!(c, '0'..='9' | '.'))?);
        let (unit, tail) = tail.split_at(
            tail.find(|c| matches!(c, '0'..='9' | '.'))
                .unwrap_or(tail.len()),
        );
        let (_, length) = UNITS.iter().find(|(name, _)| *name == unit)?;
        if number.starts_with('.') || number.ends_with('.') {
            return None;
        }
        total += number.parse::<f64>().ok()? * length;
        rest = tail;
    }
    (!text.is_empty()).then_some(total)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read() {
        let length = |text: &str| INTERVAL.read(text).unwrap();
        for (text, minutes) in [
            ("15m", 15),
            ("1h30m", 90),
            ("1.5h", 90),
            ("1d", 1_440),
            ("1d12h", 2_160),
            ("2w", 20_160),
            ("1h0m0s", 60),
        ] {
            assert_eq!(length(text), Duration::from_mins(minutes), "{text}");
        }
        assert_eq!(length("90.5s"), Duration::from_millis(90_500));
        assert_eq!(length("90s500ms"), Duration::from_millis(90_500));
    }

    #[test]
    fn bounds_are_inclusive() {
        assert_eq!(INTERVAL.read("60s").unwrap(), Duration::from_mins(1));
        assert_eq!(INTERVAL.read("4w2d").unwrap(), Duration::from_hours(720));
        assert_eq!(TIMEOUT.read("1s").unwrap(), Duration::from_secs(1));
        for text in ["59s", "0s", "30d1s", "5w", "99999999999999999999999w"] {
            assert!(INTERVAL.read(text).is_err(), "{text}");
        }
    }

    #[test]
    fn what_is_no_duration_is_refused_with_what_to_write() {
        for text in [
            "", "15", "m", "-5m", "+5m", "15 m", "1y", "1h 30m", "5M", "1..5h", ".5h", "1.h",
            "15m!", "1e3m", "15μs", "ninety",
        ] {
            let refusal = INTERVAL.read(text).unwrap_err();
            assert_eq!(
                refusal, "interval must be a duration from 1m to 30d, such as 15m, 1h30m or 1d",
                "{text}"
            );
        }
    }
}
