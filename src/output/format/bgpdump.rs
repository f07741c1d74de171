//! `bgpdump`: the lines that libbgpdump's `bgpdump -m` prints of what `mrt` writes.
//!
//! ```text
//! BGP4MP|seconds|A|peer|AS|prefix|AS path|origin|next hop|LOCAL_PREF|MED|communities|
//!     AG or NAG|aggregator|
//! BGP4MP|seconds|W|peer|AS|prefix
//! BGP4MP|seconds|STATE|peer|AS|old state|new state
//! ```
//!
//! Of ADD-PATH the path identifier stands behind the prefix, and `_AP` behind `BGP4MP`; of
//! Adj-RIB-Out there is `_LOCAL`, and of times with microseconds `_ET`.

use std::net::{IpAddr, Ipv4Addr};

use super::mrt::options::{ET, Settings, VIEW};
use super::mrt::stream::{Head, Recorder, State, Stream};
use super::shown::Shown;
use super::{Cursor, Entry, text};
use crate::bgp::attr::as_path::{AsPath, SegmentType};
use crate::bgp::attr::as4::AsInformation;
use crate::bgp::attr::communities::{self, WellKnown};
use crate::bgp::attr::mp_reach::MpReach;
use crate::bgp::attr::{AttributeCode, Attributes};
use crate::bgp::nlri::{self, Visit};
use crate::output::frames::{FrameKind, Frames, Layout};
use crate::record::{Section, SectionKind, SessionId, Update};
use crate::wire::{Family, Prefix, Reader};

pub(super) static ENTRY: Entry = Entry {
    name: "bgpdump",
    about: "lines of text as libbgpdump's bgpdump -m prints them of mrt: unicast and multicast routes, changes of state",
    options: &[VIEW, ET],
    per_session: false,
    layout: Layout::Lines,
    has_topics: false,
    reads_updates: true,
    build: |options| {
        let settings = Settings::new(options, false)?;
        let lines = Lines { et: settings.et, head: Vec::new(), tail: Vec::new() };
        Ok(Box::new(Stream::new(settings.views, lines)))
    },
};

/// Whether bgpdump prints the routes of a family.
fn has_lines(family: Family) -> bool {
    matches!((family.afi, family.safi), (1 | 2, 1 | 2))
}

/// The order in which it prints the lists of an UPDATE; `mrt` writes those without path identifiers
/// first, where there are others too.
const ORDER: [(bool, SectionKind); 8] = [
    (false, SectionKind::Withdrawn),
    (false, SectionKind::MpUnreach),
    (false, SectionKind::Nlri),
    (false, SectionKind::MpReach),
    (true, SectionKind::Withdrawn),
    (true, SectionKind::MpUnreach),
    (true, SectionKind::Nlri),
    (true, SectionKind::MpReach),
];

/// Writes records as lines.
struct Lines {
    et: bool,
    /// What stands before the prefix, of the list in hand.
    head: Vec<u8>,
    /// What stands behind it, with the end of the line.
    tail: Vec<u8>,
}

impl Recorder for Lines {
    /// It prints nothing of them.
    fn message(&mut self, _: &Head, _: &[u8], _: &mut Frames) {}

    fn state(&mut self, head: &Head, old: State, new: State, out: &mut Frames) {
        let b = &mut out.bytes;
        begin(b, head, Tag { et: self.et, is_out: false, add_path: false }, b"STATE");
        text::number(b, old as u16);
        b.push(b'|');
        text::number(b, new as u16);
        b.push(b'\n');
        out.end(FrameKind::Record, head.session);
    }

    /// `cursor.part` counts in [`ORDER`], `cursor.offset` the octets of the list already rendered.
    fn update(
        &mut self,
        head: &Head,
        shown: &Shown<'_>,
        update: &Update,
        cursor: &mut Cursor,
        out: &mut Frames,
    ) -> bool {
        while let Some(&(add_path, kind)) = ORDER.get(cursor.part as usize) {
            let mut of_kind = update.sections().filter(|s| s.kind == kind);
            let found = of_kind.find(|s| s.add_path == add_path && has_lines(s.family));
            if let Some(section) = found {
                let octets = section.span.of(shown.message);
                let left = shown.taken.routes(section, octets, cursor.offset as usize);
                let used = self.section(head, shown, update, section, left.peek(), out);
                cursor.offset = left.offset() as u32 + used.unwrap_or(left.len() as u32);
                if used.is_some() {
                    return false;
                }
                if !left.is_empty() {
                    continue; // what is shown may go on behind what is not
                }
            }
            cursor.part += 1;
            cursor.offset = 0;
        }
        true
    }
}

impl Lines {
    /// The lines of a list, or of what is left of it; where there is no more room, the octets of
    /// those that were written.
    fn section(
        &mut self,
        head: &Head,
        shown: &Shown<'_>,
        update: &Update,
        section: &Section,
        left: &[u8],
        out: &mut Frames,
    ) -> Option<u32> {
        if left.is_empty() {
            return None;
        }
        if out.is_full() {
            return Some(0);
        }
        let tag = Tag { et: self.et, is_out: head.is_out, add_path: section.add_path };
        self.head.clear();
        self.tail.clear();
        let announced = section.kind.announces();
        begin(&mut self.head, head, tag, if announced { b"A" } else { b"W" });
        if announced {
            Found::of(update, shown.message).write(section.kind, &mut self.tail);
        }
        self.tail.push(b'\n');
        let (session, head, tail) = (head.session, &self.head[..], &self.tail[..]);
        let mut routes = Routes { session, head, tail, path_id: None, out };
        // Errors cannot be: the session has found these routes to be well formed.
        let (family, add_path) = (section.family, section.add_path);
        let used = nlri::visit_all(family, add_path, announced, left, &mut routes);
        used.ok().filter(|used| *used < left.len()).map(|used| used as u32)
    }
}

/// What kind of record a line is of.
#[derive(Debug, Clone, Copy)]
struct Tag {
    et: bool,
    is_out: bool,
    add_path: bool,
}

/// Appends what begins a line, up to the peer's AS number and the bar behind it.
fn begin(out: &mut Vec<u8>, head: &Head, tag: Tag, what: &[u8]) {
    out.extend_from_slice(b"BGP4MP");
    for (has, word) in [(tag.et, &b"_ET"[..]), (tag.is_out, b"_LOCAL"), (tag.add_path, b"_AP")] {
        if has {
            out.extend_from_slice(word);
        }
    }
    out.push(b'|');
    // As MRT has it: the lower 4 octets.
    text::number(out, head.at.secs as u32);
    if tag.et {
        out.push(b'.');
        let mut micros = head.at.micros;
        let mut digits = [b'0'; 6];
        for digit in digits.iter_mut().rev() {
            *digit += (micros % 10) as u8;
            micros /= 10;
        }
        out.extend_from_slice(&digits);
    }
    out.push(b'|');
    out.extend_from_slice(what);
    out.push(b'|');
    address(out, head.peer);
    out.push(b'|');
    text::number(out, head.peer_asn);
    out.push(b'|');
}

/// The attributes of which there is something in a line: of repeated ones the first counts.
struct Found<'a> {
    /// By their codes, up to COMMUNITIES.
    values: [Option<&'a [u8]>; 9],
    reach: Option<Reader<'a>>,
    as_information: AsInformation<'a>,
}

impl<'a> Found<'a> {
    fn of(update: &Update, message: &'a [u8]) -> Self {
        let octets = Reader::new(update.attributes.of(message));
        let as_information = AsInformation::of(octets, update.as_width);
        let mut found = Self { values: [None; 9], reach: None, as_information };
        let mut left = Attributes::new(octets);
        while let Some(attribute) = left.next_whole() {
            if let Some(value) = found.values.get_mut(usize::from(attribute.code.0)) {
                *value = value.or(Some(attribute.value()));
            }
            if attribute.code == AttributeCode::MpReachNlri {
                found.reach = found.reach.or(Some(attribute.reader()));
            }
        }
        found
    }

    fn value(&self, code: AttributeCode) -> Option<&'a [u8]> {
        self.values.get(usize::from(code.0)).copied().flatten()
    }

    fn number(&self, code: AttributeCode) -> u32 {
        let value = self.value(code).and_then(|v| v.first_chunk());
        value.map_or(0, |v| u32::from_be_bytes(*v))
    }

    /// Appends what stands behind the prefix, from the bar on.
    fn write(&self, kind: SectionKind, out: &mut Vec<u8>) {
        out.push(b'|');
        match (&self.as_information.as_path, self.value(AttributeCode::AsPath)) {
            (Some(path), _) => as_path(path, out),
            (None, Some(_)) => out.extend_from_slice(b"! Error !"),
            (None, None) => {}
        }
        out.extend_from_slice(match self.value(AttributeCode::Origin) {
            Some([0, ..]) => b"|IGP|",
            Some([1, ..]) => b"|EGP|",
            _ => b"|INCOMPLETE|",
        });
        self.next_hop(kind, out);
        for code in [AttributeCode::LocalPref, AttributeCode::MultiExitDisc] {
            out.push(b'|');
            text::number(out, self.number(code));
        }
        out.push(b'|');
        self.communities(out);
        out.extend_from_slice(match self.value(AttributeCode::AtomicAggregate) {
            Some(_) => b"|AG|",
            None => b"|NAG|",
        });
        if let Some(aggregator) = self.as_information.aggregator {
            text::number(out, aggregator.asn);
            out.push(b' ');
            text::ipv4(out, aggregator.address.octets());
        }
        out.push(b'|');
    }

    fn next_hop(&self, kind: SectionKind, out: &mut Vec<u8>) {
        let global = match kind {
            SectionKind::MpReach => self
                .reach
                .and_then(|value| MpReach::parse(value).ok())
                .and_then(|reach| reach.global_next_hop()),
            _ => self
                .value(AttributeCode::NextHop)
                .and_then(|value| value.first_chunk::<4>())
                .map(|octets| Ipv4Addr::from(*octets).into()),
        };
        // As it prints an address that is not there.
        address(out, global.unwrap_or(Ipv4Addr::BROADCAST.into()));
    }

    fn communities(&self, out: &mut Vec<u8>) {
        let value = self.value(AttributeCode::Communities).unwrap_or_default();
        for (n, community) in communities::iter(value).enumerate() {
            if n > 0 {
                out.push(b' ');
            }
            match WellKnown(community) {
                WellKnown::NoExport => out.extend_from_slice(b"no-export"),
                WellKnown::NoAdvertise => out.extend_from_slice(b"no-advertise"),
                WellKnown::NoExportSubconfed => out.extend_from_slice(b"local-AS"),
                _ => {
                    text::number(out, community >> 16);
                    out.push(b':');
                    text::number(out, community & 0xffff);
                }
            }
        }
    }
}

/// Appends a path: sets in braces, confederations in parentheses and brackets.
fn as_path(path: &AsPath<'_>, out: &mut Vec<u8>) {
    for (n, segment) in path.segments().enumerate() {
        if n > 0 {
            out.push(b' ');
        }
        let (begin, between, end): (&[u8], _, &[u8]) = match segment.kind {
            SegmentType::Set => (b"{", b',', b"}"),
            SegmentType::ConfedSequence => (b"(", b' ', b")"),
            SegmentType::ConfedSet => (b"[", b',', b"]"),
            _ => (b"", b' ', b""),
        };
        out.extend_from_slice(begin);
        for (n, asn) in segment.asns().enumerate() {
            if n > 0 {
                out.push(between);
            }
            text::number(out, asn);
        }
        out.extend_from_slice(end);
    }
}

fn address(out: &mut Vec<u8>, address: IpAddr) {
    match address {
        IpAddr::V4(v4) => text::ipv4(out, v4.octets()),
        IpAddr::V6(v6) => ipv6(out, v6.octets()),
    }
}

/// The prefix of IPv4-mapped addresses; that of IPv4-compatible ones is 0 (RFC 4291 §2.5.5).
const MAPPED: u128 = 0xffff;

/// Appends an IPv6 address as bgpdump has it: the first of the longest runs of zeros, and be it of
/// one word, is `::`, and addresses that hold an IPv4 address end in it. Others write a single zero
/// word as such (RFC 5952 §4.2.2).
fn ipv6(out: &mut Vec<u8>, octets: [u8; 16]) {
    let (value, [.., a, b, c, d]) = (u128::from_be_bytes(octets), octets);
    if value >> 32 == MAPPED || (value >> 32 == 0 && value > 1) {
        out.extend_from_slice(if value >> 32 == MAPPED { b"::ffff:" } else { b"::" });
        return text::ipv4(out, [a, b, c, d]);
    }
    let word = |n: usize| (value >> (112 - 16 * n)) as u16;
    let run = |n: usize| (n..8).take_while(|n| word(*n) == 0).count();
    // Of runs that are as long, `max_by_key` takes the last.
    let longest = (0..8).rev().max_by_key(|n| run(*n)).unwrap_or_default();
    let (begin, end) = match run(longest) {
        0 => (8, 8),
        len => (longest, longest + len),
    };
    let mut n = 0;
    while n < 8 {
        if n == begin {
            out.extend_from_slice(if n == 0 { b"::" } else { b":" });
            n = end;
            continue;
        }
        let word = word(n);
        for shift in [12, 8, 4, 0] {
            if shift == 0 || word >> shift != 0 {
                out.push(b"0123456789abcdef"[usize::from(word >> shift & 15)]);
            }
        }
        if n < 7 {
            out.push(b':');
        }
        n += 1;
    }
}

/// Writes the routes of a list as lines, until there is no more room.
struct Routes<'r> {
    session: SessionId,
    head: &'r [u8],
    tail: &'r [u8],
    path_id: Option<u32>,
    out: &'r mut Frames,
}

impl Visit for Routes<'_> {
    fn path_id(&mut self, id: u32) {
        self.path_id = Some(id);
    }

    #[inline]
    fn prefix(&mut self, prefix: Prefix) {
        let b = &mut self.out.bytes;
        b.extend_from_slice(self.head);
        match prefix {
            Prefix::V4(octets, _) => text::ipv4(b, octets),
            Prefix::V6(octets, _) => ipv6(b, octets),
        }
        b.push(b'/');
        text::number(b, prefix.bits());
        if let Some(id) = self.path_id {
            b.push(b'|');
            text::number(b, id);
        }
        b.extend_from_slice(self.tail);
        self.out.end(FrameKind::Record, self.session);
    }

    fn end(&mut self) -> bool {
        self.path_id = None;
        !self.out.is_full()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ipv6_addresses_are_written_as_bgpdump_does() {
        for (plain, wanted) in [
            ("2001:db8::1", "2001:db8::1"),
            ("2001:668:0:3:ffff:0:adcd:39ea", "2001:668::3:ffff:0:adcd:39ea"),
            ("1:2:3:4:5:6:7:0", "1:2:3:4:5:6:7::"),
            ("0:2:3:4:5:6:7:8", "::2:3:4:5:6:7:8"),
            ("1:0:0:4:5:0:0:8", "1::4:5:0:0:8"),
            ("1:0:3:0:0:6:7:8", "1:0:3::6:7:8"),
            ("1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8"),
            ("abcd:10:100:1000::", "abcd:10:100:1000::"),
            ("::", "::"),
            ("::1", "::1"),
            ("::ffff", "::0.0.255.255"),
            ("::1:2", "::0.1.0.2"),
            ("::ffff:0:1", "::ffff:0.0.0.1"),
            ("::1:0:0", "::1:0:0"),
            ("64:ff9b::102:304", "64:ff9b::102:304"),
        ] {
            let mut out = Vec::new();
            address(&mut out, plain.parse().unwrap_or(Ipv4Addr::UNSPECIFIED.into()));
            assert_eq!(String::from_utf8_lossy(&out), wanted, "{plain}");
        }
    }
}
