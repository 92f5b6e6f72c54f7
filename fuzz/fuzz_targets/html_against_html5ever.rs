//! HTML to text against a browser's parser: of well-formed pages both give the same, and of anything else ours shows at least
//! what a browser would.
#![no_main]

use indicators::html;
use html5ever::tendril::TendrilSink as _;
use html5ever::{ParseOpts, local_name, parse_document};
use libfuzzer_sys::fuzz_target;
use markup5ever_rcdom::{Handle, NodeData, RcDom};

fuzz_target!(|data: &[u8]| {
    match data.split_first() {
        Some((0..=127, rest)) => well_formed(rest),
        Some((_, rest)) => {
            if let Ok(source) = std::str::from_utf8(rest) {
                anything(source);
            }
        }
        None => {}
    }
});

/// A page that is put together properly, piece by piece.
fn well_formed(pieces: &[u8]) {
    const INLINE: [&str; 8] = [
        "b",
        "i",
        "span",
        "code",
        "em",
        "x-fp-highlight",
        "sub",
        "font",
    ];
    const BLOCK: [&str; 6] = ["div", "section", "ul", "blockquote", "article", "main"];
    const TEXT: [&str; 12] = [
        "evil",
        ".com",
        " and ",
        "\n",
        "&amp;",
        "&#46;",
        "&lt;b&gt;",
        "[.]",
        "45.77",
        "x &copy; y",
        "a > b",
        "\u{430}\u{4e2d}",
    ];
    let mut source = String::from("<!DOCTYPE html><body>");
    let mut open: Vec<&str> = Vec::new();
    for piece in pieces.iter().take(200) {
        let place = usize::from(piece >> 3);
        match piece & 7 {
            0 | 1 => source.push_str(TEXT[place % TEXT.len()]),
            2 => open_tag(INLINE[place % INLINE.len()], &mut source, &mut open),
            3 => open_tag(BLOCK[place % BLOCK.len()], &mut source, &mut open),
            4 => source.push_str("<br>"),
            5 => source.push_str("<!-- hidden > text --><script>if (a < b) { hidden() }</script>"),
            6 => source.push_str("<a title='a > b' href=\"http://evil.com/\">link</a>"),
            _ => {
                if let Some(name) = open.pop() {
                    source.push_str(&format!("</{name}>"));
                }
            }
        }
    }
    while let Some(name) = open.pop() {
        source.push_str(&format!("</{name}>"));
    }
    let solid = |text: &str| text.split_whitespace().collect::<String>();
    assert_eq!(solid(&ours(&source)), solid(&browsers(&source)), "{source}");
}

fn open_tag<'n>(name: &'n str, source: &mut String, open: &mut Vec<&'n str>) {
    source.push_str(&format!("<{name} class=\"a b\">"));
    open.push(name);
}

fn anything(source: &str) {
    // In foreign content (SVG, MathML) the same tags mean other things, and a browser drops text from frame sets.
    let lower = source.to_ascii_lowercase();
    if ["<svg", "<math", "<frameset", "<plaintext"]
        .iter()
        .any(|foreign| lower.contains(foreign))
    {
        return;
    }
    let (shown, expected) = (counts(&ours(source)), counts(&browsers(source)));
    for byte in 0..128_u8 {
        let (shown, expected) = (shown[usize::from(byte)], expected[usize::from(byte)]);
        assert!(
            shown >= expected,
            "{:?} is shown {shown} times, not {expected}: {source:?}",
            char::from(byte)
        );
    }
}

/// How often each ASCII letter and digit occurs.
fn counts(text: &str) -> [usize; 128] {
    let mut counts = [0; 128];
    for byte in text.bytes().filter(u8::is_ascii_alphanumeric) {
        counts[usize::from(byte)] += 1;
    }
    counts
}

fn ours(source: &str) -> String {
    let (mut text, mut links) = (String::new(), String::new());
    html::to_text(source, &mut text, &mut links);
    text
}

fn browsers(source: &str) -> String {
    let dom = parse_document(RcDom::default(), ParseOpts::default()).one(source);
    let mut text = String::new();
    let mut nodes: Vec<Handle> = vec![dom.document.clone()];
    while let Some(node) = nodes.pop() {
        match &node.data {
            NodeData::Text { contents } => text.push_str(&contents.borrow()),
            NodeData::Element { name, .. }
                if matches!(name.local, local_name!("script") | local_name!("style")) =>
            {
                continue;
            }
            _ => {}
        }
        nodes.extend(node.children.borrow().iter().rev().cloned());
    }
    text
}
