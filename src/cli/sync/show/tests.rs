use super::*;

fn row(id: &str, title: &str, verdict: Verdict, why: &str) -> Row {
    Row {
        id: id.to_owned(),
        title: title.to_owned(),
        posted_at: "2026-01-10T00:10:00Z".parse().ok(),
        verdict,
        why: why.to_owned(),
        indicators: None,
        own: None,
        without_csv: false,
        written: false,
    }
}

fn table(rows: &[Row], width: Option<usize>) -> String {
    let standing = Standing {
        reason: Reason::Synced,
        message: "done".to_owned(),
    };
    let results = Results {
        feed: "intel/a",
        dry_run: false,
        rows,
        only: None,
        counts: None,
        standing: &standing,
        notes: &[],
    };
    let look = Look {
        width,
        ..Look::default()
    };
    let mut out = Vec::new();
    results.table(look, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

/// What a person with 80 columns saw before: an id, a third of a title, and half a verdict.
#[test]
fn eighty_columns_tell_of_a_report_with_an_id_as_flashpoint_has_them() {
    let url = format!("URL http://badsite.ru/{} and 2 more", "a".repeat(80));
    let rows = [row(
        "6n_wnmYvXNS6lA4-QbSlzA",
        "Threat actors advertise access to a hospital",
        Verdict::Created,
        &url,
    )];
    let shown = table(&rows, Some(80));
    let lines: Vec<&str> = shown.lines().collect();
    assert_eq!(
        lines[..3],
        [
            "ID                      POSTED      TITLE                                VERDICT",
            "6n_wnmYvXNS6lA4-QbSlzA  2026-01-10  Threat actors advertise access to…   created",
            &format!("    URL http://badsite.ru/{}…", "a".repeat(53)),
        ],
        "{shown}"
    );
    assert!(lines.iter().all(|line| columns(line) <= 80), "{shown}");
    // In a pipe it is one line, whole.
    let piped = table(&rows, None);
    assert!(piped.contains(&format!("  created  {url}\n")), "{piped}");
}

#[test]
fn lines_are_aligned_and_titles_cut_to_the_terminal() {
    let rows = [
        row(
            "a",
            &"long title ".repeat(20),
            Verdict::Unchanged,
            "as it is",
        ),
        row("bcd", "漢字", Verdict::Failed(String::new()), "no"),
    ];
    let shown = table(&rows, Some(72));
    let lines: Vec<&str> = shown.lines().take(3).collect();
    let at = |line: &str, text: &str| columns(line.split(text).next().unwrap());
    assert_eq!(at(lines[1], "unchanged"), at(lines[2], "failed"), "{shown}");
    assert_eq!(at(lines[0], "REASON"), at(lines[2], "no"), "{shown}");
    assert!(columns(lines[1]) <= 72 && lines[1].contains('…'), "{shown}");
}
