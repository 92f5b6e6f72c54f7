//! What a section measured, as rows that `benches/page/page.py` makes the page, its plots and the table of goals from.

use std::io::ErrorKind;
use std::path::PathBuf;
use std::process::Command;

use serde_json::{Map, Value, json};

use super::Outcome;

/// The figures of one section.
pub struct Results {
    section: &'static str,
    /// What a row is told apart by: its other members are figures.
    keys: &'static [&'static str],
    rows: Vec<Map<String, Value>>,
    /// The commit that is measured, asked for before anything is stored.
    revision: String,
}

impl Results {
    /// Of a section whose rows are told apart by these members.
    pub fn new(section: &'static str, keys: &'static [&'static str]) -> Self {
        Self {
            section,
            keys,
            rows: Vec::new(),
            revision: revision(),
        }
    }

    /// Adds a row, an object without inner ones, prints it and stores what there is: a later row that fails costs no earlier one.
    ///
    /// # Errors
    /// When the row is no object, or the file can't be written.
    pub fn add(&mut self, row: Value) -> Outcome<()> {
        let Value::Object(mut row) = row else {
            return Err("a row is an object".into());
        };
        let told: Vec<String> = row
            .iter()
            .map(|(name, value)| format!("{name} {value}"))
            .collect();
        println!("{}: {}", self.section, told.join(", "));
        let day = jiff::Zoned::now().date().to_string();
        row.insert("measured".to_owned(), day.into());
        row.insert("revision".to_owned(), self.revision.clone().into());
        row.insert("machine".to_owned(), machine()?.into());
        self.rows.push(row);
        self.store()
    }

    /// Rows of an earlier run that this one did not measure stay, with their day and revision.
    fn store(&self) -> Outcome<()> {
        let path = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
            .with_file_name("results")
            .join(format!("{}.json", self.section));
        let mut rows: Vec<Map<String, Value>> = match std::fs::read(&path) {
            Ok(stored) => serde_json::from_slice::<Value>(&stored)?
                .get("rows")
                .cloned()
                .map_or_else(|| Ok(Vec::new()), serde_json::from_value)?,
            Err(missing) if missing.kind() == ErrorKind::NotFound => Vec::new(),
            Err(error) => return Err(format!("{}: {error}", path.display()).into()),
        };
        for row in &self.rows {
            let same = |other: &Map<String, Value>| {
                self.keys.iter().all(|key| other.get(*key) == row.get(*key))
            };
            match rows.iter_mut().find(|other| same(other)) {
                Some(other) => other.clone_from(row),
                None => rows.push(row.clone()),
            }
        }
        let results = json!({
            "section": self.section,
            "rows": rows,
        });
        if let Some(directory) = path.parent() {
            std::fs::create_dir_all(directory)?;
        }
        std::fs::write(&path, format!("{results:#}\n"))?;
        Ok(())
    }
}

/// The commit that is checked out, with `+` where a file but results and documentation differs from it.
fn revision() -> String {
    let told = git(&["rev-parse", "--short=9", "HEAD"]);
    let differs = git(&[
        "status",
        "--porcelain",
        "--",
        ":/",
        ":!/benches/results",
        ":!/docs",
    ]);
    match (told, differs) {
        (Some(revision), Some(differs)) if differs.is_empty() => revision,
        (Some(revision), _) => revision + "+",
        (None, _) => "unknown".to_owned(),
    }
}

fn git(arguments: &[&str]) -> Option<String> {
    let mut git = Command::new("git");
    git.args(arguments).current_dir(env!("CARGO_MANIFEST_DIR"));
    let told = git.output().ok().filter(|told| told.status.success())?;
    Some(String::from_utf8(told.stdout).ok()?.trim().to_owned())
}

/// What the figures depend on of the machine.
fn machine() -> Outcome<String> {
    let processors = std::fs::read_to_string("/proc/cpuinfo")?;
    let model = processors
        .lines()
        .find_map(|line| line.strip_prefix("model name")?.split_once(": "))
        .map_or("unknown", |(_, model)| model);
    let memory = std::fs::read_to_string("/proc/meminfo")?;
    let kibibytes: u64 = memory
        .lines()
        .find_map(|line| line.strip_prefix("MemTotal:")?.trim().strip_suffix(" kB"))
        .ok_or("no MemTotal")?
        .parse()?;
    let cores = std::thread::available_parallelism()?;
    let gibibytes = kibibytes.div_ceil(1 << 20);
    Ok(format!("{cores} cores of {model}, {gibibytes} GiB"))
}
