//! The synthetic routing table: prefixes with the length distribution of the global table, packed
//! into groups. A group shares its attributes: it is the NLRI of one UPDATE.
//!
//! All peers of all routers announce the same table, as full feeds do. It is held as wire octets:
//! about 9 octets a prefix with its share of the groups.

use super::rng::{Rng, mix};

/// Routes that share one set of attributes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Group {
    at: u32,
    len: u16,
    /// NLRIs.
    pub(super) count: u8,
    /// IPv6, else IPv4.
    pub(super) v6: bool,
    /// The AS that originates them.
    pub(super) origin: u32,
}

/// The table.
#[derive(Debug)]
pub(super) struct Table {
    nlri: Vec<u8>,
    groups: Vec<Group>,
}

impl Table {
    /// A table of exactly `prefixes` different prefixes, `v6` of them (not more) of IPv6.
    pub(super) fn new(prefixes: u32, v6: u32, seed: u64) -> Self {
        let capacity = prefixes as usize * 5 + 1024;
        let mut table = Self { nlri: Vec::with_capacity(capacity), groups: Vec::new() };
        let mut rng = Rng::new(seed, &[TABLE]);
        let sizes = Sizes::new();
        for (v6, mut left) in [(false, prefixes - v6), (true, v6)] {
            let mut universe = Universe::new(v6, &mut rng);
            while left > 0 {
                let count = sizes.pick(&mut rng).min(left);
                left -= count;
                let at = table.nlri.len();
                (0..count).for_each(|_| universe.next(&mut rng, &mut table.nlri));
                table.groups.push(Group {
                    at: at as u32,
                    len: (table.nlri.len() - at) as u16,
                    count: count as u8,
                    v6,
                    origin: origin(&mut rng),
                });
            }
        }
        for i in (1..table.groups.len()).rev() {
            table.groups.swap(i, rng.below(i as u32 + 1) as usize);
        }
        table
    }

    pub(super) fn groups(&self) -> &[Group] {
        &self.groups
    }

    /// The NLRI octets of a group.
    pub(super) fn nlri(&self, group: &Group) -> &[u8] {
        let start = group.at as usize;
        self.nlri.get(start..start + usize::from(group.len)).unwrap_or_default()
    }
}

/// Sizes of groups: the chance of k falls with the square of k.
struct Sizes(Vec<u32>);

impl Sizes {
    fn new() -> Self {
        let mut sum = 0;
        let cumulative = (1..=GROUP_MAX).map(|k| {
            sum += 1_000_000_000 / (k * k);
            sum
        });
        Self(cumulative.collect())
    }

    fn pick(&self, rng: &mut Rng) -> u32 {
        let x = rng.below(self.0.last().copied().unwrap_or(1));
        self.0.partition_point(|&sum| sum <= x) as u32 + 1
    }
}

/// Draws prefixes of one address family without ever drawing one twice: each length has an index
/// that counts up and is scrambled by a bijection, so nothing needs to be remembered.
struct Universe {
    v6: bool,
    lengths: &'static [(u8, u32)],
    weight: u32,
    used: [u64; 129],
    key: u64,
}

impl Universe {
    fn new(v6: bool, rng: &mut Rng) -> Self {
        let lengths = if v6 { LENGTHS_V6 } else { LENGTHS_V4 };
        let weight = lengths.iter().map(|(_, weight)| weight).sum();
        Self { v6, lengths, weight, used: [0; 129], key: rng.next() }
    }

    /// Appends the next prefix as an NLRI.
    fn next(&mut self, rng: &mut Rng, out: &mut Vec<u8>) {
        let bits = self.free_length(self.pick_length(rng));
        let index = self.used[usize::from(bits)];
        self.used[usize::from(bits)] += 1;
        out.push(bits);
        let octets = usize::from(bits).div_ceil(8);
        if self.v6 {
            out.extend_from_slice(&self.address_v6(index, bits).to_be_bytes()[..octets]);
        } else {
            out.extend_from_slice(&self.address_v4(index, bits).to_be_bytes()[..octets]);
        }
    }

    fn pick_length(&self, rng: &mut Rng) -> u8 {
        let mut x = rng.below(self.weight);
        for &(bits, weight) in self.lengths {
            match x.checked_sub(weight) {
                Some(less) => x = less,
                None => return bits,
            }
        }
        24
    }

    /// `bits`, or where those are used up a length of which there are more.
    fn free_length(&self, bits: u8) -> u8 {
        let [first, last] = if self.v6 { [48, 64] } else { [24, 32] };
        let free = |bits: u8| self.used[usize::from(bits)] < self.capacity(bits);
        [bits, first].into_iter().find(|&bits| free(bits)).unwrap_or(last)
    }

    fn capacity(&self, bits: u8) -> u64 {
        if self.v6 {
            (FIRST_V6.len() as u64) << (bits - 16).min(MIXED_BITS)
        } else {
            FIRST_V4 << (bits - 8)
        }
    }

    /// The `index`-th address of this length, outside 0/8, 10/8, 127/8 and 224/3.
    fn address_v4(&self, index: u64, bits: u8) -> u32 {
        let rest = bits - 8;
        let first = match index % FIRST_V4 {
            n @ 0..9 => n + 1,
            n @ 9..125 => n + 2,
            n => n + 3,
        };
        let mut x = (first << rest) | (index / FIRST_V4);
        // Cycle walking: from a valid value on, the walk through a permutation meets a valid one
        // again.
        loop {
            x = permute(x, bits, self.key);
            if !matches!(x >> rest, 0 | 10 | 127 | 224..) {
                return (x << (32 - bits)) as u32;
            }
        }
    }

    fn address_v6(&self, index: u64, bits: u8) -> u128 {
        let first = FIRST_V6[(index % FIRST_V6.len() as u64) as usize];
        let mixed = (bits - 16).min(MIXED_BITS);
        let x = permute(index / FIRST_V6.len() as u64, mixed, self.key);
        let low = u128::from(mix(x)) & ((1 << (112 - MIXED_BITS)) - 1);
        let address = u128::from(first) << 112 | u128::from(x) << (112 - mixed) | low;
        address >> (128 - bits) << (128 - bits)
    }
}

/// A bijection of the numbers of `bits` bits.
fn permute(mut x: u64, bits: u8, key: u64) -> u64 {
    let mask = (1 << bits) - 1;
    for round in 0..4 {
        x = x.wrapping_add(mix(key ^ round)) & mask;
        x = x.wrapping_mul(0x9e37_79b9_7f4a_7c15) & mask;
        x ^= x >> (bits / 2).max(1);
    }
    x
}

/// An AS number with the mix of registry blocks of the global table.
pub(super) fn origin(rng: &mut Rng) -> u32 {
    let (from, to) = match rng.below(100) {
        0..45 => (1_000, 64_000),
        45..60 => (131_072, 153_000),
        60..80 => (196_608, 216_000),
        80..90 => (262_144, 275_000),
        90..94 => (327_680, 329_000),
        _ => (393_216, 402_000),
    };
    from + rng.below(to - from)
}

/// Tells the table's random numbers from those of peers.
const TABLE: u64 = 0x74_6162_6c65;
/// The largest group. 150 IPv6 host routes take 2 550 octets: with attributes below the 4 096 of an
/// UPDATE.
const GROUP_MAX: u32 = 150;
/// First octets that IPv4 prefixes may begin with: 1–223 without 10 and 127.
const FIRST_V4: u64 = 221;
const FIRST_V6: [u16; 7] = [0x2001, 0x2400, 0x2600, 0x2804, 0x2a00, 0x2a02, 0x2c0f];
/// Bits of an IPv6 prefix after the first 16 that count up scrambled; what follows is derived.
const MIXED_BITS: u8 = 60;

/// Prefix lengths and their weights.
#[rustfmt::skip]
const LENGTHS_V4: &[(u8, u32)] = &[
    (24, 61_000), (23, 9_800), (22, 11_200), (21, 4_700), (20, 4_300), (19, 2_400), (18, 1_400),
    (17, 800), (16, 1_300), (15, 200), (14, 120), (13, 60), (12, 30), (11, 10), (10, 5), (9, 2),
    (8, 2),
    (25, 400), (26, 300), (27, 300), (28, 300), (29, 400), (30, 300), (32, 700),
];
#[rustfmt::skip]
const LENGTHS_V6: &[(u8, u32)] = &[
    (48, 47_000), (32, 11_500), (44, 10_000), (40, 8_000), (36, 4_000), (29, 5_000), (46, 3_500),
    (47, 2_500), (45, 2_000), (42, 2_000), (38, 1_200), (33, 1_000), (34, 800), (35, 600),
    (64, 500),
    (56, 300), (128, 200), (28, 200), (24, 100), (20, 50),
];

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    fn prefixes(table: &Table) -> Vec<(bool, Vec<u8>)> {
        let mut all = Vec::new();
        for group in table.groups() {
            let mut left = table.nlri(group);
            let before = all.len();
            while let [bits, ..] = *left {
                let (nlri, rest) = left.split_at(1 + usize::from(bits).div_ceil(8));
                all.push((group.v6, nlri.to_vec()));
                left = rest;
            }
            assert_eq!(all.len() - before, usize::from(group.count));
        }
        all
    }

    #[test]
    fn a_table_has_as_many_different_prefixes_as_asked_for() {
        for n in [1, 5, 6, 1000, 60_000] {
            let all = prefixes(&Table::new(n, n / 6, 7));
            assert_eq!(all.len(), n as usize);
            assert_eq!(all.iter().filter(|(v6, _)| *v6).count(), n as usize / 6);
            assert_eq!(all.iter().collect::<HashSet<_>>().len(), n as usize);
        }
    }

    #[test]
    fn prefixes_are_global_and_without_host_bits() {
        for (v6, nlri) in prefixes(&Table::new(30_000, 5_000, 1)) {
            let bits = nlri[0] % 8;
            let last = nlri[nlri.len() - 1];
            assert!(bits == 0 || last & (0xff >> bits) == 0, "{nlri:?}");
            if v6 {
                assert!(nlri[0] >= 20 && (0x20..0x30).contains(&nlri[1]), "{nlri:?}");
            } else {
                assert!(!matches!(nlri[1], 0 | 10 | 127 | 224..), "{nlri:?}");
            }
        }
    }

    #[test]
    fn groups_hold_about_three_prefixes_and_lengths_follow_the_global_table() {
        let table = Table::new(120_000, 20_000, 1);
        let mean = 120_000.0 / table.groups().len() as f64;
        assert!((2.5..4.5).contains(&mean), "{mean}");
        let long = prefixes(&table).iter().filter(|(v6, n)| !v6 && n[0] == 24).count();
        assert!((58_000..64_000).contains(&long), "{long}");
    }

    #[test]
    fn scarce_lengths_give_way_when_they_are_used_up() {
        let mut rng = Rng::new(1, &[]);
        let mut universe = Universe::new(false, &mut rng);
        universe.used[8] = universe.capacity(8);
        assert_eq!(universe.free_length(8), 24);
        universe.used[24] = universe.capacity(24);
        assert_eq!(universe.free_length(8), 32);
        let slash8: HashSet<u32> = (0..FIRST_V4).map(|i| universe.address_v4(i, 8)).collect();
        assert_eq!(slash8.len() as u64, FIRST_V4);
    }
}
