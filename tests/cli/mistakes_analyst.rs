//! Mistakes that an analyst makes, and what they are told: what is wrong, with what, and what to do.

use super::stage::{CANARIES, feed, operator, secret_of};

/// What is made, with which standard input, and the words of the answer.
type Mistake<'a> = (&'a [&'a str], &'a str, &'a [&'a str]);

#[tokio::test]
async fn each_is_told_with_the_next_step() {
    let directory = tempfile::tempdir().unwrap();
    let write = |name: &str, content: &[u8]| {
        let path = directory.path().join(name);
        std::fs::write(&path, content).unwrap();
        path.display().to_string()
    };
    let folder = directory.path().display().to_string();
    let pdf = write("report.pdf", b"%PDF-1.4 evil[.]example");
    let word = write("report.docx", b"PK\x03\x04 word/document.xml");
    let packed = write("report.txt.gz", b"\x1f\x8b\x08\0\0");
    let empty = write("empty.txt", b"");
    let text = write("report.txt", b"evil[.]top");
    let secret = write("secret.yaml", secret_of(&CANARIES).to_string().as_bytes());
    let misspelt = feed("a")
        .to_string()
        .replace("\"spec\":{", "\"spec\":{\"domain\":{},");
    let misspelt = write("misspelt.yaml", misspelt.as_bytes());
    let mut bare = secret_of(&CANARIES);
    bare["stringData"]["flashpoint-api-key"] = "".into();
    let bare = write("all.yaml", format!("{}\n---\n{bare}", feed("a")).as_bytes());
    let mistakes: [Mistake<'_>; 16] = [
        (
            &["extract", &pdf],
            "",
            &[
                &pdf,
                "is a PDF",
                "pdftotext FILE - | flashpoint-operator extract",
            ],
        ),
        (
            &["extract", &word],
            "",
            &[&word, "Word document", "pandoc -t plain FILE |"],
        ),
        (
            &["extract", &packed],
            "",
            &["compressed by gzip", "gunzip -c FILE |"],
        ),
        (
            &["extract", &empty],
            "",
            &[&empty, "is empty", "check how it was written"],
        ),
        (
            &["extract", &folder],
            "",
            &["is a directory: give the files in it"],
        ),
        (
            &["extract", "hxxp://evil[.]top"],
            "",
            &["No such file", "a text by itself goes to standard input"],
        ),
        (
            &["extract", "--jsonl", &text],
            "",
            &["line 1 is no document {\"id\":…,\"text\":…}"],
        ),
        (
            &["extract", "--format", "json", &text],
            "",
            &[&text, "is not JSON: it begins with neither { nor ["],
        ),
        (
            &["extract", "--format", "pdf", &text],
            "",
            &["possible values: auto, text, html, csv, json"],
        ),
        (
            &["extract", "--count", &text],
            "",
            &["a similar argument exists: '--counting'"],
        ),
        (
            &["extract", "--jsonl", "-o", "json"],
            "",
            &["cannot be used with"],
        ),
        (
            &["extract", "--feed", &secret, &text],
            "",
            &[
                "holds no FlashpointFeed, but Secret credentials",
                "with --feed",
            ],
        ),
        (
            &["extract", "--feed", &misspelt, &text],
            "",
            &["spec.domain: unknown field; did you mean \"domains\"?"],
        ),
        (
            &["extract", "--feed", "-"],
            "",
            &["standard input can't be both", "give one of them as a file"],
        ),
        (&["validate"], "", &["required arguments", "<FILE>"]),
        (
            &["validate", &bare],
            "",
            &[
                "Secret intel/credentials",
                "lacks a usable value for flashpoint-api-key: add it",
            ],
        ),
    ];
    for (arguments, input, words) in mistakes {
        let run = operator(arguments, input).await;
        let said = [run.stdout, run.stderr].concat();
        assert_eq!(run.code, 2, "{arguments:?}: {said}");
        for word in words {
            assert!(said.contains(word), "{arguments:?} lacks {word:?}: {said}");
        }
    }
}

/// What was given by mistake holds up nothing that was given rightly.
#[tokio::test]
async fn the_rest_is_done_all_the_same() {
    let run = operator(&["extract", "/absent", "-", "/absent"], "evil[.]top").await;
    assert_eq!(run.code, 2);
    assert_eq!(run.stdout, "Domain\tevil.top\tcounts\tstandard input\n");
    assert_eq!(run.stderr.matches("error: /absent").count(), 2);
}
