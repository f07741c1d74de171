//! The envelope of a message, its topic and its key.

use super::super::ids::Id;
use super::super::topics::{Place, Template};
use crate::output::format::text;
use crate::output::frames::{FrameKind, Frames, Topic};
use crate::record::SessionId;

/// Declares the objects: `Konst = "name"` in the order of the API.
macro_rules! objects {
    ($($konst:ident = $name:literal),+ $(,)?) => {
        /// What messages are about.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(super) enum Object { $($konst),+ }

        impl Object {
            /// All of them.
            pub(super) const ALL: &'static [Object] = &[$(Self::$konst),+];

            /// Its name in topics and envelopes.
            pub(super) fn name(self) -> &'static str {
                match self { $(Self::$konst => $name),+ }
            }

            /// The line of an envelope that has its name, and the beginning of the next one.
            fn lines(self) -> &'static str {
                match self { $(Self::$konst => concat!("\nT: ", $name, "\nL: ")),+ }
            }
        }
    };
}

objects! {
    Collector = "collector",
    Router = "router",
    Peer = "peer",
    BmpStat = "bmp_stat",
    BaseAttribute = "base_attribute",
    UnicastPrefix = "unicast_prefix",
    L3vpn = "l3vpn",
    Evpn = "evpn",
    LsNode = "ls_node",
    LsLink = "ls_link",
    LsPrefix = "ls_prefix",
}

/// Room for one of each object.
pub(super) const OBJECTS: usize = Object::ALL.len();

/// Whom a message is about.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct To {
    pub(super) session: SessionId,
    pub(super) place: Place,
}

/// Puts rows into messages.
#[derive(Debug)]
pub(super) struct Envelope {
    /// The topic of each object; none of those that are switched off.
    pub(super) topics: [Option<Template>; OBJECTS],
    /// The digits of the collector's id.
    pub(super) collector: [u8; 32],
}

impl Object {
    /// Whether its messages are about one peer each.
    pub(super) fn has_peer(self) -> bool {
        !matches!(self, Self::Collector | Self::Router)
    }
}

impl Envelope {
    /// Octets of an envelope at most.
    pub(super) const LEN_MAX: usize = 128;

    /// Whether messages about `object` are wanted.
    pub(super) fn wants(&self, object: Object) -> bool {
        self.topics[object as usize].is_some()
    }

    /// Appends a message of `count` rows as one frame.
    pub(super) fn send(
        &mut self,
        out: &mut Frames,
        to: To,
        object: Object,
        key: Id,
        rows: &[u8],
        count: usize,
    ) {
        let Some(topic) = &mut self.topics[object as usize] else { return };
        let b = &mut out.bytes;
        b.extend_from_slice(b"V: 1.7\nC_HASH_ID: ");
        b.extend_from_slice(&self.collector);
        b.extend_from_slice(object.lines().as_bytes());
        text::number(b, rows.len());
        b.extend_from_slice(b"\nR: ");
        text::number(b, count);
        b.extend_from_slice(b"\n\n");
        b.extend_from_slice(rows);
        out.file_under(Topic { name: topic.name(to.place), key: &key.hex() });
        out.end(FrameKind::Record, to.session);
    }
}
