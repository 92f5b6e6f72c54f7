//! Rows of tables that make each of their names costly.

use crate::{Markup, Rules};

/// Rows of doubtful names, each of which asks what the others are, with what their cells are repeated within a row, what follows
/// them, and the markup.
const ROWS: [(&str, usize, &str, Markup); 8] = [
    ("a.cc,", 560, "\n", Markup::Csv),
    ("a.cc q.cc b.cc,", 24, "a.cc,a.cc,a.cc,a.cc\n", Markup::Csv),
    ("user.name some words here,", 24, "user.name\n", Markup::Csv),
    ("a.cc ", 600, ",a,b,c,d,e,f,g\n", Markup::Csv),
    ("a 1.2.3.4 b,", 200, "\n", Markup::Csv),
    ("a.cc|", 200, "\n", Markup::Text),
    ("a.cc,", 200, "\n", Markup::Text),
    ("<td>a.cc", 400, "<tr>", Markup::Html),
];

/// They may take so many times as long as ordinary ones: asking anew for each name took a hundred times.
const MOST_OF_ROWS: u32 = 16;

#[test]
fn rows_of_doubtful_names_take_about_as_long_as_others() {
    const SIZE: usize = 60_000;
    let rules = Rules::default();
    let time = |row: &str, markup| {
        let text = row.repeat(SIZE / row.len());
        growth::processor_time(|| {
            std::hint::black_box(crate::find(&[(markup, &text)], &rules));
        })
    };
    let ordinary = time(&("a.com,".repeat(100) + "\n"), Markup::Csv);
    for (cell, count, end, markup) in ROWS {
        let taken = time(&(cell.repeat(count) + end), markup);
        assert!(
            taken < ordinary * MOST_OF_ROWS,
            "{count} of {cell:?} as {markup:?}: {taken:?}, ordinary ones {ordinary:?}"
        );
    }
}
