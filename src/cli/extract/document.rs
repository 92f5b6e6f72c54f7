//! Inputs, and the texts in them.

use std::borrow::Cow;
use std::io::ErrorKind;
use std::path::Path;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::{Format, binary, encoding};
use crate::cli::complain;
use crate::cli::file;
use crate::flashpoint::fields;
use crate::sync::report::Fields;
use indicators::Markup;

/// The text of a file, or of standard input.
#[derive(Debug)]
pub struct Input {
    /// What people call it.
    pub name: String,
    text: String,
}

/// Reads an input. How it was read is told where that was a guess.
///
/// # Errors
/// Where it can't be read or is no text, with the next step.
pub fn read(path: &Path) -> Result<Input, String> {
    let name = file::name_of(path);
    let bytes = file::read(path).map_err(|error| {
        let next = match error.kind() {
            ErrorKind::NotFound => "; a text by itself goes to standard input",
            _ => "",
        };
        format!("{name} can't be read: {error}{next}")
    })?;
    let named = |refusal| format!("{name} {refusal}");
    if let Some(refusal) = binary::refusal(&bytes) {
        return Err(named(refusal));
    }
    let (text, guess) = encoding::decode(bytes);
    if let Some(refusal) = binary::refusal_of_text(&text) {
        return Err(named(refusal));
    }
    if let Some(guess) = guess {
        complain("note", &format!("{name} is not UTF-8; read as {guess}"));
    }
    Ok(Input { name, text })
}

/// What Flashpoint's API answers.
#[derive(Deserialize)]
struct Envelope<'a> {
    #[serde(borrow)]
    data: Vec<&'a RawValue>,
}

impl Input {
    /// The texts to look at.
    ///
    /// # Errors
    /// Where it is to be JSON and is not, or holds no report.
    pub fn parts(&self, format: Format) -> Result<Vec<(Markup, Cow<'_, str>)>, String> {
        let named_csv = self.name.to_ascii_lowercase().ends_with(".csv");
        let format = match format {
            Format::Auto if named_csv => Format::Csv,
            format => format,
        };
        let may_be_json = matches!(format, Format::Json | Format::Auto);
        match may_be_json.then(|| reports(&self.text)) {
            Some(Ok(parts)) => Ok(parts),
            Some(Err(error)) if format == Format::Json => Err(error),
            _ => Ok(vec![(format.markup(&self.text), Cow::Borrowed(&self.text))]),
        }
    }
}

/// The texts of the reports in some JSON: one, several, or what the API answers.
fn reports(json: &str) -> Result<Vec<(Markup, Cow<'_, str>)>, String> {
    if !json.trim_start().starts_with(['{', '[']) {
        return Err("is not JSON: it begins with neither { nor [".to_owned());
    }
    let no_json = |error: serde_json::Error| format!("is not JSON: {error}");
    let document: &RawValue = serde_json::from_str(json).map_err(no_json)?;
    let elements: Vec<&RawValue> = if document.get().starts_with('[') {
        serde_json::from_str(document.get()).map_err(no_json)?
    } else {
        serde_json::from_str(document.get())
            .map_or_else(|_| vec![document], |envelope: Envelope<'_>| envelope.data)
    };
    let parts: Vec<_> = elements
        .into_iter()
        .filter_map(|element| serde_json::from_str::<Fields>(element.get()).ok())
        .flat_map(|fields| owned(fields::parts(&fields)))
        .collect();
    if parts.is_empty() {
        return Err("holds no report: nothing in it has a title, summary or body".to_owned());
    }
    Ok(parts)
}

fn owned(parts: Vec<(Markup, Cow<'_, str>)>) -> Vec<(Markup, Cow<'static, str>)> {
    parts
        .into_iter()
        .map(|(markup, text)| (markup, Cow::Owned(text.into_owned())))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(text: &str, format: Format) -> Result<Vec<(Markup, String)>, String> {
        let input = Input {
            name: String::new(),
            text: text.to_owned(),
        };
        let parts = input.parts(format)?;
        Ok(parts
            .into_iter()
            .map(|(markup, text)| (markup, text.into_owned()))
            .collect())
    }

    #[test]
    fn the_format_is_told_by_the_content() {
        let kind = |text| {
            parts(text, Format::Auto)
                .unwrap()
                .into_iter()
                .map(|part| part.0)
                .collect::<Vec<_>>()
        };
        assert_eq!(kind("evil[.]example"), [Markup::Text]);
        assert_eq!(kind("<p>evil[.]example</p>"), [Markup::Html]);
        assert_eq!(
            kind(r#"{"title":"t","body":"<p>b</p>"}"#),
            [Markup::Text, Markup::Html]
        );
        assert_eq!(kind("[.]example.com {"), [Markup::Text]);
        assert_eq!(kind(r#"{"some":"other JSON"}"#), [Markup::Text]);
    }

    #[test]
    fn reports_are_found_alone_in_an_array_and_in_the_envelope() {
        let report = r#"{"id":"a","title":"one\u0021"}"#;
        for json in [
            report.to_owned(),
            format!("[{report}]"),
            format!(r#"{{"total":1,"data":[{report}]}}"#),
        ] {
            assert_eq!(
                parts(&json, Format::Json).unwrap(),
                [(Markup::Text, "one!".to_owned())],
                "{json}"
            );
        }
        for (json, message) in [
            ("{", "is not JSON"),
            ("text", "is not JSON"),
            ("[1]", "holds no report"),
        ] {
            assert!(
                parts(json, Format::Json).unwrap_err().starts_with(message),
                "{json}"
            );
        }
    }
}
