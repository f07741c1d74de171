//! What records say of their router: its address, its port and its mark.

use super::Shown;
use super::options::Tags;
use crate::output::format::text;
use crate::record::SessionId;

/// The text of one session's router, each part with `, ` in front.
pub(super) struct RouterText {
    session: SessionId,
    address: Vec<u8>,
    port: Vec<u8>,
    /// `tag` or `label`, if there is one.
    pub(super) mark: Vec<u8>,
}

impl Default for RouterText {
    fn default() -> Self {
        let [address, port, mark] = Default::default();
        Self { session: SessionId(u64::MAX), address, port, mark }
    }
}

impl RouterText {
    /// Makes it the text of this record's router.
    #[inline]
    pub(super) fn turn_to(&mut self, shown: &Shown<'_>, tags: &Tags) {
        if self.session != shown.session {
            self.make(shown, tags);
        }
    }

    #[cold]
    fn make(&mut self, shown: &Shown<'_>, tags: &Tags) {
        let address = shown.batch.router(shown.record).address;
        for text in [&mut self.address, &mut self.port, &mut self.mark] {
            text.clear();
        }
        self.address.extend_from_slice(b", \"bmp_router\": \"");
        text::ip(&mut self.address, address.ip());
        self.address.push(b'"');
        self.port.extend_from_slice(b", \"bmp_router_port\": ");
        text::number(&mut self.port, address.port());
        // What the map says of a router wins over what else is known of it.
        tags.map.find(address.ip()).write(&mut self.mark, tags.as_map);
        self.session = shown.session;
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
