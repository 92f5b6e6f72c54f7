//! Inputs, and the texts in them.

use std::borrow::Cow;
use std::fs;
use std::io::{self, IsTerminal as _, Read as _};
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::value::RawValue;

use super::Format;
use crate::cli::{Exit, complain};
use crate::flashpoint::fields;
use crate::sync::report::Fields;
use indicators::Markup;

/// A file's content, or standard input's.
#[derive(Debug)]
pub struct Input {
    /// What people call it.
    pub name: String,
    text: String,
}

/// Reads the inputs; those that can't be read are named on standard error.
pub fn read(files: &[PathBuf]) -> (Vec<Input>, Exit) {
    let standard_input = [PathBuf::from("-")];
    let files = if files.is_empty() {
        standard_input.as_slice()
    } else {
        files
    };
    let mut exit = Exit::Done;
    let mut inputs = Vec::with_capacity(files.len());
    for file in files {
        match bytes_of(file) {
            Ok(bytes) => inputs.push(Input {
                name: name_of(file),
                text: text_of(bytes),
            }),
            Err(error) => {
                complain(
                    "error",
                    &format!("{} can't be read: {error}", name_of(file)),
                );
                exit = Exit::BadInput;
            }
        }
    }
    (inputs, exit)
}

/// What people call a file.
pub fn name_of(file: &Path) -> String {
    if file == Path::new("-") {
        "standard input".to_owned()
    } else {
        file.display().to_string()
    }
}

/// Tells a person who waits for something that it is waited for them.
pub fn say_what_is_read() {
    if io::stdin().is_terminal() {
        complain("note", "reading standard input; end it with Ctrl-D");
    }
}

fn bytes_of(file: &Path) -> io::Result<Vec<u8>> {
    if file != Path::new("-") {
        return fs::read(file);
    }
    say_what_is_read();
    let mut bytes = Vec::new();
    io::stdin().lock().read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// The text, each byte that is not UTF-8 replaced, without a byte-order mark.
fn text_of(bytes: Vec<u8>) -> String {
    let text = String::from_utf8(bytes)
        .unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned());
    match text.strip_prefix('\u{feff}') {
        Some(rest) => rest.to_owned(),
        None => text,
    }
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
            text: text_of(text.as_bytes().to_vec()),
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
