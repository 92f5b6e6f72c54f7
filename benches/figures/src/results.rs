//! What a section measured, as rows that `benches/page.py` makes the page, its plots and the table of goals from.

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
}

impl Results {
    /// Of a section whose rows are told apart by these members.
    pub fn new(section: &'static str, keys: &'static [&'static str]) -> Self {
        Self {
            section,
            keys,
            rows: Vec::new(),
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
        row.insert("revision".to_owned(), revision().into());
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
            Err(_) => Vec::new(),
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
            "machine": machine()?,
            "rows": rows,
        });
        if let Some(directory) = path.parent() {
            std::fs::create_dir_all(directory)?;
        }
        std::fs::write(&path, format!("{results:#}\n"))?;
        Ok(())
    }
}

/// The commit that is measured, with `+` where files differ from it.
fn revision() -> String {
    let told = Command::new("git")
        .args(["describe", "--always", "--dirty=+", "--abbrev=9"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output();
    told.ok()
        .filter(|told| told.status.success())
        .and_then(|told| String::from_utf8(told.stdout).ok())
        .map_or_else(|| "unknown".to_owned(), |told| told.trim().to_owned())
}

/// What the figures depend on of the machine.
fn machine() -> Outcome<Value> {
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
    Ok(json!({
        "processor": model,
        "cores": std::thread::available_parallelism()?.get(),
        "memory_gib": kibibytes / (1 << 20),
    }))
}
