//! The elements of a page, of which there is an end.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{Error as _, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

/// The most elements of a page: one takes some 300 bytes to handle, however short it is, and a report has as many.
const MOST: usize = 100_000;

/// Reads an array of at most [`MOST`] elements.
pub(super) fn bounded<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    page: D,
) -> Result<Vec<T>, D::Error> {
    page.deserialize_seq(Elements(PhantomData))
}

struct Elements<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for Elements<T> {
    type Value = Vec<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "at most {MOST} elements")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut page: A) -> Result<Self::Value, A::Error> {
        let mut elements = Vec::new();
        while let Some(element) = page.next_element()? {
            if elements.len() == MOST {
                return Err(A::Error::invalid_length(MOST + 1, &self));
            }
            elements.push(element);
        }
        Ok(elements)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::value::RawValue;

    use super::*;

    #[derive(Deserialize)]
    struct Page<'a>(#[serde(borrow, deserialize_with = "bounded")] Vec<&'a RawValue>);

    #[test]
    fn a_page_has_an_end() {
        let page = |count: usize| format!("[{}]", vec!["1"; count].join(","));
        let (most, more) = (page(MOST), page(MOST + 1));
        assert_eq!(
            serde_json::from_str::<Page<'_>>(&most).unwrap().0.len(),
            MOST
        );
        assert!(serde_json::from_str::<Page<'_>>(&more).is_err());
    }
}
