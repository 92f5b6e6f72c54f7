//! The same reports into the other destinations, each a simulator.

use simulators::misp::{KEY, Misp};
use simulators::start;
use simulators::taxii::{COLLECTION, ROOT, Settings, TOKEN, Taxii};

use super::Outcome;
use super::show::{self, note};
use super::vendors::Vendors;

/// A feed into a MISP, as in `examples/`.
const MISP_FEED: &str = include_str!("../../../examples/misp/feed.yaml");

/// A feed into a TAXII collection, as in `examples/`, where it names another one.
const TAXII_FEED: &str = include_str!("../../../examples/opencti/feed.yaml");

/// The line of the example that names the collection.
const NAMED: &str = "      collection: ";

/// Brings the reports into a TAXII collection.
pub async fn taxii(vendors: &Vendors) -> Outcome<()> {
    let taxii = start(Taxii::new(Settings::default())).await?;
    let server = format!("opencti={}{ROOT}", taxii.url());
    let lines = TAXII_FEED.lines().map(|line| {
        if line.starts_with(NAMED) {
            format!("{NAMED}{COLLECTION}\n")
        } else {
            format!("{line}\n")
        }
    });
    let feed = vendors.write("taxii.yaml", &lines.collect::<String>())?;
    note(&format!(
        "The same feed into a TAXII 2.1 collection, of a simulated OpenCTI at {}:",
        taxii.url()
    ));
    let sync = ["sync", "-f", &feed, "--taxii", &server];
    vendors.sync(&sync, &[("TAXII_TOKEN", TOKEN)]).await?;
    show::collection(&taxii.stored());
    Ok(())
}

/// Brings the reports into a MISP.
pub async fn misp(vendors: &Vendors) -> Outcome<()> {
    let misp = start(Misp::default()).await?;
    let server = format!("main={}", misp.url());
    let feed = vendors.write("misp.yaml", MISP_FEED)?;
    note(&format!(
        "The same feed into a MISP, a simulator at {}:",
        misp.url()
    ));
    let sync = ["sync", "-f", &feed, "--misp", &server];
    vendors.sync(&sync, &[("MISP_AUTH_KEY", KEY)]).await?;
    show::events(&misp.events());
    Ok(())
}
