//! What `benches/instructions/run` counts the instructions of: one hot path a run, named by the argument.
//!
//! Each is prepared and done once before it is counted, so that what is made at the first use is not. It prints what the
//! count is to be divided by, as JSON; without an argument the names of all.

mod extractor;
mod inputs;
mod paths;
mod quiet;

use std::error::Error;

use serde_json::json;

type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

/// How often a short path is done in one pass, so that an allocator's occasional tidying averages out.
pub const SHORT: usize = 100;

/// A hot path with its inputs ready, so that one pass is all that is counted.
pub struct Case {
    /// What there are `items` of in one pass.
    per: &'static str,
    items: usize,
    pass: Box<dyn FnMut()>,
}

impl Case {
    fn new(per: &'static str, items: usize, pass: impl FnMut() + 'static) -> Self {
        let pass = Box::new(pass);
        Self { per, items, pass }
    }
}

/// Makes the inputs of a case.
type Prepare = fn() -> Outcome<Case>;

/// The paths, each with what prepares it.
const CASES: [(&str, Prepare); 17] = [
    ("extract HTML", || Ok(extractor::find("html"))),
    ("extract plain", || Ok(extractor::find("plain"))),
    ("extract CSV", || Ok(extractor::find("csv"))),
    ("extract names", || Ok(extractor::find("names"))),
    ("digest", paths::digest),
    ("read a page of 500", paths::page),
    ("map to TruSTAR", paths::trustar),
    ("map to STIX", paths::stix),
    ("map to MISP", paths::misp),
    ("encode a ledger of 1,000", || paths::encode(1_000)),
    ("encode a ledger of 20,000", || paths::encode(20_000)),
    ("decode a ledger of 1,000", || paths::decode(1_000)),
    ("decode a ledger of 20,000", || paths::decode(20_000)),
    ("quiet sync of 5", || quiet::sync_of(5)),
    ("quiet sync of 500", || quiet::sync_of(500)),
    ("status after a sync", quiet::status),
    ("read a feed", paths::feed),
];

fn main() -> Outcome<()> {
    let Some(wanted) = std::env::args().nth(1) else {
        for (name, _) in &CASES {
            println!("{name}");
        }
        return Ok(());
    };
    let case = CASES.iter().find(|(name, _)| *name == wanted);
    let (_, prepare) = case.ok_or("there is no such case")?;
    let mut case = prepare()?;
    (case.pass)();
    counted(case.pass.as_mut());
    println!("{}", json!({"per": case.per, "items": case.items}));
    Ok(())
}

/// What callgrind counts, by its name.
#[inline(never)]
fn counted(pass: &mut dyn FnMut()) {
    pass();
}
