//! The credentials of a sync: from the Secrets that the feed names, among the objects of a file, and from the environment.

use std::borrow::Cow;
use std::collections::HashMap;
use std::env;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use super::Refused;
use super::input::bad_input;
pub use super::input::title;
use crate::api::credentials::{
    Access, Credentials, FLASHPOINT_API_KEY, KeyMissing, MISP_AUTH_KEY, TAXII_PASSWORD,
    TAXII_TOKEN, TAXII_USERNAME, TRUSTAR_API_KEY, TRUSTAR_API_SECRET,
};
use crate::api::{FeedSettings, FlashpointFeed, Target};
use crate::flashpoint::ApiKey;

/// A key of a Secret, and the variable that stands in for it.
type Key = (&'static str, &'static str);

const SOURCE: [Key; 1] = [(FLASHPOINT_API_KEY, "FLASHPOINT_API_KEY")];

const fn keys_of(target: &Target) -> &'static [Key] {
    match target {
        Target::Trustar(_) => &[
            (TRUSTAR_API_KEY, "TRUSTAR_API_KEY"),
            (TRUSTAR_API_SECRET, "TRUSTAR_API_SECRET"),
        ],
        Target::Taxii(_) => &[
            (TAXII_TOKEN, "TAXII_TOKEN"),
            (TAXII_USERNAME, "TAXII_USERNAME"),
            (TAXII_PASSWORD, "TAXII_PASSWORD"),
        ],
        Target::Misp(_) => &[(MISP_AUTH_KEY, "MISP_AUTH_KEY")],
    }
}

/// The objects of a file.
pub struct File<'a> {
    pub objects: &'a [Value],
    /// How it is called.
    pub name: &'a str,
    /// Whether it was given for the Secrets in it: then the feed's must be there.
    pub is_for_secrets: bool,
}

/// The credentials that a feed needs.
///
/// # Errors
/// Where values are missing or are none, and where to put them.
pub(super) fn credentials(
    file: &File<'_>,
    feed: &FlashpointFeed,
    settings: &FeedSettings,
) -> Result<Credentials, Refused> {
    let (name, other) = (&settings.secret_name, &settings.destination_secret_name);
    let (own, rest) = (SOURCE.as_slice(), keys_of(&settings.target));
    if name == other {
        let keys = [own, rest].concat();
        let mut held = Held::find(file, feed, name, &keys)?;
        held.complete(&keys);
        match (held.flashpoint(), held.access(settings)) {
            (Ok(flashpoint), Ok(access)) => Ok(Credentials { flashpoint, access }),
            (Err(missing), Err(more)) => Err(held.lacks(&missing.and(more), &keys)),
            (Err(missing), _) | (_, Err(missing)) => Err(held.lacks(&missing, &keys)),
        }
    } else {
        let mut source = Held::find(file, feed, name, own)?;
        let mut destination = Held::find(file, feed, other, rest)?;
        source.complete(own);
        destination.complete(rest);
        let flashpoint = source
            .flashpoint()
            .map_err(|missing| source.lacks(&missing, own))?;
        let access = destination.access(settings);
        let access = access.map_err(|missing| destination.lacks(&missing, rest))?;
        Ok(Credentials { flashpoint, access })
    }
}

/// A Secret that a feed names and that was found.
pub struct Found {
    /// Its namespace, where it has one, and name.
    pub title: String,
    /// What the feed would miss in it, and what to do. It shows no value.
    pub problem: Option<String>,
}

/// The Secrets of a feed that are in a file, with what they lack. Those that are elsewhere are not spoken of.
pub fn check(file: &File<'_>, feed: &FlashpointFeed, settings: &FeedSettings) -> Vec<Found> {
    let (name, other) = (&settings.secret_name, &settings.destination_secret_name);
    let (own, rest) = (SOURCE.as_slice(), keys_of(&settings.target));
    let needed = if name == other {
        vec![(name, [own, rest].concat())]
    } else {
        vec![(name, own.to_vec()), (other, rest.to_vec())]
    };
    let found = needed.into_iter().filter_map(|(name, keys)| {
        let object = secret(file, feed, name)?;
        let problem = match Held::find(file, feed, name, &keys) {
            Ok(held) => held.problem(settings, &keys),
            Err(refused) => Some(refused.message),
        };
        Some(Found {
            title: title(object),
            problem,
        })
    });
    found.collect()
}

fn secret<'a>(file: &File<'a>, feed: &FlashpointFeed, name: &str) -> Option<&'a Value> {
    let mut objects = file.objects.iter();
    objects.find(|object| is_secret(object) && is_of(feed, name, object))
}

/// The values of one Secret.
struct Held<'a> {
    /// The name that the feed gives it.
    name: &'a str,
    /// Where it was found, if it was.
    place: Option<String>,
    values: HashMap<&'static str, Cow<'a, [u8]>>,
}

impl<'a> Held<'a> {
    /// The values that the Secret of this name has for the keys.
    fn find(
        file: &File<'a>,
        feed: &FlashpointFeed,
        name: &'a str,
        keys: &[Key],
    ) -> Result<Self, Refused> {
        let mut values = HashMap::new();
        let Some(object) = secret(file, feed, name) else {
            if file.is_for_secrets {
                return Err(not_this_secret(file, feed, name));
            }
            return Ok(Self {
                name,
                place: None,
                values,
            });
        };
        let place = format!("Secret {} in {}", title(object), file.name);
        for (key, _) in keys {
            let value = value_of(object, key)
                .map_err(|what| bad_input(format!("{place}: {key} {what}")))?;
            if let Some(value) = value.filter(|value| !value.trim_ascii().is_empty()) {
                values.insert(*key, value);
            }
        }
        Ok(Self {
            name,
            place: Some(place),
            values,
        })
    }

    /// Takes what is missing from the environment.
    fn complete(&mut self, keys: &[Key]) {
        // A name and a password in the Secret are not outdone by a token in the environment.
        let has_name = self.values.contains_key(TAXII_USERNAME);
        for (key, variable) in keys {
            if self.values.contains_key(key) || has_name && *key == TAXII_TOKEN {
                continue;
            }
            if let Ok(value) = env::var(variable) {
                self.values.insert(key, Cow::Owned(value.into_bytes()));
            }
        }
    }

    fn flashpoint(&self) -> Result<ApiKey, KeyMissing> {
        ApiKey::from_keys(|key| self.values.get(key).map(AsRef::as_ref))
    }

    fn access(&self, settings: &FeedSettings) -> Result<Access, KeyMissing> {
        Access::from_keys(&settings.target, |key| {
            self.values.get(key).map(AsRef::as_ref)
        })
    }

    /// What it lacks of the keys that are to be in it.
    fn problem(&self, settings: &FeedSettings, keys: &[Key]) -> Option<String> {
        let is_for = |part: &[Key]| part.iter().any(|key| keys.contains(key));
        let source = self.flashpoint().err().filter(|_| is_for(&SOURCE));
        let access = self.access(settings).err();
        let access = access.filter(|_| is_for(keys_of(&settings.target)));
        let missing = match (source, access) {
            (Some(source), Some(access)) => source.and(access),
            (source, access) => source.or(access)?,
        };
        let place = self.place.as_deref().unwrap_or(self.name);
        Some(format!("{place} {missing}"))
    }

    fn lacks(&self, missing: &KeyMissing, keys: &[Key]) -> Refused {
        let variables: Vec<&str> = keys.iter().map(|(_, variable)| *variable).collect();
        let variables = variables.join(", ");
        bad_input(match &self.place {
            Some(place) => {
                format!("{place} {missing}, or set what it lacks of the variables {variables}")
            }
            None if self.values.is_empty() => format!(
                "there are no credentials: the feed names Secret {}; give its file with --secret, or set {variables}",
                self.name
            ),
            None => format!("the environment {missing}; the variables are {variables}"),
        })
    }
}

pub fn is_secret(object: &Value) -> bool {
    object.get("kind").and_then(Value::as_str) == Some("Secret")
}

/// Whether it is the Secret that the feed calls by this name: in no other namespace.
fn is_of(feed: &FlashpointFeed, name: &str, secret: &Value) -> bool {
    let metadata = |field: &str| {
        secret
            .get("metadata")
            .and_then(|metadata| metadata.get(field)?.as_str())
    };
    let namespaces = (metadata("namespace"), feed.metadata.namespace.as_deref());
    metadata("name") == Some(name)
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

fn not_this_secret(file: &File<'_>, feed: &FlashpointFeed, name: &str) -> Refused {
    let secrets: Vec<String> = file
        .objects
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
        "{} does not hold the Secret {name}{namespace} that the feed's secretRef names, but {holds}: \
         correct one of the two",
        file.name
    ))
}
