//! Serves a simulated MISP until it is interrupted; prints its URL and key as one line of JSON.

use simulators::misp::{KEY, Misp};

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let server = simulators::start(Misp::default()).await?;
    println!("{}", serde_json::json!({"url": server.url(), "key": KEY}));
    tokio::signal::ctrl_c().await
}
