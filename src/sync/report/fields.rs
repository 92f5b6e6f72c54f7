//! The fields of a report: JSON values as received, read without building what nobody needs.

use std::borrow::Cow;
use std::fmt;
use std::iter;
use std::ops::ControlFlow;

use indexmap::IndexMap;
use memchr::{memchr, memchr2};
use serde::Deserialize;
use serde::de::{Deserializer as _, SeqAccess, Visitor};
use serde_json::value::RawValue;

/// The most top-level fields of a report: Flashpoint's have about 40.
pub(super) const MAX_FIELDS: usize = 10_000;

/// The top-level fields of a report in their order, values as received.
pub type Fields = IndexMap<Box<str>, Box<RawValue>>;

/// A field as text: a string's content, another value's JSON; nothing for null or an absent one.
#[must_use]
pub fn text<'a>(fields: &'a Fields, name: &str) -> Option<Cow<'a, str>> {
    let json = fields.get(name)?.get();
    if json == "null" {
        return None;
    }
    Some(text_of(json))
}

/// A JSON string's content, borrowed where nothing in it is escaped.
#[derive(Deserialize)]
pub(super) struct Text<'a>(#[serde(borrow)] pub(super) Cow<'a, str>);

/// The content of a JSON string; for any other value, and for a string that no Rust string can
/// hold (a lone surrogate), the JSON itself.
#[must_use]
pub fn text_of(json: &str) -> Cow<'_, str> {
    if !json.starts_with('"') {
        return Cow::Borrowed(json);
    }
    serde_json::from_str(json).map_or(Cow::Borrowed(json), |Text(text)| text)
}

/// The strings that are values in some JSON, at any depth, as they are written there, quotes included.
pub fn strings(json: &str) -> impl Iterator<Item = &str> {
    let bytes = json.as_bytes();
    let mut at = 0;
    iter::from_fn(move || {
        loop {
            let start = at + memchr(b'"', bytes.get(at..)?)?;
            at = start + 1;
            loop {
                at += memchr2(b'"', b'\\', bytes.get(at..)?)?;
                if bytes.get(at) == Some(&b'"') {
                    break;
                }
                // What is escaped ends nothing.
                at += 2;
            }
            at += 1;
            let after = bytes.get(at..)?.trim_ascii_start();
            if !after.starts_with(b":") {
                return json.get(start..at);
            }
        }
    })
}

/// Hands over the values in a JSON array one after another, as they are written, until told to stop; none of them is held.
/// What is no array has none.
pub fn each_value<'a>(json: &'a str, take: impl FnMut(&'a str) -> ControlFlow<()>) {
    // What ends it early is either `take`'s wish, or that it is no JSON from there on.
    let _ = serde_json::Deserializer::from_str(json).deserialize_seq(Values(take));
}

struct Values<F>(F);

impl<'de, F: FnMut(&'de str) -> ControlFlow<()>> Visitor<'de> for Values<F> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array")
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut values: A) -> Result<(), A::Error> {
        while let Some(value) = values.next_element::<&RawValue>()?
            && (self.0)(value.get()).is_continue()
        {}
        Ok(())
    }
}

/// The fields of a JSON object, in their order; none of what is no object.
pub(super) fn read(json: &str) -> Fields {
    serde_json::from_str(json).unwrap_or_default()
}
