//! How the time of a piece of work grows with its input, measured so that a busy machine changes nothing: by the time
//! that the thread itself spends on a processor.

use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

/// Below this a measurement says nothing: some systems count processor time in steps of up to 4 ms.
const RESOLUTION: Duration = Duration::from_millis(4);

/// A tenfold input may take so many times as long: ten, and some for caches and noise. A hundred is the square.
const MOST: u32 = 40;

/// The processor time that `work` takes on this thread.
pub fn processor_time(work: impl FnOnce()) -> Duration {
    let before = thread_time();
    work();
    thread_time().saturating_sub(before)
}

/// Demands that ten times the input takes no more than linear time. `time` does the work for an input of a size and says
/// what it took, without what prepares the input.
///
/// # Panics
/// If it took longer, naming `what`.
pub fn assert_linear(what: &str, size: usize, mut time: impl FnMut(usize) -> Duration) {
    let few = time(size).max(RESOLUTION);
    let many = time(size * 10);
    assert!(
        many < few * MOST,
        "{what}: {size} take {few:?}, ten times as many {many:?}"
    );
}

fn thread_time() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::try_from(time).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// So many steps that the optimiser can't leave out.
    fn steps(count: usize) {
        for step in 0..count {
            std::hint::black_box(step);
        }
    }

    #[test]
    fn sleep_is_no_work() {
        let slept = processor_time(|| std::thread::sleep(Duration::from_millis(50)));
        assert!(slept < Duration::from_millis(25), "{slept:?}");
    }

    #[test]
    fn linear_work_is_told_from_quadratic() {
        assert_linear("linear", 300_000, |size| processor_time(|| steps(size)));
        let quadratic = std::panic::catch_unwind(|| {
            assert_linear("quadratic", 1_000, |size| {
                processor_time(|| steps(size * size))
            });
        });
        assert!(quadratic.is_err());
    }
}
