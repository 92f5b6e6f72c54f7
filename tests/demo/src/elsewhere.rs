//! The same reports into the other destinations, each a simulator.

use simulators::misp::{KEY, Misp};
use simulators::start;

use super::Outcome;
use super::show::{self, note};
use super::vendors::Vendors;

/// A feed into a MISP, as in `examples/`.
const MISP_FEED: &str = include_str!("../../../examples/misp/feed.yaml");

/// Brings the reports into a MISP.
pub async fn misp(vendors: &Vendors) -> Outcome<()> {
    let misp = start(Misp::default()).await?;
    let server = format!("main={}", misp.url());
    let feed = vendors.write("misp.yaml", MISP_FEED)?;
    note(&format!(
        "\nThe same feed into a MISP, a simulator at {}:",
        misp.url()
    ));
    let sync = ["sync", "-f", &feed, "--misp", &server];
    vendors.sync(&sync, &[("MISP_AUTH_KEY", KEY)]).await?;
    show::events(&misp.events());
    Ok(())
}
