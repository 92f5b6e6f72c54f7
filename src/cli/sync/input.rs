//! What a sync is given: a feed and its credentials, from files and the environment.

use std::borrow::Cow;
use std::collections::HashMap;
use std::env;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use super::{Args, Refused};
use crate::api::credentials::{
    Credentials, FLASHPOINT_API_KEY, TRUSTAR_API_KEY, TRUSTAR_API_SECRET,
};
use crate::api::{Checked, Checker, FeedSettings, FlashpointFeed};
use crate::cli::{Exit, manifest};

/// Each key of the secret, and the variable that stands in for it.
const KEYS: [(&str, &str); 3] = [
    (FLASHPOINT_API_KEY, "FLASHPOINT_API_KEY"),
    (TRUSTAR_API_KEY, "TRUSTAR_API_KEY"),
    (TRUSTAR_API_SECRET, "TRUSTAR_API_SECRET"),
];

/// What there is to do.
pub struct Input {
    /// The feed's namespace, where it has one, and name.
    pub feed: String,
    /// What it asks for.
    pub settings: FeedSettings,
    /// What it authenticates with.
    pub credentials: Credentials,
}

/// Reads the feed and its credentials.
///
/// # Errors
/// What is wrong with which file, and what to do.
pub fn read(args: &Args) -> Result<Input, Refused> {
    let objects = objects(&args.file)?;
    let feed = feed(&objects, &shown(&args.file), args.name.as_deref())?;
    let settings = FeedSettings::try_from(&feed.spec).map_err(bad_input)?;
    let beside = args
        .secret
        .as_ref()
        .map(|file| Ok((self::objects(file)?, shown(file))))
        .transpose()?;
    let secret = match &beside {
        Some((objects, file)) => {
            let found = secret(objects, file, &feed)?;
            Some(found.ok_or_else(|| not_this_secret(objects, file, &feed))?)
        }
        None => secret(&objects, &shown(&args.file), &feed)?,
    };
    let credentials = credentials(secret, &feed)?;
    Ok(Input {
        feed: name_of(&feed),
        settings,
        credentials,
    })
}

fn objects(file: &Path) -> Result<Vec<Value>, Refused> {
    let objects = manifest::read(file).and_then(|text| manifest::objects(&text));
    let objects = objects.map_err(|error| bad_input(format!("{} {error}", shown(file))))?;
    Ok(objects.into_iter().map(|(_, object)| object).collect())
}

/// The one feed that is meant.
fn feed(objects: &[Value], file: &str, wanted: Option<&str>) -> Result<FlashpointFeed, Refused> {
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
            "{file} holds no FlashpointFeed, but {holds}: give the feed's file with -f"
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

/// The values of the secret that the feed names, if it is among the objects.
fn secret<'a>(
    objects: &'a [Value],
    file: &str,
    feed: &FlashpointFeed,
) -> Result<Option<Secret<'a>>, Refused> {
    let found = objects
        .iter()
        .find(|object| is_secret(object) && is_named_by(feed, object));
    let Some(object) = found else { return Ok(None) };
    let place = format!("Secret {} in {file}", title(object));
    let mut values = HashMap::new();
    for (key, _) in KEYS {
        let value =
            value_of(object, key).map_err(|what| bad_input(format!("{place}: {key} {what}")))?;
        if let Some(value) = value.filter(|value| !value.trim_ascii().is_empty()) {
            values.insert(key, value);
        }
    }
    Ok(Some(Secret { place, values }))
}

struct Secret<'a> {
    place: String,
    values: HashMap<&'static str, Cow<'a, [u8]>>,
}

fn is_secret(object: &Value) -> bool {
    object.get("kind").and_then(Value::as_str) == Some("Secret")
}

/// Whether it is the secret of the feed's `secretRef`: of that name, and in no other namespace.
fn is_named_by(feed: &FlashpointFeed, secret: &Value) -> bool {
    let metadata = |field: &str| {
        secret
            .get("metadata")
            .and_then(|metadata| metadata.get(field)?.as_str())
    };
    let namespaces = (metadata("namespace"), feed.metadata.namespace.as_deref());
    metadata("name") == Some(&feed.spec.secret_ref.name)
        && !matches!(namespaces, (Some(one), Some(other)) if one != other)
}

/// A key's value, `stringData` before `data` as the API server takes them. What is said of a
/// wrong one never shows it.
fn value_of<'a>(secret: &'a Value, key: &str) -> Result<Option<Cow<'a, [u8]>>, &'static str> {
    let field = |data: &str| secret.get(data)?.get(key).filter(|value| !value.is_null());
    if let Some(value) = field("stringData") {
        let text = value
            .as_str()
            .ok_or("under stringData is no text: put it in quotes")?;
        return Ok(Some(Cow::Borrowed(text.as_bytes())));
    }
    let Some(value) = field("data") else {
        return Ok(None);
    };
    let text = value
        .as_str()
        .ok_or("under data is no text: put its base64 in quotes")?;
    let folded: String = text.split_whitespace().collect();
    let bytes = STANDARD
        .decode(folded)
        .map_err(|_| "under data is not base64: encode it, or write it under stringData")?;
    Ok(Some(Cow::Owned(bytes)))
}

/// The secret's values, and the environment's for those that it lacks.
fn credentials(secret: Option<Secret<'_>>, feed: &FlashpointFeed) -> Result<Credentials, Refused> {
    let (place, mut values) = match secret {
        Some(secret) => (Some(secret.place), secret.values),
        None => (None, HashMap::new()),
    };
    for (key, variable) in KEYS {
        if let Some(value) = env::var(variable)
            .ok()
            .filter(|_| !values.contains_key(key))
        {
            values.insert(key, Cow::Owned(value.into_bytes()));
        }
    }
    let nothing = values.is_empty();
    let credentials = Credentials::from_keys(|key| values.get(key).map(AsRef::as_ref));
    credentials.map_err(|missing| {
        let variables = KEYS.map(|(_, variable)| variable).join(", ");
        bad_input(match place {
            Some(place) => format!("{place} {missing}, or set what it lacks of the variables {variables}"),
            None if nothing => format!(
                "there are no credentials: the feed names Secret {}; give its file with --secret, or set {variables}",
                feed.spec.secret_ref.name
            ),
            None => format!("the environment {missing}; the variables are {variables}"),
        })
    })
}

fn not_this_secret(objects: &[Value], file: &str, feed: &FlashpointFeed) -> Refused {
    let secrets: Vec<String> = objects
        .iter()
        .filter(|object| is_secret(object))
        .map(title)
        .collect();
    let holds = if secrets.is_empty() {
        "no Secret at all".to_owned()
    } else {
        secrets.join(", ")
    };
    let namespace = feed
        .metadata
        .namespace
        .as_ref()
        .map(|name| format!(" of namespace {name}"))
        .unwrap_or_default();
    bad_input(format!(
        "{file} does not hold the Secret {}{namespace} that the feed's secretRef names, but {holds}: \
         correct one of the two",
        feed.spec.secret_ref.name
    ))
}

fn name_of(feed: &FlashpointFeed) -> String {
    let name = feed.metadata.name.as_deref().unwrap_or_default();
    feed.metadata.namespace.as_ref().map_or_else(
        || name.to_owned(),
        |namespace| format!("{namespace}/{name}"),
    )
}

fn title(object: &Value) -> String {
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

fn shown(file: &Path) -> String {
    if file == Path::new("-") {
        "standard input".to_owned()
    } else {
        file.display().to_string()
    }
}

fn bad_input(message: impl std::fmt::Display) -> Refused {
    Refused::new(Exit::BadInput, &message)
}
