//! Character references: all numeric ones, and those named ones that can stand in or beside an indicator.

/// The longest reference, without the ampersand.
const MOST_BYTES: usize = 16;

/// Names in order, and what they stand for; `\0` for nothing that can be seen.
const NAMED: [(&str, char); 67] = [
    ("AMP", '&'),
    ("Dagger", '‡'),
    ("GT", '>'),
    ("LT", '<'),
    ("NewLine", '\n'),
    ("NoBreak", '\0'),
    ("QUOT", '"'),
    ("Tab", '\t'),
    ("ZeroWidthSpace", '\0'),
    ("amp", '&'),
    ("apos", '\''),
    ("ast", '*'),
    ("bsol", '\\'),
    ("bull", '•'),
    ("colon", ':'),
    ("comma", ','),
    ("commat", '@'),
    ("copy", '©'),
    ("dagger", '†'),
    ("dash", '‐'),
    ("dollar", '$'),
    ("emsp", ' '),
    ("ensp", ' '),
    ("equals", '='),
    ("excl", '!'),
    ("gt", '>'),
    ("hellip", '…'),
    ("hyphen", '‐'),
    ("laquo", '«'),
    ("lbrace", '{'),
    ("lbrack", '['),
    ("lcub", '{'),
    ("ldquo", '“'),
    ("lowbar", '_'),
    ("lpar", '('),
    ("lsqb", '['),
    ("lsquo", '‘'),
    ("lt", '<'),
    ("mdash", '—'),
    ("middot", '·'),
    ("minus", '−'),
    ("nbsp", ' '),
    ("ndash", '–'),
    ("num", '#'),
    ("percnt", '%'),
    ("period", '.'),
    ("plus", '+'),
    ("quest", '?'),
    ("quot", '"'),
    ("raquo", '»'),
    ("rbrace", '}'),
    ("rbrack", ']'),
    ("rcub", '}'),
    ("rdquo", '”'),
    ("reg", '®'),
    ("rpar", ')'),
    ("rsqb", ']'),
    ("rsquo", '’'),
    ("semi", ';'),
    ("shy", '\0'),
    ("sol", '/'),
    ("sup1", '¹'),
    ("sup2", '²'),
    ("sup3", '³'),
    ("thinsp", ' '),
    ("zwj", '\0'),
    ("zwnj", '\0'),
];

/// The length of the reference that `text` begins with, and the character that it stands for, if any can be seen.
#[must_use]
pub fn decode(text: &str) -> Option<(usize, Option<char>)> {
    let body = text.strip_prefix('&')?;
    if let Some(number) = body.strip_prefix('#') {
        return numeric(number).map(|(length, c)| (length + 2, c));
    }
    let end = body
        .bytes()
        .take(MOST_BYTES)
        .position(|byte| byte == b';')?;
    let name = body.get(..end)?;
    let place = NAMED
        .binary_search_by(|(known, _)| (*known).cmp(name))
        .ok()?;
    let (_, c) = NAMED.get(place)?;
    Some((end + 2, (*c != '\0').then_some(*c)))
}

/// A reference by number, decimal or hexadecimal; its semicolon may be missing.
fn numeric(number: &str) -> Option<(usize, Option<char>)> {
    let (digits, radix) = match number.strip_prefix(['x', 'X']) {
        Some(digits) => (digits, 16),
        None => (number, 10),
    };
    let zeros = digits.bytes().take_while(|byte| *byte == b'0').count();
    let length = digits
        .bytes()
        .take(zeros + 8)
        .take_while(|byte| char::from(*byte).is_digit(radix))
        .count();
    let c = char::from_u32(u32::from_str_radix(digits.get(..length)?, radix).ok()?)?;
    let closed = digits.as_bytes().get(length) == Some(&b';');
    let total = number.len() - digits.len() + length + usize::from(closed);
    Some((total, (c != '\0').then_some(c)))
}

#[cfg(test)]
mod tests {
    #![allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        reason = "tests"
    )]
    use super::*;

    #[test]
    fn the_names_are_sorted() {
        assert!(NAMED.is_sorted_by(|a, b| a.0 < b.0));
    }

    #[test]
    fn decodes_names_and_numbers() {
        for (text, expected) in [
            ("&amp;x", Some((5, Some('&')))),
            ("&#46;com", Some((5, Some('.')))),
            ("&#x2E;", Some((6, Some('.')))),
            ("&#46com", Some((4, Some('.')))),
            ("&shy;", Some((5, None))),
            ("&eacute;", None),
            ("&#00000000000000000046;", Some((23, Some('.')))),
            ("&;", None),
            ("&", None),
            ("&#;", None),
            ("&#xD800;", None),
            ("&#99999999;", None),
        ] {
            assert_eq!(decode(text), expected, "{text}");
        }
    }
}
