//! How the TAXII server behaves.

/// Whose manners it has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Product {
    /// `OpenCTI`: 200, pending at first, nothing to be read back, a known version is taken in silence.
    #[default]
    OpenCti,
    /// medallion 3: 202, complete at once, readable, a known version is a failure.
    Strict,
}

/// The id of the collection that [`Settings::default`] has.
pub const COLLECTION: &str = "6f5e1c3a-0d52-4a7e-9b1f-2f4f8f0f6a11";

/// The token that [`Settings::default`] has.
pub const TOKEN: &str = "taxii-token-of-the-simulator";

/// How the server behaves.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Whose manners it has.
    pub product: Product,
    /// The only token.
    pub token: String,
    /// The only collection.
    pub collection: String,
    /// Whether it is running; `OpenCTI` knows none that is not.
    pub running: bool,
    /// Whether the credential may write to it.
    pub can_write: bool,
    /// What the API root says.
    pub max_content_length: u64,
    /// The most bytes of an envelope in truth.
    pub takes: u64,
    /// So many looks at a status find it pending.
    pub pending_for: u32,
    /// An envelope with an object whose JSON holds one of these is a 400.
    pub refuses: Vec<String>,
    /// The most records of a page of the manifest, oldest first: medallion's `max_page_size`.
    pub page: usize,
}

impl Settings {
    pub(super) fn can_read(&self) -> bool {
        self.product == Product::Strict
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            product: Product::OpenCti,
            token: TOKEN.to_owned(),
            collection: COLLECTION.to_owned(),
            running: true,
            can_write: true,
            max_content_length: 104_857_600,
            takes: 50_000_000,
            pending_for: 1,
            refuses: Vec::new(),
            page: 100,
        }
    }
}
