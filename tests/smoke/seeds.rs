use std::collections::BTreeSet;
use std::path::Path;

use ribcage::bgp::attr::{AttributeCode, Attributes};
use ribcage::bgp::nlri::{self, FAMILIES};
use ribcage::bgp::{Header, MessageType, update};
use ribcage::bmp::{COMMON_HEADER_LEN, CommonHeader, MessageType as BmpType, PER_PEER_HEADER_LEN};
use ribcage::wire::{Family, Reader};

use crate::any_bytes::mutate::{self, Rng};
use crate::any_bytes::recordings::{RIS_LIVE, mrt, openbmp};
use crate::targets::Input;
use crate::util::{files, read};
use crate::vectors::octets_of_all;

/// Seeds of one kind that are used; of more, these many are picked evenly.
const SEEDS_MAX: usize = 600;
/// Octets of a seed that is a part of a stream.
const WINDOW: usize = 3_000;

/// Sound parts of sound streams, each kept once.
#[derive(Default)]
pub(crate) struct Seeds {
    windows: BTreeSet<Vec<u8>>,
    bodies: BTreeSet<Vec<u8>>,
    pdus: BTreeSet<Vec<u8>>,
    updates: BTreeSet<Vec<u8>>,
    attributes: BTreeSet<(u8, Vec<u8>)>,
    nlri: BTreeSet<(usize, Vec<u8>)>,
    files: Vec<Vec<u8>>,
}

impl Seeds {
    /// Takes streams apart: made ones, and recordings and vectors where there are any.
    pub(crate) fn gather(shared: Option<&Path>) -> Self {
        let mut seeds = Self::default();
        mutate::seeds().iter().for_each(|stream| seeds.stream(stream));
        if let Some(shared) = shared {
            let captures = files(&shared.join("data/captures"), ".bmp");
            let lab = files(&shared.join("data/lab"), ".bmp.gz");
            for path in captures.iter().chain(&lab) {
                seeds.stream(&read(path));
            }
            for pdu in octets_of_all(shared, "bgp") {
                seeds.pdu(&pdu);
            }
            for stream in octets_of_all(shared, "bmp") {
                seeds.stream(&stream);
            }
            let pcaps = files(&shared.join("data/captures"), ".pcap");
            seeds.files.extend(pcaps.iter().map(|path| read(path)).filter(|f| f.len() < 1 << 15));
        }
        seeds.files.extend([mutate::every_type(), mrt(), RIS_LIVE.as_bytes().to_vec()]);
        seeds
    }

    fn stream(&mut self, stream: &[u8]) {
        let (mut from, mut at) = (0, 0);
        while let Ok(Some(header)) = CommonHeader::parse(&stream[at..], stream.len() - at) {
            let message = &stream[at..at + header.len];
            at += header.len;
            if at - from > WINDOW {
                self.windows.insert(stream[from..at].to_vec());
                from = at;
            }
            if message.len() <= WINDOW {
                self.message(&header, &message[COMMON_HEADER_LEN..]);
            }
        }
        self.windows.insert(stream[from..].to_vec());
    }

    fn message(&mut self, header: &CommonHeader, body: &[u8]) {
        self.bodies.insert([&[header.version - 3, header.kind.0], body].concat());
        // After the per-peer header there is a PDU, in a Peer Up two of them after 20 octets.
        let skip = match header.kind {
            BmpType::RouteMonitoring if header.version == 3 => PER_PEER_HEADER_LEN,
            BmpType::PeerUp => PER_PEER_HEADER_LEN + 20,
            _ => return,
        };
        if let Some(pdus) = body.get(skip..) {
            self.pdu(pdus);
        }
    }

    /// One or several BGP messages.
    fn pdu(&mut self, pdus: &[u8]) {
        let mut left = Reader::new(pdus);
        while let (octets, Ok(header)) = (left.peek(), Header::parse(&mut left)) {
            self.pdus.insert(octets[..header.len].to_vec());
            if header.kind == MessageType::Update {
                self.update(header.body);
            }
        }
    }

    fn update(&mut self, body: Reader<'_>) {
        self.updates.insert(body.peek().to_vec());
        let Ok(parts) = update::split(body) else { return };
        self.routes(Family::IPV4_UNICAST, parts.withdrawn.peek());
        self.routes(Family::IPV4_UNICAST, parts.nlri.peek());
        for a in Attributes::new(parts.attributes).flatten() {
            self.attributes.insert((a.code.0, a.value().to_vec()));
            // Family, next hop, a reserved octet, NLRI; or family and NLRI.
            let at = match (a.code, a.value().get(3)) {
                (AttributeCode::MpReachNlri, Some(next_hop)) => 5 + usize::from(*next_hop),
                (AttributeCode::MpUnreachNlri, _) => 3,
                _ => continue,
            };
            if let (Some(&[a, b, safi]), Some(routes)) =
                (a.value().first_chunk(), a.value().get(at..))
            {
                self.routes(Family::new(u16::from_be_bytes([a, b]), safi), routes);
            }
        }
    }

    fn routes(&mut self, family: Family, octets: &[u8]) {
        let row = FAMILIES.iter().position(|known| known.family == family);
        if let Some(row) = row.filter(|_| !octets.is_empty()) {
            self.nlri.insert((row, octets.to_vec()));
        }
    }

    /// Inputs for targets of a kind.
    pub(crate) fn of(&self, input: Input, rng: &mut Rng) -> Vec<Vec<u8>> {
        let mut all = match input {
            Input::Stream => picked(&self.windows),
            Input::Pieces => with_head(5, &picked(&self.windows), rng),
            Input::Body => picked(&self.bodies),
            Input::Pdu => picked(&self.pdus),
            Input::Update => with_head(2, &picked(&self.updates), rng),
            Input::Attributes => picked(&self.updates),
            Input::Attribute => {
                let mut all: Vec<_> = picked(&self.attributes)
                    .into_iter()
                    .map(|(code, value)| [&[code, rng.next() as u8], &value[..]].concat())
                    .collect();
                all.extend(made_up(rng));
                all
            }
            Input::Nlri => {
                let begun = |row: usize, how: u64| vec![row as u8, how as u8 & 3];
                let mut lists = Vec::new();
                for (row, octets) in picked(&self.nlri) {
                    lists.push([begun(row, rng.next()), octets].concat());
                }
                for (row, known) in FAMILIES.iter().enumerate() {
                    for index in 0..16_u32 {
                        let mut octets = begun(row, rng.next());
                        let add_path = octets[1] & 1 != 0;
                        for more in 0..=index % 3 {
                            octets.extend(more.to_be_bytes().iter().filter(|_| add_path));
                            nlri::example(known.family, index + more, &mut octets);
                        }
                        lists.push(octets);
                    }
                }
                lists
            }
            Input::File => self.files.clone(),
            Input::Recording => vec![
                [&[0], &mrt()[..]].concat(),
                [&[1], RIS_LIVE.as_bytes()].concat(),
                [&[0], &mrt()[..100]].concat(),
                [&[2], &openbmp()[..]].concat(),
            ],
        };
        all.retain(|octets| !octets.is_empty());
        all
    }
}

/// As many of a set as are used.
fn picked<T: Clone>(set: &BTreeSet<T>) -> Vec<T> {
    set.iter().step_by(set.len().div_ceil(SEEDS_MAX).max(1)).cloned().collect()
}

/// Each behind octets that choose a context.
fn with_head(len: usize, seeds: &[Vec<u8>], rng: &mut Rng) -> Vec<Vec<u8>> {
    seeds.iter().map(|octets| [&rng.octets(len)[..], octets].concat()).collect()
}

/// Values of every attribute that is decoded, of TLVs in TLVs with small types: few of them are in
/// any recording.
fn made_up(rng: &mut Rng) -> Vec<Vec<u8>> {
    let mut all = Vec::new();
    for (code, _) in AttributeCode::KNOWN {
        for _ in 0..24 {
            let (type_octets, len_octets) = (1 + rng.below(2), 1 + rng.below(2));
            let mut value = vec![code.0, rng.next() as u8];
            let prefix = rng.below(6);
            value.extend(rng.octets(prefix).iter().map(|octet| octet & 7));
            tlvs(rng, type_octets, len_octets, 3, &mut value);
            all.push(value);
        }
    }
    all
}

fn tlvs(rng: &mut Rng, type_octets: usize, len_octets: usize, depth: usize, out: &mut Vec<u8>) {
    for _ in 0..1 + rng.below(3) {
        let mut inner = Vec::new();
        match depth {
            0 => {
                let n = rng.below(12);
                inner = rng.octets(n);
            }
            _ if rng.below(3) == 0 => tlvs(rng, type_octets, len_octets, depth - 1, &mut inner),
            _ => inner = vec![0; rng.below(24)],
        }
        let kind = (rng.below(16) as u16).to_be_bytes();
        let len = (inner.len().min(255) as u16).to_be_bytes();
        out.extend_from_slice(&kind[2 - type_octets..]);
        out.extend_from_slice(&len[2 - len_octets..]);
        out.extend_from_slice(&inner);
    }
}
