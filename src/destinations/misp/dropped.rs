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
