//! Any HTML to text: nothing panics, nothing is invented, and links are lines.
#![no_main]

use indicators::html;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|source: &str| {
    let (mut text, mut links) = (String::new(), String::new());
    html::to_text(source, &mut text, &mut links);
    assert!(
        text.len() <= source.len() * 2,
        "text longer than its source"
    );
    assert!(links.is_empty() || links.ends_with('\n'));
    if !source.contains(['<', '&']) {
        assert_eq!(text, source);
    }
});
