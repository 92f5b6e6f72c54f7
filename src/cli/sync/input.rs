//! What a sync is given: a feed and its credentials, from files and the environment.

use std::path::Path;

use serde_json::Value;

use super::secrets::{self, File};
use super::{Args, Refused};
use crate::api::credentials::Credentials;
use crate::api::{Checked, Checker, FeedSettings, FlashpointFeed};
use crate::cli::{Exit, file, manifest};

/// What there is to do.
pub struct Input {
    /// The feed's namespace, where it has one, and name.
    pub feed: String,
    pub settings: FeedSettings,
    pub credentials: Credentials,
}

/// Reads the feed and its credentials.
///
/// # Errors
/// What is wrong with which file, and what to do.
pub(super) fn read(args: &Args) -> Result<Input, Refused> {
    let objects = objects(&args.file)?;
    let feed = feed(&objects, &args.file, args.name.as_deref(), "-f")?;
    let settings = FeedSettings::try_from(&feed.spec).map_err(bad_input)?;
    let beside = args
        .secret
        .as_ref()
        .map(|file| Ok((self::objects(file)?, file::name_of(file))))
        .transpose()?;
    let source = match &beside {
        Some((objects, file)) => File {
            objects,
            name: file,
            is_for_secrets: true,
        },
        None => File {
            objects: &objects,
            name: &file::name_of(&args.file),
            is_for_secrets: false,
        },
    };
    let credentials = secrets::credentials(&source, &feed, &settings)?;
    Ok(Input {
        feed: name_of(&feed),
        settings,
        credentials,
    })
}

/// The settings of a feed in a file that was named by `flag`.
///
/// # Errors
/// What is wrong with the file, and what to do.
pub fn settings(file: &Path, name: Option<&str>, flag: &str) -> Result<FeedSettings, String> {
    let settings = objects(file)
        .and_then(|objects| feed(&objects, file, name, flag))
        .and_then(|feed| FeedSettings::try_from(&feed.spec).map_err(bad_input));
    settings.map_err(|refused| refused.message)
}

fn objects(file: &Path) -> Result<Vec<Value>, Refused> {
    let objects = manifest::read(file).and_then(|text| manifest::objects(&text));
    let objects = objects.map_err(|error| bad_input(format!("{} {error}", file::name_of(file))))?;
    Ok(objects.into_iter().map(|(_, object)| object).collect())
}

/// The one feed that is meant, in the file that `flag` named.
fn feed(
    objects: &[Value],
    file: &Path,
    wanted: Option<&str>,
    flag: &str,
) -> Result<FlashpointFeed, Refused> {
    let file = file::name_of(file);
    let checker = Checker::default();
    let mut others = Vec::new();
    let mut feeds = Vec::new();
    for object in objects {
        match checker.check(object) {
            Checked::Other(name) => others.push(name),
            feed => feeds.push((title(object), feed)),
        }
    }
    if feeds.is_empty() {
        let holds = if others.is_empty() {
            "nothing".to_owned()
        } else {
            others.join(", ")
        };
        return Err(bad_input(format!(
            "{file} holds no FlashpointFeed, but {holds}: give the feed's file with {flag}"
        )));
    }
    let names: Vec<String> = feeds.iter().map(|(name, _)| name.clone()).collect();
    let is_meant = |name: &str| {
        wanted.is_none_or(|wanted| name == wanted || name.rsplit('/').next() == Some(wanted))
    };
    let mut meant = feeds.into_iter().filter(|(name, _)| is_meant(name));
    match (meant.next(), meant.next(), wanted) {
        (Some((_, Checked::Feed(feed))), None, _) => Ok(*feed),
        (Some((name, Checked::Refused(problems))), None, _) => {
            let problems: Vec<String> = problems
                .iter()
                .map(|problem| format!("\n  {problem}"))
                .collect();
            Err(bad_input(format!(
                "{file}: FlashpointFeed {name} is not valid:{}",
                problems.concat()
            )))
        }
        (None, _, Some(wanted)) => Err(bad_input(format!(
            "{file} holds no feed {wanted}, but {}",
            names.join(", ")
        ))),
        _ => Err(bad_input(format!(
            "{file} holds {} feeds, {}: choose one with --name",
            names.len(),
            names.join(", ")
        ))),
    }
}

fn name_of(feed: &FlashpointFeed) -> String {
    let name = feed.metadata.name.as_deref().unwrap_or_default();
    feed.metadata.namespace.as_ref().map_or_else(
        || name.to_owned(),
        |namespace| format!("{namespace}/{name}"),
    )
}

/// An object's namespace, where it has one, and name.
pub fn title(object: &Value) -> String {
    let metadata = |field: &str| {
        object
            .get("metadata")
            .and_then(|metadata| metadata.get(field)?.as_str())
    };
    let name = metadata("name").unwrap_or("without name");
    metadata("namespace").map_or_else(
        || name.to_owned(),
        |namespace| format!("{namespace}/{name}"),
    )
}

pub(super) fn bad_input(message: impl std::fmt::Display) -> Refused {
    Refused::new(Exit::BadInput, &message)
}
