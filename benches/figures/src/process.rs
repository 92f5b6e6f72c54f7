//! What the kernel tells of a process: its time on a processor and its memory.

use std::fs;
use std::process::ExitStatus;
use std::time::{Duration, Instant};

use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeValLike as _;
use tokio::process::Command;
use tokio::time::sleep;

use crate::Outcome;

/// How often the peak of a process is read that ends by itself: what it takes in its last moment is missed.
const LOOK_EVERY: Duration = Duration::from_millis(1);

/// How long such a process may take.
const LONGEST: Duration = Duration::from_mins(4);

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

/// What a process took that ended by itself.
#[derive(Default)]
pub struct Run {
    pub status: ExitStatus,
    /// Seconds by the clock.
    pub wall: f64,
    /// Seconds of a processor, by the kernel and by itself.
    pub cpu: f64,
    /// The largest resident set, in MiB.
    pub peak: f64,
}

/// Runs a command to its end, whatever its status. No other child may end meanwhile.
pub async fn run(mut command: Command) -> Outcome<Run> {
    let (used, begun) = (children_used()?, Instant::now());
    let mut child = command.kill_on_drop(true).spawn()?;
    let process = Process(child.id().ok_or("the command ended at once")?);
    let mut peak = 0.0;
    let status = loop {
        tokio::select! {
            ended = child.wait() => break ended?,
            () = sleep(LOOK_EVERY) => peak = process.peak().unwrap_or(peak),
        }
        if begun.elapsed() > LONGEST {
            return Err(format!("{command:?} did not end").into());
        }
    };
    Ok(Run {
        status,
        wall: begun.elapsed().as_secs_f64(),
        cpu: children_used()? - used,
        peak,
    })
}

/// Seconds of a processor that the children took that have ended.
fn children_used() -> Outcome<f64> {
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN)?;
    let microseconds = (usage.user_time() + usage.system_time()).num_microseconds();
    #[expect(clippy::cast_precision_loss, reason = "a figure to show")]
    Ok(microseconds as f64 / 1e6)
}
