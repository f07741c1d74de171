//! The envelope of a message, its topic and its key.

use std::ops::Range;

use super::super::ids::{Hex, Id};
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
    /// The last envelope of each object.
    last: [Last; OBJECTS],
}

/// An envelope as it was written last.
#[derive(Debug, Clone)]
struct Last {
    text: Vec<u8>,
    /// The digits of its rows' octets.
    len: Range<usize>,
    /// The digits of the number of its rows.
    count: Range<usize>,
    /// Where the lines with these sizes begin.
    sizes_at: usize,
}

impl Last {
    fn new(collector: &str, object: Object) -> Self {
        let text = format!("V: 1.7\nC_HASH_ID: {collector}\nT: {}\n", object.name()).into_bytes();
        let sizes_at = text.len();
        let mut last = Self { text, len: 0..0, count: 0..0, sizes_at };
        last.set_sizes(100, 1);
        last
    }

    /// Writes the lines with the sizes and the empty line behind them.
    fn set_sizes(&mut self, len: usize, count: usize) {
        let text = &mut self.text;
        text.truncate(self.sizes_at);
        for (place, name, size) in [(&mut self.len, b"L: ", len), (&mut self.count, b"R: ", count)]
        {
            text.extend_from_slice(name);
            place.start = text.len();
            text::number(text, size);
            place.end = text.len();
            text.push(b'\n');
        }
        text.push(b'\n');
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
        let last = std::array::from_fn(|i| Last::new(&collector, Object::ALL[i]));
        Self { topics, last }
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
        out.extend_from_slice(&self.last[object as usize].text);
        Begun { at, rows: out.len() }
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
        let (len, last) = (out.bytes.len() - begun.rows, &mut self.last[object as usize]);
        let fits = out.bytes.get_mut(begun.at..begun.rows).is_some_and(|text| {
            put(&mut text[last.len.clone()], len) && put(&mut text[last.count.clone()], count)
        });
        if !fits {
            last.set_sizes(len, count);
            replace(&mut out.bytes, begun, &last.text);
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
    /// Where its rows begin.
    pub(super) rows: usize,
}

/// Writes a number over as many digits, if it has so many.
#[inline]
fn put(digits: &mut [u8], number: usize) -> bool {
    let mut left = number;
    for digit in digits.iter_mut().rev() {
        *digit = b'0' + (left % 10) as u8;
        left /= 10;
    }
    left == 0 && digits.first().is_some_and(|first| *first != b'0')
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
