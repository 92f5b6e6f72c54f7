//! A generated report's body: an HTML document of paragraphs, lists and tables around what was planted.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::indicators::{self, KINDS, Planted, highlighted, pick};
use super::prose::{AROUND, LINKS, SENTENCES};
use super::{Csv, Generator};

impl Generator {
    pub(super) fn body(&mut self, planted: &[Planted], csv: &[Csv]) -> String {
        let highlight = self.chance(self.style.highlighted);
        let mut blocks = self.planted_blocks(planted, highlight);
        for _ in 0..self.rng.usize(1..4) {
            let (url, name) = LINKS[self.rng.usize(..LINKS.len())];
            let text = self.sentence(highlight);
            blocks.push(format!(
                "<p>{text} See <a href=\"{url}\" target=\"_blank\">{name}</a>.</p>"
            ));
        }
        let origin = self
            .style
            .csv_base
            .split('/')
            .take(3)
            .collect::<Vec<_>>()
            .join("/");
        for csv in csv {
            blocks.push(format!(
                "<p>The data is <a href=\"{origin}{}\">available as a table</a>.</p>",
                csv.target,
            ));
        }
        blocks.extend(self.image());
        let mut length: usize = blocks.iter().map(String::len).sum();
        while length < self.style.body_bytes {
            let block = self.filler_block(highlight);
            length += block.len() + 1;
            blocks.push(block);
        }
        self.rng.shuffle(&mut blocks);
        let blocks = blocks.join("\n");
        format!(
            "<html><head></head><body><p><strong>Key Takeaways</strong></p>\n{blocks}</body></html>"
        )
    }

    /// A picture within the document, of random bytes.
    fn image(&mut self) -> Option<String> {
        let length = self.style.image_bytes;
        if length == 0 {
            return None;
        }
        let mut bytes = vec![0; length / 4 * 3];
        self.rng.fill(&mut bytes);
        let data = STANDARD.encode(bytes);
        Some(format!(
            "<p><img src=\"data:image/png;base64,{data}\" alt=\"chart\"/></p>"
        ))
    }

    fn filler_block(&mut self, highlight: bool) -> String {
        let sentences: Vec<String> = (0..self.rng.usize(2..5))
            .map(|_| self.sentence(highlight))
            .collect();
        match self.rng.u8(0..5) {
            0 => format!("<ul>\n<li>{}</li>\n</ul>", sentences.join("</li>\n<li>")),
            1 => format!(
                "<table><tbody><tr><td>{}</td></tr></tbody></table>",
                sentences.join("</td></tr><tr><td>"),
            ),
            2 => format!("<p><em>{}</em></p>", sentences.join(" ")),
            _ => format!("<p>{}</p>", sentences.join(" ")),
        }
    }

    /// The first indicator in a sentence, the others as a list or a table.
    fn planted_blocks(&mut self, planted: &[Planted], highlight: bool) -> Vec<String> {
        let mut written = Vec::new();
        for indicator in planted {
            let text = indicators::written(&mut self.rng, indicator);
            let text = if highlight {
                highlighted(&mut self.rng, &text)
            } else {
                text
            };
            written.push((indicator, text));
        }
        let Some(((first, text), rest)) = written.split_first() else {
            return Vec::new();
        };
        let kind = KINDS
            .iter()
            .position(|kind| *kind == first.kind)
            .unwrap_or(0);
        let mut blocks = vec![format!("<p>{}</p>", AROUND[kind].replace("{ioc}", text))];
        if !rest.is_empty() {
            let rows: String = if self.rng.bool() {
                let rows = rest
                    .iter()
                    .map(|(_, text)| format!("<li><code>{text}</code></li>\n"));
                format!("<ul>\n{}</ul>", rows.collect::<String>())
            } else {
                let rows = rest.iter().map(|(planted, text)| {
                    format!("<tr><td>{}</td><td>{text}</td></tr>", planted.kind)
                });
                format!("<table><tbody>{}</tbody></table>", rows.collect::<String>())
            };
            blocks.push(rows);
        }
        blocks
    }

    pub(super) fn sentence(&mut self, highlight: bool) -> String {
        let template = pick(&mut self.rng, &SENTENCES);
        let text = self.prose(template).replace(" & ", " &amp; ");
        if !highlight {
            return text;
        }
        let word = text
            .split(' ')
            .find(|word| word.len() > 6)
            .unwrap_or_default();
        let marked = highlighted(&mut self.rng, word);
        text.replacen(word, &marked, 1)
    }
}
