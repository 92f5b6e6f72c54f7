//! What brackets, escapes and the ends of URLs are made of, for the tests of hostile input.

/// Pieces that may stand beside any other.
pub const PIECES: [&str; 18] = [
    "\\n", "\\u0041", "DOT", "_dot_", "[random]", "{3}", "**", "$(", "&&", ";sh ", "\u{3002}",
    "\u{2013}", "<sup>", "%40", "[1]", "\u{ff0e}", "|", "()",
];

/// Pieces that make a careless matcher look at the same bytes again and again.
pub const REPEATED: [&str; 38] = [
    "(a).",
    "a[1].",
    "[random].",
    "<a>.",
    "a.[a",
    "*a.",
    "a]b.",
    "{3}a.",
    "a[b]c",
    "a_dot_",
    "aDOTb",
    "a\\n",
    "\\n",
    "a.com\\na.com",
    "a\\nhttp",
    "\\\\n",
    "\\u0041",
    "http://a.com/a;",
    "http://a.com/a,",
    "+http://a.com/a",
    "%20http://a.com/a",
    "+http://a.com/a ",
    "http://a.com/[a",
    "http://a.com/'",
    "http://http://",
    "http://a.com/&&",
    "&a",
    "a'b",
    "[a]=",
    "f().a",
    "[HKLM\\a b",
    "|HKLM\\a b",
    "\u{3002}a",
    "a\u{2011}",
    "\u{2013}p://",
    "%s.a.",
    "<sup>",
    "<a href='#a'>1",
];
