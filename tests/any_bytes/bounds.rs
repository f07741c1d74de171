use std::sync::OnceLock;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, subsequence};
use ribcage::bgp::AsWidth;
use ribcage::bgp::encode::{self as bgp, Capability, Segment};
use ribcage::bgp::nlri::FAMILIES;
use ribcage::bmp::encode::{self as bmp, PeerUp};
use ribcage::record::{Batch, BatchLimits, Event, Record, SessionId, Update};
use ribcage::session::{Received, Session, SessionLimits};
use ribcage::wire::{Family, Prefix, RouteDistinguisher, Timestamp};

use super::mutate::{Rng, odd_bodies, peer, seeds, spoiled};
use crate::smoke::seeds::Seeds;
use crate::targets::{self, Input};
use crate::util::shared;

/// Parts of streams: recorded ones where there are recordings, made ones else.
fn windows() -> &'static [Vec<u8>] {
    static WINDOWS: OnceLock<Vec<Vec<u8>>> = OnceLock::new();
    WINDOWS.get_or_init(|| {
        let seeds = Seeds::gather(shared("any_bytes: recorded messages").as_deref());
        seeds.of(Input::Stream, &mut Rng(1))
    })
}

/// An UPDATE as a peer sends it that negotiated `width`, and path identifiers for `add_path`.
#[derive(Debug, Clone)]
struct Sent {
    width: AsWidth,
    add_path: Vec<Family>,
    /// The family of its routes, how many there are, and whether they are announced.
    family: Family,
    routes: usize,
    announced: bool,
    asns: Vec<u32>,
}

fn families() -> Vec<Family> {
    FAMILIES.iter().map(|known| known.family).collect()
}

fn sent() -> impl Strategy<Value = Sent> {
    let context = (any::<bool>(), subsequence(families(), 0..=FAMILIES.len()));
    let routes = (proptest::sample::select(families()), 1..40_usize, any::<bool>());
    (context, routes, vec(1..65_000_u32, 1..9)).prop_map(|(context, routes, asns)| Sent {
        width: if context.0 { AsWidth::Four } else { AsWidth::Two },
        add_path: context.1,
        family: routes.0,
        routes: routes.1,
        announced: routes.2,
        asns,
    })
}

impl Sent {
    /// The family's routes, or nothing where nobody here knows how to write them.
    fn nlri(&self) -> Option<Vec<u8>> {
        let (mut out, rd) = (Vec::new(), RouteDistinguisher([0, 0, 0xfd, 0xe9, 0, 0, 0, 7]));
        for number in 0..self.routes {
            let id = self.add_path.contains(&self.family).then_some(number as u32 + 1);
            let labels: &[u32] = if self.announced { &[number as u32 + 16] } else { &[] };
            let prefix = match self.family.afi {
                1 => Prefix::V4([10, 0, number as u8, 0], 24),
                _ => Prefix::V6(
                    [0x20, 1, 0xd, 0xb8, 0, number as u8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
                    48,
                ),
            };
            match self.family.safi {
                1 | 2 => bgp::prefix(&mut out, id, &prefix),
                4 => bgp::labeled(&mut out, id, labels, &prefix),
                128 => bgp::vpn(&mut out, id, labels, rd, &prefix),
                _ => return None,
            }
        }
        Some(out)
    }

    fn attributes(&self) -> Vec<u8> {
        let mut out = Vec::new();
        bgp::origin(&mut out, 0);
        match self.width {
            AsWidth::Four => bgp::as_path(&mut out, &[Segment::Sequence(&self.asns)]),
            AsWidth::Two => bgp::as_path_two_octets(&mut out, &[Segment::Sequence(&self.asns)]),
        }
        bgp::next_hop(&mut out, [192, 0, 2, 1].into());
        out
    }

    /// As long as the family asks for; with an RD of zero for VPNs.
    fn next_hop(&self) -> &'static [u8] {
        let address = if self.family.afi == 1 { 4 } else { 16 };
        let rd = if self.family.safi == 128 { 8 } else { 0 };
        &[0; 24][..rd + address]
    }

    fn update(&self) -> Option<Vec<u8>> {
        let (nlri, mut pdu) = (self.nlri()?, Vec::new());
        let mut attributes = self.attributes();
        match (self.family, self.announced) {
            (Family::IPV4_UNICAST, true) => bgp::update(&mut pdu, &[], &attributes, &nlri),
            (Family::IPV4_UNICAST, false) => bgp::update(&mut pdu, &nlri, &attributes, &[]),
            (family, true) => {
                bgp::mp_reach(&mut attributes, family, self.next_hop(), &nlri);
                bgp::update(&mut pdu, &[], &attributes, &[]);
            }
            (family, false) => {
                bgp::mp_unreach(&mut attributes, family, &nlri);
                bgp::update(&mut pdu, &[], &attributes, &[]);
            }
        }
        Some(pdu)
    }

    /// The stream of a router whose peer 7 sends the UPDATE.
    fn stream(&self) -> Option<Vec<u8>> {
        let add_path: Vec<_> = self.add_path.iter().map(|family| (*family, 3)).collect();
        let mut capabilities = vec![Capability::AddPath(&add_path)];
        if self.width == AsWidth::Four {
            capabilities.push(Capability::FourOctetAs(65_001));
        }
        let bgp_id = [192, 0, 2, 9].into();
        let (mut open, mut out) = (Vec::new(), Vec::new());
        let say = bgp::Open { asn: 65_001, hold_time: 180, bgp_id, capabilities: &capabilities };
        bgp::open(&mut open, &say);
        let up = PeerUp {
            local_address: "192.0.2.254".parse().unwrap(),
            local_port: 179,
            remote_port: 40_000,
            sent_open: &open,
            received_open: &open,
            tlvs: &[],
        };
        bmp::peer_up(&mut out, &peer(7), &up);
        bmp::route_monitoring(&mut out, &peer(7), &self.update()?);
        Some(out)
    }
}

/// The last record of a stream, in a batch of its own.
fn last_of(stream: &[u8], limits: SessionLimits) -> (Session, Batch) {
    let mut session = Session::new(SessionId(1), ([192, 0, 2, 1], 179).into(), limits);
    let mut batch = Batch::new(BatchLimits::for_messages(limits.max_frame));
    let (_, received) = session.receive(Timestamp::default(), stream, &mut batch);
    assert_eq!(received, Received::NeedInput);
    (session, batch)
}

fn update_of(record: &Record) -> &Update {
    match &record.event {
        Event::RouteMonitoring(update) => update,
        other => panic!("{other:?}"),
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 300,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn edited_messages_in_any_context_and_pieces_keep_every_promise(
        head: [u8; 5],
        window: Index,
        edits in vec((any::<Index>(), any::<u8>()), 0..30),
        cut: Index,
    ) {
        let mut octets = window.get(windows()).clone();
        for (at, octet) in edits {
            let at = at.index(octets.len());
            octets[at] = octet;
        }
        octets.truncate(1 + cut.index(octets.len()));
        targets::session(&[&head[..], &octets].concat());
    }

    #[test]
    fn what_a_peer_sends_is_read_as_it_was_negotiated(sent in sent()) {
        let Some(stream) = sent.stream() else { return Ok(()) };
        let (_, batch) = last_of(&stream, SessionLimits::default());
        let record = &batch.records()[1];
        targets::within(&batch, record);
        let update = update_of(record);
        prop_assert_eq!(update.error, None);
        let section = update.sections().next().unwrap();
        prop_assert_eq!(section.family, sent.family);
        prop_assert_eq!(section.add_path, sent.add_path.contains(&sent.family));
        prop_assert_eq!(section.count as usize, sent.routes);
        prop_assert_eq!(section.kind.announces(), sent.announced);
        // A path of one AS number of 4 octets may be one of two with 2 octets, and is never taken
        // for it: the OPENs have the first word, and what they say fits.
        prop_assert_eq!(update.as_width, sent.width);
    }
}

#[test]
fn what_a_session_keeps_is_within_its_limits() {
    let limits = SessionLimits {
        max_frame: 1 << 16,
        peers: 8,
        state_bytes: 4_096,
        ..SessionLimits::default()
    };
    let (mut rng, seeds) = (Rng(20_260_411), seeds());
    let mut peers_max = 0;
    for round in 0..300 {
        let mut session = Session::new(SessionId(1), ([192, 0, 2, 1], 179).into(), limits);
        let mut batch = Batch::new(BatchLimits::for_messages(limits.max_frame));
        for _ in 0..4 {
            let input = match round % 3 {
                0 => window_with_odd_peers(&mut rng),
                1 => odd_bodies(&mut rng, &seeds[round / 3 % seeds.len()]),
                _ => spoiled(&mut rng, &seeds),
            };
            let mut left = &input[..];
            let broken = loop {
                let (used, received) = session.receive(Timestamp::default(), left, &mut batch);
                left = &left[used..];
                batch.reset();
                match received {
                    Received::BatchFull => {}
                    Received::NeedInput => break false,
                    Received::Broken(_) => break true,
                }
            };
            let state = session.export();
            let kept: usize = state.peers.iter().map(|(_, peer)| peer.peer_up.len()).sum();
            assert!(kept <= limits.state_bytes && state.initiation.len() <= limits.state_bytes);
            assert!(state.tail.len() <= limits.max_frame && state.peers.len() <= limits.peers);
            for (_, peer) in &state.peers {
                assert!(peer.readings.len() <= 5 * FAMILIES.len(), "views times families");
            }
            peers_max = peers_max.max(state.peers.len());
            if broken {
                break;
            }
        }
    }
    assert_eq!(peers_max, limits.peers, "the limit is reached");
}

/// Recorded messages with a few octets changed behind the common header of the first one.
fn window_with_odd_peers(rng: &mut Rng) -> Vec<u8> {
    let windows = windows();
    let mut octets = windows[rng.below(windows.len())].clone();
    for _ in 0..4 {
        let at = 6 + rng.below(42);
        if let Some(octet) = octets.get_mut(at) {
            *octet = rng.next() as u8;
        }
    }
    octets
}
