//! What the operator has written down of a router: its name, tags and label.

/// What records carry of a router beside what the router says itself. One is shared by all records
/// of the sessions that it holds for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Marks {
    /// The name given to the router.
    pub name: Option<String>,
    /// Numbers; the first is what pmacct calls `tag`.
    pub tags: Vec<u64>,
    /// A word.
    pub label: Option<String>,
}

impl Marks {
    /// Whether it says nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.name.is_none() && self.tags.is_empty() && self.label.is_none()
    }
}
