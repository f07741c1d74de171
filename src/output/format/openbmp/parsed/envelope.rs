//! The envelope of a message, its topic and its key.

use super::super::ids::{Hex, Id};
use super::super::topics::{Place, Template};
use crate::output::format::{pen, text};
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
    /// Those of each object.
    heads: [Head; OBJECTS],
    /// An envelope in the making.
    scratch: Vec<u8>,
}

/// Envelopes of one object.
#[derive(Debug)]
struct Head {
    /// The lines before the sizes.
    before: Vec<u8>,
    /// Whole envelopes of fewer than ten rows, of three and of four digits' octets.
    short: [Vec<u8>; 2],
}

impl Head {
    fn new(collector: &str, object: Object) -> Self {
        let before = format!("V: 1.7\nC_HASH_ID: {collector}\nT: {}\n", object.name()).into_bytes();
        let short = [999, 9999].map(|len| {
            let mut text = before.clone();
            write_sizes(&mut text, len, 9);
            text
        });
        Self { before, short }
    }
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
        let heads = std::array::from_fn(|i| Head::new(&collector, Object::ALL[i]));
        Self { topics, heads, scratch: Vec::new() }
    }

    /// Octets of an envelope at most.
    pub(super) const LEN_MAX: usize = 128;

    /// Whether messages about `object` are wanted.
    pub(super) fn wants(&self, object: Object) -> bool {
        self.topics[object as usize].is_some()
    }

    /// Begins a message of fewer than ten rows and about so many octets of them: where that is so
    /// nothing that follows has to move.
    #[inline]
    pub(super) fn begin(&self, out: &mut Vec<u8>, object: Object, expected: usize) -> Begun {
        let (at, four) = (out.len(), expected >= 1000);
        out.extend_from_slice(&self.heads[object as usize].short[usize::from(four)]);
        Begun { at, rows: out.len(), four }
    }

    /// Ends a message of `count` rows, or forgets it if there are none.
    #[inline(always)]
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
        let len = out.bytes.len() - begun.rows;
        if !put(&mut out.bytes[..begun.rows], begun.four, len, count) {
            self.scratch.clear();
            self.scratch.extend_from_slice(&self.heads[object as usize].before);
            write_sizes(&mut self.scratch, len, count);
            replace(&mut out.bytes, begun, &self.scratch);
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
        let begun = self.begin(&mut out.bytes, object, rows.len());
        out.bytes.extend_from_slice(rows);
        self.end(out, begun, to, object, &key.hex(), count);
    }
}

/// A message that is being written.
#[derive(Debug, Clone, Copy)]
pub(super) struct Begun {
    at: usize,
    /// Where its rows begin.
    pub(super) rows: usize,
    /// The envelope has room for four digits of octets instead of three.
    four: bool,
}

/// Writes the lines with the sizes of a message, and the empty line behind them.
fn write_sizes(text: &mut Vec<u8>, len: usize, count: usize) {
    for (name, size) in [(b"L: ", len), (b"R: ", count)] {
        text.extend_from_slice(name);
        text::number(text, size);
        text.push(b'\n');
    }
    text.push(b'\n');
}

/// Writes the sizes of a message over those of an envelope with one digit for the number of rows;
/// whether they fit.
#[inline]
fn put(envelope: &mut [u8], four: bool, len: usize, count: usize) -> bool {
    let range = if four { 1000..10_000 } else { 100..1000 };
    let Some(end) = envelope.last_chunk_mut::<{ b"9999\nR: 9\n\n".len() }>() else { return false };
    if count >= 10 || !range.contains(&len) {
        return false;
    }
    let [a, b, c, d] = pen::four_digits(len as u32);
    if four {
        end[0] = a;
    }
    [end[1], end[2], end[3], end[8]] = [b, c, d, b'0' + count as u8];
    true
}

/// Puts another envelope in the place of one that is longer or shorter.
#[inline(never)]
fn replace(out: &mut Vec<u8>, begun: Begun, text: &[u8]) {
    let (end, rows) = (out.len(), begun.at + text.len());
    out.resize(end.max(end + rows - begun.rows), 0);
    out.copy_within(begun.rows..end, rows);
    out.truncate(end + rows - begun.rows);
    out[begun.at..rows].copy_from_slice(text);
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
            let begun = envelope.begin(&mut out.bytes, Object::Evpn, 900);
            out.bytes.extend_from_slice(&b"row\n".repeat(count));
            envelope.end(&mut out, begun, to, Object::Evpn, &[b'k'; 32], count);
            let none = envelope.begin(&mut out.bytes, Object::Evpn, 1000);
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
