//! All directions of all TCP connections of a capture.

use std::collections::{BTreeMap, HashMap};
use std::net::SocketAddr;

use super::StreamEnd;
use super::emitter::Emitter;
use super::flow::Flow;
use super::packet::{self, Packet, Segment, Skip};
use crate::wire::Timestamp;

/// Sender and receiver of a direction.
type Key = (SocketAddr, SocketAddr);

/// The directions being followed, at most as many as the limits say.
pub(super) struct Flows<'e> {
    flows: HashMap<Key, Flow>,
    /// Who goes first when there are too many: directions without an open stream, then those with
    /// one; among each, the one that was silent for longest.
    idle: BTreeMap<(bool, u64), Key>,
    turn: u64,
    last: Option<Timestamp>,
    pub(super) out: Emitter<'e>,
}

impl<'e> Flows<'e> {
    pub(super) fn new(out: Emitter<'e>) -> Self {
        Self { flows: HashMap::new(), idle: BTreeMap::new(), turn: 0, last: None, out }
    }

    /// Takes the next packet of the capture.
    pub(super) fn packet(&mut self, packet: &Packet<'_>) {
        let summary = &mut self.out.summary;
        summary.packets += 1;
        self.last = packet.at.or(self.last);
        match packet::segment(packet) {
            Ok(segment) => {
                summary.segments += 1;
                summary.cut_segments += u64::from(segment.payload.len() < segment.wire_len);
                self.segment(&segment, packet.at);
            }
            Err(Skip::Other) => summary.other_packets += 1,
            Err(Skip::Fragment) => summary.fragments += 1,
            Err(Skip::Malformed) => summary.malformed_packets += 1,
            Err(Skip::Link) => summary.unknown_link_packets += 1,
        }
    }

    fn segment(&mut self, segment: &Segment<'_>, at: Option<Timestamp>) {
        let (key, back) = ((segment.from, segment.to), (segment.to, segment.from));
        if segment.rst && self.flows.get(&key).is_none_or(|flow| flow.is_reset_near(segment.seq)) {
            // A collector that resets the connection ends what its router sends, too.
            self.with(back, |flow, out| flow.finish(StreamEnd::Reset, out));
        }
        if !self.flows.contains_key(&key) {
            if segment.payload.is_empty() && !segment.syn {
                return;
            }
            self.make_room();
            self.flows.insert(key, Flow::new(segment.from));
        }
        self.with(key, |flow, out| flow.segment(segment, at, out));
    }

    /// Works on a direction, if there is one, and moves it to the end of the order of eviction.
    fn with(&mut self, key: Key, work: impl FnOnce(&mut Flow, &mut Emitter<'e>)) {
        let Some(flow) = self.flows.get_mut(&key) else { return };
        self.idle.remove(&flow.rank);
        work(flow, &mut self.out);
        self.turn += 1;
        flow.rank = (flow.stream().is_some(), self.turn);
        self.idle.insert(flow.rank, key);
    }

    fn make_room(&mut self) {
        while self.flows.len() >= self.out.limits.directions.max(1) {
            let Some((_, key)) = self.idle.pop_first() else { return };
            if let Some(mut flow) = self.flows.remove(&key) {
                self.out.summary.evicted += 1;
                flow.finish(StreamEnd::Evicted, &mut self.out);
            }
        }
    }

    /// The capture ends: closes what is open, in the order of streams, and returns the emitter.
    pub(super) fn finish(mut self, end: StreamEnd) -> Emitter<'e> {
        let mut left: Vec<Flow> = self
            .flows
            .into_values()
            .filter(|flow| flow.stream().is_some() || flow.holds_octets())
            .collect();
        left.sort_by_key(|flow| (flow.stream().unwrap_or(usize::MAX), flow.rank));
        for flow in &mut left {
            flow.finish(end, &mut self.out);
        }
        self.out
    }
}
