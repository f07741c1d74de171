//! What records say of their router: its address, its port and its mark.

use std::sync::Arc;

use super::Shown;
use super::marks::Mark;
use super::options::Tags;
use crate::output::format::text;
use crate::record::{Marks, SessionId};

/// The text of one session's router, each part with `, ` in front.
pub(super) struct RouterText {
    session: SessionId,
    /// What the configuration says of the router, as far as it was known then.
    marks: Option<Arc<Marks>>,
    address: Vec<u8>,
    port: Vec<u8>,
    /// `tag` or `label`, if there is one.
    pub(super) mark: Vec<u8>,
}

impl Default for RouterText {
    fn default() -> Self {
        let [address, port, mark] = Default::default();
        Self { session: SessionId(u64::MAX), marks: None, address, port, mark }
    }
}

impl RouterText {
    /// Makes it the text of this record's router; whether it was another's, or the marks have
    /// changed.
    #[inline]
    pub(super) fn turn_to(&mut self, shown: &Shown<'_>, tags: &Tags) -> bool {
        let marks = &shown.batch.router(shown.record).marks;
        let is_same = match (&self.marks, marks) {
            (None, None) => true,
            (Some(own), Some(other)) => Arc::ptr_eq(own, other),
            _ => false,
        };
        if self.session == shown.session && is_same {
            return false;
        }
        self.make(shown, tags);
        true
    }

    #[cold]
    fn make(&mut self, shown: &Shown<'_>, tags: &Tags) {
        let router = shown.batch.router(shown.record);
        let address = router.address;
        for text in [&mut self.address, &mut self.port, &mut self.mark] {
            text.clear();
        }
        self.address.extend_from_slice(b", \"bmp_router\": \"");
        text::ip(&mut self.address, address.ip());
        self.address.push(b'"');
        self.port.extend_from_slice(b", \"bmp_router_port\": ");
        text::number(&mut self.port, address.port());
        // What the map says of a router wins over what the configuration says.
        let mark = tags.map.find(address.ip());
        let mut mark = match (mark.is_empty(), &router.marks) {
            (true, Some(marks)) => Mark::of(marks),
            _ => mark,
        };
        mark.label = mark.label.filter(|_| !tags.no_labels);
        mark.write(&mut self.mark, tags.as_map);
        self.session = shown.session;
        self.marks.clone_from(&router.marks);
    }

    /// Forgets it: what it was made of has changed.
    pub(super) fn forget(&mut self) {
        self.session = SessionId(u64::MAX);
    }

    /// As session markers have it.
    pub(super) fn write_for_marker(&self, out: &mut Vec<u8>) {
        [&self.address, &self.mark, &self.port].iter().for_each(|text| out.extend_from_slice(text));
    }

    /// As all events have it.
    pub(super) fn write_for_event(&self, out: &mut Vec<u8>) {
        [&self.address, &self.port, &self.mark].iter().for_each(|text| out.extend_from_slice(text));
    }

    /// As routes have it; their mark stands elsewhere.
    pub(super) fn write_for_route(&self, out: &mut Vec<u8>) {
        [&self.address, &self.port].iter().for_each(|text| out.extend_from_slice(text));
    }
}
