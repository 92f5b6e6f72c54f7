//! Files that hold no plain text, told by their first bytes, with the program that makes text of them.

use memchr::memmem;

/// How a format begins, what people call it, and the command that writes its text to standard output.
type Format = (&'static [u8], &'static str, &'static str);

/// The signatures of "List of file signatures" (Wikipedia) that reports come in.
const FORMATS: [Format; 13] = [
    (b"%PDF-", "a PDF", "pdftotext FILE -"),
    (b"\x1f\x8b", "compressed by gzip", "gunzip -c FILE"),
    (b"\xfd7zXZ\0", "compressed by xz", "xz -dc FILE"),
    (b"\x28\xb5\x2f\xfd", "compressed by zstd", "zstd -dc FILE"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive", "7z x -so FILE"),
    (b"Rar!\x1a\x07", "a RAR archive", "unrar p -inul FILE"),
    (b"{\\rtf", "RTF", "pandoc -t plain FILE"),
    (OLE, "an older Microsoft Office file", OFFICE),
    (b"\x89PNG", "a picture", PICTURE),
    (b"\xff\xd8\xff", "a picture", PICTURE),
    (b"GIF8", "a picture", PICTURE),
    (b"II*\0", "a picture", PICTURE),
    (b"MM\0*", "a picture", PICTURE),
];

/// Names in ZIP archives that say what the archive is.
const ZIPPED: [Format; 5] = [
    (
        b"word/document.xml",
        "a Word document (DOCX)",
        "pandoc -t plain FILE",
    ),
    (
        b"xl/workbook.xml",
        "an Excel workbook (XLSX)",
        "xlsx2csv FILE",
    ),
    (b"ppt/presentation.xml", "a presentation (PPTX)", OFFICE),
    (
        b"application/vnd.oasis.opendocument",
        "an OpenDocument file",
        OFFICE,
    ),
    (b"application/epub+zip", "an EPUB", "pandoc -t plain FILE"),
];

const OLE: &[u8] = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1";
const OFFICE: &str = "soffice --cat FILE";
const PICTURE: &str = "tesseract FILE -";

/// More control characters than one in so many bytes are in no text.
const BYTES_PER_CONTROL: usize = 20;
/// Fewer of them are no sign of anything.
const LEAST_CONTROLS: usize = 8;

/// Why bytes are no text, and the next step; none if they may be.
pub fn refusal(bytes: &[u8]) -> Option<String> {
    let start = bytes.trim_ascii_start();
    if start.is_empty() {
        return Some("is empty: there is nothing to look at; check how it was written".to_owned());
    }
    let known = |&(signature, what, command): &Format| {
        start
            .starts_with(signature)
            .then(|| converted(what, command))
    };
    if let Some(refusal) = FORMATS.iter().find_map(known) {
        return Some(refusal);
    }
    let is_bzip2 = start.starts_with(b"BZh") && start.get(4..10) == Some(b"1AY&SY");
    if is_bzip2 {
        return Some(converted("compressed by bzip2", "bzip2 -dc FILE"));
    }
    start.starts_with(b"PK\x03\x04").then(|| {
        let named = |(name, ..): &&Format| memmem::find(bytes, name).is_some();
        let zip: Format = (b"", "a ZIP archive", "unzip -p FILE");
        let (_, what, command) = ZIPPED.iter().find(named).unwrap_or(&zip);
        converted(what, command)
    })
}

/// Why decoded text is none after all, and the next step.
pub fn refusal_of_text(text: &str) -> Option<String> {
    let next = "if text is in it, `strings -n 8 FILE | flashpoint-operator extract` finds it";
    if memchr::memchr(0, text.as_bytes()).is_some() {
        return Some(format!("holds NUL bytes, so it is no text: {next}"));
    }
    let is_odd = |byte: &&u8| matches!(byte, 1..=7 | 0x0e..=0x1a | 0x1c..=0x1f | 0x7f);
    let odd = text.as_bytes().iter().filter(is_odd).count();
    (odd >= LEAST_CONTROLS && odd > text.len() / BYTES_PER_CONTROL).then(|| {
        format!(
            "is no text: one byte in {BYTES_PER_CONTROL} and more is a control character; {next}"
        )
    })
}

fn converted(what: &str, command: &str) -> String {
    format!(
        "is {what}, which is no plain text: `{command} | flashpoint-operator extract` looks at what it says"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_text_is_named_with_the_program_that_reads_it() {
        for (bytes, what, command) in [
            (&b"%PDF-1.7 rest"[..], "a PDF", "`pdftotext FILE - |"),
            (b"\n%PDF-1.7", "a PDF", "`pdftotext FILE - |"),
            (b"\x1f\x8b\x08\0", "gzip", "`gunzip -c FILE |"),
            (b"BZh91AY&SYx", "bzip2", "`bzip2 -dc FILE |"),
            (
                b"PK\x03\x04..word/document.xml",
                "DOCX",
                "`pandoc -t plain FILE |",
            ),
            (b"PK\x03\x04..xl/workbook.xml", "XLSX", "`xlsx2csv FILE |"),
            (b"PK\x03\x04..a.txt", "ZIP", "`unzip -p FILE |"),
            (b"{\\rtf1", "RTF", "`pandoc -t plain FILE |"),
            (
                b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
                "Office",
                "`soffice --cat FILE |",
            ),
            (b"\x89PNG\r\n", "a picture", "`tesseract FILE - |"),
            (b" \r\n", "is empty", "check how it was written"),
        ] {
            let said = refusal(bytes).unwrap();
            assert!(said.contains(what) && said.contains(command), "{said}");
        }
        for text in ["evil[.]example", "BZh9 is bzip2's", "see %PDF-1.7", "PKZIP"] {
            assert_eq!(refusal(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn control_characters_are_told_from_text() {
        let odd = "\u{1}\u{2}".repeat(20);
        assert!(refusal_of_text(&odd).unwrap().contains("strings -n 8"));
        assert!(refusal_of_text("a\0b").unwrap().contains("NUL"));
        for text in [
            "a\u{1b}[31mred\u{1b}[0m\t\u{c}\r\n",
            "\u{1}",
            "caf\u{e9} \u{85}",
        ] {
            assert_eq!(refusal_of_text(text), None, "{text:?}");
        }
    }
}
