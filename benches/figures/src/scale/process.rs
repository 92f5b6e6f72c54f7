//! What the kernel tells of a process: its time on a processor and its memory.

use std::fs;

use crate::Outcome;

/// Ticks a second in `/proc/PID/stat`: the kernel's `USER_HZ`, which is 100 on all that Linux runs on today.
const TICKS: f64 = 100.0;

/// A running process, by its id.
#[derive(Clone, Copy)]
pub struct Process(pub u32);

impl Process {
    /// Seconds on a processor so far, in user and in kernel mode, its ended children's too.
    pub fn processor_seconds(self) -> Outcome<f64> {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.0))?;
        // The name, in parentheses, may hold spaces.
        let (_, fields) = stat.rsplit_once(')').ok_or("no stat")?;
        let mut ticks = 0.0;
        // utime, stime, cutime, cstime: fields 14 to 17, and the state after the name is the third.
        for field in fields.split_whitespace().skip(11).take(4) {
            ticks += field.parse::<f64>()?;
        }
        Ok(ticks / TICKS)
    }

    /// The resident set, in MiB.
    pub fn resident(self) -> Outcome<f64> {
        self.memory("status", "VmRSS:")
    }

    /// The proportional set: what is shared with others counts in part; in MiB.
    pub fn proportional(self) -> Outcome<f64> {
        self.memory("smaps_rollup", "Pss:")
    }

    /// The largest resident set since [`Process::forget_peak`], in MiB.
    pub fn peak(self) -> Outcome<f64> {
        self.memory("status", "VmHWM:")
    }

    /// Lets the peak begin anew, at what is resident now.
    pub fn forget_peak(self) -> Outcome<()> {
        // 5 stands for the peak, see proc_pid_clear_refs(5).
        Ok(fs::write(format!("/proc/{}/clear_refs", self.0), "5")?)
    }

    fn memory(self, file: &str, figure: &str) -> Outcome<f64> {
        let text = fs::read_to_string(format!("/proc/{}/{file}", self.0))?;
        let line = text.lines().find_map(|line| line.strip_prefix(figure));
        let kibibytes: f64 = line
            .ok_or_else(|| format!("no {figure} of the process"))?
            .trim()
            .trim_end_matches(" kB")
            .parse()?;
        Ok(kibibytes / 1024.0)
    }
}
