//! Whether feeds are served: the operator is ready while a watch shows them.

use std::sync::atomic::{AtomicBool, Ordering};

use super::health::Readiness;

/// Which of the watches show their feeds. The operator is ready while any does: a namespace whose Role is missing is told, and is
/// no reason to take the others' operator for broken.
pub struct Served {
    watches: Vec<AtomicBool>,
    pub readiness: Readiness,
}

impl Served {
    pub fn new(count: usize, readiness: Readiness) -> Self {
        Self {
            watches: (0..count).map(|_| AtomicBool::new(false)).collect(),
            readiness,
        }
    }

    pub fn is(&self, at: usize) -> bool {
        let watch = self.watches.get(at);
        watch.is_some_and(|watch| watch.load(Ordering::Relaxed))
    }

    pub fn set(&self, at: usize, served: bool) {
        if let Some(watch) = self.watches.get(at) {
            watch.store(served, Ordering::Relaxed);
        }
        if (0..self.watches.len()).any(|at| self.is(at)) {
            self.readiness.set();
        } else {
            self.readiness.lost();
        }
    }
}
