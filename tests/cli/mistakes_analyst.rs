//! Mistakes that an analyst makes, and what they are told: what is wrong, with what, and what to do.

use super::stage::{CANARIES, command, feed, finish, operator, secret_of};

/// What is given in a folder that holds the files below, and words of the answer.
type Mistake<'a> = (&'a [&'a str], &'a [&'a str]);

/// Files that hold no text.
const NO_TEXT: [(&str, &[u8]); 5] = [
    ("report.pdf", b"%PDF-1.4 evil[.]example"),
    ("report.docx", b"PK\x03\x04 word/document.xml"),
    ("report.txt.gz", b"\x1f\x8b\x08\0\0"),
    ("disk.bin", b"\0\0\0evil[.]top\0\0"),
    ("empty.txt", b""),
];

async fn assert_told(mistakes: &[Mistake<'_>]) {
    let folder = tempfile::tempdir().unwrap();
    let write =
        |name: &str, content: &[u8]| std::fs::write(folder.path().join(name), content).unwrap();
    let mut bare = secret_of(&CANARIES);
    bare["stringData"]["flashpoint-api-key"] = "".into();
    let misspelt = feed("a").to_string().replace("enclaveId", "enclaveID");
    write("report.txt", b"evil[.]top");
    write("secret.yaml", secret_of(&CANARIES).to_string().as_bytes());
    write("misspelt.yaml", misspelt.as_bytes());
    write("all.yaml", format!("{}\n---\n{bare}", feed("a")).as_bytes());
    for (name, content) in NO_TEXT {
        write(name, content);
    }
    for (arguments, words) in mistakes {
        let mut command = command(arguments);
        let run = finish(command.current_dir(&folder).spawn().unwrap(), "").await;
        let said = [run.stdout, run.stderr].concat();
        assert_eq!(run.code, 2, "{arguments:?}: {said}");
        for word in *words {
            assert!(said.contains(word), "{arguments:?} lacks {word:?}: {said}");
        }
    }
}

#[tokio::test]
async fn a_file_that_holds_no_text() {
    assert_told(&[
        (
            &["extract", "report.pdf"],
            &[
                "report.pdf is a PDF",
                "`pdftotext FILE - | flashpoint-operator extract`",
            ],
        ),
        (
            &["extract", "report.docx"],
            &["report.docx is a Word document", "`pandoc -t plain FILE |"],
        ),
        (
            &["extract", "report.txt.gz"],
            &["report.txt.gz is compressed by gzip", "`gunzip -c FILE |"],
        ),
        (
            &["extract", "disk.bin"],
            &["disk.bin holds NUL bytes", "`strings -n 8 FILE |"],
        ),
        (
            &["extract", "empty.txt"],
            &["empty.txt is empty", "check how it was written"],
        ),
        (
            &["extract", "."],
            &["it is a directory: give the files in it"],
        ),
    ])
    .await;
}

#[tokio::test]
async fn a_text_or_a_format_that_is_another() {
    assert_told(&[
        (
            &["extract", "hxxp://evil[.]top"],
            &["No such file", "a text by itself goes to standard input"],
        ),
        (
            &["extract", "--jsonl", "report.txt"],
            &["line 1 is no document {\"id\":…,\"text\":…}"],
        ),
        (
            &["extract", "--format", "json", "report.txt"],
            &["report.txt is not JSON: it begins with neither { nor ["],
        ),
        (
            &["extract", "--format", "pdf", "report.txt"],
            &["possible values: auto, text, html, csv, json"],
        ),
    ])
    .await;
}

#[tokio::test]
async fn arguments_that_do_not_go_together() {
    assert_told(&[
        (
            &["extract", "--count", "report.txt"],
            &["a similar argument exists: '--counting'"],
        ),
        (
            &["extract", "--jsonl", "-o", "json"],
            &["'--jsonl' cannot be used with '--output"],
        ),
        (
            &["extract", "--feed", "-"],
            &["standard input can't be both", "give one of them as a file"],
        ),
        (&["validate"], &["required arguments", "<FILE>"]),
    ])
    .await;
}

#[tokio::test]
async fn a_feed_or_a_secret_that_is_not_right() {
    assert_told(&[
        (
            &["extract", "--feed", "secret.yaml", "report.txt"],
            &[
                "secret.yaml holds no FlashpointFeed, but Secret credentials",
                "with --feed",
            ],
        ),
        (
            &["extract", "--feed", "misspelt.yaml", "report.txt"],
            &["spec.enclaveID: unknown field; did you mean \"enclaveId\"?"],
        ),
        (
            &["validate", "all.yaml"],
            &[
                "Secret intel/credentials in all.yaml",
                "lacks a usable value for flashpoint-api-key: add it",
            ],
        ),
        (
            &["validate", "secret.yaml"],
            &[
                "no valid feed here names Secret intel/credentials",
                "there is no FlashpointFeed",
            ],
        ),
    ])
    .await;
}

/// What was given by mistake holds up nothing that was given rightly.
#[tokio::test]
async fn the_rest_is_done_all_the_same() {
    let run = operator(&["extract", "/absent", "-", "/absent"], "evil[.]top").await;
    assert_eq!(run.code, 2);
    assert_eq!(run.stdout, "Domain\tevil.top\tcounts\tstandard input\n");
    assert_eq!(run.stderr.matches("error: /absent").count(), 2);
}
