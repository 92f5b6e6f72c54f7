//! The few values of a report that decide what happens to it, read without building the rest.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserializer as _, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::Defect;
use super::fields::{MAX_FIELDS, Text, text_of};

/// The names of the values that are kept.
const NAMES: [&str; 8] = [
    "id",
    "title",
    "platform_url",
    "posted_at",
    "updated_at",
    "version_posted_at",
    "ingested_at",
    "published_status",
];

/// The values, in the order of [`NAMES`]; of a name that comes twice the last.
#[derive(Default)]
pub(super) struct Outline<'a>([Option<&'a RawValue>; NAMES.len()]);

impl<'a> Outline<'a> {
    pub(super) fn read(json: &'a str) -> Result<Self, Defect> {
        let mut json = serde_json::Deserializer::from_str(json);
        let outline = json.deserialize_map(Object);
        outline.unwrap_or(Err(Defect::NotAnObject))
    }

    /// A value as text, as [`super::text`] gives it.
    pub(super) fn text(&self, name: &str) -> Option<Cow<'a, str>> {
        let place = NAMES.iter().position(|known| *known == name)?;
        let json = self.0.get(place).copied().flatten()?.get();
        (json != "null").then(|| text_of(json))
    }
}

/// Reads a JSON object, of any other value says so.
struct Object;

impl<'de> Visitor<'de> for Object {
    type Value = Result<Outline<'de>, Defect>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Self::Value, A::Error> {
        let mut outline = Outline::default();
        let mut count = 0;
        while let Some(Text(name)) = members.next_key()? {
            count += 1;
            let place = NAMES.iter().position(|known| *known == name);
            match place.and_then(|place| outline.0.get_mut(place)) {
                Some(value) => *value = Some(members.next_value()?),
                None => drop(members.next_value::<IgnoredAny>()?),
            }
        }
        Ok(if count > MAX_FIELDS {
            Err(Defect::TooManyFields)
        } else {
            Ok(outline)
        })
    }
}
