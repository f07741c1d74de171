//! The envelope of a message, its topic and its key.

use super::super::ids::{Hex, Id};
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
    /// The last envelope of each object, or the one to come up to its sizes.
    last: [Vec<u8>; OBJECTS],
    /// Where the sizes begin in them.
    sizes_at: [usize; OBJECTS],
}

impl Object {
    /// Whether its messages are about one peer each.
    pub(super) fn has_peer(self) -> bool {
        !matches!(self, Self::Collector | Self::Router)
    }
}

impl Envelope {
    /// Of the collector with this id, with a topic for each object that is wanted.
    pub(super) fn new(topics: [Option<Template>; OBJECTS], collector: Id) -> Self {
        let collector = String::from_utf8_lossy(&collector.hex()).into_owned();
        let mut last = [const { Vec::new() }; OBJECTS];
        for (object, head) in Object::ALL.iter().zip(&mut last) {
            let name = object.name();
            *head = format!("V: 1.7\nC_HASH_ID: {collector}\nT: {name}\n").into_bytes();
        }
        let sizes_at = last.each_ref().map(Vec::len);
        Self { topics, last, sizes_at }
    }

    /// Octets of an envelope at most.
    pub(super) const LEN_MAX: usize = 128;

    /// Whether messages about `object` are wanted.
    pub(super) fn wants(&self, object: Object) -> bool {
        self.topics[object as usize].is_some()
    }

    /// Begins a message whose sizes probably take as many digits as those of the last one: then
    /// nothing that follows has to move.
    #[inline]
    pub(super) fn begin(&self, out: &mut Vec<u8>, object: Object) -> Begun {
        let at = out.len();
        out.extend_from_slice(&self.last[object as usize]);
        Begun { at, sizes: at + self.sizes_at[object as usize], rows: out.len() }
    }

    /// Ends a message of `count` rows, or forgets it if there are none.
    pub(super) fn end(
        &mut self,
        out: &mut Frames,
        begun: Begun,
        to: To,
        object: Object,
        key: &Hex,
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
            _ => {
                let (last, at) = (&mut self.last[object as usize], self.sizes_at[object as usize]);
                move_rows(&mut out.bytes, begun, (last, at), &room[..len]);
            }
        }
        if out.wants_topics() {
            out.file_under(Topic { name: topic.name(to.place), key });
        }
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
        let begun = self.begin(&mut out.bytes, object);
        out.bytes.extend_from_slice(rows);
        self.end(out, begun, to, object, &key.hex(), count);
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

/// Puts sizes that take another number of digits than those of the `last` message in its place,
/// which has them at `at`.
#[inline(never)]
fn move_rows(out: &mut Vec<u8>, begun: Begun, (last, at): (&mut Vec<u8>, usize), sizes: &[u8]) {
    last.truncate(at);
    last.extend_from_slice(sizes);
    out.splice(begun.sizes..begun.rows, sizes.iter().copied());
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
    fn sizes_are_right_whatever_those_before_were() {
        let groups = std::sync::Arc::default();
        let mut topics = [const { None }; OBJECTS];
        topics[Object::Evpn as usize] =
            Some(Template::parse("{object}", "evpn", true, &groups).unwrap());
        let mut envelope = Envelope::new(topics, Id([0xcc; 16]));
        let (mut out, to) = (Frames::new(), To::default());
        let counts = [300, 300, 1, 9, 10, 99_999, 1];
        for count in counts {
            let begun = envelope.begin(&mut out.bytes, Object::Evpn);
            out.bytes.extend_from_slice(&b"row\n".repeat(count));
            envelope.end(&mut out, begun, to, Object::Evpn, &[b'k'; 32], count);
            let none = envelope.begin(&mut out.bytes, Object::Evpn);
            envelope.end(&mut out, none, to, Object::Evpn, &[b'k'; 32], 0);
        }
        assert_eq!(out.len(), counts.len());
        for (i, count) in counts.into_iter().enumerate() {
            let want = format!(
                "V: 1.7\nC_HASH_ID: {}\nT: evpn\nL: {}\nR: {count}\n\n{}",
                "c".repeat(32),
                4 * count,
                "row\n".repeat(count)
            );
            assert_eq!(String::from_utf8_lossy(out.octets(i)), want);
        }
    }
}
