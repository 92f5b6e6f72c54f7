//! What every test stands on: a control plane, a stage with a namespace and both vendors, an operator process.

mod cluster;
mod operator;
mod proxy;
mod relay;
mod stage;

use std::time::{Duration, Instant};

pub use cluster::{Audit, Call, Cluster, cluster, election_rules, user, watch_rules};
pub use operator::Operator;
pub use proxy::Proxy;
pub use relay::Relay;
pub use stage::{SECRET, Stage, conditions, counts, message, reason, status};

/// How long something may take that takes a moment; a busy machine takes many times the usual.
pub const SOON: Duration = Duration::from_mins(1);

/// Asks again and again until there is an answer.
///
/// # Panics
/// When there is none in time.
pub async fn until<T>(what: &str, within: Duration, mut ask: impl AsyncFnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + within;
    loop {
        if let Some(answer) = ask().await {
            return answer;
        }
        assert!(Instant::now() < deadline, "not within {within:?}: {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
