//! How the vendors are reached: the flags that `run` and `sync` share.

use std::net::IpAddr;
use std::path::PathBuf;

use clap::Args;

use crate::flashpoint::FlashpointSettings;
use crate::http::HttpSettings;
use crate::trustar::TrustarSettings;

/// How the vendors are reached.
#[derive(Clone, Debug, Args)]
pub struct Vendors {
    /// Origin of Flashpoint's API; Ignite: https://api.flashpoint.io
    #[arg(
        long,
        env = "FLASHPOINT_URL",
        default_value = "https://docs.fp.tools",
        value_name = "URL"
    )]
    flashpoint_url: reqwest::Url,

    /// Path of Flashpoint's reports; Ignite: /finished-intelligence/v1/reports
    #[arg(
        long,
        env = "FLASHPOINT_PATH",
        default_value = "/api/v4/reports/",
        value_name = "PATH"
    )]
    flashpoint_path: String,

    /// Origin of TruSTAR's API
    #[arg(
        long,
        env = "TRUSTAR_URL",
        default_value = "https://api.trustar.co",
        value_name = "URL"
    )]
    trustar_url: reqwest::Url,

    /// Calls to TruSTAR a minute, for each credential; 0: no limit of our own
    #[arg(
        long,
        env = "TRUSTAR_CALLS_PER_MINUTE",
        default_value_t = 60,
        value_name = "N"
    )]
    trustar_calls_per_minute: u32,

    /// PEM file of certificate authorities to trust besides the system's
    #[arg(long, env = "CA_FILE", value_name = "FILE")]
    ca_file: Option<PathBuf>,
}

impl Vendors {
    /// Where reports come from.
    pub fn flashpoint(&self) -> FlashpointSettings {
        FlashpointSettings {
            url: self.flashpoint_url.clone(),
            path: self.flashpoint_path.clone(),
        }
    }

    /// Where they go to.
    pub fn trustar(&self) -> TrustarSettings {
        TrustarSettings {
            url: self.trustar_url.clone(),
            calls_per_minute: self.trustar_calls_per_minute,
        }
    }

    /// How both are reached.
    pub fn http(&self) -> HttpSettings {
        HttpSettings {
            ca_file: self.ca_file.clone(),
        }
    }

    /// Warns where credentials would leave this machine unencrypted.
    pub fn warn_of_plain_http(&self) {
        for url in [&self.flashpoint_url, &self.trustar_url] {
            let host = url.host_str().unwrap_or_default();
            let stays = host == "localhost"
                || host
                    .trim_matches(['[', ']'])
                    .parse()
                    .is_ok_and(|ip: IpAddr| ip.is_loopback());
            if url.scheme() == "http" && !stays {
                tracing::warn!(%url, "plain http: credentials go over the network unencrypted");
            }
        }
    }
}
