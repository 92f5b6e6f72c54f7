//! HTML and CSV: what a reader sees is what is scanned.

use crate::{Indicator, Markup, Rules, html};

fn text(source: &str) -> String {
    let (mut text, mut links) = (String::new(), String::new());
    html::to_text(source, &mut text, &mut links);
    text
}

fn links(source: &str) -> String {
    let (mut text, mut links) = (String::new(), String::new());
    html::to_text(source, &mut text, &mut links);
    links
}

fn values(markup: Markup, source: &str) -> Vec<String> {
    let found = crate::find(&[(markup, source)], &Rules::default());
    found
        .into_iter()
        .map(|Indicator { value, .. }| value)
        .collect()
}

#[test]
fn inline_tags_join_and_block_tags_separate() {
    for (source, expected) in [
        ("<p>ev<b>il</b>.com</p>", vec!["evil.com"]),
        (
            "evil<x-fp-highlight>.com</x-fp-highlight>",
            vec!["evil.com"],
        ),
        (
            "<x-fp-highlight>evil</x-fp-highlight>[.]<x-fp-highlight>com</x-fp-highlight>",
            vec!["evil.com"],
        ),
        (
            "<span style=\"color:red\">evil</span><wbr>.com",
            vec!["evil.com"],
        ),
        ("evil<sub>.</sub>com", vec!["evil.com"]),
        ("evil<sup class=\"d\">[.]</sup>com", vec!["evil.com"]),
        (
            "45<sub>.</sub>77<sub>.</sub>13<sub>.</sub>9",
            vec!["45.77.13.9"],
        ),
        ("evil.com<sup>1.</sup>Next", vec!["evil.com"]),
        ("evil.com<sup>2</sup>", vec!["evil.com"]),
        ("evil.com<sub>.</sub> Next", vec!["evil.com"]),
        ("<o:p>evil</o:p>.com", vec!["evil.com"]),
        (
            "<td>evil.com</td><td>evil.net</td>",
            vec!["evil.com", "evil.net"],
        ),
        (
            "evil.com<br>evil.net<br/>evil.org",
            vec!["evil.com", "evil.net", "evil.org"],
        ),
        ("<li>evil</li><li>.com</li>", vec![]),
        ("<div>45.77.13</div><div>.9</div>", vec![]),
        (
            "<P>evil.com</P><P>evil.net</P>",
            vec!["evil.com", "evil.net"],
        ),
    ] {
        assert_eq!(values(Markup::Html, source), expected, "{source}");
    }
}

#[test]
fn links_side_by_side_are_two_words() {
    let source = "<a href=\"#\">evil.com</a><a href=\"#\">evil.net</a>";
    assert_eq!(values(Markup::Html, source), ["evil.com", "evil.net"]);
    assert_eq!(
        values(Markup::Html, "http://<a href=\"#\">evil.com</a>/x"),
        ["http://evil.com/x", "evil.com"]
    );
}

#[test]
fn entities_are_decoded() {
    for (source, expected) in [
        ("evil&#46;com", vec!["evil.com"]),
        ("evil&#x2e;com", vec!["evil.com"]),
        ("evil&period;com", vec!["evil.com"]),
        ("evil&lsqb;.&rsqb;com", vec!["evil.com"]),
        ("evil&#91;.&#93;com", vec!["evil.com"]),
        ("evil&shy;.com", vec!["evil.com"]),
        ("evil&#8203;.com", vec!["evil.com"]),
        ("evil&ZeroWidthSpace;.com", vec!["evil.com"]),
        (
            "hxxp&colon;&sol;&sol;evil.com/a?b&amp;c",
            vec!["http://evil.com/a?b&c", "evil.com"],
        ),
        ("evil&nbsp;.com", vec![]),
        ("&quot;evil.com&quot;", vec!["evil.com"]),
        ("&lt;evil.com&gt;", vec!["evil.com"]),
    ] {
        assert_eq!(values(Markup::Html, source), expected, "{source}");
    }
}

#[test]
fn targets_of_links_are_scanned_apart() {
    assert_eq!(
        links("<a href=\"http://evil.com/a\">x</a>"),
        "http://evil.com/a\n"
    );
    assert_eq!(
        links("<A class=b HREF = 'http://evil.com/a?b&amp;c' rel=d>x</A>"),
        "http://evil.com/a?b&c\n"
    );
    assert_eq!(
        links("<a href=http://evil.com/a>x</a>"),
        "http://evil.com/a\n"
    );
    assert_eq!(
        links("<a title=\"a > b\" href=\"http://evil.com\">x</a>"),
        "http://evil.com\n"
    );
    assert_eq!(links("<a data-href=\"http://evil.com\">x</a>"), "");
    assert_eq!(
        links("<a href=\"//evil.com/a\">x</a>"),
        "https://evil.com/a\n"
    );
    assert_eq!(
        links("<a href=\"http://evil%5B.%5Dcom/\">x</a>"),
        "http://evil[.]com/\n"
    );
    for own in [
        "#top",
        "/about",
        "?page=2",
        "../x.html",
        "javascript:void(0)",
        "data:text/html,x",
    ] {
        assert_eq!(links(&format!("<a href=\"{own}\">x</a>")), "", "{own}");
    }
    let source = "<a href=\"http://evil.com/a\">evil</a>.net";
    assert_eq!(
        values(Markup::Html, source),
        ["evil.net", "http://evil.com/a", "evil.com"]
    );
}

#[test]
fn what_nobody_sees_is_left_out() {
    let source = "a<script>evil.com</script>b<style>evil.net</style>c<!-- evil.org --><!DOCTYPE html><?php evil.info ?>d";
    assert_eq!(text(source).replace('\n', ""), "abcd");
    assert_eq!(text("<SCRIPT>x < y</SCRIPT>z").trim(), "z");
    assert_eq!(text("<![CDATA[evil.com]]>").trim(), "evil.com]]>");
    assert_eq!(text("a<!-->b").trim(), "ab");
}

#[test]
fn malformed_input_hides_nothing() {
    for source in [
        "<script>evil.com",
        "<style>evil.com",
        "<!-- evil.com",
        "<p evil.com",
        "<a href=\"http://evil.com",
        "<a title=\"x>evil.com</a> and \"more\"</p>",
        "<a title='x>evil.com</a>",
        "< evil.com >",
        "<3 evil.com",
        "a < evil.com",
        "<>evil.com</>",
        "&evil.com",
        "&#evil.com",
        "&amp evil.com",
        "<b>evil.com",
        "</p>evil.com<p",
        "<![CDATA[evil.com",
        "<![if evil.com",
        "<div class=\"a\"\"evil.com\">x</div> evil.com",
        "<a`href=\"x>evil.com and \"more\"",
        "<!-- a --!> evil.com <!-- b -->",
        "<title><b x=\"evil.com\"></title>",
        "<a =\"x>evil.com\"",
    ] {
        let found = values(Markup::Html, source);
        assert!(
            found.iter().any(|value| value == "evil.com"),
            "{source}: {found:?} in {:?}",
            text(source)
        );
    }
}

#[test]
fn a_tag_that_never_ends_is_shown_once() {
    // Each of them seems to end inside of its quotes, and what they swallow would be shown again and again.
    let source = format!("{}y=z", "<a x=\"> evil.com <b>\" ".repeat(50));
    let shown = text(&source);
    assert_eq!(shown.matches("evil.com").count(), 50, "{shown}");
}

#[test]
fn angle_brackets_that_are_no_tags_stay() {
    assert_eq!(text("1<.>1<.>1<.>1"), "1<.>1<.>1<.>1");
    assert_eq!(text("a <- b -> c <= d"), "a <- b -> c <= d");
}

#[test]
fn cells_of_csv_are_texts_of_their_own() {
    for (source, expected) in [
        (
            "evil.com,evil.net\nevil.org",
            vec!["evil.com", "evil.net", "evil.org"],
        ),
        ("\"evil.com\",\"evil.net\"", vec!["evil.com", "evil.net"]),
        (
            "url,http://evil.com/a,b.exe",
            vec!["http://evil.com/a", "evil.com"],
        ),
        (
            "url,\"http://evil.com/a,b\"",
            vec!["http://evil.com/a,b", "evil.com"],
        ),
        ("\"say \"\"evil.com\"\" twice\"", vec!["evil.com"]),
        ("\"a\nb evil.com\",c", vec!["evil.com"]),
        ("a,\"evil.com", vec!["evil.com"]),
        ("evil,.com", vec![]),
        ("ip\tevil.com\t45.77.13.9", vec!["evil.com", "45.77.13.9"]),
        ("", vec![]),
        (",,\"\",", vec![]),
    ] {
        assert_eq!(values(Markup::Csv, source), expected, "{source}");
    }
}

#[test]
fn html_is_told_from_text() {
    for html in [
        "<p>a</p>",
        "a<br>b",
        "<a href=x>",
        "</td>",
        "<!DOCTYPE html><html>",
        "<x-fp-highlight>a</x-fp-highlight>",
        "<BR/>",
    ] {
        assert_eq!(Markup::detect(html), Markup::Html, "{html}");
    }
    for plain in [
        "",
        "a < b > c",
        "1<.>1",
        "<http://evil.com/a>",
        "Vec<String>",
        "<user@evil.com>",
        "<some text>",
        "<<<<",
        "it writes <script language=...\").\n\nThen a>b.txt",
        "an open <a href=x and no more",
        "<p <p",
    ] {
        assert_eq!(Markup::detect(plain), Markup::Text, "{plain}");
    }
}

#[test]
fn marks_of_notes_are_no_part_of_what_they_follow() {
    for (source, expected) in [
        ("CVE-2024-3400<sup>2</sup>,", vec!["CVE-2024-3400"]),
        ("45.77.13.9<sup>12</sup>", vec!["45.77.13.9"]),
        ("evil.com<sub>a</sub>.", vec!["evil.com"]),
        ("evil[.]com<SUP class=\"n\">1,2</SUP>", vec!["evil.com"]),
        (
            "http://evil.com/a.exe<sup><a href=\"#fn4\">4</a></sup>.",
            vec!["http://evil.com/a.exe", "evil.com"],
        ),
        (
            "1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2<sup>*</sup>",
            vec!["1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2"],
        ),
        (
            "3395856ce81f2b7382dee72602f798b642f14140<sup>5</sup>",
            vec!["3395856ce81f2b7382dee72602f798b642f14140"],
        ),
        ("<sup>1</sup>evil.com", vec!["evil.com"]),
        (
            "http://evil.com/a&sup2;",
            vec!["http://evil.com/a", "evil.com"],
        ),
        (
            "http://evil.com/b&dagger;",
            vec!["http://evil.com/b", "evil.com"],
        ),
        (
            "<p>HKLM\\Software\\Evil<sup>8</sup></p>",
            vec!["HKLM\\Software\\Evil"],
        ),
        ("by Emotet<sup>6</sup>", vec!["Emotet"]),
        ("45.77.13.9<a href=\"#ref-2\">2</a>", vec!["45.77.13.9"]),
        ("evil.com<a href=\"#fn\">\u{2020}</a>", vec!["evil.com"]),
        (
            "evil.com<a href=\"https://a.example.org/b#cite-1\">1</a>",
            vec![
                "evil.com",
                "https://a.example.org/b#cite-1",
                "a.example.org",
            ],
        ),
        // Links to a place whose content is no mark.
        ("<a href=\"#1\">45</a>.77.13.9", vec!["45.77.13.9"]),
        (
            "<a href=\"#a\">hxxp://</a><a href=\"#b\">45.77.13.9</a>",
            vec!["45.77.13.9"],
        ),
        ("45.<a href=\"#c\">77.13.9</a>", vec!["45.77.13.9"]),
        ("evil<a href=\"#host\">.com</a>", vec!["evil.com"]),
        ("evil.com<sup>.net</sup>", vec!["evil.com"]),
    ] {
        assert_eq!(values(Markup::Html, source), expected, "{source}");
    }
}
