//! `mrt`: what route collectors publish: BGP4MP records with microseconds (RFC 6396, RFC 8050).
//!
//! ```text
//! seconds(4) · type(2) · subtype(2) · length(4) · microseconds(4), with BGP4MP_ET only
//! peer AS(4) · local AS(4) · interface(2) · AFI(2) · peer address · local address
//! a BGP message, or old state(2) · new state(2)
//! ```
//!
//! MRT knows peers of a collector and what they say, so each peer of a router becomes one of those;
//! which of its views is written is a choice ([`options`]). What the records are about is found in
//! [`stream`], for `bgpdump` too.

mod octets;
pub(super) mod options;
mod peers;
mod rewrite;
pub(super) mod stream;
#[cfg(test)]
mod tests;

use super::shown::Shown;
use super::{Cursor, Entry};
use crate::bgp::AsWidth;
use crate::output::frames::{FrameKind, Frames, Layout};
use crate::record::{Section, Update};
use octets::{Subtype, begin, end, put_state};
use options::{ET, Settings, VIEW};
use rewrite::Parts;
use stream::{Head, Recorder, State, Stream};

pub(super) static ENTRY: Entry = Entry {
    name: "mrt",
    about: "MRT records of BGP messages and state changes (RFC 6396, RFC 8050), as route collectors publish them",
    options: &[VIEW, ET],
    per_session: false,
    layout: Layout::Counted { header: octets::HEADER_LEN, len: octets::record_len },
    has_topics: false,
    reads_updates: true,
    build: |options| {
        let settings = Settings::new(options, true)?;
        let mrt = Mrt { et: settings.et, scratch: Vec::new() };
        Ok(Box::new(Stream::new(settings.views, mrt)))
    },
};

/// Writes records as octets.
struct Mrt {
    et: bool,
    /// An attribute that is being rewritten.
    scratch: Vec<u8>,
}

impl Recorder for Mrt {
    fn message(&mut self, head: &Head, pdu: &[u8], out: &mut Frames) {
        let kind = Subtype { as4: !head.is_legacy, is_out: head.is_out, add_path: false };
        self.copied(head, kind, pdu, out);
    }

    fn state(&mut self, head: &Head, old: State, new: State, out: &mut Frames) {
        let at = begin(&mut out.bytes, head, None, self.et);
        put_state(&mut out.bytes, old, new);
        end(&mut out.bytes, at);
        out.end(FrameKind::Record, head.session);
    }

    /// One record; two where some lists of NLRI have path identifiers and others have none, as the
    /// subtype holds for all.
    fn update(
        &mut self,
        head: &Head,
        shown: &Shown<'_>,
        update: &Update,
        _: &mut Cursor,
        out: &mut Frames,
    ) -> bool {
        let has = |add_path: bool| {
            let filled = |s: &&Section| s.add_path == add_path && s.span.len + s.rest.len > 0;
            update.sections().any(|s| filled(&s))
        };
        match (has(false), has(true)) {
            (true, true) => {
                for add_path in [false, true] {
                    self.rewritten(head, shown, update, Parts::with(update, add_path), out);
                }
            }
            (_, add_path) if update.as_width == AsWidth::Two => {
                self.rewritten(head, shown, update, Parts::all(add_path), out);
            }
            (_, add_path) => {
                let kind = Subtype { as4: true, is_out: head.is_out, add_path };
                self.copied(head, kind, update.pdu.of(shown.message), out);
            }
        }
        true
    }
}

impl Mrt {
    /// A message as it came.
    fn copied(&self, head: &Head, kind: Subtype, pdu: &[u8], out: &mut Frames) {
        let at = begin(&mut out.bytes, head, Some(kind), self.et);
        out.bytes.extend_from_slice(pdu);
        end(&mut out.bytes, at);
        out.end(FrameKind::Record, head.session);
    }

    /// Parts of an UPDATE, with AS numbers of 4 octets; with 2 where those cannot be had.
    fn rewritten(
        &mut self,
        head: &Head,
        shown: &Shown<'_>,
        update: &Update,
        parts: Parts,
        out: &mut Frames,
    ) {
        for as4 in [true, false] {
            let kind = Subtype { as4, is_out: head.is_out, add_path: parts.add_path };
            let at = begin(&mut out.bytes, head, Some(kind), self.et);
            let pdu = update.pdu.of(shown.message);
            let widened = as4 && update.as_width == AsWidth::Two;
            let rewrite = rewrite::Rewrite { pdu, parts, widened, scratch: &mut self.scratch };
            if rewrite.write(&mut out.bytes).is_some() {
                end(&mut out.bytes, at);
                return out.end(FrameKind::Record, head.session);
            }
            out.bytes.truncate(at);
            if update.as_width == AsWidth::Four {
                break;
            }
        }
        let as4 = update.as_width == AsWidth::Four;
        let kind = Subtype { as4, is_out: head.is_out, add_path: parts.add_path };
        self.copied(head, kind, update.pdu.of(shown.message), out);
    }
}
