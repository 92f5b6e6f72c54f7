//! How the Flashpoint server behaves, above all where nothing public says how the real one does.

use serde::Deserialize;

/// Which API is spoken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Api {
    /// fp.tools' v4, legacy.
    #[default]
    V4,
    /// Ignite: other parameters, other refusals; only what its connectors are known to send is taken.
    Ignite,
}

/// Which of a report's times the listing's window goes by. (Undocumented; both are plausible.)
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum WindowField {
    /// `posted_at`.
    #[default]
    Posted,
    /// `updated_at`.
    Updated,
}

/// The listing's order, which is by `posted_at` where the query does not say otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Order {
    /// Newest first.
    #[default]
    NewestFirst,
    /// Oldest first.
    OldestFirst,
}

/// A bound on pages below what is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum PageCap {
    /// None.
    #[default]
    None,
    /// This, and the envelope's `limit` says so.
    Shown(usize),
    /// This, while the envelope's `limit` repeats what was asked.
    Hidden(usize),
}

/// What the envelope's `total` says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Total {
    /// The truth.
    #[default]
    True,
    /// This, whatever the truth.
    Says(usize),
    /// So many more (or, negative, fewer) than there are.
    OffBy(isize),
}

/// How the server behaves.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Which API is spoken.
    pub api: Api,
    /// The status that the valid key is refused with for want of an entitlement: 403, or 521.
    pub unentitled: Option<u16>,
    /// The status that the valid key is refused Flashpoint's own indicators with: 403, or 521.
    pub withholds_own: Option<u16>,
    /// How many of Flashpoint's own indicators a page has at most, whatever is asked.
    pub own_page_cap: usize,
    /// The origin at which their next page is said to be, where it is another than this server's.
    pub own_goes_on_at: Option<String>,
    /// The one valid key.
    pub api_key: String,
    /// The listing's path, to the letter: a missing or surplus slash at the end is a 404.
    pub path: String,
    /// The largest `limit` that is accepted.
    pub max_limit: usize,
    /// How many reports a page has at most, whatever is asked.
    pub page_cap: PageCap,
    /// The largest `skip` that is accepted.
    pub max_skip: usize,
    /// What the window goes by.
    pub window: WindowField,
    /// The listing's order.
    pub order: Order,
    /// Whether reports of one time change places from one answer to the next.
    pub unstable_ties: bool,
    /// What `total` says.
    pub total: Total,
    /// Whether answers are compressed for clients that accept it.
    pub gzip: bool,
    /// Whether CSV data needs the key too.
    pub csv_needs_key: bool,
    /// The origin as clients see it, where it is not the address listened on.
    pub public_url: Option<String>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            api: Api::V4,
            unentitled: None,
            withholds_own: None,
            own_page_cap: usize::MAX,
            own_goes_on_at: None,
            api_key: "flashpoint-key-of-the-simulator".to_owned(),
            path: "/api/v4/reports/".to_owned(),
            max_limit: 500,
            page_cap: PageCap::None,
            max_skip: usize::MAX,
            window: WindowField::Posted,
            order: Order::NewestFirst,
            unstable_ties: false,
            total: Total::True,
            gzip: true,
            csv_needs_key: true,
            public_url: None,
        }
    }
}

impl Settings {
    /// Ignite as it is by default. Whether its window goes by `posted_at` or `updated_at` is not known.
    #[must_use]
    pub fn ignite() -> Self {
        Self {
            api: Api::Ignite,
            path: "/finished-intelligence/v1/reports".to_owned(),
            ..Self::default()
        }
    }
}
