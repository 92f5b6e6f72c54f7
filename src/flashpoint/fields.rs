//! Where in a report indicators are looked for.

use std::borrow::Cow;

use crate::flashpoint::images::without_images;
use crate::sync::report::{Fields, text};
use indicators::Markup;

/// The fields that are looked at, and how each is written.
const FIELDS: [(&str, Markup); 3] = [
    ("title", Markup::Text),
    ("summary", Markup::Html),
    ("body", Markup::Html),
];

/// The parts of a report that indicators are looked for in, its CSV data apart, without the data of images.
#[must_use]
pub fn parts(fields: &Fields) -> Vec<(Markup, Cow<'_, str>)> {
    let part = |(name, markup)| Some((markup, without_data(text(fields, name)?)));
    FIELDS.into_iter().filter_map(part).collect()
}

fn without_data(text: Cow<'_, str>) -> Cow<'_, str> {
    match text {
        Cow::Borrowed(text) => without_images(text),
        Cow::Owned(text) => match without_images(&text) {
            Cow::Borrowed(_) => Cow::Owned(text),
            Cow::Owned(shorter) => Cow::Owned(shorter),
        },
    }
}
