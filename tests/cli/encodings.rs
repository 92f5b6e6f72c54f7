//! `extract` on text that is not UTF-8, and on what is no text.

use super::extract::{TEXT, extract};
use super::stage::{Run, operator};

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

async fn extracted(bytes: &[u8]) -> Run {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("a.txt");
    std::fs::write(&path, bytes).unwrap();
    operator(&["extract", path.to_str().unwrap()], "").await
}

#[tokio::test]
async fn a_rule_of_dashes_makes_windows_1252_no_east_asian_text() {
    // A rule of em dashes, and bullets before hosts, as Word saves them.
    let run =
        extracted(b"C2 servers\n\x97\x97\x97\x97\n\x95evil-site.ru\n\x95bad-host.org\n").await;
    assert_eq!(
        run.stdout, "Domain\tevil-site.ru\tcounts\nDomain\tbad-host.org\tcounts\n",
        "{}",
        run.stderr
    );
}

#[tokio::test]
async fn quotes_of_another_code_page_are_no_letters_of_a_host() {
    // Mac Roman: quotation marks, which are Ò and Ó in Windows-1252.
    let run = extracted(b"\xd2evil-one.ru\xd3 and \xd2bad-two.org\xd3\n").await;
    assert!(
        run.stdout.contains("evil-one.ru") && run.stdout.contains("bad-two.org"),
        "{} {}",
        run.stdout,
        run.stderr
    );
}

#[tokio::test]
async fn three_bytes_in_utf8_hide_nothing_after_them() {
    let text = "first-evil.ru caf\u{e9}\n\u{1b}$B\nsecond-evil.ru\nthird-evil.ru\n";
    let run = extracted(text.as_bytes()).await;
    assert!(
        run.stdout.contains("second-evil.ru") && run.stdout.contains("third-evil.ru"),
        "{} {}",
        run.stdout,
        run.stderr
    );
}
