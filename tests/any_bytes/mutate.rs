use std::net::Ipv4Addr;

use ribcage::bgp::encode as bgp;
use ribcage::bmp::encode::{self as bmp, PeerDown, PeerHeader, PeerUp, Statistic};
use ribcage::wire::{Family, Timestamp};

use crate::collector::synthetic;

/// Numbers that are the same in every run (SplitMix64).
pub(crate) struct Rng(pub(crate) u64);

impl Rng {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `n`; 0 when `n` is 0.
    pub(crate) fn below(&mut self, n: usize) -> usize {
        (self.next() % n.max(1) as u64) as usize
    }

    pub(crate) fn octets(&mut self, n: usize) -> Vec<u8> {
        (0..n).map(|_| self.next() as u8).collect()
    }
}

pub(crate) fn peer(number: u32) -> PeerHeader {
    let address = Ipv4Addr::from(0x0a00_0000 + number).into();
    let header = PeerHeader::new(address, 65_001, Ipv4Addr::new(192, 0, 2, 1));
    header.at(Timestamp::new(1_760_000_000, 37))
}

/// A stream with every message type, sound from end to end.
pub(crate) fn every_type() -> Vec<u8> {
    let (mut out, mut open, mut update) = (Vec::new(), Vec::new(), Vec::new());
    let (p, bgp_id) = (peer(7), Ipv4Addr::new(192, 0, 2, 9));
    bgp::open(&mut open, &bgp::Open { asn: 65_001, hold_time: 180, bgp_id, capabilities: &[] });
    let mut attributes = Vec::new();
    bgp::origin(&mut attributes, 0);
    bgp::as_path(&mut attributes, &[]);
    bgp::next_hop(&mut attributes, bgp_id);
    bgp::communities(&mut attributes, &[1, 2, 3]);
    bgp::attribute(&mut attributes, 0xc0, 222, b"unknown");
    bgp::update(&mut update, &[24, 10, 1, 2], &attributes, &[24, 10, 9, 8, 0, 32, 1, 2, 3, 4]);
    bmp::initiation(&mut out, &[(1, b"descr"), (2, b"name"), (77, b"unknown")]);
    let up = PeerUp {
        local_address: "192.0.2.254".parse().unwrap(),
        local_port: 179,
        remote_port: 40_000,
        sent_open: &open,
        received_open: &open,
        tlvs: &[(0, b"up")],
    };
    bmp::peer_up(&mut out, &p, &up);
    bmp::route_monitoring(&mut out, &p, &update);
    let family = Family::IPV6_UNICAST;
    let all =
        [Statistic::Counter(0, 1), Statistic::FamilyGauge(9, family, 4), Statistic::Gauge(7, 2)];
    bmp::statistics(&mut out, &p, &all);
    bmp::route_mirroring(&mut out, &p, &[(0, &update), (1, &[0, 1])]);
    bmp::message(&mut out, 99, |out| out.extend_from_slice(b"of an unknown type"));
    bmp::peer_down(&mut out, &p, &PeerDown::LocalEvent(24));
    bmp::termination(&mut out, &[(0, b"bye"), (1, &[0, 1])]);
    out
}

/// Sound streams to begin with.
pub(crate) fn seeds() -> Vec<Vec<u8>> {
    vec![every_type(), synthetic(0, 2, 60), synthetic(3, 1, 200), every_type().repeat(3)]
}

/// Where the messages of a sound stream begin, and its end.
pub(crate) fn boundaries(stream: &[u8]) -> Vec<usize> {
    let mut all = vec![0];
    while let Some(&[_, a, b, c, d, _]) = stream[all[all.len() - 1]..].first_chunk::<6>() {
        let len = u32::from_be_bytes([a, b, c, d]) as usize;
        all.push(all[all.len() - 1] + len);
    }
    all
}

/// Changes bodies and leaves every common header as it is: the framing stays sound.
pub(crate) fn odd_bodies(rng: &mut Rng, seed: &[u8]) -> Vec<u8> {
    let mut octets = seed.to_vec();
    let bounds = boundaries(seed);
    for _ in 0..1 + rng.below(40) {
        let message = rng.below(bounds.len() - 1);
        let (start, end) = (bounds[message] + 6, bounds[message + 1]);
        if end > start {
            // The early octets hold what the rest depends on: lengths, flags, counts.
            let reach = if rng.below(2) == 0 { (end - start).min(80) } else { end - start };
            octets[start + rng.below(reach)] = match rng.below(4) {
                0 => 0xff,
                1 => 0,
                _ => rng.next() as u8,
            };
        }
    }
    octets
}

/// One of many ways to spoil a stream.
pub(crate) fn spoiled(rng: &mut Rng, seeds: &[Vec<u8>]) -> Vec<u8> {
    let seed = &seeds[rng.below(seeds.len())];
    let other = &seeds[rng.below(seeds.len())];
    match rng.below(6) {
        0 => {
            let n = rng.below(3000);
            rng.octets(n)
        }
        1 => seed[..rng.below(seed.len())].to_vec(),
        2 => {
            let mut octets = seed.clone();
            for _ in 0..1 + rng.below(8) {
                let at = rng.below(octets.len());
                octets[at] ^= 1 << rng.below(8);
            }
            octets
        }
        3 => [&seed[..rng.below(seed.len())], &other[rng.below(other.len())..]].concat(),
        4 => {
            // Whole messages in another order, from two streams.
            let (a, b) = (boundaries(seed), boundaries(other));
            let (a, b) = (a[rng.below(a.len())], b[rng.below(b.len())]);
            [&other[b..], &seed[..a], &odd_bodies(rng, seed)[..]].concat()
        }
        _ => odd_bodies(rng, seed),
    }
}
