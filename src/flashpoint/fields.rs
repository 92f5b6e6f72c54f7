//! Where in a report indicators are looked for.

use std::borrow::Cow;

use crate::sync::report::{Fields, text};
use indicators::Markup;

/// The fields that are looked at, and how each is written.
const FIELDS: [(&str, Markup); 3] = [
    ("title", Markup::Text),
    ("summary", Markup::Html),
    ("body", Markup::Html),
];

/// The parts of a report that indicators are looked for in, its CSV data apart.
#[must_use]
pub fn parts(fields: &Fields) -> Vec<(Markup, Cow<'_, str>)> {
    let part = |(name, markup)| Some((markup, text(fields, name)?));
    FIELDS.into_iter().filter_map(part).collect()
}
