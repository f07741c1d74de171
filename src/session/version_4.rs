//! Messages of BMP version 4: which draft's numbers they use, with which capabilities their UPDATEs
//! are to be read, and whether some are missing.

use super::event::Events;
use super::peer::{Capabilities, Negotiated, PeerState};
use super::routers::Overrides;
use crate::bgp::capability::CapabilityCode;
use crate::bgp::nlri;
use crate::bmp::v4::{Dialect, Profile, RmTlv, RouteMonitoring};
use crate::record::Update;
use crate::wire::{Family, WireError};

/// What the messages of a session have shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Version4 {
    /// The numbers of the Route Monitoring TLVs, once they are known.
    pub profile: Option<Profile>,
    /// The last sequence number, and the ordinal of its message in the session.
    pub sequence: Option<(u64, u64)>,
}

/// The same while the session runs.
#[derive(Debug, Default)]
pub(super) struct Version4State {
    told: Version4,
    /// The dialect that was chosen, with what was found out.
    dialect: Dialect,
    /// Whether the profile was chosen and not found out.
    is_chosen: bool,
    /// The profile by which the last message was read, when it did not fit the one that is known.
    doubt: Option<Profile>,
    /// Stands in for a peer while one message is decoded with capabilities of its own. Kept, so
    /// that nothing is allocated for the next one.
    stand_in: Option<Box<PeerState>>,
}

impl Version4State {
    pub(super) fn new(chosen: Dialect, told: Version4) -> Self {
        let dialect = Dialect { v4: chosen.v4.or(told.profile), ..chosen };
        Self { told, dialect, is_chosen: chosen.v4.is_some(), doubt: None, stand_in: None }
    }

    /// From now on messages are read in this dialect, or in what they show where it leaves that.
    pub(super) fn choose(&mut self, chosen: Dialect) {
        self.dialect = Dialect { v4: chosen.v4.or(self.told.profile), ..chosen };
        self.is_chosen = chosen.v4.is_some();
        self.doubt = None;
    }

    pub(super) fn told(&self) -> Version4 {
        self.told
    }

    pub(super) fn dialect(&self) -> Dialect {
        self.dialect
    }

    /// Takes the profile from a message; whether that changes how messages are read. One message
    /// that does not fit what is known is read by what it says itself; the second in a row settles
    /// it anew.
    ///
    /// # Errors
    /// The TLV with the BGP message is not to be found.
    pub(super) fn look(&mut self, message: &RouteMonitoring<'_>) -> Result<bool, WireError> {
        if self.is_chosen {
            return message.bgp_message(self.dialect.profile()).map(|_| false);
        }
        let found = Profile::detect(message, self.told.profile)?;
        let number = |profile: Profile| profile.number(RmTlv::BgpMessage);
        let read_as = found.unwrap_or_default();
        let fits = self.told.profile.is_none_or(|known| number(known) == number(read_as));
        if fits || self.doubt == Some(read_as) {
            self.told.profile = found;
            self.doubt = None;
        } else {
            self.doubt = Some(read_as);
        }
        Ok(std::mem::replace(&mut self.dialect.v4, found) != found)
    }

    /// Follows the sequence numbers, from 0. Routers may number every message, or only those that
    /// carry a number.
    pub(super) fn follow(&mut self, ordinal: u64, sequence: Option<u64>, events: &mut Events) {
        let Some(found) = sequence else { return };
        let last = self.told.sequence.replace((found, ordinal));
        let expected = match last {
            Some((last, at)) => last.saturating_add(ordinal.saturating_sub(at)),
            None => ordinal,
        };
        if found > expected || last.is_some_and(|(last, _)| found <= last) {
            events.sequence_gap(ordinal, expected, found);
        }
    }

    /// The peer to decode an UPDATE with: a stand-in with the capabilities that its message carries
    /// (draft-ietf-grow-bmp-tlv-20 §5.2.3), or `peer` where it carries none. What is said of the
    /// router holds for the latter alone.
    pub(super) fn peer<'p>(
        &'p mut self,
        message: &RouteMonitoring<'_>,
        peer: &'p mut PeerState,
        overrides: &'p Overrides,
    ) -> (&'p mut PeerState, &'p Overrides) {
        let mut capabilities = message.stateless_parsing(self.dialect.profile()).peekable();
        if capabilities.peek().is_none() {
            return (peer, overrides);
        }
        let stand_in = self.stand_in.get_or_insert_default();
        // What the bytes of other messages have shown says nothing of one that tells of itself.
        stand_in.readings.clear();
        let own = stand_in.negotiated.get_or_insert_default();
        match &peer.negotiated {
            Some(n) => own.copy(n),
            // As a peer that nothing is known of is read.
            None => own.forget(),
        }
        let mut told_add_path = false;
        for capability in capabilities {
            match capability.code {
                CapabilityCode::FourOctetAs => own.offer_four_octet_as(),
                CapabilityCode::AddPath => {
                    if !std::mem::replace(&mut told_add_path, true) {
                        own.forget_add_path();
                    }
                    for tuple in capability.value.as_chunks::<4>().0 {
                        let [a, b, safi, mode] = *tuple;
                        let family = Family::new(u16::from_be_bytes([a, b]), safi);
                        own.use_add_path(family, mode);
                    }
                }
                _ => {}
            }
        }
        (stand_in, &Overrides::NONE)
    }
}

impl Negotiated {
    /// Takes everything over, in memory that is there.
    fn copy(&mut self, other: &Self) {
        for (to, from) in [(&mut self.sent, &other.sent), (&mut self.received, &other.received)] {
            (to.asn, to.as4) = (from.asn, from.as4);
            to.add_path.clone_from(&from.add_path);
        }
    }

    fn forget(&mut self) {
        for side in [&mut self.sent, &mut self.received] {
            side.add_path.clear();
            (side.asn, side.as4) = (0, true);
        }
    }

    fn forget_add_path(&mut self) {
        self.sent.add_path.clear();
        self.received.add_path.clear();
    }

    fn offer_four_octet_as(&mut self) {
        (self.sent.as4, self.received.as4) = (true, true);
    }

    /// A mode is the router's own: what it does, its peer has agreed to.
    fn use_add_path(&mut self, family: Family, mode: u8) {
        if mode != 0 {
            self.sent.offer_add_path(family, mode);
            self.received.offer_add_path(family, Capabilities::ADD_PATH_BOTH);
        }
    }
}

/// How many NLRIs an UPDATE has; `None` where not all can be counted, so that an index may be right
/// though nothing is known of it.
pub(super) fn nlris(update: &Update) -> Option<u32> {
    let mut count = 0_u32;
    for section in update.sections() {
        let is_counted = nlri::is_decoded(section.family) || section.span.len == 0;
        if !is_counted || section.rest.len > 0 {
            return None;
        }
        count = count.saturating_add(section.count);
    }
    Some(count)
}
