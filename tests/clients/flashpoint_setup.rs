//! A simulated Flashpoint with a client of it, by either API.

use std::time::Duration;

use flashpoint_operator::flashpoint::{
    Api, ApiKey, Flashpoint, FlashpointSettings, FlashpointSource,
};
use secrecy::SecretString;
use simulators::Server;
use simulators::flashpoint::{Flashpoint as Simulator, Settings};

use super::{Heard, http};

pub struct Setup {
    pub server: Server<Simulator>,
    pub client: Flashpoint,
    /// How long one call may take, as a feed says it.
    pub timeout: Duration,
}

impl Setup {
    pub async fn new(api: Api) -> Self {
        let settings = match api {
            Api::V4 => Settings::default(),
            Api::Ignite => Settings::ignite(),
        };
        let path = settings.path.clone();
        let server = simulators::start(Simulator::new(settings)).await.unwrap();
        let settings = FlashpointSettings {
            api,
            url: server.url().parse().unwrap(),
            path,
        };
        Self {
            client: Flashpoint::new(&settings, http(), Heard::new()),
            server,
            timeout: Duration::from_secs(10),
        }
    }

    pub fn source(&self) -> FlashpointSource {
        let key = ApiKey(SecretString::from(self.server.api_key()));
        self.client.source(&key, self.timeout)
    }

    /// The path and query of each call so far.
    pub fn targets(&self) -> Vec<String> {
        let all = self.server.controls().record.all();
        all.iter().map(|exchange| exchange.target.clone()).collect()
    }
}
