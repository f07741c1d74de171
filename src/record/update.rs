//! What decoding an UPDATE once has settled, by offset: where its parts lie and how to read them.

use crate::bgp::attr::ErrorAction;
use crate::bgp::{AsWidth, nlri};
use crate::wire::{Family, Reader, WireError};

/// A part of something longer, in octets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Span {
    /// Octets before it.
    pub start: u32,
    /// Its length.
    pub len: u32,
}

impl Span {
    /// The octets of this part of `whole`; nothing where the span does not fit.
    #[must_use]
    pub fn of(self, whole: &[u8]) -> &[u8] {
        let start = self.start as usize;
        whole.get(start..start + self.len as usize).unwrap_or_default()
    }
}

/// Which NLRI list of an UPDATE.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SectionKind {
    /// Withdrawn Routes (RFC 4271 §4.3).
    Withdrawn,
    /// Network Layer Reachability Information (RFC 4271 §4.3).
    Nlri,
    /// MP_REACH_NLRI (RFC 4760 §3).
    MpReach,
    /// MP_UNREACH_NLRI (RFC 4760 §4).
    MpUnreach,
}

impl SectionKind {
    /// Whether the section announces routes (or withdraws them).
    #[must_use]
    pub fn announces(self) -> bool {
        matches!(self, SectionKind::Nlri | SectionKind::MpReach)
    }
}

/// One NLRI list of an UPDATE and how its octets are to be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Section {
    /// Which list.
    pub kind: SectionKind,
    /// Its address family.
    pub family: Family,
    /// Whether each NLRI begins with a path identifier (RFC 7911), as the bytes have shown.
    pub add_path: bool,
    /// The NLRI octets in the message, up to the first malformed NLRI.
    pub span: Span,
    /// NLRIs in `span`; 0 when the family is kept raw.
    pub count: u32,
    /// The octets from the first malformed NLRI on; none when the list is sound.
    pub rest: Span,
}

impl Section {
    /// What is wrong with the NLRI that ended the list before its last octet. Records are many and
    /// this is rare, so it is found again from the bytes of the message.
    #[must_use]
    pub fn error(&self, message: &[u8]) -> Option<WireError> {
        let octets = Reader::at(self.rest.of(message), self.rest.start as usize);
        match octets.is_empty() {
            true => None,
            false => nlri::scan(self.family, self.add_path, self.kind.announces(), octets).error,
        }
    }
}

/// An UPDATE, decoded once. Offsets count from the start of the BMP message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Update {
    /// The BGP message with its header.
    pub pdu: Span,
    /// The path attributes.
    pub attributes: Span,
    /// Width of AS numbers in AS_PATH.
    pub as_width: AsWidth,
    /// The NLRI lists that are present, in the order in which `SectionKind` names them.
    pub sections: [Option<Section>; 4],
    /// Octets after the BGP message, of which there should be none: whole as they came.
    pub extra: Span,
    /// What RFC 7606 has a speaker do about this UPDATE: the strongest, where several things are
    /// malformed; nothing where all is well.
    pub error: Option<ErrorAction>,
}

impl Update {
    /// An UPDATE without anything.
    // No constant: those are copied whole, with the octets of what is not there.
    #[inline(always)]
    #[must_use]
    pub fn empty() -> Self {
        Self {
            pdu: Span::default(),
            attributes: Span::default(),
            as_width: AsWidth::Four,
            sections: [None, None, None, None],
            extra: Span::default(),
            error: None,
        }
    }

    /// The NLRI lists that are present.
    pub fn sections(&self) -> impl Iterator<Item = &Section> {
        self.sections.iter().flatten()
    }

    /// The End-of-RIB family, if this is an End-of-RIB marker (RFC 4724 §2): an UPDATE with nothing
    /// in it at all (IPv4 unicast), or only an empty MP_UNREACH_NLRI.
    #[must_use]
    pub fn end_of_rib(&self) -> Option<Family> {
        if self.sections().any(|s| s.span.len > 0 || s.rest.len > 0) {
            return None;
        }
        match self.sections[3] {
            Some(unreach) => Some(unreach.family),
            None if self.attributes.len == 0 => Some(Family::IPV4_UNICAST),
            None => None,
        }
    }
}
