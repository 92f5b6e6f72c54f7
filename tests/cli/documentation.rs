//! The documentation names all that there is to see, nothing that there is not, and its links lead somewhere.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use control_plane::KubernetesVersion;
use flashpoint_operator::api::{Reason, definitions};
use serde_json::Value;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: impl AsRef<Path>) -> String {
    let path = root().join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// What a page names: its inline code.
fn named(page: &str) -> BTreeSet<String> {
    let code = prose(page);
    code.split('`')
        .skip(1)
        .step_by(2)
        .map(str::to_owned)
        .collect()
}

/// A page without its fenced blocks.
fn prose(page: &str) -> String {
    let mut fenced = false;
    let mut prose = String::new();
    for line in page.lines() {
        if line.starts_with("```") {
            fenced = !fenced;
        } else if !fenced {
            prose.push_str(line);
            prose.push('\n');
        }
    }
    assert!(!fenced, "a fenced block does not end");
    prose
}

/// Fails with what one side has and the other lacks.
fn assert_same(existing: &BTreeSet<String>, documented: &BTreeSet<String>, page: &str) {
    let undocumented: Vec<_> = existing.difference(documented).collect();
    let gone: Vec<_> = documented.difference(existing).collect();
    assert!(
        undocumented.is_empty() && gone.is_empty(),
        "{page} does not name {undocumented:?}, and names what is not there: {gone:?}"
    );
}

/// The path of each field below a schema.
fn fields(schema: &Value, path: &str, found: &mut BTreeSet<String>) {
    for (name, field) in schema["properties"].as_object().into_iter().flatten() {
        let path = format!("{path}.{name}");
        fields(field, &path, found);
        fields(&field["items"], &format!("{path}[]"), found);
        found.insert(path);
    }
}

#[test]
fn each_field_of_a_feed_is_in_its_reference() {
    let feed = serde_json::to_value(&definitions()[0]).unwrap();
    let schema = &feed["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"];
    let mut existing = BTreeSet::new();
    for half in ["spec", "status"] {
        fields(&schema[half], half, &mut existing);
    }
    assert!(
        existing.contains("status.failures[].nextAttempt"),
        "{existing:?}"
    );
    let is_path = |name: &String| {
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '[' | ']');
        (name.starts_with("spec.") || name.starts_with("status.")) && name.chars().all(plain)
    };
    let page = "docs/feed-reference.md";
    let documented = named(&read(page)).into_iter().filter(is_path).collect();
    assert_same(&existing, &documented, page);
}

#[test]
fn each_reason_is_in_the_reference() {
    let page = read("docs/feed-reference.md");
    let (_, section) = page.split_once("\n### Reasons\n").unwrap();
    let (section, _) = section.split_once("\n### ").unwrap();
    let is_reason = |cell: &str| cell.starts_with('`').then(|| named(cell));
    let rows = section
        .lines()
        .filter_map(|row| is_reason(row.strip_prefix("| ")?.split('|').next()?));
    let existing = Reason::ALL
        .iter()
        .map(|reason| reason.as_str().to_owned())
        .collect();
    assert_same(&existing, &rows.flatten().collect(), "the table of reasons");
}

#[test]
fn each_alert_has_a_heading_that_its_runbook_leads_to() {
    let rules: Value =
        serde_saphyr::from_str(&read("charts/flashpoint-operator/files/alerts.yaml")).unwrap();
    let rules = rules["rules"].as_array().unwrap();
    let existing = rules
        .iter()
        .map(|rule| rule["alert"].as_str().unwrap().to_lowercase());
    let page = "docs/alerts.md";
    let headings = anchors(&read(page)).into_iter();
    let documented = headings.filter(|name| name.starts_with("flashpoint"));
    assert_same(&existing.collect(), &documented.collect(), page);
}

/// Whether a value's path leads somewhere in the chart's values.
fn is_value(values: &Value, path: &str) -> bool {
    let mut parts = path.split('.');
    parts
        .try_fold(values, |value, part| value.get(part))
        .is_some()
}

#[test]
fn each_value_of_the_chart_that_is_named_is_there() {
    let values: Value =
        serde_saphyr::from_str(&read("charts/flashpoint-operator/values.yaml")).unwrap();
    let mut seen = 0;
    for page in [
        "operations.md",
        "alerts.md",
        "gitops.md",
        "feed-reference.md",
    ] {
        for name in named(&read(format!("docs/{page}"))) {
            let path = name.split('=').next().unwrap();
            let top = path.split('.').next().unwrap();
            // A word alone may be anything's name.
            if path == top || values.get(top).is_none() {
                continue;
            }
            assert!(
                is_value(&values, path),
                "docs/{page}: the chart has no value {path}"
            );
            seen += 1;
        }
    }
    assert!(seen > 20, "hardly any value was found: {seen}");
}

#[test]
fn the_kubernetes_version_is_the_tested_one() {
    let row = format!("| {} ", KubernetesVersion::PINNED);
    assert!(
        read("docs/README.md").contains(&row),
        "no row {row:?} in docs/README.md"
    );
}

/// The pages that people are led to.
fn pages() -> Vec<PathBuf> {
    let docs = fs::read_dir(root().join("docs")).unwrap();
    let docs = docs.map(|entry| entry.unwrap().path());
    let pages = docs.filter(|path| path.extension().is_some_and(|kind| kind == "md"));
    pages.chain([root().join("README.md")]).collect()
}

/// The targets of a page's links, those to other sites aside.
fn links(page: &str) -> Vec<String> {
    let prose = prose(page);
    let targets = prose
        .split("](")
        .skip(1)
        .filter_map(|rest| rest.split(')').next());
    let ours = targets.filter(|target| !target.contains("://"));
    ours.map(str::to_owned).collect()
}

/// The anchors of a page's headings, as GitHub makes them.
fn anchors(page: &str) -> BTreeSet<String> {
    let prose = prose(page);
    let headings = prose.lines().filter(|line| line.starts_with('#'));
    let anchor = |heading: &str| {
        let text = heading.trim_start_matches('#').trim().to_lowercase();
        let kept = text
            .chars()
            .filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
        kept.collect::<String>().replace(' ', "-")
    };
    headings.map(anchor).collect()
}

#[test]
fn links_lead_somewhere() {
    let mut followed = 0;
    let for_contributors = ["CONTRIBUTING.md", "SECURITY.md"].map(|name| root().join(name));
    for page in pages().into_iter().chain(for_contributors) {
        let text = read(&page);
        for link in links(&text) {
            let (path, anchor) = link.split_once('#').unwrap_or((&link, ""));
            let target = if path.is_empty() {
                page.clone()
            } else {
                page.with_file_name(path)
            };
            let told = format!("{}: {link}", page.display());
            assert!(target.exists(), "{told}: there is no such file");
            assert!(
                anchor.is_empty() || anchors(&read(&target)).contains(anchor),
                "{told}: there is no such heading"
            );
            followed += 1;
        }
    }
    assert!(followed > 20, "hardly any link was found: {followed}");
}

#[test]
fn each_page_is_in_the_index() {
    let index: BTreeSet<String> = links(&read("docs/README.md")).into_iter().collect();
    for page in pages() {
        let name = page.file_name().unwrap().to_string_lossy().into_owned();
        assert!(
            name == "README.md" || index.contains(&name),
            "docs/README.md does not list {name}"
        );
    }
}

/// The pages and examples that say how to install: whoever goes from one to the next finds the same names.
#[test]
fn installation_has_one_image_and_one_namespace() {
    let image = format!(
        "registry.example.com/flashpoint-operator:{}",
        env!("CARGO_PKG_VERSION")
    );
    for page in [
        "README.md",
        "docs/getting-started.md",
        "charts/flashpoint-operator/README.md",
    ] {
        let text = read(page);
        assert!(text.contains(&image), "{page} does not build {image}");
        for flag in text.split("image.repository=").skip(1) {
            let rest = flag.strip_prefix("registry.example.com/flashpoint-operator");
            assert!(rest.is_some(), "{page} has another image: {flag:.60}");
        }
    }
    let pages = pages().into_iter().map(|page| read(&page));
    for text in pages.chain([read("charts/flashpoint-operator/README.md")]) {
        let installs = text.split("helm install ").skip(1);
        for command in installs.filter_map(|rest| rest.split("```").next()) {
            assert!(
                command.contains("--namespace flashpoint-operator")
                    || !command.contains("--namespace"),
                "helm install {command}"
            );
        }
    }
    for (file, key) in [
        ("argocd/application.yaml", "namespace"),
        ("flux/operator.yaml", "targetNamespace"),
    ] {
        let text = read(format!("examples/{file}"));
        assert!(
            text.contains("repository: registry.example.com/flashpoint-operator\n"),
            "{file}: image"
        );
        assert!(
            text.contains(&format!("{key}: flashpoint-operator\n")),
            "{file}: namespace"
        );
    }
}

/// A feed is Ready, and without a backlog, before a change as after it: what waits for a change waits first for the sync that saw it.
#[test]
fn what_waits_after_a_change_waits_for_the_sync_that_saw_it() {
    for path in pages() {
        let page = read(&path);
        for block in page.split("```").skip(1).step_by(2) {
            let mut lines = block.lines().skip_while(|line| {
                !["annotate flashpointfeed", "patch flashpointfeed"]
                    .iter()
                    .any(|change| line.contains(change))
            });
            let first = lines.find(|line| line.contains(" wait --for="));
            assert!(
                first.is_none_or(|line| line.contains("lastHandledReconcileAt")
                    || line.contains("observedGeneration")),
                "{}: {first:?}",
                path.display()
            );
        }
    }
}
