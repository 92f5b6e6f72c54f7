//! What an edit sends: the difference between what an event is to hold and what it holds. What analysts did stays.

use std::collections::{HashMap, HashSet};

use uuid::Uuid;

use super::attribute::{Attribute, WITHDRAWN, form_of, is_our_comment};
use super::event::{Event, EventReport, Tag, Wanted, folded};
use super::ids;
use super::stored::{Stored, StoredAttribute, StoredReport};
use super::summary;
use crate::sync::destination::Earlier;
use crate::sync::report::ReportId;

/// The last second that MISP's columns hold: it stores 32 bits, signed.
const LAST_SECOND: i64 = 2_147_483_647;

/// The edit that makes of `stored` what is `wanted`, at `now` in seconds since 1970; none if nothing is to change. Without
/// `withdraws` no attribute goes: not all that the report holds could be looked at. The date is set when the event is
/// added, and left alone from then on.
pub(super) fn between(
    stored: &Stored,
    wanted: &Wanted,
    report: &ReportId,
    earlier: &Earlier<'_>,
    publish: bool,
    withdraws: bool,
    now: i64,
) -> Option<Event> {
    let time = later(stored.timestamp, now);
    let stamp = time.unwrap_or(now);
    let mut attributes = sent(stored, wanted, report, withdraws, stamp);
    if withdraws {
        attributes.extend(withdrawn(stored, wanted, report, stamp));
    }
    let tags = tags(stored, wanted, earlier);
    let reports: Vec<_> = event_report(stored, wanted, stamp).into_iter().collect();
    let info = title(stored, wanted);
    let is_same = stored.info == info
        && attributes.is_empty()
        && tags.is_empty()
        && reports.is_empty()
        && (stored.published || !publish);
    (!is_same).then(|| Event {
        uuid: wanted.uuid,
        info: info.to_owned(),
        date: None,
        first: None,
        // Without one MISP takes any edit, and sets its own time.
        timestamp: time.map(|time| time.to_string()),
        published: publish,
        attributes,
        tags,
        reports,
    })
}

/// Whether all that is wanted has a place in the event, so that a write of it that was cut off has ended.
pub(super) fn is_whole(stored: &Stored, wanted: &Wanted) -> bool {
    let held: HashSet<Uuid> = stored.attributes.iter().map(|held| held.uuid).collect();
    let has_report = || {
        stored
            .reports
            .iter()
            .any(|held| held.uuid == wanted.report.uuid)
    };
    wanted.attributes.iter().all(|one| held.contains(&one.uuid)) && has_report()
}

/// A time that is later than the stored one; none if there is no later one.
fn later(stored: i64, now: i64) -> Option<i64> {
    let time = stored.saturating_add(1).max(now);
    (time <= LAST_SECOND).then_some(time)
}

/// The title: the report's, unless an analyst gave the event another than its text was sent with.
fn title<'a>(stored: &'a Stored, wanted: &'a Wanted) -> &'a str {
    let sent = stored
        .reports
        .iter()
        .find(|held| held.uuid == wanted.report.uuid);
    let as_sent = |sent: &StoredReport| stored.info.starts_with(&sent.name);
    let is_ours = stored.info_is_ours || sent.is_none_or(as_sent);
    if is_ours { &wanted.info } else { &stored.info }
}

/// Attributes that the event lacks, or that this operator withdrew from it; where all is `known` of the report, those too of which
/// Flashpoint says something else than before, which shows by the comment. Times alone may be an analyst's, and stay.
fn sent(
    stored: &Stored,
    wanted: &Wanted,
    report: &ReportId,
    known: bool,
    time: i64,
) -> Vec<Attribute> {
    let held: HashMap<Uuid, &StoredAttribute> = stored
        .attributes
        .iter()
        .map(|one| (one.uuid, one))
        .collect();
    let live: HashSet<_> = stored
        .attributes
        .iter()
        .filter(|one| !one.deleted)
        .map(|one| (one.kind.as_str(), one.category.as_str(), one.value.as_str()))
        .collect();
    let mut sent = Vec::new();
    for one in &wanted.attributes {
        let (timestamp, deleted) = match held.get(&one.uuid) {
            Some(held) if is_withdrawn(held) => (after(held, time), Some(false)),
            Some(held)
                if known
                    && is_ours(held, report)
                    && held.comment.as_deref() != Some(one.comment) =>
            {
                (after(held, time), None)
            }
            Some(_) => continue,
            // An analyst entered the same: MISP would drop ours.
            None if live.contains(&(&one.kind, &one.category, &one.value)) => continue,
            None => (time, None),
        };
        sent.push(Attribute {
            timestamp: timestamp.to_string(),
            deleted,
            ..one.clone()
        });
    }
    sent
}

/// Attributes of this operator that the report no longer has.
fn withdrawn(stored: &Stored, wanted: &Wanted, report: &ReportId, time: i64) -> Vec<Attribute> {
    let wanted: HashSet<Uuid> = wanted.attributes.iter().map(|one| one.uuid).collect();
    let gone = stored.attributes.iter();
    let gone = gone.filter(|held| !wanted.contains(&held.uuid) && is_ours(held, report));
    let withdrawn = gone.map(|held| Attribute {
        uuid: held.uuid,
        kind: held.kind.clone(),
        category: held.category.clone(),
        value: held.value.clone(),
        to_ids: held.to_ids,
        comment: WITHDRAWN,
        first_seen: None,
        last_seen: None,
        timestamp: after(held, time).to_string(),
        deleted: Some(true),
    });
    withdrawn.collect()
}

/// A time at which MISP takes a change of an attribute.
fn after(held: &StoredAttribute, time: i64) -> i64 {
    later(held.timestamp, time).unwrap_or(LAST_SECOND)
}

/// Whether an attribute is live, of this operator, and as it was sent: no analyst changed it.
fn is_ours(held: &StoredAttribute, report: &ReportId) -> bool {
    let is_as_sent = form_of(&held.kind)
        .is_some_and(|form| form.category == held.category && form.to_ids == held.to_ids);
    !held.deleted
        && is_as_sent
        && held.comment.as_deref().is_some_and(is_our_comment)
        && held.uuid == ids::attribute(report, &held.kind, &held.value)
}

/// Whether this operator deleted it, as opposed to an analyst.
fn is_withdrawn(held: &StoredAttribute) -> bool {
    held.deleted && held.comment.as_deref() == Some(WITHDRAWN)
}

/// Tags to set: those that the event lacks, without those that an analyst took off. Tags to remove: those that were set and
/// the report has no longer.
fn tags(stored: &Stored, wanted: &Wanted, earlier: &Earlier<'_>) -> Vec<Tag> {
    let held: HashSet<String> = stored.tags.iter().map(|tag| folded(&tag.name)).collect();
    let now: HashSet<String> = wanted.tags.iter().map(|tag| folded(tag)).collect();
    let before: HashSet<String> = earlier.labels.iter().map(|tag| folded(tag)).collect();
    let was_set = |tag: &str| before.contains(tag);
    let set = wanted.tags.iter().filter(|tag| {
        let tag = folded(tag);
        !held.contains(&tag) && !was_set(&tag)
    });
    let removed = earlier.labels.iter().filter(|tag| {
        let tag = folded(tag);
        held.contains(&tag) && !now.contains(&tag)
    });
    let set = set.map(|name| Tag::set(name));
    set.chain(removed.map(|name| Tag::removed(name))).collect()
}

/// The event report, where it is not there, or is as an earlier delivery left it and no longer right.
fn event_report(stored: &Stored, wanted: &Wanted, time: i64) -> Option<EventReport> {
    let wanted = &wanted.report;
    let held = stored.reports.iter().find(|held| held.uuid == wanted.uuid);
    let time = match held {
        None => time,
        Some(held) => {
            let content = held.content.as_deref().unwrap_or_default();
            let is_right = content == wanted.content && held.name == wanted.name;
            if is_right || held.deleted || !summary::is_as_sent(content) {
                return None;
            }
            later(held.timestamp, time)?
        }
    };
    Some(EventReport {
        timestamp: time.to_string(),
        ..wanted.clone()
    })
}

#[cfg(test)]
mod tests {
    use indicators::IndicatorType;
    use serde_json::json;

    use super::super::Distribution;
    use super::super::event::map;
    use super::super::event::tests::{indicator, report};
    use super::super::stored;
    use super::*;
    use crate::sync::own::NOTHING;

    /// A report with one domain, and its event as MISP holds it after an add at second 100.
    fn sent() -> (ReportId, Wanted, Stored) {
        let report = report(&json!({"id": "a", "title": "t"}));
        let found = indicator(IndicatorType::Domain, "a.example");
        let wanted = map(&report, &[&found], &NOTHING, &[]);
        let event = wanted.added(100, Distribution::All, false);
        let stored = json!({"Event": serde_json::to_value(event).unwrap()});
        let stored = stored::read(stored.to_string().as_bytes()).unwrap();
        (report.id, wanted, stored)
    }

    #[test]
    fn nothing_is_sent_where_nothing_differs() {
        let (report, wanted, mut stored) = sent();
        let earlier = Earlier::default();
        let edit = |stored: &Stored, publish| {
            between(stored, &wanted, &report, &earlier, publish, true, 200)
        };
        assert!(edit(&stored, false).is_none());
        assert!(edit(&stored, true).unwrap().published);
        stored.published = true;
        assert!(edit(&stored, true).is_none());
    }

    #[test]
    fn another_comment_of_ours_is_written_and_an_analysts_stays() {
        let (report, mut wanted, stored) = sent();
        wanted.attributes[0].comment = "Flashpoint: listed as malicious";
        let earlier = Earlier::default();
        let edit = |stored: &Stored| {
            between(stored, &wanted, &report, &earlier, false, true, 200)
                .map(|edit| edit.attributes[0].comment)
        };
        assert_eq!(edit(&stored), Some("Flashpoint: listed as malicious"));
        // What is not known now is not taken back.
        let partial = between(&stored, &wanted, &report, &earlier, false, false, 200);
        assert!(partial.is_none());
        for comment in ["seen by us", "Flashpoint: listed as malicious"] {
            let mut stored = stored.clone();
            stored.attributes[0].comment = Some(comment.to_owned());
            assert_eq!(edit(&stored), None, "{comment}");
        }
    }

    #[test]
    fn times_are_later_than_what_is_stored_or_left_out() {
        let (report, wanted, mut stored) = sent();
        let earlier = Earlier::default();
        for (held, sent) in [
            (100, Some("200")),
            (200, Some("201")),
            (5_000, Some("5001")),
            (LAST_SECOND, None),
        ] {
            stored.timestamp = held;
            let edit = between(&stored, &wanted, &report, &earlier, true, true, 200).unwrap();
            assert_eq!(edit.timestamp.as_deref(), sent);
        }
    }

    #[test]
    fn only_what_is_ours_and_unchanged_is_withdrawn() {
        let (report, mut wanted, stored) = sent();
        wanted.attributes.clear();
        let withdrawn = |change: &dyn Fn(&mut StoredAttribute)| {
            let mut stored = stored.clone();
            change(&mut stored.attributes[0]);
            let earlier = Earlier::default();
            let edit = between(&stored, &wanted, &report, &earlier, false, true, 200);
            edit.is_some_and(|edit| edit.attributes[0].deleted == Some(true))
        };
        assert!(withdrawn(&|_| ()));
        assert!(!withdrawn(&|one| one.comment = Some("seen".to_owned())));
        assert!(!withdrawn(&|one| one.value = "b.example".to_owned()));
        assert!(!withdrawn(&|one| one.to_ids = false));
        assert!(!withdrawn(&|one| one.deleted = true));
        assert!(!withdrawn(&|one| one.uuid = Uuid::from_u128(4)));
    }
}
