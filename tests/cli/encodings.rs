//! `extract` on text that is not UTF-8, and on what is no text.

use super::extract::{TEXT, extract};

fn written(directory: &tempfile::TempDir, name: &str, bytes: &[u8]) -> String {
    let path = directory.path().join(name);
    std::fs::write(&path, bytes).unwrap();
    path.display().to_string()
}

/// UTF-16 as Windows writes it.
fn utf16(text: &str) -> Vec<u8> {
    let units = std::iter::once(0xfeff).chain(text.encode_utf16());
    units.flat_map(u16::to_le_bytes).collect()
}

#[tokio::test]
async fn text_in_other_encodings_is_read_and_a_guess_is_told() {
    let directory = tempfile::tempdir().unwrap();
    for (name, bytes, note) in [
        (
            "latin1.txt",
            b"caf\xe9 CVE-2021-44228".to_vec(),
            "read as Windows-1252",
        ),
        (
            "gbk.txt",
            b"\xc2\xa9\xb6\xb4CVE-2021-44228\xd4\xda".to_vec(),
            "East Asian code page",
        ),
        ("powershell.txt", utf16("CVE-2021-44228"), ""),
        ("notepad.txt", b"\xef\xbb\xbfCVE-2021-44228".to_vec(), ""),
    ] {
        let path = written(&directory, name, &bytes);
        let (code, out, error) = extract(&[&path], "").await;
        assert_eq!(
            (code, out.as_str()),
            (0, "CVE\tCVE-2021-44228\tcounts\n"),
            "{name}"
        );
        assert!(
            error.contains(note) && error.is_empty() == note.is_empty(),
            "{error}"
        );
    }
}

#[tokio::test]
async fn what_is_no_text_is_named_with_the_next_step_and_the_others_are_read() {
    let directory = tempfile::tempdir().unwrap();
    let good = written(&directory, "good.txt", TEXT.as_bytes());
    for (name, bytes, what, next) in [
        (
            "a.pdf",
            &b"%PDF-1.7\n1 0 obj CVE-2021-44228"[..],
            "a PDF",
            "pdftotext FILE -",
        ),
        ("a.gz", b"\x1f\x8b\x08\0abc", "gzip", "gunzip -c FILE"),
        (
            "a.docx",
            b"PK\x03\x04\x14\0word/document.xml",
            "DOCX",
            "pandoc -t plain FILE",
        ),
        (
            "a.bin",
            b"MZ\x90\0\x03\0\0\0evil[.]example",
            "NUL bytes",
            "strings -n 8 FILE",
        ),
        ("empty.txt", b"", "is empty", "check how it was written"),
    ] {
        let path = written(&directory, name, bytes);
        let (code, out, error) = extract(&[&path, &good], "").await;
        assert_eq!((code, out.lines().count()), (2, 3), "{name}: {out}");
        assert!(error.starts_with(&format!("error: {path} ")), "{error}");
        assert!(error.contains(what) && error.contains(next), "{error}");
        assert_eq!(error.lines().count(), 1, "{error}");
    }
    let (code, out, error) = extract(&[], "").await;
    assert_eq!((code, out.as_str()), (2, ""));
    assert!(
        error.starts_with("error: standard input is empty"),
        "{error}"
    );
}

#[tokio::test]
async fn lines_of_json_in_another_encoding_are_told_once() {
    let directory = tempfile::tempdir().unwrap();
    let path = written(
        &directory,
        "a.jsonl",
        &utf16("{\"text\":\"\"}\n{\"text\":\"\"}\n"),
    );
    let (code, out, error) = extract(&["--jsonl", &path], "").await;
    assert_eq!((code, out.as_str()), (2, ""));
    assert!(
        error.lines().count() == 1 && error.contains("iconv -t utf-8"),
        "{error}"
    );
    assert_eq!(
        extract(&["--jsonl"], "").await,
        (0, String::new(), String::new())
    );
}
