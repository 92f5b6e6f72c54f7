//! Defanging: what people write for a dot, an at sign or a slash so that nobody clicks an indicator by mistake.

/// What stands between two labels of a host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// `.`
    Plain,
    /// `[.]`, `(dot)`: it can't be anything else.
    Defanged,
    /// `\.`, `^.`: masked, or as Markdown, shells and regular expressions have it.
    Escaped,
    /// `[.`, `.]`, `].[`: brackets that do not pair up, as in prose when a space is missing.
    Lopsided,
    /// ` . `
    Spaced,
    /// ` dot `
    Word,
}

/// A dot between labels, as written.
#[derive(Clone, Copy, Debug)]
pub struct Dot {
    /// Byte offset after it.
    pub end: usize,
    /// How it is written.
    pub style: Style,
    /// Brackets opened less brackets closed by it.
    pub opened: isize,
    /// Whether brackets open on its right-hand side only.
    pub opens_next: bool,
}

/// Brackets on one side of a separator.
#[derive(Clone, Copy, Default)]
struct Brackets {
    open: isize,
    close: isize,
    escapes: isize,
}

impl Brackets {
    /// The most characters on one side: `[[`, `[\`, `].[[` and the like.
    const MOST: usize = 4;

    fn read(bytes: &[u8], mut at: usize) -> (Self, usize) {
        let mut side = Self::default();
        for _ in 0..Self::MOST {
            match bytes.get(at) {
                Some(b'[' | b'(' | b'{' | b'<') => side.open += 1,
                Some(b']' | b')' | b'}' | b'>') => side.close += 1,
                Some(b'\\' | b'^') => side.escapes += 1,
                _ => break,
            }
            at += 1;
        }
        (side, at)
    }

    fn is_empty(self) -> bool {
        self.open + self.close + self.escapes == 0
    }
}

/// The dot that begins at `at`, in whatever form.
pub fn dot(bytes: &[u8], at: usize) -> Option<Dot> {
    if let Some([b'.', after]) = bytes.get(at..at + 2)
        && after.is_ascii_alphanumeric()
    {
        return Some(Dot {
            end: at + 1,
            style: Style::Plain,
            opened: 0,
            opens_next: false,
        });
    }
    if !bytes
        .get(at)
        .is_some_and(|byte| matches!(byte, b' ' | b'.') || is_bracket(*byte))
    {
        return None;
    }
    let spaced = bytes.get(at) == Some(&b' ');
    let (left, core) = Brackets::read(bytes, at + usize::from(spaced));
    let core = skip_space(bytes, core, left.open > 0);
    let word = starts_with(bytes, core, b"dot");
    let after = if word { core + 3 } else { core + 1 };
    if !word && (bytes.get(core) != Some(&b'.') || bytes.get(after) == Some(&b'.')) {
        return None;
    }
    let (right, end) = Brackets::read(bytes, skip_closing_space(bytes, after, left.open > 0));
    let paired = left.open > 0 && right.close > 0;
    // A dot that stands beside the masked one is one too many: `evil[.].com`.
    let doubled = paired
        && bytes.get(end) == Some(&b'.')
        && bytes.get(end + 1).is_some_and(u8::is_ascii_alphanumeric);
    let end = end + usize::from(doubled);
    let style = match (paired, left.is_empty() && right.is_empty()) {
        (true, _) => Style::Defanged,
        _ if left.escapes > 0 => Style::Escaped,
        (false, true) if spaced => {
            let style = if word { Style::Word } else { Style::Spaced };
            return (bytes.get(end) == Some(&b' ')).then_some(Dot {
                end: end + 1,
                style,
                opened: 0,
                opens_next: false,
            });
        }
        (false, true) if word => return None,
        (false, true) => Style::Plain,
        (false, false) if spaced => return None,
        (false, false) => Style::Lopsided,
    };
    Some(Dot {
        end: skip_space(bytes, end, style == Style::Defanged),
        style,
        opened: left.open + right.open - left.close - right.close,
        opens_next: left.is_empty() && right.open > 0,
    })
}

/// Byte offset after an at sign that begins at `at`: `@`, `[at]`, `(@)`, ` (at) `.
pub fn at_sign(bytes: &[u8], at: usize) -> Option<usize> {
    if !bytes
        .get(at)
        .is_some_and(|byte| matches!(byte, b' ' | b'@') || is_bracket(*byte))
    {
        return None;
    }
    let start = skip_space(bytes, at, true);
    let (left, core) = Brackets::read(bytes, start);
    if left.is_empty() {
        return (start == at && bytes.get(at) == Some(&b'@')).then_some(at + 1);
    }
    let core = skip_space(bytes, core, true);
    let after = if bytes.get(core) == Some(&b'@') {
        core + 1
    } else if starts_with(bytes, core, b"at") {
        core + 2
    } else {
        return None;
    };
    let (right, end) = Brackets::read(bytes, skip_space(bytes, after, true));
    (right.close > 0).then(|| skip_space(bytes, end, true))
}

/// Whether an at sign, in whatever form, ends at `at`.
pub fn follows_at_sign(bytes: &[u8], at: usize) -> bool {
    let before = bytes.get(..at).unwrap_or_default();
    if before.ends_with(b"@") {
        return true;
    }
    let longest = before.len().min(" [ at ] ".len());
    (1..=longest).any(|length| at_sign(bytes, at - length) == Some(at))
}

/// The longest name of a tag in square brackets.
const MOST_TAG: usize = 8;

/// Byte offset after a slash that begins at `at`: `/`, `[/]`, `\/`, and `[/` unless it begins a closing tag such as `[/url]`.
pub fn slash(bytes: &[u8], at: usize) -> Option<usize> {
    match bytes.get(at)? {
        b'/' => Some(at + 1),
        b'\\' if bytes.get(at + 1) == Some(&b'/') => Some(at + 2),
        b'[' | b'(' if bytes.get(at + 1) == Some(&b'/') => {
            if matches!(bytes.get(at + 2), Some(b']' | b')')) {
                return Some(at + 3);
            }
            let name = bytes.get(at + 2..).unwrap_or_default();
            let length = name
                .iter()
                .take(MOST_TAG)
                .take_while(|byte| byte.is_ascii_alphanumeric())
                .count();
            let tag = matches!(name.get(length), Some(b']' | b')'));
            (length > 0 && !tag).then_some(at + 2)
        }
        _ => None,
    }
}

/// Byte offset after a colon that begins at `at`: `:`, `[:]`, `(:)`, `[:`.
pub fn colon(bytes: &[u8], at: usize) -> Option<usize> {
    let (left, core) = Brackets::read(bytes, at);
    if bytes.get(core) != Some(&b':') || left.close > 0 {
        return None;
    }
    let closed = left.open > 0 && matches!(bytes.get(core + 1), Some(b']' | b')' | b'}' | b'>'));
    Some(core + 1 + usize::from(closed))
}

/// Whether `bytes` hold `word`, given in lower case, at `at`, in any case.
pub fn starts_with(bytes: &[u8], at: usize, word: &[u8]) -> bool {
    bytes
        .get(at..at + word.len())
        .is_some_and(|part| part.eq_ignore_ascii_case(word))
}

/// Whether a byte may stand beside what is defanged: a bracket, or what escapes it.
pub fn is_bracket(byte: u8) -> bool {
    matches!(
        byte,
        b'[' | b']' | b'(' | b')' | b'{' | b'}' | b'<' | b'>' | b'\\' | b'^'
    )
}

fn skip_space(bytes: &[u8], at: usize, allowed: bool) -> usize {
    at + usize::from(allowed && bytes.get(at) == Some(&b' '))
}

/// Skips a space only if a closing bracket follows: `[ . ]`.
fn skip_closing_space(bytes: &[u8], at: usize, allowed: bool) -> usize {
    let closes = matches!(bytes.get(at + 1), Some(b']' | b')' | b'}' | b'>'));
    skip_space(bytes, at, allowed && closes)
}
