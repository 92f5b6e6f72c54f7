//! How well a type is found.

/// Counts of values.
#[derive(Default, Clone, Copy)]
pub struct Score {
    pub right: u32,
    pub missed: u32,
    pub surplus: u32,
}

impl Score {
    pub fn add(&mut self, other: Self) {
        self.right += other.right;
        self.missed += other.missed;
        self.surplus += other.surplus;
    }

    /// In percent.
    pub fn recall(self) -> f64 {
        percent(self.right, self.missed)
    }

    /// In percent.
    pub fn precision(self) -> f64 {
        percent(self.right, self.surplus)
    }
}

fn percent(right: u32, wrong: u32) -> f64 {
    if right + wrong == 0 {
        100.0
    } else {
        100.0 * f64::from(right) / f64::from(right + wrong)
    }
}
