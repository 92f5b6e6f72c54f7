//! The CSV data of a report.

/// The CSV data that goes with a report, by how many links it has.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum CsvData {
    /// No link, or nothing behind it could be had.
    #[default]
    None,
    /// The data behind the only link: appended as text.
    One(String),
    /// The data behind each of several links, in their order: appended as an array.
    Several(Vec<String>),
}

impl CsvData {
    pub fn texts(&self) -> impl Iterator<Item = &str> {
        let texts = match self {
            Self::None => &[],
            Self::One(text) => std::slice::from_ref(text),
            Self::Several(texts) => texts.as_slice(),
        };
        texts.iter().map(String::as_str)
    }

    /// The length of all texts together, in bytes.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.texts().map(str::len).sum()
    }
}
