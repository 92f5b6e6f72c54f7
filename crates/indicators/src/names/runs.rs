//! Runs of ASCII letters and digits in a text, found 64 bytes at a time: the one loop that reads every byte of every report.

const BLOCK: usize = 64;

/// Finds where runs start and end.
pub(super) struct Runs<'t> {
    bytes: &'t [u8],
    /// Which block of the text `mask` is of.
    block: usize,
    /// A bit for each byte of the block, the first byte's lowest: whether it is a letter or digit.
    mask: u64,
}

impl<'t> Runs<'t> {
    /// The runs of `text`.
    pub(super) fn of(text: &'t str) -> Self {
        Self {
            bytes: text.as_bytes(),
            block: usize::MAX,
            mask: 0,
        }
    }

    /// The first run at or after `at`, as its start and end.
    #[inline]
    pub(super) fn next(&mut self, at: usize) -> Option<(usize, usize)> {
        if at / BLOCK == self.block {
            let ahead = self.mask >> (at % BLOCK);
            let start = ahead.trailing_zeros();
            let length = (!(ahead.unbounded_shr(start))).trailing_zeros();
            let end = at % BLOCK + (start + length) as usize;
            if ahead != 0 && end < BLOCK {
                return Some((at + start as usize, self.block * BLOCK + end));
            }
        }
        self.next_of_any_block(at)
    }

    /// As `next`, for a run that the block in hand does not hold whole.
    #[inline(never)]
    fn next_of_any_block(&mut self, at: usize) -> Option<(usize, usize)> {
        let start = self.seek(at, 0);
        (start < self.bytes.len()).then(|| (start, self.seek(start, u64::MAX)))
    }

    /// The first byte at or after `at` whose bit differs from `passed`'s; the text's length if there is none.
    fn seek(&mut self, mut at: usize, passed: u64) -> usize {
        while at < self.bytes.len() {
            let block = at / BLOCK;
            if block != self.block {
                self.load(block);
            }
            let ahead = (self.mask ^ passed) >> (at % BLOCK);
            if ahead != 0 {
                return (at + ahead.trailing_zeros() as usize).min(self.bytes.len());
            }
            at = (block + 1) * BLOCK;
        }
        self.bytes.len()
    }

    fn load(&mut self, block: usize) {
        let rest = &self.bytes[block * BLOCK..];
        let mut padded = [0; BLOCK];
        self.block = block;
        self.mask = mask(rest.first_chunk().unwrap_or_else(|| {
            padded[..rest.len()].copy_from_slice(rest);
            &padded
        }));
    }
}

/// Written so that the compiler compares many bytes at once.
fn mask(block: &[u8; BLOCK]) -> u64 {
    let mut flags = [0_u8; BLOCK];
    for (flag, &byte) in flags.iter_mut().zip(block) {
        let letter = (byte | 0x20).wrapping_sub(b'a') < 26;
        let digit = byte.wrapping_sub(b'0') < 10;
        *flag = u8::from(letter | digit);
    }
    let eights = flags.as_chunks::<8>().0;
    eights.iter().rev().fold(0, |mask, eight| {
        // Multiplying gathers the lowest bit of each of eight bytes in the highest byte.
        let gathered = u64::from_le_bytes(*eight).wrapping_mul(0x0102_0408_1020_4080) >> 56;
        mask << 8 | gathered
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(text: &str) -> Vec<&str> {
        let mut runs = Runs::of(text);
        let mut found = Vec::new();
        let mut at = 0;
        while let Some((start, end)) = runs.next(at) {
            found.push(&text[start..end]);
            at = end;
        }
        found
    }

    #[test]
    fn runs_are_those_of_a_plain_split_wherever_blocks_end() {
        let sample = "Emotet-2.0 @Z[a]z{9:0/ é Ж ₂ x".repeat(7);
        for from in 0..70 {
            let text = format!("{}{sample}", "q".repeat(from));
            let plain: Vec<_> = text
                .split(|c: char| !c.is_ascii_alphanumeric())
                .filter(|run| !run.is_empty())
                .collect();
            assert_eq!(all(&text), plain);
        }
        assert_eq!(all(""), Vec::<&str>::new());
        assert_eq!(all(&"a".repeat(128)), ["a".repeat(128)]);
    }
}
