//! What can be changed about the simulated MISP.

use jiff::SignedDuration;

/// The key that is taken.
pub const KEY: &str = "kq3mZ8tWc1XvR5yLbN7pHs2dGf9jUe4oTa6iKw0Q";

/// The key, its role, and how MISP stands.
#[derive(Debug, Clone, PartialEq)]
#[expect(clippy::struct_excessive_bools, reason = "MISP's own flags")]
pub struct Settings {
    /// The key.
    pub key: String,
    /// Whether the key is read-only: it shows its user's role, and writes nothing.
    pub read_only_key: bool,
    /// Whether the key's user is disabled.
    pub disabled: bool,
    /// Whether the key is limited to other addresses.
    pub other_address: bool,
    /// Whether only administrators are let in.
    pub maintenance: bool,
    /// Whether the role may add events.
    pub perm_add: bool,
    /// Whether it may change them.
    pub perm_modify: bool,
    /// Whether it may publish them.
    pub perm_publish: bool,
    /// Whether it may set tags by an edit.
    pub perm_tagger: bool,
    /// Whether it may make tags that do not exist.
    pub perm_tag_editor: bool,
    /// The tags that exist.
    pub tags: Vec<String>,
    /// How long the writing of one attribute takes: it shows only then.
    pub per_attribute: SignedDuration,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            key: KEY.to_owned(),
            read_only_key: false,
            disabled: false,
            other_address: false,
            maintenance: false,
            perm_add: true,
            perm_modify: true,
            perm_publish: true,
            perm_tagger: true,
            perm_tag_editor: true,
            tags: Vec::new(),
            per_attribute: SignedDuration::ZERO,
        }
    }
}
