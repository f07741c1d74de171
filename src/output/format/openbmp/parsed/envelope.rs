//! The envelope of a message, its topic and its key.

use super::super::ids::Id;
use super::super::topics::{Place, Template};
use crate::output::format::pen::{Pen, Room, SLACK};
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

            /// The line of an envelope that has its name, with the ends of this and the one before;
            /// then its length.
            fn line(self) -> &'static (Line, usize) {
                match self { $(Self::$konst => const { &line(concat!("\nT: ", $name, "\n")) }),+ }
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

/// A line in room for any.
type Line = [u8; 32];

const fn line(text: &str) -> (Line, usize) {
    let (mut line, mut i) = ([0; 32], 0);
    while i < text.len() {
        line[i] = text.as_bytes()[i];
        i += 1;
    }
    (line, i)
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

    /// Begins a message of about so many octets in so many rows: where they are as many digits,
    /// nothing that follows has to move.
    pub(super) fn begin(
        &self,
        out: &mut Vec<u8>,
        object: Object,
        len: usize,
        count: usize,
    ) -> Begun {
        let mut room = [0; 128 + SLACK];
        let mut pen = Pen::new(&mut room);
        pen.text(b"V: 1.7\nC_HASH_ID: ");
        pen.text(&self.collector);
        let (line, line_len) = object.line();
        pen.first(line, *line_len);
        let (at, sizes) = (out.len(), pen.len());
        write_sizes(&mut pen, len, count);
        let len = pen.len();
        out.extend_from_slice(&room[..len]);
        Begun { at, sizes: at + sizes, rows: at + len }
    }

    /// Ends a message of `count` rows, or forgets it if there are none.
    pub(super) fn end(
        &mut self,
        out: &mut Frames,
        begun: Begun,
        to: To,
        object: Object,
        key: Id,
        count: usize,
    ) {
        let Some(topic) = self.topics[object as usize].as_mut().filter(|_| count > 0) else {
            return out.bytes.truncate(begun.at);
        };
        let mut room = [0; 32 + SLACK];
        let mut pen = Pen::new(&mut room);
        write_sizes(&mut pen, out.bytes.len() - begun.rows, count);
        let len = pen.len();
        match out.bytes.get_mut(begun.sizes..begun.rows) {
            Some(sizes) if sizes.len() == len => sizes.copy_from_slice(&room[..len]),
            _ => drop(out.bytes.splice(begun.sizes..begun.rows, room[..len].iter().copied())),
        }
        out.file_under(Topic { name: topic.name(to.place), key: &key.hex() });
        out.end(FrameKind::Record, to.session);
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
        let begun = self.begin(&mut out.bytes, object, rows.len(), count);
        out.bytes.extend_from_slice(rows);
        self.end(out, begun, to, object, key, count);
    }
}

/// A message that is being written.
#[derive(Debug, Clone, Copy)]
pub(super) struct Begun {
    at: usize,
    /// Where the lines with its sizes are.
    sizes: usize,
    /// Where its rows begin.
    pub(super) rows: usize,
}

/// Writes the lines with the sizes of a message, below 4 GiB each, and the empty line behind them.
#[inline]
fn write_sizes<R: Room>(pen: &mut Pen<'_, R>, len: usize, count: usize) {
    pen.text(b"L: ");
    pen.number_and(len as u32, b'\n');
    pen.text(b"R: ");
    pen.number_and(count as u32, b'\n');
    pen.octet(b'\n');
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_right_whatever_was_foretold() {
        let topics = [const { None }; OBJECTS];
        let mut envelope = Envelope { topics, collector: [b'c'; 32] };
        let groups = std::sync::Arc::default();
        let topic = Template::parse("{object}", "evpn", true, &groups).unwrap();
        envelope.topics[Object::Evpn as usize] = Some(topic);
        let mut out = Frames::new();
        let rows = b"row\n".repeat(300);
        for (len, count) in [(0, 0), (1200, 300), (99_999, 1), (u32::MAX as usize, 99)] {
            let begun = envelope.begin(&mut out.bytes, Object::Evpn, len, count);
            assert!(begun.rows - begun.at <= Envelope::LEN_MAX);
            out.bytes.extend_from_slice(&rows);
            envelope.end(&mut out, begun, To::default(), Object::Evpn, Id([0; 16]), 300);
            let none = envelope.begin(&mut out.bytes, Object::Evpn, len, count);
            envelope.end(&mut out, none, To::default(), Object::Evpn, Id([0; 16]), 0);
        }
        let head =
            "V: 1.7\nC_HASH_ID: cccccccccccccccccccccccccccccccc\nT: evpn\nL: 1200\nR: 300\n\n";
        let want = [head.as_bytes(), &rows].concat();
        assert_eq!(out.len(), 4);
        (0..4).for_each(|i| assert_eq!(out.octets(i), want));
    }
}
