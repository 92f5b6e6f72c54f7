use super::*;

fn links(json: &str) -> Vec<String> {
    let raw = RawValue::from_string(json.to_owned()).unwrap();
    candidates(&Report::parse(&raw).unwrap())
}

#[test]
fn links_stand_in_the_body_the_sources_and_csv_fields() {
    let json = r#"{"id":"a",
        "body":"<a href=\"/reports/1.csv\">x</a> <a href='https://fp.tools/e?x=1&amp;format=csv'>y</a> (https://fp.tools/plain.csv). <a href=\"/reports/2.csv\">",
        "sources":[{"original":"https://fp.tools/s.CSV","title":"t"}],
        "iocs_csv":"https://fp.tools/f.csv#top",
        "csv_data":"https://fp.tools/not.csv"}"#;
    assert_eq!(
        links(json),
        [
            "/reports/1.csv",
            "https://fp.tools/e?x=1&format=csv",
            "https://fp.tools/plain.csv",
            "/reports/2.csv",
            "https://fp.tools/s.CSV",
            "https://fp.tools/f.csv#top",
        ]
    );
}

#[test]
fn other_links_are_left_alone() {
    assert!(links(r#"{"id":"a","body":"<a href=\"https://x.test/csv/page.html?f=a.csv\">.csv</a>","sources":[null,1]}"#).is_empty());
}

#[test]
fn letters_may_be_escaped() {
    let json =
        r#"{"id":"a","body":"https://x.test/a.\u0063sv","sources":["https://x.test/b.cs\u0056"]}"#;
    assert_eq!(
        links(json),
        ["https://x.test/a.csv", "https://x.test/b.csV"]
    );
}

#[test]
fn a_link_counts_once() {
    assert_eq!(
        links(r#"{"id":"a","body":"<a href='https://x.test/a.csv'>https://x.test/a.csv</a>"}"#)
            .len(),
        1
    );
}

#[test]
fn links_may_stand_at_any_depth_but_not_as_names() {
    let json = r#"{"id":"a","sources":[{"https://x.test/no.csv" :[["https://x.test/a.csv"],{"b":"https://x.test/b.csv"}]},7]}"#;
    assert_eq!(
        links(json),
        ["https://x.test/a.csv", "https://x.test/b.csv"]
    );
}

#[test]
fn deeply_nested_sources_do_no_harm() {
    let json = format!(
        r#"{{"id":"a","sources":{}{}}}"#,
        "[".repeat(5_000),
        "]".repeat(5_000)
    );
    assert!(links(&json).is_empty());
}

#[test]
fn lists_of_links_are_told_apart() {
    let json = r#"{"id":"a","body":"https://x.test/a.csv,https://x.test/b.csv;HTTPS://x.test/c.csv|https://x.test/d?x=1,2&format=csv,"}"#;
    assert_eq!(
        links(json),
        [
            "https://x.test/a.csv",
            "https://x.test/b.csv",
            "HTTPS://x.test/c.csv",
            "https://x.test/d?x=1,2&format=csv"
        ]
    );
}

#[test]
fn a_link_in_a_redirectors_query_is_one() {
    let json = r#"{"id":"a","body":"https://r.test/?to=https://x.test/a.csv <a href='/r?to=http://x.test/b.csv'>"}"#;
    assert_eq!(links(json), ["https://x.test/a.csv", "http://x.test/b.csv"]);
}

#[test]
fn a_link_is_no_longer_than_links_are() {
    let link = |length: usize| {
        let path = "p".repeat(length - "https://x.test/.csv".len());
        format!("https://x.test/{path}.csv")
    };
    let (longest, longer) = (link(LINK_BYTES), link(LINK_BYTES + 1));
    let after = "https://x.test/after.csv";
    let body = format!(r#"{{"id":"a","body":"{longer} {longest} {after}"}}"#);
    assert_eq!(links(&body), [longest.as_str(), after]);
    let sources = format!(r#"{{"id":"a","sources":["{longer}","{longest}","{after}"]}}"#);
    assert_eq!(links(&sources), [longest.as_str(), after]);
}

#[test]
fn there_are_no_more_candidates_than_are_of_use() {
    let many = |separator: &str| {
        let links: Vec<_> = (0..100_000)
            .map(|at| format!("https://x.test/{at}.csv"))
            .collect();
        links.join(separator)
    };
    for json in [
        format!(r#"{{"id":"a","body":"{}"}}"#, many(" ")),
        format!(r#"{{"id":"a","body":"{}"}}"#, many(",")),
        format!(r#"{{"id":"a","sources":["{}"]}}"#, many("\",\"")),
        format!(
            r#"{{"id":"a","sources":[[{{"x":"{}"}}]]}}"#,
            many("\"},{\"x\":\"")
        ),
    ] {
        assert_eq!(links(&json).len(), MAX_CANDIDATES);
    }
}

/// Each of these made the search look at the same bytes again and again.
#[test]
fn no_text_takes_more_than_linear_time() {
    for piece in [
        "http",
        "href=",
        "href=\"",
        "http,",
        "http123.csv ",
        "http://a.csv,",
        "http:x.csv?",
        "&amp;http",
    ] {
        growth::assert_linear(piece, 100_000, |bytes| {
            let text = format!("{}.csv", piece.repeat(bytes / piece.len()));
            let mut links = Links::default();
            growth::processor_time(|| links.collect(&text))
        });
    }
}

#[test]
fn no_value_of_a_field_takes_more_than_linear_time() {
    for piece in [
        r#"[[[[["csv"]]]]]"#,
        r#"{"a.csv":"csv"}"#,
        r#""\\\"csv""#,
        r#""http1.csv""#,
    ] {
        growth::assert_linear(piece, 100_000, |bytes| {
            let values = vec![piece; bytes / piece.len()].join(",");
            let json = format!(r#"{{"id":"a","sources":[{values}],"tags":[{values}]}}"#);
            let raw = RawValue::from_string(json).unwrap();
            growth::processor_time(|| {
                let report = Report::parse(&raw).unwrap();
                let tags = crate::destinations::trustar::mapping::tags(&report);
                std::hint::black_box((candidates(&report), tags));
            })
        });
    }
}
