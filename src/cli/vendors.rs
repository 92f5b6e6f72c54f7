//! How the vendors are reached: the flags that `run` and `sync` share.

use std::ffi::OsStr;
use std::net::IpAddr;
use std::path::PathBuf;

use clap::builder::TypedValueParser;
use clap::error::ErrorKind;
use clap::{Arg, Args, Command};

use crate::api::is_server_name;
use crate::destinations::DestinationSettings;
use crate::destinations::misp::MispSettings;
use crate::destinations::taxii::TaxiiSettings;
use crate::destinations::trustar::TrustarSettings;
use crate::flashpoint::{Api, FlashpointSettings};
use crate::http::{HttpSettings, ServiceUrl, UnreadableProxy, check_proxies};

/// Reads the address of a service. What it refuses it does not quote, as other parsers do: it may
/// hold a password.
#[derive(Clone, Copy, Debug)]
struct ServiceUrlParser;

/// Reads a name and the address of a service, `NAME=URL`, as [`ServiceUrlParser`] does.
#[derive(Clone, Copy, Debug)]
struct NamedUrlParser;

impl TypedValueParser for NamedUrlParser {
    type Value = (String, ServiceUrl);

    fn parse_ref(
        &self,
        command: &Command,
        argument: Option<&Arg>,
        value: &OsStr,
    ) -> Result<Self::Value, clap::Error> {
        let text = value.to_string_lossy();
        let (name, url) = text
            .split_once('=')
            .filter(|(name, _)| is_server_name(name))
            .ok_or_else(|| {
                let name = argument.map(ToString::to_string).unwrap_or_default();
                let message = format!(
                    "{name}: write NAME=URL, such as main=https://intel.example.org; a name has lower-case letters, digits and '-'\n"
                );
                clap::Error::raw(ErrorKind::ValueValidation, message).with_cmd(command)
            })?;
        let url = ServiceUrlParser.parse_ref(command, argument, OsStr::new(url))?;
        Ok((name.to_owned(), url))
    }
}

impl TypedValueParser for ServiceUrlParser {
    type Value = ServiceUrl;

    fn parse_ref(
        &self,
        command: &Command,
        argument: Option<&Arg>,
        value: &OsStr,
    ) -> Result<ServiceUrl, clap::Error> {
        value.to_string_lossy().parse().map_err(|why| {
            let name = argument.map(ToString::to_string).unwrap_or_default();
            let message = format!("{name}: {why}\n");
            clap::Error::raw(ErrorKind::ValueValidation, message).with_cmd(command)
        })
    }
}

/// How the vendors are reached.
#[derive(Clone, Debug, Args)]
pub struct Vendors {
    /// Which of Flashpoint's APIs is spoken; a key of one is none of the other. v4 is legacy: Flashpoint retired it in 2024
    #[arg(
        long,
        env = "FLASHPOINT_API",
        value_enum,
        default_value_t = Api::V4,
        value_name = "API"
    )]
    flashpoint_api: Api,

    /// Origin of Flashpoint's API; with ignite the default is https://api.flashpoint.io
    #[arg(
        long,
        env = "FLASHPOINT_URL",
        hide_env_values = true,
        value_parser = ServiceUrlParser,
        default_value_if("flashpoint_api", "ignite", "https://api.flashpoint.io"),
        default_value = "https://docs.fp.tools",
        value_name = "URL"
    )]
    flashpoint_url: ServiceUrl,

    /// Path of Flashpoint's reports; with ignite the default is /finished-intelligence/v1/reports
    #[arg(
        long,
        env = "FLASHPOINT_PATH",
        default_value_if("flashpoint_api", "ignite", "/finished-intelligence/v1/reports"),
        default_value = "/api/v4/reports/",
        value_name = "PATH"
    )]
    flashpoint_path: String,

    /// Origin of TruSTAR's API
    #[arg(
        long,
        env = "TRUSTAR_URL",
        hide_env_values = true,
        value_parser = ServiceUrlParser,
        default_value = "https://api.trustar.co",
        value_name = "URL"
    )]
    trustar_url: ServiceUrl,

    /// Calls to TruSTAR a minute, for each credential; 0: no limit of our own
    #[arg(
        long,
        env = "TRUSTAR_CALLS_PER_MINUTE",
        default_value_t = 60,
        value_name = "N"
    )]
    trustar_calls_per_minute: u32,

    /// A TAXII 2.1 server that feeds may name, by the address of its API root (repeatable)
    #[arg(
        long,
        env = "TAXII_SERVERS",
        hide_env_values = true,
        value_parser = NamedUrlParser,
        value_delimiter = ',',
        value_name = "NAME=API-ROOT"
    )]
    taxii: Vec<(String, ServiceUrl)>,

    /// A MISP that feeds may name (repeatable)
    #[arg(
        long,
        env = "MISP_SERVERS",
        hide_env_values = true,
        value_parser = NamedUrlParser,
        value_delimiter = ',',
        value_name = "NAME=URL"
    )]
    misp: Vec<(String, ServiceUrl)>,

    /// PEM file of certificate authorities to trust besides the system's
    #[arg(long, env = "CA_FILE", value_name = "FILE")]
    ca_file: Option<PathBuf>,
}

impl Vendors {
    /// Where reports come from.
    pub fn flashpoint(&self) -> FlashpointSettings {
        FlashpointSettings {
            api: self.flashpoint_api,
            url: self.flashpoint_url.clone(),
            path: self.flashpoint_path.clone(),
        }
    }

    /// Where they go to. Of two servers of one name the last one counts.
    pub fn destinations(&self) -> DestinationSettings {
        DestinationSettings {
            trustar: TrustarSettings {
                url: self.trustar_url.clone(),
                calls_per_minute: self.trustar_calls_per_minute,
            },
            taxii: TaxiiSettings {
                servers: self.taxii.iter().cloned().collect(),
            },
            misp: MispSettings {
                servers: self.misp.iter().cloned().collect(),
            },
        }
    }

    /// How all are reached.
    pub fn http(&self) -> HttpSettings {
        HttpSettings {
            ca_file: self.ca_file.clone(),
        }
    }

    fn urls(&self) -> impl Iterator<Item = &ServiceUrl> {
        let named = self.taxii.iter().chain(&self.misp).map(|(_, url)| url);
        [&self.flashpoint_url, &self.trustar_url]
            .into_iter()
            .chain(named)
    }

    /// Warns where credentials would leave this machine unencrypted.
    ///
    /// # Errors
    /// Where a proxy is meant to be called, and would not be.
    pub fn check_ways(&self) -> Result<(), UnreadableProxy> {
        for url in self.urls() {
            let (shown, url) = (url, url.url());
            let host = url.host_str().unwrap_or_default();
            let stays = host == "localhost"
                || host
                    .trim_matches(['[', ']'])
                    .parse()
                    .is_ok_and(|ip: IpAddr| ip.is_loopback());
            if url.scheme() == "http" && !stays {
                tracing::warn!(url = %shown, "plain http: credentials go over the network unencrypted");
            }
        }
        check_proxies(self.urls().map(ServiceUrl::url))
    }
}
