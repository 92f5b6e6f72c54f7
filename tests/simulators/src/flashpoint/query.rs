//! The listing's query, parsed strictly: what the real API would refuse or misread is a 400 here.

use jiff::{SignedDuration, Timestamp};

use super::WindowField;
use crate::message::Request;

/// An order that was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Sort {
    pub by: WindowField,
    pub rising: bool,
}

/// A well-formed query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Query {
    pub since: Timestamp,
    pub until: Timestamp,
    pub limit: usize,
    pub skip: usize,
    pub sort: Option<Sort>,
}

/// Parses the query; the error is the problem's `detail`.
pub(super) fn parse(
    request: &Request,
    now: Timestamp,
    max_limit: usize,
    max_skip: usize,
) -> Result<Query, String> {
    let mut query = Query {
        since: Timestamp::MIN,
        until: now,
        limit: 10.min(max_limit),
        skip: 0,
        sort: None,
    };
    let mut seen = Vec::new();
    for (name, value) in request.parameters() {
        if seen.contains(&name) {
            return Err(format!("parameter {name} is given twice"));
        }
        let bad = |what: &str| format!("parameter {name}: {value:?} is not {what}");
        match name.as_str() {
            "since" | "until" => {
                let time = time(&value, now)
                    .ok_or_else(|| bad("a time such as -1d, now or 2018-11-29T20:18:32Z"))?;
                if name == "since" {
                    query.since = time;
                } else {
                    query.until = time;
                }
            }
            "limit" => {
                query.limit = number(&value)
                    .filter(|limit| (1..=max_limit).contains(limit))
                    .ok_or_else(|| bad(&format!("a number from 1 to {max_limit}")))?;
            }
            "skip" => {
                query.skip = number(&value)
                    .filter(|skip| *skip <= max_skip)
                    .ok_or_else(|| bad(&format!("a number from 0 to {max_skip}")))?;
            }
            "highlight_tag" => {
                let legal = |char: char| char.is_ascii_alphanumeric() || char == '-';
                if value.is_empty() || !value.chars().all(legal) {
                    return Err(bad("the name of an element"));
                }
            }
            "fragment_size" => {
                number(&value).ok_or_else(|| bad("a number of characters"))?;
            }
            _ => return Err(format!("unknown parameter {name}")),
        }
        seen.push(name);
    }
    Ok(query)
}

/// `now`; a relative time (`-1d` and `1d` both a day ago, `+1d` in a day; `m` means minutes, the vendor's own
/// grammar leaving open whether it means months); or an absolute one that ends in `Z`.
fn time(text: &str, now: Timestamp) -> Option<Timestamp> {
    if text == "now" {
        return Some(now);
    }
    if text.ends_with('Z') {
        return absolute(text);
    }
    let (forward, rest) = match text.strip_prefix('+') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('-').unwrap_or(text)),
    };
    let unit = rest.chars().last()?;
    let count = i64::try_from(number(&rest[..rest.len() - unit.len_utf8()])?).ok()?;
    let seconds = match unit {
        'y' => 365 * 86_400,
        'w' => 7 * 86_400,
        'd' => 86_400,
        'h' => 3_600,
        'm' => 60,
        's' => 1,
        _ => return None,
    };
    let distance = SignedDuration::from_secs(count.checked_mul(seconds)?);
    if forward {
        now.saturating_add(distance).ok()
    } else {
        now.saturating_sub(distance).ok()
    }
}

/// An absolute time in UTC, in its plain form: it ends in `Z`, without lower-case letters, blanks or zone names.
pub(super) fn absolute(text: &str) -> Option<Timestamp> {
    let plain = |byte: u8| byte.is_ascii_digit() || b"-:.TZ".contains(&byte);
    let is_plain = text.ends_with('Z') && text.bytes().all(plain);
    is_plain.then(|| text.parse().ok())?
}

pub(super) fn number(text: &str) -> Option<usize> {
    // `str::parse` would take a leading plus.
    text.bytes()
        .all(|byte| byte.is_ascii_digit())
        .then(|| text.parse().ok())?
}
