//! Whether the service knows upsert.

use std::time::Duration;

use tokio::time::Instant;

/// So many 404 or 405 in a row mean that it does not: fewer may be a gateway's moment, or one
/// report's.
const IN_A_ROW: u32 = 3;

/// How long that is believed.
const BELIEVED_FOR: Duration = Duration::from_hours(1);

/// What the answers so far say.
#[derive(Debug, Default)]
pub(super) struct Upsert {
    unknown_in_a_row: u32,
    not_before: Option<Instant>,
}

impl Upsert {
    /// Whether it is to be asked for.
    pub(super) fn is_worth_a_try(&self) -> bool {
        self.not_before.is_none_or(|time| time <= Instant::now())
    }

    /// It was answered as a call that the service knows.
    pub(super) fn known(&mut self) {
        *self = Self::default();
    }

    /// It was answered as an address that does not exist (404) or does not take it (405).
    pub(super) fn unknown(&mut self) {
        self.unknown_in_a_row = self.unknown_in_a_row.saturating_add(1);
        if self.unknown_in_a_row >= IN_A_ROW {
            self.not_before = Some(Instant::now() + BELIEVED_FOR);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn three_in_a_row_are_believed_for_an_hour() {
        let mut upsert = Upsert::default();
        for _ in 0..9 {
            upsert.unknown();
            upsert.unknown();
            assert!(upsert.is_worth_a_try());
            upsert.known();
        }
        for _ in 0..3 {
            assert!(upsert.is_worth_a_try());
            upsert.unknown();
        }
        assert!(!upsert.is_worth_a_try());
        tokio::time::advance(BELIEVED_FOR).await;
        assert!(upsert.is_worth_a_try());
        upsert.unknown();
        assert!(!upsert.is_worth_a_try(), "once more is enough");
        tokio::time::advance(BELIEVED_FOR).await;
        upsert.known();
        upsert.unknown();
        assert!(upsert.is_worth_a_try());
    }
}
