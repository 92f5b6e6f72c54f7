//! What the demo prints.

use std::io::{IsTerminal as _, stdout};
use std::path::Path;

use serde_json::Value;
use simulators::misp::Event;
use simulators::trustar::StoredReport;

use super::vendors::Vendors;

/// The widest a title is shown.
const TITLE: usize = 48;

/// A heading.
pub fn heading(text: &str) {
    println!("\n{}", bold(text));
}

/// A line to the reader.
pub fn note(text: &str) {
    println!("{text}");
}

/// A command, as one would type it.
pub fn command(name: &str, arguments: &[&str]) {
    println!("\n$ {name} {}", arguments.join(" "));
}

/// What the enclave holds, as a table.
pub fn enclave(reports: &[StoredReport]) {
    println!("\nThe enclave now holds {} reports:", reports.len());
    println!(
        "{}",
        bold(&format!(
            "{:24}{:TITLE$}  {:22}TAGS",
            "EXTERNAL ID", "TITLE", "TIME BEGAN"
        ))
    );
    for report in reports {
        let title: String = report.title.chars().take(TITLE).collect();
        let tags: Vec<&str> = report.tags.iter().map(String::as_str).collect();
        let id = report.external_id.as_deref().unwrap_or("-");
        let began = report.time_began.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
        println!("{id:24}{title:TITLE$}  {began:<22}{}", tags.join(", "));
    }
    println!();
}

/// The reports that a TAXII collection holds, as a table.
pub fn collection(objects: &[Value]) {
    let text = |object: &Value, field: &str| object[field].as_str().unwrap_or("-").to_owned();
    let reports = objects.iter().filter(|object| object["type"] == "report");
    let reports: Vec<_> = reports.collect();
    println!(
        "\nThe collection now holds {} objects, {} of them reports:",
        objects.len(),
        reports.len()
    );
    let header = format!("{:46}{:TITLE$}  {:26}REFERS TO", "ID", "NAME", "PUBLISHED");
    println!("{}", bold(&header));
    for report in reports {
        let title: String = text(report, "name").chars().take(TITLE).collect();
        let refers = report["object_refs"].as_array().map_or(0, Vec::len);
        let (id, published) = (text(report, "id"), text(report, "published"));
        println!("{id:46}{title:TITLE$}  {published:26}{refers}");
    }
    println!();
}

/// What a MISP holds, as a table.
pub fn events(events: &[Event]) {
    println!("\nMISP now holds {} events:", events.len());
    let header = format!("{:38}{:TITLE$}  {:12}ATTRIBUTES", "UUID", "INFO", "DATE");
    println!("{}", bold(&header));
    for event in events {
        let title: String = event.info.chars().take(TITLE).collect();
        let attributes = event.attributes.len();
        println!(
            "{:38}{title:TITLE$}  {:12}{attributes}",
            event.uuid, event.date
        );
    }
    println!();
}

/// How to go on with a demo that stays up.
pub fn how_to_play(kubeconfig: Option<&Path>, vendors: &Vendors, namespace: &str) {
    heading("It stays up. Play with it from another terminal:");
    if let Some(kubeconfig) = kubeconfig {
        println!("  export KUBECONFIG={}", kubeconfig.display());
    }
    let (flashpoint, trustar) = (vendors.flashpoint.url(), vendors.trustar.url());
    println!("  kubectl -n {namespace} get flashpointfeeds -o wide");
    println!("  kubectl -n {namespace} describe flashpointfeed cybercrime");
    println!(
        "  curl {flashpoint}/_sim/reports -d '{{\"generate\": 1}}'   # a new report is posted"
    );
    println!(
        "  kubectl -n {namespace} annotate flashpointfeed cybercrime --overwrite flashpoint-operator.dev/requested-at=\"$(date)\""
    );
    println!("  curl {trustar}/_sim/reports   # what the enclave holds");
    println!("Ctrl-C ends it and leaves nothing running.");
}

fn bold(text: &str) -> String {
    if stdout().is_terminal() {
        format!("\u{1b}[1m{text}\u{1b}[0m")
    } else {
        text.to_owned()
    }
}
