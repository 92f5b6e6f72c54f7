//! Whether a reading of the listing shows that all of the window was seen.

use jiff::{SignedDuration, Timestamp};

use crate::sync::ledger::Reading;

/// After so many readings that prove nothing the window is taken as read: a service may never count right.
const MAX_PASSES: u32 = 5;

/// Over at least this time it is read again, so that a service that is unwell for some minutes ends no window, however
/// short the feed's interval.
const READ_FOR: SignedDuration = SignedDuration::from_hours(1);

/// What a reading of the listing showed.
#[derive(Clone, Copy, Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a piece of evidence of its own"
)]
pub struct Evidence {
    /// Whether it came to the older end.
    pub ended: bool,
    /// Whether it is a full sync's, all that it listed is known or taken on, and no page failed.
    pub complete: bool,
    /// How many reports the service says the window holds.
    pub total: u64,
    /// How many different elements were listed.
    pub listed: u64,
    /// Whether `total` changed while paging.
    pub moved: bool,
    /// Whether something may lie between two pages.
    pub has_gap: bool,
    /// Whether it listed a report that is unknown and that the reading before should have listed.
    pub overlooked: bool,
    /// How many of those listed were filed by the time of the reading before.
    pub older: u64,
    /// Whether the window reaches back beyond the lookback: what is passed over in it is not listed again.
    pub is_wide: bool,
    /// Whether fewer were listed than the ledger knows of.
    pub is_less: bool,
    /// When the reading began, by the earlier clock.
    pub now: Timestamp,
    /// What is known of earlier readings that proved nothing.
    pub earlier: Option<Reading>,
}

/// What a reading proves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proof {
    /// It did not come to its end, or more is left than it took on: nothing is asked of it.
    None,
    /// Every report of the window was listed.
    Shown,
    /// The end does not agree with `total`, or the listing changed meanwhile: the window is read again.
    Doubtful {
        /// How many different elements were listed.
        listed: u64,
    },
    /// The same, but readings agree with each other, or enough were made.
    Accepted {
        /// How many different elements were listed.
        listed: u64,
        /// Whether `total` differs from what was listed, or changed while paging.
        count_in_doubt: bool,
    },
}

impl Proof {
    /// Whether what was not listed is not there.
    #[must_use]
    pub const fn is_end(self) -> bool {
        matches!(self, Self::Shown | Self::Accepted { .. })
    }

    /// Whether it is an end that `total` confirms. Where it does not, what was not listed may be listed again.
    #[must_use]
    pub const fn counts_right(self) -> bool {
        matches!(
            self,
            Self::Shown
                | Self::Accepted {
                    count_in_doubt: false,
                    ..
                }
        )
    }
}

/// Decides what a reading proves.
#[must_use]
pub fn of(evidence: Evidence) -> Proof {
    let Evidence {
        ended,
        complete,
        total,
        listed,
        moved,
        has_gap,
        overlooked,
        older,
        is_wide,
        is_less,
        now,
        earlier,
    } = evidence;
    if !ended || !complete {
        return Proof::None;
    }
    let count_in_doubt = total != listed || moved;
    if !count_in_doubt && !has_gap && !is_less {
        return Proof::Shown;
    }
    let passes = earlier.map_or(0, |reading| reading.passes);
    let distrusted = earlier.is_some_and(|reading| reading.distrusted);
    // This reading listed nothing that the earlier one missed, and of the reports that both could list neither listed fewer.
    let agrees = earlier.is_some_and(|earlier| {
        passes > 0 && !overlooked && listed >= earlier.listed && earlier.listed >= older
    });
    let first = earlier.map_or(now, |reading| reading.first);
    let long_enough = now.duration_since(first) >= READ_FOR;
    // Where `total` is of no use, a page that is short by accident looks like the last.
    let will_do = distrusted && !has_gap && !is_wide && !is_less;
    if will_do || long_enough && (agrees || passes + 1 >= MAX_PASSES) {
        return Proof::Accepted {
            listed,
            count_in_doubt,
        };
    }
    Proof::Doubtful { listed }
}

/// What is remembered of readings after one that proved this.
#[must_use]
pub fn next_reading(proof: Proof, earlier: Option<Reading>, began: Timestamp) -> Option<Reading> {
    // Clocks that stepped back begin the hour anew.
    let first = earlier
        .filter(|reading| reading.passes > 0 && reading.first <= began)
        .map_or(began, |reading| reading.first);
    let distrusted = earlier.is_some_and(|reading| reading.distrusted);
    match proof {
        Proof::None => earlier,
        Proof::Shown => None,
        Proof::Doubtful { listed } => Some(Reading {
            passes: earlier
                .map_or(0, |reading| reading.passes)
                .saturating_add(1),
            first,
            began,
            listed,
            distrusted,
        }),
        Proof::Accepted {
            count_in_doubt,
            listed,
        } => (count_in_doubt || distrusted).then_some(Reading {
            passes: 0,
            first,
            began,
            listed,
            distrusted: true,
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn evidence() -> Evidence {
        Evidence {
            ended: true,
            complete: true,
            total: 10,
            listed: 10,
            moved: false,
            has_gap: false,
            overlooked: false,
            older: 10,
            is_wide: false,
            is_less: false,
            now: Timestamp::UNIX_EPOCH + READ_FOR,
            earlier: None,
        }
    }

    fn after(passes: u32, distrusted: bool) -> Reading {
        Reading {
            passes,
            first: Timestamp::UNIX_EPOCH,
            began: Timestamp::UNIX_EPOCH,
            listed: 10,
            distrusted,
        }
    }

    #[test]
    fn an_end_that_agrees_with_total_is_one() {
        assert_eq!(of(evidence()), Proof::Shown);
        let unended = Evidence {
            ended: false,
            ..evidence()
        };
        assert_eq!(of(unended), Proof::None);
    }

    #[test]
    fn what_disagrees_is_read_again_until_two_agree_or_five_were_made() {
        let doubts = [
            Evidence {
                total: 11,
                ..evidence()
            },
            Evidence {
                moved: true,
                ..evidence()
            },
            Evidence {
                has_gap: true,
                ..evidence()
            },
            Evidence {
                is_less: true,
                ..evidence()
            },
        ];
        for doubt in doubts {
            assert_eq!(of(doubt), Proof::Doubtful { listed: 10 }, "{doubt:?}");
            let earlier = Some(after(1, false));
            assert!(of(Evidence { earlier, ..doubt }).is_end(), "{doubt:?}");
            let overlooked = Evidence {
                earlier,
                overlooked: true,
                ..doubt
            };
            assert_eq!(of(overlooked), Proof::Doubtful { listed: 10 }, "{doubt:?}");
            for (listed, older) in [(9, 9), (12, 11)] {
                let differs = Evidence {
                    listed,
                    older,
                    earlier,
                    ..doubt
                };
                assert_eq!(of(differs), Proof::Doubtful { listed }, "{doubt:?}");
            }
            let soon = Evidence {
                now: Timestamp::UNIX_EPOCH,
                earlier: Some(after(9, false)),
                ..doubt
            };
            assert_eq!(of(soon), Proof::Doubtful { listed: 10 }, "{doubt:?}");
            let fifth = Evidence {
                earlier: Some(after(4, false)),
                ..overlooked
            };
            assert!(of(fifth).is_end(), "{doubt:?}");
        }
    }

    #[test]
    fn a_total_that_was_found_wrong_is_no_longer_waited_for() {
        let doubt = Evidence {
            total: 11,
            earlier: Some(after(0, true)),
            ..evidence()
        };
        assert!(of(doubt).is_end());
        for careful in [
            Evidence {
                has_gap: true,
                ..doubt
            },
            Evidence {
                is_wide: true,
                ..doubt
            },
            Evidence {
                is_less: true,
                ..doubt
            },
        ] {
            assert_eq!(of(careful), Proof::Doubtful { listed: 10 }, "{careful:?}");
        }
        let next = next_reading(Proof::Shown, doubt.earlier, Timestamp::UNIX_EPOCH);
        assert_eq!(next, None, "and trusted again once it is right");
    }
}
