//! Tags: verbatim where the service takes them so, else in the form that it documents.

use std::collections::HashSet;

use reqwest::Method;
use serde::Serialize;

use super::TrustarEnclave;
use super::reports::not_yet;
use super::write::{Guid, TagChange, WriteError};
use crate::sync::destination::DeliveryError;

/// How tags are written, as far as this process has learned it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Form {
    /// As Flashpoint has them. What is removed may have been set in either form, by a process
    /// before this one.
    #[default]
    Unsure,
    /// As Flashpoint has them: the service took a tag that it documents to refuse.
    Verbatim,
    /// Lower case; letters, digits, `-` and `_`; anything else becomes `-`.
    Documented,
}

#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
struct Alteration {
    added_tags: Vec<Tag>,
    removed_tags: Vec<Tag>,
}

#[derive(Debug, PartialEq, Eq, Serialize)]
struct Tag {
    name: String,
}

/// Whether tags were taken in the form that they had.
enum Taken {
    Yes,
    /// Why not; another form may do.
    No(String),
}

impl TrustarEnclave {
    /// Changes the tags of a report that was written.
    ///
    /// # Errors
    /// When they are not known to be changed.
    pub async fn alter_tags(&self, guid: &Guid, change: &TagChange) -> Result<(), WriteError> {
        let form = *self.shared.tag_form.lock();
        let alteration = form.alteration(change);
        let learned = match self.send_tags(guid, &alteration).await? {
            Taken::Yes
                if form == Form::Unsure
                    && change
                        .added
                        .iter()
                        .any(|tag| documented(tag) != tag.to_lowercase()) =>
            {
                Form::Verbatim
            }
            Taken::Yes => return Ok(()),
            Taken::No(reason) => {
                let documented = Form::Documented.alteration(change);
                if documented == alteration {
                    return Err(DeliveryError::Rejected(reason).into());
                }
                if let Taken::No(reason) = self.send_tags(guid, &documented).await? {
                    return Err(DeliveryError::Rejected(reason).into());
                }
                Form::Documented
            }
        };
        *self.shared.tag_form.lock() = learned;
        Ok(())
    }

    async fn send_tags(&self, guid: &Guid, alteration: &Alteration) -> Result<Taken, WriteError> {
        if alteration.added_tags.is_empty() && alteration.removed_tags.is_empty() {
            return Ok(Taken::Yes);
        }
        let answer = self
            .api(
                "alter_tags",
                Method::POST,
                &["reports", &guid.0, "alter-tags"],
                "idType=internal",
                Some(alteration),
            )
            .await?;
        match answer.status {
            200..=299 => Ok(Taken::Yes),
            404 => Err(not_yet(&answer)),
            400 | 409 | 422 => Ok(Taken::No(format!(
                "TruSTAR refused the tags ({}): {}",
                answer.status,
                answer.said()
            ))),
            _ => Err(self.refused(&answer).await.into()),
        }
    }
}

impl Form {
    fn alteration(self, change: &TagChange) -> Alteration {
        // What stays or comes, as it is stored; it must not go by looking like what goes.
        let mut present = HashSet::new();
        let mut added_tags = Vec::new();
        for tag in &change.added {
            let name = self.name(tag);
            if present.insert(name.to_lowercase()) {
                added_tags.push(Tag { name });
            }
        }
        present.extend(change.kept.iter().map(|tag| self.name(tag).to_lowercase()));
        let unsure = self == Self::Unsure;
        if unsure {
            let tags = change.added.iter().chain(&change.kept);
            present.extend(tags.map(|tag| documented(tag)));
        }
        let mut removed_tags = Vec::new();
        for tag in &change.removed {
            let names = [Some(self.name(tag)), unsure.then(|| documented(tag))];
            for name in names.into_iter().flatten() {
                if present.insert(name.to_lowercase()) {
                    removed_tags.push(Tag { name });
                }
            }
        }
        Alteration {
            added_tags,
            removed_tags,
        }
    }

    /// The name that the tag is set by.
    fn name(self, tag: &str) -> String {
        match self {
            Self::Unsure | Self::Verbatim => tag.to_owned(),
            Self::Documented => documented(tag),
        }
    }
}

/// The form that TruSTAR documents: it stores lower case, of letters, digits, `-` and `_`.
fn documented(tag: &str) -> String {
    let plain = |character: char| character.is_alphanumeric() || matches!(character, '-' | '_');
    tag.to_lowercase()
        .chars()
        .map(|character| if plain(character) { character } else { '-' })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(added: &[&str], removed: &[&str], kept: &[&str]) -> TagChange {
        let owned = |tags: &[&str]| tags.iter().map(ToString::to_string).collect();
        TagChange {
            added: owned(added),
            removed: owned(removed),
            kept: owned(kept),
        }
    }

    fn names(form: Form, change: &TagChange) -> (Vec<String>, Vec<String>) {
        let Alteration {
            added_tags,
            removed_tags,
        } = form.alteration(change);
        let names = |tags: Vec<Tag>| tags.into_iter().map(|tag| tag.name).collect();
        (names(added_tags), names(removed_tags))
    }

    #[test]
    fn the_documented_form_keeps_letters_of_any_script() {
        let change = change(
            &["Hospitality & Gaming", "Überfall_1", "a.b", "A B"],
            &[],
            &[],
        );
        assert_eq!(
            names(Form::Documented, &change).0,
            ["hospitality---gaming", "überfall_1", "a-b"],
            "and what becomes one is sent once"
        );
        assert_eq!(names(Form::Verbatim, &change).0.len(), 4);
    }

    #[test]
    fn what_stays_is_never_removed_by_its_likeness() {
        let change = change(
            &["New One"],
            &["a b", "Fraud", "new-one", "gone"],
            &["A.B", "fraud"],
        );
        let removed = |form| names(form, &change).1;
        assert_eq!(removed(Form::Documented), ["gone"]);
        assert_eq!(removed(Form::Verbatim), ["a b", "new-one", "gone"]);
        assert_eq!(removed(Form::Unsure), ["a b", "gone"]);
    }

    #[test]
    fn while_unsure_either_form_is_removed() {
        let change = change(&["b c", "B.C"], &["Was Set", "plain"], &[]);
        assert_eq!(
            names(Form::Unsure, &change),
            (
                vec!["b c".to_owned(), "B.C".to_owned()],
                vec![
                    "Was Set".to_owned(),
                    "was-set".to_owned(),
                    "plain".to_owned()
                ]
            )
        );
    }
}
