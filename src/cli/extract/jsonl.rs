//! `extract --jsonl`: a document a line in, its indicators a line out.

use std::borrow::Cow;
use std::io::{self, BufRead, BufReader, Read as _, Write};
use std::path::Path;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::{Args, binary, encoding, show};
use crate::cli::file::{self, name_of};
use crate::cli::{Exit, complain, print};
use crate::telemetry::shown::Json;
use indicators::{Indicator, Rules};

/// How much is read at once, in bytes.
const CHUNK: usize = 1 << 20;
/// The most bytes of one line: several times the largest report.
const MOST_LINE: u64 = 256 << 20;

/// One line.
#[derive(Deserialize)]
struct Document<'a> {
    #[serde(borrow, default)]
    id: Option<&'a RawValue>,
    #[serde(borrow)]
    text: Cow<'a, str>,
}

/// One line whose text no Rust string can hold: half of a surrogate pair stands in it.
#[derive(Deserialize)]
struct Torn<'a> {
    #[serde(borrow, default)]
    id: Option<&'a RawValue>,
    #[serde(borrow)]
    text: &'a RawValue,
}

/// Answers every line; those that are no documents are named on standard error.
pub fn run(args: &Args, rules: &Rules) -> Result<Exit, String> {
    let mut exit = Exit::Done;
    print(|out| {
        for file in args.files() {
            match open(file) {
                Ok(lines) => exit = exit.max(answer(args, rules, &name_of(file), lines, out)?),
                Err(error) => {
                    complain("error", &format!("{} {error}", name_of(file)));
                    exit = Exit::BadInput;
                }
            }
        }
        Ok(())
    })?;
    Ok(exit)
}

/// The lines of a file that begins as one of JSON may.
fn open(path: &Path) -> Result<impl BufRead, String> {
    let unread = |error: io::Error| format!("can't be read: {error}");
    let mut lines = BufReader::with_capacity(CHUNK, file::open(path).map_err(unread)?);
    let start = lines.fill_buf().map_err(unread)?;
    if !encoding::is_of_bytes(start) {
        return Err("is UTF-16 or UTF-32, and JSON is UTF-8 (RFC 8259): `iconv -t utf-8 -f utf-16 FILE` converts it".to_owned());
    }
    match binary::refusal(start) {
        // A blank line that came by itself says nothing of those that follow.
        Some(refusal) if !start.trim_ascii().is_empty() => Err(refusal),
        _ => Ok(lines),
    }
}

fn answer(
    args: &Args,
    rules: &Rules,
    name: &str,
    mut lines: impl BufRead,
    out: &mut impl Write,
) -> io::Result<Exit> {
    let mut exit = Exit::Done;
    let mut out = Json(out);
    let mut line = Vec::new();
    for number in 1_u64.. {
        line.clear();
        match lines.by_ref().take(MOST_LINE).read_until(b'\n', &mut line) {
            Ok(0) => break,
            Ok(read) if read as u64 == MOST_LINE => {
                let why =
                    format!("{name}: line {number} is longer than 256 MiB: is it JSON a line?");
                complain("error", &why);
                return Ok(Exit::BadInput);
            }
            Ok(_) if line.trim_ascii().is_empty() => continue,
            Ok(_) => {}
            Err(error) => {
                complain(
                    "error",
                    &format!("{name}: line {number} can't be read: {error}"),
                );
                return Ok(Exit::BadInput);
            }
        }
        let text = String::from_utf8_lossy(&line);
        match parse(text.trim_start_matches('\u{feff}')) {
            Ok(document) => {
                let part = (args.format.markup(&document.text), document.text.as_ref());
                let found = indicators::find_all(&[part], rules);
                let shown = found
                    .iter()
                    .filter(|indicator| indicator.counts() || !args.counting);
                write(document.id, shown, &mut out)?;
            }
            Err(error) => {
                complain(
                    "error",
                    &format!("{name}: line {number} {error}; it is passed over"),
                );
                exit = Exit::BadInput;
            }
        }
    }
    Ok(exit)
}

fn parse(line: &str) -> Result<Document<'_>, String> {
    serde_json::from_str(line).or_else(|error: serde_json::Error| {
        match serde_json::from_str::<Torn<'_>>(line) {
            Ok(Torn { id, text }) if text.get().starts_with('"') => Ok(Document {
                id,
                text: Cow::Borrowed(text.get()),
            }),
            _ => {
                let (message, column) = (error.to_string(), error.column());
                let what = message.split(" at line ").next().unwrap_or_default();
                Err(format!(
                    "is no document {{\"id\":…,\"text\":…}}: {what} at column {column}"
                ))
            }
        }
    })
}

fn write<'a>(
    id: Option<&RawValue>,
    indicators: impl Iterator<Item = &'a Indicator>,
    out: &mut impl Write,
) -> io::Result<()> {
    write!(out, "{{\"id\":{},", id.map_or("null", RawValue::get))?;
    show::indicators(indicators, out)?;
    out.write_all(b"}\n")
}
