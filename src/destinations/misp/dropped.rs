//! What MISP left out of a write without a word: it answers 200 all the same.

use std::collections::{HashMap, HashSet};
use std::fmt;

use uuid::Uuid;

use super::event::{Event, folded};
use super::stored::Stored;

/// What was sent and is not there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Dropped {
    /// Attributes: refused values, UUIDs that another event has, or deletions that did not happen.
    pub(super) attributes: usize,
    /// Tags that do not exist where the credential may not make any.
    pub(super) tags: Vec<String>,
    /// Whether the event report is missing.
    pub(super) report: bool,
    /// Whether the event was to be published and is not.
    pub(super) unpublished: bool,
}

impl Dropped {
    /// What of `sent` the `answer` lacks.
    pub(super) fn between(sent: &Event, answer: &Stored) -> Self {
        let held: HashMap<Uuid, bool> = answer
            .attributes
            .iter()
            .map(|held| (held.uuid, held.deleted))
            .collect();
        let lacks = sent.attributes.iter().filter(|one| {
            let is_live = held.get(&one.uuid) == Some(&false);
            is_live == (one.deleted == Some(true))
        });
        let names: HashSet<String> = answer.tags.iter().map(|tag| folded(&tag.name)).collect();
        let tags = sent.tags.iter();
        let tags = tags.filter(|tag| names.contains(&folded(&tag.name)) == tag.deleted);
        let has = |uuid| answer.reports.iter().any(|held| held.uuid == uuid);
        Self {
            attributes: lacks.count(),
            tags: tags.map(|tag| tag.name.clone()).collect(),
            report: sent.reports.iter().any(|one| !has(one.uuid)),
            unpublished: sent.published && !answer.published,
        }
    }
}

impl fmt::Display for Dropped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut parts = Vec::new();
        if self.attributes > 0 {
            parts.push(format!("{} attributes", self.attributes));
        }
        if !self.tags.is_empty() {
            parts.push(format!("{} tags", self.tags.len()));
        }
        if self.report {
            parts.push("the event report".to_owned());
        }
        if self.unpublished {
            parts.push("the publication".to_owned());
        }
        f.write_str(&parts.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use indicators::IndicatorType;
    use serde_json::{Value, json};

    use super::super::Distribution;
    use super::super::event::tests::{indicator, report};
    use super::super::event::{Tag, map};
    use super::super::stored;
    use super::*;

    /// What MISP answers that takes everything.
    fn echo(sent: &Event) -> Value {
        json!({"Event": serde_json::to_value(sent).unwrap()})
    }

    fn told(sent: &Event, answer: &Value) -> String {
        let answer = stored::read(answer.to_string().as_bytes()).unwrap();
        Dropped::between(sent, &answer).to_string()
    }

    #[test]
    fn what_is_missing_is_counted() {
        let report = report(&json!({"id": "a", "tags": ["x", "y"]}));
        let found = ["a.example", "b.example"];
        let found = found.map(|name| indicator(IndicatorType::Domain, name));
        let found: Vec<_> = found.iter().collect();
        let wanted = map(&report, &found, &crate::sync::own::NOTHING, &[]);
        let mut sent = wanted.added(7, Distribution::All, true);
        let mut answer = echo(&sent);
        answer["Event"]["Tag"][0]["name"] = json!("X");
        assert_eq!(told(&sent, &answer), "");
        let event = &mut answer["Event"];
        event["Attribute"].as_array_mut().unwrap().remove(0);
        event["Tag"].as_array_mut().unwrap().remove(1);
        event["EventReport"] = Value::Null;
        event["published"] = json!(false);
        let all = "1 attributes, 1 tags, the event report, the publication";
        assert_eq!(told(&sent, &answer), all);

        // What is to go and stays.
        sent.attributes.truncate(1);
        sent.attributes[0].deleted = Some(true);
        sent.tags = vec![Tag::removed("x")];
        let mut answer = echo(&sent);
        answer["Event"]["Attribute"][0]["deleted"] = json!(false);
        answer["Event"]["published"] = json!(true);
        assert_eq!(told(&sent, &answer), "1 attributes, 1 tags");
        answer["Event"]["Attribute"] = json!([]);
        answer["Event"]["Tag"] = json!([]);
        assert_eq!(told(&sent, &answer), "");
    }
}
