//! Messages that are wrong inside a sound frame: a collector counts them and reads on.

use std::net::Ipv4Addr;

use super::{Key, Row};
use crate::bgp::encode as bgp;
use crate::bmp::encode as bmp;
use crate::load::rng::Rng;
use crate::load::walk::Counts;
use crate::wire::Family;

pub(super) static ROW: Row = Row {
    name: "malformed",
    about: "among the messages are some that are malformed inside a sound frame",
    keys: &[Key { name: "per", default: Some("1000"), about: "one in this many messages" }],
    add: |values, program| {
        program.malformed = Some(Malformed { per: values.number("per", 2, 1_000_000_000)? });
        Ok(())
    },
};

/// What was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::load) struct Malformed {
    /// One in this many messages.
    per: u64,
}

impl Malformed {
    /// One router's malformed messages.
    pub(in crate::load) fn maker(&self, seed: u64, router: u32) -> Maker {
        let rng = Rng::new(seed, &[MALFORMED, router.into()]);
        let left = self.per - 1 - self.phase(seed, router);
        Maker { per: self.per, left, head: [0; bmp::PEER_HEADER_LEN], rng }
    }

    /// How many are put among a router's `sound` messages.
    pub(in crate::load) fn among(&self, sound: u64, seed: u64, router: u32) -> u64 {
        sound.saturating_add(self.phase(seed, router)) / (self.per - 1)
    }

    /// Messages by which a router's first one comes early: many routers that say little each send
    /// one in `per` together.
    fn phase(&self, seed: u64, router: u32) -> u64 {
        Rng::new(seed, &[PHASE, router.into()]).next() % (self.per - 1)
    }
}

/// Makes them, one after each `per` - 1 sound ones.
#[derive(Debug)]
pub(in crate::load) struct Maker {
    per: u64,
    /// Sound messages before the next one.
    left: u64,
    /// The per-peer header of a peer that the router has.
    head: [u8; bmp::PEER_HEADER_LEN],
    rng: Rng,
}

impl Maker {
    /// Sound messages that come before the next malformed one.
    pub(in crate::load) fn left(&self) -> u64 {
        self.left
    }

    /// `messages` sound messages have been made; `last` is one of the last of them.
    pub(in crate::load) fn made(&mut self, messages: u64, last: &[u8]) {
        self.left = self.left.saturating_sub(messages);
        let has_peer = last.get(5).is_some_and(|kind| matches!(kind, 0..=3));
        let head = last.get(bmp::COMMON_HEADER_LEN..bmp::COMMON_HEADER_LEN + HEAD);
        if let (true, Some(head)) = (has_peer, head) {
            self.head.copy_from_slice(head);
        }
    }

    /// Appends a malformed message.
    pub(in crate::load) fn make(&mut self, out: &mut Vec<u8>) -> Counts {
        self.left = self.per - 1;
        let at = out.len();
        let kind = KINDS[self.rng.below(KINDS.len() as u32) as usize];
        kind(self, out);
        Counts { messages: 1, bytes: (out.len() - at) as u64, ..Counts::default() }
    }

    /// A Route Monitoring message around what `pdu` appends.
    fn monitoring(&mut self, out: &mut Vec<u8>, pdu: impl FnOnce(&mut Rng, &mut Vec<u8>)) {
        bmp::message(out, 0, |out| {
            out.extend_from_slice(&self.head);
            pdu(&mut self.rng, out);
        });
    }

    /// An UPDATE with sound well-known attributes, what `more` appends to them, and `nlri`.
    fn update(&mut self, out: &mut Vec<u8>, more: impl FnOnce(&mut Vec<u8>), nlri: &[u8]) {
        self.monitoring(out, |rng, out| {
            let attributes = |out: &mut Vec<u8>| {
                bgp::origin(out, 0);
                bgp::as_path(out, &[bgp::Segment::Sequence(&[64_500 + rng.below(10)])]);
                bgp::next_hop(out, Ipv4Addr::new(192, 0, 2, 1));
                more(out);
            };
            bgp::update_with(out, |_| (), attributes, |out| out.extend_from_slice(nlri));
        });
    }

    fn octet(&mut self) -> u8 {
        self.rng.below(256) as u8
    }
}

/// Each appends one message that is wrong in its way.
const KINDS: [fn(&mut Maker, &mut Vec<u8>); 15] = [
    // An attribute that is longer than all attributes are.
    |m, out| {
        let len = 100 + m.octet() / 2;
        m.update(out, |out| out.extend_from_slice(&[0x80, 4, len, 0]), &[]);
    },
    // An attribute header that is cut.
    |m, out| m.update(out, |out| out.extend_from_slice(&[0xd0, 8, 1]), &[]),
    // Attributes that are longer than the UPDATE.
    |m, out| {
        let len = 1000 + u16::from(m.octet());
        m.monitoring(out, |_, out| {
            bgp::message(out, 2, |out| {
                out.extend_from_slice(&[0, 0]);
                out.extend_from_slice(&len.to_be_bytes());
                bgp::origin(out, 0);
            });
        });
    },
    // Withdrawn routes that are longer than the UPDATE.
    |m, out| {
        let len = 500 + u16::from(m.octet());
        m.monitoring(out, |_, out| {
            bgp::message(out, 2, |out| out.extend_from_slice(&len.to_be_bytes()));
        });
    },
    // A prefix that is cut, and one that is too long.
    |m, out| {
        let octet = m.octet();
        m.update(out, |_| (), &[32, 198, octet]);
    },
    |m, out| {
        let bits = 33 + m.octet() / 2;
        m.update(out, |_| (), &[bits, 198, 18, 0, 0, 1]);
    },
    // A segment of more AS numbers than there are.
    |m, out| {
        let count = 4 + m.octet() / 2;
        m.monitoring(out, |_, out| {
            let path = |out: &mut Vec<u8>| {
                bgp::attribute(out, 0x40, 2, &[2, count, 0, 0, 0xfb, 0xf4]);
            };
            bgp::update_with(out, |_| (), path, |_| ());
        });
    },
    // A next hop that is longer than its attribute.
    |m, out| {
        let len = 64 + m.octet() / 2;
        m.update(out, |out| bgp::attribute(out, 0x80, 14, &[0, 2, 1, len, 0x20, 1]), &[]);
    },
    // A marker with an octet that is not 0xff.
    |m, out| {
        let at = out.len() + bmp::COMMON_HEADER_LEN + HEAD + usize::from(m.octet() % 16);
        m.update(out, |_| (), &[]);
        out[at] = m.octet() / 2;
    },
    // A BGP length that is not that of the message.
    |m, out| {
        let at = out.len() + bmp::COMMON_HEADER_LEN + HEAD + 16;
        m.update(out, |_| (), &[]);
        let len = [u16::from(m.octet() % 19), 4000 + u16::from(m.octet())];
        let len = len[usize::from(m.octet() % 2)];
        out[at..at + 2].copy_from_slice(&len.to_be_bytes());
    },
    // Types of BGP and BMP messages and of peers that are not assigned.
    |m, out| {
        let kind = 100 + m.octet() / 2;
        m.monitoring(out, |_, out| bgp::message(out, kind, |out| out.push(0)));
    },
    |m, out| {
        let (kind, len) = (100 + m.octet() / 2, usize::from(m.octet()));
        bmp::message(out, kind, |out| out.resize(out.len() + len, 0x2a));
    },
    |m, out| {
        let at = out.len() + bmp::COMMON_HEADER_LEN;
        m.monitoring(out, |_, out| bgp::end_of_rib(out, Family::IPV4_UNICAST));
        out[at] = 100 + m.octet() / 2;
    },
    // A per-peer header that is cut.
    |m, out| {
        let len = usize::from(m.octet()) % HEAD;
        bmp::message(out, 0, |out| out.extend_from_slice(&m.head[..len]));
    },
    // More statistics than there are.
    |m, out| {
        let count = 2 + m.octet() / 2;
        bmp::message(out, 1, |out| {
            out.extend_from_slice(&m.head);
            out.extend_from_slice(&[0, 0, 0, count, 0, 0, 0, 4, 0, 0, 0, 1]);
        });
    },
];

const HEAD: usize = bmp::PEER_HEADER_LEN;
/// Tells these random numbers from others.
const MALFORMED: u64 = 0x6d61_6c66;
const PHASE: u64 = 0x7068_6173;
