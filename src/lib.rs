//! Feeds Flashpoint intelligence reports into TruSTAR enclaves, as a Kubernetes operator.
//!
//! The way of the data: a `FlashpointFeed` ([`api`]) is found due by the [`controller`], which makes a plan of it. A [`sync`]
//! lists the pages of a window from [`flashpoint`], passes over what its ledger knows, examines the rest for [`indicators`],
//! and delivers the reports in which any count by one of the [`destinations`]. Its outcome goes to the ledger, then to the
//! status. `docs/architecture.md` has it as a picture, with the words.

pub mod api;
pub mod cli;
pub mod controller;
pub mod destinations;
pub mod flashpoint;
#[cfg(test)]
mod golden;
pub mod http;
pub mod sync;
pub mod telemetry;

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    /// The code of a module, its folder's included, without comments.
    fn code(path: &Path) -> String {
        if path.is_dir() {
            let entries = fs::read_dir(path)
                .unwrap()
                .map(|entry| entry.unwrap().path());
            return entries.map(|path| code(&path)).collect();
        }
        if path.extension().is_none_or(|extension| extension != "rs") {
            return String::new();
        }
        let text = fs::read_to_string(path).unwrap();
        let lines = text.lines();
        let lines = lines.filter(|line| !line.trim_start().starts_with("//"));
        lines.flat_map(|line| [line, "\n"]).collect()
    }

    /// Whether code uses a crate: `name::…`, `use name;`, `use name as …`.
    fn names(code: &str, name: &str) -> bool {
        let is_part = |c: char| c.is_alphanumeric() || c == '_';
        code.match_indices(name).any(|(at, _)| {
            let (before, after) = (&code[..at], &code[at + name.len()..]);
            // `::name` is the crate's, `own::name` is not.
            let before = match before.strip_suffix("::") {
                Some(path) if path.ends_with(is_part) => return false,
                Some(before) => before,
                None => before,
            };
            let is_used = after.starts_with("::")
                || before.ends_with("use ")
                    && (after.starts_with(';') || after.starts_with(" as "));
            !before.ends_with(is_part) && is_used
        })
    }

    #[test]
    fn what_is_pure_knows_no_network_and_only_the_edges_know_kubernetes() {
        const PURE: [&str; 22] = [
            "api",
            "controller/decide.rs",
            "controller/due.rs",
            "controller/feed.rs",
            "controller/standing.rs",
            "controller/status.rs",
            "destinations/trustar/mapping.rs",
            "flashpoint/csv_links.rs",
            "flashpoint/deeplink.rs",
            "flashpoint/fields.rs",
            "flashpoint/images.rs",
            "http/fault.rs",
            "sync/because.rs",
            "sync/choice.rs",
            "sync/counts.rs",
            "sync/ledger",
            "sync/own.rs",
            "sync/record.rs",
            "sync/report",
            "sync/task.rs",
            "sync/window.rs",
            "telemetry/shown.rs",
        ];
        const KUBERNETES: [&str; 3] = ["api", "cli", "controller"];
        let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
        for module in PURE {
            let code = code(&src.join(module));
            assert!(!code.is_empty(), "{module} is empty");
            for name in ["tokio", "reqwest"] {
                assert!(!names(&code, name), "{module} names {name}");
            }
        }
        for entry in fs::read_dir(src).unwrap() {
            let path = entry.unwrap().path();
            let module = path.file_stem().unwrap().to_str().unwrap();
            let code = code(&path);
            for name in ["kube", "k8s_openapi"] {
                let wrong = !KUBERNETES.contains(&module) && module != "lib" && names(&code, name);
                assert!(!wrong, "{module} names {name}");
            }
        }
        for using in [
            "use tokio::task;",
            "::tokio::spawn(x)",
            "use tokio as t;",
            "a(tokio::b)",
        ] {
            assert!(names(using, "tokio"), "{using}");
        }
        for other in ["my_tokio::x", "own::tokio::x", "tokio_util::x", "\"tokio\""] {
            assert!(!names(other, "tokio"), "{other}");
        }
    }
}
