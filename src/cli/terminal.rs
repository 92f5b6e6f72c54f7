//! How output looks: plain for programs; for people on a terminal in colours, and cut to its width.

use std::env;
use std::io::IsTerminal;
use std::os::fd::AsFd;

use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

use crate::telemetry::shown;

/// The most bytes of one text from outside: the longest id that a report may have, and more.
const PLAIN_BYTES: usize = 4_096;

/// What a stream's reader can see.
#[derive(Clone, Copy, Debug, Default)]
pub struct Look {
    /// Columns of the terminal; none where it is no terminal.
    pub width: Option<usize>,
    pub(super) colours: bool,
}

/// What a text is to look like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// It went well, or counts.
    Good,
    /// It needs someone's attention.
    Bad,
    /// It is not done yet.
    Open,
    /// It matters less.
    Faint,
}

impl Look {
    /// What can be seen on a stream. Colours are left out where `NO_COLOR` is set.
    pub fn of(stream: &(impl IsTerminal + AsFd)) -> Self {
        if !stream.is_terminal() {
            return Self::default();
        }
        let set = |name: &str| env::var_os(name).filter(|value| !value.is_empty());
        let width =
            terminal_size::terminal_size_of(stream).map_or(80, |(width, _)| usize::from(width.0));
        let colours =
            set("NO_COLOR").is_none() && set("TERM").is_none_or(|terminal| terminal != "dumb");
        Self {
            width: Some(width.max(40)),
            colours,
        }
    }

    /// A text in its style.
    pub fn paint(self, style: Style, text: &str) -> String {
        let code = match style {
            Style::Good => "32",
            Style::Bad => "31",
            Style::Open => "33",
            Style::Faint => "2",
        };
        if self.colours {
            format!("\u{1b}[{code}m{text}\u{1b}[0m")
        } else {
            text.to_owned()
        }
    }
}

/// How many columns a text takes.
pub fn columns(text: &str) -> usize {
    text.width()
}

/// A text with spaces after it, up to so many columns.
pub fn padded(text: &str, width: usize) -> String {
    format!("{text}{}", " ".repeat(width.saturating_sub(columns(text))))
}

/// The start of a text, at most so many columns wide; what was cut shows as an ellipsis.
pub fn cut(text: &str, width: usize) -> String {
    if columns(text) <= width {
        return text.to_owned();
    }
    let mut taken = 1;
    let fits = |c: &char| {
        taken += c.width().unwrap_or(0);
        taken <= width
    };
    let start: String = text.chars().take_while(fits).collect();
    format!("{}…", start.trim_end())
}

/// A text from outside as [`shown::line`] shows it.
pub fn plain(text: &str) -> String {
    shown::line(text, PLAIN_BYTES)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_cut_by_columns_not_by_characters() {
        assert_eq!(cut("abcdef", 6), "abcdef");
        assert_eq!(cut("abcdefg", 6), "abcde…");
        assert_eq!(cut("漢字漢字", 8), "漢字漢字");
        assert_eq!(cut("漢字漢字", 6), "漢字…");
        assert_eq!(padded("漢", 4), "漢  ");
    }

    #[test]
    fn nothing_from_outside_steers_the_terminal() {
        assert_eq!(
            plain("a\u{1b}[2Jb\r\nc\u{202e}d\u{9b}e "),
            "a\\u{1b}[2Jb c\\u{202e}d\\u{9b}e"
        );
    }

    #[test]
    fn what_is_no_terminal_has_no_colours() {
        assert_eq!(Look::default().paint(Style::Bad, "x"), "x");
    }
}
