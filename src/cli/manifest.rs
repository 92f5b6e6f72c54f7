//! Reading manifests: files of YAML or JSON, with any number of documents.

use std::path::Path;

use serde_json::Value;
use serde_saphyr::UserMessageFormatter;

use super::file;

/// Reads a file; `-` is standard input.
///
/// # Errors
/// What could not be read, and why.
pub(super) fn read(path: &Path) -> Result<String, String> {
    let bytes = file::read(path).map_err(|error| format!("can't be read: {error}"))?;
    String::from_utf8(bytes).map_err(|_| {
        "can't be read: it is not UTF-8; save it so, as kubectl needs it too".to_owned()
    })
}

/// The objects in a text, each with its place: its document, and in a `List` its index.
///
/// # Errors
/// Where the text is no YAML or JSON. It never shows the text, which may hold a Secret.
pub(super) fn objects(text: &str) -> Result<Vec<(String, Value)>, String> {
    // JSON objects may follow one another without any separator; with one they are YAML.
    let is_json = text.trim_start().starts_with('{') && !text.contains("\n---");
    let documents: Vec<Value> = if is_json {
        let documents = serde_json::Deserializer::from_str(text)
            .into_iter()
            .collect::<Result<_, _>>();
        documents.map_err(|error| format!("is not JSON: {error}"))?
    } else {
        serde_saphyr::from_multiple(text).map_err(|error| {
            let error = error.without_snippet();
            format!(
                "is not YAML: {}",
                error.render_with_formatter(&UserMessageFormatter)
            )
        })?
    };
    let mut objects = Vec::new();
    for (at, document) in documents.into_iter().enumerate() {
        let place = format!("document {}", at + 1);
        let is_list = document
            .get("kind")
            .and_then(Value::as_str)
            .is_some_and(|kind| kind.ends_with("List"));
        match document
            .get("items")
            .and_then(Value::as_array)
            .filter(|_| is_list)
        {
            Some(items) => {
                let place = |at| format!("{place}, items[{at}]");
                objects.extend(
                    items
                        .iter()
                        .enumerate()
                        .map(|(at, item)| (place(at), item.clone())),
                );
            }
            None => objects.push((place, document)),
        }
    }
    Ok(objects)
}
