//! What every destination must keep, written once: each test runs over a TruSTAR, a strict TAXII server, `OpenCTI`'s TAXII
//! and a MISP, simulated behind real sockets. `docs/architecture.md` has the promises I1 to I5.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests"
)]

/// Runs tests that take a [`stage::Stage`] over each destination.
macro_rules! over_each_destination {
    (@ $module:ident, $kind:ident: $($test:ident)+) => {
        mod $module {
            $(
                #[tokio::test]
                async fn $test() {
                    let mut stage = crate::stage::Stage::new(crate::place::Kind::$kind).await;
                    super::$test(&mut stage).await;
                }
            )+
        }
    };
    ($($test:ident),+ $(,)?) => {
        over_each_destination!(@ trustar, Trustar: $($test)+);
        over_each_destination!(@ taxii, Taxii: $($test)+);
        over_each_destination!(@ opencti, OpenCti: $($test)+);
        over_each_destination!(@ misp, Misp: $($test)+);
    };
}

mod held;
mod lives;
mod once;
mod place;
mod ports;
mod refusals;
mod restart;
mod services;
mod stage;
mod syncs;
