//! What a process has taken, as Linux tells it.

use std::fs;
use std::time::Duration;

/// The most memory that a process has held since it began or its peak was forgotten, in bytes; none once it is gone.
pub fn peak(process: &str) -> Option<u64> {
    field(process, "VmHWM:")
}

/// The memory that a process holds, in bytes.
pub fn held(process: &str) -> Option<u64> {
    field(process, "VmRSS:")
}

/// Forgets this process's peak: it counts from what is held now.
pub fn forget_peak() {
    fs::write("/proc/self/clear_refs", "5").unwrap();
}

fn field(process: &str, name: &str) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(name))?;
    let kibibytes: u64 = line.trim().strip_suffix(" kB")?.parse().ok()?;
    Some(kibibytes << 10)
}

/// How long this thread has run on a processor, so that others on the machine don't count.
pub fn ran() -> Duration {
    let told = fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    Duration::from_nanos(told.split(' ').next().unwrap().parse().unwrap())
}
